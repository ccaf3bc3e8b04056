"""`convexgen import`: what is said of the schemas of projects, and that it is the same schema."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from convexgen.embedded import find_node, read_schema
from convexgen.files import staging
from convexgen.importing.comments import read_comments
from convexgen.importing.comparing import differences
from convexgen.importing.exported import canonical, members, read_exported
from convexgen.importing.keys import readings
from convexgen.importing.names import singular
from convexgen.importing.project import OWN_TABLES
from convexgen.importing.unsayable import OWN_FIELDS
from convexgen.importing.yaml_text import scalar
from convexgen.source.parse import parse
from hypothesis import example, given
from hypothesis import strategies as st
from project import ROOT, Project

PROJECTS = Path(__file__).parent / "projects"
"""Projects with a table for each thing that schemas have, and the spec of each."""
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
"""
TABLE = 'defineTable({ code: v.string() }).index("by_code", ["code"])'
OWN = """\
import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
export const own = internalQuery({ args: {}, returns: v.null(), handler: () => null });
"""
UNIQUE = """\
export const one = (ctx: any) =>
  ctx.db.query("TABLE").withIndex("by_code", (q: any) => q.eq("code", "x")).unique();
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without functions."""
    return new_project(tmp_path / "shop")


def new_project(root: Path) -> Project:
    (root / "convex").mkdir(parents=True)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    return Project(root)


def write(project: Project, name: str, text: str) -> None:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_schema(project: Project, tables: str, before: str = "") -> None:
    """A schema, and code by which each of its tables has a key."""
    write(
        project, "convex/schema.ts", f"{SCHEMA}{before}\nexport default defineSchema({tables});\n"
    )


def spec_of(project: Project) -> str:
    return (project.root / "schema" / f"{project.root.name}.yaml").read_text()


def imported(folder: Path) -> tuple[Project, subprocess.CompletedProcess[str]]:
    """A project of that name, and what was printed when it was imported."""
    project = new_project(folder)
    known = PROJECTS / folder.name
    shutil.copytree(known / "convex", project.root / "convex", dirs_exist_ok=True)
    done = project.convexgen("import")
    if os.environ.get("UPDATE_IMPORTS"):
        (known / "spec.yaml").write_text(spec_of(project))
    assert spec_of(project) == (known / "spec.yaml").read_text()
    return project, done


@pytest.mark.parametrize("name", ["keyed", "keyless"])
def test_a_project_gives_its_spec(name: str, tmp_path: Path) -> None:
    project, done = imported(tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert "The spec gives the same schema." in done.stdout
    # What is generated stands beside the project's own modules, and is up to date.
    before = project.tree()
    generated = project.convexgen("generate")
    assert generated.returncode == 0, generated.stderr
    assert {path: project.tree()[path] for path in before} == before


def test_comments_and_functions_come_along(project: Project) -> None:
    write_schema(
        project,
        """{
  /** Who buys. */
  users: defineTable({
    // How to reach them.
    code: v.string(), // never shown
    address: v.object({
      /** The town. */
      town: v.string(),
    }), // where they live
  })
    .index("by_code", ["code"]),
}""",
    )
    write(
        project,
        "convex/users.ts",
        """\
import { v } from "convex/values";
import { query } from "./_generated/server";

export const find = query({
  args: { code: v.string() },
  returns: v.nullable(v.string()),
  handler: async (ctx, { code }) => {
    const found = await ctx.db
      .query("users")
      .withIndex("by_code", (q) => q.eq("code", code))
      .unique();
    return found?.address.town ?? null;
  },
});
""",
    )
    done = project.convexgen("import", "convex")
    assert done.returncode == 0, done.stderr
    assert "convex/schema.ts: 1 table, 1 with a key, 1 function." in done.stdout
    assert 'export { default } from "./shop/schema";' in done.stdout
    assert "unfinishedWrites" not in done.stdout  # which only generated functions that write need
    text = spec_of(project)
    assert "description: Who buys." in text
    assert "code: { type: string, description: How to reach them. }" in text
    assert "description: where they live" in text
    assert "key: code" in text
    functions = json.loads((project.root / "schema" / "shop.functions.json").read_text())
    assert [one["identifier"] for one in functions["functions"]] == ["users.js:find"]
    assert project.convexgen("generate").returncode == 0
    client = (project.root / "generated" / "python" / "shop_convex" / "_functions.py").read_text()
    assert "def find(self, *, code: str) -> str | None:" in client


def test_functions_that_cannot_be_said_are_left_out(project: Project) -> None:
    write_schema(project, f"{{ shops: {TABLE} }}")
    write(
        project,
        "convex/shops.ts",
        UNIQUE.replace("TABLE", "shops")
        + """
import { v } from "convex/values";
import { query } from "./_generated/server";

export const fine = query({ args: { code: v.string() }, handler: async () => null });
export const under = query({ args: { _under: v.string() }, handler: async () => null });
export const list = query({ args: {}, handler: async () => null });
export const _list = query({ args: {}, handler: async () => null });
export const last = query({ args: {}, handler: async () => null });
""",
    )
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        'shops.js:list is left out: "shops:list" and "shops:_list" are the same in Python\n'
    )
    assert "1 table, 1 with a key, 4 functions" in done.stdout
    again = project.convexgen("import")
    assert again.returncode == 0, again.stderr
    assert "updated" not in again.stdout


