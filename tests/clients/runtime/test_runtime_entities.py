"""Entities: absent, null and value; names on both sides; updates and expectations."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from convexgen.runtime import (
    MISSING,
    UNSET,
    Bytes,
    Call,
    Decoder,
    Default,
    Entity,
    Int64,
    Integer,
    InvalidArgument,
    Number,
    RecordKey,
    ServerError,
    Timestamp,
)
from convexgen.runtime.exchange import encode_request, read_answer
from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from sample import Message, Thread, ThreadStatus, TokenUsage

THREAD: Decoder[Thread] = Decoder(Thread)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def thread(**fields: Any) -> Thread:
    arguments: dict[str, Any] = {
        "thread_id": "t1",
        "resource_id": "r1",
        "closed_by": None,
        "status": ThreadStatus.OPEN,
        "kind": "chat",
        **fields,
    }
    return Thread(**arguments)


REQUIRED = {
    "threadId": "t1",
    "resourceId": "r1",
    "closedBy": None,
    "status": "open",
    "kind": "chat",
}
SAVED = {**REQUIRED, "_id": "doc", "_creationTime": 1.5, "createdAt": 0.0, "updatedAt": 1.25}


def read(document: dict[str, Any]) -> Thread:
    return THREAD.decode_value(json.dumps(document).encode())


def test_absent_null_and_value_are_three_things() -> None:
    assert thread().to_wire() == REQUIRED
    assert thread(score=None).to_wire() == {**REQUIRED, "score": None}
    assert thread(score=2.5).to_wire() == {**REQUIRED, "score": 2.5}
    assert read(SAVED).score is MISSING
    assert read({**SAVED, "score": None}).score is None
    assert read({**SAVED, "score": 2.5}).score == 2.5


def test_every_type_of_field_round_trips() -> None:
    written = thread(
        title="Ünïcode \N{GRINNING FACE}",
        metadata={"$ref": [1, {"clé": None}]},
        url_for="u",
        big=2**63 - 1,
        score=-0.0,
        avatar=b"\x00\xff",
        anything=[b"x", 1.5, {"a": None}],
        labels={"a b": "c"},
        usage=TokenUsage(prompt_tokens=3),
        created_at=NOON,
    )
    again = read({**written.to_wire(), "_id": "doc", "_creationTime": 1.5, "updatedAt": 1.25})
    fields = {name: getattr(again, name) for name in Thread.model_fields}
    expected = {name: getattr(written, name) for name in Thread.model_fields}
    expected |= {
        "doc_id": "doc",
        "creation_time": datetime(1970, 1, 1, 0, 0, 0, 1500, UTC),
        "updated_at": datetime(1970, 1, 1, 0, 0, 0, 1250, UTC),
    }
    assert fields == expected


def test_fields_that_the_backend_sets_are_missing_until_saved_and_never_sent() -> None:
    fresh = thread()
    for name in ("doc_id", "creation_time", "created_at", "updated_at"):
        assert getattr(fresh, name) is MISSING
    assert read(SAVED).to_wire() == {**REQUIRED, "createdAt": 0.0}


def test_unknown_fields_of_answers_are_ignored() -> None:
    assert read({**SAVED, "new": {"a": 1}, "usage": {"promptTokens": 1.0, "new": 2.0}}) == read(
        {**SAVED, "usage": {"promptTokens": 1.0}}
    )


@pytest.mark.parametrize(
    "fields",
    [{"unknown": 1}, {"threadId": "t1"}, {"usage": {"prompt_tokens": 1, "unknown": 2}}],
)
def test_unknown_arguments_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        thread(**fields)


def test_answers_are_read_by_wire_names_only() -> None:
    with pytest.raises(ValidationError):
        read({**{name: SAVED[name] for name in SAVED if name != "threadId"}, "thread_id": "t1"})


@pytest.mark.parametrize(
    "fields",
    [
        {"title": None},
        {"metadata": {"a": {1}}},
        {"closed_by": MISSING},
        {"created_at": datetime(2026, 1, 1)},
        {"big": 2**63},
        {"kind": "other"},
        {"labels": {"clé": "x"}},
        {"labels": {"a": b"x"}},
        {"title": b"x"},
        {"thread_id": bytearray(b"x")},
    ],
)
def test_values_that_do_not_fit_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        thread(**fields)
    built = thread()
    ((name, value),) = fields.items()
    with pytest.raises(ValidationError):
        setattr(built, name, value)


class Strict(Entity):
    """One field of each type."""

    text: str = ""
    flag: bool = False
    number: Number = 0
    integer: Integer = 0
    int64: Int64 = 0
    moment: Timestamp = datetime(2026, 1, 1, tzinfo=UTC)
    data: Bytes = b""
    either: str | bool = ""
    listed: list[str] = Default([])
    by_name: dict[RecordKey, bool] = Default({})
    status: ThreadStatus = ThreadStatus.OPEN


GIVEN: dict[str, Any] = {
    "text": "1",
    "bytes": b"1",
    "bytearray": bytearray(b"1"),
    "true": True,
    "one": 1,
    "one and a half": 1.5,
    "1.0": 1.0,
    "Decimal": Decimal(1),
    "UUID": UUID(int=1),
    "datetime": datetime(2026, 1, 1, tzinfo=UTC),
    "None": None,
    "a list": ["a"],
    "a tuple": ("a",),
    "a list of bytes": [b"a"],
    "a dict": {"a": True},
    "a dict of a number": {"a": 1},
    "a value": "open",
    "a value as bytes": b"open",
}


@pytest.mark.parametrize(
    ("field", "taken"),
    [
        ("text", {"text", "a value"}),
        ("flag", {"true"}),
        ("number", {"one", "one and a half", "1.0"}),
        ("integer", {"one"}),
        ("int64", {"one"}),
        ("moment", {"datetime"}),
        ("data", {"bytes", "bytearray", "a value as bytes"}),
        ("either", {"text", "a value", "true"}),
        ("listed", {"a list", "a tuple"}),
        ("by_name", {"a dict"}),
        ("status", {"a value", "a value as bytes"}),
    ],
)
def test_nothing_is_converted_that_convex_would_not_take(field: str, taken: set[str]) -> None:
    """What is taken is sent as what it is; a tuple is a list, and a value its enum's member."""
    found: set[str] = set()
    for name, value in GIVEN.items():
        try:
            changed = Strict.changes_to_wire({field: value})
        except InvalidArgument:
            with pytest.raises(ValidationError):
                Strict(**{field: value})
        else:
            found.add(name)
            assert (
                Strict(**{field: value}).to_wire()[to_camel(field)]
                == changed["set"][to_camel(field)]
            )
    assert found == taken


