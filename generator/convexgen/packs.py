"""The packs: specs that come with the tool, for others to include."""

from __future__ import annotations

import posixpath
from pathlib import Path, PurePosixPath

PACK = "pack:"
"""What the name of an included file starts with that is a pack."""

_PACKAGE = Path(__file__).parent
_PARTS = frozenset({".yaml", ".ts", ".py"})
"""How the names of the files end that a pack consists of."""


def packs_directory() -> Path:
    """Inside the wheel, the packs lie in the package; in a checkout, they are its own specs."""
    packaged = _PACKAGE / "specs"
    return packaged if packaged.is_dir() else _PACKAGE.parent.parent / "schema"


def pack_of(name: str, file: str) -> str:
    """The name of a file beside one of a pack."""
    folder = PurePosixPath(file.removeprefix(PACK)).parent
    return f"{PACK}{posixpath.normpath(folder / name)}"


def read_pack(name: str) -> bytes:
    """The bytes of a pack, by its name with the prefix, or of a file beside it. Raises OSError."""
    file = PurePosixPath(name.removeprefix(PACK))
    if file.suffix in _PARTS and not file.is_absolute() and ".." not in file.parts:
        return (packs_directory() / file).read_bytes()
    known = {f"{PACK}{path.stem}": path for path in packs_directory().glob("*.yaml")}
    if name not in known:
        raise FileNotFoundError(f"the packs are {', '.join(sorted(known))}")
    return known[name].read_bytes()
