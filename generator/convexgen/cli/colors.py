"""Whether what is printed has colours, and in which.

Colours are always asked for; what is printed to no terminal loses them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from convexgen.diagnostics.painting import BOLD, CYAN, GREEN, RED, paint

_DIFF = {"--- ": BOLD, "+++ ": BOLD, "@@": CYAN, "-": RED, "+": GREEN}
"""The colours of git, by how a line starts."""


def colors_wanted() -> bool | None:
    """Whether the environment wants colours; None leaves it to what is printed to.

    Sources: no-color.org for NO_COLOR, force-color.org for FORCE_COLOR, which Node.js reads too:
    there, 0 and false ask for none.
    """
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced not in {"0", "false"}
    return False if os.environ.get("TERM") == "dumb" else None


def colored_diff(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a unified diff, coloured."""
    for line in lines:
        color = next((color for start, color in _DIFF.items() if line.startswith(start)), None)
        yield line if color is None else paint(line.removesuffix("\n"), color) + "\n"
