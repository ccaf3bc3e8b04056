"""A second `convexgen import` of a project whose functions have come, gone or do not load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project import ROOT, Project

SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ users: defineTable({ name: v.string()MORE }) });
"""
USERS = """\
import { v } from "convex/values";
import { query } from "./_generated/server";

export const find = query({ args: { name: v.string() }, handler: async () => null });
"""
POSTS = USERS.replace("find", "latest")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without functions."""
    root = tmp_path / "shop"
    (root / "convex").mkdir(parents=True)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    (root / "convex" / "schema.ts").write_text(SCHEMA.replace("MORE", ""))
    return Project(root)


def imported(project: Project) -> str:
    done = project.convexgen("import")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def grow(project: Project) -> None:
    """Give its table another field."""
    more = ", age: v.number()"
    (project.root / "convex" / "schema.ts").write_text(SCHEMA.replace("MORE", more))


def spec(project: Project) -> str:
    return (project.root / "schema" / "shop.yaml").read_text()


def functions(project: Project, name: str = "shop.functions.json") -> list[str]:
    content = json.loads((project.root / "schema" / name).read_text())
    return [one["identifier"] for one in content["functions"]]


def test_functions_come_after_the_first_import(project: Project) -> None:
    imported(project)
    before = spec(project)
    assert "functionSpec" not in before
    (project.root / "convex" / "users.ts").write_text(USERS)
    imported(project)
    convex = "convex: { directory: convex/shop, schema: theirs }\n"
    assert convex in before
    assert spec(project) == before.replace(convex, f"{convex}functionSpec: shop.functions.json\n")
    assert functions(project) == ["users.js:find"]
    after = spec(project)
    imported(project)
    assert spec(project) == after


def test_all_functions_go(project: Project) -> None:
    (project.root / "convex" / "users.ts").write_text(USERS)
    imported(project)
    (project.root / "convex" / "users.ts").unlink()
    grow(project)
    imported(project)
    assert functions(project) == []
    assert "age: number" in spec(project)
    assert project.convexgen("generate").returncode == 0


def test_functions_that_do_not_load_stay_as_they_were(project: Project) -> None:
    """What a machine lacks, such as a variable, takes no function from a spec."""
    module = project.root / "convex" / "users.ts"
    module.write_text(USERS)
    (project.root / "convex" / "posts.ts").write_text(POSTS)
    imported(project)
    module.write_text(f'{USERS}throw new Error("no URL");\n')
    (project.root / "convex" / "more.ts").write_text("export const {")
    grow(project)
    said = imported(project)
    assert "The functions of users.ts stay as they were, as it cannot be loaded: " in said
    assert "The functions of more.ts are left out, as it cannot be loaded: " in said
    assert functions(project) == ["posts.js:latest", "users.js:find"]
    assert "age: number" in spec(project)


def test_no_function_can_be_read(project: Project) -> None:
    (project.root / "convex" / "users.ts").write_text(USERS)
    imported(project)
    (project.root / "convex" / "we-ird.ts").write_text(USERS)
    grow(project)
    assert "The functions stay as they were, as they cannot be read: " in imported(project)
    assert functions(project) == ["users.js:find"]
    assert "age: number" in spec(project)


def test_the_function_spec_has_another_name(project: Project) -> None:
    (project.root / "convex" / "users.ts").write_text(USERS)
    imported(project)
    folder = project.root / "schema"
    (folder / "shop.functions.json").rename(folder / "api.json")
    (folder / "shop.yaml").write_text(spec(project).replace("shop.functions.json", "api.json"))
    (project.root / "convex" / "posts.ts").write_text(POSTS)
    imported(project)
    assert functions(project, "api.json") == ["posts.js:latest", "users.js:find"]
    assert not (folder / "shop.functions.json").exists()


def test_a_spec_has_parts_and_names_files(project: Project) -> None:
    schema = project.root / "convex" / "schema.ts"
    home = ", home: v.object({ town: v.string() }), at: v.array(v.object({ x: v.number() }))"
    schema.write_text(SCHEMA.replace("MORE", home))
    imported(project)
    folder = project.root / "schema"
    (folder / "places.yaml").write_text("objects:\n  Town: { town: string }\n")
    (folder / "more").mkdir()
    (folder / "more" / "points.yaml").write_text("objects:\n  Point: { x: number }\n")
    text = spec(project).replace("name: shop\n", "name: shop\ninclude: more/points.yaml\n")
    text = text.replace("home: { object: { town: string } }", "home: Town")
    text = text.replace("at: { list: { object: { x: number } } }", "at: list<Point>")
    assert text.count("Town") + text.count("Point") == 2
    (folder / "shop.yaml").write_text(text)
    schema.write_text(SCHEMA.replace("MORE", f"{home}, age: v.number()"))
    imported(project)
    assert spec(project) == text.replace(
        "at: list<Point>\n", "at: list<Point>\n      age: number\n"
    )