def test_a_value_changed_in_place_is_checked_when_sent() -> None:
    metadata: dict[str, Any] = {"a": 1}
    built = thread(metadata=metadata, labels={})
    assert isinstance(built.metadata, dict)
    built.metadata["b"] = float("nan")
    with pytest.raises(InvalidArgument, match="nan is not a JSON number"):
        built.to_wire()


def test_text_that_is_not_unicode_is_refused_when_it_is_given_and_when_sent() -> None:
    with pytest.raises(ValidationError, match=r"title\n.* the text has a lone surrogate"):
        thread(title="x\ud800")
    wire = {**thread(usage=TokenUsage(prompt_tokens=1)).to_wire(), "title": "x\ud800"}
    call = Call.mutation("threads:save", {"thread": wire}, THREAD, "save", idempotent=True)
    with pytest.raises(InvalidArgument, match=r"\['thread'\]\['title'\]: the text has a lone"):
        encode_request(call)


def test_repr_leaves_out_what_is_not_there() -> None:
    assert repr(Message(message_id="m1", thread_id="t1", content=None)) == (
        "Message(message_id='m1', thread_id='t1', content=None)"
    )


def test_entities_are_copied_pickled_and_rebuilt_equal() -> None:
    saved = read(SAVED)
    assert copy.deepcopy(saved) == saved
    assert pickle.loads(pickle.dumps(saved)) == saved
    assert Thread(**saved.model_dump()) == saved
    assert Thread.model_validate_json(saved.model_dump_json()) == saved


