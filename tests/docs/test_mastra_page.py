"""`docs/mastra.md`, done as it says, with its table of what there is.

`UPDATE_MASTRA=1 pytest tests/docs/test_mastra_page.py` rewrites the table; read the difference.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from children import child
from convexgen.embedded import EmbeddedBackend
from markdown_it import MarkdownIt
from mastra_convex._runtime import Storage
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from mastra_convex.mastra.legacy import Legacy
from node_program import bundle_text, run_node
from page_examples import blocks, named_blocks, read_page
from project import ROOT, make_project, run, tsc

PAGE = "docs/mastra.md"
FILES = named_blocks(PAGE)
EXAMPLE = ROOT / "examples" / "mastra"
MARK = "<!-- Written by tests/docs/test_mastra_page.py -->\n"


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def _environment(backend: EmbeddedBackend, package: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(package),
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
    }


PRINTED = {
    "app.py": "When does the train leave?",
    "memory.py": "50 13 True",
    "observations.py": "1 Wants to know when trains leave.",
    "runs.py": (
        "True\nFalse\n"
        "{'input': {'city': 'Oslo'}, "
        "'find': {'status': 'success', 'output': {'seats': [12, 13]}}}\n"
        "1 {'context': {'find': {'output': {'seats': [12, 13]}, 'status': 'success'}, "
        "'input': {'city': 'Oslo'}}, 'requestContext': {'locale': 'nb'}, 'status': 'running'}\n"
        "0.9\n"
    ),
    "spans.py": "1 ['answer']\n['answer', 'look up']\n",
    "live.py": "3 True True\nlive-1\n",
    "bookings.py": "[12]\nNone\n",
}
"""What the programs of the page print, in its order."""


def test_the_programs(tmp_path: Path) -> None:
    first, last = blocks(PAGE, "yaml schema/agents.yaml")
    assert last.startswith(first)
    spec = tmp_path / "agents.yaml"
    spec.write_text(last)
    project = make_project(tmp_path / "project", spec)
    project.generate()
    programs = [name for name in FILES if name.endswith(".py")]
    assert programs == [*PRINTED]
    for name in programs:
        (project.root / name).write_text(FILES[name])
    package = project.root / "generated" / "python"
    typed = [sys.executable, "-m", "mypy", "--strict", *programs]
    checked = run(typed, project.root, {**os.environ, "MYPYPATH": str(package)})
    assert checked.returncode == 0, checked.stdout
    with EmbeddedBackend.start(project.root) as backend:
        for name, printed in PRINTED.items():
            used = run([sys.executable, name], project.root, _environment(backend, package))
            assert used.returncode == 0, used.stderr
            assert printed in used.stdout


def test_the_program_for_node(tmp_path: Path) -> None:
    spec = tmp_path / "node.yaml"
    spec.write_text(FILES["schema/node.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    module = "generated/typescript/mastra/index.js"
    assert f'"./{module}"' in FILES["agents.ts"]
    text = FILES["agents.ts"].replace(f"./{module}", (project.root / module).as_posix())
    with EmbeddedBackend.start(project.root) as backend:
        printed = run_node([bundle_text(text, tmp_path)], backend)
    assert printed == "Trip\n[ 't1' ]\n"


def _cells(section: str) -> Iterator[str]:
    """The code of the tables of a section, cell by cell."""
    tokens = MarkdownIt("commonmark").enable("table").parse(section)
    for before, token in pairwise(tokens):
        if before.type == "td_open":
            (code,) = token.children or []
            assert code.type == "code_inline"
            yield code.content


def test_the_design_document_line_for_line(
    backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = read_page(PAGE).partition("## The design document, line for line")[2]
    cells = [*_cells(section.partition("\n## ")[0])]
    typescript, python = cells[::2], cells[1::2]
    # Each line of code that the document has is in the first column.
    shown = " ".join(typescript)
    for word in DOCUMENT:
        assert word in shown
    monkeypatch.setenv("CONVEX_URL", backend.url)
    monkeypatch.setenv("CONVEX_DEPLOY_KEY", backend.admin_key)
    names: dict[str, Any] = {}
    exec("\n".join(python), names)
    with names["storage"]:
        assert names["found"].thread_id == "thread_123"
        assert names["thread"].id == "thread_123"
        assert names["messages"] == []
        assert names["first"] == names["found"]
        for found in (names["latest"], names["page"].items, names["recent"].all()):
            assert [one.thread_id for one in found] == ["thread_123"]
    # An error is raised by the last line as the document does it.
    failing = python[-2:]
    with pytest.raises(RuntimeError, match=r"^Failed to get thread by ID: "):
        exec("\n".join(failing), names)


DOCUMENT = (
    "import { ConvexHttpClient }",
    "import { api }",
    "import { ConvexStorage }",
    "process.env.CONVEX_URL",
    "new ConvexStorage(",
    "storage.getThreadById({ threadId: 'thread_123' })",
    "storage.getMessages({ threadId: 'thread_123' })",
    "new ConvexHttpClient(config.convexUrl)",
    "this.api = config.api",
    "query({ args: { id: v.string() }",
    "mutation({ args: { data: v.any() }",
    "ctx.db.query(",
    "withIndex(",
    ".first()",
    ".order('desc')",
    ".offset(",
    ".limit(",
    ".filter(",
    "createTable",
    "alterTable",
    "clearTable",
    "convex.subscribe(api.threads.getByResourceId, { resourceId })",
    ".onData(threads =>",
    "throw new Error(`Failed to get thread by ID: ",
)
"""What the design document has in TypeScript."""


def test_a_service_and_a_client_share_a_thread(backend: EmbeddedBackend, tmp_path: Path) -> None:
    environment = _environment(backend, ROOT / "generated" / "python")
    name = "../../generated/typescript/index.js"
    text = (EXAMPLE / "client.ts").read_text()
    program = bundle_text(text.replace(name, (EXAMPLE / name).resolve().as_posix()), tmp_path)
    command = [sys.executable, str(EXAMPLE / "service.py")]
    with child(command, stdout=subprocess.PIPE, env=environment) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
        answers = run_node([program], backend)
        asked = service.stdout.read()
    assert answers == "answered: At 9:41\nanswered: There is none\n"
    assert asked == (
        "asked: When does the train to Oslo leave?\nasked: And to Rome?\nasked: Goodbye\n"
    )


def test_the_client_has_the_types_of_mastra(tmp_path: Path) -> None:
    """Those of `@mastra/core` itself, which is no package of this project: it is too large."""
    example = tmp_path / "examples" / "mastra"
    shutil.copytree(EXAMPLE, example, ignore=shutil.ignore_patterns("node_modules"))
    for name in ("generated", "node_modules"):
        (tmp_path / name).symlink_to(ROOT / name)
    install = ["npm", "ci", "--loglevel=error", "--prefer-offline", "--ignore-scripts"]
    installed = run([*install, "--omit=optional"], example)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    text = (example / "client.ts").read_text()
    (example / "wrong.ts").write_text(text.replace('role: "user"', 'role: "nobody"'))
    both = '{"extends": "./tsconfig.json", "files": ["client.ts", "wrong.ts"]}'
    (example / "tsconfig.both.json").write_text(both)
    checked = run([*tsc(), "--project", "tsconfig.both.json"], example)
    (error,) = re.findall(r"^\S.*", checked.stdout, re.MULTILINE)
    assert error.startswith("wrong.ts(")
    assert '"nobody"' in error


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _methods(members: Iterable[str], owner: type) -> Iterator[tuple[str, Any]]:
    for name in sorted(members):
        value = getattr(owner, name)
        if inspect.isfunction(value) and not name.startswith("_"):
            yield name, value


def _signature(name: str, function: Any) -> str:
    """As in a stub: what is before a star is positional, what has a default may be left out."""
    shown: list[str] = []
    for one in list(inspect.signature(function).parameters.values())[1:]:
        if one.kind is one.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        shown.append(one.name if one.default is one.empty else f"{one.name}=…")
    return f"`{name}({', '.join(shown)})`"


def _table(title: str, owner: type, members: Iterable[str], contract: str) -> str:
    """Mastra's methods, what there is beside them, and what is not there."""
    members = sorted(members)
    methods = dict(_methods(members, owner))
    watches = {name for name in methods if name.startswith("watch_")}
    shown = [name for name in methods if _camel(name) in contract.split()]
    rows = "".join(
        f"| `{_camel(name)}` | {_signature(name, methods[name])} "
        f"| {'yes' if f'watch_{name}' in watches else ''} |\n"
        for name in shown
    )
    beside = {
        "Watched": [
            _signature(name, methods[name])
            for name in sorted(watches)
            if name.removeprefix("watch_") not in methods
        ],
        "Read without a call": [
            f"`{name}`"
            for name in members
            if name[0] != "_" and isinstance(inspect.getattr_static(owner, name), bool | dict)
        ],
        "Functions of the pack, of which these are made": [
            f"`{name}`" for name in methods if name not in {*shown, *watches}
        ],
        "Optional in Mastra, and not there": [
            f"`{name}`" for name in contract.split() if name not in map(_camel, methods)
        ],
    }
    lines = [f"- {what}: {', '.join(names)}.\n" for what, names in beside.items() if names]
    table = f"### {title}\n\n| method | in Python | `watch_` |\n|---|---|---|\n{rows}"
    return "\n".join([table, "".join(lines)] if lines else [table])


