"""Measure the project side by side with its peers: `python bench/run.py [SECTION ...]`."""

from __future__ import annotations

import argparse
import faulthandler
import os
import platform
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

from convexgen.embedded import find_node

# The first three start processes and measure their memory, so they run before this process grows.
SECTIONS = (
    "generation",
    "growth",
    "imports",
    "backend",
    "calls",
    "loading",
    "watching",
    "processor",
    "operations",
    "counting",
    "mastra",
    "codec",
)

# A client of the official package waits forever for a backend that is gone, and keeps Python from
# running meanwhile: only a timer outside of it can end the run.
_LONGEST_SECTION = 900.0


def main() -> None:
    """Run the sections that are named, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    names: list[str] = parser.parse_args().sections or list(SECTIONS)
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; the sections are {', '.join(SECTIONS)}")
    print(_machine(), flush=True)
    for name in SECTIONS:
        if name in names:
            faulthandler.dump_traceback_later(_LONGEST_SECTION, exit=True)
            import_module(name).run()


def _machine() -> str:
    node = subprocess.run(
        [find_node(), "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    packages = ("convex", "convex-to-pydantic", "pydantic", "httptools")
    return "\n".join(
        [
            f"Python {platform.python_version()}, Node.js {node.stdout.strip().removeprefix('v')}, "
            f"{os.cpu_count()} cores, {sys.platform} {platform.machine()}",
            ", ".join(f"{package} {version(package)}" for package in packages),
        ]
    )


if __name__ == "__main__":
    main()