def test_deep_unions_are_compared_once() -> None:
    """At each level anew, this many would never come to an end."""

    def nested(depth: int) -> dict[str, Any]:
        if depth == 0:
            return {"type": "string"}
        variants = [
            {"type": "object", "value": {name: {"fieldType": nested(depth - 1), "optional": False}}}
            for name in ("a", "b")
        ]
        return {"type": "union", "value": [*variants, variants[0]]}

    assert canonical(nested(1)) == "union({a: string}, {b: string})"
    deep = nested(8)
    assert len(list(members(deep))) == 2
    assert canonical(deep).count("string") == 2**8


def test_functions_of_modules_that_do_not_load_are_left_out(project: Project) -> None:
    """Those of others are there: what a module does not use while it loads may be missing."""
    write_schema(project, f"{{ shops: {TABLE} }}")
    module = """
import { query } from "./_generated/server";
import { IMPORTED } from "FROM";

export const USE = query({ args: {}, handler: async () => IMPORTED });
"""

    def write_module(name: str, imported: str, origin: str, use: str = "found") -> None:
        text = module.replace("IMPORTED", imported).replace("FROM", origin)
        write(project, f"convex/{name}", text.replace("USE", use))

    write_module("lazy.ts", "Agent", "agents-of-nobody")
    write_module("files.ts", "more", "./nowhere")
    write(
        project,
        "convex/node/mail.ts",
        """"use node";
import { readFileSync } from "node:fs";
import OpenAI from "openai-of-nobody";
import { action } from "../_generated/server";

export const send = action({ args: {}, handler: async () => new OpenAI(readFileSync("key")) });
""",
    )
    pool = 'import { Pool } from "pools-of-nobody";\nexport const pool = new Pool();\n'
    write(project, "convex/shared.ts", pool)
    write_module("first.ts", "pool", "./shared")
    write_module("second.ts", "pool", "./shared")
    write(project, "convex/broken.ts", "export const {;\n")
    write(project, "convex/styles.css", "a {};")
    write_module("styled.ts", "blue", "./styles.css")
    # Of no functions of its own, as its name has two dots.
    write(project, "convex/broken.data.ts", "export const {;\n")
    write_module("third.ts", "data", "./broken.data")
    write_module("refused.ts", "Agent", "agents-of-nobody", "_")
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    functions = json.loads((project.root / "schema" / "shop.functions.json").read_text())
    assert [one["identifier"] for one in functions["functions"]] == [
        *("files.js:found", "lazy.js:found", "node/mail.js:send"),
    ]
    assert (
        "The functions of first.ts, second.ts, shared.ts are left out, as they cannot be loaded: "
        "The package pools-of-nobody is not installed, and the module uses `Pool` of it. "
        "Run: npm install pools-of-nobody\n"
    ) in done.stderr
    for name, problem in (
        ("broken.ts", "convex/broken.ts:1:15: "),
        ("refused.ts", "`refused.js`"),
        ("styled.ts", "convex/styled.ts:3:"),
        ("third.ts", "convex/broken.data.ts:1:15: "),
    ):
        said = f"The functions of {name} are left out, as it cannot be loaded: "
        assert problem in done.stderr.partition(said)[2]


def test_errors_that_nobody_waits_for_leave_no_functions_out(project: Project) -> None:
    """As of Better Auth without its secret, which rejects a promise while a module loads."""
    write_schema(project, f"{{ shops: {TABLE} }}")
    stray = """
class Quiet extends Error { stack = ""; }
async function warm() { throw new Quiet("MY_SECRET is not set"); }
export const warmed = warm();
queueMicrotask(() => { throw new Quiet("nor is it later"); });
"""
    write(
        project, "convex/stray.ts", OWN + stray.replace("setTimeout", "globalThis.queueMicrotask")
    )
    own = OWN.replace("internalQuery", "internalAction")
    write(project, "convex/mail.ts", '"use node";' + own)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    functions = json.loads((project.root / "schema" / "shop.functions.json").read_text())
    names = [one["identifier"] for one in functions["functions"]]
    assert names == ["mail.js:own", "stray.js:own"]
    assert "left out" not in done.stderr


