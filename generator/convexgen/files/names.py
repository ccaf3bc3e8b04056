"""Names of files in manifests, which come with the project and may be anybody's."""

from __future__ import annotations

from pathlib import PureWindowsPath

_LONGEST = 4096
"""No file is opened by a longer path, and to resolve one takes the square of its length."""


def is_output(name: str) -> bool:
    """Whether a name may be that of a file which the tool wrote: a path that stays in its project.

    It has no other form: no `.`, no empty part, no drive of Windows, nothing that cannot be seen;
    and none is in git's folder.
    """
    parts = name.split("/")
    return (
        len(name) <= _LONGEST
        and name.isprintable()
        and "\\" not in name
        and not PureWindowsPath(name).drive
        and not {"", ".", ".."} & set(parts)
        and ".git" not in {part.casefold() for part in parts}
    )


def is_input(name: str) -> bool:
    """Whether a name may be that of a spec or of a part of one, which may lie beside the project.

    That of a folder ends in a slash. Messages show it: it can be seen, and is on one line.
    """
    return (
        0 < len(name) <= _LONGEST
        and name.isprintable()
        and not name.startswith("/")
        and not PureWindowsPath(name).drive
    )
