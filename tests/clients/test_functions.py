"""Functions written by hand, called through the generated client."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, make_project, run

SPEC = ROOT / "tests" / "cases" / "good-functions" / "spec.yaml"
FUNCTIONS = ROOT / "tests" / "clients" / "functions"

MOMENT = datetime(2026, 5, 1, 12, 30, 0, 250000, tzinfo=UTC)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = make_project(tmp_path_factory.mktemp("functions") / "project", SPEC)
    project.generate()
    shutil.copytree(FUNCTIONS, project.root / "convex", dirs_exist_ok=True)
    assert project.convexgen("check").returncode == 0
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("reporting_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        opened.reports.clear()


def test_arguments_and_results_are_typed(storage: Any, package: Any) -> None:
    weekly = storage.functions.usage.weekly
    (usage,) = weekly(since=MOMENT, period=package.Period.DAY, class_=None)
    assert isinstance(usage, package.TokenUsage)
    assert (usage.tokens, usage.at) == (2**60, MOMENT)
    assert json.loads(usage.model) == ["day", "absent", None, "absent"]
    (usage,) = weekly(
        since=MOMENT, period=package.Period.WEEK, class_="c", team="red", url_prefix="/x"
    )
    assert json.loads(usage.model) == ["week", "red", "c", "/x"]


def test_every_kind_of_value(storage: Any, package: Any) -> None:
    report = storage.reports.save(package.Report(report_id="r", total=1))
    int64 = importlib.import_module("reporting_convex._runtime").Int64Value
    everything = {"deep": [None, True, "é", 1.5, int64(2**60), b"\x00\xff"]}
    result = storage.functions.usage.echo(
        all=everything,
        bytes_=b"\x01",
        flags={"on": True},
        number=float("inf"),
        ids=[report.doc_id],
        usage=package.TokenUsage(model="m", tokens=-(2**63), at=MOMENT),
        payload={"$ref": "#", "clé": 1},
    )
    assert result == {
        "all": everything,
        "bytes": b"\x01",
        "flags": {"on": True},
        "number": float("inf"),
        "ids": [report.doc_id],
        "usage": {"model": "m", "tokens": -(2**63), "at": MOMENT.timestamp() * 1000},
        "payload": {"jsonText": '{"$ref":"#","clé":1}'},
    }


def test_arguments_that_do_not_fit_are_refused(storage: Any, package: Any) -> None:
    weekly = storage.functions.usage.weekly
    with pytest.raises(package.InvalidArgument, match="since"):
        weekly(since=MOMENT.replace(tzinfo=None), period=package.Period.DAY, class_=None)
    with pytest.raises(package.InvalidArgument, match="team"):
        weekly(since=MOMENT, period=package.Period.DAY, class_=None, team="too long")


def test_arguments_by_position(storage: Any, package: Any) -> None:
    """In the order of the spec; one that may be null is so where none is given."""
    marks = storage.functions.marks
    assert marks.mark("r", 7) == ["r", "7", "null", "undefined"]
    assert marks.mark("r", 7, None, "d") == ["r", "7", "null", "d"]
    assert marks.mark("r", 7, package.MISSING, package.MISSING)[2:] == ["undefined", "undefined"]
    assert marks.mark("r", class_=7, until=MOMENT)[2] == str(int(MOMENT.timestamp() * 1000))
    with marks.watch_mark("r", 7, None, "d") as snapshots:
        assert next(snapshots) == ["r", "7", "null", "d"]
    with pytest.raises(package.InvalidArgument, match="until"):
        marks.mark("r", 7, "d")
    for wrong in (("r",), ("r", 7, None, "d", "e")):
        with pytest.raises(TypeError):
            marks.mark(*wrong)


def test_names_that_start_with_underscores(storage: Any) -> None:
    """In Python, such attributes are private ones."""
    assert storage.functions.marks.marked(report_id="r") == "r is marked"
    with storage.functions.marks.watch_marked(report_id="r") as snapshots:
        assert next(snapshots) == "r is marked"
    assert storage.functions.usage_drafts.list_() == ["a draft"]


def test_classes_of_functions_may_be_subclassed(storage: Any) -> None:
    functions = importlib.import_module("reporting_convex._functions")

    class Marks(functions.MarksFunctions):  # type: ignore[misc]
        def marked(self) -> list[str]:
            return [*self.mark("r", 1), "more"]

    assert Marks(storage.client).marked() == ["r", "1", "null", "undefined", "more"]
    assert type(storage.functions.marks) is functions.MarksFunctions
    assert hasattr(functions, "AsyncMarksFunctions")


def test_failures_are_errors_of_the_tree(storage: Any, package: Any) -> None:
    fail = storage.functions.usage.fail
    assert fail(code="none") is None
    with pytest.raises(package.NotFound, match=r"run usage:fail.*as asked"):
        fail(code="NotFound")
    with pytest.raises(package.ServerError, match="run usage:fail"):
        fail(code="crash")


def test_watching(storage: Any, package: Any) -> None:
    with storage.functions.admin_summary.watch_summary() as snapshots:
        assert next(snapshots) is None
        storage.reports.save(package.Report(report_id="new", total=1))
        assert next(snapshots) == "new"
    assert storage.functions.usage.list_() == ["new"]


def test_from_asyncio(backend: EmbeddedBackend, package: Any) -> None:
    async def main() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            assert await storage.functions.admin_summary.summary() is None
            assert await storage.functions.marks.mark("r", 7) == ["r", "7", "null", "undefined"]
            with pytest.raises(package.Conflict):
                await storage.functions.usage.fail(code="Conflict")
            async with storage.functions.usage.watch_list_() as snapshots:
                assert await anext(snapshots) == []
                await storage.reports.save(package.Report(report_id="a", total=1))
                assert await anext(snapshots) == ["a"]
            await storage.reports.clear()

    asyncio.run(main())


def test_only_what_may_run_twice_is_repeated(package: Any) -> None:
    module = importlib.import_module("reporting_convex._functions")
    assert module._usage_list().idempotent
    assert not module._usage_fail(code="x").idempotent
    usage = package.TokenUsage(model="m", tokens=1, at=MOMENT)
    echo = module._usage_echo(
        all=None, bytes_=b"", flags={}, number=1.0, ids=[], usage=usage, payload=None
    )
    assert echo.idempotent


@pytest.fixture(scope="module")
def by_spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client whose functions come from what the project's own functions say of themselves."""
    project = make_project(
        tmp_path_factory.mktemp("functions") / "project",
        ROOT / "tests" / "cases" / "good-function-spec" / "spec.yaml",
    )
    spec = project.root / "schema" / "spec.yaml"
    whole = spec.read_text()
    spec.write_text(whole[: whole.index("functionSpec:")])
    project.generate()
    shutil.copytree(FUNCTIONS, project.root / "convex", dirs_exist_ok=True)
    printed = project.convexgen("function-spec")
    assert printed.returncode == 0, printed.stderr
    (project.root / "schema" / "function_spec.json").write_text(printed.stdout)
    spec.write_text(whole)
    assert project.convexgen("check").returncode == 1
    project.generate()
    assert project.convexgen("check").returncode == 0
    (project.root / "schema" / "function_spec.json").write_text('{"functions": []}')
    assert project.convexgen("check").returncode == 1, "the file counts as the spec does"
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("reporting_by_spec")
    with (
        EmbeddedBackend.start(project.root) as started,
        package.ConvexStorage(started.url, deploy_key=started.admin_key) as storage,
    ):
        yield package, storage