def test_what_is_wrong_with_many_modules_is_found_at_once(project: Project) -> None:
    """A large project would be bundled for minutes, once for each module."""
    for n in range(9):
        uses = f'import {{ more }} from "./shared{n % 3}";\nexport const used = more;\n'
        write(project, f"convex/broken{n}.ts", OWN + uses)
        write(project, f"convex/good{n}.ts", OWN)
    write(
        project,
        "convex/shared0.ts",
        'import { nothing } from "./good0";\n' + OWN + "export const more = nothing;\n",
    )
    write(project, "convex/shared1.ts", OWN + "export const more = ;\n")
    write(project, "convex/shared2.ts", OWN + "export const more = await 1;\n")
    write(project, "convex/bare.ts", OWN + 'import "./shared0";\n')
    script = Path(__file__).parent / "functionBuilds.mjs"
    printed = subprocess.run(
        [find_node(), script, project.root], capture_output=True, text=True, check=True
    )
    found = json.loads(printed.stdout)
    # What imports a file that does not parse is seen when that is out of the way.
    assert found["builds"] <= 3
    assert found["names"] == [f"good{n}.js:own" for n in range(9)]
    wrong = [
        'convex/shared0.ts:1:10: No matching export in "convex/good0.ts" for import "nothing"',
        "convex/shared1.ts:4:21: ",
        "convex/shared2.ts:4:21: Top-level awaits in source files are unsupported",
    ]
    expected = {f"broken{n}.ts": wrong[n % 3] for n in range(9)}
    expected |= {f"shared{n}.ts": wrong[n] for n in range(3)}
    expected["bare.ts"] = wrong[0]
    assert found["reasons"].keys() == expected.keys()
    for module, reason in found["reasons"].items():
        assert reason.startswith(expected[module]), module


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("export default {{;\n", ["convex/schema.ts:3:"]),
        ('throw new Error("not today");\n', ["not today", "convex/schema.ts:3:"]),
        (
            'import { zodTable } from "zod-of-nobody";\nexport default zodTable(1);\n',
            ["zod-of-nobody is not installed", "`zodTable`", "npm install", "convex/schema.ts:4:"],
        ),
        (
            'import { parts } from "./parts";\nexport default defineSchema(parts);\n',
            ["imports ./parts, which is not there", "`parts`", "convex/schema.ts:4:"],
        ),
        ("export const tables = {};\n", ["has no schema", "convex/schema.ts"]),
        ('export default { export: () => "{" };\n', ["cannot be exported"]),
    ],
)
def test_a_schema_that_cannot_be_read(project: Project, text: str, said: list[str]) -> None:
    write(project, "convex/schema.ts", SCHEMA + text)
    done = project.convexgen("import")
    assert done.returncode == 2
    for part in said:
        assert part in done.stderr
    assert not (project.root / "schema").exists()


def test_no_schema(project: Project) -> None:
    done = project.convexgen("import")
    assert done.returncode == 2
    assert "There is no schema.ts in " in done.stderr


def test_what_is_missing_and_not_used_stops_nothing(project: Project) -> None:
    before = """\
import type { Shape } from "types-of-nobody";
import Whole, { part } from "@nobody/package/deep";
export const later = () => [Whole.part, part(1)];
export type { Shape };
"""
    write_schema(project, f"{{ shops: {TABLE} }}", before)
    write(project, "convex/shops.ts", UNIQUE.replace("TABLE", "shops"))
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "table: shops" in spec_of(project)


def test_a_package_of_a_workspace_with_paths(tmp_path: Path) -> None:
    write(Project(tmp_path), "package.json", '{"workspaces": ["packages/*"]}')
    write(
        Project(tmp_path),
        "packages/parts/package.json",
        '{"name": "@shop/parts", "type": "module", "exports": "./index.ts"}',
    )
    write(
        Project(tmp_path),
        "packages/parts/index.ts",
        'import { v } from "convex/values";\nexport const parts = { code: v.string() };\n',
    )
    (tmp_path / "node_modules" / "@shop").mkdir(parents=True)
    (tmp_path / "node_modules" / "@shop" / "parts").symlink_to(tmp_path / "packages" / "parts")
    for name in ("convex", "convex-test", "esbuild", "@esbuild", "@edge-runtime", "ws"):
        if (ROOT / "node_modules" / name).exists():
            (tmp_path / "node_modules" / name).symlink_to(ROOT / "node_modules" / name)
    app = Project(tmp_path / "packages" / "backend")
    write(app, "package.json", '{"type": "module", "dependencies": {"convex": "*"}}')
    write(app, "tsconfig.json", '{"compilerOptions": {"paths": {"@/*": ["./shared/*"]}}}')
    write(app, "convex/tsconfig.json", "{}")
    write(
        app, "shared/more.ts", 'import { v } from "convex/values";\nexport const n = v.int64();\n'
    )
    write(
        app,
        "convex/schema.ts",
        f"""{SCHEMA}
import {{ n }} from "@/more";
import {{ parts }} from "@shop/parts";
export default defineSchema({{
  shops: defineTable({{ ...parts, n }}).index("by_code", ["code"]),
}});
""",
    )
    write(app, "convex/shops.ts", UNIQUE.replace("TABLE", "shops"))
    done = Project(tmp_path).convexgen("import", "packages/backend/convex", "--name", "app")
    assert done.returncode == 0, done.stderr
    text = (app.root / "schema" / "app.yaml").read_text()
    assert "n: int64" in text


