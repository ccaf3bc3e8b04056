"""The rendered files against the disk."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from convexgen.files.conflicts import has_markers, sides
from convexgen.files.line_ends import with_plain_ends
from convexgen.files.manifest import MANIFESTS, hash_text
from convexgen.files.outputs import NoPlainFile, Outputs

# What each file says that the tool writes, in the line at its head; of a merge, after its markers.
_HEADER = re.compile(rb"(?:Generated|Copied) by convexgen from ")
_HEAD = 200
_EMPTY = "py.typed"
"""The one file that has no text."""

# What `npx convex dev` puts into each file that it generates. It writes the files of
# `_generated/` itself, in words of its own, and those are as good as ours.
_WRITTEN_BY_CONVEX = b"THIS CODE IS AUTOMATICALLY GENERATED"
_CONVEX_FOLDER = "_generated"


class Drift(StrEnum):
    """How a file differs from what is rendered."""

    MISSING = "missing"
    CHANGED = "changed"
    """Written by the tool, from an older spec."""
    EDITED = "hand-edited"
    """Written by the tool, then changed by somebody else."""
    REFORMATTED = "reformatted"
    """Written by the tool, then laid out anew by another one."""
    CONFLICT = "in conflict"
    """Written by the tool, on both sides of a merge."""
    STALE = "stale"
    """Written by the tool, and no longer rendered."""
    STALE_EDITED = "stale and hand-edited"
    STALE_FOREIGN = "listed in the manifest, and not written by convexgen"
    """Nothing in it says that the tool wrote it, and nothing is rendered in its place."""
    FOREIGN = "not written by convexgen"
    """In the place of a file to write."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that differs."""

    path: str
    drift: Drift
    current: bytes
    """Empty where the file is missing, or a link or no file is in its place."""
    rendered: bytes
    """Empty where the file is stale."""

    @property
    def is_stale(self) -> bool:
        """Whether it is to be deleted, as nothing is rendered in its place."""
        return self.drift in {Drift.STALE, Drift.STALE_EDITED}

    @property
    def is_left(self) -> bool:
        """Whether it stays as it is, and is somebody else's from now on."""
        return self.drift is Drift.STALE_FOREIGN

    @property
    def was_there(self) -> bool:
        """Whether there is a file."""
        return self.drift is not Drift.MISSING

    @property
    def is_edited(self) -> bool:
        """Whether somebody edited what the tool wrote."""
        return self.drift in {Drift.EDITED, Drift.STALE_EDITED}

    @property
    def is_foreign(self) -> bool:
        """Whether somebody else wrote all of what is in the place of a file to write."""
        return self.drift is Drift.FOREIGN

    @property
    def is_shown(self) -> bool:
        """Whether what is there may be printed. It may be secret, unless the tool wrote it."""
        return _says_so(self.path, self.current)

    @property
    def is_somebodys(self) -> bool:
        """Whether writing would lose what somebody wrote."""
        return self.is_edited or self.is_foreign


def is_headed(content: bytes) -> bool:
    """Whether a file says at its head that the tool wrote it."""
    return _HEADER.search(content, 0, _HEAD) is not None


def compare(
    root: Path,
    rendered: Mapping[str, bytes],
    written: Mapping[str, frozenset[str]],
    same: Container[str] = (),
) -> tuple[Difference, ...]:
    """The files that differ, by path; `written` has the hashes that the tool wrote each with.

    Those that are known to be the `same` are not read. Line ends are no difference. Raises OSError
    if a file cannot be read.
    """
    outputs = Outputs(root)
    found = [
        *(
            _compare_rendered(outputs, path, text, written.get(path))
            for path, text in rendered.items()
            if path not in same
        ),
        *(_compare_stale(outputs, path, written[path]) for path in written if path not in rendered),
    ]
    return tuple(
        sorted((one for one in found if one is not None), key=lambda difference: difference.path)
    )


def _compare_rendered(
    outputs: Outputs, path: str, rendered: bytes, written: frozenset[str] | None
) -> Difference | None:
    foreign = Difference(path, Drift.FOREIGN, b"", rendered)
    try:
        current = outputs.read(path)
    except NoPlainFile:
        return foreign
    if current is None:
        return Difference(path, Drift.MISSING, b"", rendered)
    if with_plain_ends(current) == rendered or _is_convex_own(path, current):
        return None
    if _is_manifest(path) and _says_the_same(current, rendered):
        return None
    # A link of the folder of manifests makes none of what it leads to.
    if not outputs.is_inside(path) and (_is_manifest(path) or not _says_so(path, current)):
        return foreign
    return Difference(path, _drift(path, current, written), current, rendered)


def _says_so(path: str, current: bytes) -> bool:
    """Whether a file tells that the tool wrote it, whatever a manifest says, which is anybody's."""
    is_empty = not current and path.rpartition("/")[2] == _EMPTY
    return is_empty or _is_manifest(path) or is_headed(current)


def _is_manifest(path: str) -> bool:
    return MANIFESTS in path.split("/")[:-1]


def _drift(path: str, current: bytes, written: frozenset[str] | None) -> Drift:
    if not _says_so(path, current):
        return Drift.FOREIGN if written is None else Drift.EDITED
    known = frozenset[str]() if written is None else written
    if hash_text(current) in known:
        # A manifest counts as written by the tool, whatever a merge made of it.
        return Drift.CONFLICT if has_markers(current) else Drift.CHANGED
    if has_markers(current) and {hash_text(side) for side in sides(current)} <= known:
        return Drift.CONFLICT
    return Drift.EDITED


def _compare_stale(outputs: Outputs, path: str, written: frozenset[str]) -> Difference | None:
    """What to do with a file that a manifest lists; none of what is behind a link is shown."""
    try:
        current = outputs.read(path)
    except NoPlainFile:
        return None
    except OSError as error:
        if error.errno != errno.EFBIG and outputs.is_own_file(path):
            raise  # or the manifest would forget it, and nobody ever delete it
        return None
    if current is None:
        return None
    is_listed = hash_text(current) in written
    if not outputs.is_inside(path):
        is_ours = is_listed and is_headed(current)
        return Difference(path, Drift.STALE, current, b"") if is_ours else None
    if _is_convex_own(path, current):
        return Difference(path, Drift.STALE, current, b"")
    if not _says_so(path, current):
        return Difference(path, Drift.STALE_FOREIGN, current, b"")
    drift = Drift.STALE if is_listed else Drift.STALE_EDITED
    return Difference(path, drift, current, b"")


def _says_the_same(manifest: bytes, other: bytes) -> bool:
    """Whether only a formatter, which JSON cannot turn off, laid a manifest out otherwise."""
    try:
        return bool(json.loads(manifest) == json.loads(other))
    except (ValueError, RecursionError):
        return False


def _is_convex_own(path: str, current: bytes) -> bool:
    return _CONVEX_FOLDER in path.split("/") and _WRITTEN_BY_CONVEX in current
