"""What specs of tests may name: the files of a folder, and packs."""

from __future__ import annotations

from pathlib import Path

from convexgen.files.inputs import Inputs
from convexgen.packs import PACK, read_pack


def read_included(name: str, root: Path) -> bytes:
    """The bytes of a file in the folder, or of a pack, or a listing. Raises OSError."""
    return read_pack(name) if name.startswith(PACK) else Inputs(root).read(name)