def test_a_package_that_is_not_built(tmp_path: Path) -> None:
    app = new_project(tmp_path / "parts" / "example")
    package = '{"name": "@shop/parts", "exports": "./dist.js"}'
    write(Project(tmp_path), "parts/package.json", package)
    before = 'import { parts } from "@shop/parts/deep";'
    write_schema(app, "{ shops: defineTable(parts) }", before)
    done = app.convexgen("import")
    assert done.returncode == 2
    said = f"The package @shop/parts in {tmp_path / 'parts'} has no file for @shop/parts/deep, and"
    assert said in done.stderr
    assert "the schema uses `parts` of it. If it is one of your own, build it" in done.stderr
    assert "npm install" not in done.stderr


def test_a_package_of_commonjs_that_requires_convex(project: Project) -> None:
    write(
        project,
        "tables/index.cjs",
        """\
const { defineTable } = require("convex/server");
const values = require("convex/values");
exports.shops = defineTable({ code: values.v.string() }).index("by_code", ["code"]);
""",
    )
    write_schema(project, "{ shops }", 'import { shops } from "../tables/index.cjs";')
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "indexes: { by_code: [code] }" in spec_of(project)


UNSAYABLE = {
    "{ code: v.union(), all: v.array(v.object({ x: v.union() })) }": (
        "shops.all[].x: v.union() takes no value, and the language has no type for that",
        "shops.code: v.union() takes no value, and the language has no type for that",
    ),
    "v.union() as any": ("shops: v.union() takes no value, and the language has no type for that",),
    '{ code: v.string() }).index("by_code", ["code", "_creationTime"]': (
        "shops: the index by_code names _creationTime, in which every index ends already: "
        "Convex refuses that",
    ),
    "{ code: v.string() }), unfinishedWrites: defineTable({ work: v.string() }": (
        "unfinishedWrites: convexgen has a table of its own that is called so, and this one has "
        "other fields: give it another name",
    ),
}


@pytest.mark.parametrize("document", UNSAYABLE)
def test_what_no_spec_can_say_leaves_none(document: str, project: Project) -> None:
    """Neither at the first import nor at a later one; the next one starts from what was there."""
    lines = [f"convex/schema.ts: {line}.\n" for line in UNSAYABLE[document]]
    for _ in range(2):
        write_schema(project, f"{{ shops: defineTable({document}) }}")
        before = project.tree()
        done = project.convexgen("import")
        said = sorted(done.stderr.splitlines(keepends=True))
        assert (done.returncode, said) == (1, sorted([*lines, "Nothing was written.\n"]))
        assert project.tree() == before
        write_schema(project, f"{{ shops: {TABLE} }}")
        assert project.convexgen("import").returncode == 0


def test_names_are_as_long_as_convex_allows(project: Project) -> None:
    long = "a23456789" * 7
    values = [f"v.union(v.literal('{one}'), v.literal('b'))" for one in "xy"]
    fields = ", ".join(f"{long[:-1]}{n}: {one}, o{n}: {one}" for n, one in enumerate(values))
    write_schema(project, f"{{ cases: defineTable({{ {fields} }}) }}")
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    named = yaml.safe_load(spec_of(project))["enums"]
    assert [len(name) for name in named] == [64, 64]


def test_a_key_that_was_written_is_counted(project: Project) -> None:
    write_schema(project, f"{{ shops: {TABLE} }}")
    assert "1 table, 0 with a key" in project.convexgen("import").stdout
    keyed = spec_of(project).replace("table: shops\n", "table: shops\n    key: code\n")
    write(project, "schema/shop.yaml", keyed)
    assert "1 table, 1 with a key" in project.convexgen("import").stdout


def test_fields_of_tables_of_the_tool() -> None:
    tables = read_exported(read_schema(ROOT).exported).tables
    own = {one.name: set(one.document["value"]) for one in tables if one.name in OWN_TABLES}
    assert own == OWN_FIELDS


def test_an_earlier_spec_gets_no_errors(project: Project) -> None:
    """It stays as it was, and what the errors are about is said as the schema calls it."""
    write_schema(project, f"{{ shops: {TABLE} }}")
    assert project.convexgen("import").returncode == 0
    before = spec_of(project)
    write_schema(
        project, f"{{ shops: {TABLE}, wares: defineTable({{ constructor: v.string() }}) }}"
    )
    done = project.convexgen("import")
    assert done.returncode == 1
    assert "In convex/schema.ts, that is about wares.constructor.\n" in done.stderr
    assert done.stderr.endswith("Nothing was written.\n")
    assert spec_of(project) == before


