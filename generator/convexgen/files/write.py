"""Writing what differs: all or nothing, as far as a file system allows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from convexgen.files.compare import Difference

_SUFFIX = ".convexgen-new"


def write(root: Path, differences: Sequence[Difference]) -> None:
    """Make the disk agree with what was rendered.

    Every new text is on the disk before the first file is replaced. Raises OSError; then no file
    has been replaced, unless replacing one itself failed.
    """
    written = [one for one in differences if not one.is_stale]
    staged = [(root / one.path).with_name(Path(one.path).name + _SUFFIX) for one in written]
    try:
        for folder in sorted({path.parent for path in staged}):
            folder.mkdir(parents=True, exist_ok=True)
        for one, path in zip(written, staged, strict=True):
            path.write_bytes(one.rendered)
        for one, path in zip(written, staged, strict=True):
            path.replace(root / one.path)
    except BaseException:
        for path in staged:
            path.unlink(missing_ok=True)
        raise
    for one in differences:
        if one.is_stale:
            _delete(root, root / one.path)


def _delete(root: Path, path: Path) -> None:
    """Delete a file, and the folders that it leaves empty."""
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == root:
            return
        with suppress(OSError):
            folder.rmdir()
            continue
        return
