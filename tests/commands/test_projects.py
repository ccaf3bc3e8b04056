"""Commands find their project: from any folder, by any path, several in a repository."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from convexgen.embedded import EmbeddedBackend
from page_examples import blocks, named_blocks, read_page
from project import ROOT, Project, make_project, run
from small_specs import apart, expect, project_of, put, small_spec


def say(folder: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    """What the command line says in a folder, on both streams."""
    finished = Project(folder).convexgen(*arguments)
    assert finished.returncode == code, finished.stdout + finished.stderr
    return finished.stdout, finished.stderr


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("where", "arguments"),
    [
        ("project", []),
        ("project/schema", []),
        ("project/src/deep/er", []),
        ("project", ["schema/crm.yaml"]),
        ("project", ["schema"]),
        ("project/schema", ["crm.yaml"]),
        ("project/schema", ["."]),
        ("project/src", ["../schema/crm.yaml"]),
        ("outside", ["../project/schema/crm.yaml"]),
        ("outside", ["{root}/schema/crm.yaml"]),
        ("outside", ["{root}/schema"]),
        ("outside", ["--project", "../project"]),
        ("outside", ["--project", "{root}", "../project/schema/crm.yaml"]),
        ("outside", ["../link/schema/crm.yaml"]),
        ("outside", ["--project", "../link"]),
        ("link/schema", []),
    ],
)
def test_fault_08_every_folder_gives_the_same_bytes(
    tmp_path: Path, where: str, arguments: list[str]
) -> None:
    project = project_of(tmp_path / "project", crm=small_spec("crm", "sales"))
    given = project.tree()
    project.generate()
    expected = project.tree()
    for path in set(expected) - set(given):
        (project.root / path).unlink()
    (project.root / "src" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "link").symlink_to(project.root)
    filled = [one.format(root=project.root.as_posix()) for one in arguments]
    say(tmp_path / where, "generate", *filled)
    assert project.tree() == expected
    assert say(tmp_path / where, "check", *filled)[0] == "Up to date.\n"
    assert say(tmp_path / where, "lint", *filled)[0] == ""
    assert not list((tmp_path / "outside").iterdir())


def test_messages_name_files_from_where_one_is(tmp_path: Path, outside: Path) -> None:
    project = project_of(tmp_path / "project", crm=small_spec("crm"))
    put(project.root, "schema/part.yaml", "extend: {Sales: {fields: {more: strin}}}\n")
    inside = tmp_path / "project" / "src"
    inside.mkdir()
    for command in ("lint", "generate", "check"):
        for folder, options, path in (
            (project.root, [], "schema/part.yaml"),
            (inside, [], "../schema/part.yaml"),
            (outside, ["--project", "../project"], "../project/schema/part.yaml"),
            (tmp_path, ["--project", str(project.root)], "project/schema/part.yaml"),
        ):
            said = say(folder, command, *options, code=1)[1]
            assert said.startswith(f"{path}:1:"), said
            assert "strin" in said.splitlines()[1], "the line is shown"
    put(project.root, "schema/part.yaml", "")
    project.generate()
    (project.root / "convex" / "sales.ts").unlink()
    printed, said = say(outside, "check", "--project", "../project", code=1)
    assert "+++ b/convex/sales.ts" in printed
    assert "../project/convex/sales.ts: missing\n" in said
    assert said.endswith("Run `convexgen generate --project ../project`.\n")
    say(outside, *shlex.split(said.rpartition("`convexgen ")[2].rstrip("`.\n")))
    assert say(outside, "check", "--project", "../project")[0] == "Up to date.\n"


@pytest.mark.parametrize("command", ["generate", "check", "lint", "dev", "function-spec"])
def test_an_empty_folder_is_told_of_init(tmp_path: Path, command: str) -> None:
    said = say(tmp_path, command, code=2)[1]
    assert "`convexgen init` starts a project" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("within", ["schema", "schema/parts", "convex", "convex/lib", "schema/new"])
def test_fault_23_no_project_starts_in_the_folders_of_another(tmp_path: Path, within: str) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"))
    project.generate()
    if not within.endswith("new"):
        (tmp_path / within).mkdir(exist_ok=True)
    before = project.tree()
    parent = tmp_path / within.partition("/")[0]
    for folder, named in ((parent, (tmp_path / within).relative_to(parent)), (tmp_path, within)):
        said = say(folder, "init", str(named), code=2)[1]
        assert f"in {within.partition('/')[0]}/ of a project, and nothing was written" in said
        assert project.tree() == before
    (tmp_path / "packages" / "web").mkdir(parents=True)
    say(tmp_path / "packages" / "web", "init")
    assert (tmp_path / "packages" / "web" / "schema" / "web.yaml").exists()


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    project_of(tmp_path, crm=small_spec("crm"))
    inner = tmp_path / "inner" / "src"
    inner.mkdir(parents=True)
    assert say(inner, "lint")[1] == ""
    (tmp_path / "inner" / ".git").mkdir()
    assert "no folder schema/ here or above" in say(inner, "lint", code=2)[1]


def test_a_folder_of_other_yaml_is_no_project(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"))
    put(tmp_path, "web/schema/api.yaml", "openapi: 3.1.0\ninfo: {title: x}\n")
    (tmp_path / "web" / "src").mkdir()
    say(tmp_path / "web" / "src", "generate")
    assert "convex/sales.ts" in project.tree()


def test_a_spec_elsewhere_is_found_by_its_manifest(tmp_path: Path) -> None:
    put(tmp_path, "package.json", "{}\n")
    put(tmp_path, "services/crm/spec.yaml", apart("crm"))
    project = Project(tmp_path)
    say(tmp_path / "services", "generate", "crm/spec.yaml")
    assert "convex/crm/sales.ts" in project.tree()
    assert say(tmp_path / "services" / "crm", "check")[0] == "Up to date.\n"
    # A folder that looks like a project is none where the spec is another's.
    put(tmp_path, "services/crm/package.json", "{}\n")
    assert say(tmp_path, "check", "services/crm/spec.yaml")[0] == "Up to date.\n"
    put(tmp_path, "services/erp/spec.yaml", apart("erp"))
    say(tmp_path, "generate", "services/erp/spec.yaml")
    said = say(tmp_path, "check", code=2)[1]
    assert "There are 2 specs: services/crm/spec.yaml, services/erp/spec.yaml." in said


def test_a_folder_of_specs_that_is_a_link(tmp_path: Path, outside: Path) -> None:
    put(tmp_path, "shared/crm.yaml", small_spec("crm"))
    for name in ("one", "two"):
        put(tmp_path, f"{name}/package.json", "{}\n")
        (tmp_path / name / "schema").symlink_to(tmp_path / "shared")
        say(tmp_path / name, "generate")
        assert say(outside, "check", f"../{name}/schema/crm.yaml")[0] == "Up to date.\n"
    trees = [Project(tmp_path / name).tree() for name in ("one", "two")]
    assert trees[0] == trees[1]
    assert b"from schema/crm.yaml." in trees[0]["convex/sales.ts"]


def test_a_spec_of_another_folder_for_a_project(tmp_path: Path) -> None:
    put(tmp_path, "specs/crm.yaml", small_spec("crm", more="include: parts/\n"))
    put(tmp_path, "specs/parts/kinds.yaml", "enums: {Kind: [a, b]}\n")
    (tmp_path / "app").mkdir()
    (tmp_path / ".git").mkdir()
    say(tmp_path, "generate", "--project", "app", "specs/crm.yaml")
    assert {path.name for path in tmp_path.iterdir()} == {".git", "app", "specs"}
    assert say(tmp_path / "app", "check")[0] == "Up to date.\n"
    assert say(tmp_path / "app", "check", "--project", ".", "../specs/crm.yaml")[0]


def test_a_spec_that_is_named_from_the_project_is_meant_so(tmp_path: Path, outside: Path) -> None:
    project_of(tmp_path / "project", crm=small_spec("crm"))
    said = say(outside, "lint", "--project", "../project", "schema/crm.yaml", code=2)[1]
    assert "There is no file schema/crm.yaml. Do you mean ../project/schema/crm.yaml?" in said


def test_functions_are_found_upwards(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", ROOT / "schema" / "mastra.yaml")
    project.generate()
    printed = say(project.root, "function-spec")[0]
    assert "threads.js:getById" in printed
    assert say(project.root / "convex" / "lib", "function-spec")[0] == printed
    assert say(tmp_path, "function-spec", "--project", "project")[0] == printed


# Several projects in a repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two projects, and what is none."""
    for name in ("web", "api"):
        project_of(tmp_path / "apps" / name, crm=small_spec(name)).generate()
    put(tmp_path, "node_modules/x/schema/x.yaml", "name: x\n")
    put(tmp_path, "venv/pyvenv.cfg", "")
    put(tmp_path, "venv/lib/schema/x.yaml", "name: x\n")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def hooks() -> dict[str, list[str]]:
    """The commands of the hooks, by their ids, as pre-commit splits them."""
    listed = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return {hook["id"]: shlex.split(hook["entry"]) for hook in listed}


