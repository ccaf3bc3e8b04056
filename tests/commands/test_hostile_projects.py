"""Projects that somebody else wrote, as pull requests are: manifests, links and files to harm."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from convexgen.cli.group import cli
from convexgen.files.folders import upward
from convexgen.files.manifest import parse_record
from convexgen.files.names import is_output
from project import Project
from small_specs import project_of, put, small_spec

LITTLE = "typescript: false\n"
"""What gives few files, which are soon there."""
SECRET = "machine api.example.com login me password hunter2-of-mine\n"
MANIFEST = ".convexgen/crm.json"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def say(project: Project, *arguments: str) -> tuple[int, str]:
    """What a command ends with, and all that it prints. It may raise nothing."""
    said = CliRunner().invoke(cli, [*arguments, "--project", str(project.root)])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said.exit_code, said.output


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, generated once: each test has a copy."""
    made = project_of(tmp_path_factory.mktemp("once"), crm=small_spec("crm", more=LITTLE))
    made.generate()
    return made.root


@pytest.fixture
def project(generated: Path, tmp_path: Path) -> Project:
    return Project(shutil.copytree(generated, tmp_path / "home" / "project"))


def rewrite(project: Project) -> None:
    """Let the spec give other files."""
    put(project.root, "schema/crm.yaml", small_spec("crm", "lots", more=LITTLE))


def claim(project: Project, name: str, hashed: str) -> None:
    """Let the manifest say that the tool wrote a file."""
    manifest = project.root / MANIFEST
    content = json.loads(manifest.read_text())
    content["files"][name] = hashed
    manifest.write_text(json.dumps(content))


def names(outside: Path, root: Path) -> Mapping[str, str]:
    """Names by which a manifest may mean a file in a folder above its project."""
    relative = os.path.relpath(outside, root)
    return {
        "above": relative,
        "absolute": outside.as_posix(),
        "absolute-twice": f"/{outside.as_posix()}",
        "back-and-forth": f"convex/../{relative}",
        "a-dot": f"./{relative}",
        "backslashes": relative.replace("/", "\\"),
        "linked-folder": f"linked/{outside.name}",
        "linked-twice": f"twice/{outside.name}",
        "linked-file": "link.txt",
        "generated-folder": f"generated/linked/{outside.name}",
    }


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "known"])
def test_a_manifest_shows_and_deletes_no_file_outside_the_project(
    project: Project, is_known: bool
) -> None:
    root = project.root
    outside = put(root.parent, ".netrc", SECRET)
    (root / "linked").symlink_to(root.parent)
    (root / "twice").symlink_to("linked")
    (root / "link.txt").symlink_to(outside)
    (root / "generated" / "linked").symlink_to(root.parent)
    for name in names(outside, root).values():
        claim(project, name, digest(SECRET if is_known else ""))
    rewrite(project)
    for arguments in (["check", "-v"], ["check", "--format", "json"]):
        code, said = say(project, *arguments)
        assert (code, "hunter2" in said) == (1, False)
    code, said = say(project, "generate", "--force")
    assert (code, "hunter2" in said) == (0, False)
    assert outside.read_text() == SECRET
    assert (root / "link.txt").is_symlink()
    assert (root / "convex" / "lots.ts").exists()
    assert not (root / "convex" / "sales.ts").exists()
    assert say(project, "check")[0] == 0


def test_a_manifest_shows_and_deletes_no_file_that_nothing_shows_to_be_generated(
    project: Project,
) -> None:
    names = [".env.local", "package.json", "src/main.ts", "schema/more.txt"]
    for name in names:
        put(project.root, name, SECRET)
        claim(project, name, digest(""))
    rewrite(project)
    before = project.tree()
    code, said = say(project, "check", "-v")
    assert (code, "hunter2" in said) == (1, False)
    for name in names:
        assert f"{name}: listed in the manifest, and not written by convexgen" in said
    assert project.tree() == before
    code, said = say(project, "generate", "--force")
    assert (code, "hunter2" in said) == (0, False)
    for name in names:
        assert f"{name}, which convexgen did not write\n" in said
        assert (project.root / name).read_text() == SECRET
    assert say(project, "check")[0] == 0


