"""What public schemas have, row by row of a survey: imported, each exports what it did before."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from convexgen.cli.imported_spec import fresh_spec
from convexgen.frontend import load_system
from convexgen.importing.comments import Comments
from convexgen.importing.exported import read_exported
from convexgen.importing.names import Known
from convexgen.importing.project import Drafted, Target, draft_spec
from convexgen.rendering.convex import render_schema
from node_program import bundle_text
from project import ROOT, run

SCHEMAS = Path(__file__).parent / "survey.ts"
ROWS = re.findall(r'^  (?:"([^"\n]+)"|(\w+)): defineSchema\(', SCHEMAS.read_text(), re.MULTILINE)
NAMES = [quoted or plain for quoted, plain in ROWS]
PRINTED = (
    "console.log(JSON.stringify(Object.entries(said).map(([name, one]) => [name, one.export()])));"
)


def exports(program: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What each of the schemas exports that a program calls `said`; they are all in one process."""
    file = bundle_text(f"{program}\n{PRINTED}\n", folder)
    printed = run(["node", file], ROOT)
    assert printed.returncode == 0, printed.stderr
    return {name: json.loads(exported) for name, exported in json.loads(printed.stdout)}


def plain(exported: Any) -> Any:
    """What is exported, with unions as sets: neither order nor nesting of their members counts."""
    if isinstance(exported, list):
        return [plain(one) for one in cast("list[Any]", exported)]
    if not isinstance(exported, dict):
        return exported
    said = cast("dict[str, Any]", exported)
    if said.get("type") != "union":
        return {key: plain(value) for key, value in said.items()}
    found: dict[str, Any] = {}
    for one in map(plain, said["value"]):
        for member in one["value"] if one["type"] == "union" else [one]:
            found[json.dumps(member, sort_keys=True)] = member
    members = [found[text] for text in sorted(found)]
    return members[0] if len(members) == 1 else {"type": "union", "value": members}


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    program = f"import {{ said }} from {json.dumps(str(SCHEMAS))};"
    return exports(program, tmp_path_factory.mktemp("surveyed"))


@pytest.fixture(scope="module")
def imported(
    surveyed: Mapping[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, dict[str, Any]]:
    """What the schemas export that the specs of them give."""
    folder = tmp_path_factory.mktemp("imported")
    imports: list[str] = []
    entries: list[str] = []
    for number, (name, exported) in enumerate(surveyed.items()):
        text = schema_of_spec(exported)
        if text is None:
            continue
        (folder / f"{number}.ts").write_text(text)
        imports.append(f"import of{number} from {json.dumps(str(folder / f'{number}.ts'))};")
        entries.append(f"{json.dumps(name)}: of{number}")
    return exports("\n".join([*imports, f"const said = {{ {', '.join(entries)} }};"]), folder)


def schema_of_spec(exported: Mapping[str, Any]) -> str | None:
    """The schema.ts of the spec of one, as an import without code beside it writes that.

    None where the spec has errors, which are printed.
    """
    schema = read_exported(exported)
    target = Target("survey", "convex/survey", "convex/schema.ts", None)

    def drafts(known: Known) -> Drafted:
        return draft_spec(schema, Comments(), (), target, known)

    _, text, _ = fresh_spec(target, drafts, ())
    loaded = load_system(text, "schema/survey.yaml")
    if loaded.system is None:
        print(*loaded.diagnostics, text, sep="\n")
        return None
    assert not loaded.system.writes
    return render_schema(loaded.system)


def test_there_is_a_schema_for_each_row(surveyed: Mapping[str, dict[str, Any]]) -> None:
    assert list(surveyed) == NAMES
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_exports_what_it_did(
    name: str, surveyed: Mapping[str, dict[str, Any]], imported: Mapping[str, dict[str, Any]]
) -> None:
    assert name in imported
    assert plain(imported[name]) == plain(surveyed[name])
