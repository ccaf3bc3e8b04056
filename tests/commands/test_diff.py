"""`convexgen diff`: what it compares with, what a spec allows, and the formats for programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from convexgen.diagnostics.change_codes import CHANGES
from project import Project
from small_specs import expect, put, small_spec

OLD = small_spec("shop", "sales").replace("{id_: string}", "{id_: string, note: string?}")
NEW = small_spec("shop", "sales")
LOST = "Sales.note is gone"


class Repository:
    """A repository of git with a project in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Project(folder)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        author = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        command = ["git", *author, *arguments]
        return subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout

    def commit(self, **files: str) -> None:
        """Commit files in `schema/`, by their names."""
        for name, text in files.items():
            put(self.folder, f"schema/{name}.yaml", text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "Change it")

    def diff(self, *arguments: str, code: int = 0) -> str:
        finished = self.project.convexgen("diff", *arguments)
        assert finished.returncode == code, finished.stdout + finished.stderr
        return finished.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_branch_is_compared_with_where_it_left_the_default_branch(
    repository: Repository,
) -> None:
    repository.commit(shop=OLD)
    repository.git("switch", "--quiet", "--create", "change")
    put(repository.folder, "schema/shop.yaml", NEW)
    assert LOST in repository.diff(code=1)
    repository.commit()
    assert LOST in repository.diff(code=1)
    # What happens there meanwhile is none of its changes.
    repository.git("switch", "--quiet", "main")
    more = OLD.replace("note: string?", "note: string?, more: string?")
    repository.commit(shop=more)
    repository.git("switch", "--quiet", "change")
    assert "more" not in repository.diff(code=1)
    assert "Sales.more is gone" in repository.diff("--against", "git:main", code=1)
    assert repository.diff("--against", "git:HEAD") == "Nothing has changed since HEAD.\n"


