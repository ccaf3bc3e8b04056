"""Calls of Convex functions as values: what to call, with what, and how to read the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar, cast, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticSerializationError, SchemaValidator, to_json

from .codec import GIVEN
from .convex_values import ConvexValue
from .entities import holds_entities, names_by_alias, require_written
from .errors import InvalidArgument, LimitExceeded
from .foreign_values import in_python, type_name
from .json_values import ValueRefused, check_json
from .mismatches import describe_mismatch, describe_unwritten
from .number_values import Integer, whole_number
from .sentinels import MISSING
from .unknown_json import EXACT
from .unknown_values import UnknownText
from .wire import HIDDEN, WireForm

T = TypeVar("T")
S = TypeVar("S")

FunctionKind: TypeAlias = Literal["query", "mutation", "action"]
"""What a function is, and so what calling it may change."""

Order: TypeAlias = Literal["asc", "desc"]
"""Ascending or descending, in the order of the index."""

Progress: TypeAlias = Callable[[int], None]
"""Called after each batch with the number of entities done so far."""


def progress_of(given: Progress | None) -> Progress:
    """What is told of the progress. Raises `InvalidArgument` for what cannot be called.

    That is found before anything is done, and not when a part of it is.
    """
    if given is None:
        return _tell_nobody
    if not callable(given):
        raise InvalidArgument(f"`progress`: expected a function, found {type_name(given)}")
    return given


def _tell_nobody(done: int) -> None:
    """What is told where nobody asks."""


KEYS_PER_CALL = 100
"""How many keys one call of `getByIds` or `removeMany` takes."""

DOCUMENTS_PER_CALL = 500
BYTES_PER_CALL = 4 * 1024 * 1024
"""How much one call of `saveMany` takes, in documents and in bytes of encoded JSON."""


# Generic dataclasses have no slots: see `Range`.
@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of the results of a paginated query.

    `cursor` asks for the page after this one, and is None where `is_done`: there is no more. A page
    may be empty without being the last one.
    """

    items: Annotated[list[T], Field(validation_alias="page")]
    is_done: Annotated[bool, Field(validation_alias="isDone")]
    cursor: Annotated[str | None, Field(validation_alias="continueCursor")]

    def __post_init__(self) -> None:
        if self.is_done:
            object.__setattr__(self, "cursor", None)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class OffsetPage(Generic[T]):
    """Some of the results of a counted query, from an offset on.

    `total` is how many there are in all, as of the same moment.
    """

    items: Annotated[list[T], Field(validation_alias="page")]
    total: Integer

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Scored(Generic[T]):
    """What a search of vectors found; `score` is the similarity, from -1 to 1."""

    item: Annotated[T, Field(validation_alias="document")]
    score: float


class Answer(BaseModel):
    """What the HTTP API answers. A decoder replaces the type of `value`."""

    model_config = ConfigDict(defer_build=True)

    status: str
    value: Any = MISSING
    error_message: str = Field(default="", validation_alias="errorMessage")
    error_data: ConvexValue = Field(default=None, validation_alias="errorData")


class Decoder(Generic[T]):
    """Reads answers as values of one type, in one pass of pydantic's JSON parser.

    Built at the first answer, once. `Decoder[Thread | None] = Decoder(Thread | None)`: the
    annotation carries the type, since Python cannot infer it from a union.
    """

    def __init__(self, type_: Any) -> None:
        self._type = type_

    @property
    def item_type(self) -> Any:
        """That of the items of a page or of a list."""
        return get_args(self._type)[0]

    @cached_property
    def _value(self) -> WireForm:
        return WireForm(self._type)

    @cached_property
    def _answer(self) -> WireForm:
        value = (self._type, MISSING)
        return WireForm(create_model("Answer", __base__=Answer, value=value))

    def decode_answer(self, answer: bytes) -> Answer:
        """The answer of the HTTP API. Raises `pydantic.ValidationError` if it does not fit."""
        read: Answer = self._answer.read(answer)
        return read

    def decode_value(self, encoded: bytes) -> T:
        """A value in encoded JSON. Raises `pydantic.ValidationError` if it does not fit."""
        value: T = self._value.read(encoded)
        return value

    def decode_parsed(self, value: Any) -> T:
        """The same of a value in encoded JSON that is parsed."""
        return self.decode_value(to_json(value))


