"""The names that a spec takes of those that generated modules import."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import convexgen
from convexgen.facts.python.imports import IMPORTED
from convexgen.model.classes import class_names
from convexgen.model.system import System
from convexgen.rendering.compiled_templates import templates_directory

RUNTIME = Path(convexgen.__file__).parent / "runtime"
"""The runtime of the Python package."""

_WORD = re.compile(r"\w+")


@lru_cache(maxsize=1)
def taken_names(system: System) -> frozenset[str]:
    """The classes of a spec whose names something else has that modules may import.

    No others: what a module of one entity depends on would change with every class of another.
    """
    return class_names(system) & _imported()


@cache
def _imported() -> frozenset[str]:
    # The runtimes give out no name that is not in these files, which hold more words besides.
    files = (
        RUNTIME / "__init__.py",
        templates_directory() / "typescript" / "runtime" / "index.ts",
    )
    words = (_WORD.findall(file.read_text(encoding="utf-8")) for file in files)
    return IMPORTED.union(*words)
