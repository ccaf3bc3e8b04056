"""Options and constraints of fields mean the same in the models and in the functions."""

from __future__ import annotations

import base64
import importlib
import math
import re
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, make_project
from pydantic import ValidationError

SPEC = ROOT / "tests" / "cases" / "good-constraints" / "spec.yaml"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    project = make_project(tmp_path_factory.mktemp("options") / "project", SPEC)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("constraints")
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened,
    ):
        yield opened


@pytest.fixture
def package(storage: Any) -> Any:
    return importlib.import_module("constraints")


def account(package: Any, key: str, **fields: Any) -> Any:
    return package.Account(account_id=key, **{"origin": "web", **fields})


def float_to_wire(value: float) -> dict[str, str]:
    return {"$float": base64.b64encode(struct.pack("<d", value)).decode()}


def test_defaults_are_stored_and_shown(storage: Any, package: Any) -> None:
    given = account(package, "defaults")
    shown = (given.ratio, given.big, given.state, given.mode, given.note, given.words)
    assert shown == (1.0, 5, package.State.OPEN, "slow", None, [])
    assert given.meta == {"a": [1, 2.5, None, True], "b-c": "x"}
    assert given.schema_ == {"$ref": "#", "__proto__": 1}
    assert account(package, "other").words is not given.words

    # A caller that leaves them out, as a TypeScript client may.
    client = storage._client
    raw = call(package, "create", {"account": {"accountId": "defaults", "origin": "web"}})
    client.run(raw)
    read = storage.accounts.get("defaults")
    assert read.schema_ == given.schema_
    assert read.model_dump(exclude={"doc_id", "creation_time", "created_at"}) == given.model_dump(
        exclude={"doc_id", "creation_time", "created_at"}
    )
    # The same by the model is a repeat, and so is the same without defaults.
    assert storage.accounts.create(given).doc_id == read.doc_id
    client.run(raw)
    with pytest.raises(package.AlreadyExists):
        storage.accounts.create(account(package, "defaults", ratio=0.5))


def call(package: Any, function: str, arguments: dict[str, Any]) -> Any:
    """A call past the models."""
    runtime = importlib.import_module("constraints._runtime")
    return runtime.Call.mutation(
        f"accounts:{function}",
        arguments,
        runtime.Decoder(Any),
        function,
        idempotent=True,
    )


def test_immutable_fields(storage: Any, package: Any) -> None:
    storage.accounts.save(account(package, "fixed"))
    storage.accounts.save(account(package, "fixed", ratio=0.5))
    with pytest.raises(package.Conflict, match=r"another `origin`: it is immutable"):
        storage.accounts.save(account(package, "fixed", origin="mail"))
    with pytest.raises(package.Conflict, match="`batch`"):
        storage.accounts.save_many([account(package, "fixed", batch=8)])
    assert storage.accounts.get("fixed").origin == "web"
    storage.tags.save(package.Tag(name="t", first="1"))
    with pytest.raises(package.Conflict, match="`first`"):
        storage.tags.save(package.Tag(name="t"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("origin", "mail"), ("created_at", datetime(2026, 1, 1, tzinfo=UTC)), ("account_id", "k")],
)
def test_fields_that_no_update_changes(
    storage: Any, package: Any, field: str, value: object
) -> None:
    """Said by the client, of every kind of update, and never as a deployment that is older."""
    accounts, changes = storage.accounts, {field: value, "password": "hunter-2"}

    def in_a_block() -> None:
        with storage.atomic() as tx:
            tx.accounts.update("k", set=changes)

    ways: list[Callable[[], object]] = [
        lambda: accounts.update_many([package.Update("k", set=changes)]),
        lambda: accounts.by_password("x").update(set=changes),
        in_a_block,
    ]
    if field != "account_id":  # which is the first parameter there
        ways += [
            lambda: accounts.update("k", **changes),
            lambda: accounts.upsert("k", set=changes, create={"origin": "web"}),
        ]
    for way in ways:
        words = f"Account.{field} is .*: no update changes it"
        with pytest.raises(package.InvalidArgument, match=words) as caught:
            way()
        assert "hunter-2" not in "".join(traceback.format_exception(caught.value))
        assert "older" not in str(caught.value)


