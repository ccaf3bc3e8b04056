"""Differences as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from convexgen.files.compare import Difference, Drift
from convexgen.files.line_ends import with_plain_ends


def unified_diff(difference: Difference) -> Iterator[str]:
    """The lines from what is there to what is rendered, each with its end.

    None of a file that does not say itself that the tool wrote it: it may have secrets.
    """
    if difference.was_there and not difference.is_shown:
        return
    path = difference.path
    for line in difflib.unified_diff(
        with_plain_ends(difference.current).decode("utf-8", "replace").splitlines(keepends=True),
        difference.rendered.decode("utf-8", "replace").splitlines(keepends=True),
        "/dev/null" if difference.drift is Drift.MISSING else f"a/{path}",
        "/dev/null" if difference.is_stale else f"b/{path}",
    ):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
