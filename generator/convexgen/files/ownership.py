"""Whose a file is: of the spec that gives it, of another one, or of one that is gone."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from convexgen.files.folders import REPOSITORY, is_of_same, upward
from convexgen.files.inputs import Inputs
from convexgen.files.manifest import MANIFESTS, Record, hash_text, manifest_path, read_record
from convexgen.files.parts import is_only_part
from convexgen.files.reading import read_file, resolved


@dataclass(frozen=True, slots=True)
class Overlap:
    """Files that another spec gives too."""

    spec: str
    """The path of the other spec, in the project."""
    paths: Sequence[str]
    given: Sequence[str]
    """The same, as the spec calls them that gives them too: the case may differ, or a link."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What the manifests of a project, and of those around it, say of the files of a spec."""

    written: Mapping[str, frozenset[str]]
    """The hashes of what was written for the spec, whatever it was called then; with manifests."""
    overlaps: Sequence[Overlap]
    """With specs that are there."""
    abandoned: Sequence[Record]
    """The manifests of specs that are gone and gave other files."""
    manifests: Sequence[str]
    """The paths of those that list what was written."""


def ownership(
    root: Path,
    spec: str,
    included: Collection[str],
    paths: Iterable[str],
    known: Record | None = None,
    folders: Iterable[Path] = (),
) -> Ownership:
    """Whose the files at some paths of a project are that a spec gives.

    The spec consists of the files that are `included`, too. Of one manifest of the project it is
    `known` already what it says. Other specs are looked for in its repository and in the `folders`.

    The manifest of a spec that is gone, as after renaming it, or that became a part of this one,
    counts for the spec that gives files which it lists.
    """
    outputs = (*paths, manifest_path(spec))
    places = _Places(root)
    given = {places.key(path): path for path in outputs}
    written: defaultdict[str, set[str]] = defaultdict(set)
    taken: set[str] = set()
    overlaps: list[Overlap] = []
    abandoned: list[Record] = []
    manifests: list[str] = []
    records = list(_records(root, outputs, known))
    # A link may lead to another project, whose manifests name what is in it.
    projects = (resolved(root) / Path(record.path).parent.parent for record in records)
    specs = _Specs(root, included, (*folders, *projects))
    for record in records:
        listed = (*record.files, record.path)
        common = [path for path in listed if places.key(path) in given]
        is_there = specs.is_there(record.spec)
        if _is_same(root, record.spec, spec) or (common and not is_there):
            manifests.append(record.path)
            for path, digests in record.files.items():
                written[path] |= digests
            # Nobody edits a manifest by hand: it is written anew, or deleted.
            written[record.path].add(hash_text(read_file(root / record.path)))
        elif is_there:
            taken |= {places.key(path) for path in listed}
            if common:
                common.sort()
                called = [given[places.key(path)] for path in common]
                overlaps.append(Overlap(record.spec, common, called))
        else:
            abandoned.append(record)
    # What was listed twice is of the other spec, if that still gives it.
    own = {
        path: frozenset(digests)
        for path, digests in written.items()
        if places.key(path) not in taken
    }
    return Ownership(own, overlaps, abandoned, manifests)


def recorded_files(root: Path) -> list[str]:
    """The files that the manifests of a project list, whichever spec gives them."""
    here = resolved(root)
    return sorted({path for record in _in_folder(here, here) for path in record.files})


def recorded_specs(root: Path, folders: Iterable[Path] = ()) -> list[str]:
    """The specs for which a project has manifests, and which are there, by their paths in it.

    They are looked for in its repository and in the `folders`.
    """
    here = resolved(root)
    found = {record.spec for record in _in_folder(here, here)}
    specs = _Specs(root, found, folders)
    return sorted(spec for spec in found if specs.is_there(spec))


def _records(root: Path, paths: Iterable[str], known: Record | None) -> Iterator[Record]:
    """The manifests of the project, of those that it is in, and of those in it with its files."""
    here = resolved(root)
    folders = {here, *_above(here)}
    given_folders = {
        PurePosixPath(folder) for folder in {path.rpartition("/")[0] for path in paths}
    }
    for given in {parent for one in given_folders for parent in (one, *one.parents)}:
        folder = resolved(here / given)
        folders.add(folder)
        if not folder.is_relative_to(here):  # through a link
            folders |= set(upward(folder))
    for folder in sorted(folders):
        yield from _in_folder(folder, here, known)


def _above(here: Path) -> Sequence[Path]:
    """The folder and those that it is in, up to that of the repository; where there is none, it."""
    folders = list(upward(here))
    repository = folders[-1] / REPOSITORY
    return folders if repository.exists() and is_of_same(repository, here) else folders[:1]


def _in_folder(folder: Path, here: Path, known: Record | None = None) -> Iterator[Record]:
    """The manifests of the project in a folder, with all paths from `here`.

    Raises OSError where those of this project cannot be read.
    """
    manifests = folder / MANIFESTS
    if not manifests.is_dir() or not (folder == here or is_of_same(manifests, here)):
        return
    try:
        names = sorted(path.name for path in manifests.iterdir() if path.suffix == ".json")
    except OSError:
        if folder.is_relative_to(here):
            raise  # or what it lists would be taken for somebody else's
        return
    for file in names:
        # Messages show it, and the tool gives no manifest such a name.
        if not file.isprintable():
            continue
        name = f"{MANIFESTS}/{file}"
        if known is not None and folder == here and known.path == name:
            yield known
            continue
        record = read_record(folder, name)
        if record is not None:
            yield record if folder == here else _moved(record, folder, here)


def _moved(record: Record, folder: Path, here: Path) -> Record:
    def moved(path: str) -> str:
        return Path(os.path.relpath(folder / path, here)).as_posix()

    return replace(
        record,
        path=moved(record.path),
        spec=moved(record.spec),
        files={moved(path): digests for path, digests in record.files.items()},
    )


class _Places:
    """Tells whether two paths of a project are of one file, also through links to folders."""

    def __init__(self, root: Path) -> None:
        self._here = resolved(root)
        self._folders: dict[str, str] = {}

    def key(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = _key(resolved(self._here / folder).as_posix())
        return f"{self._folders[folder]}/{_key(name)}"


def _key(path: str) -> str:
    """The same for names that some file systems take for one."""
    return unicodedata.normalize("NFC", path).casefold()


def _is_same(root: Path, one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return _key(one) == _key(other) and (root / one).samefile(root / other)
    except OSError:
        return False


class _Specs:
    """Tells which specs are there, of those that manifests name.

    Manifests come with the project. What is neither in its repository nor in a folder that was
    named is gone for them, so that nobody learns of it whether it is there.
    """

    def __init__(self, root: Path, parts: Iterable[str], folders: Iterable[Path]) -> None:
        """Among the `parts` of another spec, one may have become no more than that."""
        self._root = root
        self._inputs = Inputs(root, (_above(resolved(root))[-1], *folders))
        self._parts: defaultdict[str, list[str]] = defaultdict(list)
        for part in parts:
            self._parts[_key(part)].append(part)

    def is_there(self, spec: str) -> bool:
        """Whether something is at the path of a spec, which somebody may be about to edit."""
        if not self._inputs.may_read(spec):
            return False
        try:
            content = self._inputs.read(spec)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        except OSError:
            return True
        is_part = any(_is_same(self._root, spec, part) for part in self._parts[_key(spec)])
        return not (is_part and is_only_part(content))
