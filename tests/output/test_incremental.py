"""What is not rendered again is what would be the same."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from convexgen.facts.convex import entity as convex
from convexgen.facts.python import entity as python
from convexgen.facts.typescript import entity as typescript
from convexgen.frontend import load_bytes
from convexgen.model.classes import class_names
from convexgen.model.outline import Outlines
from convexgen.model.system import System
from convexgen.rendering.inputs import entity_inputs
from convexgen.rendering.render import render
from convexgen.rendering.taken import taken_names
from convexgen.rendering.templates import Templates
from included import read_included
from project import ROOT, Project, make_project

SPEC = """\
convexgen: 1
name: shop
enums:
  Status: [open, closed]
  Unused: {values: [one], open: true}
objects:
  Line: {product: ref<Product>, amount: integer}
  Card: {kind: {enum: [card]}, number: {type: string, sensitive: true}}
  Cash: {kind: {enum: [cash]}}
entities:
  Customer:
    table: customers
    key: customerId
    fields:
      customerId: {type: string, minLength: 1}
      seenAt: {type: timestamp, set: on write}
      address: {object: {street: string}, optional: true}
    indexes:
      by_seenAt: [seenAt]
  Product:
    table: products
    key: code
    fields: {code: string, name: string, status: Status}
    searchIndexes:
      searchName: {search: name, filter: [status]}
  Order:
    table: orders
    key: orderId
    fields:
      orderId: string
      customerId: {type: ref<Customer>, onDelete: cascade, touch: seenAt}
      status: Status
      lines: {type: list<Line>, maxItems: 100}
      note: string?
    indexes:
      by_status: [status]
  Review:
    table: reviews
    key: reviewId
    fields:
      reviewId: string
      order: id<Order>
      text: {type: string, description: What they say.}
  Payment:
    table: payments
    key: paymentId
    fields: {paymentId: string}
    union: [Card, Cash]
    tag: kind
  Setting:
    table: settings
    key: name
    fields: {name: string, value: {type: json, merge: deep}}
