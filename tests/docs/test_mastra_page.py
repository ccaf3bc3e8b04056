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
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import ConvexgenError, ConvexStorage, Thread
from mastra_convex._runtime import Storage
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from mastra_convex.mastra.legacy import Legacy
from node_program import bundle_text, run_node
from page_examples import named_blocks, read_page
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
}
"""What the programs of the page print."""


def test_the_programs(tmp_path: Path) -> None:
    spec = tmp_path / "agents.yaml"
    spec.write_text(FILES["schema/agents.yaml"])
    project = make_project(tmp_path / "project", spec)
    project.generate()
    for name in PRINTED:
        (project.root / name).write_text(FILES[name])
    package = project.root / "generated" / "python"
    typed = [sys.executable, "-m", "mypy", "--strict", *PRINTED]
    checked = run(typed, project.root, {**os.environ, "MYPYPATH": str(package)})
    assert checked.returncode == 0, checked.stdout
    with EmbeddedBackend.start(project.root) as backend:
        for name, printed in PRINTED.items():
            used = run([sys.executable, name], project.root, _environment(backend, package))
            assert used.returncode == 0, used.stderr
            assert printed in used.stdout


def test_the_design_document_line_for_line(backend: EmbeddedBackend) -> None:
    section = read_page(PAGE).partition("## The design document, line for line")[2]
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \|$", section.partition("\n## ")[0], re.MULTILINE)
    assert len(rows) == 13
    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        names: dict[str, Any] = {
            "ConvexStorage": ConvexStorage,
            "ConvexgenError": ConvexgenError,
            "storage": storage,
            "convex_url": backend.url,
            "key": backend.admin_key,
            "thread": Thread(thread_id="thread_123", resource_id="user-7"),
        }
        for _, python in rows:
            code = python.replace("…", "...")
            if code.startswith("except"):
                code = f"try:\n    storage.get_thread_by_id(thread_id='')\n{code}"
            exec(code, names)
        assert storage.get_thread_by_id(thread_id="thread_123") is not None
        with storage.threads.by_resource_id("user-7").watch() as snapshots:
            assert [one.thread_id for one in next(snapshots)] == ["thread_123"]


def test_a_service_and_a_client_share_a_thread(backend: EmbeddedBackend, tmp_path: Path) -> None:
    environment = _environment(backend, ROOT / "generated" / "python")
    name = "../../generated/typescript/index.js"
    text = (EXAMPLE / "client.ts").read_text()
    program = bundle_text(text.replace(name, (EXAMPLE / name).resolve().as_posix()), tmp_path)
    with subprocess.Popen(
        [sys.executable, str(EXAMPLE / "service.py")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
        try:
            answers = run_node([program], backend)
            asked = service.stdout.read()
        finally:
            service.kill()
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
        value = inspect.getattr_static(owner, name)
        if inspect.isfunction(value) and not name.startswith("_"):
            yield name, value


def _parameters(function: Any) -> str:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    names = [
        one.name + ("=…" if one.kind is one.KEYWORD_ONLY else "")
        for one in parameters
        if one.default is one.empty
    ]
    rest = ["…"] if len(names) < len(parameters) else []
    return f"({', '.join(names + rest)})"


def _table(title: str, members: Iterable[str], owner: type) -> str:
    methods = dict(_methods(members, owner))
    rows = "".join(
        f"| `{_camel(name)}` | `{name}{_parameters(function)}` "
        f"| {'yes' if f'watch_{name}' in methods else ''} |\n"
        for name, function in methods.items()
        if not name.startswith("watch_")
    )
    return f"### {title}\n\n| method | in Python | `watch_` |\n|---|---|---|\n{rows}"


def _domains(owner: type) -> dict[str, type]:
    found = {
        name: get_type_hints(value.func)["return"]
        for name, value in vars(owner).items()
        if isinstance(value, cached_property) and not name.startswith("_")
    }
    return dict(sorted(found.items()))


def test_all_methods_are_in_the_table() -> None:
    text = (
        "Both stores have these methods; `…` stands for what may be left out. Where there is "
        "one with `watch_` before its\nname, its result is watched.\n"
    )
    tables = [
        _table(f"`store.{name}`", dir(domain), domain)
        for name, domain in _domains(MastraStore).items()
    ]
    names = {*dir(Legacy)} - {*dir(Storage)}
    flat = _table("The storage itself, as in 0.10 to 0.13", names, Legacy)
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
