"""`check --no-run-code`, `lint` and `generate` run nothing of a project."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from project import Project, make_project, run
from small_specs import put, small_spec

COMMANDS = (
    ["lint"],
    ["check", "--no-run-code"],
    ["check", "--no-run-code", "--format", "json"],
    ["generate"],
    ["generate", "--force"],
)
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ sales: defineTable({ id_: v.string() }) });
"""
FUNCTIONS = """\
import { v } from "convex/values";
import { internalQuery } from "./_generated/server";

export const latest = internalQuery({ args: {}, returns: v.null(), handler: () => null });
"""


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that is there when something has run."""
    return tmp_path / "canary"


def run_javascript(canary: Path) -> str:
    return f"process.getBuiltinModule?.('fs').writeFileSync({str(canary)!r}, '');\n"


@pytest.fixture
def project(tmp_path: Path, canary: Path) -> Project:
    """A project whose schema is its own, with a function spec, and which is up to date."""
    more = "convex: {directory: convex/crm, schema: theirs}\nfunctionSpec: functions.json\n"
    spec = put(tmp_path, "crm.yaml", small_spec("crm", more=more))
    put(tmp_path, "functions.json", '{"functions": []}')
    made = make_project(tmp_path / "project", spec)
    made.generate()
    for name, text in (("schema", SCHEMA), ("reports", FUNCTIONS)):
        put(made.root, f"convex/{name}.ts", f"// @ts-nocheck\n{text}{run_javascript(canary)}")
    put(made.root, "convex.config.ts", run_javascript(canary))
    return made


def test_functions_and_schemas_are_not_run(project: Project, canary: Path) -> None:
    for arguments in COMMANDS:
        done = project.convexgen(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not canary.exists(), arguments
        if arguments[0] == "check":
            for what in ("The function spec", "The schema"):
                assert f"{what} was not compared" in done.stderr
            assert "--no-run-code" in done.stderr
    done = project.convexgen("check")
    assert canary.exists()
    assert done.returncode == 1
    assert "reports:latest is new" in done.stderr


SETTINGS = """\
[core]
	repositoryformatversion = 1
	bare = {bare}
	fsmonitor = {command}
	sshCommand = {command}
	pager = {command}
[extensions]
	partialClone = origin
[remote "origin"]
	url = ext::{command}
	promisor = true
	fetch = +refs/heads/*:refs/remotes/origin/*
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[diff]
	external = {command}
"""
"""Of a repository that lacks its objects, and says by which program they are fetched."""


@pytest.mark.parametrize("folder", ["", ".git"], ids=["bare", "with-a-work-tree"])
def test_what_the_settings_of_a_repository_name_is_not_run(
    tmp_path: Path, canary: Path, folder: str
) -> None:
    project = make_project(tmp_path / "project", put(tmp_path, "crm.yaml", small_spec("crm")))
    project.generate()
    script = put(tmp_path, "script.sh", f"#!/bin/sh\ntouch {shlex.quote(str(canary))}\n")
    script.chmod(0o755)
    repository = project.root / folder
    put(repository, "HEAD", "ref: refs/heads/main\n")
    put(repository, "refs/heads/main", f"{'12' * 20}\n")
    put(repository, "objects/info/packs", "")
    put(repository, "config", SETTINGS.format(bare=str(not folder).lower(), command=script))
    read = run(["git", "cat-file", "-t", "HEAD^{commit}"], project.root)
    assert read.returncode != 0
    assert canary.exists(), read.stderr  # git alone runs it
    canary.unlink()

    sales = project.root / "convex" / "sales.ts"
    sales.write_text(f"{sales.read_text()}// mine\n")
    for arguments in COMMANDS:
        done = project.convexgen(*arguments)
        assert done.returncode == (0 if arguments in (["lint"], ["generate", "--force"]) else 1)
        assert not canary.exists(), arguments
