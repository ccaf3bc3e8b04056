"""Code of the clients that comes with the spec, or with a pack, and is copied."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import ROOT, Project, make_project, run

SPEC = """
convexgen: 1
name: chat
entities:
  Thread: {table: threads, key: threadId, fields: {threadId: string, title: string}}
"""

CODE = """
clientCode:
  desk:
    python: [code/__init__.py, code/storage.py, code/office.py]
    typescript: [code/index.ts, code/titles.ts]
    storage: storage.Desk
  notes: {python: code/notes/__init__.py, storage: Notes}
"""

FILES = {
    "__init__.py": "",
    "storage.py": '''\ufeff"""Titles."""

from typing import Self

from .._runtime import AsyncStorage, Storage
from ..threads import AsyncThreadStore, Thread, ThreadStore


class Desk(Storage):
    def titled(self, thread_id: str, title: str) -> Self:
        ThreadStore(self.client).save(Thread(thread_id=thread_id, title=title))
        return self


class AsyncDesk(AsyncStorage):
    async def titled(self, thread_id: str, title: str) -> Self:
        await AsyncThreadStore(self.client).save(Thread(thread_id=thread_id, title=title))
        return self
''',
    "office.py": """from .._storage import ConvexStorage


class Office(ConvexStorage):
    def titles(self) -> list[str]:
        return [one.title for one in self.threads.list()]
""",
    "index.ts": 'export { titles } from "./titles.js";\n',
    "titles.ts": """import type { ConvexStorage } from "../storage.js";

export async function titles(storage: ConvexStorage): Promise<string[]> {
  return (await storage.threads.list().all()).map(({ title }) => title);
}
""",
    "notes/__init__.py": """class Notes:
    note = "kept"


class AsyncNotes:
    note = "kept"
""",
}

PROGRAM = """
import asyncio
from {package}.desk.office import Office
from {package} import AsyncConvexStorage, ConvexStorage

async def main() -> None:
    async with AsyncConvexStorage.from_env() as storage:
        await (await storage.titled("b", "B")).threads.get("b")
        print(storage.note)

with ConvexStorage.from_env() as storage:
    print(storage.titled("a", "A").threads.get("a").title, storage.note)
asyncio.run(main())
with Office.from_env() as office:
    print(office.titled("c", "C").titles())
    with office.snapshot() as seen:
        print(seen.titles() == office.titles())
"""


TYPESCRIPT = """
import { ConvexStorage } from "CLIENT/index.js";
import { titles } from "CLIENT/desk/index.js";

