"""The cron jobs of a spec: in a file of its own, and never in the place of somebody's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from project import Project, make_project

SPEC = """\
convexgen: 1
name: shop
python: false
typescript: false
convex: {{crons: {crons}}}
entities:
  Visit:
    table: visits
    retention: {{after: {after}, on: at}}
    fields: {{at: timestamp}}
    indexes: {{by_at: [at]}}
  Hit:
    table: hits
    retention: {{after: 52w, on: at}}
    fields: {{at: timestamp}}
    indexes: {{by_at: [at]}}
"""
OWN = "import { cronJobs } from 'convex/server';\nexport default cronJobs();\n"


def project_of(folder: Path, *, after: str = "30d", crons: str = "ours") -> Project:
    (folder / "spec.yaml").write_text(SPEC.format(after=after, crons=crons))
    return make_project(folder / "project", folder / "spec.yaml")


@pytest.mark.parametrize(
    ("after", "minutes"),
    [("1s", 1), ("47m", 1), ("2h", 5), ("12h", 30), ("1d", 60), ("90d", 60), ("999999999w", 60)],
)
def test_how_often_it_runs(after: str, minutes: int, tmp_path: Path) -> None:
    project = project_of(tmp_path, after=after)
    project.generate()
    text = (project.root / "convex" / "crons.ts").read_text()
    assert re.findall(r"minutes: (\d+)", text) == [str(minutes)]


@pytest.mark.parametrize("ending", ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"])
def test_cron_jobs_of_ones_own_are_left_alone(ending: str, tmp_path: Path) -> None:
    project = project_of(tmp_path)
    own = project.root / "convex" / f"crons.{ending}"
    own.parent.mkdir()
    own.write_text(OWN)
    before = project.tree()
    for command in ("generate", "check", "generate --force"):
        done = project.convexgen(*command.split())
        assert done.returncode == 2
        assert f"convex/crons.{ending} has cron jobs of your own" in done.stderr
        assert "internal.system.removeExpired" in done.stderr
        assert "convex: {crons: theirs}" in done.stderr
    assert project.tree() == before
    spec = project.root / "schema" / "spec.yaml"
    spec.write_text(SPEC.format(after="30d", crons="theirs"))
    project.generate()
    assert own.read_text() == OWN
    assert project.convexgen("check").stdout == "Up to date.\n"


def test_cron_jobs_that_come_later(tmp_path: Path) -> None:
    """Also where hashes alone say that nothing else has changed."""
    project = project_of(tmp_path)
    project.generate()
    assert project.convexgen("check").returncode == 0
    (project.root / "convex" / "crons.js").write_text(OWN)
    assert project.convexgen("check").returncode == 2
    (project.root / "convex" / "crons.js").unlink()
    (project.root / "convex" / "lib" / "crons.ts").write_text(OWN)
    assert project.convexgen("check").returncode == 0


def test_they_go_with_the_last_retention(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.generate()
    spec = project.root / "schema" / "spec.yaml"
    spec.write_text(re.sub(r" +retention: .*\n", "", spec.read_text()))
    project.generate()
    assert not {"convex/crons.ts", "convex/lib/retention.ts"} & set(project.tree())
    assert b"removeExpired" not in b"".join(project.tree().values())
