"""The packs: specs that come with the tool, for others to include."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

PACK = "pack:"
"""What the name of an included file starts with that is a pack."""

_PACKAGE = Path(__file__).parent


def packs_directory() -> Path:
    """Inside the wheel, the packs lie in the package; in a checkout, they are its own specs."""
    packaged = _PACKAGE / "specs"
    return packaged if packaged.is_dir() else _PACKAGE.parent.parent / "schema"


def read_pack(name: str) -> bytes:
    """The bytes of a pack, by its name with the prefix, or of code beside it. Raises OSError."""
    code = PurePosixPath(name.removeprefix(PACK))
    if code.suffix == ".ts" and not code.is_absolute() and ".." not in code.parts:
        return (packs_directory() / code).read_bytes()
    known = {f"{PACK}{path.stem}": path for path in packs_directory().glob("*.yaml")}
    if name not in known:
        raise FileNotFoundError(f"the packs are {', '.join(sorted(known))}")
    return known[name].read_bytes()
