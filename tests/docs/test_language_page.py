"""The page of the spec language: its examples are specs, and it names every key."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest
from project import ROOT, Project

PAGE = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "schema" / "convexgen.schema.json").read_text(encoding="utf-8"))
TYPES = {"number", "integer", "int64", "commitTs", "timestamp", "json", "any"}

ENTITY = """\
convexgen: 1
name: example
entities:
  Example:
    table: examples
    key: exampleId
"""
LISTED = re.compile(r"^fields:(?: \{(?P<flow>.*)\}\n|\n(?P<block>(?:  .*\n)+))", re.MULTILINE)
"""The fields of an entity, in braces or below each other."""
FIELDS = "    fields:\n      exampleId: string\n"


def examples() -> list[str]:
    """Whole specs; fields and options of an entity are made such."""
    found: list[str] = []
    for kind, text in re.findall(r"^```yaml (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        match kind:
            case "spec":
                found.append(text)
            case "fields":
                found.append(ENTITY + FIELDS + indented(text, 6))
            case "entity":
                listed = LISTED.search(text)
                assert listed is not None
                fields = listed["flow"].replace(", ", "\n") if listed["flow"] else listed["block"]
                options = text[: listed.start()] + text[listed.end() :]
                fields = indented(textwrap.dedent(fields).strip() + "\n", 6)
                found.append(ENTITY + FIELDS + fields + indented(options, 4))
            case _:
                raise AssertionError(kind)
    return found


def indented(text: str, by: int) -> str:
    return re.sub("^", by * " ", text, flags=re.MULTILINE).rstrip(" ")


@pytest.mark.parametrize("example", examples())
def test_examples(example: str, tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "example.yaml").write_text(example, encoding="utf-8")
    finished = Project(tmp_path).convexgen("lint")
    assert (finished.returncode, finished.stderr) == (0, "")


def keys(schema: object) -> set[str]:
    """The names of the properties of a JSON Schema, at any depth."""
    if isinstance(schema, list):
        return {key for one in schema for key in keys(one)}
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())) | keys(list(schema.values()))


def test_every_key_is_on_the_page() -> None:
    known = keys(SCHEMA)
    assert len(known) > 50
    assert {key for key in known if f"`{key}`" not in PAGE} == set()


def test_the_page_names_no_other_keys() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert len(named - TYPES) > 40
    assert named - TYPES <= keys(SCHEMA)
