"""Entries of records that are documents of their own: changes of them, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from .sentinels import UNSET


@dataclass(frozen=True, slots=True)
class Entries:
    """A record of an entity whose entries are documents of their own."""

    name: str
    wire: str


@dataclass(frozen=True, slots=True)
class SplitChanges:
    """Changes of an update, with the entries that it removes apart."""

    kept: Mapping[str, object]
    """By Python name, records without what is removed of them."""
    removed: Mapping[str, list[str]]
    """The names of the entries that are UNSET, by the wire names of the records."""


def split_changes(changes: Mapping[str, object], records: Iterable[Entries]) -> SplitChanges:
    """What is no record is kept as it is, for others to refuse."""
    kept = dict(changes)
    removed: dict[str, list[str]] = {}
    for record in records:
        change = changes.get(record.name)
        if not isinstance(change, Mapping):
            continue
        given = cast("Mapping[str, object]", change)
        kept[record.name] = {name: value for name, value in given.items() if value is not UNSET}
        names = [name for name, value in given.items() if value is UNSET]
        if names:
            removed[record.wire] = names
    return SplitChanges(kept, removed)


def changed_record(record: object, change: object) -> object:
    """A record after a change of its entries; what is no mapping is left for others to refuse."""
    if not isinstance(change, Mapping):
        return change
    given = cast("Mapping[str, object]", record if isinstance(record, Mapping) else {})
    entries = {**given, **cast("Mapping[str, object]", change)}
    return {name: value for name, value in entries.items() if value is not UNSET}
