"""Tables as projects have them: a spec says them, and Convex is told the same of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.reserved import CHUNKS_TABLE, COUNTS_TABLES, UNFINISHED_TABLE
from exported_schemas import exported
from node_program import bundle, run_node
from project import ROOT, Project, make_project, run, tsc

GIVEN = ROOT / "tests" / "clients" / "existing"
OWN_TABLES = {CHUNKS_TABLE, UNFINISHED_TABLE, *COUNTS_TABLES}
OWN_SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import existing from "./existing/schema.js";
export default defineSchema({
  ...existing.tables,
  channels: defineTable({ name: v.string() }),
});
"""
OWN_API = """\
import type { AnyApi } from "convex/server";
export declare const api: AnyApi;
export declare const internal: AnyApi;
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with functions and a schema of its own, which joins that of the spec."""
    made = make_project(tmp_path_factory.mktemp("existing") / "project", GIVEN / "spec.yaml")
    functions = made.root / "convex"
    shutil.copytree(ROOT / "templates" / "convex" / "_generated", functions / "_generated")
    (functions / "_generated" / "api.d.ts").write_text(OWN_API)
    (functions / "schema.ts").write_text(OWN_SCHEMA)
    shutil.copy(GIVEN / "own.ts", functions)
    made.generate()
    return made


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory, project: Project) -> list[dict[str, Any]]:
    """What the schema that somebody wrote exports, and the one that is generated."""
    folder = tmp_path_factory.mktemp("exports")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    generated = project.root / "convex" / "existing" / "schema.ts"
    return exported([(GIVEN / "schema.ts").read_text(), generated.read_text()], folder)


def test_a_generated_schema_exports_what_the_existing_one_does(
    schemas: list[dict[str, Any]],
) -> None:
    given, generated = map(_tables, schemas)
    assert given.keys() == generated.keys()
    assert [one["schemaValidation"] for one in schemas] == [False, False]
    for name, table in given.items():
        assert generated[name] == table, name


def _tables(schema: dict[str, Any]) -> dict[str, Any]:
    """The tables of a schema but those of the tool, in a form without order."""
    return {
        table["tableName"]: _plain(table)
        for table in schema["tables"]
        if table["tableName"] not in OWN_TABLES
    }


def _plain(value: Any) -> Any:
    """Indexes and members of unions have no order; a union in a union is flat."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "union":
        members = [part for member in value["value"] for part in _members(member)]
        unique = {json.dumps(one, sort_keys=True): one for one in members}
        plain = [unique[key] for key in sorted(unique)]
        return plain[0] if len(plain) == 1 else {"type": "union", "value": plain}
    plain_value = {key: _plain(one) for key, one in value.items()}
    for key, one in plain_value.items():
        if key.lower().endswith("indexes"):
            plain_value[key] = sorted(one, key=lambda index: index["indexDescriptor"])
    return plain_value


def _members(member: Any) -> list[Any]:
    plain = _plain(member)
    return plain["value"] if plain.get("type") == "union" else [plain]


def test_the_clients_of_existing_tables(project: Project, tmp_path: Path) -> None:
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
            "PYTHONPATH": str(project.root / "generated" / "python"),
        }
        finished = run([sys.executable, GIVEN / "program.py"], project.root, environment)
        assert finished.stdout == "done\n", finished.stdout + finished.stderr
        client = project.root / "generated" / "typescript"
        program = bundle(str(GIVEN / "program.ts"), tmp_path, client)
        assert run_node([program], backend) == "done\n"


def test_types_of_existing_tables(project: Project) -> None:
    environment = {**os.environ, "MYPYPATH": str(project.root / "generated" / "python")}
    command = [sys.executable, "-m", "mypy", "--strict"]
    finished = run([*command, GIVEN / "program.py"], project.root, environment)
    assert finished.returncode == 0, finished.stdout
    finished = run([*command, GIVEN / "mistakes.py"], project.root, environment)
    found = {int(line) for line in re.findall(r"mistakes\.py:(\d+): error", finished.stdout)}
    text = (GIVEN / "mistakes.py").read_text().splitlines()
    wrong = {number for number, line in enumerate(text, 1) if line.endswith("# wrong")}
    assert found == wrong, finished.stdout


def test_typescript_of_existing_tables(project: Project) -> None:
    options = ["--noEmit", "--strict", "--skipLibCheck", "--types", "node", "--target", "es2022"]
    modules = ["--module", "esnext", "--moduleResolution", "bundler"]
    functions = (project.root / "convex").rglob("*.ts")
    places = [project.root / "generated" / "typescript" / "index.ts", *functions]
    finished = run([*tsc(), *options, *modules, *places], project.root)
    assert finished.returncode == 0, finished.stdout
