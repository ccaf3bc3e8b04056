"""The generated matrix of access: it passes, until what is emitted is mutated."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.access import Rows, strayed, unlisted
from convexgen.testing.calls import Calls
from convexgen.testing.matrix import Matrix, Outcome, Row
from node_program import bundle_text
from page_examples import blocks, named_blocks
from project import ROOT, Project, node_tool, run
from small_specs import project_of

SUITE = "generated/python/test_notebook_convex_access.py"
TESTS = "python: {testing: pytest}\ntypescript: {testing: vitest}\n"
VITEST = """
import { defineConfig } from "vitest/config";
export default defineConfig({
  test: { globalSetup: "./generated/typescript/testing/setup.ts", dir: "generated" },
});
"""
REGISTRARS = """import {
  internalQuery as hidden,
  mutation as openMutation,
  query as openQuery,
} from "../_generated/server.js";
"""
USERS, LIBRARY, KEY = "viewer/notes", "lib/viewer", "notes"


@dataclass(frozen=True)
class Mutation:
    """What is replaced in a module, where it stands first."""

    name: str
    module: str
    old: str
    new: str
    after: str = ""
    """Where the search for it begins."""

    def text(self, project: Project) -> str:
        whole = (project.root / "convex" / f"{self.module}.ts").read_text(encoding="utf-8")
        start = whole.index(self.after)
        assert self.old in whole[start:], self.name
        return whole[:start] + whole[start:].replace(self.old, self.new, 1)


def of_users(name: str, old: str, new: str, after: str = "") -> Mutation:
    return Mutation(name, USERS, old, new, after)


def of_library(name: str, old: str, new: str, after: str = "") -> Mutation:
    return Mutation(name, LIBRARY, old, new, after)


READS = "if (found === null || !canRead(viewer, found))"
MUTATIONS = (
    # A question that is not asked.
    of_users("get without canRead", READS, "if (found === null)", "export const getById"),
    of_users("update without canRead", READS, "if (found === null)", "export const update"),
    of_users("remove without canRead", READS, "if (found === null)", "export const remove"),
    of_users(
        "list without canRead",
        "if (!canRead(viewer, { published: args.published }))",
        "if (!canRead(viewer, { published: true }))",
    ),
    of_users(
        "search without canRead",
        "if (!canRead(viewer, { tenantId: tenant })) return [];",
        "canRead(viewer, {});",
    ),
    of_users("update without canUpdate", "if (!canUpdate(viewer, found))", "if (!canUpdate)"),
    of_users("remove without canDelete", "if (!canDelete(viewer, found))", "if (!canDelete)"),
    of_users("create without requireFields", "requireFields(viewer, given,", "void (viewer,"),
    of_users(
        "update without requireFields",
        "requireFields(viewer, found, [",
        "void (viewer, [",
        "export const update",
    ),
    of_users(
        "remove without requireFields",
        "requireFields(viewer, found, expectedOf(args));",
        "expectedOf(args);",
    ),
    of_users("update without the fields that are unset", "...(args.unset ?? []),", ""),
    of_users(
        "update without the fields that are raised", "...Object.keys(args.increment ?? {}),", ""
    ),
    of_users("update without the fields that are set", "...Object.keys(args.set),", ""),
    of_users("update without what is expected", "...expectedOf(args),", ""),
    # What is shown.
    of_users("get shows all", "return visibleTo(viewer, found);", "return found;"),
    of_users(
        "a list shows all",
        "page: found.page.map((one) => visibleTo(viewer, one))",
        "page: found.page",
    ),
    of_users("a search shows all", "found.map((one) => visibleTo(viewer, one))", "found"),
    of_users("create hides nothing of another", "delete shown.reviewScore", "shown.reviewScore"),
    # Another rule, or another field.
    of_users("owners by their tenant", "row.ownerId, viewer.subject", "row.ownerId, viewer.tenant"),
    of_users("all that is there is published", "row.published === true", "true"),
    of_users("what is not published", "row.published === true", "row.published === false"),
    of_users(
        "tenants may update",
        "access.isOwn(row.ownerId, viewer.subject)",
        "access.isOwn(row.tenantId, viewer.tenant)",
        "function canUpdate",
    ),
    of_users(
        "any member may delete", 'viewer.roles.includes("admin")', "true", "function canDelete"
    ),
    of_users(
        "any admin may delete",
        "access.isOwn(row.tenantId, viewer.tenant)",
        "true",
        "function canDelete",
    ),
    of_users("another role", 'includes("admin")', 'includes("editor")', "function canDelete"),
    of_users("everybody sees the score", 'viewer.roles.includes("admin")', "true", "const canSee"),
    of_users("create for the tenant", "ownerId: viewer.subject,", 'ownerId: viewer.tenant ?? "",'),
    of_users(
        "create with a field of the caller's",
        "tenantId: access.requireTenant(viewer),",
        "tenantId: args.note.slug,",
    ),
    of_users("create without a tenant", "access.requireTenant(viewer)", 'viewer.tenant ?? ""'),
    # Another part of an index, or none.
    of_users(
        "a filter in place of an index",
        '.withIndex("by_ownerId_and_createdAt", (q) =>\n'
        '        within(q.eq("ownerId", subject), "createdAt", args.createdAt),\n      );',
        '.filter((q) => q.eq(q.field("ownerId"), subject));',
    ),
    of_users(
        "a filter in place of the index of a tenant",
        '.withIndex("by_tenantId_and_createdAt", (q) =>\n'
        '        within(q.eq("tenantId", tenant), "createdAt", args.createdAt),\n      );',
        '.filter((q) => q.eq(q.field("tenantId"), tenant));',
    ),
    *(
        of_users(
            f"a filter in place of {field} in its index",
            f'.withIndex("by_{field}_and_createdAt", (q) =>\n'
            f'        within(q.eq("{field}", {value}), "createdAt", args.createdAt),\n      );',
            f'.withIndex("by_{field}_and_createdAt")'
            f'.filter((q) => q.eq(q.field("{field}"), {value}));',
        )
        for field, value in (
            ("ownerId", "subject"),
            ("tenantId", "tenant"),
            ("published", "args.published"),
        )
    ),
    of_users(
        "a filter in place of a part of its index",
        'q.eq("tenantId", tenant).eq("slug", args.slug),\n      );',
        'q.eq("tenantId", tenant)).filter((q) => q.eq(q.field("slug"), args.slug));',
    ),
    of_users(
        "a list of all tenants",
        'q.eq("tenantId", tenant).eq("slug", args.slug)',
        'q.eq("tenantId", "north").eq("slug", args.slug)',
    ),
    of_users(
        "a search in all tenants",
        'if (tenant !== undefined) narrowed = narrowed.eq("tenantId", tenant);',
        "",
    ),
    of_users("an internal function", "getById = query(", "getById = hidden("),
    # Who calls.
    of_library("another claim of the tenant", 'identity["orgId"]', 'identity["issuer"]'),
    of_library("another claim of the subject", '?.["tokenIdentifier"]', '?.["issuer"]'),
    of_library("everybody is an admin", 'textsOf(identity["roles"])', '["admin"]'),
    of_library("nobody has a role", 'textsOf(identity["roles"])', "[]"),
    of_library("all is one's own", "own !== null && value === own", "own !== null"),
    of_library("nothing is one's own", "own !== null && value === own", "false"),
    # What is for the key.
    Mutation("a list that is public", KEY, "list = internalQuery(", "list = openQuery("),
    Mutation("a write that is public", KEY, "clear = internalMutation(", "clear = openMutation("),
    Mutation("tables that are told", "system", "tables = internalQuery(", "tables = openQuery("),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("matrix") / "project"
    spec = named_blocks("docs/access.md")["schema/notes.yaml"]
    project = project_of(folder, notes=f"{spec}{TESTS}")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}\n')
    (folder / "vitest.config.ts").write_text(VITEST)
    project.generate()
    return project


@pytest.fixture(scope="module")
def matrix(project: Project) -> Matrix:
    spec = spec_from_file_location("the_matrix", project.root / SUITE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.TestAccess.matrix
    assert isinstance(found, Matrix)
    return found


def passed(project: Project, suite: str) -> int:
    """How many tests of a suite pass, which are all."""
    alone = ("--rootdir=.", "-p", "no:cacheprovider", "-p", "convexgen.testing.plugin")
    done = run([sys.executable, "-m", "pytest", "-q", *alone, suite], project.root)
    assert done.returncode == 0, done.stdout
    (count,) = re.findall(r"(\d+) passed", done.stdout)
    return int(count)


def test_the_suite_of_pytest_passes(project: Project) -> None:
    assert passed(project, SUITE) == 14


def test_the_suite_of_all_that_the_language_has_passes(tmp_path: Path) -> None:
    """Members with rules, filled keys, values of enums and other types, public entities, files."""
    project = suites_in(tmp_path, "good-everything")
    settings = '[tool.convexgen.testing]\nconvex_functions = "backend/convex"\n'
    (tmp_path / "pyproject.toml").write_text(settings)
    assert passed(project, "generated/python/test_everything_access.py") == 55


def suites_in(folder: Path, case: str) -> Project:
    """A project with a case whose suites can be run."""
    shutil.copytree(ROOT / "tests" / "cases" / case, folder / "schema")
    project = Project(folder)
    project.generate()
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}\n')
    (folder / "vitest.config.ts").write_text(VITEST)
    return project


def test_the_suites_of_documents_of_any_form_pass(tmp_path: Path) -> None:
    """Of several shapes, with values and entries outside of them, without functions for the key."""
    project = suites_in(tmp_path, "good-access-shapes")
    assert passed(project, "generated/python/test_shelves_convex_access.py") == 61
    assert passed_in_vitest(project) == 60


ROLES = """
convexgen: 1
name: notebook
python: {testing: pytest}
identity: {subject: __proto__, tenant: orgId, roles: https://users.example/roles}

entities:
  Note:
    table: notes
    access:
      owner: ownerId
      tenant: tenantId
      read: [owner, {all: [tenant, {role: key}]}, {all: [tenant, {role: key of south}]}]
      create: [{all: [{role: owner}, {role: nobody}]}]
      update: [{all: [tenant, {role: owner}]}]
      delete: [{role: stranger}, {role: role owner}]
    fields: {ownerId: string, tenantId: string, body: string}
    indexes: {by_ownerId: [ownerId], by_tenantId: [tenantId]}
"""


def test_the_suite_of_roles_called_as_callers_are_passes(tmp_path: Path) -> None:
    """A role is asked for by any name, alone or with others, and claims have any names."""
    project = project_of(tmp_path, notes=ROLES)
    project.generate()
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}\n')
    suite = passed(project, SUITE)
    text = (project.root / SUITE).read_text(encoding="utf-8")
    names = re.findall(r'^            Caller\(\s*name="([^"]*)"', text, re.MULTILINE)
    assert len(set(names)) == len(names)
    assert {"role owner", "role nobody", "nobody and owner", "role key of south"} <= set(names)
    assert suite == 11


SET_BY_BACKEND = """
convexgen: 1
name: notebook
python: {testing: pytest}
identity: {tenant: orgId, roles: roles}

objects:
  Place: {city: string}
entities:
  Note:
    table: notes
    access:
      owner: ownerId
      read: owner
      create: authenticated
      update: owner
      delete: owner
    fields:
      ownerId: string
      slug: string
      state: {enum: [open, closed]}
      shown: {type: string, from: slug}
      kind: {enum: [open, closed], from: state}
      place: Place
      city: {type: string, from: place.city}
      data: {type: json, default: {}, access: {role: admin}}
      inData: {type: string?, from: data.text, access: {role: admin}}
      secret: {type: string?, access: {role: admin}}
      ofSecret: {type: string?, from: secret, access: {role: admin}}
      hits: {type: integer, default: 0, access: {role: admin}}
      revision: {type: integer, revision: true, access: {role: admin}}
      writtenAt: {type: timestamp, set: on write, access: {role: admin}}
      parent: {type: id<Note>?, onDelete: cascade}
      before: {type: id<Note> | null, onDelete: setNull}
      page: id<Page>?
    unique: [[ownerId, shown]]
    indexes:
      by_ownerId_and_shown: {fields: [ownerId, shown], counted: true}
      by_ownerId_and_kind: {fields: [ownerId, kind, city], counted: true}
      by_ownerId_and_parent: [ownerId, parent]
      by_ownerId_and_before: [ownerId, before, slug]
      by_ownerId_and_page: [ownerId, page]
      by_parent: [parent]
      by_before: [before]
  Page:
    table: pages
    access: {owner: ownerId, read: owner, create: owner, update: owner, delete: owner}
    fields: {ownerId: string, note: id<Note>?}
    indexes: {by_ownerId_and_note: [ownerId, note]}
  Endless:
    table: endless
    access: {owner: ownerId, read: owner, create: owner, update: owner, delete: owner}
    fields: {ownerId: string, next: id<Endless>}
    indexes: {by_ownerId: [ownerId]}
  Ticket:
    table: tickets
    access: {owner: ownerId, read: [owner, {where: {state: open}}], create: owner, update: owner}
    fields:
      ownerId: string
      status: {enum: [open, closed], default: open}
      state: {enum: [open, closed], from: status}
      size: {type: integer, default: 1, access: {role: admin}}
      sized: {type: integer, from: size, access: {role: admin}}
    indexes: {by_ownerId: [ownerId], by_state: [state]}
"""


def test_the_suite_of_what_the_backend_sets_passes(tmp_path: Path) -> None:
    """Derived fields, revisions and defaults that not everybody sees, and references in circles."""
    project = project_of(tmp_path, notes=SET_BY_BACKEND)
    project.generate()
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}\n')
    assert passed(project, SUITE) == 34
    assert 'untold={"viewer/endless": "next"}' in (project.root / SUITE).read_text(encoding="utf-8")


def passed_in_vitest(project: Project) -> int:
    """How many tests of its suite pass, which are all."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    done = run([node_tool("vitest"), "run"], project.root, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (count,) = re.findall(r"Tests +(\d+) passed \(\1\)", done.stdout)
    return int(count)


def test_the_suite_of_vitest_passes(project: Project) -> None:
    assert passed_in_vitest(project) == 13


AFTER_A_FAILURE = """
import { Calls } from "./templates/typescript/access/calls.ts";

const listed = [{ identifier: "notes.js:list", functionType: "Query" }];
const answers = [
  { status: "error", errorMessage: "it is starting" },
  { status: "success", value: listed },
];
let asked = 0;
globalThis.fetch = async () => new Response(JSON.stringify(answers[asked++]));
const given: unknown[] = [];
for (let n = 0; n < 3; n++) {
  const calls = new Calls({ url: "http://127.0.0.1:1", adminKey: "key" });
  try {
    given.push([...(await calls.functions())]);
  } catch (error) {
    given.push(String(error));
  }
}
console.log(JSON.stringify([given, asked]));
"""


def test_functions_are_asked_for_anew_after_a_failure(tmp_path: Path) -> None:
    done = run(["node", bundle_text(AFTER_A_FAILURE, tmp_path)], ROOT)
    assert done.returncode == 0, done.stderr
    (failure, *found), asked = json.loads(done.stdout)
    assert failure.endswith("it is starting")
    assert found == [[["notes:list", "query"]]] * 2
    assert asked == 2


@pytest.fixture(scope="module")
def mutated(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """A backend with each mutation in a folder of its own: one start for all of them."""
    folder = tmp_path_factory.mktemp("mutated")
    for name in ("node_modules", "package.json"):
        (folder / name).symlink_to(project.root / name)
    convex = folder / "convex"
    shutil.copytree(project.root / "convex", convex)
    for number, mutation in enumerate(MUTATIONS):
        place = convex / f"mutant{number}"
        place.mkdir()
        text = mutation.text(project)
        if mutation.module == LIBRARY:
            (place / "library.ts").write_text(text)
            text = (convex / f"{USERS}.ts").read_text(encoding="utf-8")
            text = text.replace('"../lib/viewer.js"', '"./library.js"')
        elif mutation.module != USERS:
            text = text.replace('from "./', 'from "../')
        (place / "notes.ts").write_text(f"{REGISTRARS}{text}")
    with EmbeddedBackend.start(folder) as backend, Calls(backend.url, backend.admin_key) as calls:
        yield calls


@pytest.mark.parametrize("number", range(len(MUTATIONS)), ids=[one.name for one in MUTATIONS])
def test_a_mutation_is_caught(mutated: Calls, matrix: Matrix, number: int) -> None:
    mutation, module = MUTATIONS[number], f"mutant{number}/notes"
    if mutation.module not in (USERS, LIBRARY):
        (asked,) = (one for one in matrix.modules if one.name == mutation.module)
        assert any(strayed(matrix, replace(asked, name=module), mutated))
        return
    entities = [replace(one, users=module) for one in matrix.entities]
    rows = Rows(replace(matrix, entities=entities), mutated)
    try:
        assert any(
            one
            for row in matrix.rows
            for path in (row.function.replace(USERS, module),)
            for one in rows.wrong(replace(row, function=path), mutated.functions[path])
        )
    finally:
        rows.clear()


def test_the_row_of_the_page(matrix: Matrix) -> None:
    (shown,) = blocks("docs/access.md", "python fragment")
    assert eval(shown, {"Row": Row, "Outcome": Outcome}) in matrix.rows


def test_what_is_not_in_the_matrix(matrix: Matrix) -> None:
    functions = {
        **{row.function: "query" for row in matrix.rows},
        **{f"{one.name}:list": "query" for one in matrix.modules},
    }
    assert [*unlisted(matrix, functions)] == []
    assert [*unlisted(matrix, {**functions, f"{USERS}:all": "query"})] == [
        f"{USERS}:all has no row"
    ]
    assert [*unlisted(replace(matrix, rows=matrix.rows[7:]), functions)] == [
        f"{USERS}:getById has no row"
    ]
    del functions[f"{USERS}:remove"]
    del functions["system:list"]
    assert [*unlisted(matrix, functions)] == [
        f"there is no {USERS}:remove",
        "there is no module system",
    ]
    row = replace(matrix.rows[-1], outcomes=matrix.rows[-1].outcomes[1:])
    told = [*unlisted(replace(matrix, rows=[*matrix.rows[:-1], row]), functions)]
    assert any("does not tell of each caller once" in one for one in told)
