"""What is of the wrong kind as a whole is refused in words by both clients, before it is sent."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import pytest
from node_program import bundle
from project import ROOT, Project, make_project, run
from waiting import MOMENT

SPEC = """
convexgen: 1
name: kinds
files: internal
entities:
  Item:
    table: items
    key: itemId
    fields:
      itemId: string
      text: string
      note: string?
      code: string?
      count: number?
      steps: {type: "record<string, string>", rows: true}
      parent: {type: ref<Item>?, onDelete: setNull}
      vector: {type: vector<2>, optional: true}
    indexes:
      by_text: [text]
      by_parent: [parent]
      by_count: {fields: [count], counted: true}
    unique: [code]
    related: {above: parent}
    queries:
      find: {where: [text, count]}
      numbered: {order: count, windows: true}
    searchIndexes:
      search_text: {search: text}
    vectorIndexes:
      nearest: {vector: vector}
  Loose:
    table: loose
    fields: {note: string?}
functions:
  own:run: {kind: mutation, args: {at: number}}
  own:seen: {kind: query, args: {at: number?}}
"""

WRONG = [None, 5, 5.5, "ab", b"ab", True, [5], object(), lambda: 1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


def test_fault_16_typescript_takes_no_other_kind(project: Project) -> None:
    client = project.root / "generated" / "typescript"
    program = bundle("wrongKinds.test.mjs", project.root, client)
    finished = run(["node", "--test", program], ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr


Ask = Callable[[Any, Any, Any], Any]
"""Of a storage and the package, with what is given."""

# Where null, which is None, stands for nothing given, it is no other kind.
PLACES: dict[str, tuple[Ask, tuple[Any, ...]]] = {
    "create": (lambda s, p, w: s.items.create(w), ()),
    "save": (lambda s, p, w: s.items.save(w), ()),
    "one of some": (lambda s, p, w: s.items.save_many([w]), ()),
    "some": (lambda s, p, w: s.items.save_many(w), ()),
    "keys": (lambda s, p, w: s.items.get_many(w), ()),
    "keys to delete": (lambda s, p, w: s.items.delete_many(w), ()),
    "updates": (lambda s, p, w: s.items.update_many(w), ()),
    "an update": (lambda s, p, w: s.items.update_many([w]), ()),
    "expected": (lambda s, p, w: s.items.update("a", text="b", expected=w), (None,)),
    "expected of a save": (lambda s, p, w: s.items.save(item(p), expected=w), (None,)),
    "expected of a deletion": (lambda s, p, w: s.items.delete("a", expected=w), (None,)),
    "set": (lambda s, p, w: s.items.upsert("a", set=w), (None,)),
    "create of an upsert": (lambda s, p, w: s.items.upsert("a", create=w), (None,)),
    "set of many": (lambda s, p, w: s.items.update_many([p.Update("a", set=w)]), (None,)),
    "unset of many": (lambda s, p, w: s.items.update_many([p.Update("a", unset=w)]), ()),
    "missing": (lambda s, p, w: s.items.update_many([], missing=w), ()),
    "entries": (lambda s, p, w: s.items.update_entries("a", steps=w), ()),
    "set of what is found": (lambda s, p, w: s.items.by_text("a").update(set=w), (None,)),
    "unset of what is found": (lambda s, p, w: s.items.by_text("a").update(unset=w), ()),
    "key of copies": (lambda s, p, w: s.items.by_text("a").copy(key=w), ()),
    "unset of copies": (
        lambda s, p, w: s.items.by_text("a").copy(key={"item_id": "b"}, unset=w),
        (),
    ),
    "where": (lambda s, p, w: s.items.find(where=w).first(), (None,)),
    "include": (lambda s, p, w: s.items.get("a", include=w), (None,)),
    "include of many": (lambda s, p, w: s.items.get_many(["a"], include=w), (None,)),
    "include of a query": (lambda s, p, w: s.items.by_text("a", include=w).first(), (None,)),
    "include of all": (lambda s, p, w: s.items.list(include=w).first(), (None,)),
    "order": (lambda s, p, w: s.items.by_text("a", order=w).first(), (None,)),
    "limit": (lambda s, p, w: s.items.list().page(limit=w), (5,)),
    "cursor": (lambda s, p, w: s.items.list().page(cursor=w), (None, "ab")),
    "offset": (lambda s, p, w: s.items.numbered().page(offset=w), (None, 5)),
    "windows": (lambda s, p, w: s.items.numbered().around_many(w), ()),
    "a window": (lambda s, p, w: s.items.numbered().around_many([w]), ()),
    "before": (lambda s, p, w: s.items.numbered().around("a", before=w), (5,)),
    "search": (lambda s, p, w: s.items.search_text(w).first(), ("ab",)),
    "vector": (lambda s, p, w: s.items.nearest(w), ([5],)),
    "progress": (lambda s, p, w: s.items.save_many([item(p)], progress=w), (None, WRONG[-1])),
    "progress of a deletion": (
        lambda s, p, w: s.items.by_text("a").delete(progress=w),
        (None, WRONG[-1]),
    ),
    "progress of a file": (
        lambda s, p, w: s.files.upload(b"a", progress=w),
        (None, WRONG[-1]),
    ),
    "progress of counts": (lambda s, p, w: s.system.fill_counts(progress=w), (None, WRONG[-1])),
    "a file": (lambda s, p, w: s.files.upload(w), ("ab", b"ab", [5])),
    "one of a condition": (lambda s, p, w: s.items.find(where={"text": p.In(w)}).first(), ()),
    "a replacement": (lambda s, p, w: s.loose.replace("a", w), ()),
}


def item(package: Any) -> Any:
    return package.Item(item_id="a", text="b", steps={})


@pytest.mark.parametrize("place", PLACES)
def test_fault_16_python_takes_no_other_kind(project: Project, place: str) -> None:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package: Any = importlib.import_module("kinds_convex")
    ask, right = PLACES[place]
    with package.ConvexStorage("http://127.0.0.1:1", deploy_key="key", timeout=MOMENT) as storage:
        for given in WRONG:
            if any(given is one or (type(given) is type(one) and given == one) for one in right):
                continue
            with pytest.raises(package.InvalidArgument):
                ask(storage, package, given)


def test_fault_16_names_are_read_once(project: Project) -> None:
    """Those that are iterated once are not lost."""
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package: Any = importlib.import_module("kinds_convex")
    update = package.Update("a", unset=(name for name in ["note"]))
    assert update.changes == {"note": package.UNSET}
