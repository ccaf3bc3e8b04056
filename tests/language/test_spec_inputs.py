"""What a spec may read: files of its project, and no others; and nothing that has no end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from convexgen.cli.group import cli
from convexgen.files import inputs
from small_specs import put, small_spec

SECRET = "password: hunter2-of-mine: [\n"
PART = "enums: {Color: [red]}\n"


def lint(*arguments: str) -> tuple[int, str]:
    """What `lint` ends with, and all that it prints. It may raise nothing."""
    said = CliRunner().invoke(cli, ["lint", *arguments])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said.exit_code, said.output


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "home" / "project"
    put(root, "package.json", "{}\n")
    monkeypatch.chdir(root)
    return root


WAYS: Mapping[str, str] = {
    "include": "include: {}\n",
    "includes": "include: [{}]\n",
    "function-spec": "functionSpec: {}\n",
    "json-schema": "objects: {{Chat: {{it: json({}#/a)}}}}\n",
}
"""How a spec names other files."""


def outside(root: Path, file: Path) -> list[str]:
    """Names of a file that is in none of the folders of a project."""
    (root / "schema" / "link.yaml").symlink_to(file)
    (root / "schema" / "linked").symlink_to(file.parent)
    (root / "schema" / "twice").symlink_to("linked")
    return [
        file.as_posix(),
        os.path.relpath(file, root / "schema"),
        f"../schema/../../{file.name}",
        "link.yaml",
        f"linked/{file.name}",
        f"twice/{file.name}",
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["secrets.yaml", "secrets.json", ".netrc"])
def test_a_spec_shows_no_file_outside_its_project(project: Path, way: str, name: str) -> None:
    put(project, "schema/crm.yaml", "")
    file = put(project.parent, name, SECRET)
    for named in outside(project, file):
        put(project, "schema/crm.yaml", small_spec("crm", more=WAYS[way].format(named)))
        code, said = lint("schema/crm.yaml")
        assert code == 1, said
        assert "hunter2" not in said
        assert "cannot be read: it is not in the project" in said
        missing = named.replace("secrets", "missing").replace("link.", "linked/missing.")
        put(project, "schema/crm.yaml", small_spec("crm", more=WAYS[way].format(missing)))
        # Nor does it tell whether there is such a file.
        assert "it is not in the project" in lint("schema/crm.yaml")[1]


@pytest.mark.parametrize(
    "name",
    [
        *(".env.local", ".git/config", ".npmrc", ".aws/credentials"),
        *(
            ".docker/config.json",
            ".git/secrets.yaml",
            "packages/.tool/secrets.json",
            ".secrets.yaml",
        ),
    ],
)
def test_a_spec_shows_no_file_of_tools(project: Path, name: str) -> None:
    put(project, name, SECRET)
    for way in WAYS.values():
        put(project, "schema/crm.yaml", small_spec("crm", more=way.format(f"../{name}")))
        code, said = lint("schema/crm.yaml")
        assert (code, "hunter2" in said) == (1, False)
        assert "its name, or that of its folder, starts with a dot" in said


def test_a_folder_lists_no_file_of_tools(project: Path) -> None:
    put(project, "schema/crm.yaml", small_spec("crm", more="include: parts/\n"))
    put(project, "schema/parts/part.yaml", PART)
    for name in ("schema/.tool.yaml", "schema/parts/._part.yaml"):
        put(project, name, SECRET)
    code, said = lint()
    assert (code, "hunter2" in said, "cannot be read" in said) == (0, False, False), said


def test_a_folder_outside_lists_nothing(project: Path) -> None:
    put(project.parent, "more/hunter2.yaml", PART)
    for named in ("../../more/", f"{(project.parent / 'more').as_posix()}/", "/", "../../"):
        put(project, "schema/crm.yaml", small_spec("crm", more=f"include: {named}\n"))
        code, said = lint("schema/crm.yaml")
        assert (code, "hunter2" in said) == (1, False)
        assert "it is not in the project" in said


def test_a_spec_in_schema_that_is_a_link_to_elsewhere_is_not_shown(project: Path) -> None:
    file = put(project.parent, "secrets.yaml", SECRET)
    (project / "schema").mkdir()
    (project / "schema" / "crm.yaml").symlink_to(file)
    code, said = lint()
    assert (code, "hunter2" in said) == (2, False)
    assert "schema/crm.yaml is a link that leads out of the project." in said
    # Who names it, means it.
    assert lint("schema/crm.yaml")[0] == 1


def test_a_spec_that_a_manifest_names_elsewhere_is_shown_if_it_is_one(project: Path) -> None:
    file = put(project.parent, "secrets.yaml", SECRET)
    put(project, ".convexgen/secrets.json", '{"spec": "../secrets.yaml", "files": {}}')
    (project.parent / ".git").mkdir()
    code, said = lint()
    assert (code, "hunter2" in said) == (2, False)
    file.write_text(small_spec("crm"))
    assert lint()[0] == 0


@pytest.mark.parametrize("is_named", ["option", "variable"])
def test_folders_that_are_named_may_be_read(
    project: Path, is_named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(project.parent, "common/colors.yaml", PART)
    put(project.parent, "more/shapes.yaml", "enums: {Shape: [round]}\n")
    both = "include: [../../common/colors.yaml, ../../more/]\n"
    put(project, "schema/crm.yaml", small_spec("crm", more=both))
    assert lint()[1].count("it is not in the project") == 2
    options = ["--inputs-from", "../common", "--inputs-from", "../more"]
    if is_named == "variable":
        monkeypatch.setenv("CONVEXGEN_INPUTS_FROM", os.pathsep.join(options[1::2]))
        options = []
    assert lint(*options)[0] == 0
    for command in ("generate", "check", "check"):
        said = CliRunner().invoke(cli, [command, *options])
        assert said.exit_code == 0, said.output


def test_a_spec_elsewhere_reads_what_lies_beside_it(project: Path) -> None:
    put(project.parent, "specs/parts/colors.yaml", PART)
    more = "include: [parts/, parts/colors.yaml]\n"
    put(project.parent, "specs/crm.yaml", small_spec("crm", more=more))
    assert lint("--project", ".", "../specs/crm.yaml")[0] == 0
    put(project.parent, "specs/crm.yaml", small_spec("crm", more="include: ../secrets.yaml\n"))
    put(project.parent, "secrets.yaml", SECRET)
    assert "hunter2" not in lint("--project", ".", "../specs/crm.yaml")[1]


NOT_FILES: Mapping[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "folder": lambda path: path.mkdir(),
    "circle": lambda path: path.symlink_to(path.name),
    "huge": lambda path: os.truncate(put(path.parent, path.name, ""), 2**40),
    "large": lambda path: os.truncate(put(path.parent, path.name, ""), 2**25),
}


@pytest.mark.parametrize("kind", NOT_FILES)
@pytest.mark.parametrize("way", WAYS)
def test_what_has_no_end_is_said(project: Path, kind: str, way: str) -> None:
    put(project, "schema/crm.yaml", small_spec("crm", more=WAYS[way].format("more/it.yaml")))
    (project / "schema" / "more").mkdir()
    NOT_FILES[kind](project / "schema" / "more" / "it.yaml")
    code, said = lint()
    assert code == 1
    assert "it.yaml cannot be read: " in said.replace('"', "")
    assert "None" not in said


@pytest.mark.parametrize("kind", NOT_FILES)
def test_a_spec_that_has_no_end_is_said(project: Path, kind: str) -> None:
    (project / "specs").mkdir()
    NOT_FILES[kind](project / "specs" / "crm.yaml")
    code, said = lint("specs/crm.yaml")
    assert code == 2
    assert "None" not in said


def test_devices_are_said() -> None:
    for device in ("/dev/zero", "/dev/stdin", "/dev/tty"):
        code, said = lint(device)
        assert code == 2
        assert "cannot be read: it is no regular file" in said or "There is no file" in said


def test_yaml_of_the_largest_size_is_read(project: Path) -> None:
    padding = "# a comment\n" * (inputs.MOST_BYTES_OF_YAML // 12 - 100)
    put(project, "schema/crm.yaml", small_spec("crm") + padding)
    assert lint()[0] == 0
    put(project, "schema/crm.yaml", small_spec("crm") + padding + "# a comment\n" * 100)
    assert "schema/crm.yaml cannot be read: it has more than 4 MiB" in lint()[1]