def test_sensitive_values_are_not_shown(storage: Any, package: Any) -> None:
    secret = "hunter-2"
    given = account(
        package, "quiet", password=secret, secret=package.Secret(token=secret, hint="a")
    )
    assert secret not in repr(given)
    with pytest.raises(ValidationError) as caught:
        account(package, "quiet", password="12")
    assert "input_value" not in str(caught.value)
    with pytest.raises(ValidationError, match="leave the field out") as caught:
        account(package, "quiet", password=["hunter-2"], title=None)
    assert secret not in str(caught.value)
    query = storage.accounts.by_password(secret)
    assert secret not in repr(query)
    assert secret not in query._call.operation
    storage.accounts.save(given)
    assert storage.accounts.get("quiet").password == secret


BROKEN: list[tuple[str, Any, Any]] = [
    ("name", "x", "x"),
    ("name", "😀", "😀"),
    ("name", "abcde", "abcde"),
    ("name", "😀é\u0301ab", "😀é\u0301ab"),
    ("code", "ab-", "ab-"),
    ("code", "ab-1/\u2028", "ab-1/\u2028"),
    ("code", "ab-1\n", "ab-1\n"),
    ("code", "éé-1", "éé-1"),
    ("code", "ab-٣", "ab-٣"),
    ("ratio", -0.001, -0.001),
    ("ratio", 1.6, 1.6),
    ("ratio", math.nan, float_to_wire(math.nan)),
    ("ratio", math.inf, float_to_wire(math.inf)),
    ("ratio", -math.inf, float_to_wire(-math.inf)),
    ("whole", -4, -4),
    ("whole", 0.5, 0.5),
    ("big", 0, {"$integer": "AAAAAAAAAAA="}),
    ("words", ["a", "b", "c"], ["a", "b", "c"]),
    ("counts", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}),
    ("password", "12", "12"),
    ("inline", {"score": -1, "tags": []}, {"score": -1, "tags": []}),
    ("inline", {"score": 1, "tags": ["x", "y"]}, {"score": 1, "tags": ["x", "y"]}),
    ("secret", {"token": "t", "hint": "😀abc"}, {"token": "t", "hint": "😀abc"}),
]


@pytest.mark.parametrize(("field", "value", "wire"), BROKEN)
def test_what_breaks_a_constraint_is_refused_on_both_sides(
    storage: Any, package: Any, field: str, value: Any, wire: Any
) -> None:
    with pytest.raises(ValidationError) as caught:
        account(package, "bad", **{field: value})
    assert caught.value.errors()[0]["loc"][0] == field
    with pytest.raises(package.InvalidArgument, match=field):
        storage.accounts.update("bad", **{field: value})

    given = {"accountId": "bad", "origin": "web", field: wire}
    for function, arguments in (
        ("save", {"account": given}),
        ("create", {"account": given}),
        ("saveMany", {"accounts": [given]}),
        ("update", {"accountId": "bad", "set": {field: wire}}),
    ):
        with pytest.raises(package.InvalidArgument) as refused:
            storage._client.run(call(package, function, arguments))
        path = refused.value.data["path"]
        assert path.removeprefix("[0].").startswith(field)
    assert storage.accounts.get("bad") is None