def test_a_schema_without_tables(project: Project) -> None:
    write_schema(project, "{}")
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert spec_of(project).endswith("\nentities: {}\n")
    for command in ("generate", "check"):
        done = project.convexgen(command)
        assert done.returncode == 0, done.stderr
    write_schema(project, f"{{ shops: {TABLE} }}")
    assert project.convexgen("import").returncode == 0
    assert "\nentities:\n  Shop:\n    table: shops\n" in spec_of(project)
    shutil.rmtree(project.root / "schema")
    write_schema(project, "{}")
    write(
        project,
        "convex/shops.ts",
        """\
import { v } from "convex/values";
import { query } from "./_generated/server";

export const count = query({ args: {}, returns: v.number(), handler: async () => 0 });
""",
    )
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "convex/schema.ts: 0 tables, 0 with a key, 1 function." in done.stdout


UNIQUE_BY = """\
export const one = (ctx: any) =>
  ctx.db.query("shops").withIndex("INDEX", (q: any) => FIELDS).unique();
"""


def read_by(*indexes: tuple[str, tuple[str, ...]]) -> str:
    """Code that reads a shop by some indexes, as if there were one of it."""
    return "".join(
        UNIQUE_BY.replace("one", f"one{position}")
        .replace("INDEX", name)
        .replace("FIELDS", "q" + "".join(f'.eq("{field}", 1)' for field in fields))
        for position, (name, fields) in enumerate(indexes)
    )


def test_what_is_unique_with_fewer_fields_is_so_with_more(project: Project) -> None:
    write_schema(
        project,
        """{
  shops: defineTable({
    code: v.string(),
    town: v.string(),
    mail: v.optional(v.string()),
    phone: v.optional(v.string()),
  })
    .index("all", ["code", "town"])
    .index("mail", ["mail", "phone"])
    .index("phone", ["phone", "mail"])
    .index("code", ["code"])
    .index("mails", ["town", "mail", "phone"]),
}""",
    )
    indexes = {
        "all": ("code", "town"),
        "mails": ("town", "mail", "phone"),
        "mail": ("mail", "phone"),
        "code": ("code",),
        "phone": ("phone", "mail"),
    }
    write(project, "convex/reads.ts", read_by(*indexes.items()))
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    text = spec_of(project)
    assert "    key: code\n" in text
    assert "    unique: [[mail, phone]]\n" in text


def test_a_query_of_what_is_unique_may_have_no_name(project: Project) -> None:
    fields = ("ownerAccountId", "companyId", "occurrenceDedupeKey", "evidenceRevision")
    declared = ", ".join(f"{name}: v.optional(v.string())" for name in fields)
    write_schema(
        project,
        f'{{ shops: defineTable({{ {declared} }}).index("by_all", {json.dumps(fields)}) }}',
    )
    write(project, "convex/reads.ts", read_by(("by_all", fields)))
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    text = spec_of(project)
    assert "unique:\n" not in text
    assert f"    # Read by .unique() of an index over {', '.join(fields)}: " in text


def test_queries_of_indexes_get_names_of_their_own(project: Project) -> None:
    write_schema(
        project,
        """{
  shops: defineTable({
    a: v.string(),
    b: v.optional(v.number()),
    c: v.union(v.int64(), v.null()),
    d: v.array(v.number()),
  })
    .index("by_a", ["a"])
    .index("byA", ["b"])
    .index("by__a", ["a", "c"])
    .index("get_shops_by_a", ["a", "b", "c"])
    .index("ByA2", ["c", "a"])
    .index("get_by_b", ["a", "b"])
    .index("search_a", ["b", "a"])
    .index("nearest_d", ["c"])
    .index("list", ["b", "c"])
    .index("list_", ["c", "b"])
    .searchIndex("searchA", { searchField: "a" })
    .vectorIndex("d", { vectorField: "d", dimensions: 2 }),
}""",
    )
    write(project, "convex/reads.ts", read_by(("byA", ("b",))))
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    text = spec_of(project)
    assert (
        """\
    queries:
      byA3: { order: b }
      byA4: { by: a, order: c }
      getShopsByA5: { by: [a, b], order: c }
      getByB2: { by: a, order: b }
      searchA2: { by: [b, a] }
      nearestD2: { order: c }
      list_2: { by: c, order: b }
"""
        in text
    )
    assert project.convexgen("generate").returncode == 0


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            """{
  resumes: defineTable({ experience: v.array(v.object({ title: v.string() })) }),
  resumeExperiences: defineTable({ at: v.number() }),
}""",
            ["  Resume:\n", "  ResumeExperience:\n"],
        ),
        (
            """{
  as: defineTable({ bC: v.object({ title: v.string() }) }),
  aBs: defineTable({ c: v.object({ at: v.number() }) }),
}""",
            ["  AB:\n"],
        ),
    ],
)
def test_classes_of_fields_take_no_name_of_an_entity(
    project: Project, tables: str, said: list[str]
) -> None:
    write_schema(project, tables)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    for line in said:
        assert line in spec_of(project)


