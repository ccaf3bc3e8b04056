"""The earlier version of a spec that `diff` compares with: of git, or another file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from convexgen.cli.loading import load, placed
from convexgen.cli.project import CannotRun, FoundSpec, find_spec, read_spec, shown
from convexgen.cli.roots import SPEC_FOLDER, from_here, name_in
from convexgen.diagnostics.span import Span
from convexgen.files.git import (
    commit_of,
    has_repository,
    merge_bases,
    read_folder,
    read_gone,
    read_objects,
    top_of,
)
from convexgen.files.manifest import MANIFESTS, manifest_path, parse_record, read_record
from convexgen.files.parts import YAML_SUFFIXES, has_name, is_part, is_yaml_name
from convexgen.frontend import Loaded, load_bytes
from convexgen.model.system import System
from convexgen.packs import PACK, read_pack
from convexgen.source.source import Source

GIT: Final = "git:"
_PATTERNS = [f"*{suffix}" for suffix in sorted(YAML_SUFFIXES)]
_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""The first that there is counts: what is on the server is nearer to what is deployed."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version of a spec that was before."""

    label: str
    """What messages call it."""
    system: System
    source: Source
    shown: Callable[[Span], Span]
    """A place in its files, as messages have it."""


def earlier_spec(
    found: FoundSpec, argument: Path | None, against: str | None, folders: Sequence[Path]
) -> Earlier | None:
    """What a spec is compared with; None where nothing was there yet.

    `argument` is how the spec was named, if it was. Raises CannotRun for what names nothing, and
    for an earlier version that has errors.
    """
    if against is None:
        return _of_default_branch(found, argument)
    if against.startswith(GIT):
        name = against.removeprefix(GIT)
        commit = commit_of(found.root, name)
        revision, _, path = name.partition(":")
        if commit is None and path and (there := commit_of(found.root, revision)) is not None:
            return _at_path(found, there, revision, path)
        if commit is None:
            raise CannotRun(f"git knows no commit {name!a} in {found.root.as_posix() or '.'}.")
        return _of_commit(found, argument, commit, name)
    other = find_spec(Path(against), None, folders)
    loaded = load(other, read_spec(other.path))
    return _earlier(against, loaded, lambda span: placed(span, other.root))


def _of_default_branch(found: FoundSpec, argument: Path | None) -> Earlier | None:
    root = found.root
    if not has_repository(root):
        raise CannotRun("This is no repository of git. Name what to compare with: --against FILE")
    if commit_of(root, "HEAD") is None:
        return None
    for name in _DEFAULT_BRANCHES:
        commit = commit_of(root, name)
        if commit is not None:
            # What others have changed there meanwhile is no change of this branch.
            base = next(iter(merge_bases(root, "HEAD", commit)), commit)
            return _of_commit(found, argument, base, name)
    raise CannotRun(
        f"There is no branch {', '.join(_DEFAULT_BRANCHES)}. Name one: --against git:BRANCH"
    )


def _at_path(found: FoundSpec, commit: str, label: str, path: str) -> Earlier:
    tree = _Tree(from_here(top_of(found.root) or found.root), commit)
    try:
        return _loaded_there(tree, path, label)
    except FileNotFoundError as error:
        raise CannotRun(f"There is no file {path} in {label}.") from error


def _of_commit(found: FoundSpec, argument: Path | None, commit: str, label: str) -> Earlier | None:
    tree = _Tree(found.root, commit)
    folder, _, own = found.name.rpartition("/")
    texts = tree.yaml_files(folder)
    is_folder = folder == SPEC_FOLDER if argument is None else argument.is_dir()
    named = [name for name, text in texts.items() if has_name(text)]
    if own not in texts and is_folder and len(named) == 1:
        own = named[0]
    if own not in texts:
        return _moved(found, commit, label)
    parts = [name for name, text in texts.items() if is_folder and name != own and is_part(text)]
    return _loaded(tree, _joined(folder, own), [_joined(folder, name) for name in parts], label)


