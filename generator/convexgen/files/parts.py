"""What a spec consists of besides its own file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml.events import Event

YAML_SUFFIXES = frozenset({".yaml", ".yml"})
# A spec has a name; its parts need none, and other YAML, such as an OpenAPI document, is no part.
_PART = frozenset(
    {"convexgen", "enums", "objects", "entities", "functions", "clientCode", "extend"}
)

# Every run looks: of a mapping whose keys all stand plainly in the first column, they are told
# without parsing.
_PLAIN = re.compile(rb"(?:---[ \t]*\r?\n|[ \t]*(?:#[^\r\n]*)?\r?\n)*[A-Za-z_]")
_UNUSUAL = re.compile(rb"^[^\w\s#}\])-]|\r(?!\n)", re.MULTILINE)
_KEY = re.compile(rb"^(\w+)[ \t]*:", re.MULTILINE)


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files of a folder, not of those below it, in the order of their names.

    Those whose name starts with a dot are of tools.
    """
    return sorted(path for path in folder.iterdir() if is_yaml_name(path.name) and path.is_file())


def is_yaml_name(name: str) -> bool:
    """Whether a file of this name may be a spec, or a part of one."""
    return PurePath(name).suffix in YAML_SUFFIXES and not name.startswith(".")


def has_name(content: bytes) -> bool:
    """Whether a YAML file says its name, as specs do."""
    return "name" in (_keys(content) or ())


def is_part(content: bytes) -> bool:
    """Whether a YAML file has what a spec or a part of one has."""
    return not _PART.isdisjoint(_keys(content) or ())


def is_only_part(content: bytes) -> bool:
    """Whether a file is a part of a spec, and for certain none itself."""
    keys = _parsed_keys(content)
    return keys is not None and not _PART.isdisjoint(keys) and "name" not in keys


def _keys(content: bytes) -> frozenset[str] | None:
    """The keys of the mapping that a YAML file is; None if it is none."""
    text = content.removeprefix(codecs.BOM_UTF8)
    if _PLAIN.match(text) and not _UNUSUAL.search(text):
        return frozenset(key.decode("ascii", "replace") for key in _KEY.findall(text))
    return _parsed_keys(content)


# What watches a project looks again and again.
@lru_cache(maxsize=32)
def _parsed_keys(content: bytes) -> frozenset[str] | None:
    import yaml

    try:
        text = content.decode("utf-8-sig")
        nodes = _outer_nodes(yaml.parse(text, Loader=yaml.CSafeLoader))
        return None if nodes is None else frozenset(nodes[::2])
    except (UnicodeDecodeError, yaml.YAMLError):
        return None


def _outer_nodes(events: Iterable[Event]) -> list[str] | None:
    """The texts of the nodes right in a mapping, keys and values; None if it is no mapping."""
    from yaml.events import (
        CollectionEndEvent,
        CollectionStartEvent,
        MappingStartEvent,
        NodeEvent,
        ScalarEvent,
    )

    depth = 0
    nodes: list[str] | None = None
    for event in events:
        if isinstance(event, CollectionEndEvent):
            depth -= 1
        if isinstance(event, NodeEvent) and depth == 1 and nodes is not None:
            nodes.append(event.value if isinstance(event, ScalarEvent) else "")
        if isinstance(event, CollectionStartEvent):
            if depth == 0 and nodes is None and isinstance(event, MappingStartEvent):
                nodes = []
            depth += 1
    return nodes
