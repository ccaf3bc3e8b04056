"""`--watch`: the files of a spec are saved, and what it gives follows."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest
from children import child
from convex.http_client import ConvexHttpClient
from convex.values import CoercibleToConvexValue
from convexgen.cli import generation
from convexgen.cli.project import find_spec, specs_of
from convexgen.cli.watching import SpecWatcher
from convexgen.files.manifest import parse_record
from convexgen.model.system import System
from convexgen.rendering import render
from convexgen.rendering.draft import Draft
from project import Project, make_project
from small_specs import put
from waiting import PATIENCE

SPEC = """\
convexgen: 1
name: crm
include: [../shared/stages.yaml]
entities:
  Company:
    table: companies
    key: domain
    fields: {domain: string, stage: Stage}
"""
STAGES = "enums:\n  Stage: [lead, customer]\n"


class Running:
    """A command that goes on, and the lines that it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        assert process.stdout is not None
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, pipe: IO[str]) -> None:
        with suppress(ValueError):  # of a pipe that is closed when the process is killed
            for line in pipe:
                self._lines.put(line.rstrip("\n"))

    def said(self, start: str) -> str:
        """Waits for a line that starts so."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            if line.startswith(start):
                return line


@contextmanager
def running(project: Project, *arguments: str) -> Iterator[Running]:
    with child(
        [sys.executable, "-m", "convexgen", *arguments],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # one pipe, in which lines keep their order
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        yield Running(process)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("CONVEXGEN_INPUTS_FROM", str(tmp_path / "shared"))
    (tmp_path / "shared" / "stages.yaml").write_text(STAGES)
    (tmp_path / "spec.yaml").write_text(SPEC)
    made = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    (made.root / "schema" / "spec.yaml").rename(made.root / "schema" / "crm.yaml")
    (made.root / "shared").symlink_to(tmp_path / "shared")
    return made


def replace(path: Path, old: str, new: str) -> None:
    """Puts another file in the place of one, as editors do."""
    text = path.read_text()
    assert old in text
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text.replace(old, new))
    beside.replace(path)


def test_fault_22_generate_goes_on_with_the_spec(project: Project) -> None:
    """With the spec, with what it includes elsewhere, over mistakes, and with a file beside it."""
    spec = project.root / "schema" / "crm.yaml"
    with running(project, "generate", "--watch") as command:
        command.said("created ")
        command.said("Watching the spec")
        replace(spec, "domain: string,", "domain: string, seats: integer?,")
        command.said("updated convex/model/companies.ts")
        command.said("updated generated/typescript/entities/companies.ts")
        replace(spec, "seats: integer?", "seats: integr?")
        command.said("schema/crm.yaml:8:37: error[unknown-type]")
        replace(spec, "seats: integr?", "seats: number?")
        command.said("updated convex/model/companies.ts")
        replace(
            project.root / "shared" / "stages.yaml", "[lead, customer]", "[lead, customer, gone]"
        )
        command.said("updated convex/")
        (project.root / "schema" / "people.yaml").write_text(
            "entities:\n  Person:\n    table: people\n    key: name\n    fields: {name: string}\n"
        )
        command.said("created convex/people.ts")
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(PATIENCE) == 0
    assert "seats: v.optional(v.number())" in (project.root / "convex" / "schema.ts").read_text()
    assert project.convexgen("check").returncode == 0


@pytest.mark.parametrize("arguments", [["generate"], ["dev", "--port", "0"]])
def test_fault_22_what_was_wrong_and_is_taken_back_is_good_again(
    project: Project, arguments: list[str]
) -> None:
    """Nothing is written then, which by itself would leave the error as the last word."""
    project.generate()
    spec = project.root / "schema" / "crm.yaml"
    with running(project, *arguments, "--watch") as command:
        command.said("Watching the spec" if arguments == ["generate"] else "Serving until")
        replace(spec, "domain: string,", "domain: strin,")
        command.said("schema/crm.yaml:8:22: error[unknown-type]")
        replace(spec, "domain: strin,", "domain: string,")
        command.said("Good again: what is generated is what the spec gives.")


def test_what_is_wrong_with_one_spec_keeps_no_other_back(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = project.root / "schema" / "crm.yaml"
    other = put(
        project.root,
        "schema/memos/memos.yaml",
        "convexgen: 1\nname: memos\nconvex: {directory: convex/memos}\n"
        "python: {package: memos}\ntypescript: false\n"
        "entities:\n  Memo: {table: memos, key: k, fields: {k: string}}\n",
    )
    specs = [find_spec(path, None) for path in (spec, other)]
    watcher = SpecWatcher(lambda: specs)
    watcher.generate()
    replace(spec, "domain: string,", "domain: strin,")
    replace(other, "k: string", "k: string, n: number")
    capsys.readouterr()
    watcher.generate()
    said = capsys.readouterr()
    assert "crm.yaml:8:22: error[unknown-type]" in said.err
    assert "updated" in said.out
    assert "memos/schema.ts" in said.out


class Looks(threading.Event):
    """Is set after some looks."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        return self._left < 0