NESTED: list[tuple[str, Any, Any, str]] = [
    ("codes", ["a", "abcd"], ["a", "abcd"], "codes[1]"),
    ("codes", ["a", "b", "A"], ["a", "b", "A"], "codes[2]"),
    ("codes", [""], [""], "codes[0]"),
    ("scores", {"a": -1}, {"a": {"$integer": "//////////8="}}, "scores.a"),
    ("scores", {"a b": -1}, {"a b": {"$integer": "//////////8="}}, 'scores["a b"]'),
    ("scores", {"abcde": 1}, {"abcde": {"$integer": "AQAAAAAAAAA="}}, "scores.abcde"),
    ("either", "abc", "abc", "either"),
    ("either", -0.5, -0.5, "either"),
    ("either", math.nan, float_to_wire(math.nan), "either"),
    ("either", [1, 6], [1, 6], "either[1]"),
    ("either", [1, 2, 3], [1, 2, 3], "either"),
    ("grid", [[0], [1, -1]], [[0], [1, -1]], "grid[1][1]"),
    ("grid", [[0], [1, 0.5]], [[0], [1, 0.5]], "grid[1][1]"),
    ("grid", [[1, 2, 3]], [[1, 2, 3]], "grid[0]"),
    (
        "secrets",
        [{"token": "t", "hint": ""}, {"token": "t", "hint": "abcd"}],
        [{"token": "t", "hint": ""}, {"token": "t", "hint": "abcd"}],
        "secrets[1].hint",
    ),
    (
        "shapes",
        [None, {"kind": "a square", "size": 10}],
        [None, {"kind": "a square", "size": {"$integer": "CgAAAAAAAAA="}}],
        "shapes[1].size",
    ),
    (
        "shapes",
        [{"kind": "circle", "size": -1}],
        [{"kind": "circle", "size": -1}],
        "shapes[0].size",
    ),
    ("owners", {"x": 1.5}, {"x": 1.5}, "owners.x"),
]


@pytest.mark.parametrize(("field", "value", "wire", "path"), NESTED)
def test_constraints_hold_in_elements_entries_and_members(
    storage: Any, package: Any, field: str, value: Any, wire: Any, path: str
) -> None:
    with pytest.raises(ValidationError):
        account(package, "bad", **{field: value})
    with pytest.raises(package.InvalidArgument) as refused:
        storage.accounts.update("bad", **{field: value})
    if field == "shapes":  # pydantic names the tag of the member
        assert re.search(r"Account: shapes\[\d\].+\bsize: must be", str(refused.value))
    elif field != "either":  # it names the members of other unions by their types
        assert f"Account: {path}" in str(refused.value)

    given = {"accountId": "bad", "origin": "web", field: wire}
    for function, arguments, prefix in (
        ("save", {"account": given}, ""),
        ("saveMany", {"accounts": [given]}, "[0]."),
        ("update", {"accountId": "bad", "set": {field: wire}}, ""),
    ):
        with pytest.raises(package.InvalidArgument) as refused:
            storage._client.run(call(package, function, arguments))
        assert refused.value.data["path"] == prefix + path
    assert storage.accounts.get("bad") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("codes", ["abc", "😀😀😀"]),
        ("scores", {"a": 2**63 - 1, "~ b!": 0}),
        ("either", "ab"),
        ("either", 0),
        ("either", [5, -9]),
        ("either", None),
        ("shapes", []),
        ("grid", [[0, 1], []]),
        ("owners", {"x": 1, "y z": -0.5}),
        ("name", "😀😀"),
        ("name", "😀e\u0301b"),
        ("code", "ab-12"),
        ("code", "ab_9-1/anything 😀"),
        ("code", None),
        ("ratio", 0),
        ("ratio", 1.5),
        ("whole", -3),
        ("big", 2**63 - 1),
        ("words", ["a", "b"]),
        ("counts", {}),
        ("inline", {"score": 0, "tags": ["x"]}),
        ("secret", {"token": "t", "hint": "😀ab"}),
    ],
)
def test_what_keeps_the_constraints_is_stored(
    storage: Any, package: Any, field: str, value: Any
) -> None:
    given = account(package, f"good-{field.lower()}", **{field: value})
    saved = storage.accounts.save(given)
    assert getattr(saved, field) == getattr(given, field)
    assert getattr(storage.accounts.get(given.account_id), field) == getattr(given, field)
