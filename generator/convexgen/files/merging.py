"""What a merge of git left in files, against what somebody edited.

Nobody edited a file by hand that is what git's merge of two versions gave which the tool wrote,
with its markers or with each conflict resolved by one side or both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convexgen.files.compare import Difference, Drift
from convexgen.files.conflicts import has_markers, is_resolution
from convexgen.files.git import MARKER_SIZE, merge_bases, merge_files, read_objects
from convexgen.files.line_ends import with_plain_ends
from convexgen.files.manifest import hash_text, parse_record

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


class _Versions:
    """The versions of files that a merge is of."""

    def __init__(
        self, root: Path, merge: _Merge, manifests: Collection[str], paths: Collection[str]
    ) -> None:
        self._merge = merge
        sides = (merge.ours, merge.theirs)
        results = (_HEAD,) if merge.is_committed else (_AUTOMATIC,)
        wanted = [(side, path) for side in sides for path in (*manifests, *paths)]
        wanted += [(one, path) for one in (*merge.bases, *results) for path in paths]
        found = read_objects(root, [f"{revision}:./{path}" for revision, path in wanted])
        self._contents: Mapping[tuple[str, str], bytes] = {
            place: with_plain_ends(content)
            for place, content in zip(wanted, found, strict=True)
            if content is not None
        }
        self._records = [
            parse_record(manifest, content)
            for side in sides
            for manifest in manifests
            if (content := self._contents.get((side, manifest))) is not None
        ]

    def explain(self, difference: Difference) -> bool:
        """Whether a file is what the merge gave, of versions that the tool wrote."""
        path, current = difference.path, with_plain_ends(difference.current)
        if self._merge.is_committed and self._contents.get((_HEAD, path)) != current:
            return False
        ours = self._contents.get((self._merge.ours, path))
        theirs = self._contents.get((self._merge.theirs, path))
        versions = [version for version in (ours, theirs) if version is not None]
        known = {digest for one in self._records for digest in one.files.get(path, ())}
        if any(hash_text(version) not in known for version in versions):
            return False
        if current in versions:
            return True
        if ours is None or theirs is None:
            return False
        automatic = self._contents.get((_AUTOMATIC, path))
        if automatic is not None and is_resolution(current, automatic):
            return True
        bases = {self._contents.get((base, path), b"") for base in self._merge.bases} or {b""}
        return any(
            is_resolution(current, merged, MARKER_SIZE)
            for base in sorted(bases)
            for merged in merge_files(ours, base, theirs)
        )
