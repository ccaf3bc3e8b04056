"""What lint says to rules that no index serves is what they need."""

from __future__ import annotations

import re

import yaml
from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.frontend import load_system
from project import ROOT

CASE = ROOT / "tests" / "cases" / "access-indexes" / "spec.yaml"


def refused(spec: object) -> list[Diagnostic]:
    """The errors, those of one spec after another."""
    found = load_system(yaml.safe_dump(spec, sort_keys=False), "spec.yaml")
    return [one for one in found.diagnostics if one.severity == "error"]


def test_each_rule_is_served_by_the_line_that_lint_prints() -> None:
    spec = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    before = refused(spec)
    assert len(before) >= 10
    assert {one.code for one in before} == {"no-index-for-rule"}
    groups = {"add an index": "indexes", "add a query": "queries"}
    used: set[str] = set()
    for one in before:
        entity = re.search("(?:index|query) of ([A-Z]) ", one.message)
        line = re.fullmatch("(add a.* (?:index|query)): (.+)", one.help or "")
        assert entity is not None
        assert line is not None
        used.add(line[1])
        options = spec["entities"][entity[1]]
        options.setdefault(groups[line[1]], {}).update(yaml.safe_load(line[2]))
    assert used == set(groups)
    assert refused(spec) == []
