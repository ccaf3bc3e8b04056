"""A second `convexgen import`: what has changed is added, and what people have written stays."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from convexgen.cli import import_schemas, imported_spec
from convexgen.cli.group import cli
from convexgen.importing import merging
from project import ROOT, Project

HEAD = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

"""
BEFORE = """\
const place = v.object({ street: v.string(), zip: v.string() });
const state = v.union(v.literal("open"), v.literal("closed"));
export default defineSchema({
  users: defineTable({
    code: v.string(),
    at: v.number(),
    old: v.string(),
    plain: v.string(),
    home: place,
    work: place,
    state,
    before: state,
  })
    .index("by_code", ["code"])
    .index("by_at", ["at"])
    .index("by_old", ["old"])
    .searchIndex("search", { searchField: "plain" }),
  gone: defineTable({ code: v.string() }).index("by_code", ["code"]),
  kept: defineTable({ code: v.string(), n: v.int64() }).index("by_code", ["code"]),
});
"""
AFTER = """\
const place = v.object({ street: v.string(), zip: v.string() });
const state = v.union(v.literal("open"), v.literal("closed"));
export default defineSchema({
  users: defineTable({
    code: v.string(),
    at: v.number(),
    plain: v.optional(v.string()),
    home: place,
    work: place,
    state,
    before: state,
    /** Where it goes. */
    next: v.optional(place),
    after: v.union(state, v.null()),
    lots: v.object({
      first: v.string(),
      second: v.optional(v.array(v.object({ very: v.string(), long: v.string() }))),
    }),
  })
    .index("by_code", ["code"])
    .index("by_at", ["at", "plain"])
    .searchIndex("search", { searchField: "plain", filterFields: ["code"] }),
  kept: defineTable({ code: v.string(), n: v.int64() })
    .index("by_code", ["code"])
    .index("n", ["n"]),
  added: defineTable({ code: v.string(), user: v.id("users") }).index("by_code", ["code"]),
});
"""
KEYS = "\n".join(
    f'export const {name} = (ctx: any) =>\n  ctx.db.query("{name}")'
    '.withIndex("by_code", (q: any) => q.eq("code", "x")).unique();'
    for name in ("users", "gone", "kept", "added")
)
KEPT = (
    "Kept: {table: kept, key: code, fields: {code: string, n: int64}, indexes: {by_code: [code]}}"
)
EDITED = """\
# A spec that somebody cares for.
convexgen: 1
name: shop
convex: {directory: convex/shop}

enums:
  Phase: [open, closed] # our word
objects:
  Place: {street: string, zip: string}

entities:
  # The people.
  Person:
    description: Who buys.
    table: users
    key: code
    fields:
      # Their code.
      code: {type: string, pattern: "[a-z]+"}
      at: timestamp # when they came
      # Not for long.
      old: string
      plain: {type: string, description: Kept.}
      home: Place
      work: Place
      state: Phase
      before: Phase
    indexes: {by_code: [code], by_at: [at], by_old: [old]}
    searchIndexes:
      search: { search: plain }

  # It goes.
  Gone:
    table: gone
    key: code
    fields: {code: string}
    indexes: {by_code: [code]}

  KEPT
# The end.
""".replace("KEPT", KEPT)
MERGED = """\
# A spec that somebody cares for.
convexgen: 1
name: shop
convex: {directory: convex/shop}

enums:
  Phase: [open, closed] # our word
objects:
  Place: {street: string, zip: string}

entities:
  # The people.
  Person:
    description: Who buys.
    table: users
    key: code
    fields:
      # Their code.
      code: {type: string, pattern: "[a-z]+"}
      at: timestamp # when they came
      plain: {type: string?, description: Kept.}
      home: Place
      work: Place
      state: Phase
      before: Phase
      next: { type: Place?, description: Where it goes. }
      after: Phase | null
      lots:
        object:
          first: string
          second:
            list: { object: { very: string, long: string } }
            optional: true
    indexes: {by_code: [code], by_at: [at, plain]}
    searchIndexes:
      search: { search: plain, filter: code }

  KEPT

  Added:
    table: added
    key: code
    fields:
      code: string
      user: id<Person>
    indexes: { by_code: [code] }
    access: internal
    functions: [list, queries]
# The end.
""".replace("KEPT", KEPT.replace("[code]}}", "[code], n: [n]}}"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose spec was imported, and edited since."""
    root = tmp_path / "shop"
    (root / "convex").mkdir(parents=True)
    (root / "schema").mkdir()
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    (root / "convex" / "reads.ts").write_text(KEYS)
    (root / "convex" / "schema.ts").write_text(HEAD + BEFORE)
    (root / "schema" / "shop.yaml").write_text(EDITED)
    return Project(root)


def test_nothing_changes_where_nothing_has(project: Project) -> None:
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert (project.root / "schema" / "shop.yaml").read_text() == EDITED
    assert "updated" not in done.stdout


def test_what_has_changed_is_added_and_said(project: Project) -> None:
    (project.root / "convex" / "schema.ts").write_text(HEAD + AFTER)
    done = project.convexgen("import")
    assert (project.root / "schema" / "shop.yaml").read_text() == MERGED
    assert done.returncode == 0, done.stderr
    for line in (
        "added: the table is new",
        "gone: the table is not there",
        "kept: the index n is new",
        "users: the field old is not there",
        "users: the field next is new",
        "users: the field plain is string, or absent, not string",
        "users: the index by_at is over at, plain, not at",
        "users: the search index search is over plain filtered by code, not plain",
    ):
        assert line in done.stdout
    again = project.convexgen("import")
    assert again.returncode == 0, again.stderr
    assert (project.root / "schema" / "shop.yaml").read_text() == MERGED


def test_an_index_is_staged_and_is_so_no_more(project: Project) -> None:
    spec = project.root / "schema" / "shop.yaml"
    plain = '.index("by_at", ["at"])'
    search = '{ searchField: "plain" }'
    staged = HEAD + BEFORE.replace(
        plain, plain.replace('["at"]', '{ fields: ["at"], staged: true }')
    )
    staged = staged.replace(search, search.replace(" }", ", staged: true }"))
    (project.root / "convex" / "schema.ts").write_text(staged)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "by_at: { fields: [at], staged: true }" in spec.read_text()
    assert "search: { search: plain, staged: true }" in spec.read_text()
    (project.root / "convex" / "schema.ts").write_text(HEAD + BEFORE)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert spec.read_text() == EDITED


SWAPS = {
    "the only index": (
        '{ a: v.string() }).index("by_a", ["a"])',
        '{ a: v.string() }).index("by_b", ["a"])',
    ),
    "all indexes": (
        '{ a: v.string(), b: v.int64() }).index("by_a", ["a"]).index("by_b", ["b"])',
        '{ a: v.string(), b: v.int64() }).index("by_c", ["a"])',
    ),
    "all fields": ("{ a: v.string(), b: v.string() })", "{ c: v.string() })"),
    "no field is left": ("{ a: v.string(), b: v.string() })", "{})"),
    "the first field": ("{ a: v.string(), b: v.string() })", "{ b: v.number() })"),
}


@pytest.mark.parametrize("name", SWAPS)
def test_what_is_swapped_for_another_one(name: str, project: Project) -> None:
    """As import itself writes it, in braces where it is short, and otherwise in lines."""
    (project.root / "schema" / "shop.yaml").unlink()
    (project.root / "convex" / "reads.ts").unlink()
    for table in SWAPS[name]:
        (project.root / "convex" / "schema.ts").write_text(
            f"{HEAD}export default defineSchema({{ t: defineTable({table} }});\n"
        )
        done = project.convexgen("import")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "The spec gives the same schema." in done.stdout


NAMED_BEFORE = """\
const place = v.object({ street: v.string(), zip: v.string() });
const state = v.union(v.literal("open"), v.literal("closed"));
const unit = v.object({ unit: v.string() });
export default defineSchema({
  users: defineTable({
    home: place,
    at: v.array(place),
    since: v.number(),
    until: v.optional(v.number()),
    state,
    looks: v.object({ theme: v.string(), size: v.union(v.literal("s"), v.literal("m")) }),
    rows: v.array(v.object({ text: v.string(), of: v.id("notes") })),
    width: unit,
    height: unit,
  }),
  notes: defineTable({ place: v.optional(place), owner: v.id("users"), more: v.id("others") }),
});
"""
NAMED_AFTER = """\
const place = v.object({ street: v.string(), city: v.optional(v.string()) });
const state = v.union(v.literal("open"), v.literal("gone"), v.literal("closed"));
export default defineSchema({
  users: defineTable({
    home: v.optional(place),
    at: v.array(place),
    since: v.optional(v.union(v.number(), v.null())),
    until: v.number(),
    state: v.union(state, v.null()),
    looks: v.optional(
      v.object({
        theme: v.string(),
        size: v.union(v.literal("m"), v.literal("l")),
        font: v.string(),
      }),
    ),
    rows: v.array(v.object({ text: v.optional(v.string()), of: v.id("notes") })),
    width: v.string(),
    height: v.string(),
  }).index("since", ["since"]),
  others: defineTable({ at: place }),
});
"""
NAMED = """\
convexgen: 1
name: shop
convex: {directory: convex/shop, schema: theirs}
tables: [others] # which somebody else has

enums:
  # Where things stand.
  Phase:
    description: Of all.
    values:
      - open # as at first
      # No more.
      - closed
objects:
  # A house.
  House:
    street: string # with its number
    # As the post has it.
    zip: string
  Unit: {unit: string}

entities:
  User:
    table: users
    fields:
      # Where they sleep.
      home: House
      at: list<House>
      since: timestamp # UTC
      until: { type: timestamp, optional: true, sensitive: true }
      state: Phase
      looks:
        # How it shows.
        object:
          theme: { type: string, description: Dark. }
          # Small, or not.
          size: {enum: [s, m]}
      rows:
        list:
          object:
            text: { type: string, maxLength: 9 } # short
            of: id<Note>
      width: Unit
      height: Unit

  # Short texts.
  Note:
    table: notes
    fields: {place: House?, owner: id<User>, more: id<others>}
"""
NAMED_MERGED = """\
convexgen: 1
name: shop
convex: {directory: convex/shop, schema: theirs}
tables: [notes] # which somebody else has

enums:
  # Where things stand.
  Phase:
    description: Of all.
    values:
      - open # as at first
      # No more.
      - closed
      - gone
objects:
  # A house.
  House:
    street: string # with its number
    city: string?

entities:
  User:
    table: users
    fields:
      # Where they sleep.
      home: House?
      at: list<House>
      since: timestamp | null? # UTC
      until: { type: timestamp, sensitive: true }
      state: Phase | null
      looks:
        # How it shows.
        object:
          theme: { type: string, description: Dark. }
          # Small, or not.
          size: {enum: [m, l]}
          font: string
        optional: true
      rows:
        list:
          object:
            text: { type: string?, maxLength: 9 } # short
            of: id<notes>
      width: string
      height: string
    indexes: { since: [since] }

  Other:
    table: others
    fields:
      at: House
    access: internal
    functions: [list, queries]
"""


def test_what_has_a_name_keeps_it(project: Project) -> None:
    """Objects and enums change where they stand, and what has parts changes in these."""
    spec = project.root / "schema" / "shop.yaml"
    (project.root / "convex" / "schema.ts").write_text(HEAD + NAMED_BEFORE)
    spec.write_text(NAMED)
    done = project.convexgen("import")
    assert (done.returncode, spec.read_text()) == (0, NAMED), done.stderr
    (project.root / "convex" / "schema.ts").write_text(HEAD + NAMED_AFTER)
    done = project.convexgen("import")
    assert spec.read_text() == NAMED_MERGED
    assert done.returncode == 0, done.stderr
    (project.root / "convex" / "schema.ts").write_text(HEAD + NAMED_BEFORE)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stderr
    assert "tables: [others] # which somebody else has" in spec.read_text()
    assert "rows:\n        list:\n          object:\n            text:" in spec.read_text()
    assert "of: id<Note>" in spec.read_text()


CHANGES = {
    "the last table goes, and the one before it gets an index": (
        "{ a: defineTable({ n: v.string() }), b: defineTable({ n: v.string() }) }",
        '{ a: defineTable({ n: v.string() }).index("n", ["n"]) }',
    ),
    "the last table gets an index, and another one comes": (
        "{ a: defineTable({ n: v.string() }) }",
        '{ a: defineTable({ n: v.string() }).index("n", ["n"]), b: defineTable({}) }',
    ),
    "all tables go": ("{ a: defineTable({ n: v.string() }) }", "{}"),
    "another table comes for the only one": (
        "{ a: defineTable({ n: v.string() }) }",
        "{ b: defineTable({ n: v.string() }) }",
    ),
    "an object is called as one in a field would be": (
        """{
  users: defineTable({
    home: v.object({ a: v.string() }),
    work: v.object({ a: v.string(), b: v.string() }),
  }),
}""",
        """{
  users: defineTable({
    home: v.object({ a: v.string() }),
    work: v.object({ c: v.string() }),
    first: v.object({ c: v.string() }),
    second: v.object({ a: v.string() }),
  }),
}""",
    ),
    "an object is called as a class of an entity that is there": (
        "{ users: defineTable({ a: v.string() }) }",
        """{
  users: defineTable({
    a: v.string(),
    expected: v.object({ n: v.string() }),
    other: v.object({ n: v.string() }),
  }),
}""",
    ),
    "a named object stays in one place": (
        "{ a: defineTable({ x: v.object({ n: v.string() }), y: v.object({ n: v.string() }) }) }",
        "{ a: defineTable({ x: v.object({ m: v.string() }), y: v.object({ n: v.string() }) }) }",
    ),
    "a named object is something else in each place": (
        "{ a: defineTable({ x: v.object({ n: v.string() }), y: v.object({ n: v.string() }) }) }",
        "{ a: defineTable({ x: v.object({ m: v.string() }), y: v.object({ k: v.string() }) }) }",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_schema_changes(name: str, project: Project) -> None:
    (project.root / "schema" / "shop.yaml").unlink()
    (project.root / "convex" / "reads.ts").unlink()
    for tables in (*CHANGES[name], CHANGES[name][0]):
        (project.root / "convex" / "schema.ts").write_text(
            f"{HEAD}export default defineSchema({tables});\n"
        )
        done = project.convexgen("import")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "The spec gives the same schema." in done.stdout


LAYOUTS: dict[str, Callable[[str], str]] = {
    "without a last line end": lambda text: text.removesuffix("\n"),
    "as Windows ends lines": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_lines_end_as_they_did(layout: str, project: Project) -> None:
    spec = project.root / "schema" / "shop.yaml"
    (project.root / "convex" / "schema.ts").write_text(HEAD + NAMED_AFTER)
    for before, after in ((NAMED, NAMED_MERGED), (NAMED_MERGED, NAMED_MERGED)):
        spec.write_bytes(LAYOUTS[layout](before).encode())
        done = project.convexgen("import")
        assert done.returncode == 0, done.stderr
        assert spec.read_bytes() == LAYOUTS[layout](after).encode()


def test_what_is_added_is_laid_out(project: Project) -> None:
    """As fmt leaves it, also where all that stood before it went."""
    (project.root / "schema" / "shop.yaml").unlink()
    (project.root / "convex" / "reads.ts").unlink()
    for schema in (BEFORE, AFTER, NAMED_BEFORE, NAMED_AFTER, BEFORE):
        (project.root / "convex" / "schema.ts").write_text(HEAD + schema)
        assert project.convexgen("import").returncode == 0
        done = project.convexgen("fmt", "--check")
        assert done.returncode == 0, (project.root / "schema" / "shop.yaml").read_text()


def test_what_grows_is_laid_out_where_all_was(project: Project) -> None:
    spec = project.root / "schema" / "shop.yaml"
    (project.root / "convex" / "reads.ts").unlink()
    spec.unlink()
    fields = [f"quiteALongNameOfAField{number}" for number in range(5)]
    for count in (1, 5):
        table = f"defineTable({{ {', '.join(f'{name}: v.string()' for name in fields)} }})"
        indexes = "".join(f'.index("by_{name}", ["{name}"])' for name in fields[:count])
        (project.root / "convex" / "schema.ts").write_text(
            f"{HEAD}export default defineSchema({{ t: {table}{indexes} }});\n"
        )
        assert project.convexgen("import").returncode == 0
        assert project.convexgen("fmt", "--check").returncode == 0, spec.read_text()


def test_a_spec_on_one_line(project: Project) -> None:
    spec = project.root / "schema" / "shop.yaml"
    (project.root / "convex" / "reads.ts").unlink()
    spec.write_text(
        "{convexgen: 1, name: shop, convex: {directory: convex/shop, schema: theirs}, entities: "
        "{User: {table: users, fields: {home: {object: {a: string}}}}}}\n"
    )
    (project.root / "convex" / "schema.ts").write_text(
        f"""{HEAD}const shape = v.object({{ b: v.string() }});
export default defineSchema({{
  users: defineTable({{
    home: v.object({{ a: v.string() }}),
    place: shape,
    office: shape,
  }}),
  UserHomes: defineTable({{}}),
}});
"""
    )
    done = project.convexgen("import")
    assert done.returncode == 0, done.stdout + done.stderr
    assert spec.read_text().count("\n") == 1


def test_a_spec_with_errors_is_left_alone(project: Project) -> None:
    text = EDITED.replace("timestamp", "timestmp")
    (project.root / "schema" / "shop.yaml").write_text(text)
    (project.root / "convex" / "schema.ts").write_text(HEAD + AFTER)
    done = project.convexgen("import")
    assert done.returncode == 1
    assert "unknown-type" in done.stderr
    assert (project.root / "schema" / "shop.yaml").read_text() == text


def saving(work: Callable[..., Any], path: Path, text: str) -> Callable[..., Any]:
    """The same, while which somebody saves a file."""

    def work_beside(*values: Any, **options: Any) -> Any:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return work(*values, **options)

    return work_beside


def test_a_spec_that_is_saved_meanwhile_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    spec = project.root / "schema" / "shop.yaml"
    saved = f"{EDITED}# Saved while it was imported.\n"
    monkeypatch.setattr(merging, "merge", saving(merging.merge, spec, saved))
    (project.root / "convex" / "schema.ts").write_text(HEAD + AFTER)
    done = CliRunner().invoke(cli, ["import"])
    assert (done.exit_code, "was changed meanwhile, and nothing was written" in done.stderr) == (
        2,
        True,
    )
    assert spec.read_text() == saved


def test_a_spec_that_is_begun_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "schema" / "shop.yaml"
    fresh = saving(import_schemas.fresh_spec, spec, "mine")
    monkeypatch.setattr(import_schemas, "fresh_spec", fresh)
    (tmp_path / "thing.json").write_text('{"type": "object", "properties": {"a": {}}}')
    done = CliRunner().invoke(cli, ["import", "thing.json", "--name", "shop"])
    assert (done.exit_code, "was changed meanwhile" in done.stderr) == (2, True), done.output
    assert spec.read_text() == "mine"


def test_it_writes_while_no_other_command_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    replace_files = imported_spec.replace_files
    written: list[str] = []

    def replace_alone(contents: Mapping[Path, bytes]) -> None:
        descriptor = os.open(tmp_path, os.O_RDONLY)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
        written.extend(path.name for path in contents)
        replace_files(contents)

    monkeypatch.setattr(imported_spec, "replace_files", replace_alone)
    (tmp_path / "thing.json").write_text('{"type": "object", "properties": {"a": {}}}')
    CliRunner().invoke(cli, ["import", "thing.json", "--name", "shop"])
    assert written == ["convexgen.schema.json", "shop.yaml"]
