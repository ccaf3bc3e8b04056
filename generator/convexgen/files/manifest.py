"""The manifest: which files the tool wrote for a spec, and from what.

It tells a file that the tool wrote from one that a person wrote or edited. As it comes with a
checkout, it is no proof of what the spec gives. It imports only the standard library, since every
run reads it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from convexgen.files.line_ends import with_plain_ends
from convexgen.files.names import is_input, is_output
from convexgen.files.reading import read_file
from convexgen.packs import PACK, PARTS, pack_folders

MANIFESTS = ".convexgen"
"""The folder of a project's manifests."""

_PACKAGE = Path(__file__).parent.parent
_VERSION = 1
_USUAL_FOLDER = PurePosixPath("schema")
# A text, with the hash that belongs to it if there is one. It takes every text that begins, also
# one without an end: no character is looked at again from another place.
_TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)(?:"\s*:\s*"([0-9a-f]{64})"|"?)')
_SPEC = re.compile(r'"spec"\s*:\s*"((?:[^"\\\n]|\\.)+)"')

SOURCES = (
    "caches.py",
    "drawn_text.py",
    "facts",
    "formatting",
    "frontend.py",
    "guards.py",
    "json_schemas",
    "model",
    "naming.py",
    "packs.py",
    "pattern_matching.py",
    "patterns.py",
    "rendering",
    "reserved.py",
    "resolving",
    "rules",
    "runtime",
    "source",
    "spec",
)
"""What the bytes of the output depend on, besides the spec and the templates."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is written for a spec."""

    spec: str
    """The path of the spec in the project."""
    included: Sequence[str]
    """The files that the spec includes and the JSON Schemas that it names, by their paths in the
    project, sorted; no packs."""
    formatters: Mapping[str, str]
    """The version of each formatter that laid the files out."""
    files: Mapping[str, str]
    """The hash of each file, by its path in the project."""

    def to_text(self) -> str:
        """The file's text, the same for the same manifest."""
        content = {
            "version": _VERSION,
            "spec": self.spec,
            "included": list(self.included),
            "formatters": dict(sorted(self.formatters.items())),
            "files": dict(sorted(self.files.items())),
        }
        return json.dumps(content, indent=2) + "\n"


