"""What of a thread goes, and what stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from .._ids import LangGraphChannelValueDocId
from .._objects import (
    LangGraphCheckpointName,
    LangGraphOutline,
    LangGraphStoredValue,
    LangGraphThreadOutline,
)
from .._runtime import MISSING, InvalidArgument

STRATEGIES = ("keep_latest", "delete")


def require_strategy(strategy: str) -> None:
    """Raises `InvalidArgument` for a strategy that there is not."""
    if strategy not in STRATEGIES:
        raise InvalidArgument(f"{strategy!r} is no strategy: one of {', '.join(STRATEGIES)}")


def texts(given: Sequence[str], name: str) -> list[str]:
    """IDs as a list. Raises `InvalidArgument` for text, which is no list of its characters."""
    if isinstance(given, str):
        raise InvalidArgument(f"`{name}` is a list of IDs, not one: [{given!r}]")
    return [str(one) for one in given]


@dataclass(frozen=True)
class Outline:
    """What there is of a thread at one moment."""

    checkpoints: Sequence[LangGraphOutline]
    values: Sequence[LangGraphStoredValue]

    @classmethod
    def of(cls, parts: Sequence[LangGraphThreadOutline]) -> Outline:
        """The outline that several calls have read."""
        return cls(
            [*chain.from_iterable(part.checkpoints for part in parts)],
            [*chain.from_iterable(part.values for part in parts)],
        )

    def unused(self, used_by: Iterable[LangGraphOutline]) -> list[LangGraphChannelValueDocId]:
        """The values that none of some checkpoints has."""
        used = {
            (one.checkpoint_ns, each.channel, each.version)
            for one in used_by
            for each in one.channels
        }
        return [one.doc_id for one in self.values if _version(one) not in used]


@dataclass(frozen=True)
class Pruned:
    """What of a thread goes where the latest checkpoint of each namespace stays."""

    removed: list[LangGraphCheckpointName]
    values: list[LangGraphChannelValueDocId]
    detached: list[LangGraphCheckpointName]
    """The checkpoints that stay, and whose parents do not."""

    @classmethod
    def of(cls, outline: Outline) -> Pruned:
        """What a delta channel is made of stays too: what was written since its last value."""
        stored = {_version(one) for one in outline.values}
        there = {_place(one): one for one in outline.checkpoints}
        kept: dict[tuple[str, str], LangGraphOutline] = {}
        latest: dict[str, LangGraphOutline] = {}
        for place in sorted(there):
            latest[place[0]] = there[place]
        for one in latest.values():
            kept[_place(one)] = one
            for channel in one.delta_channels:
                at, seen = one, {_place(one)}
                while not _has(at, channel, stored):
                    above = there.get(_parent(at))
                    if above is None or _place(above) in seen:
                        break
                    at = above
                    seen.add(_place(at))
                    kept[_place(at)] = at
        return cls(
            [_named(one) for place, one in there.items() if place not in kept],
            outline.unused(kept.values()),
            [
                _named(one)
                for one in kept.values()
                if one.parent_checkpoint_id is not MISSING and _parent(one) not in kept
            ],
        )


def _has(one: LangGraphOutline, channel: str, stored: set[tuple[str, str, str]]) -> bool:
    return any(
        each.channel == channel and (one.checkpoint_ns, channel, each.version) in stored
        for each in one.channels
    )


def _version(one: LangGraphStoredValue) -> tuple[str, str, str]:
    return one.checkpoint_ns, one.channel, one.version


def _place(one: LangGraphOutline) -> tuple[str, str]:
    return one.checkpoint_ns, one.checkpoint_id


def _parent(one: LangGraphOutline) -> tuple[str, str]:
    parent = one.parent_checkpoint_id
    return one.checkpoint_ns, "" if parent is MISSING else parent


def _named(one: LangGraphOutline) -> LangGraphCheckpointName:
    return LangGraphCheckpointName(checkpoint_ns=one.checkpoint_ns, checkpoint_id=one.checkpoint_id)
