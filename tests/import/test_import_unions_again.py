"""A second `convexgen import` of unions of objects, whose members come, go and change."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import ROOT, Project

SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ jobs: defineTable(DOCUMENT) });
"""
DONE = 'v.object({ kind: v.literal("done"), at: v.number() })'
FAILED = 'v.object({ kind: v.literal("failed"), why: v.string() })'
WAITING = 'v.object({ kind: v.literal("waiting") })'
LOGIN = "v.object({ name: v.string(), at: v.number() })"
MOVE = "v.object({ x: v.number(), y: v.number() })"
SPEC = """\
convexgen: 1
name: shop
convex: { directory: convex/shop, schema: theirs }

entities:
  Job:
    table: jobs
BODY
    access: internal
    functions: [list, queries]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose spec was imported, and edited since."""
    root = tmp_path / "shop"
    (root / "convex").mkdir(parents=True)
    (root / "schema").mkdir()
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    return Project(root)


def after_import(project: Project, document: str, body: str | None = None) -> str:
    """What the entity has once a table of these documents is imported."""
    spec = project.root / "schema" / "shop.yaml"
    if body is not None:
        spec.write_text(SPEC.replace("BODY\n", body))
    schema = SCHEMA.replace("DOCUMENT", document)
    (project.root / "convex" / "schema.ts").write_text(schema)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stdout + done.stderr
    text = spec.read_text()
    assert project.convexgen("import").returncode == 0
    assert spec.read_text() == text
    head, tail = SPEC.split("BODY\n")
    assert text.startswith(head)
    assert text.endswith(tail), text
    return text.removeprefix(head).removesuffix(tail)


