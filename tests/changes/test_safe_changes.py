"""What `diff` promises: where it says "safe for stored data", what was valid is valid after."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from convex.http_client import ConvexHttpClient
from convexgen.changes.change import Change
from convexgen.changes.diff import changes_between
from convexgen.embedded import BackendFailed, EmbeddedBackend
from convexgen.facts.convex.schema import schema_facts
from convexgen.frontend import load_system
from convexgen.model.system import System
from convexgen.rendering.templates import shipped_templates
from drawn_changes import Drawing, Pair, joined
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ROOT
from small_project import SmallProject

SERVER = ROOT / "generator" / "convexgen" / "embedded" / "server"


def system_of(spec: dict[str, Any]) -> System | None:
    return load_system(yaml.safe_dump(spec, sort_keys=False), "spec.yaml").system


def schema_of(system: System) -> str:
    """The module of its schema, which is JavaScript as well."""
    return shipped_templates().render("convex/schema.ts.jinja", schema_facts(system))


def is_safe(before: System, after: System) -> bool:
    return not any(one.breaks_stored_data for one in changes_between(before, after))


class Validation:
    """The validation of the embedded backend, in one process for all pairs."""

    def __init__(self, folder: Path) -> None:
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        script = folder / "validation.mjs"
        script.write_text((Path(__file__).parent / "validation.mjs").read_text("utf-8"))
        self._folder = folder
        self._numbers = count()
        self._process = subprocess.Popen(
            ["node", script, SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def violations(
        self, schemas: list[str], documents: dict[str, list[dict[str, Any]]]
    ) -> list[list[str | None]]:
        """What is wrong with each document, in each schema."""
        paths = [self._folder / f"schema{next(self._numbers)}.mjs" for _ in schemas]
        for path, text in zip(paths, schemas, strict=True):
            path.write_text(text, encoding="utf-8")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"schemas": list(map(str, paths)), "documents": documents}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: list[list[str | None]] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def validation(tmp_path: Path) -> Iterator[Validation]:
    started = Validation(tmp_path)
    yield started
    started.close()


def test_what_is_safe_is_valid_after(validation: Validation) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200)
    @given(st.randoms(use_true_random=False))
    def check(chance: random.Random) -> None:
        pair = Drawing(chance, with_ids=True).pair("things")
        before, after = system_of(joined([pair.before])), system_of(joined([pair.after]))
        if before is None or after is None:
            seen["no spec"] += 1
            return
        schemas = [schema_of(before), schema_of(after)]
        old, new = validation.violations(schemas, {"things": pair.documents})
        assert old == [None] * len(pair.documents)
        wrong = [one for one in new if one is not None]
        safe = is_safe(before, after)
        seen["safe" if safe else "refused" if wrong else "not refused"] += 1
        assert not safe or not wrong, (wrong[0], joined([pair.before]), joined([pair.after]))

    check()
    # Those that are not refused have no document that shows why they could be.
    assert seen["safe"] > 10, seen
    assert seen["refused"] > 10, seen
    assert seen["no spec"] < sum(seen.values()) / 2, seen


NEEDED = {
    "enum-value-removed",
    "enum-closed",
    "field-removed",
    "field-renamed",
    "field-required",
    "null-removed",
    "required-field-added",
    "storage-changed absent",
    "storage-changed large",
    "storage-changed rows",
    "type-changed",
    "variant-removed",
}
"""The changes that a document alone can be at odds with."""


def _thought(change: Change) -> str:
    """What is thought of a change, of which each could be wrong by itself."""
    is_stored_so = change.code == "storage-changed"
    return f"{change.code} {change.after[-1]}" if is_stored_so else change.code


def test_each_change_leaves_documents_that_are_refused(validation: Validation) -> None:
    """So the pairs that are drawn would show it if `diff` took no notice of one of them."""
    chance = random.Random(19)
    found: set[str] = set()
    for _ in range(3000):
        pair = Drawing(chance, with_ids=True).pair("things")
        loaded = _loaded(pair)
        if loaded is None:
            continue
        thoughts = {_thought(one) for one in changes_between(*loaded) if one.breaks_stored_data}
        if len(thoughts) == 1 and not thoughts <= found:
            schemas = [schema_of(one) for one in loaded]
            _, new = validation.violations(schemas, {"things": pair.documents})
            found |= thoughts if any(new) else set()
        if found >= NEEDED:
            return
    assert found >= NEEDED, NEEDED - found


FILL = """\
import { mutationGeneric } from "convex/server";
import { jsonToConvex, v } from "convex/values";

export const fill = mutationGeneric({
  args: { text: v.string() },
  handler: async ({ db }, { text }) => {
    for (const [table, listed] of Object.entries(JSON.parse(text)))
      for (const document of listed) await db.insert(table, jsonToConvex(document));
  },
});
"""


def _loaded(pair: Pair) -> tuple[System, System] | None:
    before, after = system_of(joined([pair.before])), system_of(joined([pair.after]))
    return None if before is None or after is None else (before, after)


def test_the_backend_takes_what_is_safe(tmp_path: Path) -> None:
    """Many pairs in one project: it starts with the new schemas of those that are safe."""
    chance = random.Random(19)
    pairs: list[tuple[Pair, bool]] = []
    while sum(safe for _, safe in pairs) < 12 or sum(not safe for _, safe in pairs) < 12:
        pair = Drawing(chance, with_ids=False).pair(f"table{len(pairs)}")
        loaded = _loaded(pair)
        if loaded is not None:
            pairs.append((pair, is_safe(*loaded)))
    old = system_of(joined([pair.before for pair, _ in pairs]))
    new = system_of(joined([pair.after if safe else pair.before for pair, safe in pairs]))
    all_new = system_of(joined([pair.after for pair, _ in pairs]))
    assert old is not None
    assert new is not None
    assert all_new is not None
    assert is_safe(old, new)
    assert not is_safe(old, all_new)
    project = SmallProject(tmp_path)
    project.write("fill.ts", FILL)
    project.write("schema.ts", schema_of(old))
    documents = {f"table{number}": pair.documents for number, (pair, _) in enumerate(pairs)}
    data = tmp_path / "local.data"
    with EmbeddedBackend.start(tmp_path, data=data) as backend:
        ConvexHttpClient(backend.url).mutation("fill:fill", {"text": json.dumps(documents)})
    project.write("schema.ts", schema_of(new))
    with EmbeddedBackend.start(tmp_path, data=data):
        pass
    project.write("schema.ts", schema_of(all_new))
    with pytest.raises(BackendFailed, match="Schema validation failed"):
        EmbeddedBackend.start(tmp_path, data=data)
