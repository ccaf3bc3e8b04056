"""Commands besides `generate` that write files, ended before every operation, or where one fails.

What runs beside them, such as Node.js, is asked once: what is tested is what happens on the disk.
"""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from convexgen.cli import data, import_project, imported_spec
from convexgen.cli.group import cli
from convexgen.cli.local_deployment import record
from convexgen.cli.project import CannotRun
from convexgen.files import staging
from convexgen.files.staging import remove_unheld_leftovers, written
from convexgen.formatting import format as formatting
from disk_operations import OPERATIONS, Killed, files, leftovers
from project import ROOT
from small_specs import put, small_spec

Run = Callable[[Path], tuple[int, str]]
"""Runs a command in a project: its exit code, and what it says."""

NUMBERS = (errno.EIO, errno.ENOSPC, errno.EACCES)
OWN = {"convex/mine.ts": "// Mine.\n", "notes.txt": "mine\n", ".env": "MINE=1\n"}
SPEC = """\
convexgen: 1
name: crm
entities:
  Person:
    table:   people
    key: personId
    fields: {personId: string}
"""
SALES = """\
entities:
  Sale:
    table:   sales
    key: saleId
    fields:
      saleId: string
      buyer: {type: id<Person>, onDelete: cascade}
    indexes: {by_buyer: [buyer]}
"""
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  users: defineTable({ code: v.string()%s }).index("by_code", ["code"]),
});
"""
FUNCTIONS = """\
import { v } from "convex/values";
import { query } from "./_generated/server.js";
export const %s = query({ args: {}, returns: v.number(), handler: () => 1 });
"""
SHAPES = """\
{"$defs": {"Thing": {"type": "object", "properties": {"thingId": {"type": "string"}},
 "required": ["thingId"], "additionalProperties": false}}}
