"""Sensitive fields leave through no error: neither its text, nor its data, nor its cause."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas
import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import Project, make_project
from pydantic import ValidationError

SECRET = "hunter-2"
SPEC = {
    "convexgen": 1,
    "name": "sensitive",
    "python": {"package": "sensitive_client"},
    "entities": {
        "Person": {
            "table": "people",
            "key": "personId",
            "fields": {
                "personId": "string",
                "email": {"type": "string", "sensitive": True, "maxLength": 20},
                "token": {"type": "string?", "sensitive": True},
                "group": "string?",
                "order": {"type": "string?", "sensitive": True},
                "codes": {"type": "list<string>?", "sensitive": True},
                "pin": {"type": "int64?", "sensitive": True},
                "pins": {"type": "list<integer>?", "sensitive": True},
                "born": {"type": "timestamp?", "sensitive": True},
                "notes": {"type": "any?", "sensitive": True},
                "home": {
                    "object": {"street": {"type": "string", "sensitive": True}},
                    "optional": True,
                },
                "bossId": {
                    "type": "ref<Person>",
                    "optional": True,
                    "sensitive": True,
                    "check": True,
                },
            },
            "unique": [["email"], ["group", "token"]],
            "indexes": {"by_order": ["order"], "by_street": ["home.street"]},
            "queries": {"findPeople": {"where": "home.street"}},
            "searchIndexes": {
                "search_street": {"search": "home.street", "filter": ["home.street", "order"]}
            },
        },
    },
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("sensitive")
    (folder / "spec.yaml").write_text(json.dumps(SPEC))
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend) -> Iterator[Any]:
    package = importlib.import_module("sensitive_client")
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        opened.people.save(person("holder", group="g", token=SECRET))
        yield opened


def person(key: str, **fields: Any) -> Any:
    package = importlib.import_module("sensitive_client")
    return package.Person(person_id=key, **{"email": SECRET, **fields})


def raw(storage: Any, function: str, **arguments: Any) -> None:
    """A call past the models, as of a client of another version."""
    runtime = importlib.import_module("sensitive_client._runtime")
    call = runtime.Call.mutation(
        f"people:{function}", arguments, runtime.Decoder(Any), "write", idempotent=True
    )
    storage.client.run(call)


GIVEN = {"personId": "p", "email": SECRET, "token": f"{SECRET}\nPath: {SECRET}"}
WRITES: dict[str, tuple[str, Any]] = {
    "a unique field": ("AlreadyExists", lambda s: s.people.create(person("other"))),
    "a unique field of many": ("AlreadyExists", lambda s: s.people.save_many([person("other")])),
    "unique fields": (
        "AlreadyExists",
        lambda s: s.people.save(person("other", email="x", group="g", token=SECRET)),
    ),
    "a key that is taken": ("AlreadyExists", lambda s: s.people.create(person("holder"))),
    "what it refers to": (
        "NotFound",
        lambda s: s.people.save(person("other", email="x", boss_id=SECRET)),
    ),
    "a change": ("NotFound", lambda s: s.people.update("holder", boss_id=SECRET)),
    "a wrong expectation": (
        "Conflict",
        lambda s: s.people.update("holder", group="h", expected={"email": f"not {SECRET}"}),
    ),
    "a type": ("InvalidArgument", lambda s: raw(s, "save", person={**GIVEN, "token": [SECRET]})),
    "an extra field": ("InvalidArgument", lambda s: raw(s, "save", person={**GIVEN, "new": 1.0})),
    "a missing field": ("InvalidArgument", lambda s: raw(s, "save", person={"email": SECRET})),
    "one of many": (
        "InvalidArgument",
        lambda s: raw(s, "saveMany", persons=[{**GIVEN, "new": 1.0}]),
    ),
    "a rule": (
        "InvalidArgument",
        lambda s: raw(s, "save", person={**GIVEN, "email": f"{SECRET} is far too long"}),
    ),
}


DIGITS = "987654321"
FAR = int(f"{DIGITS}000000000000")
MOMENTS = {
    "no time zone": datetime(1987, 6, 5, 4, 32, 1),
    "no year in UTC": datetime(
        1, 1, 1, tzinfo=timezone(timedelta(hours=9, minutes=43, seconds=21))
    ),
    "too many microseconds": datetime(9876, 5, 4, 3, 2, 1, 987_655, tzinfo=UTC),
    "nanoseconds": pandas.Timestamp("1987-06-05T04:32:01.987654321Z"),
}
NUMBERS: dict[str, dict[str, object]] = {
    "an int64": {"pin": FAR},
    "an integer": {"pins": [1, FAR]},
    "an integer of JSON": {"pins": [float(DIGITS) + 0.5]},
    "any value": {"notes": [FAR]},
    "a value of an object": {"notes": {"a": {"b": FAR}}},
    **{f"a time with {what}": {"born": moment} for what, moment in MOMENTS.items()},
}


@pytest.mark.parametrize("what", NUMBERS)
def test_numbers_and_times_are_not_told(storage: Any, what: str) -> None:
    package = importlib.import_module("sensitive_client")
    fields = NUMBERS[what]
    told: list[str] = []
    for write in (
        lambda: person("other", **fields),
        lambda: storage.people.update("holder", **fields),
        lambda: storage.people.update("holder", group="h", expected=fields),
        lambda: package.Person.model_validate(
            {"personId": "p", "email": "x", **fields}, by_alias=True
        ),
    ):
        with pytest.raises((package.InvalidArgument, ValidationError)) as caught:
            write()
        error: BaseException | None = caught.value
        while error is not None:
            told.append(f"{error!r} {error}")
            error = error.__cause__
    # Of a time, its year and its fraction are told by nothing else.
    secrets = (DIGITS, "1987", "9876", "987655", "09:43:21")
    assert [text for text in told if any(secret in text for secret in secrets)] == []


OTHER = [f"{SECRET} of another type"]
HALF = f"{SECRET}\ud800"
"""No text: the half of a character."""
WRITES |= {
    f"{what} {name}": ("InvalidArgument", write)
    for what, value in (("another type in", OTHER), ("half a character in", HALF))
    for name, write in {
        "a change": lambda s, value=value: s.people.update("holder", email=value),
        "a change of many": lambda s, value=value: s.people.update_many(
            [importlib.import_module("sensitive_client").Update("holder", {"email": value})]
        ),
        "an object": lambda s, value=value: s.people.update("holder", home={"street": value}),
        "an expectation": lambda s, value=value: s.people.update(
            "holder", group="h", expected={"email": value}
        ),
        "a condition": lambda s, value=value: s.people.find_people(
            where={"home_street": value}
        ).first(),
        "a value of an index": lambda s, value=value: s.people.by_order(value).first(),
        "a value in an index": lambda s, value=value: s.people.by_street(value).first(),
        "a search": lambda s, value=value: s.people.search_street(
            "x", home_street=value, order_=value
        ).first(),
    }.items()
}


@pytest.mark.parametrize("name", WRITES)
def test_errors_tell_no_sensitive_value(storage: Any, name: str) -> None:
    kind, write = WRITES[name]
    package = importlib.import_module("sensitive_client")
    with pytest.raises(getattr(package, kind)) as caught:
        write(storage)
    error = caught.value
    told = "".join(traceback.format_exception_only(error))
    cause = error.__cause__
    while cause is not None:
        told += f"{cause!r} {cause}"
        cause = cause.__cause__
    assert SECRET not in f"{told} {error!r} {error.data!r} {error.operation} {error.key}"
    # What is not sent is of no operation.
    assert error.operation is not None or kind == "InvalidArgument"


def test_what_was_changed_in_place_is_not_told(storage: Any) -> None:
    package = importlib.import_module("sensitive_client")
    changed = person("other", codes=["a"])
    changed.codes.append([SECRET, "input_value='x', input_type=list])"])
    with pytest.raises(package.InvalidArgument, match="codes: expected `str`") as caught:
        storage.people.save(changed)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    changes = {"codes": person("other", codes=["a"]).codes}
    changes["codes"].append([SECRET])
    with pytest.raises(package.InvalidArgument) as caught:
        storage.people.update("holder", **changes)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    "answer",
    [
        {"personId": "p", "email": [SECRET]},
        {"personId": "p", "email": "x", "home": {"street": [SECRET]}},
        {"personId": "p", "email": SECRET, "codes": 5},
        [SECRET],
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_answers_that_do_not_fit_are_not_told(answer: object, is_whole: bool) -> None:
    package = importlib.import_module("sensitive_client")
    value = answer if isinstance(answer, list) else {**answer, "_id": "i", "_creationTime": 1.0}  # type: ignore[dict-item]
    body = json.dumps({"status": "success", "value": value, "logLines": []}).encode()

    class Answering:
        def post(self, url: str, **options: Any) -> tuple[int, bytes]:
            return 200, body if is_whole else body[:-5]

        def close(self) -> None:
            """There is nothing to close."""

    with (
        package.ConvexStorage("http://127.0.0.1:1", transport=Answering()) as opened,
        pytest.raises(package.ServerError) as caught,
    ):
        opened.people.get("p")
    error = caught.value
    assert SECRET not in f"{error!r} {error} {error.__cause__!r} {error.__cause__}"


def test_queries_show_no_sensitive_value(storage: Any) -> None:
    people = storage.people
    for query in (
        people.by_order(SECRET),
        people.by_street(SECRET),
        people.search_street(SECRET, home_street=SECRET, order_=SECRET),
        people.find_people(where={"home_street": SECRET}),
    ):
        assert SECRET not in f"{query!r} {query}"


def test_errors_in_typescript(project: Project, backend: EmbeddedBackend, storage: Any) -> None:
    client = project.root / "generated" / "typescript"
    run_node([bundle("sensitive.mjs", project.root, client)], backend)