def _domains(owner: type) -> dict[str, type]:
    found = {
        name: get_type_hints(value.func)["return"]
        for name, value in vars(owner).items()
        if isinstance(value, cached_property) and not name.startswith("_")
    }
    return dict(sorted(found.items()))


CONTRACT = {
    "memory": """
        dangerouslyClearAll getThreadById saveThread updateThread patchThread
        updateThreadMetadata deleteThread listThreads listMessages listMessagesByResourceId
        listMessagesById saveMessages updateMessages deleteMessages copyThread cloneThread
        updateThreadResourceId getResourceById saveResource updateResource
        getObservationalMemory getObservationalMemoryHistory initializeObservationalMemory
        updateActiveObservations updateBufferedObservations swapBufferedToActive
        createReflectionGeneration updateBufferedReflection swapBufferedReflectionToActive
        setReflectingFlag setObservingFlag setBufferingObservationFlag setBufferingReflectionFlag
        insertObservationalMemoryRecord clearObservationalMemory setPendingMessageTokens
        updateObservationalMemoryConfig
    """,
    "observability": """
        dangerouslyClearAll createSpan updateSpan getSpan getRootSpan getTrace
        getStructure getTraceLight getBranch getSpans listTraces listTracesLight
        batchCreateSpans batchUpdateSpans batchDeleteTraces
    """,
    "scores": """
        dangerouslyClearAll getScoreById saveScore listScoresByScorerId listScoresByRunId
        listScoresByEntityId listScoresBySpan
    """,
    "workflows": """
        dangerouslyClearAll supportsConcurrentUpdates updateWorkflowResults
        updateWorkflowState persistWorkflowSnapshot loadWorkflowSnapshot listWorkflowRuns
        getWorkflowRunById deleteWorkflowRunById
    """,
}
"""The methods of each domain, as the declarations of `@mastra/core` 1.71 have them."""