const storage = ConvexStorage.fromEnv();
await storage.threads.save({ threadId: "a", title: "A" });
console.log(await titles(storage));
await storage.close();
"""


def write_files(folder: Path) -> None:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\r\n")


def project_of(folder: Path) -> Project:
    write_files(folder / "given" / "code")
    (folder / "given" / "spec.yaml").write_text(SPEC + CODE)
    return make_project(folder / "project", folder / "given" / "spec.yaml")


def expect_calls(project: Project, package: str) -> None:
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": str(project.root / "generated" / "python"),
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        program = PROGRAM.format(package=package)
        called = run([sys.executable, "-c", program], project.root, environment)
    assert called.stdout == "A kept\nkept\n['A', 'B', 'C']\nTrue\n", called.stderr


def test_it_is_copied_and_is_part_of_the_storages(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.generate()
    package = project.root / "generated" / "python" / "chat_convex"
    header, _, copied = (package / "desk" / "storage.py").read_text().partition("\n\n")
    assert "Copied by convexgen from schema/code/storage.py. Do not edit" in header
    assert copied == FILES["storage.py"].removeprefix("\ufeff")
    assert (package / "desk" / "__init__.py").read_text().count("\n") == 3
    manifest = json.loads((project.root / ".convexgen" / "spec.json").read_text())
    assert "generated/python/chat_convex/notes/__init__.py" in manifest["files"]
    assert "schema/code/notes/__init__.py" in manifest["included"]
    environment = {**os.environ, "MYPYPATH": str(package.parent)}
    command = [sys.executable, "-m", "mypy", "--strict", "--package", "chat_convex"]
    checked = run(command, project.root, environment)
    assert checked.returncode == 0, checked.stdout
    expect_calls(project, "chat_convex")


def test_typescript_of_the_own_file_is_copied_unless_it_is_refused(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    folder = project.root / "generated" / "typescript" / "desk"
    spec = project.root / "schema" / "spec.yaml"
    manifest = project.root / ".convexgen" / "spec.json"
    project.generate()
    assert sorted(path.name for path in folder.iterdir()) == ["index.ts", "titles.ts"]
    copied = (folder / "titles.ts").read_text()
    assert "Copied by convexgen from schema/code/titles.ts. Do not edit." in copied
    assert copied.endswith(f"\n\n{FILES['titles.ts']}")
    written = json.loads(manifest.read_text())
    assert "generated/typescript/desk/index.ts" in written["files"]
    assert "schema/code/titles.ts" in written["included"]
    program = TYPESCRIPT.replace("CLIENT", folder.parent.as_posix())
    with EmbeddedBackend.start(project.root) as backend:
        printed = run_node([bundle_text(program, tmp_path)], backend)
    assert printed == "[ 'A' ]\n"
    for refusal in ("{desk: false}", "false", "{enabled: false, desk: true}"):
        spec.write_text(f"{SPEC}{CODE}typescript: {refusal}\n")
        assert project.convexgen("check").returncode == 1
        project.generate()
        assert not folder.exists()
        assert "schema/code/titles.ts" not in json.loads(manifest.read_text())["included"]
        spec.write_text(f"{SPEC}{CODE}typescript: {{desk: true}}\n")
        project.generate()
        assert folder.exists()
    (project.root / "schema" / "code" / "titles.ts").unlink()
    refused = project.convexgen("generate")
    assert refused.returncode == 1
    assert "code/titles.ts cannot be read" in refused.stderr
    spec.write_text(SPEC + CODE.replace("    typescript: [code/index.ts, code/titles.ts]\n", ""))
    project.generate()
    assert not folder.exists()


def test_typescript_of_an_included_file_is_copied_where_it_is_asked_for(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    folder = project.root / "generated" / "typescript" / "desk"
    (project.root / "schema" / "desk.yaml").write_text(CODE)
    spec = project.root / "schema" / "spec.yaml"
    including = f"{SPEC}include: desk.yaml\n"
    spec.write_text(including)
    project.generate()
    assert not folder.exists()
    spec.write_text(f"{including}typescript: {{desk: true}}\n")
    assert project.convexgen("check").returncode == 1
    project.generate()
    assert sorted(path.name for path in folder.iterdir()) == ["index.ts", "titles.ts"]


def test_it_is_kept_as_other_files_are(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.generate()
    assert project.convexgen("check").returncode == 0
    package = project.root / "generated" / "python" / "chat_convex"
    copy = package / "desk" / "storage.py"
    source = project.root / "schema" / "code" / "storage.py"

    written = copy.read_bytes()
    copy.write_bytes(written.replace(b"Titles", b"Names"))
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "chat_convex/desk/storage.py: hand-edited" in checked.stdout + checked.stderr
    assert project.convexgen("generate").returncode == 1
    assert project.convexgen("generate", "--force").returncode == 0
    assert copy.read_bytes() == written

    kept = source.read_bytes()
    source.write_bytes(kept.replace(b"Titles", b"Names"))
    assert project.convexgen("check").returncode == 1
    project.generate()
    assert b"Names" in copy.read_bytes()
    for broken, said in ((b"# \xff\n", "storage.py is not UTF-8"), (b"", "has no class Desk")):
        source.write_bytes(broken)
        refused = project.convexgen("generate")
        assert refused.returncode == 1
        assert said in refused.stderr
        assert b"Names" in copy.read_bytes()
    source.write_bytes(kept)

    spec = project.root / "schema" / "spec.yaml"
    spec.write_text(f"{SPEC}{CODE}python: false\n")
    project.generate()
    assert not package.exists()
    spec.write_text(SPEC)
    project.generate()
    assert package.exists()
    assert not copy.parent.exists()
    assert "desk" not in (package / "_storage.py").read_text()
    assert source.exists()


@pytest.mark.parametrize("arguments", [["generate"], ["generate", "--force"]])
def test_what_somebody_wrote_in_its_place_stays(tmp_path: Path, arguments: list[str]) -> None:
    project = project_of(tmp_path)
    own = project.root / "generated" / "python" / "chat_convex" / "desk" / "storage.py"
    own.parent.mkdir(parents=True)
    own.write_text("mine = 1\n")
    assert project.convexgen(*arguments).returncode == 1
    assert own.read_text() == "mine = 1\n"


def test_a_pack_comes_with_it(tmp_path: Path) -> None:
    """From a file of a pack, in a copy of the tool that has one, as a wheel has it."""
    tool = tmp_path / "tool"
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generator" / "convexgen", tool / "convexgen", ignore=no_caches)
    shutil.copytree(ROOT / "templates", tool / "convexgen" / "templates", ignore=no_caches)
    packs = tool / "convexgen" / "specs"
    write_files(packs / "chat" / "code")
    whole = SPEC.replace("name: chat", "include: chat/desk.yaml")
    (packs / "chat.yaml").write_text(whole)
    (packs / "chat" / "desk.yaml").write_text(CODE)
    given = tmp_path / "given.yaml"
    given.write_text("convexgen: 1\nname: mine\ninclude: pack:chat\ntypescript: {desk: true}\n")
    project = make_project(tmp_path / "project", given)
    environment = {**os.environ, "PYTHONPATH": str(tool)}
    command = [sys.executable, "-m", "convexgen", "generate"]
    done = run(command, project.root, environment)
    assert done.returncode == 0, done.stderr
    copy = project.root / "generated" / "python" / "mine_convex" / "desk" / "storage.py"
    assert "Copied by convexgen from pack:chat/code/storage.py." in copy.read_text()
    copy = project.root / "generated" / "typescript" / "desk" / "titles.ts"
    assert "Copied by convexgen from pack:chat/code/titles.ts." in copy.read_text()
    assert run([*command[:-1], "check"], project.root, environment).returncode == 0
    expect_calls(project, "mine_convex")

    refused_path = CODE.replace("code/office.py", "../../secret.py")
    (packs.parent / "secret.py").write_text("")
    (packs / "chat" / "desk.yaml").write_text(refused_path)
    refused = run(command, project.root, environment)
    assert refused.returncode == 1
    assert '"../../secret.py" is not in the project' in refused.stderr