def unfinished_text(manifest: Manifest, written: Mapping[str, frozenset[str]]) -> str:
    """The text of a manifest while its files are being written.

    It also lists what was `written` before, each file with its hashes.
    """
    earlier = [
        {path: digest}
        for path, digests in sorted(written.items())
        for digest in sorted(digests)
        if manifest.files.get(path) != digest
    ]
    content = {
        "version": _VERSION,
        "spec": manifest.spec,
        "included": list(manifest.included),
        "files": dict(sorted(manifest.files.items())),
        "earlier": earlier,
    }
    return json.dumps(content, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Record:
    """What a manifest on the disk says, which a merge may have made of several."""

    path: str
    """Of the manifest, in the project."""
    spec: str
    included: Sequence[str]
    formatters: Mapping[str, str]
    files: Mapping[str, frozenset[str]]
    """The hashes that each file was written with, by its path in the project."""

    def has_exactly(self, files: Mapping[str, str]) -> bool:
        """Whether it lists these files with these hashes, and no others."""
        return self.files == {path: frozenset({digest}) for path, digest in files.items()}


def manifest_path(spec: str) -> str:
    """Where the manifest of a spec is, in the project: another for each spec."""
    path = PurePosixPath(spec)
    if path.parent == _USUAL_FOLDER and path.suffix == ".yaml":
        return f"{MANIFESTS}/{path.stem}.json"
    return f"{MANIFESTS}/{path.stem}-{hash_bytes(spec.encode())[:8]}.json"


def read_record(root: Path, path: str) -> Record | None:
    """What the manifest at a path of the project says; None where there is none.

    Of one with conflict markers, or damaged otherwise, what it says of files. Raises OSError for a
    file that cannot be read: what it lists would be taken for somebody else's.
    """
    try:
        content = read_file(root / path)
    except OSError as error:
        if error.errno != errno.EFBIG and (root / path).is_file():
            raise
        return None
    return parse_record(path, content)


# What watches a project looks again and again.
@lru_cache(maxsize=32)
def parse_record(path: str, content: bytes) -> Record:
    """What the bytes of a manifest say."""
    text = content.decode("utf-8", "replace")
    files: defaultdict[str, set[str]] = defaultdict(set)
    for name, digest in _TEXT.findall(text):
        if digest:
            files[_unescaped(name)].add(digest)
    # Earlier versions had the hash of the spec there.
    files.pop("inputs", None)
    # A manifest comes with the project, and what it says of other folders is none of its files.
    known = {name: frozenset(digests) for name, digests in files.items() if is_output(name)}
    # Before it was recorded, the manifest was named by the spec.
    usual = f"{_USUAL_FOLDER}/{PurePosixPath(path).stem}.yaml"
    try:
        data: Any = json.loads(text)
        spec = str(data.get("spec", usual))
        included = [str(name) for name in data.get("included", ())]
        formatters = {str(key): str(value) for key, value in data.get("formatters", {}).items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        found = _SPEC.search(text)
        spec = usual if found is None else _unescaped(found[1])
        included, formatters = [], {}
    if not is_input(spec):
        spec = usual
    included = [name for name in included if is_input(name)]
    return Record(path, spec, included, formatters, known)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def hash_bytes(content: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_text(content: bytes) -> str:
    """The SHA-256 of a text, whatever its line ends are."""
    return hash_bytes(with_plain_ends(content))


def included_files(texts: Iterable[str], spec: str) -> list[str]:
    """Of the names of all files of a spec, those that the manifest lists."""
    return sorted({name for name in texts if name != spec and not name.startswith(PACK)})


def hash_inputs(
    read: Callable[[str], bytes], spec: str, content: bytes, included: Iterable[str], tool: str
) -> str:
    """The hash of everything that the output depends on: the spec, its path and the tool.

    `read` gives the bytes of a file that the spec includes. Raises OSError if one cannot be read.
    """
    parts = [(name, read(name)) for name in included]
    return _hash_all([(spec, content), *parts, ("", tool.encode())])


def hash_tool() -> str:
    """The hash of the tool: of its templates, and of the sources that the output depends on."""
    return _hash_all(_tool())


def _hash_all(parts: Iterable[tuple[str, bytes]]) -> str:
    total = hashlib.sha256()
    for name, part in parts:
        plain = with_plain_ends(part)
        total.update(f"{len(name.encode())} {len(plain)} {name}".encode())
        total.update(plain)
    return total.hexdigest()


def _tool() -> Iterator[tuple[str, bytes]]:
    packaged = _PACKAGE / "templates"
    templates = packaged if packaged.is_dir() else _PACKAGE.parent.parent / "templates"
    yield from _contents(templates, templates, ".jinja")
    yield from _contents(templates, templates, ".ts")
    for packs in pack_folders():
        for ending in PARTS:
            yield from _contents(packs, packs, ending)
    yield "files/manifest.py", Path(__file__).read_bytes()
    for source in SOURCES:
        path = _PACKAGE / source
        if path.is_dir():
            yield from _contents(path, _PACKAGE, ".py")
        else:
            yield source, path.read_bytes()


def _contents(folder: Path, base: Path, ending: str) -> Iterator[tuple[str, bytes]]:
    """The files by their paths from the base.

    Paths are texts here: as objects, they take as long as reading does, in each command.
    """
    start = len(f"{base}{os.sep}")
    paths = [
        f"{parent}{os.sep}{name}"
        for parent, _, names in os.walk(folder)
        for name in names
        if name.endswith(ending)
    ]
    for name, path in sorted((path[start:].replace(os.sep, "/"), path) for path in paths):
        yield name, read_file(path)
