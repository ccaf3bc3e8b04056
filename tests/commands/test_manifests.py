"""Whose a file is: several specs in a project, specs that move, checkouts and merges."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import indent

import pytest
import yaml
from click.testing import CliRunner
from convexgen.cli.group import cli
from convexgen.files.manifest import manifest_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_examples import blocks
from project import Project
from small_specs import apart, expect, project_of, put, small_spec


def outputs(project: Project, path: str) -> set[str]:
    """The files of a manifest, and the manifest."""
    manifest = json.loads((project.root / path).read_text())
    return {path, *manifest["files"]}


# Several specs in a project


def test_fault_04_a_second_spec_of_the_same_name_deletes_nothing(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales"))
    project.generate()
    put(tmp_path, "other/crm.yaml", small_spec("crm", "lots"))
    before = project.tree()
    for arguments in (["generate"], ["generate", "--force"], ["check"]):
        said = expect(project, *arguments, "other/crm.yaml", code=1)
        assert "other/crm.yaml and schema/crm.yaml give the same files:\n" in said
        assert "  convex/_generated/api.d.ts\n" in said
        assert "Give other/crm.yaml folders of its own, such as:\n  convex: {directory: " in said
        assert project.tree() == before
    assert expect(project, "check") == ""


def as_flow(text: str) -> str:
    return f"--- {json.dumps(yaml.safe_load(text))}\n"


def with_explicit_keys(text: str) -> str:
    return re.sub(r"^(\w+):", r"? \1\n:", text, flags=re.MULTILINE)


FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "byte-order-mark": lambda text: (
        "\ufeff" + text.replace("convexgen: 1\n", "") + "convexgen: 1\n"
    ),
    "indented": lambda text: indent(text, "  "),
    "indented-after-a-line": lambda text: f"# A comment.\n---\n{indent(text, '  ')}",
    "flow": as_flow,
    "quoted-keys": lambda text: re.sub(r"^(\w+):", r'"\1":', text, flags=re.MULTILINE),
    "explicit-keys": with_explicit_keys,
    "directive": lambda text: f"%YAML 1.2\n--- # Here it begins.\n{text}",
    "line-ends-of-old": lambda text: text.replace("\n", "\r"),
}
"""The forms in which a spec may be written."""
BROKEN: Mapping[str, Callable[[str], str]] = {
    "no-yaml": lambda text: f"{text}  - [\n",
    "no-name-and-no-yaml": lambda text: text.replace("name: crm\n", "") + "  - [\n",
    "no-name": lambda text: text.replace("name: crm\n", ""),
    "empty": lambda _: "",
    "a-list": lambda _: "- convexgen\n",
    "not-utf-8": lambda text: text.replace("crm", "\udcff"),
}
"""What somebody may have left of a spec, in the middle of an edit."""


@pytest.mark.parametrize("form", [*FORMS, *BROKEN])
@pytest.mark.parametrize("place", ["schema/crm.yaml", "a/crm.yaml"])
def test_fault_04_whatever_is_at_the_path_of_a_spec_is_somebodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, form: str
) -> None:
    first = put(tmp_path, place, FORMS.get(form, FORMS["plain"])(small_spec("crm", "sales")))
    put(tmp_path, "other/erp.yaml", small_spec("erp", "lots"))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, ["generate", place]).exit_code == 0
    if form in BROKEN:
        broken = BROKEN[form](first.read_text())
        first.write_bytes(broken.encode("utf-8", "surrogateescape"))
    project = Project(tmp_path)
    before = project.tree()
    for arguments in (["generate"], ["generate", "--force"], ["check"]):
        said = CliRunner().invoke(cli, [*arguments, "other/erp.yaml"])
        assert said.exit_code == 1, said.output
        assert f"other/erp.yaml and {place} give the same files:\n" in said.stderr
    assert project.tree() == before
    if form not in BROKEN:
        monkeypatch.chdir(tmp_path / "convex" / "lib")
        said = CliRunner().invoke(cli, ["check"])
        assert (said.exit_code, said.stdout) == (0, "Up to date.\n")


def test_a_spec_that_another_one_includes_is_still_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "schema/crm.yaml", small_spec("crm", "sales"))
    put(tmp_path, "other/erp.yaml", small_spec("erp", "lots", more="include: ../schema/crm.yaml\n"))
    assert CliRunner().invoke(cli, ["generate"]).exit_code == 0
    before = Project(tmp_path).tree()
    said = CliRunner().invoke(cli, ["generate", "other/erp.yaml"])
    assert said.exit_code == 1
    assert "other/erp.yaml and schema/crm.yaml give the same files:\n" in said.stderr
    assert Project(tmp_path).tree() == before


INSTALLED = "python: {{package: {}, pyproject: true}}\n"


@pytest.mark.parametrize(
    ("first", "second", "advised"),
    [
        ("", "", {"convex", "python", "typescript"}),
        (
            INSTALLED.format("crm_convex"),
            INSTALLED.format("crm_convex"),
            {"convex", "python", "typescript"},
        ),
        # Packages of different names in one folder, each with a pyproject.toml there.
        (
            INSTALLED.format("crm_convex"),
            "convex: {directory: convex/erp}\ntypescript: {directory: generated/erp}\n"
            + INSTALLED.format("erp_convex"),
            {"python"},
        ),
        # Names that differ in case, and links.
        (
            "",
            "convex: {directory: Convex}\npython: {directory: generated/Python}\n"
            "typescript: {directory: generated/TypeScript}\n",
            {"convex", "python", "typescript"},
        ),
        (
            "",
            "convex: {directory: linked/convex}\n"
            "python: {directory: linked/generated/python}\n"
            "typescript: {directory: linked/generated/typescript}\n",
            {"convex", "python", "typescript"},
        ),
    ],
    ids=["everything", "everything-installed", "installed", "case", "link"],
)
def test_fault_04_the_advice_for_two_specs_works(
    tmp_path: Path, first: str, second: str, advised: set[str]
) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales", more=first))
    project.generate()
    (tmp_path / "linked").symlink_to(tmp_path)
    put(tmp_path, "other/crm.yaml", small_spec("crm", "lots", more=second))
    said = expect(project, "generate", "other/crm.yaml", code=1)
    lines = [line.strip() for line in said.splitlines() if line.startswith("  ") and "{" in line]
    assert {line.split(":")[0] for line in lines} == advised
    kept = [line for line in second.splitlines() if line.split(":")[0] not in advised]
    more = "".join(f"{line}\n" for line in [*kept, *lines])
    put(tmp_path, "other/crm.yaml", small_spec("crm", "lots", more=more))
    before = project.tree()
    expect(project, "generate", "other/crm.yaml")
    assert {path: project.tree()[path] for path in before} == before
    assert expect(project, "check", "other/crm.yaml") == expect(project, "check") == ""


def test_specs_with_folders_of_their_own_live_in_one_project(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=apart("crm", "sales"), erp=apart("erp", "lots", "bins"))
    for name in ("crm", "erp"):
        expect(project, "generate", f"schema/{name}.yaml")
    crm = {path: project.tree()[path] for path in outputs(project, ".convexgen/crm.json")}
    put(tmp_path, "schema/erp.yaml", apart("erp", "lots"))
    expect(project, "generate", "schema/erp.yaml")
    assert "convex/erp/bins.ts" not in project.tree()
    assert {path: project.tree()[path] for path in crm} == crm
    for name in ("crm", "erp"):
        assert expect(project, "check", f"schema/{name}.yaml") == ""


@pytest.mark.parametrize(
    "shared",
    [
        "python: {package: erp_convex}\ntypescript: {directory: generated/erp}\n",
        "convex: {directory: convex/erp}\npython: {package: erp_convex}\n",
        "convex: {directory: convex/erp}\ntypescript: {directory: generated/erp}\n"
        "python: {package: crm_convex}\n",
        "convex: {directory: Convex}\npython: {package: erp_convex}\ntypescript: false\n",
    ],
    ids=["functions", "client", "package", "names-that-differ-in-case"],
)
def test_whatever_two_specs_have_in_common_is_refused(tmp_path: Path, shared: str) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"), erp=small_spec("erp", more=shared))
    expect(project, "generate", "schema/crm.yaml")
    before = project.tree()
    said = expect(project, "generate", "schema/erp.yaml", code=1)
    assert "schema/erp.yaml and schema/crm.yaml give the same files:" in said
    assert project.tree() == before


@pytest.mark.parametrize(
    ("link", "target", "more"),
    [
        ("functions", "convex", "convex: {directory: functions}\npython: {package: erp_convex}\n"),
        (
            "made",
            "generated",
            "convex: {directory: erp}\ntypescript: false\npython: {directory: made/python, "
            "package: crm_convex}\n",
        ),
    ],
)
@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["here", "in-another-project"])
def test_fault_04_a_link_to_what_another_spec_gives(
    tmp_path: Path, link: str, target: str, more: str, is_elsewhere: bool
) -> None:
    """The manifest of the other spec may be in the project that the link leads to."""
    crm = project_of(tmp_path / "one", crm=small_spec("crm"))
    crm.generate()
    other = tmp_path / "two" if is_elsewhere else crm.root
    put(other, "schema/erp.yaml", small_spec("erp", more=more))
    (other / link).symlink_to(crm.root / target)
    paths = outputs(crm, ".convexgen/crm.json")
    before = {path: (crm.root / path).read_bytes() for path in paths}
    for arguments in (["generate"], ["generate", "--force"], ["check"]):
        said = expect(Project(other), *arguments, "schema/erp.yaml", code=1)
        named = "../one/schema/crm.yaml" if is_elsewhere else "schema/crm.yaml"
        assert f"schema/erp.yaml and {named} give the same files:" in said
    assert {path: (crm.root / path).read_bytes() for path in paths} == before
    assert expect(crm, "check", "schema/crm.yaml") == ""


def test_a_folder_of_its_own_behind_a_link(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", crm=small_spec("crm"))
    (tmp_path / "elsewhere").mkdir()
    (project.root / "convex").symlink_to(tmp_path / "elsewhere")
    project.generate()
    expect(project, "generate")
    assert expect(project, "check") == ""
    put(project.root, "schema/crm.yaml", small_spec("crm", "others"))
    expect(project, "generate")
    assert expect(project, "check") == ""


def test_a_folder_that_is_a_spec_keeps_what_is_its_own(tmp_path: Path) -> None:
    for name, text in {"main": small_spec("crm"), "parts": "enums: {Kind: [a, b]}\n"}.items():
        put(tmp_path, f"one/{name}.yaml", text)
        put(tmp_path, f"two/{name}.yaml", text)
    project = Project(tmp_path)
    expect(project, "generate", "one")
    before = project.tree()
    said = expect(project, "generate", "two", code=1)
    assert "two/main.yaml and one/main.yaml give the same files:" in said
    assert project.tree() == before


def test_a_spec_of_the_project_around_writes_into_no_other(tmp_path: Path) -> None:
    inner = project_of(tmp_path / "apps" / "web", crm=small_spec("crm"))
    inner.generate()
    own = "python: {package: erp_convex}\ntypescript: false\nconvex: {directory: apps/web/convex}\n"
    outer = project_of(tmp_path, erp=small_spec("erp", more=own))
    before = outer.tree()
    said = expect(outer, "generate", "--force", code=1)
    assert "schema/erp.yaml and apps/web/schema/crm.yaml give the same files:" in said
    assert outer.tree() == before


def test_a_spec_that_is_gone_is_told_with_what_it_left(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=apart("crm"), erp=apart("erp"))
    expect(project, "generate", "schema/crm.yaml")
    expect(project, "generate", "schema/erp.yaml")
    (tmp_path / "schema" / "erp.yaml").unlink()
    before = project.tree()
    said = expect(project, "generate")
    assert said.startswith("schema/erp.yaml is gone, or not in this repository, and ")
    assert ".convexgen/erp.json lists" in said
    assert project.tree() == before


def test_manifests_have_a_name_for_each_spec() -> None:
    specs = ["a.yaml", "a.yml", "schema/a.yaml", "schema/a.yml", "schema/b/a.yaml", "../a.yaml"]
    assert manifest_path("schema/a.yaml") == ".convexgen/a.json"
    assert len({manifest_path(spec).casefold() for spec in specs}) == len(specs)


def test_a_manifest_deletes_nothing_outside_its_project(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", crm=small_spec("crm"))
    project.generate()
    outside = put(tmp_path, "mine.txt", "")
    manifest = tmp_path / "project" / ".convexgen" / "crm.json"
    content = json.loads(manifest.read_text())
    empty = content["files"]["generated/python/crm_convex/py.typed"]
    content["files"] |= {"../mine.txt": empty, outside.as_posix(): empty}
    manifest.write_text(json.dumps(content))
    put(project.root, "schema/crm.yaml", small_spec("crm", "lots"))
    project.generate()
    assert outside.exists()


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["generate", "force", "rename", "write", "remove"]),
        st.sampled_from(["schema/a.yaml", "schema/b.yaml", "other/a.yaml", "other/A.yml"]),
        st.sampled_from(["schema/a.yaml", "schema/b.yaml", "other/a.yaml"]),
        st.builds(
            lambda text, form: FORMS[form](text),
            st.sampled_from(
                [small_spec("one"), small_spec("two", "lots"), apart("one"), apart("two")]
            ),
            st.sampled_from(list(FORMS)),
        ),
    ),
    max_size=10,
)


@given(actions=ACTIONS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_command_touches_what_the_manifest_of_another_spec_lists(
    actions: list[tuple[str, str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = project_of(tmp_path_factory.mktemp("actions"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        for action, spec, other, text in actions:
            file = project.root / spec
            if action == "write":
                put(project.root, spec, text)
            elif file.exists() and action == "remove":
                file.unlink()
            elif file.exists() and action == "rename":
                (project.root / other).parent.mkdir(exist_ok=True)
                file.rename(project.root / other)
            elif file.exists():
                before = files_of_others(project, spec)
                options = ["--force"] if action == "force" else []
                result = CliRunner().invoke(cli, ["generate", spec, *options])
                assert result.exit_code in {0, 1}, result.output
                assert files_of_others(project, spec) == before


def files_of_others(project: Project, spec: str) -> Mapping[str, bytes]:
    """The files that the manifests list of the other specs that are there."""
    tree = project.tree()
    found: dict[str, bytes] = {}
    for path in tree:
        if path.startswith(".convexgen/"):
            manifest = json.loads(tree[path])
            if manifest["spec"] != spec and manifest["spec"] in tree:
                found |= {name: tree[name] for name in outputs(project, path)}
    return found


# Specs that move


@pytest.mark.parametrize(
    "new", ["schema/shop.yaml", "schema/crm.yml", "specs/crm.yaml", "schema/a/b/crm.yaml"]
)
def test_fault_06_a_spec_that_is_renamed_takes_its_files_over(tmp_path: Path, new: str) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales", "lots"))
    project.generate()
    put(tmp_path, new, small_spec("shop", "sales"))
    (tmp_path / "schema" / "crm.yaml").unlink()
    said = expect(project, "check", "-v", new, code=1)
    assert "hand-edited" not in said
    assert "convex/lots.ts: stale" in said
    expect(project, "generate", new)
    tree = project.tree()
    assert f"Generated by convexgen from {new}.".encode() in tree["convex/sales.ts"]
    assert "convex/lots.ts" not in tree
    assert not [path for path in tree if "crm_convex" in path]
    assert [path for path in tree if path.startswith(".convexgen/")] == [manifest_path(new)]
    assert expect(project, "check", new) == ""

    fresh = Project(tmp_path / "fresh")
    put(fresh.root, new, small_spec("shop", "sales"))
    expect(fresh, "generate", "--project", str(fresh.root), str(fresh.root / new))
    assert fresh.tree() == {path: tree[path] for path in tree if not path.startswith("fresh/")}


def test_a_hand_edit_outlives_a_renamed_spec(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales", "lots"))
    project.generate()
    with (tmp_path / "convex" / "lots.ts").open("a") as file:
        file.write("export const mine = 1;\n")
    (tmp_path / "schema" / "crm.yaml").unlink()
    put(tmp_path, "schema/shop.yaml", small_spec("crm", "sales"))
    before = project.tree()
    said = expect(project, "generate", code=1)
    assert said.startswith("convex/lots.ts: stale and hand-edited\n")
    assert project.tree() == before


def test_a_spec_that_is_moved_onto_another_one(tmp_path: Path) -> None:
    project = project_of(tmp_path, a=apart("one"), b=apart("two"))
    for name in ("a", "b"):
        expect(project, "generate", f"schema/{name}.yaml")
    (tmp_path / "schema" / "b.yaml").replace(tmp_path / "schema" / "a.yaml")
    project.generate()
    tree = project.tree()
    assert not [path for path in tree if "/one" in path or path == ".convexgen/b.json"]
    assert "convex/two/sales.ts" in tree


def test_a_spec_that_became_a_part_of_another_one(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"))
    project.generate()
    part = small_spec("crm").replace("convexgen: 1\nname: crm\n", "")
    put(tmp_path, "schema/crm.yaml", part)
    put(tmp_path, "schema/main.yaml", "convexgen: 1\nname: crm\n")
    project.generate()
    assert (tmp_path / ".convexgen" / "main.json").exists()
    assert not (tmp_path / ".convexgen" / "crm.json").exists()


def test_a_project_that_moves_is_as_it_was(tmp_path: Path) -> None:
    project = project_of(tmp_path / "one" / "here", crm=small_spec("crm"))
    project.generate()
    (tmp_path / "two").mkdir()
    project.root.rename(tmp_path / "two" / "there")
    assert expect(Project(tmp_path / "two" / "there"), "check") == ""


def test_a_manifest_of_before_its_spec_was_recorded(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"))
    project.generate()
    manifest = tmp_path / ".convexgen" / "crm.json"
    content = json.loads(manifest.read_text())
    del content["spec"]
    manifest.write_text(json.dumps(content))
    put(tmp_path, "other/crm.yaml", small_spec("crm", "lots"))
    expect(project, "generate", "other/crm.yaml", code=1)
    (tmp_path / "schema" / "crm.yaml").unlink()
    expect(project, "generate", "other/crm.yaml")
    assert not manifest.exists()


# Line ends


def with_line_ends_of_windows(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            content = path.read_bytes().replace(b"\r\n", b"\n")
            path.write_bytes(content.replace(b"\n", b"\r\n"))


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FUNCTION_SPEC = {
    "functions": [
        {
            "identifier": "mine.js:hello",
            "functionType": "Query",
            "visibility": {"kind": "public"},
            "args": {"type": "object", "value": {}},
            "returns": {"type": "string"},
        }
    ]
}


def test_fault_06_line_ends_are_no_edits(tmp_path: Path) -> None:
    spec = small_spec("crm", more="description: |\n  Two\n\n  paragraphs.\n").replace(
        "{id_: string}", "{id_: string, shape: json(shape.json)?, kind: Kind}"
    )
    project = project_of(tmp_path / "project", crm=f"{spec}functionSpec: api.json\n")
    put(project.root, "schema/kinds.yaml", "enums:\n  Kind: [a, b]\n")
    put(project.root, "schema/shape.json", json.dumps(SCHEMA, indent=2) + "\n")
    put(project.root, "schema/api.json", json.dumps(FUNCTION_SPEC, indent=2) + "\n")
    project.generate()
    plain = project.tree()
    with_line_ends_of_windows(project.root)
    windows = project.tree()
    assert "Up to date.\n" in project.convexgen("check").stdout
    project.generate()
    assert project.tree() == windows

    # Where some has to be written, no more is.
    (project.root / "convex" / "sales.ts").unlink()
    project.generate()
    assert project.tree() == windows | {"convex/sales.ts": plain["convex/sales.ts"]}
    text = (project.root / "schema" / "crm.yaml").read_bytes()
    (project.root / "schema" / "crm.yaml").write_bytes(text.replace(b"Two", b"2"))
    said = project.convexgen("check")
    assert "hand-edited" not in said.stderr
    assert "-export" not in said.stdout
    (project.root / "schema" / "crm.yaml").write_bytes(text)

    # All anew from such a checkout gives the bytes that it gives elsewhere.
    other = Project(tmp_path / "other")
    for path in ("crm.yaml", "kinds.yaml", "shape.json", "api.json"):
        file = other.root / "schema" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((project.root / "schema" / path).read_bytes())
    other.generate()
    written = {path: text for path, text in other.tree().items() if not path.startswith("schema/")}
    assert written == {path: plain[path] for path in written}


def test_an_edit_with_other_line_ends_is_an_edit(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"))
    project.generate()
    with_line_ends_of_windows(tmp_path)
    with (tmp_path / "convex" / "sales.ts").open("ab") as file:
        file.write(b"export const mine = 1;\r\n")
    assert "convex/sales.ts: hand-edited\n" in expect(project, "check", "-v", code=1)
    assert expect(project, "generate", code=1).startswith("convex/sales.ts: hand-edited\n")
    expect(project, "generate", "--force")
    assert expect(project, "check") == ""


# Advice


@pytest.mark.parametrize("edits", [("convex/sales.ts",), ("convex/lots.ts",), ("convex/bins.ts",)])
@pytest.mark.parametrize("is_many", [False, True])
def test_fault_22_what_check_says_to_do_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edits: tuple[str, ...], is_many: bool
) -> None:
    """Of a file that is edited, of one that the spec no longer gives, and of a foreign one."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "schema/crm.yaml", small_spec("crm", "sales", "lots"))
    assert CliRunner().invoke(cli, ["generate"]).exit_code == 0
    more = [f"more{number}" for number in range(20 if is_many else 0)]
    put(tmp_path, "schema/crm.yaml", small_spec("crm", "sales", "bins", *more))
    for path in edits:
        put(tmp_path, path, "export const mine = 1;\n")
    checked = CliRunner().invoke(cli, ["check"])
    assert checked.exit_code == 1
    *_, last = checked.stderr.splitlines()
    foreign = (
        "Move the files that convexgen did not write, or let the spec give its own another place."
    )
    moved = "Move what you wrote to files of your own, since generated ones are written anew."
    # Nothing in it says that a file which the spec no longer gives was generated.
    stays = "convexgen did not write stays: its entry goes."
    said = {"convex/sales.ts": moved, "convex/lots.ts": stays, "convex/bins.ts": foreign}
    for path, advice in said.items():
        assert (advice in checked.stderr) == (path in edits)
    if foreign in checked.stderr:
        refused = CliRunner().invoke(cli, ["generate"])
        assert refused.exit_code == 1
        assert refused.stderr.endswith("Move what you wrote to files of your own.\n")
        (tmp_path / edits[0]).unlink()
    program, *arguments = last.split("`")[1].split()
    assert program == "convexgen"
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert CliRunner().invoke(cli, ["check"]).stdout == "Up to date.\n"
    own = tmp_path / "convex/lots.ts"
    assert own.exists() == (stays in checked.stderr)
    assert not own.exists() or own.read_text() == "export const mine = 1;\n"