@pytest.mark.parametrize("folder", ["functions", "src/component", "packages/backend/convex"])
def test_functions_may_be_in_a_folder_of_any_name(project: Project, folder: str) -> None:
    write_schema(project, f"{{ shops: {TABLE} }}")
    write(
        project,
        "convex/shops.ts",
        UNIQUE.replace("TABLE", "shops")
        + """
import { query } from "./_generated/server";

export const found = query({ args: {}, handler: async () => null });
""",
    )
    (project.root / folder).parent.mkdir(parents=True, exist_ok=True)
    (project.root / "convex").rename(project.root / folder)
    write(project, "convex.json", json.dumps({"functions": folder}))
    done = project.convexgen("import")
    assert done.returncode == 0, done.stdout + done.stderr
    said = {"directory": f"{folder}/shop", "schema": "theirs"}
    if not folder.endswith("convex"):
        said["functions"] = folder
    assert yaml.safe_load(spec_of(project))["convex"] == said
    project.generate()
    client = project.root / "generated" / "python" / "shop_convex"
    assert '"shop/shops"' in (client / "shops.py").read_text()
    assert '"shops:found"' in (client / "_functions.py").read_text()
    assert not (project.root / folder / "shop" / "_generated").exists()
    assert project.convexgen("check").returncode == 0
    # What is generated proves nothing of the project's own code.
    before = project.tree()
    assert project.convexgen("import").returncode == 0
    assert project.tree() == before
    write(project, "convex.json", '{"functions": "elsewhere"}')
    (project.root / folder).rename(project.root / "elsewhere")
    done = project.convexgen("generate")
    assert done.returncode == 2
    assert "convex.json says that functions are in elsewhere/" in done.stderr


def test_check_says_where_a_schema_of_others_differs(project: Project) -> None:
    write_schema(project, f"{{ shops: {TABLE} }}")
    write(project, "convex/shops.ts", UNIQUE.replace("TABLE", "shops"))
    assert project.convexgen("import").returncode == 0
    assert "schema: theirs" in spec_of(project)
    assert project.convexgen("generate").returncode == 0
    # What only reads needs nothing of the schema.
    assert project.convexgen("check").returncode == 0
    reads = "    functions: [list, queries]\n"
    assert reads in spec_of(project)
    write(project, "schema/shop.yaml", spec_of(project).replace(reads, ""))
    assert project.convexgen("generate").returncode == 0
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  unfinishedWrites: the generated functions need that table" in checked.stderr
    assert "convexgen import" not in checked.stderr  # which adds nothing to a schema
    ours = 'import shop from "./shop/schema";'
    own = "unfinishedWrites: shop.tables.unfinishedWrites"
    write_schema(project, f"{{ shops: {TABLE}, {own} }}", ours)
    assert project.convexgen("check").returncode == 0
    more = TABLE.replace("string()", "string(), n: v.number()")
    write_schema(project, f"{{ shops: {more}, {own} }}", ours)
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "  shops: the field n is new" in checked.stderr
    assert "Run `convexgen import`, which adds that to the spec" in checked.stderr
    (finding,) = json.loads(project.convexgen("check", "--format", "json").stdout)
    assert (finding["code"], finding["message"]) == ("other-schema", "shops: the field n is new")
    # What the spec is to say is added to it, by another import.
    assert project.convexgen("import").returncode == 0
    assert project.convexgen("generate").returncode == 0
    assert project.convexgen("check").returncode == 0
    write(project, "convex/schema.ts", "throw new Error('not today');")
    for options in ((), ("--format", "json")):
        checked = project.convexgen("check", *options)
        assert checked.returncode == 2
        assert "not today" in checked.stderr
    # Where no schema can be read, that is no fault of this one.
    (project.root / "node_modules").unlink()
    checked = project.convexgen("check")
    assert checked.returncode == 0
    assert "The schema was not compared with that of the spec: The npm package" in checked.stderr


@pytest.mark.parametrize("is_second", [False, True], ids=["first", "second"])
def test_an_import_that_is_ended_is_completed_by_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch, is_second: bool
) -> None:
    """Between any two files: the spec names the others, and so comes last."""
    schemas = [f"{{ shops: {TABLE} }}", f"{{ shops: {TABLE}, more: {TABLE} }}"]
    for text in schemas[: 1 + is_second]:
        write_schema(project, text)
        write(project, "convex/own.ts", OWN if text is schemas[0] else OWN.replace("own", "more"))
        done = project.convexgen("import")
        assert done.returncode == 0, done.stderr
    whole = project.tree()
    put_in_place = staging.put_in_place
    files = [name for name in whole if name.startswith("schema/")]
    assert files == [
        "schema/convexgen.schema.json",
        "schema/shop.functions.json",
        "schema/shop.yaml",
    ]
    for count in range(3):
        shutil.rmtree(project.root / "schema")
        if is_second:
            write_schema(project, schemas[0])
            write(project, "convex/own.ts", OWN)
            assert project.convexgen("import").returncode == 0
            write_schema(project, schemas[1])
            write(project, "convex/own.ts", OWN.replace("own", "more"))
        left = count

        def put_some_in_place(staged: Path, path: Path) -> None:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            put_in_place(staged, path)

        with monkeypatch.context() as patched:
            patched.setattr(staging, "put_in_place", put_some_in_place)
            project.convexgen("import")
        done = project.convexgen("import")
        assert done.returncode == 0, done.stdout + done.stderr
        assert project.tree() == whole