def test_what_is_on_the_server_counts_before_what_is_here(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repository.commit(shop=OLD)
    clone = tmp_path_factory.mktemp("clone") / "clone"
    subprocess.run(["git", "clone", "--quiet", repository.folder, clone], check=True)
    cloned = Repository(clone)
    cloned.commit(shop=NEW)
    said = cloned.diff(code=1)
    assert "origin/HEAD:schema/shop.yaml" in said
    cloned.git("remote", "remove", "origin")
    assert cloned.diff() == "Nothing has changed since main.\n"


def test_a_folder_is_compared_with_the_files_that_it_had(repository: Repository) -> None:
    part = "entities:\n  Pet: {table: pets, key: petId, fields: {petId: string, legs: integer?}}\n"
    repository.commit(shop=OLD, pets=part)
    put(repository.folder, "schema/pets.yaml", part.replace(", legs: integer?", ""))
    (repository.folder / "schema" / "shop.yaml").rename(repository.folder / "schema" / "all.yaml")
    said = repository.diff(code=1)
    assert "Pet.legs is gone" in said
    assert "main:schema/pets.yaml:2:58" in said
    assert said.endswith("1 change since main, of which 1 would break data already stored.\n")


def test_included_files_are_those_of_then(repository: Repository) -> None:
    part = "objects:\n  Money: {cents: int64, note: string?}\n"
    using = OLD.replace("note: string?", "total: Money").replace("name:", "include: parts/\nname:")
    put(repository.folder, "schema/parts/money.yaml", part)
    repository.commit(shop=using)
    put(repository.folder, "schema/parts/money.yaml", part.replace(", note: string?", ""))
    said = repository.diff(code=1)
    assert "Money.note is gone" in said
    assert "main:schema/parts/money.yaml:2:25" in said


@pytest.mark.parametrize("is_staged", [True, False])
@pytest.mark.parametrize(
    ("before", "after", "arguments"),
    [
        ("schema/shop.yaml", "spec/shop.yaml", ["spec/shop.yaml"]),
        ("schema/shop.yaml", "schema/sub/shop.yaml", ["schema/sub"]),
        ("schema/shop.yaml", "schema/other.yaml", ["schema/other.yaml"]),
        ("back/schema/shop.yaml", "front/schema/shop.yaml", []),
    ],
)
def test_a_spec_that_was_moved_is_compared_with_what_it_was(
    repository: Repository, *, before: str, after: str, arguments: list[str], is_staged: bool
) -> None:
    put(repository.folder, before, OLD)
    repository.commit()
    (repository.folder / before).unlink()
    put(repository.folder, after, NEW)
    if is_staged:
        repository.git("add", "--all")
    said = repository.diff(*arguments, code=1)
    assert LOST in said
    assert f"main:{before}:" in said


def test_a_spec_that_was_moved_and_renamed_is_known_by_its_manifest(
    repository: Repository,
) -> None:
    put(repository.folder, "schema/shop.yaml", OLD)
    expect(repository.project, "generate")
    repository.commit()
    (repository.folder / "schema" / "shop.yaml").unlink()
    put(repository.folder, "spec/store.yaml", NEW.replace("name: shop", "name: store"))
    expect(repository.project, "generate", "spec/store.yaml")
    assert LOST in repository.diff(code=1)


def test_which_of_several_a_spec_was_is_asked(repository: Repository) -> None:
    put(repository.folder, "one/schema/shop.yaml", OLD)
    put(repository.folder, "two/schema/shop.yaml", OLD)
    repository.commit()
    for name in ("one", "two"):
        (repository.folder / name / "schema" / "shop.yaml").unlink()
    put(repository.folder, "three/schema/shop.yaml", NEW)
    said = expect(repository.project, "diff", code=2)
    assert "--against git:main:one/schema/shop.yaml" in said
    assert LOST in repository.diff("--against", "git:main:one/schema/shop.yaml", code=1)
    for name in ("nothing.yaml", "one/schema"):
        said = expect(repository.project, "diff", "--against", f"git:main:{name}", code=2)
        assert f"There is no file {name} in main." in said


def test_a_spec_of_other_tables_is_new(repository: Repository) -> None:
    put(repository.folder, "one/schema/shop.yaml", OLD)
    repository.commit()
    (repository.folder / "one" / "schema" / "shop.yaml").unlink()
    put(repository.folder, "two/schema/pets.yaml", small_spec("zoo", "pets"))
    assert repository.diff() == "There is nothing to compare with.\n"


def test_other_yaml_that_is_gone_is_no_spec_that_it_was(repository: Repository) -> None:
    put(
        repository.folder,
        "deploy/serverless.yml",
        "name: shop\nfunctions:\n  run: {handler: a.b}\n",
    )
    repository.commit()
    (repository.folder / "deploy" / "serverless.yml").unlink()
    put(repository.folder, "schema/shop.yaml", NEW)
    assert repository.diff() == "There is nothing to compare with.\n"


def test_a_spec_that_is_new_has_nothing_to_compare_with(repository: Repository) -> None:
    put(repository.folder, "schema/shop.yaml", NEW)
    for _ in range(2):
        finished = repository.project.convexgen("diff")
        assert finished.returncode == 0
        assert finished.stderr == ("schema/shop.yaml: nothing to compare with, all of it is new.\n")
        repository.git("commit", "--quiet", "--allow-empty", "-m", "Begin")


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("git:nothing", "git knows no commit 'nothing'"),
        ("git:--all", "git knows no commit '--all'"),
        ("nothing.yaml", "There is no file nothing.yaml"),
        ("git:broken", "The spec has errors in broken, so that it cannot be compared with: "),
    ],
)
def test_what_cannot_be_compared_with(repository: Repository, against: str, said: str) -> None:
    repository.commit(shop=NEW.replace("string", "strin"))
    repository.git("tag", "broken")
    repository.commit(shop=NEW)
    assert said in expect(repository.project, "diff", "--against", against, code=2)


def test_a_folder_without_a_repository(tmp_path: Path) -> None:
    put(tmp_path, "schema/shop.yaml", NEW)
    said = expect(Project(tmp_path), "diff", code=2)
    assert "Name what to compare with: --against FILE" in said


def test_a_spec_with_errors_is_not_compared(repository: Repository) -> None:
    repository.commit(shop=NEW)
    put(repository.folder, "schema/shop.yaml", NEW.replace("string", "strin"))
    said = expect(repository.project, "diff", code=1)
    assert said.startswith("schema/shop.yaml:7:")
    assert repository.diff(code=1) == "A spec with errors is not compared.\n"
    page = repository.diff("--format", "markdown", code=1)
    assert page == "### A spec with errors is not compared.\n"


# What a spec allows


