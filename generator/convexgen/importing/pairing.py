"""Which object of a union is which of another one, where what a schema exports has changed."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from convexgen.importing.exported import Validator, canonical
from convexgen.importing.types import tag_of, texts_at

_ALIKE = 1 / 2
"""How much of their fields objects have in common, by name, that are taken for the same."""


def paired(was: Sequence[Validator], now: Sequence[Validator]) -> list[tuple[Validator, Validator]]:
    """The objects of two unions that are the same, or what has become of one.

    A tag tells. Without one, or where an object has no text there, it is what has most of its
    fields. What has another text and all else the same is called by another one now.
    """
    old = [one for one in was if one["type"] == "object"]
    new = [one for one in now if one["type"] == "object"]
    tag = tag_of(old) or tag_of(new)
    before, after = [_told(one, tag) for one in old], [_told(one, tag) for one in new]
    likeness = sorted(
        (-_likeness(one, other), here, there)
        for here, one in enumerate(before)
        for there, other in enumerate(after)
    )
    found: dict[int, int] = {}
    for unlike, here, there in likeness:
        if -unlike >= _ALIKE and here not in found and there not in found.values():
            found[here] = there
    return [(old[here], new[there]) for here, there in found.items()]


@dataclass(frozen=True, slots=True)
class _Told:
    """What tells an object from others."""

    all: str
    rest: str
    """Without the tag."""
    tags: AbstractSet[str]
    fields: AbstractSet[str]


def _told(validator: Validator, tag: str | None) -> _Told:
    rest = {name: field for name, field in validator["value"].items() if name != tag}
    return _Told(
        canonical(validator),
        canonical({"type": "object", "value": rest}) if rest else "",
        frozenset[str]() if tag is None else texts_at(validator, tag),
        validator["value"].keys(),
    )


def _likeness(one: _Told, other: _Told) -> float:
    if one.all == other.all:
        return 3
    if one.tags & other.tags:
        return 2
    if one.tags and other.tags:
        return float(one.rest == other.rest != "")
    return len(one.fields & other.fields) / len(one.fields | other.fields)
