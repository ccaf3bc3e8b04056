"""Writing what differs, so that whatever ends it, the next `generate` completes it.

Before the first file is touched, the manifest lists all that is there and all that is to be, each
with its hash; after the last one, what is there. So it knows at every moment which files are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from convexgen.files.compare import Difference
from convexgen.files.line_ends import with_plain_ends
from convexgen.files.manifest import MANIFESTS, Manifest, manifest_path, unfinished_text
from convexgen.files.outputs import NoPlainFile, Outputs
from convexgen.files.staging import put_in_place, remove_leftovers, replace_file, stage


class ChangedMeanwhile(Exception):
    """A file is no longer what it was when it was compared; its path in the project."""


def write(
    root: Path,
    differences: Sequence[Difference],
    manifest: Manifest,
    written: Mapping[str, frozenset[str]],
) -> None:
    """Make the disk agree with what was rendered, of which the manifest is written last.

    `written` has the hashes of what was written before. Every new text is on the disk before the
    first file is replaced. Raises OSError and ChangedMeanwhile; then no file has been replaced,
    unless replacing one itself failed.
    """
    place = manifest_path(manifest.spec)
    folders = {path.rpartition("/")[0] for path in (place, *manifest.files, *written)}
    remove_leftovers(root / folder for folder in folders)
    changed = [
        one for one in differences if not (one.is_stale or one.is_left) and one.path != place
    ]
    # Other manifests go last: until then, they say whose the other files are.
    stale = sorted(
        (one for one in differences if one.is_stale), key=lambda one: one.path.startswith(MANIFESTS)
    )
    _check_unchanged(root, [*changed, *stale])
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    before = Outputs(root).read(place)
    if changed or stale:
        unfinished = unfinished_text(manifest, written).encode()
        _write(root, changed, root / place, before, unfinished)
        for one in stale:
            (root / one.path).unlink(missing_ok=True)
    for path in written:
        if path not in manifest.files and path != place:
            _remove_empty(root, (root / path).parent)
    replace_file(root / place, _with_ends_of(before, manifest.to_text().encode()))


def _write(
    root: Path,
    changed: Sequence[Difference],
    manifest: Path,
    before: bytes | None,
    unfinished: bytes,
) -> None:
    replace_file(manifest, unfinished)
    staged: list[tuple[Path, Path]] = []
    is_replaced = False
    try:
        for one in changed:
            path = root / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            staged.append((stage(path, one.rendered), path))
        while staged:
            put_in_place(*staged[-1])
            is_replaced = True
            staged.pop()
    except BaseException:
        for path, _ in staged:
            with suppress(OSError):
                path.unlink()
        if not is_replaced:
            _put_back(manifest, before)
        raise


def _with_ends_of(before: bytes | None, text: bytes) -> bytes:
    """The text as it was before, where only the ends of its lines differ."""
    return text if before is None or with_plain_ends(before) != text else before


def _put_back(manifest: Path, before: bytes | None) -> None:
    with suppress(OSError):
        if before is None:
            manifest.unlink()
        else:
            replace_file(manifest, before)


def _check_unchanged(root: Path, differences: Sequence[Difference]) -> None:
    """Somebody may have saved one of the files while the others were rendered."""
    outputs = Outputs(root)
    for one in differences:
        try:
            current = outputs.read(one.path)
        except NoPlainFile:
            raise ChangedMeanwhile(one.path) from None
        if current != (one.current if one.was_there else None):
            raise ChangedMeanwhile(one.path)


def _remove_empty(root: Path, folder: Path) -> None:
    """Delete the folders that are empty, from one upwards."""
    for one in (folder, *folder.parents):
        if one == root:
            return
        with suppress(OSError):
            one.rmdir()
            continue
        if one.exists():
            return