def schema(tables: dict[str, object], *, validates: bool = True) -> dict[str, object]:
    return {
        "tables": [
            {"tableName": name, "indexes": [], "searchIndexes": [], "vectorIndexes": [], **one}
            for name, one in tables.items()
            if isinstance(one, dict)
        ],
        "schemaValidation": validates,
    }


TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def document(**fields: object) -> dict[str, object]:
    return {
        "type": "object",
        "value": {
            name.removesuffix("_"): {"fieldType": one, "optional": name.endswith("_")}
            for name, one in fields.items()
        },
    }


def index(name: str, *fields: str) -> dict[str, object]:
    return {"indexDescriptor": name, "fields": list(fields)}


PLAIN = {"documentType": document(a=TEXT, b=NUMBER), "indexes": [index("by_a", "a")]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (schema({}), ["shops: the table is not there"]),
        (schema({"shops": PLAIN, "more": PLAIN}), ["more: the table is new"]),
        (schema({"shops": PLAIN}, validates=False), ["schemaValidation is false"]),
        (
            schema({"shops": {**PLAIN, "documentType": document(a=TEXT, c=TEXT)}}),
            ["shops: the field b is not there", "shops: the field c is new"],
        ),
        (
            schema({"shops": {**PLAIN, "documentType": document(a_=TEXT, b=NUMBER)}}),
            ["shops: the field a is string, or absent, not string"],
        ),
        (schema({"shops": {**PLAIN, "indexes": []}}), ["shops: the index by_a is not there"]),
        (
            schema({"shops": {**PLAIN, "indexes": [index("by_a", "a", "b")]}}),
            ["shops: the index by_a is over a, b, not a"],
        ),
        (
            schema({"shops": {**PLAIN, "documentType": {"type": "any"}}}),
            ["shops: documents are any, not {a: string, b: number}"],
        ),
        (
            schema(
                {
                    "shops": {
                        **PLAIN,
                        "vectorIndexes": [
                            {"indexDescriptor": "v", "vectorField": "b", "dimensions": 3}
                        ],
                    }
                }
            ),
            ["shops: the vector index v is new"],
        ),
        (
            schema({"unfinishedWrites": PLAIN, "shops": PLAIN}),
            [],
        ),
    ],
)
def test_each_difference_is_said(given: dict[str, object], said: list[str]) -> None:
    wanted = read_exported(schema({"shops": PLAIN}))
    assert list(differences(wanted, read_exported(given))) == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([TEXT, NUMBER], [NUMBER, TEXT]),
        ([TEXT, {"type": "union", "value": [NUMBER, TEXT]}], [NUMBER, TEXT]),
        ([{"type": "union", "value": [TEXT]}], [TEXT]),
    ],
)
def test_unions_of_the_same_are_the_same(one: list[object], other: list[object]) -> None:
    given, wanted = (
        read_exported(
            schema({"shops": {"documentType": document(a={"type": "union", "value": members})}})
        )
        for members in (one, other)
    )
    assert list(differences(wanted, given)) == []


CHAIN = 'ctx.db.query("users").withIndex("by_email", (q) => q.eq("email", args.email))'


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (f"await {CHAIN}.unique()", [("users", ("email",), True)]),
        (f"await {CHAIN}.order('desc').first()", [("users", ("email",), False)]),
        (f"await {CHAIN}.collect()", []),
        (f"await {CHAIN}.filter((q) => q.eq(q.field('a'), 1)).unique()", []),
        (f"// await {CHAIN}.unique()", []),
        (f"const text = `{CHAIN}.unique()`;", []),
        (CHAIN.replace(".eq(", ".gt(") + ".unique()", []),
        (CHAIN.replace('"users"', "table") + ".unique()", []),
        (
            'ctx.db\n  .query("a")\n  .withIndex("i", (q) =>\n    q.eq("x", f(1))'
            '.eq("y", {z: 2}),\n  )\n  .unique()',
            [("a", ("x", "y"), True)],
        ),
    ],
)
def test_keys_that_code_proves(code: str, found: list[tuple[str, tuple[str, ...], bool]]) -> None:
    assert [(one.table, one.fields, one.is_unique) for one in readings([code])] == found


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("/** The shops. */", "The shops."),
        ("// The shops\n// of all.", "The shops of all."),
        ("/**\n * The shops.\n *\n * @see elsewhere\n */", "The shops."),
        ("// ---- Shops ----", "Shops"),
        ("// Of a section.\n", None),
        ("// old: v.string(),", None),
        ("// eslint-disable-next-line", None),
        ("// ------------", None),
        ("/* TODO: shops */", None),
    ],
)
def test_comments_of_tables(before: str, said: str | None) -> None:
    text = (
        f"export default defineSchema({{\n{before}\nshops: defineTable({{ a: v.string() }}),\n}});"
    )
    assert read_comments([text]).of("shops") == said


