"""Documents for tests: valid by the spec, the same in each run, and as a test wants them.

threads = Factory(Thread)
messages = Factory(Message, thread_id=Reference(threads, "thread_id"))

thread = threads.build(title="Oslo")
stored = messages.create(storage, text="Hello")  # with its thread
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from convexgen.testing.drawn_values import Drawing, required

E = TypeVar("E", bound=BaseModel)


@dataclass(frozen=True)
class Reference:
    """The default of a field that has what another document has in one of its own.

    Of several fields of one document, those that name the same factory have the same document.
    """

    factory: Factory[Any]
    field: str


class Factory(Generic[E]):
    """Makes documents of a class of a generated package: each one another, each run the same ones.

    Args:
        entity: The class; of entities with variants, that of a variant.
        seed: Another one makes others.
        whole: Whether they have the fields that may be left out, too.
        defaults: What fields have where nothing else is said: a value, a function of the number of
            the document, from 1, or a `Reference`. Other fields are drawn.
    """

    def __init__(
        self, entity: type[E], /, *, seed: int = 0, whole: bool = False, **defaults: Any
    ) -> None:
        unknown = defaults.keys() - entity.model_fields.keys()
        if unknown:
            raise TypeError(f"{entity.__name__} has no field `{min(unknown)}`")
        self._entity = entity
        self._seed = seed
        self._whole = whole
        self._defaults = defaults
        self._count = 0

    def build(self, /, **values: Any) -> E:
        """A document with these values, which nobody stores.

        Raises:
            ValueError: A value does not fit, or text of a field was not found: give it.
        """
        return self._made(values, lambda factory: factory.build())

    def build_batch(self, count: int, /, **values: Any) -> list[E]:
        """So many documents with these values."""
        return [self.build(**values) for _ in range(count)]

    def create(self, storage: Any, /, **values: Any) -> E:
        """A document with these values, as the storage has it, after those that it refers to."""
        made = self._made(values, lambda factory: factory.create(storage))
        return _checked(self._entity, self._store(storage).create(made))

    def create_batch(self, storage: Any, count: int, /, **values: Any) -> list[E]:
        """So many documents with these values, as the storage has them."""
        return [self.create(storage, **values) for _ in range(count)]

    async def create_async(self, storage: Any, /, **values: Any) -> E:
        """The same as `create`, of a storage whose methods are awaited."""
        parents: dict[int, Any] = {}
        for factory in self._referred_to(values):
            parents[id(factory)] = await factory.create_async(storage)
        made = self._made(values, lambda factory: parents[id(factory)])
        return _checked(self._entity, await self._store(storage).create(made))

    async def create_batch_async(self, storage: Any, count: int, /, **values: Any) -> list[E]:
        """So many documents with these values, of a storage whose methods are awaited."""
        return [await self.create_async(storage, **values) for _ in range(count)]

    def _referred_to(self, values: Mapping[str, Any]) -> Iterator[Factory[Any]]:
        """The factories of what a document with these values refers to, each once."""
        seen: set[int] = set()
        for name, default in self._defaults.items():
            given = values.get(name, default)
            if isinstance(given, Reference) and id(given.factory) not in seen:
                seen.add(id(given.factory))
                yield given.factory

    def _made(self, values: Mapping[str, Any], parent: Callable[[Factory[Any]], Any]) -> E:
        self._count += 1
        parents: dict[int, Any] = {}

        def value_of(given: Any) -> Any:
            if isinstance(given, Reference):
                key = id(given.factory)
                if key not in parents:
                    parents[key] = parent(given.factory)
                return getattr(parents[key], given.field)
            return given(self._count) if callable(given) else given

        given = {**self._defaults, **values}
        known = {name: value_of(one) for name, one in given.items()}
        return self._entity(**{**self._drawn(known), **known})

    def _drawn(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that nobody gave, each by itself: what another one has changes nothing."""
        properties = self._schema["properties"]
        names = required(self._schema)
        if self._whole:
            names = [name for name, field in properties.items() if not field.get("readOnly")]
        found: dict[str, Any] = {}
        for name in names:
            if name in known:
                continue
            chance = random.Random(f"{self._entity.__name__} {self._seed} {self._count} {name}")
            try:
                drawn = Drawing(chance, self._schema.get("$defs", {})).value(name, properties[name])
                found[name] = self._adapters[name].validate_json(to_json(drawn))
            except ValueError as error:
                whose = f"`{name}` of {self._entity.__name__}"
                raise ValueError(f"no value of {whose} was found that fits: give one") from error
        return found

    @cached_property
    def _adapters(self) -> Mapping[str, TypeAdapter[Any]]:
        """What reads the fields, each alone."""
        fields = self._entity.model_fields.items()
        return {name: TypeAdapter(field.rebuild_annotation()) for name, field in fields}

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return self._entity.model_json_schema(by_alias=False)

    def _store(self, storage: Any) -> Any:
        kind: type[Any] = storage.__class__
        for name in dir(kind):
            if name.startswith("_"):
                continue
            store = getattr(storage, name)
            described = getattr(store, "_entity", None)
            variants = getattr(described, "variants", None)
            if self._entity in (
                getattr(described, "type", None),
                *getattr(variants, "classes", ()),
            ):
                if hasattr(store, "create"):
                    return store
                raise TypeError(
                    f"no function of the spec creates {self._entity.__name__}: `build` makes "
                    "one, for a function of your own to store"
                )
        raise TypeError(f"{kind.__name__} has no store of {self._entity.__name__}")


def _checked(entity: type[E], stored: Any) -> E:
    assert isinstance(stored, entity)
    return stored
