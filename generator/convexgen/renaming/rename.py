"""Renaming a part of a spec: the texts of its files, in which nothing else has changed."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping

from convexgen.importing.editing import Edits
from convexgen.importing.yaml_text import scalar as yaml_scalar
from convexgen.packs import PACK
from convexgen.renaming.targets import (
    CannotRename,
    EntityTarget,
    FieldTarget,
    IndexTarget,
    Target,
    ValueTarget,
)
from convexgen.renaming.words import words_of
from convexgen.source.nodes import Mapping, Node, Path, Scalar, Sequence
from convexgen.source.source import Source

_SOURCE = "renamedFrom"
_VALUES = "renamedValues"


def renamed(target: Target, name: str, source: Source) -> AbstractMapping[str, str]:
    """The files that change, by their names, with what they say then. Raises CannotRename."""
    assert source.root is not None
    edits = {file: Edits(text) for file, text in source.texts.items()}
    changed: dict[str, None] = {}
    for word in dict.fromkeys(words_of(target, source.root)):
        if word.file.startswith(PACK):
            raise CannotRename(f"{target.name} is of {word.file}, which is not yours to change")
        edits[word.file].replace(word, yaml_scalar(name, in_flow=True))
        changed[word.file] = None
    for path in _declarations(target, source):
        node = source.node(path)
        assert node is not None
        _say(target, name, node, path, edits[node.span.file])
    return {file: edits[file].apply() for file in changed}


def _declarations(target: Target, source: Source) -> list[Path]:
    """Where it is said what something was called before."""
    match target:
        case EntityTarget(name):
            return [("entities", name)]
        case IndexTarget(entity, group, name):
            return [("entities", entity, group, name)]
        case ValueTarget(enum, _):
            return [("enums", enum)]
        case FieldTarget(entity, name):
            variants = source.node(("entities", entity, "union"))
            count = len(variants.items) if isinstance(variants, Sequence) else 0
            paths: list[Path] = [
                ("entities", entity, "fields", name),
                *(("entities", entity, "union", one, "object", name) for one in range(count)),
            ]
            return [path for path in paths if source.node(path) is not None]


def _say(target: Target, name: str, node: Node, path: Path, edits: Edits) -> None:
    """Say what it was called; nothing more where it is called so again."""
    names = tuple(map(str, path))
    if isinstance(target, ValueTarget):
        _say_value(target, name, node, names, edits)
        return
    if not isinstance(node, Mapping):
        key = "fields" if isinstance(target, IndexTarget) else "type"
        edits.wrap(node, key, {_SOURCE: target.name})
        return
    earlier = node.entries.get(_SOURCE)
    if earlier is not None and isinstance(earlier.value, Scalar) and earlier.value.text == name:
        edits.remove(node, _SOURCE)
    else:
        edits.set(node, (*names, _SOURCE), target.name)


def _say_value(
    target: ValueTarget, name: str, node: Node, path: tuple[str, ...], edits: Edits
) -> None:
    if not isinstance(node, Mapping):
        edits.wrap(node, "values", {_VALUES: {name: target.name}})
        return
    said = node.entries.get(_VALUES)
    if said is None or not isinstance(said.value, Mapping):
        edits.set(node, (*path, _VALUES), {name: target.name})
        return
    before = said.value.entries.get(target.name)
    if before is None:
        edits.set(said.value, (*path, _VALUES, name), target.name)
    elif not isinstance(before.value, Scalar) or before.value.text != name:
        edits.replace(before.key.span, yaml_scalar(name, in_flow=True))
        edits.replace(before.value.span, yaml_scalar(target.name, in_flow=True))
    elif len(said.value.entries) == 1:
        edits.remove(node, _VALUES)
    else:
        edits.remove(said.value, target.name)
