"""`docs/changing.md`: what it shows is what `diff` says, and what it says of steps is so."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from page_examples import all_blocks
from page_fragments import run_fragment
from project import Project
from small_specs import expect, put

PAGE = "docs/changing.md"
BLOCKS = {block.language: block.text for block in all_blocks(PAGE)}


def commit(folder: Path, *names: str) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=folder, check=True)
    subprocess.run(["git", "add", *names], cwd=folder, check=True)
    author = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *author, "commit", "--quiet", "-m", "Deploy it"], cwd=folder, check=True)


def test_what_it_prints(tmp_path: Path) -> None:
    put(tmp_path, "schema/crm.yaml", BLOCKS["yaml before"])
    commit(tmp_path, "schema")
    subprocess.run(["git", "tag", "v1.4"], cwd=tmp_path, check=True)
    put(tmp_path, "schema/crm.yaml", BLOCKS["yaml after"])
    put(tmp_path, "old/crm.yaml", BLOCKS["yaml before"])
    put(tmp_path, "schema/billing/billing.yaml", BLOCKS["yaml before"])
    project = Project(tmp_path)
    assert project.convexgen("diff").stdout == BLOCKS["text"]
    found = {
        command: project.convexgen(*command.split()[2:])
        for command in BLOCKS["console"].splitlines()
    }
    codes = [finished.returncode for finished in found.values()]
    assert codes[:2] == [1, 1]
    assert codes[3] == 1
    said = [finished.stdout for finished in found.values()]
    assert said[1].replace("v1.4", "main") == said[0]
    # There is no server to compare with.
    assert "git knows no commit 'origin/main'" in list(found.values())[2].stderr


@pytest.mark.parametrize("block", ["yaml renamed", "yaml allowed"])
def test_its_specs(block: str, tmp_path: Path) -> None:
    put(tmp_path, "schema/crm.yaml", BLOCKS[block])
    assert expect(Project(tmp_path), "lint") == ""


BOTH = BLOCKS["yaml before"].replace("title: string", "title: string?\n      name: string?")


def test_the_step_that_fills_a_field(tmp_path: Path) -> None:
    imports = "from crm_convex import MISSING, UNSET, Company, ConvexStorage, Stage"
    lines = [
        'old = Company(domain="a.no", title="A", stage=Stage.LEAD)',
        'new = Company(domain="b.no", title="B", name="Bb", stage=Stage.LEAD)',
        "storage.companies.save_many([old, new])",
        BLOCKS["python fragment"],
        "for company in list(storage.companies.list()):",
        "    storage.companies.update(company.domain, title=UNSET)",
        'assert [one.name for one in storage.companies.list()] == ["A", "Bb"]',
        "assert all(one.title is MISSING for one in storage.companies.list())",
    ]
    run_fragment("\n".join(lines), BOTH, imports, tmp_path)


def test_its_renames(tmp_path: Path) -> None:
    """They lead back from the spec that says what was renamed."""
    put(tmp_path, "schema/crm.yaml", BLOCKS["yaml renamed"])
    project = Project(tmp_path)
    for command in BLOCKS["console rename"].splitlines():
        expect(project, *command.split()[2:])
    text = (tmp_path / "schema" / "crm.yaml").read_text(encoding="utf-8")
    # Only what the page does not rename is still called otherwise than before.
    assert re.findall(r"renamed\w+", text) == ["renamedValues"]
