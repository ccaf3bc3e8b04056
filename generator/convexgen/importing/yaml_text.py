"""Writing YAML that people go on with: short values on a line, comments where they belong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from convexgen.importing.types import Said
from convexgen.source.core_schema import resolve_plain

WIDTH = 80
"""That of prettier, which would lay out anew what is wider."""
_PLAIN = re.compile(r"[A-Za-z0-9_<(./|][^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]*")
_IN_FLOW = frozenset(",[]{}")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Comments = Mapping[tuple[str, ...], Sequence[str]]
"""Lines before a key, by its path; those of an empty last name stand at the end of a mapping."""


def write_mapping(
    content: Mapping[str, Said], comments: Comments, path: tuple[str, ...] = (), indent: int = 0
) -> list[str]:
    """The lines of a mapping in block style."""
    lines: list[str] = []
    margin = " " * indent
    for key, value in content.items():
        where = (*path, key)
        lines += [f"{margin}# {line}".rstrip() for line in comments.get(where, ())]
        lines += _entry(key, value, comments, where, indent)
    lines += [f"{margin}# {line}".rstrip() for line in comments.get((*path, ""), ())]
    return lines


def _entry(
    key: str, value: Said, comments: Comments, path: tuple[str, ...], indent: int
) -> list[str]:
    margin = " " * indent
    start = f"{margin}{scalar(key)}:"
    has_comments = any(where[: len(path)] == path and where != path for where in comments)
    flow = f"{start} {_flow(value) if isinstance(value, list | dict) else scalar(value)}"
    is_short = len(flow) <= WIDTH and not _is_open(path, value)
    if not isinstance(value, list | dict) or not value or (is_short and not has_comments):
        return [flow]
    if isinstance(value, dict):
        return [start, *write_mapping(value, comments, path, indent + 2)]
    return [start, *write_items(value, comments, path, indent + 2)]


def _is_open(path: tuple[str, ...], value: Said) -> bool:
    """Whether a value is laid out over lines however short it is: sections, entities, fields."""
    if not isinstance(value, dict):
        return False
    if len(path) == 1:
        return path[0] in {"entities", "objects", "enums"}
    if path[0] != "entities":
        return False
    return len(path) == 2 or (len(path) == 3 and (path[2] == "fields" or len(value) > 1))


def write_items(
    value: Sequence[Said], comments: Comments, path: tuple[str, ...], indent: int
) -> list[str]:
    """The lines of a list in block style."""
    margin = " " * indent
    lines: list[str] = []
    for position, item in enumerate(value):
        flow = f"{margin}- {_flow(item) if isinstance(item, list | dict) else scalar(item)}"
        if not isinstance(item, dict) or len(flow) <= WIDTH:
            lines.append(flow)
            continue
        first, *rest = write_mapping(item, comments, (*path, str(position)), indent + 2)
        lines += [f"{margin}- {first[indent + 2 :]}", *rest]
    return lines


def flow_text(value: Said, *, in_flow: bool) -> str:
    """A value on one line."""
    if isinstance(value, list | dict):
        return _flow(value)
    return scalar(value, in_flow=in_flow)


def _flow(value: Said) -> str:
    match value:
        case dict():
            inner = ", ".join(
                f"{scalar(key, in_flow=True)}: {_flow(one)}" for key, one in value.items()
            )
            return f"{{ {inner} }}" if inner else "{}"
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case _:
            return scalar(value, in_flow=True)


def scalar(value: str | int | float | bool, *, in_flow: bool = False) -> str:
    """A scalar, in quotes where it would be read as something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    is_plain = (
        _PLAIN.fullmatch(value) is not None
        and not value.endswith((":", " "))
        and not any(pair in value for pair in (": ", " #"))
        and not (in_flow and (_IN_FLOW & set(value) or value.count("<") != value.count(">")))
        and not value.startswith(("|", "- "))
        and isinstance(resolve_plain(value), str)
    )
    return value if is_plain else f'"{"".join(map(_escaped, value))}"'


def _escaped(character: str) -> str:
    """A character between double quotes (YAML 1.2, 5.7): unlike JSON's, no half of one."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