def test_changes() -> None:
    assert Thread.changes_to_wire(
        {"title": UNSET, "score": None, "url_for": "u", "big": 5, "usage": {"prompt_tokens": 1}}
    ) == {
        "set": {
            "score": None,
            "URLFor": "u",
            "big": {"$integer": "BQAAAAAAAAA="},
            "usage": {"promptTokens": 1},
        },
        "unset": ["title"],
    }
    assert Thread.changes_to_wire({"url_for": UNSET}) == {"set": {}, "unset": ["URLFor"]}
    assert Thread.changes_to_wire({}) == {"set": {}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unknown": 1}, "Thread has no field 'unknown'; its fields are doc_id, "),
        ({"threadId": "t"}, "Thread has no field 'threadId'"),
        ({"closed_by": UNSET}, "Thread.closed_by cannot be removed"),
        ({"created_at": UNSET}, "Thread.created_at cannot be removed"),
        ({"updated_at": NOON}, "Thread.updated_at is set by the backend"),
        ({"doc_id": "x"}, "Thread.doc_id is set by the backend"),
        ({"title": 5}, "Thread: title: Input should be a valid string"),
        ({"title": MISSING}, "Thread.title is MISSING"),
        ({"metadata": {"a": {1}}}, r"at \['a'\]: set is not a JSON type"),
    ],
)
def test_changes_that_do_not_fit_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        Thread.changes_to_wire(changes)


def test_expectations() -> None:
    assert Thread.expected_to_wire(None) == {}
    assert Thread.expected_to_wire({}) == {}
    assert Thread.expected_to_wire({"closed_by": None, "updated_at": NOON}) == {
        "expected": {"closedBy": None, "updatedAt": NOON.timestamp() * 1000}
    }
    assert Thread.expected_to_wire({"title": UNSET, "url_for": MISSING}) == {
        "expected": {},
        "expectedAbsent": ["title", "URLFor"],
    }
    with pytest.raises(InvalidArgument, match="cannot be absent"):
        Thread.expected_to_wire({"closed_by": UNSET})


def test_an_answer_that_does_not_fit_names_the_field() -> None:
    call: Call[Thread] = Call.query("threads:getById", {}, THREAD, "get thread by ID 't1'")
    answer = {"status": "success", "value": {**SAVED, "usage": {"promptTokens": "x"}}}
    with pytest.raises(ServerError, match=r"usage\.promptTokens: ") as caught:
        read_answer(call, 200, json.dumps(answer).encode())
    assert str(caught.value).startswith("Failed to get thread by ID 't1': ")
    assert isinstance(caught.value.__cause__, ValidationError)


def test_none_where_a_field_may_be_absent_and_not_null() -> None:
    """The advice is what to write instead, which is not the same in an entity and an update."""
    given: dict[str, Any] = {
        "thread_id": "t",
        "resource_id": "r",
        "closed_by": None,
        "status": "open",
        "kind": "chat",
    }
    for name in ("title", "usage", "avatar", "labels", "big"):
        with pytest.raises(ValidationError, match="None is Convex's null; leave the field out"):
            Thread(**{**given, name: None})
        with pytest.raises(ValidationError, match="UNSET is for updates and queries; leave the"):
            Thread(**{**given, name: UNSET})
        thread = Thread(**given)
        with pytest.raises(ValidationError, match="or write MISSING") as raised:
            setattr(thread, name, None)
        assert raised.value.errors()[0]["loc"][0] == name
        for encode in (Thread.changes_to_wire, Thread.expected_to_wire):
            with pytest.raises(InvalidArgument, match=rf"Thread\.{name} .*: write UNSET"):
                encode({name: None})
    with pytest.raises(InvalidArgument, match=r"Thread\.status cannot be null") as refused:
        Thread.changes_to_wire({"title": "t", "status": None})
    assert "UNSET" not in str(refused.value)
    # What else is wrong is told as before.
    with pytest.raises(ValidationError) as several:
        Thread(**{**given, "status": "{no}", "title": None})
    assert [one["type"] for one in several.value.errors()] == ["string_type", "enum"]
    assert Thread.changes_to_wire({"closed_by": None, "score": None}) == {
        "set": {"closedBy": None, "score": None}
    }
