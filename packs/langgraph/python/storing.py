"""Operations of a store as calls of functions, and what these found as results."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from langgraph.store.base import (
    GetOp,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from .._objects import (
    LangGraphItemValue,
    LangGraphMatch,
    LangGraphPut,
    LangGraphRead,
    LangGraphReads,
)
from .._runtime import MISSING, InvalidArgument
from .._runtime.json_values import MAX_SAFE_INTEGER
from .packing import Packing, batches

_OPERATORS = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte"})

_MAX_COMPARED = 4 * 1024
"""How many bytes of a long value filters compare, beside its pieces: a call takes 500 values."""

_MAX_NAMES = 2 * 1024
"""How many bytes the names of the other entries take."""


@dataclass(frozen=True)
class Call:
    """A call of a function, by its name and arguments in Python."""

    function: str
    arguments: dict[str, Any]


def calls_of(ops: Iterable[Op]) -> Generator[Call, Any, list[Result]]:
    """The calls that do the operations; takes the answer to each, and gives the results.

    All are checked before the first call.
    """
    reads: list[LangGraphRead] = []
    puts: dict[tuple[tuple[str, ...], str], bytes | None] = {}
    results: list[Result] = []
    places: list[int] = []
    for place, op in enumerate(ops):
        results.append(None)
        if isinstance(op, PutOp):
            puts[tuple(op.namespace), op.key] = _stored(op)
            continue
        reads.append(_read(op))
        places.append(place)
        if not isinstance(op, GetOp):
            results[place] = []
    found = _Found(reads, places, results)
    cursor: str | MISSING = MISSING
    for batch in batches([*puts.items()]):
        packing = Packing()
        rest = [_put(packing, *one) for one in batch]
        *ahead, pieces = packing.pieces()
        for several in ahead:
            yield Call("put_pieces", {"pieces": several})
        while rest:
            given = {"puts": rest, "pieces": pieces}
            if reads:
                asked = {"reads": reads, "cursor": cursor}
                answer = yield Call("read_and_put", {**asked, **given})
                found.add(answer.found)
                done, cursor = answer.done, answer.found.cursor
                if cursor is MISSING:
                    reads = []
            else:
                done = yield Call("put", given)
            if done:
                rest, pieces = rest[done:], []
    while reads:
        part: LangGraphReads = yield Call("read", {"reads": reads, "cursor": cursor})
        found.add(part)
        if part.cursor is MISSING:
            break
        cursor = part.cursor
    return results


class _Found:
    """What reads found, of which calls find a part each."""

    def __init__(
        self, reads: list[LangGraphRead], places: list[int], results: list[Result]
    ) -> None:
        self._reads = reads
        self._places = places
        self._results: list[Any] = results
        self._begun = b""

    def add(self, part: LangGraphReads) -> None:
        """Takes a part, which follows the one before.

        An item that is not gone on with was deleted meanwhile, and one that begins anew replaced.
        """
        for one in part.items:
            self._begun = one.data if one.piece == 0 else self._begun + one.data
            if not one.is_whole:
                continue
            told: dict[str, Any] = {
                "value": json.loads(self._begun),
                "key": one.key,
                "namespace": tuple(one.namespace),
                "created_at": one.created_at,
                "updated_at": one.updated_at,
            }
            place = self._places[one.read]
            if self._reads[one.read].kind == "get":
                self._results[place] = Item(**told)
            else:
                self._results[place].append(SearchItem(**told))
        for each in part.namespaces:
            self._results[self._places[each.read]].append(tuple(each.namespace))


def _read(op: Op) -> LangGraphRead:
    if isinstance(op, GetOp):
        return LangGraphRead(kind="get", namespace=[*op.namespace], key=op.key, offset=0, limit=1)
    if isinstance(op, SearchOp):
        if op.query:
            raise InvalidArgument(
                "this store searches by `filter`, not by meaning: leave `query` out, or search "
                "with a vector index of your own"
            )
        return LangGraphRead(
            kind="search",
            namespace=[*op.namespace_prefix],
            filter=_filter(op.filter) if op.filter else MISSING,
            offset=_count("offset", op.offset),
            limit=_count("limit", op.limit),
        )
    if isinstance(op, ListNamespacesOp):
        matches = [_match(one) for one in op.match_conditions or ()]
        return LangGraphRead(
            kind="list",
            namespace=_common_start(matches),
            matches=matches,
            max_depth=MISSING if op.max_depth is None else _count("max_depth", op.max_depth),
            offset=_count("offset", op.offset),
            limit=_count("limit", op.limit),
        )
    raise InvalidArgument(f"{op!r} is no operation of a store")


def _count(name: str, given: int) -> int:
    if given < 0:
        raise InvalidArgument(f"`{name}` is {given}: it counts from 0")
    return min(given, MAX_SAFE_INTEGER // 4)


def _match(condition: MatchCondition) -> LangGraphMatch:
    end = condition.match_type
    if end not in ("prefix", "suffix"):
        raise InvalidArgument(f"{end!r} is no match type: one of prefix, suffix")
    return LangGraphMatch(end=end, path=[*condition.path])


def _common_start(matches: Iterable[LangGraphMatch]) -> list[str]:
    """Labels that all namespaces that match begin with, as many as one of the matches says."""
    starts: list[list[str]] = [[]]
    for one in matches:
        if one.end == "prefix":
            wild = one.path.index("*") if "*" in one.path else len(one.path)
            starts.append(one.path[:wild])
    return max(starts, key=len)


def _filter(given: Mapping[str, Any]) -> str:
    text = _json("the filter", given)
    wanted: dict[str, Any] = json.loads(text)
    for one in wanted.values():
        _require_operators(one)
    return text


def _require_operators(wanted: Any) -> None:
    """Raises `InvalidArgument` for operators that there are not."""
    inner: Iterable[Any] = ()
    if isinstance(wanted, dict):
        entries = cast("dict[str, Any]", wanted)
        if not any(name.startswith("$") for name in entries):
            inner = entries.values()
        elif unknown := [name for name in entries if name not in _OPERATORS]:
            known = ", ".join(sorted(_OPERATORS))
            raise InvalidArgument(f'"{unknown[0]}" in the filter is no operator: one of {known}')
    elif isinstance(wanted, list):
        inner = cast("Iterable[Any]", wanted)
    for one in inner:
        _require_operators(one)


def _stored(op: PutOp) -> bytes | None:
    """A value as JSON text; None where the item is deleted."""
    if op.ttl is not None:
        raise InvalidArgument("items of this store do not expire: leave `ttl` out")
    if op.value is None:
        return None
    return _json(f"the value of {op.key!r} in {op.namespace!r}", dict(op.value)).encode()


def _json(name: str, given: Any) -> str:
    try:
        text = json.dumps(given, allow_nan=False, ensure_ascii=False)
        # Halves of surrogate pairs are no characters: they stay where they are escaped.
        return text if text.isascii() or _is_unicode(text) else json.dumps(given)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"{name} is not JSON: {error}") from error


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)


def _put(
    packing: Packing, place: tuple[tuple[str, ...], str], stored: bytes | None
) -> LangGraphPut:
    namespace, key = place
    if stored is None:
        return LangGraphPut(namespace=[*namespace], key=key)
    data, value_id = packing.pack(stored)
    if value_id is MISSING:
        value = LangGraphItemValue(data=data)
    else:
        compared, long = _compared(stored)
        value = LangGraphItemValue(value_id=value_id, compared=compared, long=long)
    return LangGraphPut(namespace=[*namespace], key=key, value=value)


def _compared(stored: bytes) -> tuple[str, list[str] | MISSING]:
    """The shortest entries of a value, as JSON text, and the names of the others."""
    texts = {
        name: f"{_json('', name)}: {_json('', one)}" for name, one in json.loads(stored).items()
    }
    left = _MAX_COMPARED
    compared: list[str] = []
    long: list[str] = []
    for name, text in sorted(texts.items(), key=lambda one: len(one[1].encode())):
        left -= len(text.encode())
        (compared if left >= 0 else long).append(text if left >= 0 else name)
    is_short = sum(len(name.encode()) for name in long) <= _MAX_NAMES
    return f"{{{', '.join(compared)}}}", long if is_short else MISSING