def allowing(text: str, *, until: str = "2027-03-31", more: str = "") -> str:
    """A spec that says at its top that a field may go."""
    allowed = f"{{change: field-removed, reason: Nobody has one., until: {until}{more}}}"
    return text.replace("entities:", f"allow: [{allowed}]\nentities:")


@pytest.mark.parametrize(
    ("more", "today", "code"),
    [
        ("", "2027-03-31", 0),
        ("", "2027-04-01", 1),
        (", of: note", "2027-03-31", 0),
        (", of: other", "2027-03-31", 1),
    ],
)
def test_what_is_allowed(repository: Repository, more: str, today: str, code: int) -> None:
    repository.commit(shop=OLD)
    put(repository.folder, "schema/shop.yaml", allowing(NEW, more=more))
    (change,) = json.loads(repository.diff("--today", today, "--format", "json", code=code))
    assert change["severity"] == ("error" if code else "note")
    reason = {"reason": "Nobody has one.", "until": "2027-03-31"}
    assert change["allowed"] == (None if code else reason)
    assert "data already stored" in change["breaks"]


def test_the_longest_of_several_allowances_counts(repository: Repository) -> None:
    repository.commit(shop=OLD)
    own = "    allow: [{change: field-removed, reason: Longer., until: 2027-12-31}]\n"
    put(repository.folder, "schema/shop.yaml", allowing(NEW) + own)
    said = repository.diff("--today", "2027-06-01")
    assert "allowed until 2027-12-31: Longer." in said
    assert said.endswith(", of which 1 would break data already stored, and is allowed.\n")


def test_an_allowance_of_another_part_allows_nothing(repository: Repository) -> None:
    repository.commit(shop=OLD)
    own = (
        "    allow: [{change: field-removed, reason: Elsewhere., until: 2027-12-31}]\n"
        "  Other:\n    table: others\n    fields: {}\n"
    )
    text = NEW.replace("  Sales:", f"  Pets:\n    table: pets\n    fields: {{}}\n{own}  Sales:")
    put(repository.folder, "schema/shop.yaml", text)
    assert LOST in repository.diff("--today", "2027-06-01", code=1)


# Renames that are of an earlier change


def test_a_rename_counts_once(repository: Repository) -> None:
    renamed = OLD.replace("note: string?", "text: {type: string?, renamedFrom: note}")
    repository.commit(shop=OLD)
    put(repository.folder, "schema/shop.yaml", renamed)
    codes = [one["code"] for one in json.loads(repository.diff("--format", "json", code=1))]
    assert codes == ["field-renamed"]
    repository.commit()
    assert repository.diff() == "Nothing has changed since main.\n"


# Formats


def sarif(repository: Repository) -> Any:
    return json.loads(repository.diff("--format", "sarif", code=1))


def test_formats(repository: Repository) -> None:
    repository.commit(shop=OLD)
    put(repository.folder, "schema/shop.yaml", NEW)
    log = sarif(repository)
    (result,) = log["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("field-removed", "error")
    (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == CHANGES["field-removed"].says
    (before,) = result["relatedLocations"]
    assert before["physicalLocation"]["artifactLocation"]["uri"] == "main%3Aschema/shop.yaml"
    annotation = repository.diff("--format", "github", code=1)
    assert annotation.startswith("::error file=schema/shop.yaml,line=7,")
    assert "breaks data already stored" in annotation
    page = repository.diff("--format", "markdown", code=1)
    assert page.startswith("### 1 change since main, of which 1 would break data already stored.\n")
    assert "| ❌ | Sales.note is gone | data already stored, deployed TypeScript callers" in page


def test_markdown_shows_names_as_they_are(repository: Repository) -> None:
    value = "<b>|`x`|@all"
    text = OLD.replace("note: string?", "note: {enum: [a, " + json.dumps(value) + "]}")
    repository.commit(shop=text)
    put(repository.folder, "schema/shop.yaml", text.replace(", " + json.dumps(value), ""))
    page = repository.diff("--format", "markdown", code=1)
    row = page.splitlines()[4]
    assert "\\<b\\>\\|\\`x\\`\\|\\@all" in row
    assert row.count(" | ") == 4


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_each_code_is_explained(code: str, tmp_path: Path) -> None:
    said = Project(tmp_path).convexgen("explain", code).stdout
    assert said.startswith(f"{code} (a change)\n\n")
    assert len(said.splitlines()) > 2
