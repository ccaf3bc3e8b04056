"""A schema that the tool emitted, imported: the spec gives the same schema, with the same keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from convexgen.embedded import read_schema
from convexgen.frontend import load_system
from convexgen.importing.comments import read_comments
from convexgen.importing.comparing import differences
from convexgen.importing.exported import ExportedSchema, read_exported
from convexgen.importing.keys import readings
from convexgen.importing.names import Known
from convexgen.importing.project import Target, draft_spec
from convexgen.model.system import System
from convexgen.model.types import IntegerType
from convexgen.rendering.render import render
from included import read_included
from project import ROOT

SPECS = [
    *sorted((ROOT / "tests" / "cases").glob("good-*/spec.yaml")),
    *sorted((ROOT / "tests" / "golden").glob("*/spec.yaml")),
    ROOT / "schema" / "mastra.yaml",
]


def exported(system: System, folder: Path) -> ExportedSchema:
    """What the schema of a system exports."""
    folder.mkdir(exist_ok=True)
    file = folder / "schema.ts"
    file.write_text(render(system, "spec.yaml")[f"{system.convex.directory}/schema.ts"].text)
    return read_exported(read_schema(ROOT, schema=file).exported)


def keys(system: System) -> dict[str, tuple[str, ...]]:
    """Of those whose keys have no number, of which a schema does not say that it is whole.

    What is unique is read as keys are: the first of it is the key of an entity that has none.
    """
    return {
        entity.table: entity.key
        if entity.has_key
        else entity.unique[0].fields
        if entity.unique
        else entity.key
        for entity in system.entities
        if not any(isinstance(entity.field(name).type, IntegerType) for name in entity.key)
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_what_was_emitted_comes_back(path: Path, tmp_path: Path) -> None:
    loaded = load_system(
        path.read_text(encoding="utf-8"), path.name, partial(read_included, root=path.parent)
    )
    system = loaded.system
    assert system is not None, loaded.diagnostics
    if not system.entities:
        pytest.skip("there is no schema without entities")
    given = exported(system, tmp_path / "given")
    drafts = render(system, "spec.yaml")
    texts = {name: draft.text for name, draft in drafts.items() if name.endswith(".ts")}
    modules = [text for name, text in texts.items() if "/model/" in name]
    comments = read_comments([texts[f"{system.convex.directory}/schema.ts"]])
    target = Target("again", "convex/again", "convex/schema.ts", None)
    drafted = draft_spec(given, comments, list(readings(modules)), target, Known())
    again = load_system(drafted.text({}), "again.yaml")
    assert again.system is not None, (again.diagnostics, drafted.text({}))
    assert list(differences(given, exported(again.system, tmp_path / "again"))) == []
    known = keys(system)
    assert {table: key for table, key in keys(again.system).items() if table in known} == known
