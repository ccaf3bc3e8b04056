"""Functions whose code comes with the spec, or with a pack, and is copied."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from project import ROOT, Project, make_project, run, tsc

SPEC = """
convexgen: 1
name: chat
{more}
entities:
  Thread: {{table: threads, key: threadId, fields: {{threadId: string}}}}
functions:
  admin/threads:open:
    kind: mutation
    args: {{threads: list<new<Thread>>}}
    returns: integer
    code: code/threads.ts
  admin/threads:all: {{kind: query, returns: list<Thread>}}
"""

CODE = """\ufeffimport { v } from "convex/values";

import { internalMutation, internalQuery } from "../_generated/server.js";
import * as Threads from "../model/threads.js";

export const open = internalMutation({
  args: { threads: v.array(Threads.input) },
  returns: v.number(),
  handler: async (ctx, args) => {
    await Threads.saveMany(ctx, args.threads);
    return args.threads.length;
  },
});

export const all = internalQuery({
  args: {},
  returns: v.array(Threads.document),
  handler: async (ctx) => await ctx.db.query("threads").take(100),
});
"""

PROGRAM = """
import sys
from chat_convex import ConvexStorage, Thread

with ConvexStorage.from_env() as storage:
    threads = storage.functions.admin_threads
    print(threads.open(threads=[Thread(thread_id="a"), Thread(thread_id="b")]))
    print([one.thread_id for one in threads.all()])