def test_a_function_spec_gives_methods(by_spec: Any) -> None:
    package, storage = by_spec
    shapes = storage.functions.shapes
    start = package.ShapesMoveFrom(x=1, y=2**60)
    steps = [package.ShapesMoveBySteps(x=2.5)]
    moved = shapes.move(from_=start, by=package.ShapesMoveBy(steps=steps))
    assert isinstance(moved, package.ShapesMoveReturns)
    assert (moved.to.x, moved.to.y) == (3.5, 2**60)
    assert moved.trace["start"].y == 2**60
    assert shapes.constants(one=1, big=5, yes=True) == 2
    assert shapes.anything({"a": 1, "b": [None]}) == 2
    assert storage.functions.usage.list_() == []
    assert not hasattr(storage.functions, "reports")


def test_entities_as_results(by_spec: Any) -> None:
    package, storage = by_spec
    storage.reports.clear()
    assert storage.functions.shapes.largest() is None
    storage.reports.save(package.Report(report_id="a", total=1))
    saved = storage.reports.save(package.Report(report_id="b", total=2))
    with storage.functions.shapes.watch_largest() as snapshots:
        assert next(snapshots) == saved
    options = package.ShapesPagePaginationOpts(num_items=1, cursor=None)
    page = storage.functions.shapes.page(pagination_opts=options)
    assert [one["reportId"] for one in page["page"]] == ["a"]
    assert storage.functions.admin_summary.summary() == "a"


