"""Function specs that lag behind: the entities, or the functions, have changed since."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from project import ROOT, Project, make_project
from small_specs import put

SPEC = """\
convexgen: 1
name: newsroom
objects:
  Draft: {kind: {literal: draft}, words: integer}
  Printed: {kind: {literal: printed}, page: integer}
entities:
  Report:
    table: reports
    key: reportId
    fields: {reportId: string, total: integer, note: string?}
  Article:
    table: articles
    key: articleId
    fields: {articleId: string}
    union: [Draft, Printed]
    tag: kind
"""
OWN = """\
import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import schema from "./schema";

export const latest = internalQuery({
  args: { since: v.number() },
  returns: v.nullable(schema.doc("reports")),
  handler: async (ctx) => await ctx.db.query("reports").first(),
});
export const articles = internalQuery({
  args: {},
  returns: v.array(schema.doc("articles")),
  handler: async (ctx) => await ctx.db.query("articles").take(10),
});
export const totals = internalQuery({
  args: {},
  returns: v.array(
    v.object({ _id: v.id("reports"), _creationTime: v.number(), total: v.number() }),
  ),
  handler: async () => [],
});
export const parts = internalQuery({
  args: {},
  returns: v.array(
    v.object({
      _id: v.id("reports"),
      reportId: v.string(),
      total: v.number(),
      note: v.optional(v.string()),
    }),
  ),
  handler: async () => [],
});
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose function spec is what its own functions say."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    (made.root / "convex" / "newsroom.ts").write_text(OWN)
    print_functions(made)
    write_spec(made, SPEC)
    made.generate()
    return made


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """A copy, as a checkout is one, for one test."""
    return Project(shutil.copytree(made.root, tmp_path / "project", symlinks=True))


def write_spec(project: Project, text: str) -> None:
    (project.root / "schema" / "spec.yaml").write_text(f"{text}functionSpec: function_spec.json\n")


def print_functions(project: Project) -> None:
    printed = project.convexgen("function-spec")
    assert printed.returncode == 0, printed.stderr
    (project.root / "schema" / "function_spec.json").write_text(printed.stdout)


def own_alone(project: Project) -> None:
    """Leave the functions of generated modules out of the function spec."""
    file = project.root / "schema" / "function_spec.json"
    functions = json.loads(file.read_text())["functions"]
    kept = [one for one in functions if one["identifier"].startswith("newsroom.js:")]
    file.write_text(json.dumps({"functions": kept}))


def result_of(project: Project, function: str) -> str:
    """The type that the Python client has for what a function returns."""
    text = (project.root / "generated" / "python" / "newsroom_convex" / "_functions.py").read_text()
    return text.partition(f"def {function}(")[2].partition("-> ")[2].partition(":")[0]


