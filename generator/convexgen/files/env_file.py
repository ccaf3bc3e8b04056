"""`.env.local`, where a project keeps what is of one machine: Convex's own tools read it too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from convexgen.files.lock import locked
from convexgen.files.reading import read_file, resolved
from convexgen.files.staging import remove_leftovers, replace_file

NAME = ".env.local"


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file; none where there is no file. Raises OSError and UnicodeError."""
    # It loads pydantic, which only those commands need that read such a file.
    from convexgen.runtime.env_file import variables as variables_of

    try:
        text = read_file(path).decode()
    except FileNotFoundError:
        return {}
    return variables_of(text)


def write_env_file(path: Path, variables: Mapping[str, str], wait: Callable[[], None]) -> None:
    """Set variables, each in the lines that have it, or at the end; all other lines stay.

    A new file can be read by its owner alone: it has a key in it. `wait` is called where another
    command writes. Raises OSError and UnicodeError; then the file is as it was.
    """
    path = resolved(path)  # It may be a link to the one of a repository's root.
    with locked(path.parent, wait):
        remove_leftovers([path.parent])
        before = read_file(path).decode() if path.exists() else ""
        text = _with_variables(before, variables)
        if text == before:
            return
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        replace_file(path, text.encode(), mode)


def _with_variables(before: str, variables: Mapping[str, str]) -> str:
    from convexgen.runtime.env_file import assignments

    line_end = "\r\n" if "\r\n" in before else "\n"
    text = before
    for name, value in variables.items():
        line = f"{name}={_quoted(value)}"
        # From the last one on, so that the places of those before stay.
        for one in reversed([one for one in assignments(text) if one.name == name]):
            text = text[: one.start] + line + text[one.end :]
        if not any(one.name == name for one in assignments(text)):
            if text and not text.endswith("\n"):
                text += line_end
            text += line + line_end
    return text


def _quoted(value: str) -> str:
    """The value for dotenv and for shells, which know no escapes in single quotes."""
    return value if re.fullmatch(r"[\w:/.-]*", value) else f"'{value}'"