"""


def command(*arguments: str) -> Run:
    def run(root: Path) -> tuple[int, str]:
        with chdir(root):
            said = CliRunner().invoke(cli, arguments)
        if said.exception is not None and not isinstance(said.exception, SystemExit):
            raise said.exception
        return said.exit_code, said.output

    return run


def recorded(root: Path) -> tuple[int, str]:
    """What `dev --write-env` does, when it serves."""
    try:
        record(root, "http://127.0.0.1:3210", "a-key")
    except CannotRun as error:
        return error.exit_code, error.message
    return 0, ""


@dataclass(frozen=True)
class Scenario:
    """A command in a project."""

    run: Run
    given: Mapping[str, str]
    before: Run | None = None
    """What is run at first."""
    then: Mapping[str, str] | None = None
    """What is saved after that."""


SPECS = {"schema/crm.yaml": SPEC, "schema/sales.yaml": SALES}
IMPORTED = {"convex/schema.ts": SCHEMA % "", "convex/people.ts": FUNCTIONS % "count"}
SCENARIOS = {
    "fmt": Scenario(command("fmt"), SPECS),
    "rename": Scenario(command("rename", "Person", "Human"), SPECS),
    "init": Scenario(command("init", "--name", "crm"), {"package.json": "{}\n"}),
    "import": Scenario(command("import", "--name", "shop"), IMPORTED),
    "import again": Scenario(
        command("import", "--name", "shop"),
        IMPORTED,
        command("import", "--name", "shop"),
        {
            "convex/schema.ts": SCHEMA % ", size: v.optional(v.number())",
            "convex/people.ts": FUNCTIONS % "sum",
        },
    ),
    "import of schemas": Scenario(command("import", "a.json", "--name", "a"), {"a.json": SHAPES}),
    "dev --write-env": Scenario(recorded, {}),
    "dev --write-env again": Scenario(recorded, {".env.local": "A=1\nCONVEX_URL=x\n"}),
    "data export": Scenario(
        command("data", "export", "Thing", "-o", "things.jsonl"), {"things.jsonl": "before\n"}
    ),
}


@pytest.fixture(autouse=True)
def _what_runs_beside_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    read_schema, read_functions = imported_spec.read_schema, import_project.read_loadable_functions

    def schema(root: Path, *, functions: str, schema: Path | None = None) -> Any:
        text = (schema or root / functions / "schema.ts").read_text()
        if text not in kept:
            kept[text] = read_schema(root, functions=functions, schema=schema)
        return kept[text]

    def described(root: Path, *, functions: str) -> Any:
        text = (root / functions / "people.ts").read_text()
        if text not in kept:
            kept[text] = read_functions(root, functions=functions)
        return kept[text]

    @contextmanager
    def table(*_: object) -> Generator[Any]:
        rows = [{"thing_id": str(number), "text": "x" * 20_000} for number in range(3)]
        store = SimpleNamespace(list=lambda: rows)
        yield SimpleNamespace(store=store, records=SimpleNamespace(row=lambda row: row))

    monkeypatch.setattr(imported_spec, "read_schema", schema)
    monkeypatch.setattr(import_project, "read_schema", schema)
    monkeypatch.setattr(import_project, "read_loadable_functions", described)
    monkeypatch.setattr(data, "_table", table)
    monkeypatch.setattr(
        formatting,
        "format_specs",
        lambda texts: {name: text.replace(":   ", ": ") for name, text in texts.items()},
    )


def made(scenario: Scenario, root: Path) -> Path:
    for path, text in {**OWN, **scenario.given}.items():
        put(root, path, text)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    if scenario.before is not None:
        assert scenario.before(root)[0] == 0
    for path, text in (scenario.then or {}).items():
        put(root, path, text)
    return root


def copied(root: Path, to: Path) -> Path:
    return Path(shutil.copytree(root, to, symlinks=True))


def whole(root: Path) -> dict[str, bytes]:
    """What is there under names of its own."""
    begun = leftovers(root)
    return {path: text for path, text in files(root).items() if path not in begun}


@pytest.mark.parametrize("name", SCENARIOS)
def test_whenever_it_is_killed_files_are_whole(tmp_path: Path, name: str) -> None:
    """Each has its old text or its new one, and the next run leaves nothing begun."""
    scenario = SCENARIOS[name]
    start = made(scenario, tmp_path / "start")
    before, done = files(start), copied(start, tmp_path / "done")
    with OPERATIONS.stopped(done):
        code, said = scenario.run(done)
    assert code == 0, said
    after = files(done)
    assert after != before
    for last in range(len(OPERATIONS.done)):
        root = copied(start, tmp_path / str(last))
        with OPERATIONS.stopped(root, last), pytest.raises(Killed):
            scenario.run(root)
        ended = OPERATIONS.done[last]
        there = whole(root)
        assert before.keys() <= there.keys() <= after.keys(), ended
        for path, text in there.items():
            assert text in {before.get(path), after[path]}, (path, ended)
        if there == after:
            continue
        code, said = scenario.run(root)
        if name == "rename" and there != before:
            # Which file still has the old name, `lint` says.
            assert code == 1, said
            assert "Person" in said
            assert command("lint")(root)[0] == 1
            code, said = command("fmt")(root)
            assert not leftovers(root), ended
            continue
        assert code == 0, (said, ended)
        assert files(root) == after, ended


@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_fails_is_said_and_changes_nothing(tmp_path: Path, name: str) -> None:
    """Each kind of error, and also of what is read; then the next run does all of it."""
    scenario = SCENARIOS[name]
    start = made(scenario, tmp_path / "start")
    before, done = files(start), copied(start, tmp_path / "done")
    with OPERATIONS.stopped(done, reads=True):
        assert scenario.run(done)[0] == 0
    after = files(done)
    for last in range(len(OPERATIONS.done)):
        number = NUMBERS[last % len(NUMBERS)]
        root = copied(start, tmp_path / str(last))
        with OPERATIONS.stopped(root, last, number, reads=True):
            code, said = scenario.run(root)
        failed = OPERATIONS.done[last]
        assert not leftovers(root), failed
        if code == 0:
            assert files(root) == after, (failed, said)
            continue
        # That of what a spec includes is a finding.
        assert code == 2 or (code == 1 and failed.startswith("open ")), (failed, said)
        assert os.strerror(number) in said, (failed, said)
        assert files(root) == before, failed
        code, said = scenario.run(root)
        assert code == 0, (failed, said)
        assert files(root) == after, failed


def hold(path: str, begun: Any, end: Any) -> None:
    with written(Path(path)) as file:
        file.write(b"mine")
        begun.set()
        end.wait()


def test_what_another_command_is_writing_is_no_leftover(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    begun, end = context.Event(), context.Event()
    other = context.Process(target=hold, args=(str(tmp_path / "a"), begun, end))
    other.start()
    begun.wait()
    for number in range(20):
        (tmp_path / f".{number:016x}.convexgen-part").write_text("half")
    with written(tmp_path / "b") as file:
        file.write(b"also")
    (left,) = leftovers(tmp_path)
    end.set()
    other.join()
    assert files(tmp_path) == {"a": b"mine", "b": b"also"}
    # As one that was killed leaves it.
    (tmp_path / left).write_text("half")
    with written(tmp_path / "b") as file:
        file.write(b"anew")
    assert files(tmp_path) == {"a": b"mine", "b": b"anew"}


def test_a_file_that_is_taken_for_a_leftover_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is held, nobody can tell it from what a killed command has left."""
    flock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        remove_unheld_leftovers([tmp_path])
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with written(tmp_path / "a") as file:
        file.write(b"content")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a", b"content")]


def test_two_projects_write_a_file_that_both_include(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "shared/part.yaml", "enums:   {A: [a]}\n")
    part = tmp_path / "shared/part.yaml"
    part.chmod(0o666)
    for name in ("one", "other"):
        more = "include:   ../../shared/part.yaml\n"
        put(tmp_path, f"{name}/schema/crm.yaml", small_spec("crm", more=more))
    arguments = ["fmt", "--inputs-from", str(tmp_path / "shared"), "--project"]
    real = staging.put_in_place
    said: list[int] = []

    def put_in_place(staged: Path, path: Path) -> None:
        if not said:
            said.append(-1)
            said.append(CliRunner().invoke(cli, [*arguments, str(tmp_path / "other")]).exit_code)
        real(staged, path)

    monkeypatch.setattr(staging, "put_in_place", put_in_place)
    ended = CliRunner().invoke(cli, [*arguments, str(tmp_path / "one")])
    assert (ended.exit_code, said) == (0, [-1, 0]), ended.output
    assert part.read_text() == "enums: {A: [a]}\n"
    assert part.stat().st_mode & 0o777 == 0o666, "whatever the umask is"
    assert leftovers(tmp_path / "shared") == []
