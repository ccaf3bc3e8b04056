"""`convexgen rename` and `convexgen fmt`: what changes in the files of a spec, and what stays."""

from __future__ import annotations

import difflib
from functools import partial
from pathlib import Path

import pytest
from convexgen.changes.diff import changes_between
from convexgen.frontend import load_system
from convexgen.model.system import System
from convexgen.renaming.rename import renamed
from convexgen.renaming.targets import (
    EntityTarget,
    FieldTarget,
    IndexTarget,
    Target,
    ValueTarget,
)
from included import read_included
from project import ROOT, Project
from small_specs import expect, put

SPEC = """\
# Who buys what.
convexgen: 1
name: crm
enums:
  Stage: [lead, customer, gone] # a deal
  Size:
    - small
    - large # the largest

entities:
  # Whoever buys.
  Company:
    table: companies
    key: domain
    fields:
      domain: string
      title: string?   # what it is called
      stage: {type: Stage, default: lead}
      parent: {type: id<Company>?, onDelete: setNull}
      size: Size
    indexes:
      by_title: [title]
      by_stage_and_title: {fields: [stage, title], counted: true}
    queries:
      newest: {by: stage, order: title desc}
    searchIndexes:
      search_title: {search: title, filter: [stage]}
    access: {owner: domain, read: [owner, {where: {stage: customer}}]}
    related: {deals: {entity: Deal, by: company}}
  Deal:
    table: deals
    fields:
      company: {type: ref<Company>, onDelete: cascade}
      "note": {type: string, description: "Company title"}
    indexes: {by_company: [company]}
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that are others, without their indentation."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [f"{line[0]} {line[2:].strip()}" for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "Company",
            "Firm",
            [
                "- Company:",
                "+ Firm:",
                "- parent: {type: id<Company>?, onDelete: setNull}",
                "+ parent: {type: id<Firm>?, onDelete: setNull}",
                "+ renamedFrom: Company",
                "- company: {type: ref<Company>, onDelete: cascade}",
                "+ company: {type: ref<Firm>, onDelete: cascade}",
            ],
        ),
        (
            "Company.title",
            "name",
            [
                "- title: string?   # what it is called",
                "+ name: { type: string?, renamedFrom: title }   # what it is called",
                "- by_title: [title]",
                "+ by_title: [name]",
                "- by_stage_and_title: {fields: [stage, title], counted: true}",
                "+ by_stage_and_title: {fields: [stage, name], counted: true}",
                "- newest: {by: stage, order: title desc}",
                "+ newest: {by: stage, order: name desc}",
                "- search_title: {search: title, filter: [stage]}",
                "+ search_title: {search: name, filter: [stage]}",
            ],
        ),
        (
            "Stage.customer",
            "client",
            [
                "- Stage: [lead, customer, gone] # a deal",
                "+ Stage: { values: [lead, client, gone], renamedValues: { client: customer } } "
                "# a deal",
                "- access: {owner: domain, read: [owner, {where: {stage: customer}}]}",
                "+ access: {owner: domain, read: [owner, {where: {stage: client}}]}",
            ],
        ),
        (
            "Size.large",
            "big",
            [
                "- - small",
                "- - large # the largest",
                "+ values:",
                "+ - small",
                "+ - big # the largest",
                "+ renamedValues: { big: large }",
            ],
        ),
        (
            "Company.indexes.by_title",
            "by_name",
            ["- by_title: [title]", "+ by_name: { fields: [title], renamedFrom: by_title }"],
        ),
        (
            "Deal.company",
            "firm",
            [
                "- related: {deals: {entity: Deal, by: company}}",
                "+ related: {deals: {entity: Deal, by: firm}}",
                "- company: {type: ref<Company>, onDelete: cascade}",
                "+ firm: {type: ref<Company>, onDelete: cascade, renamedFrom: company}",
                "- indexes: {by_company: [company]}",
                "+ indexes: {by_company: [firm]}",
            ],
        ),
    ],
)
def test_what_changes(old: str, new: str, lines: list[str], tmp_path: Path) -> None:
    path = put(tmp_path, "schema/crm.yaml", SPEC)
    assert expect(Project(tmp_path), "rename", old, new) == ""
    assert sorted(changed(SPEC, path.read_text())) == sorted(lines)
    assert expect(Project(tmp_path), "lint") == ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Company.title", "name"), ("Company.name", "title")),
        (("Size.large", "big"), ("Size.big", "large")),
    ],
)
def test_what_is_called_as_before_says_nothing_of_it(
    first: tuple[str, str], second: tuple[str, str], tmp_path: Path
) -> None:
    path = put(tmp_path, "schema/crm.yaml", SPEC)
    expect(Project(tmp_path), "rename", *first)
    expect(Project(tmp_path), "rename", *second)
    assert "renamed" not in path.read_text()
    put(tmp_path, "old.yaml", SPEC)
    said = Project(tmp_path).convexgen("diff", "--against", "old.yaml").stdout
    assert said == "Nothing has changed since old.yaml.\n"


def test_a_value_that_is_renamed_again_has_the_name_before(tmp_path: Path) -> None:
    path = put(tmp_path, "schema/crm.yaml", SPEC)
    expect(Project(tmp_path), "rename", "Stage.customer", "client")
    expect(Project(tmp_path), "rename", "Stage.client", "buyer")
    assert "{ values: [lead, buyer, gone], renamedValues: { buyer: client } }" in path.read_text()


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("Compani", "Firm", 2, 'there is no entity or enum "Compani": did you mean "Company"?'),
        ("Company.titel", "name", 2, 'Company has no field or index "titel"'),
        ("Stage.lost", "gone", 2, 'Stage has no value "lost"'),
        ("Company.title", "domain", 1, "Nothing was renamed."),
        ("Company.title", "not a name", 1, "Nothing was renamed."),
    ],
)
def test_what_cannot_be_renamed(old: str, new: str, code: int, said: str, tmp_path: Path) -> None:
    path = put(tmp_path, "schema/crm.yaml", SPEC)
    assert said in expect(Project(tmp_path), "rename", old, new, code=code)
    assert path.read_text() == SPEC


def test_a_name_of_a_pack_is_not_ones_own(tmp_path: Path) -> None:
    text = "convexgen: 1\nname: mine\ninclude: pack:mastra\n"
    put(tmp_path, "schema/mine.yaml", text)
    said = expect(Project(tmp_path), "rename", "Thread.title", "name", code=2)
    assert "of pack:mastra, which is not yours to change" in said


def test_all_files_of_a_spec_change(tmp_path: Path) -> None:
    first, _, deal = SPEC.partition("  Deal:\n")
    whole = put(tmp_path, "schema/crm.yaml", first)
    part = put(tmp_path, "schema/deals.yaml", f"entities:\n  Deal:\n{deal}")
    expect(Project(tmp_path), "rename", "Company", "Firm")
    assert "ref<Firm>" in part.read_text()
    assert "  Firm:\n" in whole.read_text()


# All that the language has

KITCHEN_SINK = ROOT / "tests" / "cases" / "good-everything"
READ = partial(read_included, root=KITCHEN_SINK)
TEXT = (KITCHEN_SINK / "spec.yaml").read_text(encoding="utf-8")


def targets(system: System) -> list[Target]:
    """A part of each kind of each entity, and of all enums."""
    found: list[Target] = []
    for number, entity in enumerate(system.entities):
        groups = {
            "indexes": [one.name for one in entity.all_indexes if not one.implicit],
            "searchIndexes": [one.name for one in entity.all_search_indexes],
            "vectorIndexes": [one.name for one in entity.all_vector_indexes],
        }
        found.append(EntityTarget(entity.name))
        fields = [one for one in entity.shared_fields if one.name != entity.tag]
        # Not all, which takes minutes; others in each entity.
        found.extend(FieldTarget(entity.name, one.name) for one in fields[number % 5 :: 5])
        for group, names in groups.items():
            found.extend(IndexTarget(entity.name, group, name) for name in names[:1])
    found.extend(ValueTarget(enum.name, enum.values[-1]) for enum in system.enums)
    return found


def test_whatever_the_language_has() -> None:
    loaded = load_system(TEXT, "spec.yaml", READ)
    assert loaded.system is not None
    for target in targets(loaded.system):
        name = "Zeta" if isinstance(target, EntityTarget) else "zeta"
        after = load_system(renamed(target, name, loaded.source)["spec.yaml"], "spec.yaml", READ)
        assert after.system is not None, (target, after.diagnostics)
        codes = {one.code for one in changes_between(loaded.system, after.system)}
        lost = {one for one in codes if one.endswith(("-added", "-removed"))}
        # Names of queries follow from those of indexes; variants are told by values of enums.
        of = {one.partition("-")[0] for one in lost}
        assert of <= {"query", "function", "variant"}, (target, codes)


# Laying out


def test_a_spec_is_laid_out(tmp_path: Path) -> None:
    path = put(tmp_path, "schema/crm.yaml", SPEC)
    project = Project(tmp_path)
    assert "Run `convexgen fmt`." in expect(project, "fmt", "--check", code=1)
    assert path.read_text() == SPEC
    assert project.convexgen("fmt").stdout == "schema/crm.yaml: laid out\n"
    text = path.read_text()
    assert "title: string? # what it is called\n" in text
    assert "stage: { type: Stage, default: lead }\n" in text
    assert text.count("#") == SPEC.count("#")
    expect(project, "fmt", "--check")
    put(tmp_path, "old.yaml", SPEC)
    said = project.convexgen("diff", "--against", "old.yaml").stdout
    assert said == "Nothing has changed since old.yaml.\n"


def test_ends_of_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "schema" / "crm.yaml"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    expect(Project(tmp_path), "fmt")
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf# Who")
    assert content.count(b"\n") == content.count(b"\r\n") > 20


def test_what_is_no_yaml_is_not_laid_out(tmp_path: Path) -> None:
    path = put(tmp_path, "schema/crm.yaml", "convexgen: 1\nname: [crm\n")
    assert "yaml-syntax" in expect(Project(tmp_path), "fmt", code=1)
    assert path.read_text() == "convexgen: 1\nname: [crm\n"


def test_what_is_laid_out_stays_so(tmp_path: Path) -> None:
    spec = put(tmp_path, "schema/crm.yaml", SPEC)
    project = Project(tmp_path)
    expect(project, "fmt")
    for old, new in (
        ("Company", "AnyCompanyThatBuysSomethingOfUs"),
        ("AnyCompanyThatBuysSomethingOfUs.stage", "howFarWeHaveComeWithThisCompany"),
        ("Stage.customer", "a client that has paid for what we have sent him"),
    ):
        expect(project, "rename", old, new)
        expect(project, "fmt", "--check")
    assert "# Who buys what." in spec.read_text()