def test_the_hooks_work_in_a_repository_of_several_projects(repository: Path) -> None:
    say(repository, "fmt")
    for name in ("api", "web"):
        # The manifest has the bytes of the spec.
        say(repository, "generate", "--project", f"apps/{name}")
    for identifier, command in hooks().items():
        # pre-commit runs hooks at the top of a repository.
        assert command[0] == "convexgen"
        say(repository, *command[1:])
        if identifier == "convexgen-fmt":
            continue
        path = repository / "apps" / "web" / "schema" / "crm.yaml"
        text = path.read_text()
        path.write_text(text.replace("id_: string", "id_: strin"))
        said = say(repository, *command[1:], code=1)[1]
        assert said.startswith("apps/web/schema/crm.yaml:7:"), identifier
        path.write_text(text)
    with (repository / "apps" / "api" / "convex" / "sales.ts").open("a") as file:
        file.write("export const mine = 1;\n")
    said = say(repository, "check", code=1)[1]
    assert "apps/api/convex/sales.ts: hand-edited\n" in said
    assert "Run `convexgen generate --project apps/api --force`.\n" in said
    assert say(repository, "check", "--project", "apps/web")[0] == "Up to date.\n"


@pytest.mark.parametrize("page", ["README.md", "docs/projects.md"])
def test_the_hooks_of_the_pages(page: str) -> None:
    (text,) = blocks(page, "yaml .pre-commit-config.yaml")
    (local,) = yaml.safe_load(text)["repos"]
    for hook in local["hooks"]:
        assert hook.pop("language") == "system"
        assert hook["id"] in hooks()
        assert hook == {
            "id": hook["id"],
            "name": hook["name"],
            "entry": " ".join(hooks()[hook["id"]]),
            "pass_filenames": False,
        }