class Encoder(Generic[T]):
    """Encodes arguments of a type that has no function of its own in `values`.

    `Encoder[RunStatus] = Encoder(RunStatus)`. Built at the first value, once.
    """

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._wire = WireForm(type_)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        # To type checkers, `Annotated` of a value is no type.
        exact: Any = Annotated[self._type, EXACT]
        adapter: TypeAdapter[Any] = TypeAdapter(exact)
        adapter.rebuild()
        return adapter

    @cached_property
    def _validator(self) -> SchemaValidator:
        return SchemaValidator(self._adapter.core_schema, HIDDEN)

    @cached_property
    def _has_entities(self) -> bool:
        return holds_entities(self._adapter.core_schema)

    def checked(self, value: T) -> T:
        """The value as the type has it. Raises `InvalidArgument` if it does not fit."""
        failures: list[BaseException] = []
        given = _watched(value, failures)
        try:
            checked: T = self._validator.validate_python(given, context=GIVEN)
        except ValidationError as error:
            if failures:
                raise failures[0] from None
            names = names_by_alias(self._type)
            raise InvalidArgument(describe_mismatch(error, names=names)) from error
        return checked

    def to_wire(self, value: T) -> Any:
        """The encoded value. Raises `InvalidArgument` if it does not fit the type.

        Text that was read and is not known, such as the tag of an unknown variant, fits where text
        is listed, in lists too: it finds what has it.
        """
        try:
            checked = self.checked(value)
        except InvalidArgument:
            with suppress(PydanticSerializationError, InvalidArgument):
                if self._lacks_known_text_alone(value):
                    return self._wire.write(value)
            raise
        try:
            if self._has_entities:
                require_written(checked)
            return self._wire.write(checked)
        except ValidationError as error:
            names = names_by_alias(self._type)
            raise InvalidArgument(describe_mismatch(error, names=names)) from error
        except PydanticSerializationError as error:
            raise InvalidArgument(describe_unwritten(error)) from None

    def _lacks_known_text_alone(self, value: object) -> bool:
        """Whether a value has text that is not known. Raises `InvalidArgument` for others in it."""
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        known = [one for one in items if not isinstance(one, UnknownText)]
        if known:
            self.checked(cast("T", known))
        return len(known) < len(items)


def _watched(value: object, failures: list[BaseException]) -> object:
    """A value, or arguments, that tell what their iteration raises: to pydantic, it is wrong."""
    kind: type[Any] = value.__class__
    given: Any = value
    if kind is dict:
        return {name: _watched_items(one, failures) for name, one in given.items()}
    return _watched_items(given, failures)


def _watched_items(value: Any, failures: list[BaseException]) -> object:
    items: Iterator[Any] = value
    return _watching(items, failures) if isinstance(value, Iterator) else value


def _watching(items: Iterator[Any], failures: list[BaseException]) -> Iterator[Any]:
    try:
        yield from items
    except GeneratorExit:
        raise
    except BaseException as error:
        failures.append(error)
        raise


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call of a function.

    `path` is "module:function"; `arguments` are encoded values by wire name, those that are
    MISSING are not sent; `operation` completes "Failed to …". An idempotent call may be repeated:
    running it twice is as good as once. What `only_reads` has changed nothing, however it ends.
    """

    kind: FunctionKind
    path: str
    arguments: Mapping[str, Any]
    decoder: Decoder[T]
    operation: str
    idempotent: bool
    only_reads: bool = False

    @staticmethod
    def query(
        path: str, arguments: Mapping[str, Any], decoder: Decoder[S], operation: str
    ) -> Call[S]:
        """A call of a query."""
        return Call("query", path, arguments, decoder, operation, True, True)

    @staticmethod
    def mutation(
        path: str,
        arguments: Mapping[str, Any],
        decoder: Decoder[S],
        operation: str,
        *,
        idempotent: bool,
    ) -> Call[S]:
        """A call of a mutation."""
        return Call("mutation", path, arguments, decoder, operation, idempotent)

    @staticmethod
    def action(
        path: str,
        arguments: Mapping[str, Any],
        decoder: Decoder[S],
        operation: str,
        *,
        idempotent: bool,
        only_reads: bool = False,
    ) -> Call[S]:
        """A call of an action."""
        return Call("action", path, arguments, decoder, operation, idempotent, only_reads)

    @property
    def must_run_once(self) -> bool:
        """Whether running it twice would do more than running it once, and can be prevented."""
        return self.kind == "mutation" and not self.idempotent

    def given_arguments(self) -> dict[str, Any]:
        """The arguments without those that are MISSING; keys and bounds in Python's values.

        Raises `InvalidArgument` for values of other libraries that mean no value of Convex.
        """
        given = [one for one in self.arguments.items() if one[1] is not MISSING]
        try:
            return {name: _plain(name, value) for name, value in given}
        except ValueError as error:
            raise InvalidArgument(str(error), self.operation) from error


def _plain(name: str, value: Any) -> Any:
    """An argument with its keys and bounds in Python's values; documents are encoded before."""
    kind: type[Any] = value.__class__
    if name == "values" and kind is dict:
        return {field: _plain("", one) for field, one in value.items()}
    if kind is dict:
        return {field: in_python(one) for field, one in value.items()}
    if name == "keys" and kind is list:
        return [_plain("", key) for key in value]
    return in_python(value)


