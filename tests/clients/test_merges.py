"""Merges of parts of values, and of values larger than a document, on the embedded backend."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import given, settings
from hypothesis import strategies as st
from node_program import bundle, run_node
from project import ROOT, Project, make_project

SPEC = ROOT / "tests" / "clients" / "merging" / "spec.yaml"
USAGE = ROOT / "tests" / "clients" / "merging" / "usage.ts"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("merging") / "project", SPEC)
    made.generate()
    # A function that somebody wrote.
    (made.root / "convex" / "chunks.ts").write_text(
        'import { internalQuery } from "./_generated/server";\n'
        "export const lengths = internalQuery({ handler: async (ctx) =>\n"
        '  (await ctx.db.query("jsonChunks").collect()).map(({ text }) => text.length) });\n'
    )
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("merges_convex")


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def chunks(storage: Any) -> Any:
    """The lengths of the parts of large values, as a function written by hand counts them."""
    runtime = importlib.import_module("merges_convex._runtime")
    call = runtime.Call.query("chunks:lengths", {}, runtime.Decoder(Any), "count chunks")
    return storage._client.run(call)


def message(package: Any, key: str = "m1", **fields: Any) -> Any:
    base: dict[str, Any] = {"content": {}, "snapshot": {}, "whole": None}
    return package.Message(message_id=key, **{**base, **fields})


def test_each_path_has_its_policy(storage: Any, package: Any) -> None:
    content = {"a": {"x": 1}, "b": 1, "metadata": {"p": {"x": 1}, "q": 1, "deep": {"i": {"j": 1}}}}
    storage.messages.save(message(package, content=content))
    change = {"a": {"y": 2}, "metadata": {"p": {"y": 2}, "deep": {"i": {"k": 2}}}}
    assert storage.messages.update("m1", content=change).content == {
        "a": {"y": 2},
        "b": 1,
        "metadata": {"p": {"y": 2}, "q": 1, "deep": {"i": {"j": 1, "k": 2}}},
    }
    # What is no object replaces, and is replaced.
    assert storage.messages.update("m1", content={"metadata": 1}).content["metadata"] == 1
    assert storage.messages.update("m1", content={"metadata": {}}).content["metadata"] == {}
    assert storage.messages.update("m1", content=[1]).content == [1]


def test_paths_to_what_is_deeper(storage: Any, package: Any) -> None:
    nested = {"a": {"b": {"c": {"x": 1}}, "z": {"x": 1}}, "y": {"x": 1}}
    storage.messages.save(message(package, nested=nested))
    change = {"a": {"b": {"c": {"y": 2}}, "z": {"y": 2}}, "y": {"y": 2}}
    assert storage.messages.update("m1", nested=change).nested == {
        "a": {"b": {"c": {"x": 1, "y": 2}}, "z": {"y": 2}},
        "y": {"y": 2},
    }
    most = {"list": {"x": 1}, "a": {"b": {"c": {"x": 1}, "d": 1}, "z": {"x": 1}}}
    storage.messages.save(message(package, most=most))
    change = {"list": {"y": 2}, "a": {"b": {"c": {"y": 2}}, "z": {"y": 2}}}
    assert storage.messages.update("m1", most=change).most == {
        "list": {"y": 2},
        "a": {"b": {"c": {"y": 2}, "d": 1}, "z": {"x": 1, "y": 2}},
    }


def test_keys_that_javascript_knows(storage: Any, package: Any) -> None:
    hostile = {
        "__proto__": {"x": 1},
        "toString": {"x": {"i": 1}},
        "constructor": {"x": {"i": 1}},
        "$ref": {"i": 1},
    }
    storage.messages.save(message(package, hostile=hostile))
    change = {
        "__proto__": {"x": 1, "y": 1},
        "toString": {"y": 1},
        "constructor": {"x": {"j": 1}},
        "$ref": {"j": 1},
    }
    assert storage.messages.update("m1", hostile=change).hostile == {
        "__proto__": {"x": 1, "y": 1},
        "toString": {"x": {"i": 1}, "y": 1},
        "constructor": {"x": {"i": 1, "j": 1}},
        "$ref": {"j": 1},
    }


def test_objects_records_and_the_json_in_them(storage: Any, package: Any) -> None:
    more = {"$a": {"x": 1}, "flat": {"x": 1}}
    profile = package.Profile(name="n", more=more, tags={"a": {"x": "1"}, "b": {"x": "1"}})
    storage.messages.save(message(package, profile=profile, whole=profile))
    more = {"$a": {"y": 2}, "flat": {"y": 2}}
    change = package.Profile(more=more, tags={"a": {"y": "2"}})
    found = storage.messages.update("m1", profile=change, whole=change)
    assert found.profile.name == "n"
    assert found.profile.more == {"$a": {"x": 1, "y": 2}, "flat": {"y": 2}}
    assert found.profile.tags == {"a": {"y": "2"}, "b": {"x": "1"}}
    assert found.whole.more == {"$a": {"x": 1, "y": 2}, "flat": {"x": 1, "y": 2}}
    assert found.whole.tags == {"a": {"x": "1", "y": "2"}, "b": {"x": "1"}}


def test_what_is_larger_than_a_document(storage: Any, package: Any) -> None:
    text = "é" * MEBIBYTE
    snapshot = {"status": "running", "context": {"a": {"text": text}}, "$x": 1}
    storage.messages.save(message(package, snapshot=snapshot))
    change = {"status": "done", "context": {"b": text}}
    merged = {"status": "done", "context": {"a": {"text": text}, "b": text}, "$x": 1}
    updated = storage.messages.update("m1", snapshot=change, expected={"status": "running"})
    assert updated.snapshot == merged
    assert updated.status == "done"
    assert storage.messages.get("m1") == updated
    # Its chunks are those of the new value alone, and go with it.
    small = storage.messages.update("m1", snapshot={"context": 1})
    assert small.snapshot == {"status": "done", "context": 1, "$x": 1}
    assert chunks(storage) == []
    with pytest.raises(package.Conflict):
        storage.messages.update("m1", snapshot={}, expected={"snapshot": {"other": 1}})
    found = storage.messages.update("m1", snapshot={"n": 1}, expected={"snapshot": small.snapshot})
    assert found.snapshot == {**small.snapshot, "n": 1}
    # A merge reads and writes all of it, in one transaction.
    storage.messages.save(message(package, snapshot={"text": "x" * 9 * MEBIBYTE}))
    with pytest.raises(package.LimitExceeded, match="snapshot"):
        storage.messages.update("m1", snapshot={"n": 1})


def test_of_variants(storage: Any, package: Any) -> None:
    data = {"x": {"y": {"z": 1}}, "text": "x" * 2 * MEBIBYTE}
    storage.events.save(package.EventA(event_id="e1", data=data))
    updated = storage.events.update("e1", data={"x": {"y": {"u": 2}}})
    assert updated.data == {**data, "x": {"y": {"z": 1, "u": 2}}}


VALUES = st.recursive(
    st.none() | st.integers(-5, 5) | st.text("a$é", max_size=2),
    lambda inner: st.dictionaries(
        st.sampled_from(["", "a", "b", "metadata", "deep", "$x"]), inner, max_size=4
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "metadata", "$x"]), VALUES, max_size=3)
POLICIES = {(): "shallow", ("metadata",): "shallow", ("metadata", "deep"): "deep"}


def merge(base: Any, change: Any, path: tuple[str, ...] = (), above: str = "replace") -> Any:
    how = POLICIES.get(path, "deep" if above == "deep" else "replace")
    if how == "replace" or not isinstance(base, dict) or not isinstance(change, dict):
        return change
    merged = dict(base)
    for key, value in change.items():
        merged[key] = merge(base[key], value, (*path, key), how) if key in base else value
    return merged


@settings(max_examples=60, deadline=None)
@given(OBJECTS, OBJECTS)
def test_as_an_oracle_in_python(storage: Any, package: Any, base: Any, change: Any) -> None:
    storage.messages.save(message(package, content=base))
    assert storage.messages.update("m1", content=change).content == merge(base, change)


def test_the_asynchronous_client(backend: EmbeddedBackend, package: Any) -> None:
    async def use() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            await opened.messages.save(message(package, "async", snapshot={"context": {"a": 1}}))
            changed = await opened.messages.update("async", snapshot={"context": {"b": 1}})
            assert changed.snapshot == {"context": {"a": 1, "b": 1}}

    asyncio.run(use())


def test_the_typescript_client(backend: EmbeddedBackend, project: Project, tmp_path: Path) -> None:
    program = bundle(str(USAGE), tmp_path, project.root / "generated" / "typescript")
    assert run_node([program], backend).splitlines() == [
        '{"a":1,"metadata":{"p":1,"q":2}}',
        "2097152 2 done",
    ]
