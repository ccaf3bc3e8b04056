"""What a merge of git left in files: conflict markers, and lines of several versions.

Nobody edited a file by hand that holds nothing but lines of versions which the tool wrote.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from convexgen.files.compare import Difference, Drift
from convexgen.files.conflicts import MARKER, has_markers
from convexgen.files.line_ends import with_plain_ends
from convexgen.files.manifest import hash_text, parse_record

_TIMEOUT = 30.0
_MERGED = (
    # While git merges, rebases or picks, it names what it brings in; see gitrevisions(7).
    ("HEAD", "MERGE_HEAD"),
    ("HEAD", "REBASE_HEAD"),
    ("HEAD", "CHERRY_PICK_HEAD"),
    # And afterwards the commit has two parents, or the branch was elsewhere before.
    ("HEAD^1", "HEAD^2"),
    ("HEAD^1", "ORIG_HEAD"),
)


def explain_merges(
    root: Path, manifests: Iterable[str], differences: Sequence[Difference]
) -> tuple[Difference, ...]:
    """The differences; what looks edited and is but merged by git is told from what is edited."""
    edited = [one for one in differences if one.drift in {Drift.EDITED, Drift.STALE_EDITED}]
    paths = sorted({one.path for one in edited})
    merged: set[str] = set()
    if edited:
        versions = _Versions(root, (*manifests, *paths))
        for sides in _MERGED:
            merged |= {one.path for one in edited if versions.explain(one, sides, manifests)}
    return tuple(
        replace(one, drift=_merged_drift(one)) if one.path in merged else one for one in differences
    )


def _merged_drift(difference: Difference) -> Drift:
    if difference.is_stale:
        return Drift.STALE
    return Drift.CONFLICT if has_markers(difference.current) else Drift.CHANGED


class _Versions:
    """The versions of files in the commits that git may have merged."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        revisions = sorted({revision for sides in _MERGED for revision in sides})
        wanted = [(revision, path) for revision in revisions for path in paths]
        found = _read_objects(root, [f"{revision}:./{path}" for revision, path in wanted])
        self._contents = {
            place: content
            for place, content in zip(wanted, found, strict=True)
            if content is not None
        }

    def explain(
        self, difference: Difference, sides: Sequence[str], manifests: Iterable[str]
    ) -> bool:
        """Whether all in the file comes from the versions of both sides, which the tool wrote."""
        known = {
            digest
            for side in sides
            for manifest in manifests
            if (content := self._contents.get((side, manifest))) is not None
            for digest in parse_record(manifest, content).files.get(difference.path, ())
        }
        versions = [
            content
            for side in sides
            if (content := self._contents.get((side, difference.path))) is not None
        ]
        if not versions or any(hash_text(version) not in known for version in versions):
            return False
        written = {
            line
            for text in (*versions, difference.rendered)
            for line in with_plain_ends(text).splitlines()
        }
        current = with_plain_ends(difference.current).splitlines()
        return all(line in written or MARKER.fullmatch(line) for line in current)


def _read_objects(root: Path, names: Sequence[str]) -> list[bytes | None]:
    """What git has under each name; None of what it lacks, or where there is no git."""
    nothing: list[bytes | None] = [None] * len(names)
    if any("\n" in name for name in names):
        return nothing
    try:
        finished = subprocess.run(
            ["git", "cat-file", "--batch"],
            cwd=root,
            input="".join(f"{name}\n" for name in names).encode(),
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return nothing
    # For each name a line, "<object> blob <size>" or "<name> missing", and the object.
    found: list[bytes | None] = []
    output = finished.stdout
    while output:
        line, _, output = output.partition(b"\n")
        header = re.fullmatch(rb"[0-9a-f]+ \w+ (\d+)", line)
        if header is None:
            found.append(None)
            continue
        size = int(header[1])
        found.append(output[:size])
        output = output[size + 1 :]
    return found if len(found) == len(names) else nothing
