"""Entities that come with others: with what they refer to, or with what refers to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from .calls import Answer, Call, Decoder, OffsetPage, Page, PagedCall
from .descriptions import Counts, EntityDescription
from .errors import InvalidArgument
from .number_values import Integer
from .sentinels import MISSING
from .several import names_of
from .wire import Wire

T = TypeVar("T")
K = TypeVar("K")
S = TypeVar("S")
R = TypeVar("R")


class Including(Generic[T]):
    """An entity with others. Those that `include` does not name are no attributes of it."""

    item: T
    """The entity itself."""

    def __init__(self, item: T, related: Mapping[str, object]) -> None:
        self.__dict__.update(related)
        self.item = item

    if not TYPE_CHECKING:
        # Entities are equal by what they hold, which may change.
        __hash__ = None

        # To type checkers, this would make every attribute one that is there.
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"{type(self).__name__} has no {name!r}: it has what `include` names",
                name=name,
                obj=self,
            )

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __repr__(self) -> str:
        related = [(name, one) for name, one in vars(self).items() if name != "item"]
        told = (f"{name}={one!r}" for name, one in [("item", self.item), *related])
        return f"{type(self).__name__}({', '.join(told)})"


W = TypeVar("W", bound=Including[Any])


@dataclass(frozen=True, slots=True)
class Relation:
    """The entities that one may come with."""

    name: str
    """The attribute that has them."""
    wire: str
    """What the functions call them."""
    module: str
    """The module of the package that has their class."""
    type: str
    """Their class, or the union of those of the variants."""
    is_many: bool = False
    """Whether there may be several."""


# Generic dataclasses have no slots: see `Range`.
@dataclass(frozen=True)
class _Related(Generic[T]):
    """What is found of a relation, each once, and the places of those of each entity."""

    documents: list[T]
    places: list[list[Integer]]


@dataclass(frozen=True)
class _Keyed(Generic[T, R]):
    documents: list[T | None]
    included: R


@dataclass(frozen=True)
class _Paged(Page[T], Generic[T, R]):
    # Declared again: pydantic puts no type in the place of `T` in what is inherited.
    items: Annotated[list[T], Field(validation_alias="page")]
    included: R


@dataclass(frozen=True)
class _Counted(OffsetPage[T], Generic[T, R]):
    items: Annotated[list[T], Field(validation_alias="page")]
    included: R


class _Included(BaseModel):
    model_config = ConfigDict(defer_build=True)


# Of types that are values here, which type checkers know nothing of.
_related: Any = _Related
_keyed: Any = _Keyed
_paged: Any = _Paged
_counted: Any = _Counted


class _Combined(Decoder[T]):
    """Reads answers as values of one type, and makes others of them."""

    def __init__(self, type_: Any, combine: Callable[[Any], T]) -> None:
        super().__init__(type_)
        self._combine = combine

    def decode_answer(self, answer: bytes) -> Answer:
        read = super().decode_answer(answer)
        if read.value is not MISSING:
            read.value = self._combine(read.value)
        return read

    def decode_value(self, encoded: bytes) -> T:
        return self._combine(super().decode_value(encoded))


class Relations(Generic[W]):
    """What the entities of a type come with, and the calls that bring it.

    `including` is the class of an entity with others, `package` the one that has their modules.
    """

    def __init__(
        self, entity: EntityDescription[Any, Any], including: type[W], *relations: Relation
    ) -> None:
        self._entity = entity
        self._including = including
        self._relations = {one.name: one for one in relations}

    def one(self, key: object, include: Iterable[str]) -> Call[W | None]:
        """The call that gets the one with a key, with others."""
        return replace(
            self._by_keys([self._entity.key_to_wire(key)], include, self._one_decoder),
            operation=self._entity.get(key).operation,
        )

    def many(self, keys: list[dict[str, Any]], include: Iterable[str]) -> Call[list[W | None]]:
        """The call that gets those with some encoded keys, with others."""
        return self._by_keys(keys, include, self._many_decoder)

    def _by_keys(
        self, keys: list[dict[str, Any]], include: Iterable[str], decoder: Decoder[S]
    ) -> Call[S]:
        operation = f"get {self._entity.several}"
        names = self.names_to_wire(include, operation)
        arguments = {"keys": keys, "include": names}
        return Call.query(self._entity.path("getIncluding"), arguments, decoder, operation)

    def paged(self, call: PagedCall[Any], include: Iterable[str]) -> PagedCall[W]:
        """The call of a query whose entities come with others."""
        names = self.names_to_wire(include, call.operation)
        return replace(call, include=names, decoder=self._page_decoder)

    def counted(self, counts: Counts[Any, K], include: Iterable[str]) -> Counts[W, K]:
        """The calls of the counts of a query whose entities come with others."""

        def page(offset: int, limit: int) -> Call[OffsetPage[W]]:
            call = counts.page(offset, limit)
            names = self.names_to_wire(include, call.operation)
            return replace(
                call,
                arguments={**call.arguments, "include": names},
                decoder=self._counted_decoder,
            )

        return replace(counts, page=page)

    def names_to_wire(self, include: Iterable[Any], operation: str) -> list[str]:
        """What the functions call what is asked for. Raises `InvalidArgument`."""
        if isinstance(include, str):
            raise InvalidArgument(f"`include` is a list of names: [{include!r}]", operation)
        try:
            names = names_of(include, "include")
        except InvalidArgument as error:
            raise InvalidArgument(error.reason, operation) from error
        found: list[str] = []
        for name in names:
            if name not in self._relations:
                known = ", ".join(self._relations)
                raise InvalidArgument(f"`include` names {name!r}, and there are {known}", operation)
            found.append(self._relations[name].wire)
        return found

    # Decoders are made when they are first used: they import the modules of other entities.

    @cached_property
    def _fields(self) -> dict[str, Relation]:
        """The relations by names that a model may have, which those of the spec may be none of."""
        return {f"relation_{place}": one for place, one in enumerate(self._relations.values())}

    @cached_property
    def _included(self) -> Any:
        package = self._including.__module__.rpartition(".")[0]
        fields: dict[str, Any] = {}
        for name, one in self._fields.items():
            target = getattr(import_module(f"{package}.{one.module}"), one.type)
            fields[name] = (Annotated[_related[target] | None, Wire(one.wire)], None)
        return create_model("Included", __base__=_Included, **fields)

    @cached_property
    def _one_decoder(self) -> Decoder[W | None]:
        return _Combined(
            _keyed[self._entity.type, self._included],
            lambda answer: self._all(answer.documents, answer.included)[0],
        )

    @cached_property
    def _many_decoder(self) -> Decoder[list[W | None]]:
        return _Combined(
            _keyed[self._entity.type, self._included],
            lambda answer: self._all(answer.documents, answer.included),
        )

    @cached_property
    def _page_decoder(self) -> Decoder[Page[W]]:
        return _Combined(
            _paged[self._entity.type, self._included],
            lambda page: Page(self._all(page.items, page.included), page.is_done, page.cursor),
        )

    @cached_property
    def _counted_decoder(self) -> Decoder[OffsetPage[W]]:
        return _Combined(
            _counted[self._entity.type, self._included],
            lambda page: OffsetPage(self._all(page.items, page.included), page.total),
        )

    def _all(self, items: Sequence[Any], included: Any) -> list[Any]:
        return [
            None if item is None else self._including(item, self._of(place, included))
            for place, item in enumerate(items)
        ]

    def _of(self, place: int, included: Any) -> dict[str, object]:
        """What comes with the entity at a place."""
        related: dict[str, object] = {}
        for name, one in self._fields.items():
            found: _Related[Any] | None = getattr(included, name)
            if found is not None:
                own = [found.documents[position] for position in found.places[place]]
                related[one.name] = own if one.is_many else next(iter(own), None)
        return related
