"""A second `convexgen import` of tables that have lost a field that told documents apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project import ROOT, Project

SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ shops: TABLE });
"""
CODE = """\
export const one = (ctx: any) =>
  ctx.db.query("shops").withIndex("INDEX", (q: any) => QUERY).unique();
"""


def table(*fields: str) -> str:
    """One with an index of each field."""
    given = ", ".join(f"{field}: v.string()" for field in ("name", *fields))
    indexes = "".join(f'.index("by_{field}", ["{field}"])' for field in fields)
    return f"defineTable({{ {given} }}){indexes}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "shop"
    (root / "convex").mkdir(parents=True)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    return Project(root)


def write(project: Project, *fields: str) -> None:
    """A table with these fields, each of which the code proves to be unique."""
    schema = SCHEMA.replace("TABLE", table(*fields))
    (project.root / "convex" / "schema.ts").write_text(schema)
    for field in ("code", "slug", "handle"):
        module = project.root / "convex" / f"{field}.ts"
        module.unlink(missing_ok=True)
        if field in fields:
            query = f'q.eq("{field}", "x")'
            module.write_text(CODE.replace("INDEX", f"by_{field}").replace("QUERY", query))


def test_the_key_follows_the_code(project: Project) -> None:
    spec = project.root / "schema" / "shop.yaml"
    write(project, "slug")
    assert project.convexgen("import").returncode == 0
    mine = spec.read_text().replace("    key: slug\n", "    key: slug # mine\n")
    spec.write_text(mine)
    write(project, "handle")
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "Shop: its key, slug, is gone with a field of the table; now it is handle" in done.stdout
    assert "    key: handle # mine\n" in spec.read_text()
    write(project)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "Shop: its key, handle, is gone with a field of the table\n" in done.stdout
    assert "key" not in spec.read_text()


def test_what_is_unique_goes_alone(project: Project) -> None:
    spec = project.root / "schema" / "shop.yaml"
    write(project, "code", "slug", "handle")
    assert project.convexgen("import").returncode == 0
    text = spec.read_text()
    assert "key: code" in text
    assert "unique: [handle, slug]" in text
    write(project, "code", "handle")
    assert project.convexgen("import").returncode == 0
    assert "unique: [handle]" in spec.read_text()
    write(project, "code")
    assert project.convexgen("import").returncode == 0
    assert "unique" not in spec.read_text()


def test_functions_of_several_files_are_in_one(project: Project) -> None:
    """Where they were in several, what a later one says would count."""
    write(project)
    module = (
        'import { internalQuery } from "./_generated/server";\nimport { v } from "convex/values";\n'
    )
    own = "export const own = internalQuery({ args: { a: v.number() }, handler: () => null });\n"
    for name in ("one", "two"):
        (project.root / "convex" / f"{name}.ts").write_text(module + own)
    assert project.convexgen("import").returncode == 0
    schema = project.root / "schema"
    printed = json.loads((schema / "shop.functions.json").read_text())
    for name in ("one", "two"):
        functions = [one for one in printed["functions"] if one["identifier"] == f"{name}.js:own"]
        (schema / f"{name}.json").write_text(json.dumps({**printed, "functions": functions}))
    spec = schema / "shop.yaml"
    spec.write_text(spec.read_text().replace("shop.functions.json", "[one.json, two.json]"))
    two = project.root / "convex" / "two.ts"
    two.write_text(module + own.replace("number", "boolean"))
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "functionSpec: one.json\n" in spec.read_text()
    found = json.loads((schema / "one.json").read_text())["functions"]
    types = [one["args"]["value"]["a"]["fieldType"]["type"] for one in found]
    assert types == ["number", "boolean"]
    assert project.convexgen("generate").returncode == 0