"""

ALL = {"Customer", "Product", "Order", "Review", "Payment", "Setting"}

EDITS: Mapping[str, tuple[tuple[tuple[str, str], ...], set[str]]] = {
    "nothing": ((), set()),
    "a comment": ((("      note:", "      # To be dropped.\n      note:"),), set()),
    "a new field": ((("note: string?", "note: string?\n      more: integer?"),), {"Order"}),
    "a field gone": ((("      note: string?\n", ""),), {"Order"}),
    "a field's type": ((("note: string?", "note: bytes?"),), {"Order"}),
    "a field's name": ((("note:", "remark:"),), {"Order"}),
    "a description": ((("What they say.", "What customers say."),), {"Review"}),
    "a constraint of a key": ((("minLength: 1", "minLength: 2"),), {"Customer"}),
    "a merge": ((("merge: deep", "merge: shallow"),), {"Setting"}),
    "an index": ((("by_status: [status]", "by_status: [status, note]"),), {"Order"}),
    "a name of an index": ((("by_seenAt:", "by_seen:"),), {"Customer"}),
    "an option of a reference": ((("onDelete: cascade, ", ""),), {"Customer", "Order"}),
    "a field that refers": (
        (("customerId: {type: ref", "buyerId: {type: ref"),),
        {"Customer", "Order"},
    ),
    "the key of what is referred to": (
        (
            ("key: customerId", "key: number"),
            ("customerId: {type: string", "number: {type: string"),
        ),
        {"Customer", "Order"},
    ),
    "the type of a key": (
        (("customerId: {type: string, minLength: 1}", "customerId: int64"),),
        {"Customer", "Order"},
    ),
    "a timestamp that is touched": (
        (
            ("seenAt: {type: timestamp", "lastAt: {type: timestamp"),
            ("[seenAt]", "[lastAt]"),
            ("touch: seenAt", "touch: lastAt"),
        ),
        {"Customer", "Order"},
    ),
    "the table that IDs are of": (
        (("table: orders", "table: purchases"),),
        {"Order", "Review", "Customer"},
    ),
    "the table that is referred to": (
        (("table: customers", "table: buyers"),),
        {"Customer", "Order"},
    ),
    "the name of an entity": (
        (("  Review:", "  Opinion:"),),
        {"Opinion"},
    ),
    "a new entity": (
        (
            (
                "  Setting:",
                "  Visit: {table: visits, key: visitId, fields: {visitId: string}}\n  Setting:",
            ),
        ),
        {"Visit"},
    ),
    "a new entity that refers": (
        (
            (
                "  Setting:",
                "  Visit:\n    table: visits\n    key: visitId\n    fields:\n"
                "      visitId: string\n"
                "      name: {type: ref<Setting>, onDelete: cascade}\n"
                "  Setting:",
            ),
        ),
        {"Visit", "Setting"},
    ),
    "an entity gone": (
        ((SPEC[SPEC.index("  Review:") : SPEC.index("  Payment:")], ""),),
        set(),
    ),
    "another order": (
        (
            (SPEC[SPEC.index("  Setting:") :], ""),
            ("entities:\n", f"entities:\n{SPEC[SPEC.index('  Setting:') :]}"),
        ),
        set(),
    ),
    "access": (
        (("    key: reviewId\n", "    key: reviewId\n    access: {read: public}\n"),),
        {"Review"},
    ),
    "an enum": (((" [open, closed]", " [open, closed, lost]"),), ALL),
    "an enum that opens": (
        (("Status: [open, closed]", "Status: {values: [open], open: true}"),),
        ALL,
    ),
    "an object": ((("amount: integer", "amount: number"),), ALL),
    "a member of a union": ((("number: {type", "digits: {type"),), {"Payment"}),
    "an object in place": ((("street: string", "city: string"),), {"Customer"}),
    "a class that the runtime has too": (
        (("  Setting:\n", "  Page:\n"),),
        ALL - {"Setting"} | {"Page"},
    ),
    "the name of the spec": ((("name: shop\n", "name: store\n"),), ALL),
    "the folder of the functions": (
        (("name: shop\n", "name: shop\nconvex: {directory: convex/shop}\n"),),
        ALL,
    ),
    "a function": (
        (
            (
                "entities:",
                "functions:\n  stock:count: {kind: query, args: {code: string}, returns: integer}\n"
                "entities:",
            ),
        ),
        set(),
    ),
}
"""Each with the entities whose modules it concerns."""


def system_of(text: str) -> System:
    loaded = load_bytes(text.encode(), "schema/shop.yaml")
    assert loaded.system is not None, [one.message for one in loaded.diagnostics]
    return loaded.system


def edited(edits: tuple[tuple[str, str], ...]) -> str:
    text = SPEC
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def modules(system: System, spec: str = "schema/shop.yaml") -> dict[str, dict[str, str]]:
    """The modules of each entity, by its name and their paths."""
    found: dict[str, dict[str, str]] = {}
    for path, draft in render(system, spec).items():
        if draft.entity is not None:
            found.setdefault(draft.entity, {})[path] = draft.with_header(draft.text)
    return found


@pytest.mark.parametrize("edit", EDITS)
def test_modules_with_the_same_inputs_are_the_same(edit: str) -> None:
    edits, concerned = EDITS[edit]
    before, after = system_of(SPEC), system_of(edited(edits))
    inputs = entity_inputs(before, "schema/shop.yaml", "")
    changed = {
        name
        for name, digest in entity_inputs(after, "schema/shop.yaml", "").items()
        if inputs.get(name) != digest
    }
    assert changed == concerned
    first, second = modules(before), modules(after)
    assert {name for name in second if second[name] != first.get(name)} <= changed


def test_the_tool_and_the_path_of_the_spec_are_inputs() -> None:
    system = system_of(SPEC)
    found = [
        entity_inputs(system, spec, tool)["Order"]
        for spec, tool in (("a.yaml", ""), ("b.yaml", ""), ("a.yaml", "1"))
    ]
    assert len(set(found)) == 3


GOOD = sorted(
    [
        *(ROOT / "tests" / "cases").glob("good-*/spec.yaml"),
        *(ROOT / "tests" / "golden").glob("*/schema/*.yaml"),
        ROOT / "schema" / "mastra.yaml",
    ]
)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.relative_to(ROOT).parts[-2])
def test_an_entity_sees_all_that_it_needs(path: Path) -> None:
    """Facts of what an entity sees of its system are those of all of it."""
    read = partial(read_included, root=path.parent)
    system = load_bytes(path.read_bytes(), path.name, read).system
    assert system is not None
    outlines, templates = Outlines(system), Templates()
    for entity in system.entities:
        seen = outlines.seen_by(entity)
        taken, all_classes = taken_names(system), class_names(system)
        of_functions = convex.entity_facts(entity, system), convex.entity_facts(entity, seen)
        for template, with_all, with_seen in (
            ("convex/entity.ts.jinja", *of_functions),
            ("convex/model.ts.jinja", *of_functions),
            (
                "python/entity.py.jinja",
                python.entity_facts(entity, system, all_classes),
                python.entity_facts(entity, seen, taken),
            ),
            (
                "typescript/entity.ts.jinja",
                typescript.entity_facts(entity, system, all_classes),
                typescript.entity_facts(entity, seen, taken),
            ),
        ):
            assert templates.render(template, with_seen) == templates.render(template, with_all)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    spec = tmp_path / "spec" / "shop.yaml"
    spec.parent.mkdir()
    spec.write_text(SPEC)
    made = make_project(tmp_path / "made", spec)
    made.generate()
    return made


def rendered_entities(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the entities of which `generate` renders modules."""
    found: list[str] = []
    render_template = Templates.render

    def record(self: Templates, template: str, facts: object = None) -> str:
        if "entity." in template:
            found.append(str(getattr(facts, "name")))  # noqa: B009 (facts of three kinds)
        return render_template(self, template, facts)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Templates, "render", record)
        project.generate()
    return found


def test_one_entity_is_rendered_and_all_is_as_from_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = project.root / "schema" / "shop.yaml"
    spec.write_text(SPEC.replace("note: string?", "note: bytes?"))
    assert rendered_entities(project, monkeypatch) == ["Order"] * 3
    fresh = make_project(tmp_path / "fresh", spec)
    fresh.generate()
    assert project.tree() == fresh.tree()
    # A file that is gone, or that somebody edited, is rendered for itself.
    (project.root / "convex" / "reviews.ts").unlink()
    assert rendered_entities(project, monkeypatch) == ["Review"]
    assert project.tree() == fresh.tree()


@pytest.mark.parametrize("kept", [None, "", "[]", "{}", '{"inputs": 1}', "["])
def test_what_is_not_remembered_is_rendered(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: str | None
) -> None:
    """As in a fresh checkout, or where a machine has no place for caches."""
    before = project.tree()
    assert rendered_entities(project, monkeypatch) == []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    for is_kept in (False, True):
        if is_kept and kept is not None:
            (entry,) = (tmp_path / "caches" / "convexgen" / "rendered").iterdir()
            entry.write_text(kept)
        expected = ALL if not is_kept or kept is not None else set[str]()
        assert set(rendered_entities(project, monkeypatch)) == expected
        assert project.tree() == before
    assert rendered_entities(project, monkeypatch) == []
