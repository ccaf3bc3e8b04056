"""`docs/adopting.md`, followed: a project with auth and files, and the data that it has."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from page_examples import all_blocks, named_blocks
from project import ROOT, Project, run, tsc

PAGE = "docs/adopting.md"
SETTINGS = ROOT / "generator" / "convexgen" / "embedded" / "server" / "project" / "project.mjs"


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def compile_functions(project: Project) -> None:
    """As `npx convex deploy` does before it pushes them."""
    for name in ("api.js", "dataModel.d.ts", "server.d.ts", "server.js"):
        text = (ROOT / "convex" / "_generated" / name).read_text()
        write(project.root, f"convex/_generated/{name}", text)
    write(project.root, "convex/_generated/api.d.ts", API)
    write(project.root, "convex/tsconfig.json", (ROOT / "convex" / "tsconfig.json").read_text())
    done = run([*tsc(), "--noEmit", "--project", "convex"], project.root)
    assert done.returncode == 0, done.stdout


API = """\
import type { AnyApi } from "convex/server";

export declare const api: AnyApi;
export declare const internal: AnyApi;
export declare const components: AnyApi;
"""


def run_program(project: Project, data: Path) -> str:
    """What the program of the page prints, with a backend that keeps its data in a file."""
    with EmbeddedBackend.start(project.root, data=data) as backend:
        settings = {
            **os.environ,
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
            "PYTHONPATH": str(project.root / "generated" / "python"),
        }
        done = run([sys.executable, "app.py"], project.root, settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page(tmp_path: Path) -> None:
    project = Project(tmp_path / "office")
    files = named_blocks(PAGE)
    re_exported = files.pop("convex/schema-of-the-spec.ts")
    for name, text in files.items():
        write(project.root, name, text)
    write(project.root, "package.json", '{"type": "module", "dependencies": {"convex": "*"}}')
    (project.root / "node_modules").symlink_to(ROOT / "node_modules")
    console = next(block.text for block in all_blocks(PAGE) if block.language == "console")
    command, *said = console.splitlines()
    done = project.convexgen(*command.split()[2:])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[: len(said)] == said
    entity = next(block.text for block in all_blocks(PAGE) if block.language == "yaml")
    assert entity in (project.root / "schema" / "desk.yaml").read_text()
    project.generate()

    # What only reads needs nothing of the schema that is there.
    checked = project.convexgen("check")
    assert checked.returncode == 0, checked.stderr
    compile_functions(project)
    data = tmp_path / "office.data"
    slug, state, file = run_program(project, data).splitlines()[0].split()
    assert (slug, state) == ("plan", "draft")

    spec = project.root / "schema" / "desk.yaml"
    spec.write_text(spec.read_text().replace("    functions: [list, queries]\n", ""))
    project.generate()
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "unfinishedWrites: the generated functions need that table" in checked.stderr
    fragment = next(block.text for block in all_blocks(PAGE) if block.language == "ts fragment")
    imported, _, start = fragment.partition("\n\n")
    text = files["convex/schema.ts"]
    text = text.replace("export default defineSchema({\n  ...authTables,\n", start)
    text = f"{imported}\n{text}"
    schema = project.root / "convex" / "schema.ts"
    schema.write_text(text)
    checked = project.convexgen("check")
    assert checked.returncode == 0, checked.stderr
    compile_functions(project)
    schema.write_text(text.replace('v.literal("draft"), ', ""))
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "documents: the field state is" in checked.stderr
    schema.write_text(text)

    # The spec gives the schema; what was there before is there still.
    write(project.root, "convex/schema.ts", re_exported)
    text = spec.read_text().replace(", schema: theirs", "")
    spec.write_text(text)
    project.generate()
    write(project.root, "app.py", READS)
    assert run_program(project, data).split() == ["plan", file, "a@example.org"]
    spec.write_text(text.replace("{ enum: [draft, shared] }", "{ enum: [draft, shared, gone] }"))
    project.generate()
    assert run_program(project, data).split() == ["plan", file, "a@example.org"]


READS = """\
from desk_convex import ConvexStorage

with ConvexStorage.from_env() as storage:
    (document,) = storage.documents.list()
    (user,) = storage.users.list()
    print(document.slug, document.file, user.email)
"""


def test_the_versions_are_those_that_it_takes() -> None:
    versions = dict(re.findall(r'(\w+_VERSION) = "([\d.]+)"', SETTINGS.read_text()))
    page = (ROOT / PAGE).read_text()
    assert f"convex-test@{versions['CONVEX_TEST_VERSION']}`" in page
    assert f"`convex` {versions['MIN_CONVEX_VERSION']} or later" in page
