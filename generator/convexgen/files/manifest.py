"""The manifest: which files the tool wrote for a spec, and from what.

It tells a file that the tool wrote from one that a person wrote or edited, and answers "is all up
to date?" from hashes alone. It imports only the standard library, since every run reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from convexgen.files.parts import read_part
from convexgen.packs import PACK, packs_directory

_PACKAGE = Path(__file__).parent.parent
_VERSION = 1

SOURCES = (
    "frontend.py",
    "guards.py",
    "json_schemas",
    "model",
    "naming.py",
    "packs.py",
    "patterns.py",
    "rendering",
    "resolving",
    "rules",
    "runtime",
    "source",
    "spec",
    "views",
)
"""What the bytes of the output depend on, besides the spec and the templates."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was written for a spec."""

    inputs: str
    """The hash of the spec, of what it includes and of the tool."""
    included: Sequence[str]
    """The files that the spec includes and the JSON Schemas that it names, by their paths in the
    project, sorted; no packs."""
    files: Mapping[str, str]
    """The hash of each file, by its path in the project."""

    def to_text(self) -> str:
        """The file's text, the same for the same manifest."""
        content = {
            "version": _VERSION,
            "inputs": self.inputs,
            "included": list(self.included),
            "files": dict(sorted(self.files.items())),
        }
        return json.dumps(content, indent=2) + "\n"


def manifest_path(spec: str) -> str:
    """Where the manifest of a spec is, in the project."""
    return f".convexgen/{PurePosixPath(spec).stem}.json"


def read_manifest(path: Path) -> Manifest | None:
    """The manifest in a file; None where there is none or none of this version."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            return None
        files = {str(name): str(digest) for name, digest in content["files"].items()}
        included = [str(name) for name in content.get("included", ())]
        return Manifest(str(content["inputs"]), included, files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def hash_bytes(content: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def included_files(texts: Iterable[str], spec: str) -> list[str]:
    """Of the names of all files of a spec, those that the manifest lists."""
    return sorted({name for name in texts if name != spec and not name.startswith(PACK)})


def hash_inputs(root: Path, spec: str, content: bytes, included: Iterable[str]) -> str:
    """The hash of everything that the output depends on: the spec, its path and the tool.

    Raises OSError if an included file cannot be read.
    """
    parts = [(name, read_part(root, name)) for name in included]
    total = hashlib.sha256()
    for name, part in ((spec, content), *parts, *_tool()):
        total.update(f"{len(name.encode())} {len(part)} {name}".encode())
        total.update(part)
    return total.hexdigest()


def is_up_to_date(root: Path, spec: str, content: bytes, beside: Iterable[str]) -> bool:
    """Whether every file is as it was written, from the same spec by the same tool.

    The files `beside` the spec are parts of it.
    """
    manifest = read_manifest(root / manifest_path(spec))
    if manifest is None or not set(beside) <= set(manifest.included):
        return False
    try:
        if manifest.inputs != hash_inputs(root, spec, content, manifest.included):
            return False
    except OSError:
        return False
    for name, digest in manifest.files.items():
        try:
            if hash_bytes((root / name).read_bytes()) != digest:
                return False
        except OSError:
            return False
    return True


def _tool() -> Iterator[tuple[str, bytes]]:
    packaged = _PACKAGE / "templates"
    templates = packaged if packaged.is_dir() else _PACKAGE.parent.parent / "templates"
    yield from _contents(templates, templates, "*.jinja")
    packs = packs_directory()
    yield from _contents(packs, packs, "*.yaml")
    for source in SOURCES:
        path = _PACKAGE / source
        if path.is_dir():
            yield from _contents(path, _PACKAGE, "*.py")
        else:
            yield source, path.read_bytes()


def _contents(folder: Path, base: Path, pattern: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob(pattern), key=lambda path: path.relative_to(base).as_posix()):
        yield path.relative_to(base).as_posix(), path.read_bytes()