def _moved(found: FoundSpec, commit: str, label: str) -> Earlier | None:
    """A spec that was elsewhere, whose project may have been elsewhere too."""
    top = top_of(found.root)
    gone = None if top is None else read_gone(top, commit, _PATTERNS)
    if top is None or gone is None:
        raise CannotRun(f"git cannot say what {label} has. Name what to compare with: --against")
    tree = _Tree(from_here(top), commit)
    texts = {path: tree.read(path) for path in gone}
    specs = [path for path, text in texts.items() if _is_spec(text)]
    if not specs:
        return None
    present, recorded = name_in(top, found.path), _recorded(found, top, commit)
    of_git = [path for path in specs if gone[path] == present]
    of_manifest = [path for path in specs if path in recorded]
    for alike in (of_git, of_manifest):
        if len(alike) == 1:
            return _loaded_there(tree, alike[0], label)
    loaded = load(found, read_spec(found.path))
    earlier = {path: _loaded_there(tree, path, label) for path in specs}
    name = loaded.system.name if loaded.system else None
    of_name = [path for path in specs if earlier[path].system.name == name]
    if len(of_name) == 1:
        return earlier[of_name[0]]
    tables = _tables(loaded.system)
    unclear = [path for path in specs if path in of_name or tables & _tables(earlier[path].system)]
    if unclear:
        raise CannotRun(
            f"{shown(found.path)} is not in {label}, which has specs that are gone now: "
            f"{', '.join(unclear)}. Where it was one of them, say which one: "
            f"--against git:{label}:{unclear[0]}"
        )
    return None


def _is_spec(text: bytes) -> bool:
    """Whether YAML is a spec for certain: that of other tools has a name and functions too."""
    return has_name(text) and is_part(text) and b"convexgen" in text


def _recorded(found: FoundSpec, top: Path, commit: str) -> set[str]:
    """The specs that gave files of this one at a commit, in the same project."""
    present = read_record(found.root, manifest_path(found.name))
    if present is None:
        return set()
    names = [f"{MANIFESTS}/{name}" for name in read_folder(found.root, commit, MANIFESTS)]
    contents = read_objects(found.root, [f"{commit}:./{name}" for name in names])
    records = [
        parse_record(name, content)
        for name, content in zip(names, contents, strict=True)
        if content is not None
    ]
    return {
        name_in(top, found.root / record.spec)
        for record in records
        if not record.files.keys().isdisjoint(present.files)
    }


def _tables(system: System | None) -> set[str]:
    return set() if system is None else {one.table for one in system.entities}


def _loaded_there(tree: _Tree, path: str, label: str) -> Earlier:
    """A spec by its path, with its parts where it was the only one of the usual folder."""
    folder, _, own = path.rpartition("/")
    texts = tree.yaml_files(folder) if folder.rpartition("/")[2] == SPEC_FOLDER else {}
    is_single = sum(map(has_name, texts.values())) == 1
    parts = [name for name, text in texts.items() if is_single and name != own and is_part(text)]
    return _loaded(tree, path, [_joined(folder, name) for name in parts], label)


def _loaded(tree: _Tree, path: str, beside: Sequence[str], label: str) -> Earlier:
    loaded = load_bytes(tree.read(path), path, tree.read, beside)

    def shown_there(span: Span) -> Span:
        if span.file.startswith(PACK):
            return span
        return span._replace(file=f"{label}:{placed(span, tree.root).file}")

    return _earlier(label, loaded, shown_there)


def _earlier(label: str, loaded: Loaded, shown_there: Callable[[Span], Span]) -> Earlier:
    if loaded.system is None:
        first = loaded.diagnostics[0]
        place = shown_there(first.span)
        raise CannotRun(
            f"The spec has errors in {label}, so that it cannot be compared with: "
            f"{place.file}:{place.start.line}: {first.message}"
        )
    return Earlier(label, loaded.system, loaded.source, shown_there)


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


@dataclass(frozen=True, slots=True)
class _Tree:
    """The files of a commit, by their paths from a folder."""

    root: Path
    commit: str

    def read(self, name: str) -> bytes:
        """A file, or the YAML files of a folder, one a line. Raises OSError."""
        if name.startswith(PACK):
            return read_pack(name)
        if name.endswith("/"):
            return "".join(f"{one}\n" for one in self._yaml_names(name)).encode()
        (content,) = read_objects(self.root, [f"{self.commit}:./{name}"])
        if content is None:
            raise FileNotFoundError(f"{name} is not there")
        return content

    def yaml_files(self, folder: str) -> dict[str, bytes]:
        """The YAML files of a folder, by their names in it."""
        names = self._yaml_names(folder)
        return {name: self.read(_joined(folder, name)) for name in names}

    def _yaml_names(self, folder: str) -> list[str]:
        found = read_folder(self.root, self.commit, folder)
        return sorted(filter(is_yaml_name, found))
