"""Writes and conditions that are collected, to be done in one transaction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from .calls import Call, Decoder
from .descriptions import EntityDescription
from .entities import Entity
from .errors import InvalidArgument, LimitExceeded
from .exchange import checked_arguments, unreadable
from .sentinels import MISSING
from .updates import Update

T = TypeVar("T")
E = TypeVar("E", bound=Entity)
K = TypeVar("K")
C = TypeVar("C", bound=Mapping[str, object])
N = TypeVar("N", bound=Mapping[str, object])
X = TypeVar("X", bound=Mapping[str, object])

MOST_OPERATIONS = 4096
"""Each looks a document up, and a transaction reads so many index ranges at most:
docs.convex.dev/production/state/limits."""

_BOOLEAN: Decoder[bool] = Decoder(bool)
_ANSWERS: Decoder[list[dict[str, Any]]] = Decoder(list[dict[str, Any]])

_MODULE = "atomic"
"""That of the function, beside those of the tables."""


class Outcome(Generic[T]):
    """What an operation of an atomic block gives, once the block has ended."""

    def __init__(self, operation: str, decoder: Decoder[T]) -> None:
        self._operation = operation
        self._decoder = decoder
        self._answer: Any = MISSING

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._operation!r}>"

    @cached_property
    def result(self) -> T:
        """What the same method of a store returns.

        Raises `InvalidArgument` before the block has ended, and where it failed.
        """
        if self._answer is MISSING:
            raise InvalidArgument(
                "there is no result: it is there when the atomic block has ended without an error",
                self._operation,
            )
        encoded = to_json(self._answer)
        try:
            return self._decoder.decode_value(encoded)
        except ValidationError as error:
            raise unreadable(encoded, error, self._operation) from error

    def settle(self, answer: object) -> None:
        """The block has ended, and gave this."""
        self._answer = answer


@dataclass(frozen=True, slots=True)
class Operation:
    """A write or a condition, as the function takes it."""

    module: str
    """That of the functions of the table."""
    function: str
    arguments: Mapping[str, Any]
    words: str
    """Completes "Failed to …"."""
    idempotent: bool
    outcome: Outcome[Any]

    @property
    def table(self) -> str:
        """The table, which is called as the module of its functions."""
        return self.module.rpartition("/")[2]


class Operations:
    """The operations of one atomic block, in their order."""

    def __init__(self) -> None:
        self._given: list[Operation] = []
        self._keys: list[tuple[str, Hashable]] = []
        self._has_ended = False

    def __len__(self) -> int:
        return len(self._given)

    def __getitem__(self, index: int) -> Operation:
        return self._given[index]

    def add(self, operation: Operation, key: Mapping[str, Any]) -> None:
        """One more. Raises `InvalidArgument` where the block has ended."""
        if self._has_ended:
            raise InvalidArgument("the atomic block has ended", operation.words)
        self._given.append(operation)
        self._keys.append((operation.module, to_json(key)))

    def end(self) -> None:
        """Take no more."""
        self._has_ended = True

    def call(self) -> Call[list[dict[str, Any]]]:
        """The call that does them all. Raises `LimitExceeded` for more than a transaction does."""
        count = len(self._given)
        words = f"do {count} operations in one transaction"
        if count > MOST_OPERATIONS:
            raise LimitExceeded(
                f"Convex does at most {MOST_OPERATIONS} in one: use several atomic blocks", words
            )
        folder = self._given[0].module.rpartition("/")[0]
        return Call.mutation(
            f"{folder}/{_MODULE}:apply" if folder else f"{_MODULE}:apply",
            {"operations": [{one.table: {one.function: one.arguments}} for one in self._given]},
            _ANSWERS,
            words,
            idempotent=self._are_idempotent(),
        )

    def settle(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """They are done, and gave these."""
        for one, answer in zip(self._given, answers, strict=True):
            one.outcome.settle(answer[one.table])

    def _are_idempotent(self) -> bool:
        """Whether to do them twice is as good as once: not where one needs what another did."""
        are_apart = len(set(self._keys)) == len(self._keys)
        return are_apart and all(one.idempotent for one in self._given)


class EntityWrites(Generic[E, K]):
    """Collects writes of the entities of type `E`, whose keys are of type `K`.

    What cannot be sent raises `InvalidArgument` at once.
    """

    _entity: EntityDescription[E, K]

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def _write(self, call: Call[T]) -> Outcome[T]:
        document = call.arguments[self._entity.argument]
        others = {
            name: value for name, value in call.arguments.items() if name != self._entity.argument
        }
        return self._add(call, {"document": document, **others}, document, call.decoder)

    def _changed(self, call: Call[E]) -> Outcome[E]:
        return self._keyed(call, call.decoder)

    def _keyed(self, call: Call[Any], decoder: Decoder[T]) -> Outcome[T]:
        arguments = checked_arguments(call)
        return self._add(call, arguments, arguments, decoder)

    def _add(
        self,
        call: Call[Any],
        arguments: Mapping[str, Any],
        source: Mapping[str, Any],
        decoder: Decoder[T],
    ) -> Outcome[T]:
        """One more, whose key is in the source."""
        entity = self._entity
        outcome: Outcome[T] = Outcome(call.operation, decoder)
        function = call.path.rpartition(":")[2]
        self._operations.add(
            Operation(entity.module, function, arguments, call.operation, call.idempotent, outcome),
            {one.wire: source.get(one.wire) for one in entity.key},
        )
        return outcome


class DeletingWrites(EntityWrites[E, K], Generic[E, K]):
    """Deletes entities."""

    def delete(self, key: K) -> Outcome[bool]:
        """Delete it with what it cascades to. False if it was not there.

        `LimitExceeded` where one transaction does not delete all that.
        """
        return self._keyed(self._entity.remove(key), _BOOLEAN)


class ConditionalWrites(EntityWrites[E, K], Generic[E, K]):
    """Goes on only where entities are there."""

    def expect(self, key: K) -> None:
        """Go on only where there is one with this key: else `NotFound`."""
        self._keyed(self._entity.expect(key, None), _BOOLEAN)


class ConditionalKeyedWrites(ConditionalWrites[E, K], Generic[E, K]):
    """Goes on only where entities with a key are there, or are not."""

    def expect_absent(self, key: K) -> None:
        """Go on only where there is none with this key: else `AlreadyExists`."""
        self._keyed(self._entity.expect_absent(key), _BOOLEAN)


class Writes(DeletingWrites[E, K], ConditionalWrites[E, K], Generic[E, K]):
    """Collects writes of the entities of type `E`, whose keys are of type `K`.

    What cannot be sent raises `InvalidArgument` at once.
    """


class CreatingWrites(EntityWrites[E, K], Generic[E, K]):
    """Creates entities that fields of their own tell apart."""

    def create(self, entity: E) -> Outcome[E]:
        """Insert it. `AlreadyExists` if the key is taken by other content."""
        return self._write(self._entity.create(entity))


class SavingWrites(EntityWrites[E, K], Generic[E, K]):
    """Creates such entities, or replaces them."""

    def save(self, entity: E) -> Outcome[E]:
        """Insert it, or replace the one with its key."""
        return self._write(self._entity.save(entity))


class KeyedWrites(
    Writes[E, K],
    CreatingWrites[E, K],
    SavingWrites[E, K],
    ConditionalKeyedWrites[E, K],
    Generic[E, K],
):
    """Collects writes of entities that fields of their own tell apart."""


class ChangingWrites(EntityWrites[E, K], Generic[E, K, C, X]):
    """Changes entities: updates name `C` of one, and expect `X`."""

    def update(
        self,
        key: K,
        set: C | None = None,
        *,
        unset: Sequence[str] = (),
        expected: X | None = None,
    ) -> Outcome[E]:
        """Change the fields named: None writes null, UNSET removes, as what `unset` names.

        `NotFound` if it is not there, `Conflict` if it is not as expected.
        """
        given = Update(key, set, unset, expected)
        return self._changed(self._entity.update(key, given.changes, expected))


class ExpectingDeletingWrites(DeletingWrites[E, K], Generic[E, K, X]):
    """Deletes entities that are as expected."""

    def delete(self, key: K, *, expected: X | None = None) -> Outcome[bool]:
        """Delete it with what it cascades to. False if it was not there.

        `Conflict` if it is not as expected. `LimitExceeded` where one transaction does not delete
        all that.
        """
        return self._keyed(self._entity.remove(key, expected), _BOOLEAN)


class ExpectingConditionalWrites(ConditionalWrites[E, K], Generic[E, K, X]):
    """Goes on only where entities are as expected."""

    def expect(self, key: K, fields: X | None = None) -> None:
        """Go on only where the one with this key has these fields: else `Conflict`.

        UNSET expects that a field is absent. `NotFound` where there is none.
        """
        self._keyed(self._entity.expect(key, fields), _BOOLEAN)


class UpdatingWrites(
    ChangingWrites[E, K, C, X],
    ExpectingDeletingWrites[E, K, X],
    ExpectingConditionalWrites[E, K, X],
    Generic[E, K, C, X],
):
    """Collects changes of entities: updates name `C` of one, and expect `X`."""


class ExpectingSavingWrites(SavingWrites[E, K], Generic[E, K, X]):
    """Creates such entities, or replaces them where they are as expected."""

    def save(self, entity: E, *, expected: X | None = None) -> Outcome[E]:
        """Insert it, or replace the one with its key.

        Where something is expected, there is one: otherwise `NotFound`, or `Conflict`.
        """
        return self._write(self._entity.save(entity, expected))


class UpsertingWrites(EntityWrites[E, K], Generic[E, K, C, N]):
    """Changes entities or creates them: updates name `C` of one, new ones have `N`."""

    def upsert(self, key: K, *, set: C | None = None, create: N | None = None) -> Outcome[E]:
        """Change the fields that `set` names, or make one of the key, of `create` and of `set`."""
        call = self._entity.upsert(key, set or {}, create or {})
        arguments = checked_arguments(call)
        return self._add(call, arguments, arguments["create"], call.decoder)


class UpdatableWrites(
    UpdatingWrites[E, K, C, X],
    ExpectingSavingWrites[E, K, X],
    UpsertingWrites[E, K, C, N],
    KeyedWrites[E, K],
    Generic[E, K, C, N, X],
):
    """Collects writes of entities that have more than a key.

    Updates name `C` of it, and expect `X`; upserts give `N` of a new one.
    """


class InsertingWrites(EntityWrites[E, K], Generic[E, K]):
    """Creates entities that their document IDs tell apart."""

    def create(self, entity: E) -> Outcome[E]:
        """Insert it."""
        return self._write(self._entity.create(entity))


class ReplacingWrites(EntityWrites[E, K], Generic[E, K]):
    """Replaces such entities."""

    def replace(self, doc_id: K, entity: E) -> Outcome[E]:
        """Put an entity in the place of the one with this ID. `NotFound` if it is not there."""
        return self._changed(self._entity.replace(doc_id, entity))


class KeylessWrites(Writes[E, K], InsertingWrites[E, K], ReplacingWrites[E, K], Generic[E, K]):
    """Collects writes of entities that their document IDs tell apart."""


class ExpectingReplacingWrites(ReplacingWrites[E, K], Generic[E, K, X]):
    """Replaces such entities where they are as expected."""

    def replace(self, doc_id: K, entity: E, *, expected: X | None = None) -> Outcome[E]:
        """Put an entity in the place of the one with this ID.

        `NotFound` if it is not there, `Conflict` if it is not as expected.
        """
        return self._changed(self._entity.replace(doc_id, entity, expected))


class UpdatableKeylessWrites(
    UpdatingWrites[E, K, C, X],
    ExpectingReplacingWrites[E, K, X],
    KeylessWrites[E, K],
    Generic[E, K, C, X],
):
    """Collects writes of entities with fields to update."""
