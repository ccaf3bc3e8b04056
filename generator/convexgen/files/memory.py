"""What was rendered on this machine: what is as it was then need not be rendered again.

It is kept in the user's caches, and not in the project: what comes with a checkout, as the manifest
does, is anybody's, and no proof of what the spec gives. It imports only the standard
library, since every run reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from convexgen.caches import read_cache, write_cache
from convexgen.files.line_ends import with_plain_ends
from convexgen.files.manifest import hash_bytes, hash_inputs, hash_text, manifest_path
from convexgen.files.reading import read_file, resolved

_KIND = "rendered"
_MOST = 100
"""Specs that are remembered: those that were rendered last."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a spec gave when it was rendered here last."""

    inputs: str
    """The hash of the spec, of what it includes and of the tool."""
    included: Sequence[str]
    """The files that it consists of besides its own; see `Manifest`."""
    formatters: Mapping[str, str]
    """The versions that laid the files out."""
    entities: Mapping[str, str]
    """What tells the inputs of the modules of each entity from others, by its name."""
    drafts: Mapping[str, str]
    """What tells the draft of each file from others, by its path in the project."""
    files: Mapping[str, str]
    """The hash of each file, by its path in the project."""
    manifest: str
    """That of the manifest."""


def recall(root: Path, spec: str) -> Memory | None:
    """What is remembered of a spec of a project; None where that is nothing, or damaged."""
    try:
        data: Any = json.loads(read_cache(_KIND, _name(root, spec)) or b"")
        return Memory(
            str(data["inputs"]),
            [str(name) for name in data["included"]],
            _texts(data["formatters"]),
            _texts(data["entities"]),
            _texts(data["drafts"]),
            _texts(data["files"]),
            str(data["manifest"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def remember(root: Path, spec: str, memory: Memory) -> None:
    """Keep what a spec gave, if there is a place for that."""
    write_cache(_KIND, _name(root, spec), json.dumps(asdict(memory)).encode(), _MOST)


def is_up_to_date(
    root: Path,
    read: Callable[[str], bytes],
    memory: Memory,
    spec: str,
    content: bytes,
    beside: Iterable[str],
    tool: str,
    formatters: Mapping[str, str],
) -> bool:
    """Whether every file, and the manifest, is what the same spec gave by the same tool.

    `read` gives what the spec includes. The files `beside` it are parts of it; `formatters` are
    the versions that there are.
    """
    if memory.formatters != formatters or not set(beside) <= set(memory.included):
        return False
    try:
        if memory.inputs != hash_inputs(read, spec, content, memory.included, tool):
            return False
        files = (*memory.files.items(), (manifest_path(spec), memory.manifest))
        return all(hash_text(read_file(f"{root}/{name}")) == digest for name, digest in files)
    except OSError:
        return False


def laid_out_before(
    root: Path, memory: Memory | None, drafts: Mapping[str, str], formatters: Mapping[str, str]
) -> dict[str, bytes]:
    """The files on the disk that are what the same drafts gave, by their paths.

    The `formatters` are the versions that there are.
    """
    if memory is None or memory.formatters != formatters:
        return {}
    found: dict[str, bytes] = {}
    for path, digest in drafts.items():
        if memory.drafts.get(path) != digest:
            continue
        with suppress(OSError):
            content = with_plain_ends(read_file(f"{root}/{path}"))
            if memory.files.get(path) == hash_bytes(content):
                found[path] = content
    return found


def _name(root: Path, spec: str) -> str:
    return f"{hash_bytes(f'{resolved(root)}/{spec}'.encode('utf-8', 'surrogateescape'))}.json"


def _texts(data: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in data.items()}