FLAT = """
    init createTable alterTable clearTable dropTable hasColumn insert batchInsert batchTraceInsert
    load getThreadById getThreadsByResourceId getThreadsByResourceIdPaginated saveThread
    updateThread deleteThread getResourceById saveResource updateResource getMessages
    getMessagesPaginated saveMessages updateMessages deleteMessages getTraces getTracesPaginated
    getEvals getEvalsByAgentName getWorkflowRuns getWorkflowRunById persistWorkflowSnapshot
    loadWorkflowSnapshot getScoreById saveScore getScoresByScorerId getScoresByRunId
    getScoresByEntityId
"""
"""The methods of `MastraStorage` in 0.10 and 0.13, as their declarations have them."""

OPTIONAL = {
    "memory": "prune",
    "observability": """
        prune getFeatures
        queryTraces getTraceQueryObservedFields getTraceQueryValues queryThreads listBranches
        batchCreateLogs listLogs
        batchCreateMetrics listMetrics getMetricAggregate getMetricBreakdown getMetricTimeSeries
        getMetricPercentiles getMetricNames getMetricLabelKeys getMetricLabelValues
        getEntityTypes getEntityNames getServiceNames getEnvironments getTags
        createScore batchCreateScores listScores getScoreById getScoreAggregate
        getScoreBreakdown getScoreTimeSeries getScorePercentiles deleteScores
        createFeedback batchCreateFeedback listFeedback updateFeedbackReviewStatus
        getFeedbackAggregate getFeedbackBreakdown getFeedbackTimeSeries getFeedbackPercentiles
        deleteFeedback
    """,
    "scores": "prune",
    "workflows": "prune",
}
"""What Mastra goes without: its base classes do nothing, or say that a store has it not."""


def test_all_methods_are_in_the_table() -> None:
    text = (
        "Both stores have these methods of Mastra's. Before a `*` arguments are positional, "
        "after it they have names; `…` stands for\nwhat may be left out. Where there is one with "
        "`watch_` before its name, its result is watched.\n"
    )
    tables = [
        _table(f"`store.{name}`", domain, dir(domain), f"{CONTRACT[name]} {OPTIONAL[name]}")
        for name, domain in _domains(MastraStore).items()
    ]
    names = {*dir(Legacy)} - {*dir(Storage)}
    flat = _table("The storage itself, as in 0.10 to 0.13", Legacy, names, FLAT)
    path = ROOT / PAGE
    before, mark, _ = path.read_text().partition(MARK)
    expected = f"{before}{mark}" + "\n".join(["", text, *tables, flat])
    if os.environ.get("UPDATE_MASTRA"):
        path.write_text(expected)
    assert path.read_text() == expected
    others = _domains(AsyncMastraStore)
    for name, domain in _domains(MastraStore).items():
        names = {one for one, _ in _methods(dir(domain), domain)}
        assert names == {one for one, _ in _methods(dir(others[name]), others[name])}
    for name, domain in _domains(MastraStore).items():
        there = {_camel(one) for one in dir(domain)}
        assert {*CONTRACT[name].split()} <= there
        assert not {*OPTIONAL[name].split()} & there
    assert {_camel(one) for one, _ in _methods({*dir(Legacy)} - {*dir(Storage)}, Legacy)} == {
        *FLAT.split()
    }