CHANGES: dict[str, Callable[[str], str]] = {
    "gained optional fields": lambda text: text.replace(
        "note: string?", "note: string?, by: number?"
    ).replace("page: integer", "page: {type: integer, optional: true}, by: string?"),
    "gained fields": lambda text: text.replace("note:", "owner: string, note:").replace(
        "words: integer", "words: integer, owner: string"
    ),
    "lost fields": lambda text: text.replace("total: integer, ", "").replace(", page: integer", ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_fault_20_documents_keep_their_type(project: Project, change: str) -> None:
    write_spec(project, CHANGES[change](SPEC))
    project.generate()
    assert result_of(project, "latest") == "Report | None"
    assert result_of(project, "articles") == "list[Article]"
    assert result_of(project, "totals") == "list[ConvexValue]"
    assert result_of(project, "parts") == "list[ConvexValue]"


def test_fault_20_documents_of_a_file_without_generated_functions(project: Project) -> None:
    own_alone(project)
    write_spec(project, CHANGES["gained fields"](SPEC))
    project.generate()
    # It cannot be told from an object that has some of the fields.
    assert result_of(project, "latest") == "ConvexValue"
    write_spec(project, CHANGES["gained optional fields"](SPEC))
    project.generate()
    assert result_of(project, "latest") == "Report | None"
    assert result_of(project, "articles") == "list[Article]"
    assert result_of(project, "totals") == "list[ConvexValue]"
    assert result_of(project, "parts") == "list[ConvexValue]"


TAKING = """\
import { v } from "convex/values";
import { internalMutation } from "./_generated/server";
import schema from "./schema";

const report = schema.doc("reports");
const handler = async () => 1;
const returns = v.number();
export const one = internalMutation({ args: { doc: report, at: v.number() }, returns, handler });
export const many = internalMutation({ args: { docs: v.array(report) }, returns, handler });
export const either = internalMutation({
  args: { doc: v.optional(v.union(v.null(), report, schema.doc("articles"))) },
  returns,
  handler,
});
export const inside = internalMutation({
  args: { given: v.object({ doc: report, by: v.string() }) },
  returns,
  handler,
});
export const own = internalMutation({ args: { _id: v.id("reports") }, returns, handler });
export const whole = internalMutation({ args: report, returns, handler });
"""


def test_fault_20_functions_that_take_documents(project: Project) -> None:
    """Of what is taken, the language has no word for a document, nor arguments such as `_id`."""
    own_functions(project, TAKING)
    print_functions(project)
    project.generate()
    package = project.root / "generated" / "python" / "newsroom_convex"
    text = (package / "_functions.py").read_text()
    taken = dict(re.findall(r"    def (\w+)\(self, (.*)\) -> Number:", text))
    assert taken == {
        "one": "*, doc: ConvexValue, at: Number",
        "many": "*, docs: list[ConvexValue]",
        "either": "*, doc: ConvexValue | MISSING = MISSING",
        "inside": "*, given: NewsroomInsideGiven",
        "own": "arguments: dict[RecordKey, ConvexValue]",
        "whole": "arguments: dict[RecordKey, ConvexValue]",
    }
    checked = project.convexgen("check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_fault_20_check_notices_who_may_call(project: Project) -> None:
    own_functions(project, OWN.replace("internalQuery", "query"))
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  newsroom:latest is public now\n" in checked.stderr
    print_functions(project)
    project.generate()
    own_functions(project, OWN)
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  newsroom:latest is internal now\n" in checked.stderr


def test_fault_20_the_order_of_a_union_is_no_difference(project: Project) -> None:
    either = 'v.union(v.null(), v.object({ a: v.union(v.literal("x"), v.literal("y")) }))'
    other = 'v.union(v.object({ a: v.union(v.literal("y"), v.literal("x")) }), v.null())'
    own_functions(project, OWN.replace("since: v.number()", f"since: {either}"))
    print_functions(project)
    project.generate()
    own_functions(project, OWN.replace("since: v.number()", f"since: {other}"))
    checked = project.convexgen("check")
    assert (checked.returncode, checked.stderr) == (0, "")
    own_functions(project, OWN.replace("since: v.number()", f"since: {other[:-11]})"))
    checked = project.convexgen("check")
    assert "  newsroom:latest takes something else\n" in checked.stderr


def own_functions(project: Project, text: str) -> None:
    (project.root / "convex" / "newsroom.ts").write_text(text)


def test_fault_20_check_notices_that_functions_have_changed(project: Project) -> None:
    assert project.convexgen("check").returncode == 0

    own_functions(
        project,
        OWN.replace("since: v.number()", "since: v.string()")
        .replace("v.array(schema.doc", "v.nullable(schema.doc")
        .replace(".take(10)", ".first()")
        .replace("totals = internalQuery", "sums = internalQuery"),
    )
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert checked.stderr == (
        "The function spec does not say what the functions are:\n"
        "  newsroom:articles returns something else\n"
        "  newsroom:latest takes something else\n"
        "  newsroom:sums is new\n"
        "  newsroom:totals is not there any more\n"
        "Print it anew with `convexgen function-spec`, and run `convexgen generate`.\n"
    )

    print_functions(project)
    assert project.convexgen("check").returncode == 1
    project.generate()
    checked = project.convexgen("check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_fault_20_check_notices_functions_of_another_kind(project: Project) -> None:
    own_functions(project, OWN.replace("internalQuery", "internalMutation"))
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  newsroom:latest is of another kind, mutation\n" in checked.stderr


def test_fault_20_a_file_of_own_functions_alone_is_compared(project: Project) -> None:
    own_alone(project)
    project.generate()
    assert project.convexgen("check").returncode == 0
    own_functions(project, OWN.replace("latest", "last"))
    assert project.convexgen("check").returncode == 1


def test_fault_20_a_file_that_says_nothing_is_compared(project: Project) -> None:
    (project.root / "schema" / "function_spec.json").write_text('{"functions": []}')
    project.generate()
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  newsroom:latest is new\n" in checked.stderr


def test_fault_20_functions_that_cannot_be_read_are_said(project: Project) -> None:
    """Those of another repository, and those whose packages are not installed."""
    (project.root / "convex" / "newsroom.ts").unlink()
    checked = project.convexgen("check")
    assert checked.returncode == 0
    assert checked.stderr == "The function spec was not compared: its functions are not here.\n"
    own_functions(project, OWN)
    (project.root / "node_modules").unlink()
    checked = project.convexgen("check")
    assert checked.returncode == 0
    assert checked.stderr.startswith("The function spec was not compared with the functions: ")
    assert checked.stderr.count("\n") == 1


def test_fault_20_functions_beside_a_folder_of_generated_ones(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    project = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    folder = "convex: {directory: web/convex/crm}\n"
    write_spec(project, SPEC + folder)
    (project.root / "schema" / "function_spec.json").write_text('{"functions": []}')
    project.generate()
    functions = project.root / "web" / "convex"
    (functions / "schema.ts").write_text('export { default } from "./crm/schema";\n')
    (functions / "_generated").mkdir()
    for name in ("api.js", "server.js"):
        text = (ROOT / "convex" / "_generated" / name).read_text()
        (functions / "_generated" / name).write_text(text)
    assert project.convexgen("check").returncode == 0
    (functions / "newsroom.ts").write_text(OWN)
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  newsroom:latest is new\n" in checked.stderr
    assert "crm/" not in checked.stderr


def test_fault_20_functions_of_another_spec_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    project = make_project(tmp_path / "project", tmp_path / "spec.yaml")
    functions = project.root / "convex"
    write_spec(project, f"{SPEC}convex: {{directory: convex/newsroom}}\n")
    (project.root / "schema" / "function_spec.json").write_text('{"functions": []}')
    project.generate()
    put(
        project.root,
        "schema/billing/billing.yaml",
        "convexgen: 1\nname: billing\nconvex: {directory: convex/billing}\n"
        "python: {directory: generated/billing/python}\n"
        "typescript: {directory: generated/billing/typescript}\n"
        "entities: {Bill: {table: bills, key: billId, fields: {billId: string}}}\n",
    )
    assert project.convexgen("generate", "schema/billing").returncode == 0
    put(
        functions,
        "schema.ts",
        'import { defineSchema } from "convex/server";\n'
        'import billing from "./billing/schema";\nimport newsroom from "./newsroom/schema";\n'
        "export default defineSchema({ ...billing.tables, ...newsroom.tables });\n",
    )
    for name in ("api.js", "server.js"):
        put(functions, f"_generated/{name}", (ROOT / "convex" / "_generated" / name).read_text())
    for spec in ("schema", "schema/billing"):
        checked = project.convexgen("check", spec)
        assert (checked.returncode, checked.stderr) == (0, "")
    own_functions(project, OWN.replace("./schema", "./newsroom/schema"))
    checked = project.convexgen("check", "schema")
    assert checked.returncode == 1
    assert "  newsroom:latest is new\n" in checked.stderr
    assert "billing/" not in checked.stderr


def test_fault_20_functions_without_validators_contradict_nothing(project: Project) -> None:
    """A file may say more of them than they do."""
    own_functions(
        project,
        OWN.replace("args: { since: v.number() },", "").replace(
            'returns: v.nullable(schema.doc("reports")),', ""
        ),
    )
    checked = project.convexgen("check")
    assert (checked.returncode, checked.stderr) == (0, "")