BOTH_CLIENTS = """
import billing_convex, notes_convex
with billing_convex.ConvexStorage.from_env() as bills, notes_convex.ConvexStorage.from_env() as own:
    bills.invoices.save(billing_convex.Invoice(invoice_id="i", total=1))
    own.notes.save(notes_convex.Notes(id_="n"))
    print([one.id_ for one in own.notes.list()], [one.invoice_id for one in bills.invoices.list()])
"""


def test_several_specs_as_the_page_says(tmp_path: Path) -> None:
    """One schema of both, a client for each, and a distribution for each."""
    page = "docs/projects.md"
    first = "convex: { directory: convex/notes }"
    assert first in read_page(page)
    project = Project(tmp_path)
    put(tmp_path, "package.json", '{"type": "module"}\n')
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    own = "python: {package: notes_convex, pyproject: true}\n"
    put(tmp_path, "schema/notes.yaml", small_spec("notes", "notes", more=own))
    expect(project, "generate")
    put(tmp_path, "schema/notes.yaml", small_spec("notes", "notes", more=f"{first}\n{own}"))
    said = say(tmp_path, "init", "--name", "billing")[0]
    steps = [line.partition(". ")[2] for line in said.splitlines() if re.match(r"  \d\. ", line)]
    commands = [line.removeprefix("$ ") for line in blocks(page, "console")[0].splitlines()]
    assert steps[:3] == ["edit schema/billing/billing.yaml", *commands]
    assert steps[3].startswith("write convex/schema.ts, with the tables of all specs: import bil")
    put(tmp_path, "schema/billing/billing.yaml", named_blocks(page)["schema/billing/billing.yaml"])
    for command in commands:
        expect(project, *command.removeprefix("convexgen ").split())
    assert not (tmp_path / "convex" / "schema.ts").exists()
    put(tmp_path, "convex/schema.ts", named_blocks(page)["convex/schema.ts"])
    hook = re.search(r"`entry: convexgen ([^`]+)`", read_page(page))
    assert hook is not None
    for arguments in (["check"], hook[1].split()):
        assert say(tmp_path, *arguments)[0] == "Up to date.\n"
    folders = [tmp_path / folder for folder in ("generated/python", "generated/billing/python")]
    assert all((folder / "pyproject.toml").exists() for folder in folders)
    with EmbeddedBackend.start(tmp_path) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        finished = run([sys.executable, "-c", BOTH_CLIENTS], tmp_path, environment)
    assert finished.stdout == "['n'] ['i']\n", finished.stderr


