"""What changes in a list that is watched, document by document."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic_core import to_json

from .calls import PagedCall

T = TypeVar("T")


def items_of_page(page: Any) -> Iterator[tuple[Any, Any]]:
    """The encoded items of a page, each with what comes with it."""
    included: dict[str, Any] = page.get("included") or {}
    for place, item in enumerate(page["page"]):
        yield (
            item,
            {
                name: [one["documents"][int(position)] for position in one["places"][place]]
                for name, one in included.items()
                if one is not None
            },
        )


@dataclass(frozen=True)
class ChangedItem(Generic[T]):
    """One that is in the list before and after, and has changed."""

    before: T
    after: T


@dataclass(frozen=True)
class ListChange(Generic[T]):
    """How a list differs from the one that was taken before it; at first, all is added.

    Documents are told by their keys. Each is in the order of its list: `removed` in that of before.
    """

    added: list[T] = field(default_factory=list[T])
    changed: list[ChangedItem[T]] = field(default_factory=list[ChangedItem[T]])
    removed: list[T] = field(default_factory=list[T])

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class _Item:
    """One of the list, with all that is sent of it."""

    encoded: bytes
    value: Any


class WatchedList(Generic[T]):
    """The first items of a paginated query, as they are read from its pages."""

    def __init__(self, call: PagedCall[T], most: int) -> None:
        self._call = call
        self._most = most
        self._before: dict[Hashable, _Item] = {}

    def items(self, pages: list[Any]) -> list[T]:
        """The items. Raises `pydantic.ValidationError` if they do not fit their type."""
        decode = self._call.decoder.decode_parsed
        return [item for page in pages for item in decode(page).items][: self._most]

    def change(self, pages: list[Any]) -> ListChange[T]:
        """How they differ from those that were given before."""
        after = self._by_key(pages)
        before, self._before = self._before, after
        change: ListChange[T] = ListChange()
        for key, item in after.items():
            former = before.get(key)
            if former is None:
                change.added.append(item.value)
            elif former.encoded != item.encoded:
                change.changed.append(ChangedItem(former.value, item.value))
        change.removed.extend(item.value for key, item in before.items() if key not in after)
        return change

    def _by_key(self, pages: list[Any]) -> dict[Hashable, _Item]:
        sent = [one for page in pages for one in items_of_page(page)]
        found: dict[Hashable, _Item] = {}
        for value, (document, others) in zip(self.items(pages), sent, strict=False):
            key = to_json([document.get(name) for name in self._call.key])
            # Several documents have one key where others than the functions wrote them.
            same = 0
            while (key, same) in found:
                same += 1
            found[key, same] = _Item(to_json([document, others]), value)
        return found