"""

CLIENT_PROGRAM = """
import process from "node:process";
import { ConvexStorage } from "./generated/typescript/index.js";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, { deployKey: CONVEX_DEPLOY_KEY });
const { adminThreads } = storage.functions;
console.log(await adminThreads.open({ threads: [{ threadId: "c" }] }));
console.log((await adminThreads.all()).map((one) => one.threadId).join());
await storage.close();
"""


def project_of(folder: Path, more: str = "", code: str = CODE) -> Project:
    given = folder / "given"
    (given / "code").mkdir(parents=True)
    (given / "spec.yaml").write_text(SPEC.format(more=more))
    (given / "code" / "threads.ts").write_text(code, encoding="utf-8", newline="\r\n")
    return make_project(folder / "project", given / "spec.yaml")


def expect_calls(project: Project, folder: Path) -> None:
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": str(project.root / "generated" / "python"),
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        called = run([sys.executable, "-c", PROGRAM], folder, environment)
        assert called.stdout == "2\n['a', 'b']\n", called.stderr
        client = project.root / "generated" / "typescript" / "index.js"
        text = CLIENT_PROGRAM.replace("./generated/typescript/index.js", client.as_posix())
        assert run_node([bundle_text(text, folder)], backend) == "1\na,b,c\n"


@pytest.mark.parametrize(
    ("more", "copy"),
    [
        ("", "convex/admin/threads.ts"),
        # From the directory on, as the modules of tables, so that what it imports is there.
        ("convex: {directory: convex/chat}", "convex/chat/admin/threads.ts"),
    ],
    ids=["root", "below"],
)
def test_it_is_copied_and_called(tmp_path: Path, more: str, copy: str) -> None:
    code = CODE.replace("../_generated", "../../_generated") if more else CODE
    project = project_of(tmp_path, more, code)
    if more:
        schema = (
            'import { defineSchema } from "convex/server";\nimport chat from "./chat/schema.js";'
        )
        (project.root / "convex").mkdir()
        (project.root / "convex" / "schema.ts").write_text(
            f"{schema}\nexport default defineSchema({{ ...chat.tables }});\n"
        )
        generated = project.root / "convex" / "_generated"
        shutil.copytree(ROOT / "convex" / "_generated", generated)
        (generated / "api.d.ts").write_text(
            "export declare const api: {};\nexport declare const internal: any;\n"
            "export declare const components: {};\n"
        )
    project.generate()
    text = (project.root / copy).read_text()
    header, _, copied = text.partition("\n\n")
    assert "Copied by convexgen from schema/code/threads.ts. Do not edit" in header
    assert copied == code.removeprefix("\ufeff")
    manifest = json.loads((project.root / ".convexgen" / "spec.json").read_text())
    assert copy in manifest["files"]
    assert "schema/code/threads.ts" in manifest["included"]
    configuration = (ROOT / "convex" / "tsconfig.json").read_text()
    (project.root / "convex" / "tsconfig.json").write_text(configuration)
    checked = run([*tsc(), "--noEmit", "--project", "convex"], project.root)
    assert checked.returncode == 0, checked.stdout
    expect_calls(project, tmp_path)


def test_the_copy_is_kept_as_other_files_are(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.generate()
    copy = project.root / "convex" / "admin" / "threads.ts"
    source = project.root / "schema" / "code" / "threads.ts"
    spec = project.root / "schema" / "spec.yaml"
    assert project.convexgen("check").returncode == 0

    written = copy.read_bytes()
    copy.write_bytes(written.replace(b"100", b"10"))
    checked = project.convexgen("check")
    assert checked.returncode == 1
    assert "convex/admin/threads.ts: hand-edited" in checked.stdout + checked.stderr
    assert project.convexgen("generate").returncode == 1
    assert project.convexgen("generate", "--force").returncode == 0
    assert copy.read_bytes() == written

    source.write_bytes(source.read_bytes().replace(b"100", b"50"))
    assert project.convexgen("check").returncode == 1
    project.generate()
    assert b".take(50)" in copy.read_bytes()

    kept = source.read_bytes()
    source.unlink()
    refused = project.convexgen("generate")
    assert refused.returncode == 1
    assert "schema/code/threads.ts cannot be read: No such file" in refused.stderr
    source.write_bytes(b"// \xff\n")
    assert "threads.ts is not UTF-8" in project.convexgen("generate").stderr
    assert copy.exists()
    source.write_bytes(kept)

    spec.write_text(spec.read_text().partition("functions:")[0])
    project.generate()
    assert not copy.parent.exists()
    assert source.exists()


def test_what_somebody_wrote_in_its_place_stays(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    own = project.root / "convex" / "admin" / "threads.ts"
    own.parent.mkdir(parents=True)
    own.write_text("export const mine = 1;\n")
    for arguments in (["generate"], ["generate", "--force"]):
        assert project.convexgen(*arguments).returncode == 1
    assert own.read_text() == "export const mine = 1;\n"


def test_functions_alone_may_come_with_code(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / "code").mkdir(parents=True)
    (given / "spec.yaml").write_text(
        "convexgen: 1\nname: alone\n"
        "functions: {sums:seven: {kind: query, returns: integer, code: code/sums.ts}}\n"
    )
    (given / "code" / "sums.ts").write_text(
        'import { queryGeneric } from "convex/server";\n'
        'import { v } from "convex/values";\n\n'
        "export const seven = queryGeneric({\n"
        "  args: {},\n  returns: v.number(),\n  handler: async () => 7,\n});\n"
    )
    project = make_project(tmp_path / "project", given / "spec.yaml")
    project.generate()
    program = (
        "from alone_convex import ConvexStorage\n"
        "with ConvexStorage.from_env() as storage:\n    print(storage.functions.sums.seven())\n"
    )
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            **os.environ,
            "PYTHONPATH": str(project.root / "generated" / "python"),
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
        }
        called = run([sys.executable, "-c", program], tmp_path, environment)
        assert called.stdout == "7\n", called.stderr


def test_a_pack_comes_with_code(tmp_path: Path) -> None:
    """In a copy of the tool that has one, as a wheel has it."""
    tool = tmp_path / "tool"
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generator" / "convexgen", tool / "convexgen", ignore=no_caches)
    shutil.copytree(ROOT / "templates", tool / "convexgen" / "templates", ignore=no_caches)
    packs = tool / "convexgen" / "specs"
    (packs / "chat").mkdir(parents=True)
    (packs / "chat.yaml").write_text(
        SPEC.format(more="").replace("code/threads.ts", "chat/threads.ts").replace("name: chat", "")
    )
    (packs / "chat" / "threads.ts").write_text(CODE, encoding="utf-8")
    (packs / "secret.ts").write_text("export const all = 1;\n")
    given = tmp_path / "given.yaml"
    given.write_text("convexgen: 1\nname: chat\ninclude: pack:chat\n")
    project = make_project(tmp_path / "project", given)
    environment = {**os.environ, "PYTHONPATH": str(tool)}
    command = [sys.executable, "-m", "convexgen", "generate"]
    done = run(command, project.root, environment)
    assert done.returncode == 0, done.stderr
    copy = (project.root / "convex" / "admin" / "threads.ts").read_text()
    assert "Copied by convexgen from pack:chat/threads.ts." in copy
    assert run([*command[:-1], "check"], project.root, environment).returncode == 0
    expect_calls(project, tmp_path)

    pack = (packs / "chat.yaml").read_text()
    for path in ("../secret.ts", "chat/../../secret.ts", "/etc/secret.ts"):
        (packs / "chat.yaml").write_text(pack.replace("chat/threads.ts", path))
        refused = run(command, project.root, environment)
        assert refused.returncode == 1
        assert f'"{path}" is not in the project' in refused.stderr


def test_what_it_imports_from_files_beside_it_is_copied_too(tmp_path: Path) -> None:
    code = CODE.replace("take(100)", "take(MOST)").replace(
        "import * as", 'import { MOST } from "./limits.js";\nimport * as'
    )
    project = project_of(tmp_path, "", code)
    beside = project.root / "schema" / "code"
    (beside / "limits.ts").write_text('export * from "./numbers.js";\n')
    (beside / "numbers.ts").write_text(
        'import type {} from "./limits.js";\n\nexport const MOST = 10;\n'
    )
    project.generate()
    copy = project.root / "convex" / "admin" / "numbers.ts"
    assert "Copied by convexgen from schema/code/numbers.ts" in copy.read_text()
    expect_calls(project, tmp_path)
    # What nothing imports any more goes, and one of the project's own is its own.
    (beside / "limits.ts").write_text("export const MOST = 10;\n")
    project.generate()
    assert not copy.exists()
    (beside / "limits.ts").rename(project.root / "convex" / "admin" / "mine.ts")
    threads = beside / "threads.ts"
    threads.write_text(threads.read_text().replace("./limits.js", "./mine.js"))
    project.generate()
    expect_calls(project, tmp_path)


def test_an_import_takes_no_generated_place(tmp_path: Path) -> None:
    code = CODE.replace("import * as", 'import {} from "../model/threads.js";\nimport * as')
    project = project_of(tmp_path, "", code)
    (project.root / "schema" / "model").mkdir()
    (project.root / "schema" / "model" / "threads.ts").write_text("export {};\n")
    linted = project.convexgen("lint")
    assert linted.returncode == 1
    assert 'would be the module "model/' in linted.stderr