SOMEBODYS: Mapping[str, str] = {
    ".env.local": "pin=hunter2\n",
    "a/.hidden/x": "pin=hunter2\n",
    "convex/mine.ts": 'export const pin = "hunter2";\n',
    "package.json": '{"pin": "hunter2"}\n',
    "notes.txt": "pin: hunter2\n",
}
"""Files of whoever has the checkout, which nothing in them says to be generated."""


@pytest.mark.parametrize("spec", ["schema/crm.yaml", "schema/gone.yaml"])
def test_a_manifest_that_knows_the_hash_of_a_file_shows_and_deletes_nothing(
    project: Project, spec: str
) -> None:
    """Hashes of short secrets can be guessed, and of files that many projects have are known."""
    for name, text in SOMEBODYS.items():
        put(project.root, name, text)
    files = {name: digest(text) for name, text in SOMEBODYS.items()}
    files["convex/sales.ts"] = digest("")
    put(project.root, ".convexgen/more.json", json.dumps({"spec": spec, "files": files}))
    before = project.tree()
    code, said = say(project, "check", "-v")
    assert (code, "hunter2" in said) == (1, False)
    for name in SOMEBODYS:
        assert f"{name}: listed in the manifest, and not written by convexgen" in said
    assert project.tree() == before
    code, said = say(project, "generate", "--force")
    assert (code, "hunter2" in said) == (0, False)
    assert {name: (project.root / name).read_text() for name in SOMEBODYS} == SOMEBODYS
    assert say(project, "check")[0] == 0


def test_a_manifest_that_knows_the_hash_of_a_file_in_the_place_of_a_generated_one(
    project: Project,
) -> None:
    put(project.root, "convex/lots.ts", SOMEBODYS["convex/mine.ts"])
    claim(project, "convex/lots.ts", digest(SOMEBODYS["convex/mine.ts"]))
    rewrite(project)
    for arguments in (["check", "-v"], ["check", "--format", "json"], ["generate"]):
        code, said = say(project, *arguments)
        assert (code, "hunter2" in said) == (1, False)
        assert "convex/lots.ts" in said
        assert "hand-edited" in said
    assert (project.root / "convex/lots.ts").read_text() == SOMEBODYS["convex/mine.ts"]


def test_a_manifest_in_a_folder_above_says_nothing_where_there_is_no_repository(
    project: Project,
) -> None:
    """Anybody may write into `/tmp`, and into other folders that projects are in."""
    made = (project.root / "convex/sales.ts").read_text()
    put(project.root, "convex/kept.ts", made)
    for folder in (project.root.parent, project.root.parent.parent):
        path = project.root.relative_to(folder).as_posix()
        files = {f"{path}/convex/{name}.ts": digest(made) for name in ("sales", "kept")}
        for spec in (f"{path}/schema/gone.yaml", f"{path}/schema/crm.yaml"):
            name = f".convexgen/{Path(spec).stem}.json"
            put(folder, name, json.dumps({"spec": spec, "files": files}))
    before = project.tree()
    for command in ("check", "generate"):
        assert say(project, command) == (0, "Up to date.\n")
    assert project.tree() == before