def test_fault_23_a_letter_with_an_accent_is_that_letter_in_names(tmp_path: Path) -> None:
    assert "created émile/schema/emile.yaml" in say(tmp_path, "init", "émile")[0]


def test_fault_23_init_says_how_the_first_spec_makes_room(tmp_path: Path) -> None:
    project = Project(tmp_path)
    put(tmp_path, "schema/notes.yaml", small_spec("notes", "notes"))
    expect(project, "generate")
    before = project.tree()
    said = say(tmp_path, "init", "--name", "billing", code=2)[1]
    assert said.endswith("convex: {directory: convex/notes}, and run this again.\n")
    assert project.tree() == before
    more = "convex: { directory: convex/notes }\n"
    put(tmp_path, "schema/notes.yaml", small_spec("notes", "notes", more=more))
    assert "created schema/billing/billing.yaml" in say(tmp_path, "init", "--name", "billing")[0]
    written = (tmp_path / "schema" / "billing" / "billing.yaml").read_text()
    assert "directory: convex/billing\n" in written


@pytest.mark.parametrize("home", [".", "somebody", "two/somebody"])
def test_fault_08_projects_below_a_home_are_not_looked_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("HOME", str(repository / home))
    monkeypatch.setenv("USERPROFILE", str(repository / home))
    for command in ("check", "lint", "generate"):
        said = expect(Project(repository), command, code=2)
        assert "there is no folder schema/ here or above." in said


def test_generate_asks_which_of_several_projects(repository: Path) -> None:
    said = say(repository, "generate", code=2)[1]
    assert "below are: apps/api, apps/web." in said
    assert "such as: --project apps/api" in said


def test_each_of_several_projects_is_one_of_its_own(repository: Path) -> None:
    (repository / "apps" / "web" / "src").mkdir()
    put(repository, "apps/web/schema/crm.yaml", small_spec("web", "lots"))
    say(repository / "apps" / "web" / "src", "generate")
    assert "convex/lots.ts" in Project(repository / "apps" / "web").tree()
    assert "convex/lots.ts" not in Project(repository / "apps" / "api").tree()
    assert expect(Project(repository / "apps" / "api"), "check") == ""


def test_lint_of_several_projects_is_one_document(repository: Path) -> None:
    for name in ("web", "api"):
        put(repository, f"apps/{name}/schema/crm.yaml", small_spec(name).replace("string", "x"))
    printed = say(repository, "lint", "--format", "json", code=1)[0]
    assert [one["file"] for one in json.loads(printed)] == [
        "apps/api/schema/crm.yaml",
        "apps/web/schema/crm.yaml",
    ]
    printed = say(repository, "lint", "--format", "github", code=1)[0]
    assert "file=apps/web/schema/crm.yaml,line=7," in printed


def test_the_current_folder_may_be_a_link(repository: Path) -> None:
    link = repository / "here"
    link.symlink_to(repository / "apps" / "web")
    environment = {**os.environ, "PWD": str(link / "schema")}
    finished = run([sys.executable, "-m", "convexgen", "check"], link / "schema", environment)
    assert finished.stdout == "Up to date.\n"