TAGGED = """\
    fields:
      state:
        # How it goes.
        union:
          # When it was.
          - { object: { kind: { literal: done }, at: timestamp } } # mine
          # What went wrong.
          - object:
              kind: { literal: failed } # the tag
              why: { type: string, maxLength: 9 }
        tag: kind
"""
ADDED = TAGGED.replace(
    "        tag", "          - { object: { kind: { literal: waiting } } }\n        tag"
)
# Of objects that nothing tells apart, the language has no timestamps and constraints.
PLAIN = """\
    fields:
      state:
        union:
          - { object: { kind: { literal: done }, at: number } }
          - { object: { kind: { literal: failed }, why: string } }
          - NEW
"""
CHANGES = {
    "a member comes": (f"v.union({DONE}, {FAILED}, {WAITING})", ADDED),
    "members come in another order": (f"v.union({WAITING}, {FAILED}, {DONE})", ADDED),
    "a field of a member comes": (
        f"v.union({DONE.replace(' }', ', by: v.string() }')}, {FAILED})",
        TAGGED.replace("at: timestamp }", "at: timestamp, by: string }"),
    ),
    "a field of a member changes": (
        f"v.union({DONE}, {FAILED.replace('v.string()', 'v.optional(v.string())')})",
        TAGGED.replace("type: string,", "type: string?,"),
    ),
    "a tag has another text": (
        f"v.union({DONE.replace('done', 'over')}, {FAILED})",
        TAGGED.replace("literal: done", "literal: over"),
    ),
    "a member comes for another one": (
        f"v.union({FAILED}, {WAITING})",
        ADDED.replace(
            "          # When it was.\n"
            "          - { object: { kind: { literal: done }, at: timestamp } } # mine\n",
            "",
        ),
    ),
    "what has no tag comes": (
        f"v.union({DONE}, {FAILED}, v.object({{ text: v.string() }}))",
        PLAIN.replace("NEW", "{ object: { text: string } }"),
    ),
    "one member is left": (
        FAILED,
        """\
    fields:
      state:
        object:
          kind: { literal: failed }
          why: { type: string, maxLength: 9 }
""",
    ),
    "another type comes": (
        f"v.union({DONE}, {FAILED}, v.string(), v.null())",
        f"{PLAIN.replace('NEW', 'string')}        nullable: true\n",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_members_with_a_tag(name: str, project: Project) -> None:
    before = f"{{ state: v.union({DONE}, {FAILED}) }}"
    assert after_import(project, before, TAGGED) == TAGGED
    union, expected = CHANGES[name]
    assert after_import(project, f"{{ state: {union} }}") == expected


UNTAGGED = """\
    fields:
      seen:
        list:
          union:
            - { object: { name: { type: string, description: Who. }, at: number } } # who
            # Where to.
            - { object: { x: number, y: number } }
            - { enum: [a, b] }
            - string
"""


def test_members_without_a_tag(project: Project) -> None:
    """The one that has most of the fields is the same."""
    texts = 'v.literal("a"), v.literal("b")'
    body = UNTAGGED.replace("            - string\n", "            - number\n")
    before = f"{{ seen: v.array(v.union({LOGIN}, {MOVE}, {texts}, v.number())) }}"
    assert after_import(project, before, body) == body
    grown = MOVE.replace(" })", ", z: v.number() })")
    after = (
        f'{{ seen: v.array(v.union({grown}, v.literal("b"), v.literal("c"), {LOGIN}, v.int64())) }}'
    )
    expected = body.replace("y: number }", "y: number, z: number }").replace("[a, b]", "[b, c]")
    assert after_import(project, after) == expected.replace("- number", "- int64")


VARIANTS = """\
    # What all have.
    fields: # of each
      # Of whom.
      by: { type: string, maxLength: 9 }
    union:
      # When it was.
      - { object: { kind: { literal: done }, at: timestamp } }
      - object:
          kind: { literal: failed }
          # Not too long.
          why: { type: string, maxLength: 9 } # really
    tag: kind
"""


def test_documents_of_several_shapes(project: Project) -> None:
    done, failed, waiting = (
        one.replace("v.object({", "v.object({ by: v.string(),") for one in (DONE, FAILED, WAITING)
    )
    assert after_import(project, f"v.union({done}, {failed})", VARIANTS) == VARIANTS
    added = VARIANTS.replace(
        "    tag", "      - { object: { kind: { literal: waiting } } }\n    tag"
    )
    assert after_import(project, f"v.union({done}, {failed}, {waiting})") == added
    changed = failed.replace("why: v.string()", "why: v.optional(v.string()), n: v.int64()")
    expected = added.replace("why: { type: string,", "why: { type: string?,").replace(
        "# really\n", "# really\n          n: int64\n"
    )
    assert after_import(project, f"v.union({waiting}, {done}, {changed})") == expected
    # What one lacks is no field of all.
    lacking = f"v.union({WAITING}, {done}, {changed})"
    moved = "by: { type: string, maxLength: 9 }"
    shared = f"    fields: # of each\n      # Of whom.\n      {moved}\n"
    expected = expected.replace(shared, "    fields: {} # of each\n")
    expected = expected.replace("at: timestamp }", f"at: timestamp, {moved} }}")
    expected = expected.replace("n: int64\n", f"n: int64\n          {moved}\n")
    assert after_import(project, lacking) == expected


NAMED = """\
objects:
  # It is over.
  Done:
    kind: { literal: done }
    # When it was.
    at: timestamp
  Failed: { kind: { literal: failed }, at: timestamp } # sadly
"""


def test_members_with_names(project: Project) -> None:
    """They change where they are declared."""
    failed = FAILED.replace("why: v.string()", "at: v.number()")
    body = """\
    fields:
      state: { union: [Done, Failed], tag: kind }
      before: { union: [Done, Failed], tag: kind }
"""
    spec = project.root / "schema" / "shop.yaml"
    given = SPEC.replace("BODY\n", body)
    spec.write_text(given.replace("\nentities", f"\n{NAMED}\nentities"))
    for more, named in (
        ("", NAMED),
        (", by: v.string()", NAMED.replace("timestamp }", "timestamp, by: string }")),
    ):
        states = f"v.union({DONE}, {failed.replace(' })', f'{more} }})')})"
        schema = SCHEMA.replace("DOCUMENT", f"{{ state: {states}, before: {states} }}")
        (project.root / "convex" / "schema.ts").write_text(schema)
        done = project.convexgen("import")
        assert done.returncode == 0, done.stdout + done.stderr
        assert spec.read_text() == given.replace("\nentities", f"\n{named}\nentities")


def test_an_enum_of_a_variant_goes(project: Project) -> None:
    phase = 'v.union(v.literal("a"), v.literal("b"))'
    variants = [f"v.object({{ kind: v.literal('{kind}'), phase: {phase} }})" for kind in "xyz"]
    spec = project.root / "schema" / "shop.yaml"
    texts: list[str] = []
    for one in (variants, [one.replace(phase, "v.string()") for one in variants]):
        document = f"v.union({', '.join(one)})"
        (project.root / "convex" / "schema.ts").write_text(SCHEMA.replace("DOCUMENT", document))
        done = project.convexgen("import")
        assert done.returncode == 0, done.stdout + done.stderr
        texts.append(spec.read_text())
    assert ["enums:" in text for text in texts] == [True, False]


def test_members_of_a_shared_union_have_a_tag(project: Project) -> None:
    """By which they are called, too."""
    unions = {
        "state": f"v.union({DONE}, {FAILED})",
        "other": f"v.union({WAITING}, {DONE.replace('done', '<')}, v.null())",
    }
    fields = [f"{name}: {one}, {name}2: v.optional({one})" for name, one in unions.items()]
    schema = SCHEMA.replace("DOCUMENT", f"{{ {', '.join(fields)} }}")
    (project.root / "convex" / "schema.ts").write_text(schema)
    done = project.convexgen("import")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project.root / "schema" / "shop.yaml").read_text()
    fields = text.partition("fields:\n")[2].partition("    access")[0]
    assert " ".join(fields.split()) == (
        "state: { union: [JobStateDone, JobStateFailed], tag: kind } "
        "state2: union: [JobStateDone, JobStateFailed] tag: kind optional: true "
        "other: { union: [JobOtherWaiting, JobOther], tag: kind, nullable: true } "
        "other2: union: [JobOtherWaiting, JobOther] tag: kind optional: true nullable: true"
    )


def test_a_tag_of_several_names_in_python_is_none(project: Project) -> None:
    union = """v.union(
      v.object({ userId: v.literal("a"), user_id: v.string() }),
      v.object({ userId: v.literal("b") }),
    )"""
    assert "tag" not in after_import(project, f"{{ x: {union} }}", "    fields: { x: string }\n")


@pytest.mark.parametrize(
    ("before", "edited", "after", "expected"),
    [
        (
            'v.union(v.literal("none"), v.number())',
            "{ union: [{ enum: [none] }, timestamp] }",
            'v.union(v.literal("none"), v.number(), v.literal("later"))',
            "{ union: [{ enum: [none, later] }, timestamp] }",
        ),
        (
            "v.union(v.number(), v.string())",
            "timestamp | string",
            "v.union(v.number(), v.string(), v.boolean())",
            "timestamp | string | boolean",
        ),
        (
            "v.union(v.number(), v.string(), v.null())",
            "timestamp | string | null",
            "v.union(v.number(), v.boolean(), v.null())",
            "timestamp | boolean | null",
        ),
        (
            "v.union(v.number(), v.string())",
            "{ type: timestamp | string, description: when }",
            "v.union(v.number(), v.array(v.number()))",
            "{ type: timestamp | list<number>, description: when }",
        ),
        (
            "v.union(v.object({ x: v.number() }), v.string())",
            "{ union: [{ object: { x: { type: integer, description: n } } }, string] }",
            "v.union(v.object({ x: v.number() }), v.string(), v.boolean())",
            "{ union: [{ object: { x: { type: integer, description: n } } }, string, boolean] }",
        ),
        (
            "v.array(v.union(v.object({ at: v.number(), n: v.string() }), v.null()))",
            '{ list: { union: [{ object: { at: timestamp, n: string } }, "null"] } }',
            "v.array(v.union(v.object({ at: v.number(), n: v.string(), m: v.any() }), v.null()))",
            '{ list: { union: [{ object: { at: timestamp, n: string, m: any } }, "null"] } }',
        ),
        (
            "v.record(v.string(), v.union(v.object({ at: v.number() }), v.null()))",
            '{ record: { values: { union: [{ object: { at: timestamp } }, "null"] } } }',
            "v.record(v.string(), v.union(v.object({ at: v.number(), m: v.any() }), v.null()))",
            '{ record: { values: { union: [{ object: { at: timestamp, m: any } }, "null"] } } }',
        ),
    ],
)
def test_types_in_unions_of_other_things_stay(
    project: Project, before: str, edited: str, after: str, expected: str
) -> None:
    """What somebody made of a `number`, whatever comes or goes beside it."""
    body = "    fields:\n      field: "
    found = after_import(project, f"{{ field: {before} }}", f"{body}{edited}\n")
    assert found == f"{body}{edited}\n"
    assert after_import(project, f"{{ field: {after} }}") == f"{body}{expected}\n"
