"""Shapes that refer to themselves, through documents and through JSON, from both clients."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project
from pydantic import ValidationError

SPEC = ROOT / "tests" / "cases" / "good-trees" / "spec.yaml"

PATH = """
import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import schema from "./schema";

export const path = internalQuery({
  args: { node: v.id("nodes") },
  returns: v.array(schema.doc("nodes")),
  handler: async (ctx, args) => {
    const found = [];
    let node = await ctx.db.get("nodes", args.node);
    while (node !== null) {
      found.push(node);
      const parent = node.parentId;
      if (parent === undefined) break;
      node = await ctx.db
        .query("nodes")
        .withIndex("by_nodeId", (q) => q.eq("nodeId", parent))
        .unique();
    }
    return found;
  },
});
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("trees") / "project", SPEC)
    project.generate()
    (project.root / "convex" / "trees.ts").write_text(PATH)
    return project


@pytest.fixture(scope="module")
def backend(made: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(made.root) as started:
        yield started


@pytest.fixture
def storage(made: Project, backend: EmbeddedBackend) -> Iterator[Any]:
    sys.path.insert(0, str(made.root / "generated" / "python"))
    package = importlib.import_module("trees")
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        storage.system.clear("nodes")
        yield storage


@pytest.fixture
def trees(storage: Any) -> Any:
    return importlib.import_module("trees")


def node(trees: Any, name: str, parent: str | None = None, **fields: Any) -> Any:
    if parent is not None:
        fields["parent_id"] = parent
    return trees.Node(node_id=name, **{"root": None, "links": [], **fields})


def grown(storage: Any, trees: Any) -> Any:
    """A root, two below it, one below one of those; the root."""
    root = storage.nodes.save(node(trees, "root"))
    link = trees.Link(to=root.doc_id, label="up")
    for name, parent in (("a", "root"), ("b", "root"), ("aa", "a")):
        storage.nodes.save(node(trees, name, parent, root=root.doc_id, links=[link]))
    return root


def test_documents_refer_to_documents_of_their_entity(storage: Any, trees: Any) -> None:
    root = grown(storage, trees)
    leaf = storage.nodes.get("aa")
    assert (leaf.root, leaf.links[0].to) == (root.doc_id, root.doc_id)
    above = storage.functions.trees.path(node=leaf.doc_id)
    assert [one.node_id for one in above] == ["aa", "a", "root"]
    assert above[0] == leaf
    assert [one.node_id for one in storage.nodes.by_root(root.doc_id)] == ["a", "b", "aa"]
    named = {leaf.doc_id: None, root.doc_id: leaf.doc_id}
    changed = storage.nodes.update("root", root=root.doc_id, by_name=named)
    assert (changed.root, changed.by_name) == (root.doc_id, named)


def test_a_write_touches_the_document_above(storage: Any, trees: Any) -> None:
    before = grown(storage, trees).changed_at
    storage.nodes.update("b", notes=1)
    assert storage.nodes.get("root").changed_at > before


def test_deletion_takes_what_is_below(storage: Any, trees: Any) -> None:
    grown(storage, trees)
    assert storage.nodes.delete("a")
    assert {one.node_id for one in storage.nodes.list()} == {"root", "b"}
    assert storage.nodes.delete("root")
    assert list(storage.nodes.list()) == []


def test_deletion_ends_where_documents_are_above_each_other(storage: Any, trees: Any) -> None:
    storage.nodes.save_many([node(trees, "a", "b"), node(trees, "b", "a"), node(trees, "c", "c")])
    assert storage.nodes.delete("a")
    assert storage.nodes.delete("c")
    storage.nodes.save_many([node(trees, name, "a", also_below="b") for name in "abcd"])
    storage.nodes.save_many(node(trees, f"{number}", "d", also_below="c") for number in range(20))
    assert storage.nodes.delete("a")
    assert list(storage.nodes.list()) == []


def outline(schemas: Any, depth: int) -> Any:
    inner = schemas.Outline(title="leaf", body=["a", ["b"]])
    for level in range(depth):
        below = schemas.Outline(title="body", next=None)
        inner = schemas.Outline(
            title=f"{level}",
            parts=[inner],
            by_name={"$ref": schemas.Outline(title="é")},
            next=schemas.Outline(title="next"),
            body=["text", below, [[]]],
        )
    return inner


def test_json_of_schemas_that_refer_to_themselves(storage: Any, trees: Any) -> None:
    schemas = importlib.import_module("trees.json_schemas")
    for depth in (0, 2, 30):
        given = outline(schemas, depth)
        read = storage.nodes.save(node(trees, f"{depth}", outline=given))
        assert read.outline == given
        assert storage.nodes.get(f"{depth}").outline == given
    assert type(read.outline.parts[0].by_name["$ref"]) is schemas.Outline
    assert type(read.outline.body[1]) is schemas.Outline
    with pytest.raises(ValidationError, match=r"parts.0.title"):
        schemas.Outline(title="a", parts=[{"title": 1}])


def test_typescript(made: Project, backend: EmbeddedBackend, storage: Any, trees: Any) -> None:
    schemas = importlib.import_module("trees.json_schemas")
    grown(storage, trees)
    storage.nodes.update("aa", outline=outline(schemas, 3))
    client = made.root / "generated" / "typescript"
    run_node(["--test", bundle("trees.test.mjs", made.root, client)], backend)
    written = storage.nodes.get("aaa")
    assert written.outline == outline(schemas, 3)
    assert written.root == storage.nodes.get("root").doc_id
    assert written.by_name == {written.root: storage.nodes.get("aa").doc_id}