@pytest.mark.parametrize("planted", [".git", ".convexgen"])
def test_what_somebody_else_planted_in_a_folder_above_is_none_of_ours(
    project: Project, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """A repository of another user, and a manifest of one in a repository of our own."""
    above = project.root.parent
    (above / ".git").mkdir()
    made = (project.root / "convex/sales.ts").read_text()
    put(project.root, "convex/kept.ts", made)
    path = project.root.name
    files = {f"{path}/convex/{name}.ts": digest(made) for name in ("sales", "kept")}
    content = json.dumps({"spec": f"{path}/schema/gone.yaml", "files": files})
    put(above, ".convexgen/gone.json", content)
    assert "kept.ts: stale" in say(project, "check")[1]
    theirs = (above / planted).stat().st_ino
    real = os.stat

    def stat(path: int | str | Path, *arguments: Any, **options: Any) -> os.stat_result:
        found = real(path, *arguments, **options)
        if found.st_ino != theirs:
            return found
        return os.stat_result([*found[:4], found.st_uid + 1, *found[5:]])

    monkeypatch.setattr(os, "stat", stat)
    for command in ("check", "generate"):
        assert say(project, command) == (0, "Up to date.\n")
    assert (project.root / "convex/kept.ts").exists()


def test_where_everybody_may_write_no_project_is_looked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `/tmp`, above a folder in which somebody forgot to make a project."""
    above = project.root.parent
    put(above, "schema/evil.yaml", small_spec("evil"))
    inner = put(above, "mine/notes.txt", "mine\n").parent
    monkeypatch.chdir(inner)
    assert CliRunner().invoke(cli, ["lint"]).exit_code == 0
    above.chmod(0o1777)
    refused = CliRunner().invoke(cli, ["generate"])
    assert refused.exit_code == 2
    assert not (above / "convex").exists()


@pytest.mark.parametrize(("mode", "own", "is_found"), [(0o777, 0o755, False), (0o777, 0o777, True)])
def test_a_folder_that_everybody_may_write_is_of_nobody(
    tmp_path: Path, mode: int, own: int, is_found: bool
) -> None:
    """Unless all are so, as in WSL, where the file system of Windows has no modes."""
    inner = put(tmp_path, "shared/mine/notes.txt", "mine\n").parent
    inner.chmod(own)
    inner.parent.chmod(mode)
    assert (inner.parent in upward(inner)) == is_found


@pytest.mark.parametrize("edit", ["", "# A comment.\n", "lots"])
@pytest.mark.parametrize("is_known", [False, True], ids=["fresh", "known"])
def test_a_manifest_that_has_the_hash_of_a_change_hides_nothing(
    project: Project, edit: str, is_known: bool
) -> None:
    """Who reviews a pull request does not read what is generated, as `check` has compared it."""
    if is_known:
        assert say(project, "check") == (0, "Up to date.\n")
    made = project.root / "convex/sales.ts"
    good = made.read_text()
    made.write_text(good + "/* backdoor */\n")
    claim(project, "convex/sales.ts", digest(made.read_text()))
    spec = project.root / "schema/crm.yaml"
    if edit == "lots":
        put(project.root, "schema/crm.yaml", small_spec("crm", "sales", "lots", more=LITTLE))
    else:
        spec.write_text(f"{edit}{spec.read_text()}")
    for arguments in (["check", "-v"], ["check", "-v", "--no-run-code"]):
        code, said = say(project, *arguments)
        assert (code, "-/* backdoor */" in said) == (1, True)
        assert "convex/sales.ts: changed" in said
    assert say(project, "generate")[0] == 0
    assert made.read_text() == good
    assert say(project, "check") == (0, "Up to date.\n")


def test_a_cache_that_comes_with_a_checkout_is_not_believed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a job of CI sets XDG_CACHE_HOME to a folder of its checkout."""
    home = project.root.parent / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    assert say(project, "check") == (0, "Up to date.\n")
    (kept,) = (home / "convexgen" / "rendered").iterdir()
    made = project.root / "convex/sales.ts"
    good = digest(made.read_text())
    made.write_text(made.read_text() + "/* backdoor */\n")
    manifest = project.root / MANIFEST
    before = digest(manifest.read_text())
    claim(project, "convex/sales.ts", digest(made.read_text()))
    forged = kept.read_text().replace(good, digest(made.read_text()))
    kept.write_text(forged.replace(before, digest(manifest.read_text())))
    assert say(project, "check") == (0, "Up to date.\n"), "it is what its owner wrote there"
    (project.root.parent / ".git").mkdir()
    assert say(project, "check", "-v")[0] == 1


def test_a_manifest_lists_nothing_of_git(project: Project) -> None:
    names = [".git/config", "vendored/.git/config", "vendored/.GIT/config"]
    for name in names:
        put(project.root, name, SECRET)
        claim(project, name, digest(SECRET))
    rewrite(project)
    code, said = say(project, "check", "-v")
    assert (code, "hunter2" in said) == (1, False)
    assert say(project, "generate", "--force")[0] == 0
    assert {(project.root / name).read_text() for name in names} == {SECRET}


def test_a_link_in_the_place_of_a_generated_file_is_not_followed(project: Project) -> None:
    outside = put(project.root.parent, ".netrc", SECRET)
    names = ["convex/sales.ts", "generated/python/crm_convex/__init__.py", MANIFEST]
    for name in names:
        (project.root / name).unlink()
        (project.root / name).symlink_to(outside)
    for arguments in (["check", "-v"], ["generate", "--force"]):
        code, said = say(project, *arguments)
        assert (code, "hunter2" in said) == (1, False)
        for name in names:
            assert f"{name}: not written by convexgen" in said
    assert outside.read_text() == SECRET


def test_a_folder_of_manifests_that_is_a_link_is_not_followed(project: Project) -> None:
    outside = put(project.root.parent, "settings/crm.json", json.dumps({"token": SECRET}))
    before = outside.read_text()
    (project.root / MANIFEST).unlink()
    (project.root / ".convexgen").rmdir()
    (project.root / ".convexgen").symlink_to(outside.parent)
    for arguments in (["check", "-v"], ["generate", "--force"]):
        code, said = say(project, *arguments)
        assert (code, "hunter2" in said) == (1, False)
    assert outside.read_text() == before


NOT_FILES: Mapping[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
    "circle": lambda path: path.symlink_to(path.name),
    "huge": lambda path: os.truncate(put(path.parent, path.name, ""), 2**40),
}
"""What may be at the place of a file, and has no end or no bytes."""


@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_is_no_file_stops_no_command(project: Project, kind: str) -> None:
    manifest = project.root / MANIFEST
    content = json.loads(manifest.read_text())
    content["files"] |= {"convex/gone.ts": digest("")}
    content["included"] = ["schema/part.yaml", "/dev/zero", "../../../../dev/zero"]
    manifest.write_text(json.dumps(content))
    names = ["convex/sales.ts", "convex/gone.ts", "schema/part.yaml", ".convexgen/more.json"]
    for name in names:
        (project.root / name).unlink(missing_ok=True)
        NOT_FILES[kind](project.root / name)
    for command in ("check", "lint", "generate"):
        code, said = say(project, command)
        assert code in {0, 1, 2}
        assert "None" not in said


DAMAGED: Mapping[str, str] = {
    "empty": "",
    "list": "[]",
    "deep": "[" * 100_000,
    "spec-of-nul": '{"version": 1, "spec": "\\u0000", "files": {}}',
    "spec-of-half-a-character": '{"version": 1, "spec": "schema/\\ud800.yaml", "inputs": ""}',
    "spec-of-a-device": '{"version": 1, "spec": "/dev/zero", "inputs": "", "files": {}}',
    "spec-no-text": '{"version": 1, "spec": [1], "inputs": {}, "files": {}}',
    "included-no-list": '{"version": 1, "spec": "schema/crm.yaml", "inputs": "", "included": 5}',
    "included-odd": '{"version": 1, "spec": "schema/crm.yaml", "inputs": "", '
    '"included": ["\\u0000", "\\udfff", "", "/", 7, null]}',
    "maps-no-maps": '{"version": 1, "inputs": "", "entities": 1, "drafts": [2], "formatters": "x"}',
    "names": '{"version": 1, "spec": "schema/crm.yaml", "inputs": "", "files": {'
    + ", ".join(
        f'"{name}": "{"0" * 64}"'
        for name in (
            "",
            ".",
            "/",
            "a//b",
            "\\u0000",
            "\\ud800",
            "x" * 5000,
            "convex",
            "C:x",
            "a\\n",
        )
    )
    + ', "schema/crm.yaml/x": "'
    + "0" * 64
    + '"}}',
    "not-utf-8": '{"version": 1, "spec": "schema/\udcff.yaml"}',
    "large-number": '{"version": 1e999, "inputs": 1' + "0" * 5000 + "}",
}
"""Manifests that no tool wrote."""


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_manifest_is_no_traceback(project: Project, kind: str) -> None:
    damaged = DAMAGED[kind].encode("utf-8", "surrogateescape")
    record = parse_record(MANIFEST, damaged)
    assert all(is_output(name) for name in record.files)
    (project.root / MANIFEST).write_bytes(damaged)
    put(project.root, ".convexgen/other.json", "").write_bytes(damaged)
    before = project.tree()
    code, said = say(project, "check")
    assert code in {0, 1}, said
    assert project.tree() == before


@pytest.mark.parametrize("text", ["\n::error::x", "\r", "\x1b[31m", "\x9b31m", "\u202e", "\u2028"])
@pytest.mark.parametrize("place", ["spec", "file", "manifest"])
def test_names_in_manifests_write_nothing_of_their_own(
    project: Project, text: str, place: str
) -> None:
    """Who reads the log of a check, and what reads it, sees names that are on one line."""
    names = {"spec": "gone", "file": "convex/old.ts", "manifest": "old"}
    names[place] += text
    content = {"version": 1, "spec": f"schema/{names['spec']}.yaml", "inputs": ""}
    files = {names["file"]: digest(SECRET)}
    other = json.dumps({**content, "files": files})
    put(project.root, f".convexgen/{names['manifest']}.json", other)
    claim(project, f"x{text}", digest(SECRET))
    put(project.root, f"x{text}", SECRET)
    for command in ("check", "lint", "generate"):
        _, said = say(project, command)
        assert all(line.isprintable() for line in said.split("\n")), said
        assert not any(line.startswith("::") for line in said.split("\n")), said


def test_a_damaged_manifest_is_written_anew(project: Project) -> None:
    before = project.tree()
    (project.root / MANIFEST).write_text(DAMAGED["deep"])
    assert say(project, "generate")[0] == 0
    assert project.tree() == before


HOSTILE: Mapping[str, Callable[[int], str]] = {
    "quotes": lambda n: '{"files": {"' + '\\"' * n,
    "texts-without-an-end": lambda n: '"' * n,
    "lines-of-them": lambda n: '"a\n' * n,
    "specs": lambda n: '"spec":"\\' * n,
    "spaces": lambda n: '"spec"' + " " * n,
    "a-long-path": lambda n: json.dumps({"files": {"a/" * n + "b": digest("")}}),
    "a-long-spec": lambda n: json.dumps({"spec": "a/../" * n + "schema/crm.yaml"}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_manifest_of_megabytes_is_soon_read(project: Project, kind: str) -> None:
    """Where something takes the square of its length, this does not end for an hour."""
    put(project.root, ".convexgen/other.json", HOSTILE[kind](2_000_000))
    code, said = say(project, "check")
    assert code in {0, 1}, said


@pytest.mark.parametrize("kind", ["file", "folder", "way", "linked", "linked-way"])
@pytest.mark.parametrize("has_spec", [True, False], ids=["spec", "none"])
def test_a_manifest_tells_of_nothing_outside_the_repository_whether_it_is_there(
    project: Project, kind: str, has_spec: bool
) -> None:
    root = project.root
    outside = root.parent / "other"
    if has_spec:
        (root / ".git").mkdir()
    else:
        (root / MANIFEST).unlink()
        shutil.rmtree(root / "schema")
    (root / "way").symlink_to("../other/../project/schema")
    (root / "linked").symlink_to("../other")
    spec = {
        "file": "../other",
        "folder": "../other/crm.yaml",
        "way": "../other/../project/schema/crm.yaml",
        "linked": "linked/crm.yaml",
        "linked-way": "way/crm.yaml",
    }[kind]
    files = {"convex/sales.ts": digest("")}
    put(root, ".convexgen/more.json", json.dumps({"spec": spec, "files": files}))
    said = [say(project, "check")]
    put(outside, "crm.yaml", small_spec("crm", more=LITTLE))
    said.append(say(project, "check"))
    if kind == "file":
        shutil.rmtree(outside)
        put(root.parent, "other", "secret: hunter2\n")
        said.append(say(project, "check"))
    assert len(set(said)) == 1