def test_comments_of_tables_in_variables() -> None:
    text = """\
/** The shops. */
export const shopTable = defineTable({
  /** The name. */
  name: v.string(),
});
export default defineSchema({ shops: shopTable });
"""
    comments = read_comments([text])
    assert comments.of("shops") == "The shops."
    assert comments.of("shops", "name") == "The name."


def test_comments_on_one_line() -> None:
    text = """\
export default defineSchema({
  shops: defineTable({ slug: v.string(), /** Where to. */ to: v.string() /* mine */, no: v.any() }),
});
"""
    comments = read_comments([text])
    assert comments.of("shops", "slug") is None
    assert comments.of("shops", "to") == "Where to."
    assert comments.of("shops", "no") is None
    objects = read_comments(
        [
            'const a = v.object({ kind: v.literal("card"), /** The number. */ no: v.any() });\n'
            "const b = v.object({ /** Of who wrote it. */ id: v.string(), name: v.string() });\n"
            "const c = v.object({ id: v.number(), name: v.string() });\n"
        ]
    )
    assert objects.of_object(["kind", "no"]) == {"no": "The number."}
    # They may be of different things.
    assert objects.of_object(["id", "name"]) == {}


SHARED = """\
import { v } from "convex/values";
export const address = v.object({
  /** Street and number. */
  street: v.string(),
  town: v.string(), // as the post has it
});
export const fields = v.object({
  /** Not this. */ a: v.string(),
});
export const others = v.object({
  /** Nor that. */ a: v.string(),
});
"""


def test_comments_of_objects(project: Project) -> None:
    """Of those that have a name, stand in a field or in another file."""
    write(project, "convex/shared.ts", SHARED)
    inner = """{
      home: address,
      work: address,
      // What it weighs.
      size: v.array(v.object({
        /** In grams. */
        weight: v.number(),
        of: v.union(v.literal("a"), v.literal("b")),
      })),
      one: fields,
    }"""
    shops = f"defineTable({inner})"
    write_schema(project, f"{{ shops: {shops} }}", 'import { address, fields } from "./shared";')
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    spec = yaml.safe_load(spec_of(project))
    assert list(spec["objects"].values()) == [
        {
            "street": {"type": "string", "description": "Street and number."},
            "town": {"type": "string", "description": "as the post has it"},
        }
    ]
    found = spec["entities"]["Shop"]["fields"]
    assert found["size"]["description"] == "What it weighs."
    (weight, of) = found["size"]["list"]["object"].values()
    assert (weight["description"], of) == ("In grams.", {"enum": ["a", "b"]})
    assert found["one"] == {"object": {"a": "string"}}


@pytest.mark.parametrize(
    ("table", "one"),
    [
        ("users", "user"),
        ("companies", "company"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("news", "news"),
        ("s", "s"),
        ("userSettings", "userSettings"),
        ("keys", "key"),
        ("snake_case_tables", "snake_case_table"),
    ],
)
def test_names_of_one(table: str, one: str) -> None:
    assert singular(table) == one


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "true",
        "1",
        "1.5",
        "a: b",
        "a #b",
        "- a",
        "[a]",
        "é\u2028",
        "'a'",
        "*a",
        "no",
        "|",
        "a\nb",
    ],
)
@pytest.mark.parametrize("layout", ["key: {}", "key: [{}]", "key: {{in: {}}}"])
def test_text_stays_text_in_yaml(value: str, layout: str) -> None:
    check_text_in_yaml(value, layout)


@given(st.text(), st.sampled_from(["key: {}", "key: [{}]", "key: {{in: {}}}"]))
@example("a family: \U0001f468\u200d\U0001f469\u200d\U0001f467", "key: {}")
@example("\x7f\x85\u2028\ufeff\U000e0041", "key: [{}]")
def test_any_text_stays_text_in_yaml(value: str, layout: str) -> None:
    check_text_in_yaml(value, layout)


def check_text_in_yaml(value: str, layout: str) -> None:
    said = scalar(value, in_flow=layout != "key: {}")
    source, problems = parse(layout.format(said), "spec.yaml")
    assert not problems
    assert source.root is not None
    node: object = source.root.entries["key"].value
    for step in ("items", "entries"):
        inner = getattr(node, step, None)
        if inner is not None:
            node = inner[0] if step == "items" else inner["in"].value
    assert getattr(node, "value", None) == value