@pytest.mark.parametrize("output", ["text", "github", "json", "sarif"])
@pytest.mark.parametrize("arguments", [(), ("apps/b/schema/crm.yaml",), ("--project", "apps/b")])
def test_fault_22_what_check_says_to_do_works_from_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("apps/a", "apps/b"):
        put(tmp_path, f"{name}/schema/crm.yaml", small_spec("crm", "sales"))
        assert CliRunner().invoke(cli, ["generate", "--project", name]).exit_code == 0
    (tmp_path / "apps/b/convex/sales.ts").unlink()
    checked = CliRunner().invoke(cli, ["check", *arguments, "--format", output])
    assert checked.exit_code == 1
    (command,) = set(re.findall("`(convexgen generate[^`]*)`", checked.output))
    assert CliRunner().invoke(cli, command.split()[1:]).exit_code == 0
    assert CliRunner().invoke(cli, ["check"]).stdout == "Up to date.\n"


# Merges


def git(folder: Path, *arguments: str, code: int = 0) -> str:
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    finished = subprocess.run(
        ["git", *identity, "-c", "commit.gpgsign=false", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == code, finished.stdout + finished.stderr
    return finished.stdout


def commit(project: Project, message: str) -> None:
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with two branches that changed the spec, each with what it gives."""
    folder = tmp_path_factory.mktemp("branches")
    project = project_of(folder, crm=small_spec("crm", "sales"))
    project.generate()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(project, "begin")
    for branch, table in (("one", "lots"), ("two", "bins")):
        git(folder, "checkout", "--quiet", "-b", branch, "main")
        put(folder, "schema/crm.yaml", small_spec("crm", "sales", table))
        project.generate()
        commit(project, branch)
    git(folder, "checkout", "--quiet", "one")
    return project


@pytest.fixture
def repository(branches: Project, tmp_path: Path) -> Project:
    """A copy of it, for one test."""
    return Project(shutil.copytree(branches.root, tmp_path, dirs_exist_ok=True))


@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick"])
@pytest.mark.parametrize("tables", [("sales", "lots", "bins"), ("sales", "lots")])
def test_fault_07_after_a_merge_generate_repairs(
    repository: Project, command: str, tables: tuple[str, ...]
) -> None:
    git(repository.root, command, "two", code=1)
    manifest = repository.root / ".convexgen" / "crm.json"
    assert "<<<<<<<" in manifest.read_text()
    assert "<<<<<<<" in (repository.root / "convex" / "schema.ts").read_text()
    put(repository.root, "schema/crm.yaml", small_spec("crm", *tables))

    said = expect(repository, "check", "-v", code=1)
    assert "hand-edited" not in said
    assert ".convexgen/crm.json: in conflict\n" in said
    assert "convex/schema.ts: in conflict\n" in said
    assert "resolve those of the spec, generate, and `git add` what it wrote." in said
    expect(repository, "generate")
    assert expect(repository, "check") == ""
    assert ("convex/bins.ts" in repository.tree()) == ("bins" in tables)

    fresh = project_of(repository.root / "fresh", crm=small_spec("crm", *tables))
    expect(fresh, "generate", "--project", ".")
    tree = repository.tree()
    assert all(tree[path] == text for path, text in fresh.tree().items())


def test_a_merge_as_the_page_says(repository: Project, tmp_path: Path) -> None:
    page = "docs/projects.md"
    (attributes,) = blocks(page, "text")
    expect(Project(tmp_path), "init", "new")
    written = (tmp_path / "new" / ".gitattributes").read_text()
    assert set(attributes.splitlines()) <= set(written.splitlines())
    shutil.rmtree(tmp_path / "new")
    put(repository.root, ".git/info/attributes", attributes)
    git(repository.root, "merge", "two", code=1)
    assert "<<<<<<<" not in (repository.root / ".convexgen" / "crm.json").read_text()
    put(repository.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", "bins"))
    commands = blocks(page, "console")[1].replace("$ ", "").splitlines()
    for program, *arguments in map(str.split, commands):
        if program == "git":
            git(repository.root, *arguments, *(["--no-edit"] if "commit" in arguments else []))
        else:
            expect(repository, *arguments)
    assert expect(repository, "check") == ""
    assert git(repository.root, "status", "--porcelain") == ""


def test_a_hand_edit_on_a_side_of_a_merge_is_not_lost(repository: Project) -> None:
    git(repository.root, "checkout", "--quiet", "two")
    path = repository.root / "convex" / "schema.ts"
    path.write_text(path.read_text() + "export const mine = 1;\n")
    commit(repository, "edit")
    git(repository.root, "checkout", "--quiet", "one")
    git(repository.root, "merge", "two", code=1)
    put(repository.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", "bins"))
    before = repository.tree()
    said = expect(repository, "generate", code=1)
    assert "convex/schema.ts: hand-edited\n" in said
    assert repository.tree() == before
    expect(repository, "generate", "--force")
    assert expect(repository, "check") == ""


def nothing(project: Project) -> None:
    """Nothing was ever merged."""


def merge_under_way(project: Project) -> None:
    git(project.root, "merge", "two", code=1)
    put(project.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", "bins"))
    expect(project, "generate")


def merge_committed(project: Project) -> None:
    merge_under_way(project)
    commit(project, "merge")


def original_head(project: Project) -> None:
    """As after a rebase, or where a commit was taken back."""
    git(project.root, "reset", "--quiet", "--hard", "HEAD^")
    put(project.root, "schema/crm.yaml", small_spec("crm", "sales", "lots"))
    project.generate()
    commit(project, "anew")
    assert git(project.root, "rev-parse", "--verify", "ORIG_HEAD")


def deleted(lines: list[str], at: int) -> list[str]:
    return [*lines[:at], *lines[at + 1 :]]


def moved(lines: list[str], at: int) -> list[str]:
    return [*deleted(lines, at)[:2], lines[at], *deleted(lines, at)[2:]]


def duplicated(lines: list[str], at: int) -> list[str]:
    return [*lines[: at + 1], *lines[at:]]


@pytest.mark.parametrize("edit", [deleted, moved, duplicated])
@pytest.mark.parametrize("situation", [nothing, merge_under_way, merge_committed, original_head])
def test_fault_07_an_edit_of_lines_that_the_tool_wrote_is_an_edit(
    repository: Project,
    monkeypatch: pytest.MonkeyPatch,
    situation: Callable[[Project], None],
    edit: Callable[[list[str], int], list[str]],
) -> None:
    """Also of a file that the spec no longer gives."""
    situation(repository)
    for name in ("convex/sales.ts", "convex/schema.ts", "generated/python/crm_convex/lots.py"):
        lines = (repository.root / name).read_text().splitlines(keepends=True)
        at = next(index for index, line in enumerate(lines) if index > 5 and line[:1] == " ")
        put(repository.root, name, "".join(edit(lines, at)))
    put(repository.root, "schema/crm.yaml", small_spec("crm", "sales"))
    before = repository.tree()
    monkeypatch.chdir(repository.root)
    result = CliRunner().invoke(cli, ["generate"])
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "convex/sales.ts: hand-edited\n"
        "convex/schema.ts: hand-edited\n"
        "generated/python/crm_convex/lots.py: stale and hand-edited\n"
    )
    assert repository.tree() == before


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_conflicts_that_are_resolved_one_by_one(repository: Project, style: str) -> None:
    git(repository.root, "config", "merge.conflictStyle", style)
    git(repository.root, "merge", "two", code=1)
    schema = repository.root / "convex" / "schema.ts"
    conflicts = re.compile(r"<{7} .*?^>{7} .*?$\n", re.MULTILINE | re.DOTALL)
    text = schema.read_text()
    marked = next(conflicts.finditer(text))[0]
    ours, theirs = re.split(r"^(?:\|{7} .*\n(?:.*\n)*?)?={7}\n", marked, flags=re.MULTILINE)
    both = "".join(f"{side}\n" for side in (*ours.splitlines()[1:], *theirs.splitlines()[:-1]))
    schema.write_text(text.replace(marked, both))
    put(repository.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", "bins"))
    assert "hand-edited" not in expect(repository, "check", "-v", code=1)
    schema.write_text(text.replace(marked, f"{both}// mine\n"))
    assert "convex/schema.ts: hand-edited\n" in expect(repository, "check", "-v", code=1)


def test_a_merge_that_was_committed_is_repaired_too(repository: Project) -> None:
    git(repository.root, "merge", "two", code=1)
    put(repository.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", "bins"))
    commit(repository, "merge with all the markers in it")
    expect(repository, "generate")
    assert expect(repository, "check") == ""


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_a_merge_where_one_side_was_taken(repository: Project, side: str) -> None:
    git(repository.root, "merge", "two", code=1)
    git(repository.root, "checkout", side, ".")
    put(repository.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", "bins"))
    expect(repository, "generate")
    assert expect(repository, "check") == ""


def test_a_spec_that_a_branch_renamed(repository: Project) -> None:
    git(repository.root, "mv", "schema/crm.yaml", "schema/shop.yaml")
    repository.generate()
    commit(repository, "rename")
    git(repository.root, "merge", "two", code=1)
    for path in (repository.root / "schema").iterdir():
        path.unlink()
    put(repository.root, "schema/shop.yaml", small_spec("crm", "sales", "lots", "bins"))
    expect(repository, "generate")
    assert expect(repository, "check") == ""
    assert [path.name for path in (repository.root / ".convexgen").iterdir()] == ["shop.json"]


MOVES: Mapping[str, Callable[[str], str]] = {
    "package": lambda text: f"{text}python: {{package: shop}}\n",
    "folders": lambda text: f"{text}python: {{directory: py}}\ntypescript: {{directory: ts}}\n",
    "functions": lambda text: f"{text}convex: {{directory: convex/crm}}\n",
    "table": lambda text: text.replace("table: sales", "table: deals"),
    "spec": lambda text: f"{text}python: {{package: shop}}\n",
}
"""What moves what is generated, by what a branch does to the spec."""


def with_field(field: str, *tables: str) -> str:
    """A spec of two tables with a field more, and of other tables."""
    text = small_spec("crm", "sales", "lots", *tables)
    return text.replace("{id_: string}", f"{{id_: string, {field}}}", 1)


def moving_branches(tmp_path: Path, move: str) -> tuple[Project, str]:
    """A project, on a branch that moved what is generated, beside one with a field and a table
    more; and the spec with what both of them did, which is not written."""
    project = project_of(tmp_path, crm=small_spec("crm", "sales", "lots"))
    project.generate()
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(project, "begin")
    git(tmp_path, "checkout", "--quiet", "-b", "grown")
    put(tmp_path, "schema/crm.yaml", with_field("sub: string?", "bins"))
    project.generate()
    commit(project, "grown")
    git(tmp_path, "checkout", "--quiet", "-b", "moved", "main")
    if move == "spec":
        git(tmp_path, "mv", "schema/crm.yaml", "schema/shop.yaml")
    put(tmp_path, spec_of(move), MOVES[move](with_field("zub: integer?")))
    project.generate()
    commit(project, "moved")
    return project, MOVES[move](with_field("sub: string?, zub: integer?", "bins"))


def spec_of(move: str) -> str:
    return "schema/shop.yaml" if move == "spec" else "schema/crm.yaml"


def as_git_left_it(project: Project) -> None:
    """With the markers of the conflicts."""


def staged(project: Project) -> None:
    git(project.root, "add", "--all")


def committed(project: Project) -> None:
    commit(project, "the merge, with the markers in it")


def side(name: str) -> Callable[[Project], None]:
    """Take a side of each conflict, as editors do."""
    pattern = re.compile(r"^<{7} .*\n((?:.*\n)*?)={7}\n((?:.*\n)*?)>{7} .*\n", re.MULTILINE)

    def resolve(project: Project) -> None:
        for path in git(project.root, "diff", "--name-only", "--diff-filter=U").split():
            file = project.root / path
            if file.exists():
                file.write_text(pattern.sub(name, file.read_text()))

    return resolve


LEFT = {
    "staged": ("merge", staged),
    "committed": ("merge", committed),
    "ours": ("merge", side(r"\1")),
    "theirs": ("merge", side(r"\2")),
    "both": ("merge", side(r"\1\2")),
    "rebase": ("rebase", as_git_left_it),
    "cherry-pick": ("cherry-pick", as_git_left_it),
}


@pytest.mark.parametrize(
    ("move", "command", "left"),
    [
        *(pytest.param(move, "merge", as_git_left_it, id=move) for move in MOVES),
        *(pytest.param("package", *left, id=f"package, {name}") for name, left in LEFT.items()),
    ],
)
def test_fault_07_a_merge_with_a_branch_that_moved_what_is_generated(
    tmp_path: Path, move: str, command: str, left: Callable[[Project], None]
) -> None:
    project, both = moving_branches(tmp_path, move)
    git(tmp_path, command, "grown", code=1)
    (tmp_path / "schema/crm.yaml").unlink(missing_ok=True)
    put(tmp_path, spec_of(move), both)
    left(project)
    put(tmp_path, spec_of(move), both)
    said = expect(project, "check", "-v", code=1)
    assert "hand-edited" not in said
    assert "not written by convexgen" not in said
    expect(project, "generate")
    assert expect(project, "check") == ""
    assert not any(b"<<<<<<<" in text for text in project.tree().values())


@pytest.mark.parametrize("when", ["on the side that moved", "on the other side", "in the merge"])
def test_a_hand_edit_beside_a_move_is_not_lost(tmp_path: Path, when: str) -> None:
    project, both = moving_branches(tmp_path, "package")
    package = tmp_path / "generated/python/shop"
    if when == "on the side that moved":
        (package / "sales.py").open("a").write("MINE = 1\n")
        commit(project, "edit")
    if when == "on the other side":
        git(tmp_path, "checkout", "--quiet", "grown")
        for name in ("sales", "bins"):
            (tmp_path / f"generated/python/crm_convex/{name}.py").open("a").write("MINE = 1\n")
        commit(project, "edit")
        git(tmp_path, "checkout", "--quiet", "moved")
    git(tmp_path, "merge", "grown", code=1)
    if when == "in the merge":
        (package / "sales.py").open("a").write("MINE = 1\n")
    put(tmp_path, "schema/crm.yaml", both)
    before = project.tree()
    said = expect(project, "generate", code=1)
    # Of what was edited, git may find that it was not moved.
    place = "crm_convex/sales.py: stale and" if when == "on the other side" else "shop/sales.py:"
    assert f"generated/python/{place} hand-edited\n" in said
    assert ("generated/python/shop/bins.py: hand-edited\n" in said) == (when == "on the other side")
    assert project.tree() == before


def test_markers_where_there_is_no_git(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm"))
    project.generate()
    before = project.tree()
    for path in (".convexgen/crm.json", "convex/sales.ts"):
        text = before[path].decode()
        first, _, rest = text.partition("\n")
        marked = f"<<<<<<< HEAD\n{first}\n=======\n{first}\n>>>>>>> other\n{rest}"
        put(tmp_path, path, marked)
        said = expect(project, "check", "-v", code=1)
        assert f"{path}: in conflict\n" in said
        expect(project, "generate")
        assert project.tree() == before


def test_lines_of_both_sides_with_no_markers(tmp_path: Path) -> None:
    """As `merge=union` leaves a manifest."""
    project = project_of(tmp_path, crm=small_spec("crm"))
    project.generate()
    before = project.tree()
    put(tmp_path, "schema/crm.yaml", small_spec("crm", "sales", "lots"))
    project.generate()
    both = (tmp_path / ".convexgen" / "crm.json").read_text()
    put(tmp_path, ".convexgen/crm.json", both + before[".convexgen/crm.json"].decode())
    put(tmp_path, "convex/schema.ts", before["convex/schema.ts"].decode())
    expect(project, "generate")
    assert expect(project, "check") == ""
