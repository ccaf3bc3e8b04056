"""Editors complete, explain and check specs: the language server that they run, and our schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from convexgen.cli.group import cli
from convexgen.resolving.types import SIMPLE_TYPES
from convexgen.spec.json_schema import spec_json_schema
from language_server import LanguageServer
from project import ROOT

SCHEMA = ROOT / "schema" / "convexgen.schema.json"
CASES = ROOT / "tests" / "cases"
MODELINE = "# yaml-language-server: $schema=convexgen.schema.json\n"

# The codes of what a schema can see.
SHAPE_CODES = frozenset(
    {
        "enum-value-not-text",
        "missing-key",
        "too-few",
        "unknown-key",
        "unknown-value",
        "unknown-version",
        "wrong-shape",
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the schema in it."""
    (tmp_path / SCHEMA.name).write_bytes(SCHEMA.read_bytes())
    return tmp_path


def specs_of_cases() -> list[Path]:
    return [path for path in sorted(CASES.glob("*/spec.yaml")) if _is_text(path)]


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_what_is_wrong_with_shapes_is_underlined(folder: Path) -> None:
    """Each line that `lint` refuses for its shape; and nothing in specs that are fine."""
    given = specs_of_cases()
    for path in given:
        text = path.read_text(encoding="utf-8")
        (folder / f"{path.parent.name}.yaml").write_text(MODELINE + text, encoding="utf-8")
    with LanguageServer() as server:
        problems = server.problems([folder / f"{path.parent.name}.yaml" for path in given])
    seen = set()
    for path, underlined in zip(given, problems, strict=True):
        said = (path.parent / "stderr.txt").read_text(encoding="utf-8")
        for line, code in re.findall(r"^spec\.yaml:(\d+):\d+: error\[([a-z-]+)\]", said, re.M):
            if code in SHAPE_CODES:
                assert int(line) + 1 in underlined, (path.parent.name, line, code)
                seen.add(code)
        if path.parent.name.startswith(("good-", "warned-")):
            assert underlined == {}, path.parent.name
    assert seen == SHAPE_CODES


def test_the_spec_of_this_repository_is_fine() -> None:
    spec = ROOT / "schema" / "mastra.yaml"
    assert spec.read_text(encoding="utf-8").startswith(MODELINE)
    with LanguageServer() as server:
        assert server.problems([spec]) == [{}]


def test_help_while_typing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    started = CliRunner().invoke(cli, ["init", "--name", "notes"], catch_exceptions=False)
    assert "created schema/convexgen.schema.json" in started.stdout
    spec = tmp_path / "schema" / "notes.yaml"
    first = spec.read_text(encoding="utf-8")
    typed = "  Tag:\n    table: tags\n    tabel: tags\n    \n    fields:\n      tagId: \n      at:"
    spec.write_text(f"{first}\n{typed}\n        type: timestamp\n        set: \n")
    start = len(first.splitlines()) + 2
    with LanguageServer() as server:
        (problems,) = server.problems([spec])
        assert problems[start + 2] == "Property tabel is not allowed."
        assert start not in problems  # it needs no key
        assert {"list<string>", "timestamp"} < set(server.completions(spec, start + 5, 14))
        assert server.completions(spec, start + 8, 14) == ["on create", "on write"]
        assert {"key", "indexes", "access"} < set(server.completions(spec, start + 3, 5))
        told = server.hover(spec, start + 1, 6)
        assert "The Convex table, and the module of its functions." in told


def test_a_file_without_a_name_is_a_part(folder: Path) -> None:
    part, whole, empty = (folder / f"{name}.yaml" for name in ("part", "whole", "empty"))
    part.write_text(f"{MODELINE}enums:\n  Color: [red]\n")
    whole.write_text(f"{MODELINE}convexgen: 1\nname: whole\ninclude: part.yaml\n")
    empty.write_text(f"{MODELINE}convexgen: 1\nname: empty\n")
    with LanguageServer() as server:
        found = server.problems([part, whole, empty])
    assert [*found[:2], list(found[2].values())] == [{}, {}, ['Missing property "entities".']]


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The keys of all mappings in a schema, with their schemas."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for inner in schema.values():
            yield from properties(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner)


def test_every_key_says_what_it_is_for() -> None:
    found = list(properties(json.loads(spec_json_schema())))
    assert len(found) > 40
    assert [key for key, schema in found if not schema.get("description", "").endswith(".")] == []


def test_every_simple_type_is_offered() -> None:
    expression = json.loads(spec_json_schema())["$defs"]["TypeExpression"]
    offered = {snippet["body"] for snippet in expression["defaultSnippets"]}
    assert set(SIMPLE_TYPES) - offered == {"function", "null"}  # which says nothing by itself