def test_what_has_not_changed_is_parsed_once(tmp_path: Path) -> None:
    put(tmp_path, "schema/crm.yaml", SPEC)
    put(tmp_path, "shared/stages.yaml", STAGES)
    watcher = SpecWatcher(lambda: specs_of(tmp_path))
    watcher.generate()
    watcher.follow(Looks(2))
    before = parse_record.cache_info()
    watcher.follow(Looks(2))
    after = parse_record.cache_info()
    assert after.misses == before.misses
    assert after.hits > before.hits


def test_a_file_that_is_first_wrong_and_lies_elsewhere(project: Project) -> None:
    """What a spec with errors consists of is known from its reading, not from a manifest."""
    stages = project.root / "shared" / "stages.yaml"
    replace(stages, "[lead, customer]", "[lead, lead]")
    with running(project, "generate", "--watch") as command:
        command.said("shared/stages.yaml:2:17: error[duplicate-enum-value]")
        command.said("Watching the spec")
        replace(stages, "[lead, lead]", "[lead]")
        command.said("created ")


def test_hand_edits_stop_it_and_it_goes_on(project: Project) -> None:
    project.generate()
    edited = project.root / "convex" / "companies.ts"
    before = edited.read_text()
    edited.write_text(before + "// mine\n")
    with running(project, "generate", "--watch") as command:
        command.said("convex/companies.ts: hand-edited")
        command.said("Watching the spec")
        edited.write_text(before)
        replace(
            project.root / "schema" / "crm.yaml", "domain: string,", "domain: string, a: json?,"
        )
        command.said("updated convex/model/companies.ts")


def test_fault_22_dev_generates_too(project: Project) -> None:
    """From the spec to functions that answer, over an error; standard output is for a shell."""
    (project.root / "convex").mkdir()
    with running(project, "dev", "--port", "0", "--watch") as command:
        url = command.said("export CONVEX_URL=").partition("=")[2]
        key = command.said("export CONVEX_DEPLOY_KEY=").partition("=")[2].strip("'")
        client = ConvexHttpClient(url)
        client.set_admin_auth(key)
        company: dict[str, CoercibleToConvexValue] = {"domain": "a.example", "stage": "lead"}
        client.mutation("companies:save", {"company": company})
        spec = project.root / "schema" / "crm.yaml"
        replace(spec, "domain: string,", "domain: strin,")
        command.said("schema/crm.yaml:8:22: error[unknown-type]")
        assert client.query("companies:getById", {"domain": "a.example"}) is not None
        replace(spec, "domain: strin,", "domain: string, seats: number?,")
        command.said("updated convex/model/companies.ts")
        command.said("Reloaded")
        client.mutation("companies:save", {"company": {**company, "seats": 2.0}})
        assert client.query("companies:getById", {"domain": "a.example"})["seats"] == 2.0


def test_fault_22_a_file_that_goes_while_it_generates_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As when git checks something else out. What was read of it before is whole."""
    put(tmp_path, "schema/crm.yaml", SPEC)
    path = put(tmp_path, "shared/stages.yaml", STAGES)
    watcher = SpecWatcher(lambda: [find_spec(None, tmp_path)])
    watcher.generate()
    before = Project(tmp_path).tree()
    put(tmp_path, "shared/stages.yaml", STAGES.replace("lead", "prospect"))

    def rendered_while_it_goes(system: System, spec: str) -> dict[str, Draft]:
        path.unlink()
        return render.render(system, spec)

    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(generation, "_rendered", rendered_while_it_goes)
        watcher.generate()
    assert capsys.readouterr().err == ""
    assert b"prospect" in (tmp_path / "convex" / "schema.ts").read_bytes()
    after = Project(tmp_path).tree()
    watcher.generate()
    assert 'schema/crm.yaml:3:11: error[include]: "shared/stages.yaml' in capsys.readouterr().err
    assert Project(tmp_path).tree() == after
    put(tmp_path, "shared/stages.yaml", STAGES)
    watcher.generate()
    assert Project(tmp_path).tree() == before
