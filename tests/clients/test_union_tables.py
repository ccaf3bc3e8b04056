"""Tables whose documents are of several shapes, through both clients on the embedded backend."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project, node_tool, run, tsc
from pydantic import ValidationError

SPEC = ROOT / "tests" / "cases" / "good-union-tables" / "spec.yaml"
MISTAKES = ROOT / "tests" / "clients" / "unions" / "mistakes.py"
USAGE = ROOT / "tests" / "clients" / "unions" / "usage.ts"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("unions") / "project", SPEC)
    made.generate()
    # Of a function that somebody wrote.
    (made.root / "convex" / "reports.ts").write_text(
        'import { v } from "convex/values";\n'
        'import { internalQuery } from "./_generated/server";\n'
        'import schema from "./schema";\n'
        "export const latest = internalQuery({\n"
        '  args: {}, returns: v.nullable(schema.doc("events")),\n'
        '  handler: async (ctx) => await ctx.db.query("events").order("desc").first(),\n'
        "});\n"
    )
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("studio_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            opened.system.clear(table.name)
        yield opened


def click(package: Any, key: str = "e1", **fields: Any) -> Any:
    return package.EventClick(event_id=key, session_id="s1", **{"x": 1, "y": 2, **fields})


def press(package: Any, key: str = "e2", **fields: Any) -> Any:
    given = {"kind": "press", "key": key, **fields}
    return package.EventPress(event_id=key, session_id="s1", **given)


def upload(package: Any, key: str = "e3", **fields: Any) -> Any:
    given = {"file": {"$ref": "x"}, "secret": "s", "embedding": [1, 0, 0], **fields}
    return package.EventUpload(event_id=key, session_id="s1", **given)


def keys(events: Any) -> list[str]:
    return [event.event_id for event in events]


def test_each_variant_comes_back_as_its_class(storage: Any, package: Any) -> None:
    large = {"$text": "é" * 1_000_000}
    written = [
        click(package, button=package.Button.LEFT, note="n"),
        press(package, kind="paste", value=None, details={"$a": [1]}, count=5),
        upload(package, code="c", file=large),
    ]
    saved = [storage.events.save(event) for event in written]
    assert [type(event).__name__ for event in saved] == ["EventClick", "EventPress", "EventUpload"]
    assert storage.events.get("e3").file == large
    assert saved[1].details == {"$a": [1]}
    assert saved[1].value is None
    # The backend sets, and stands in for, shared fields and those of a variant.
    assert (saved[0].count, saved[1].count, saved[1].repeat) == (1, 5, 2)
    assert saved[0].at == saved[0].updated_at
    assert saved[1].pressed_at == saved[1].held_at == saved[1].at
    assert list(storage.events.list()) == saved
    assert storage.events.get_many(["e2", "none", "e1"]) == [saved[1], None, saved[0]]
    assert storage.events.list().page(limit=2).items == saved[:2]
    assert storage.functions.reports.latest() == saved[2].model_copy(
        update={"file": storage.functions.reports.latest().file}
    )


def test_creation(storage: Any, package: Any) -> None:
    created = storage.events.create(press(package))
    assert storage.events.create(press(package)) == created
    assert storage.events.create(press(package, repeat=2)) == created
    for other in (press(package, repeat=3), click(package, "e2")):
        with pytest.raises(package.AlreadyExists):
            storage.events.create(other)


def test_a_save_may_change_the_variant(storage: Any, package: Any) -> None:
    first = storage.events.save(press(package, details={"a": 1}))
    clicked = storage.events.save(click(package, "e2"))
    assert isinstance(clicked, package.EventClick)
    assert (clicked.doc_id, clicked.at) == (first.doc_id, first.at)
    earlier = datetime(2020, 1, 1, tzinfo=UTC)
    again = storage.events.save(press(package, pressed_at=earlier))
    assert again.pressed_at == earlier
    assert again.details is package.MISSING
    with pytest.raises(package.Conflict, match="another `pressedAt`"):
        storage.events.save(press(package, pressed_at=datetime(2021, 1, 1, tzinfo=UTC)))
    kept = storage.events.save(press(package))
    assert kept.pressed_at == earlier
    assert kept.held_at > earlier
    # A document with an immutable field stays of its variant.
    storage.events.save(upload(package, code="c"))
    for other in (click(package, "e3"), upload(package, code="d"), upload(package)):
        with pytest.raises(package.Conflict, match="`code`: it is immutable"):
            storage.events.save(other)


def test_updates(storage: Any, package: Any) -> None:
    update = storage.events.update
    position = importlib.import_module("studio_convex.events").EventPressPosition
    storage.events.save_many([click(package), press(package, details={"a": {"b": 1}})])
    assert update("e1", x=5, value="v", note="n", button=package.Button.RIGHT).x == 5
    pressed = update("e2", details={"a": {"c": 2}}, value=7, position=position(x=0.5, y=1))
    assert pressed.details == {"a": {"b": 1, "c": 2}}
    assert (pressed.value, pressed.position.y) == (7, 1)
    assert pressed.held_at == pressed.updated_at
    assert update("e2", value=None).value is None
    removed = update("e2", details=package.UNSET, value=package.UNSET, position=package.UNSET)
    assert (removed.details, removed.value) == (package.MISSING, package.MISSING)
    with pytest.raises(package.Conflict):
        update("e1", expected={"kind": "press"}, key="b")
    assert update("e1", expected={"kind": "click", "x": 5}, x=6).x == 6


@pytest.mark.parametrize(
    ("key", "changes", "told"),
    [
        ("e1", {"key": "b"}, '`key` is no field where `kind` is "click"'),
        ("e1", {"secret": "UNSET"}, '`secret` is no field where `kind` is "click"'),
        ("e1", {"value": 7}, '`value` is of another type where `kind` is "click"'),
        ("e1", {"value": None}, '`value` is of another type where `kind` is "click"'),
        ("e2", {"value": "v"}, '`value` is of another type where `kind` is "press"'),
        ("e2", {"position": {"page": 1}}, "`position` is of another type"),
        ("e3", {"secret": "UNSET"}, "`secret` cannot be removed where"),
        ("e3", {"position": {"x": 1, "y": 1}}, "`position` is of another type"),
        ("e3", {"embedding": [1, 2]}, "embedding"),
        ("e2", {"key": "x" * 10}, "at most 9 characters"),
        ("e2", {"repeat": 0}, "must be at least 1"),
        ("e2", {"held_at": datetime(2020, 1, 1, tzinfo=UTC)}, "Event.held_at is set by the"),
        ("e2", {"title": "t"}, "Event has no field 'title'; its fields are event_id"),
        ("e1", {"x": "UNSET"}, "Event.x cannot be removed: it is not optional"),
        ("e1", {"kind": "press"}, "kind"),
    ],
)
def test_an_update_that_does_not_fit(
    storage: Any, package: Any, key: str, changes: dict[str, Any], told: str
) -> None:
    storage.events.save_many([click(package), press(package), upload(package)])
    before = storage.events.get(key)
    given = {name: package.UNSET if one == "UNSET" else one for name, one in changes.items()}
    with pytest.raises(package.InvalidArgument) as caught:
        storage.events.update(key, **given)
    assert told in str(caught.value)
    assert storage.events.get(key) == before


def test_fields_of_one_name_have_the_type_of_their_variant(storage: Any, package: Any) -> None:
    samples = importlib.import_module("studio_convex.samples")
    session = storage.sessions.save(package.Session(session_id="s1"))
    event = storage.events.save(click(package))
    raw = {
        **{"color": package.Button.LEFT, "of_id": session.doc_id, "tags": ["x"], "size": 1},
        **{"labels": {"a": "b"}, "flag": True, "data": b"x"},
        "inner": samples.SampleRawInner(z={"$": 1}),
    }
    done = {
        **{"color": package.Phase.RISING, "of_id": event.doc_id, "tags": ["z"], "size": 3},
        **{"labels": samples.SampleDoneLabels(q="q"), "flag": False, "data": "x"},
        "inner": samples.SampleDoneInner(z=1, y=[]),
    }
    storage.samples.save_many(
        [package.SampleRaw(sample_id="r", **raw), package.SampleDone(sample_id="d", **done)]
    )
    for key, own, other in (("r", raw, done), ("d", done, raw)):
        written = storage.samples.get(key)
        for name in own:
            assert storage.samples.update(key, **{name: own[name]}) == written
            # An object of strings is a record of them, and true is a boolean.
            if (key, name) not in {("r", "labels"), ("d", "flag")}:
                with pytest.raises(package.InvalidArgument, match="is of another type where"):
                    storage.samples.update(key, **{name: other[name]})
    assert [one.sample_id for one in storage.samples.by_color(package.Phase.RISING)] == ["d"]
    assert [one.sample_id for one in storage.samples.by_size_and_flag(1, True)] == ["r"]


def test_what_the_functions_are_told_past_the_client(storage: Any, package: Any) -> None:
    """The functions check by themselves what an update is of."""
    runtime = importlib.import_module("studio_convex._runtime")
    storage.events.save_many([click(package), press(package)])

    def told(key: str, **arguments: Any) -> Any:
        given = {"eventId": key, "set": {}, **arguments}
        call = runtime.Call.mutation(
            "events:update", given, runtime.Decoder(Any), "update past it", idempotent=True
        )
        with pytest.raises(package.InvalidArgument) as caught:
            storage._client.run(call)
        return caught.value.data

    assert told("e1", set={"x": 0.5})["path"] == "x"
    assert told("e2", set={"key": "x" * 10})["path"] == "key"
    assert told("e2", set={"position": {"x": 1, "y": 0.5}})["path"] == "position.y"
    assert told("e2", unset=["ofId"])["path"] == "ofId"
    assert told("e1", set={"position": {"page": 1}})["path"] == "position"


def test_queries(storage: Any, package: Any) -> None:
    events = storage.events
    events.save_many([click(package, value="a"), press(package, value=3), upload(package)])
    assert keys(events.by_session_id_and_at("s1")) == ["e1", "e2", "e3"]
    assert keys(events.latest_of_kind("upload")) == ["e3"]
    assert keys(events.by_value("a")) == ["e1"]
    assert keys(events.by_value(3)) == ["e2"]
    assert keys(events.by_key_and_repeat("e2", repeat=package.Range(gte=2))) == ["e2"]
    assert events.latest_of_kind("paste").first() is None
    assert keys(events.latest_of_kind("click").page().items) == ["e1"]
    assert keys(events.search_key("e2")) == ["e2"]
    assert keys(events.search_key("e2", kind="press", value=3)) == ["e2"]
    assert keys(events.search_key("e2", value="a")) == []
    (found,) = events.nearest_by_embedding([2, 0, 0], session_id="s1")
    assert (found.item.event_id, found.score) == ("e3", pytest.approx(1))


def test_unique_fields(storage: Any, package: Any) -> None:
    storage.events.save_many([press(package), upload(package, code="c"), click(package)])
    with pytest.raises(package.AlreadyExists, match='code "c" already exists'):
        storage.events.save(upload(package, "e4", code="c"))
    with pytest.raises(package.AlreadyExists, match='sessionId "s1" and key "e2"'):
        storage.events.save(
            package.EventPress(event_id="e5", session_id="s1", kind="press", key="e2")
        )
    storage.events.save(press(package, "e5"))
    with pytest.raises(package.AlreadyExists):
        storage.events.update("e5", key="e2")


def test_references(storage: Any, package: Any) -> None:
    session = storage.sessions.save(package.Session(session_id="s1"))
    storage.sessions.save(package.Session(session_id="s2"))
    storage.events.save_many([click(package), upload(package, of_id="s2")])
    assert storage.sessions.get("s1").touched_at > session.touched_at
    drawing = package.Circle(center=package.Point(x=1, y=2), radius=3)
    storage.replies.save(package.Reply(reply_id="r", event_id="e1", drawing=drawing))
    assert storage.replies.get("r").drawing == drawing
    assert storage.sessions.delete("s2")
    assert keys(storage.events.list()) == ["e1"]
    assert storage.events.delete("e1")
    assert storage.replies.get("r") is None
    assert not storage.events.delete("e1")


def test_references_that_deletions_free(storage: Any, package: Any) -> None:
    storage.sessions.save(package.Session(session_id="s1"))
    storage.events.save(click(package))
    drawing = {"layer": "top", "number": 5}
    circle = {"shape": "circle", "center": package.Point(x=1, y=2), "radius": 3}
    storage.drawings.save(package.DrawingCircle(**drawing, **circle))
    common = {"session_id": "s1", "event_id": "e1", **drawing}
    within = storage.figures.save(
        package.FigureCircle(figure_id="f1", radius=1, data={"color": "red"}, **common)
    )
    storage.figures.save(
        package.FigureSquare(figure_id="f2", side=2, within_id=within.doc_id, **common)
    )
    assert storage.sessions.delete("s1")
    assert storage.drawings.delete("top", 5)
    assert storage.events.get("e1") is None
    freed = [storage.figures.get(key) for key in ("f1", "f2")]
    for one in freed:
        assert one.session_id is one.layer is package.MISSING
        assert one.number is None
        assert one.changed_at > within.changed_at
    assert (freed[0].event_id, freed[1].event_id) == (package.MISSING, None)
    assert (freed[0].radius, freed[0].color, freed[1].within_id) == (1, "red", within.doc_id)
    assert storage.figures.delete("f1")
    assert storage.figures.get("f2").within_id is None


def test_fields_that_come_last_where_they_are_absent(storage: Any, package: Any) -> None:
    figures = storage.figures
    none = {"number": None}
    for key in ("f1", "f2"):
        figures.save(package.FigureCircle(figure_id=key, radius=1, data={"color": "red"}, **none))
    for key in ("f3", "f4"):
        figures.save(
            package.FigureSquare(figure_id=key, side=2, within_id=None, event_id=None, **none)
        )

    def in_order(query: Any) -> list[str]:
        return [one.figure_id for one in query]

    first, second = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))
    figures.update("f4", about={"title": "Square", "rank": 3}, hidden_at=second)
    changed = figures.update("f2", hidden_at=first, ended_at=second, data={"color": "blue"})
    assert (changed.color, changed.ended_at) == ("blue", second)
    assert in_order(figures.by_hidden_at()) == ["f2", "f4", "f1", "f3"]
    assert in_order(figures.by_ended_at()) == ["f2", "f1", "f3", "f4"]
    assert in_order(figures.by_rank()) == ["f4", "f1", "f2", "f3"]
    figures.update("f2", hidden_at=package.UNSET)
    assert in_order(figures.by_hidden_at()) == ["f4", "f1", "f2", "f3"]

    storage.lines.save_many([package.LineStraight(line_id="l1"), package.LineBent(line_id="l2")])
    storage.lines.update("l2", ended_at=first)
    assert [one.line_id for one in storage.lines.by_ended_at()] == ["l2", "l1"]


def test_bulk(storage: Any, package: Any) -> None:
    many = [make(package, f"k{n}") for n, make in enumerate([click, press, upload] * 40)]
    assert storage.events.save_many(many) == 120
    assert storage.events.delete_many(["k0", "k1", "none"]) == 2
    assert len(keys(storage.events.list().iterate(page_size=50))) == 118
    assert storage.events.clear() == 118


def test_variants_without_fields_that_the_backend_sets(storage: Any, package: Any) -> None:
    circle = package.DrawingCircle(layer="a", number=1, center=package.Point(x=0, y=0), radius=1)
    square = package.DrawingSquare(layer="a", number=2, corner=package.Point(x=0, y=0), size=1)
    assert storage.drawings.save_many([circle, square]) == 2
    assert storage.drawings.update("a", 1, radius=4).radius == 4
    with pytest.raises(package.InvalidArgument, match="`size` is no field"):
        storage.drawings.update("a", 1, size=4)
    with pytest.raises(package.InvalidArgument, match="radius: must be at least 0"):
        storage.drawings.update("a", 2, radius=-1)
    assert isinstance(storage.drawings.get_many([("a", 2)])[0], package.DrawingSquare)
    storage.marks.save_many([package.MarkStart(mark_id="a"), package.MarkStop(mark_id="b")])
    assert [mark.type for mark in storage.marks.list()] == ["start", "stop"]
    assert not hasattr(storage.marks, "update")


def test_models(package: Any) -> None:
    with pytest.raises(ValidationError):
        package.EventClick(event_id="e", session_id="s", x=1, y=2, key="b")
    with pytest.raises(ValidationError):
        package.EventClick(event_id="e", session_id="s", x=1, y=2, kind="press")
    assert "hidden" not in repr(press(package, secret="hidden"))
    assert {"Event", "EventClick", "EventPress", "EventUpload"} <= set(package.__all__)
    # An object that is a variant and nothing else is no class of its own.
    assert "Click" not in package.__all__
    assert "Circle" in package.__all__


def test_a_variant_that_the_client_does_not_know(backend: EmbeddedBackend, package: Any) -> None:
    runtime = importlib.import_module("studio_convex._runtime")
    answer = {"status": "success", "value": {"eventId": "e", "sessionId": "s", "kind": "scroll"}}
    decoder = runtime.Decoder(package.Event)
    read = decoder.decode_answer(json.dumps(answer).encode()).value
    assert not package.is_known(read)
    assert (read.kind, read.event_id) == ("scroll", "e")
    with pytest.raises(ValidationError, match="Unable to extract tag"):
        decoder.decode_answer(b'{"status": "success", "value": {"eventId": "e"}}')


def test_watching(storage: Any, package: Any) -> None:
    storage.events.save(click(package))
    with (
        storage.events.watch("e1") as one,
        storage.events.by_session_id_and_at("s1").watch() as several,
        storage.events.search_key("e2").watch() as found,
    ):
        assert next(one).x == 1
        assert keys(next(several)) == ["e1"]
        assert next(found) == []
        storage.events.save(press(package))
        assert keys(next(several)) == ["e1", "e2"]
        assert keys(next(found)) == ["e2"]
        storage.events.save(press(package, "e1", kind="paste"))
        assert isinstance(next(one), package.EventPress)


def test_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def use() -> None:
        opened = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with opened as other:
            events = other.events
            assert (await events.create(click(package))).x == 1
            assert (await events.save(press(package, value=3))).repeat == 2
            assert await events.save_many([upload(package)]) == 1
            assert [type(one).__name__ async for one in events.list()] == [
                *("EventClick", "EventPress", "EventUpload")
            ]
            assert (await events.get("e2")).value == 3
            assert keys(await events.get_many(["e3", "e1"])) == ["e3", "e1"]
            assert keys((await events.list().page(limit=1)).items) == ["e1"]
            assert [one.event_id async for one in events.by_value(3)] == ["e2"]
            assert keys((await events.latest_of_kind("upload").page()).items) == ["e3"]
            assert (await events.by_key_and_repeat("e2").first()).event_id == "e2"
            assert keys(await events.search_key("e2").all()) == ["e2"]
            (found,) = await events.nearest_by_embedding([1, 0, 0])
            assert found.item.event_id == "e3"
            assert (await events.update("e1", x=9)).x == 9
            with pytest.raises(package.InvalidArgument, match="`key` is no field"):
                await events.update("e1", key="a")
            async with events.latest_of_kind("click").watch() as snapshots:
                assert keys(await anext(snapshots)) == ["e1"]
                assert await events.delete("e1")
                assert await anext(snapshots) == []
            async with events.watch("e2") as snapshots:
                assert (await anext(snapshots)).key == "e2"
            assert await events.delete_many(["e2"]) == 1
            assert await events.clear() == 1

    asyncio.run(use())


def test_a_function_spec_tells_of_the_documents(project: Project, tmp_path: Path) -> None:
    """What the validators of all variants together are is the entity."""
    printed = project.convexgen("function-spec")
    assert printed.returncode == 0, printed.stderr
    (tmp_path / "spec.yaml").write_text(
        SPEC.read_text().partition("\nfunctions:")[0] + "\nfunctionSpec: function_spec.json\n"
    )
    (tmp_path / "function_spec.json").write_text(printed.stdout)
    other = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    other.generate()
    for file in ("python/studio_convex/_functions.py", "typescript/functions.ts"):
        own = (project.root / "generated" / file).read_text()
        assert (other.root / "generated" / file).read_text() == own


def test_typescript(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../unions/usage.ts", tmp_path, client)], backend)
    (only,) = storage.events.list()
    assert only.details == {"$from": "typescript"}


def test_typescript_finds_mistakes(project: Project) -> None:
    program = USAGE
    configuration = json.loads(
        (ROOT / "tests" / "clients" / "typescript" / "tsconfig.json").read_text()
    )
    configuration["include"] = [program.as_posix()]
    client = project.root / "generated" / "typescript" / "index.ts"
    configuration["compilerOptions"]["paths"] = {"client": [client.as_posix()]}
    (project.root / "tsconfig.json").write_text(json.dumps(configuration))
    finished = run([*tsc(), "--project", "tsconfig.json"], project.root)
    assert finished.returncode == 0, finished.stdout


def test_python_finds_mistakes(project: Project) -> None:
    folder = project.root / "generated" / "python"
    text = MISTAKES.read_text()
    (folder / MISTAKES.name).write_text(text)
    expected = {n for n, line in enumerate(text.splitlines(), 1) if line.endswith("# mistake")}
    found = run([sys.executable, "-m", "mypy", "--strict", MISTAKES.name], folder).stdout
    lines = [line for line in found.splitlines() if ": error:" in line]
    assert {int(line.split(":")[1]) for line in lines} == expected, found
    (folder / "pyrightconfig.json").write_text(
        json.dumps({"include": [MISTAKES.name], "typeCheckingMode": "strict"})
    )
    command = [node_tool("pyright"), "--pythonpath", sys.executable, "--outputjson"]
    printed = run(command, folder).stdout
    errors = [
        one for one in json.loads(printed)["generalDiagnostics"] if one["severity"] == "error"
    ]
    assert {one["range"]["start"]["line"] + 1 for one in errors} == expected, printed