OWN_FUNCTION = """\
import { v } from "convex/values";
import { internalAction, internalMutation, internalQuery } from "./_generated/server.js";

export const total = internalQuery({
  args: { since: v.number() },
  returns: v.number(),
  handler: async (ctx, { since }) =>
    (await ctx.db.query("sales").take(10)).filter((one) => one.at >= since).length,
});
export const add = internalMutation({
  args: { at: v.number() },
  returns: v.null(),
  handler: async (ctx, { at }) => { await ctx.db.insert("sales", { at }); return null; },
});
"""
FUNCTIONS_ALONE = """\
convexgen: 1
name: kiosk
functions:
  system:total: {kind: query, args: {since: timestamp}, returns: integer}
  system:add: {kind: mutation, args: {at: timestamp}, returns: "null"}
"""


def test_fault_21_a_spec_with_functions_alone(tmp_path: Path) -> None:
    """Beside a project's own functions and schema, of which nothing is written."""
    (tmp_path / "spec.yaml").write_text(FUNCTIONS_ALONE)
    project = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    convex = project.root / "convex"
    (convex / "_generated").mkdir(parents=True)
    for name in ("api.js", "server.js"):
        text = (ROOT / "convex" / "_generated" / name).read_text()
        (convex / "_generated" / name).write_text(text)
    (convex / "system.ts").write_text(OWN_FUNCTION)
    (convex / "schema.ts").write_text(
        'import { defineSchema, defineTable } from "convex/server";\n'
        'import { v } from "convex/values";\n'
        "export default defineSchema({ sales: defineTable({ at: v.number() }) });\n"
    )
    own = {path: text for path, text in project.tree().items() if path.startswith("convex/")}
    project.generate()
    written = project.tree()
    assert own == {path: text for path, text in written.items() if path.startswith("convex/")}
    assert project.convexgen("check").returncode == 0
    program = (
        "import asyncio, os, sys\n"
        "from datetime import datetime, UTC\n"
        "from kiosk_convex import AsyncConvexStorage, ConvexStorage\n"
        "url, key = os.environ['URL'], os.environ['KEY']\n"
        "since = datetime(2026, 1, 1, tzinfo=UTC)\n"
        "with ConvexStorage(url, deploy_key=key) as storage:\n"
        "    storage.functions.system.add(at=since)\n"
        "    assert not hasattr(storage, 'system')\n"
        "    with storage.functions.system.watch_total(since=since) as totals:\n"
        "        print(next(totals))\n"
        "async def main() -> None:\n"
        "    async with AsyncConvexStorage(url, deploy_key=key) as storage:\n"
        "        print(await storage.functions.system.total(since=since))\n"
        "asyncio.run(main())\n"
    )
    with EmbeddedBackend.start(project.root) as started:
        environment = {
            **os.environ,
            "URL": started.url,
            "KEY": started.admin_key,
            "PYTHONPATH": str(project.root / "generated" / "python"),
        }
        ran = run([sys.executable, "-c", program], project.root, environment)
    assert (ran.returncode, ran.stdout) == (0, "1\n1\n"), ran.stderr

    # With the first entity, its functions come, and take no place of somebody's own.
    spec = project.root / "schema" / "spec.yaml"
    spec.write_text(
        f"{FUNCTIONS_ALONE}entities:\n"
        "  Sale: {table: sales, key: saleId, fields: {saleId: string, at: timestamp}}\n"
    )
    refused = project.convexgen("generate")
    assert refused.returncode == 1
    assert "error[function-module]" in refused.stderr
    assert project.tree() | {"schema/spec.yaml": b""} == written | {"schema/spec.yaml": b""}


def test_fault_21_clients_that_are_not_wanted(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", SPEC)
    project.generate()
    whole = set(project.tree())
    spec = project.root / "schema" / "spec.yaml"
    text = spec.read_text()
    for client in ("python", "typescript"):
        spec.write_text(f"{text}{client}: false\n")
        project.generate()
        left = set(project.tree())
        assert whole - left == {path for path in whole if path.startswith(f"generated/{client}/")}
        assert left <= whole
        assert project.convexgen("check").returncode == 0
    spec.write_text(f"{text}python: {{enabled: true, directory: generated/python}}\n")
    project.generate()
    assert set(project.tree()) == whole