@dataclass(frozen=True)
class PagedCall(Generic[T]):
    """A paginated query, of which `page` makes calls.

    The argument `order` is left out if it is None, which no function takes.
    """

    path: str
    arguments: Mapping[str, Any]
    decoder: Decoder[Page[T]]
    operation: str
    changes: Callable[[Mapping[str, object]], Mapping[str, Any]] | None = None
    """The arguments of changes of what it finds; None where nothing can change."""
    copied_key: Callable[[Mapping[str, object]], Mapping[str, Any]] | None = None
    """What the keys of copies of what it finds have; None where it finds none to copy."""
    key: tuple[str, ...] = ()
    """The names of the fields of the key of what it finds."""
    include: list[str] | None = None
    """What it comes with, as the functions call it; None where it comes alone."""

    def page(self, cursor: str | None, limit: int) -> Call[Page[T]]:
        """The call for the page after the cursor, of about `limit` items."""
        count = whole_number("limit", limit)
        if count < 1:
            raise InvalidArgument(f"a page has at least one item, not {count}", self.operation)
        arguments = {
            **self.arguments,
            "paginationOpts": {"numItems": count, "cursor": _cursor(cursor)},
        }
        if arguments.get("order", MISSING) is None:
            del arguments["order"]
        if self.include is not None:
            arguments["include"] = self.include
        return Call.query(self.path, arguments, self.decoder, self.operation)


@dataclass(frozen=True, slots=True)
class Removal:
    """The answer of `remove`: repeated until `is_done`; `removed` says if it was there."""

    removed: bool
    is_done: Annotated[bool, Field(validation_alias="isDone")]


@dataclass(frozen=True, slots=True)
class BulkRemoval:
    """The answer of `removeMany`: how many were removed, and the keys still to remove.

    The unfinished one is among those removed, and is then removed by itself.
    """

    removed: Integer
    remaining: list[Any]
    unfinished: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Clearing:
    """The answer of `clear`: how many were removed, and whether the table is empty."""

    removed: Integer
    is_done: Annotated[bool, Field(validation_alias="isDone")]


@dataclass(frozen=True, slots=True)
class Counting:
    """The answer of a count of what meets conditions: where it is not done, it goes on."""

    count: Integer
    is_done: Annotated[bool, Field(validation_alias="isDone")]
    cursor: Annotated[str, Field(validation_alias="continueCursor")]


REMOVAL: Decoder[Removal] = Decoder(Removal)
BULK_REMOVAL: Decoder[BulkRemoval] = Decoder(BulkRemoval)
CLEARING: Decoder[Clearing] = Decoder(Clearing)
COUNTING: Decoder[Counting] = Decoder(Counting)
NOTHING: Decoder[None] = Decoder(None)


def fitting(error: LimitExceeded, count: int) -> int:
    """How many items at once the functions can read, where they can read less than `count`.

    Raises the error where it says nothing of that.
    """
    data: Any = error.data
    kind: type[Any] = data.__class__
    fits: Any = data.get("fits") if kind is dict else None
    if not isinstance(fits, int | float) or not 1 <= fits < count:
        raise error
    return int(fits)


def json_of(value: object, given: object, name: str, operation: str | None = None) -> bytes:
    """The JSON of a value. Raises `InvalidArgument`, which says what of what was given is none."""
    try:
        return to_json(value)
    except PydanticSerializationError as error:
        try:
            check_json(given)
        except ValueRefused as refusal:
            raise InvalidArgument(f"{name} {refusal}", operation) from None
        raise InvalidArgument(f"{name} not JSON: {error}", operation) from error


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`, taken as they are asked for."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def chunks_by_size(
    items: Iterable[T], measure: Callable[[T], int], most_items: int, most_size: int
) -> Iterator[list[T]]:
    """The items in lists of at most `most_items` whose sizes sum up to at most `most_size`.

    An item that is larger alone has a list alone.
    """
    chunk: list[T] = []
    total = 0
    for item in items:
        size = measure(item)
        if chunk and (len(chunk) == most_items or total + size > most_size):
            yield chunk
            chunk, total = [], 0
        chunk.append(item)
        total += size
    if chunk:
        yield chunk


def batches(documents: Iterable[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """The documents in as many lists as it takes calls to write them, of at most so many."""
    return chunks_by_size(
        documents,
        lambda document: len(json_of(document, document, "the document")),
        most,
        BYTES_PER_CALL,
    )


def _cursor(given: object) -> str | None:
    """The cursor of a page. Raises `InvalidArgument` for what is none."""
    if given is None or isinstance(given, str):
        return given
    raise InvalidArgument(f"`cursor`: expected text, or None, found {type_name(given)}")
