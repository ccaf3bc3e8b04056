"""`.env.local`, where a project keeps what is of one machine: Convex's own tools read it too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

NAME = ".env.local"
_SUFFIX = ".convexgen-new"

# As the npm package dotenv reads lines, with which `npx convex` does: quotes, comments, `export`.
# The runtime of clients, which imports nothing of the tool, has the same.
_ASSIGNMENT = re.compile(
    r"""\ufeff?[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|`(?P<back>[^`]*)`|(?P<bare>[^#]*))
    [ \t]*(?:\#.*)?""",
    re.ASCII | re.VERBOSE,
)


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file; none where there is no file. Raises OSError and UnicodeError."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.fullmatch(line)
        if match is not None:
            values = match.group("single", "double", "back")
            quoted = next((one for one in values if one is not None), None)
            found[match["name"]] = match["bare"].strip() if quoted is None else quoted
    return found


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Set variables, each in the line that has it, or at the end; every other line stays.

    A new file can be read by its owner alone: it has a key in it. Raises OSError and UnicodeError;
    then the file is as it was.
    """
    path = path.resolve()  # It may be a link to the one of a repository's root.
    before = path.read_bytes().decode() if path.exists() else ""
    line_end = "\r\n" if "\r\n" in before else "\n"
    text = before
    if text and not text.endswith("\n"):
        text += line_end
    lines = text.splitlines(keepends=True)
    for name, value in variables.items():
        line = f"{name}={_quoted(value)}{line_end}"
        places = [number for number, one in enumerate(lines) if _name_of(one) == name]
        for number in places:
            lines[number] = line
        if not places:
            lines.append(line)
    text = "".join(lines)
    if text == before:
        return
    staged = path.with_name(path.name + _SUFFIX)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    try:
        staged.touch(mode)
        staged.write_bytes(text.encode())
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def _name_of(line: str) -> str | None:
    match = _ASSIGNMENT.fullmatch(line.rstrip("\r\n"))
    return None if match is None else match["name"]


def _quoted(value: str) -> str:
    """The value for dotenv and for shells, which know no escapes in single quotes."""
    return value if re.fullmatch(r"[\w:/.-]*", value) else f"'{value}'"
