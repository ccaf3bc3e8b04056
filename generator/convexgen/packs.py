"""The packs: specs that come with the tool, for others to include."""

from __future__ import annotations

import posixpath
from pathlib import Path, PurePosixPath

PACK = "pack:"
"""What the name of an included file starts with that is a pack."""

_PACKAGE = Path(__file__).parent
PARTS = (".yaml", ".ts", ".py")
"""How the names of the files end that a pack consists of."""


def pack_folders() -> tuple[Path, ...]:
    """Inside the wheel, the packs lie in the package; in a checkout, one is its own spec."""
    packaged = _PACKAGE / "specs"
    if packaged.is_dir():
        return (packaged,)
    checkout = _PACKAGE.parent.parent
    return (checkout / "schema", checkout / "packs")


def pack_of(name: str, file: str) -> str:
    """The name of a file beside one of a pack."""
    folder = PurePosixPath(file.removeprefix(PACK)).parent
    return f"{PACK}{posixpath.normpath(folder / name)}"


def read_pack(name: str) -> bytes:
    """The bytes of a pack, by its name with the prefix, or of a file beside it. Raises OSError."""
    file = PurePosixPath(name.removeprefix(PACK))
    folders = pack_folders()
    if file.suffix in PARTS and not file.is_absolute() and ".." not in file.parts:
        found = [folder / file for folder in folders if (folder / file).is_file()]
        return (found or [folders[0] / file])[0].read_bytes()
    known = {f"{PACK}{path.stem}": path for folder in folders for path in folder.glob("*.yaml")}
    if name not in known:
        raise FileNotFoundError(f"the packs are {', '.join(sorted(known))}")
    return known[name].read_bytes()
