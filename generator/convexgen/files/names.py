"""Names of files in manifests, which come with the project and may be anybody's."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

_UNUSUAL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\]")
_IMPOSSIBLE = re.compile(r"[\x00\ud800-\udfff]")


def is_output(name: str) -> bool:
    """Whether a name may be that of a file which the tool wrote: a path that stays in its project.

    It has no other form: no `.`, no empty part, no drive of Windows; and none is in git's folder.
    """
    parts = name.split("/")
    return (
        _UNUSUAL.search(name) is None
        and not PureWindowsPath(name).drive
        and not {"", ".", ".."} & set(parts)
        and ".git" not in {part.casefold() for part in parts}
    )


def is_input(name: str) -> bool:
    """Whether a name may be that of a spec or of a part of one, which may lie beside the project.

    That of a folder ends in a slash.
    """
    return (
        bool(name)
        and _IMPOSSIBLE.search(name) is None
        and not name.startswith("/")
        and not PureWindowsPath(name).drive
    )
