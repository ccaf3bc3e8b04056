"""What a merge of git left in files, against what somebody edited.

Nobody edited a file by hand that is what git's merge of two versions gave which the tool wrote,
with its markers or with each conflict resolved by one side or both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convexgen.files.compare import Difference, Drift
from convexgen.files.conflicts import has_markers, is_resolution
from convexgen.files.git import (
    MARKER_SIZE,
    merge_bases,
    merge_files,
    read_folder,
    read_objects,
    read_renames,
)
from convexgen.files.line_ends import with_plain_ends
from convexgen.files.manifest import MANIFESTS, Record, hash_text, parse_record

_HEAD = "HEAD"
_AUTOMATIC = "AUTO_MERGE"
"""What git wrote into the files when it stopped at conflicts; see git-diff(1)."""


@dataclass(frozen=True, slots=True)
class _Merge:
    """Two commits that git merges or merged, and those that the merge starts from."""

    ours: str
    theirs: str
    bases: Sequence[str]
    is_committed: bool = False


def explain_merges(
    root: Path, manifests: Collection[str], differences: Sequence[Difference]
) -> tuple[Difference, ...]:
    """The differences; what looks edited and is but merged by git is told from what is edited."""
    edited = {one.path: one for one in differences if one.is_edited and one.is_shown}
    merged: set[str] = set()
    for merge in _merges(root) if edited else ():
        versions = _Versions(root, merge, manifests, edited)
        merged |= {path for path, one in edited.items() if versions.explain(one)}
    return tuple(
        replace(one, drift=_merged_drift(one)) if one.path in merged else one for one in differences
    )


def _merged_drift(difference: Difference) -> Drift:
    if difference.is_stale:
        return Drift.STALE
    return Drift.CONFLICT if has_markers(difference.current) else Drift.CHANGED


def _merges(root: Path) -> Iterator[_Merge]:
    """Those under way, and those that may have given the last commit; see gitrevisions(7)."""
    brought_in = ("MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD")
    names = (_HEAD, *brought_in, "HEAD^1", "HEAD^2", "ORIG_HEAD")
    commits = read_objects(root, [f"{name}^{{commit}}" for name in names])
    there = {name for name, commit in zip(names, commits, strict=True) if commit is not None}
    if {_HEAD, "MERGE_HEAD"} <= there:
        yield _Merge(_HEAD, "MERGE_HEAD", merge_bases(root, _HEAD, "MERGE_HEAD"))
    for theirs in ("REBASE_HEAD", "CHERRY_PICK_HEAD"):
        if {_HEAD, theirs} <= there:
            yield _Merge(_HEAD, theirs, [f"{theirs}^"])
    # Afterwards the commit has two parents, or the branch was elsewhere before.
    for theirs in ("HEAD^2", "ORIG_HEAD"):
        if {"HEAD^1", theirs} <= there:
            bases = merge_bases(root, "HEAD^1", theirs)
            yield _Merge("HEAD^1", theirs, bases, is_committed=True)


@dataclass(frozen=True, slots=True)
class _Places:
    """The paths of three versions that git makes one file of."""

    ours: str
    base: str
    theirs: str


class _Versions:
    """The versions of files that a merge is of."""

    def __init__(
        self, root: Path, merge: _Merge, manifests: Collection[str], paths: Collection[str]
    ) -> None:
        self._root, self._merge = root, merge
        self._sides = (merge.ours, merge.theirs)
        self._contents: dict[tuple[str, str], bytes] = {}
        self._read((side, path) for side in self._sides for path in paths)
        lacked = {
            path
            for path in paths
            if any((side, path) not in self._contents for side in self._sides)
        }
        self._places = {path: {_Places(path, path, path)} for path in paths}
        # Where a side moved what is generated, git merges files of two paths.
        for base in merge.bases if lacked else ():
            self._find_moved(base, lacked)
        self._records = list(self._read_records(manifests))
        result = _HEAD if merge.is_committed else _AUTOMATIC
        known = {one for places in self._places.values() for one in places}
        self._read((base, one.base) for base in merge.bases for one in known)
        self._read((merge.ours, one.ours) for one in known)
        self._read((merge.theirs, one.theirs) for one in known)
        self._read((result, path) for path in paths)

    def _read(self, wanted: Iterable[tuple[str, str]]) -> None:
        places = sorted({place for place in wanted if place not in self._contents})
        found = read_objects(self._root, [f"{revision}:./{path}" for revision, path in places])
        for place, content in zip(places, found, strict=True):
            if content is not None:
                self._contents[place] = with_plain_ends(content)

    def _find_moved(self, base: str, paths: Collection[str]) -> None:
        ours, theirs = (read_renames(self._root, base, side) for side in self._sides)
        of_ours, of_theirs = ({new: old for old, new in one.items()} for one in (ours, theirs))
        for path in paths:
            for origin in {one[path] for one in (of_ours, of_theirs) if path in one}:
                here, there = ours.get(origin, origin), theirs.get(origin, origin)
                self._places[path].add(_Places(here, origin, there))

    def _read_records(self, manifests: Collection[str]) -> Iterator[Record]:
        """What the manifests of both sides say, also of a spec that one side calls otherwise."""
        for side in self._sides:
            there = (f"{MANIFESTS}/{name}" for name in read_folder(self._root, side, MANIFESTS))
            names = sorted({*manifests, *there})
            self._read((side, name) for name in names)
            for name in names:
                if (content := self._contents.get((side, name))) is not None:
                    yield parse_record(name, content)

    def explain(self, difference: Difference) -> bool:
        """Whether a file is what the merge gave, of versions that the tool wrote."""
        path, current = difference.path, with_plain_ends(difference.current)
        if self._merge.is_committed and self._contents.get((_HEAD, path)) != current:
            return False
        if not any((side, path) in self._contents for side in self._sides):
            # Git moves what is new on a side into the folder that the other one moved.
            written = (digests for one in self._records for digests in one.files.values())
            if any(hash_text(current) in digests for digests in written):
                return True
        automatic = self._contents.get((_AUTOMATIC, path))
        return any(self._is_given(current, automatic, one) for one in self._places[path])

    def _is_given(self, current: bytes, automatic: bytes | None, places: _Places) -> bool:
        ours = self._contents.get((self._merge.ours, places.ours))
        theirs = self._contents.get((self._merge.theirs, places.theirs))
        versions = [version for version in (ours, theirs) if version is not None]
        known = {
            digest
            for one in self._records
            for path in (places.ours, places.theirs)
            for digest in one.files.get(path, ())
        }
        if any(hash_text(version) not in known for version in versions):
            return False
        if current in versions:
            return True
        if ours is None or theirs is None:
            return False
        if automatic is not None and is_resolution(current, automatic):
            return True
        found = (self._contents.get((base, places.base), b"") for base in self._merge.bases)
        return any(
            is_resolution(current, merged, MARKER_SIZE)
            for base in sorted({*found} or {b""})
            for merged in merge_files(ours, base, theirs)
        )
