"""The hooks of React: in a browser, and as checkers see them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from browsers import find_browser, report_of
from convexgen.embedded import EmbeddedBackend
from page_examples import named_blocks
from project import ROOT, Project, make_project, node_tool, run, tsc
from waiting import PATIENCE

HERE = ROOT / "tests" / "clients" / "react"
SPEC = """
convexgen: 1
name: board
typescript: {react: true}
entities:
  Thread:
    table: threads
    key: threadId
    access: public
    fields:
      threadId: string
      ownerId: string
      title: string
      meta: json?
      updatedAt: {type: timestamp, set: on write}
    indexes: {by_ownerId_and_updatedAt: [ownerId, updatedAt]}
    queries:
      listThreads: {where: [title]}
    searchIndexes: {search_title: {search: title, filter: [ownerId]}}
  Message:
    table: messages
    key: [threadId, number]
    access: public
    fields: {threadId: ref<Thread>, number: int64, text: string, storage: string?, SKIP: string?}
    indexes: {by_text: [text], by_storage_and_SKIP: [storage, SKIP]}
    queries: {taken: {by: [storage, SKIP]}}
    related: {thread: threadId}
  Secret:
    table: secrets
    key: secretId
    access: {write: public}
    fields: {secretId: string}
functions:
  own:shout: {kind: query, args: {text: string}, returns: "record<string, int64>"}
"""
OWN = """
import { ConvexError, v } from "convex/values";

import { query } from "./_generated/server.js";

export const shout = query({
  args: { text: v.string() },
  returns: v.record(v.string(), v.int64()),
  handler: async (_, { text }) => {
    if (text === "") throw new ConvexError({ code: "NotFound", message: "nothing to shout" });
    return { [text.toUpperCase()]: BigInt(text.length) };
  },
});
"""
ALL = ["useThread", "useAllThreads", "useThreadsByOwnerIdAndUpdatedAt", "useThreadsListThreads"]
ALL += ["useThreadsSearchTitle", "useMessage", "useAllMessages", "useMessagesByText"]
ALL += ["useMessagesTaken"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("react")
    (folder / "spec.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "spec.yaml")
    project.generate()
    (project.root / "convex" / "own.ts").write_text(OWN)
    (project.root / "app.tsx").write_bytes((HERE / "app.tsx").read_bytes())
    return project


IN_BROWSERS = ("--format=iife", '--define:process.env.NODE_ENV="development"')


def bundle(project: Project, text: str, *options: str) -> str:
    """A program in one script."""
    finished = subprocess.run(
        [
            *(node_tool("esbuild"), "--loader=tsx", "--bundle", "--target=es2022"),
            *options,
        ],
        cwd=project.root,
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_in_a_browser(
    project: Project, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    browser = find_browser(tmp_path_factory.mktemp("chromium"))
    script = bundle(project, (project.root / "app.tsx").read_text(), *IN_BROWSERS)
    inline = script.replace("</script", "<\\/script")
    page = f"<!doctype html><body><script>{inline}</script>".encode()
    with EmbeddedBackend.start(project.root) as backend:
        told = report_of(browser, page, "127.0.0.1", str(backend.port), tmp_path)
    errors = told.pop("errors", [])
    thrown = told.pop("thrown", "")
    assert told == {
        "over": "InvalidArgument: there is a storage over this connection already",
        "calls": [
            ["mutation threads:update 1", True, True, -1, False],
            ["mutation threads:update 1", True, False, 3, True],
            ["query secrets:getById 1", True, False, 0, True],
            ["query threads:getById 0", False, False, 1, False],
            ["query /api/query_ts 1", False, True, -1, False],
            ["query threads:getById 0", False, False, 2, False],
        ],
        "skipped": True,
        "loading": "LoadingFirstPage",
        "none": [None, [], []],
        "first": ['{"$seat":12,"big":"1152921504606846976n"}', '["a"]', '["a"]'],
        "shouted": "5",
        "same": True,
        "pages": ["e", "d", "c", "a"],
        "related": [{"title": "a", "text": "x"}, ["a 1"]],
        "updated": "t",
        "deleted": [True, False],
        "watched": "t",
        "again": "t",
    }
    found = [error.partition(":")[0] for error in errors]
    assert found == ["NotFound", "AccessDenied", "Aborted", "InvalidArgument"], errors
    assert thrown == "NotFound: Failed to run own:shout: nothing to shout"


def test_hooks_are_of_what_browsers_may_read(project: Project) -> None:
    index = (project.root / "generated" / "typescript" / "react" / "index.ts").read_text()
    functions = [line for line in index.splitlines() if line.startswith("export function ")]
    assert [line.split()[2].partition("(")[0].partition("<")[0] for line in functions] == ALL


def test_a_page_with_related_documents_is_refused(project: Project) -> None:
    """A hook that cannot give all that is asked for gives nothing."""
    program = """
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { ConvexProvider, ConvexReactClient } from "convex/react";
import { usePages, useResult, useStorage } from "./generated/typescript/react/index.js";

const client = new ConvexReactClient("http://127.0.0.1:1");
const asked = [
  (storage) => usePages(storage.messages.list({ include: ["thread"] })),
  (storage) => useResult(storage.messages.list().watch()),
];
for (const use of asked) {
  const Page = () => { use(useStorage()); return null; };
  const alone = createElement(Page);
  for (const provided of [createElement(ConvexProvider, { client }, alone), alone]) {
    try { renderToString(provided); } catch (error) { console.log(error.name, error.message); }
  }
}
await client.close();
"""
    made = bundle(project, program, "--format=esm", "--platform=node", "--packages=external")
    (project.root / "pages.mjs").write_text(made)
    shown = run(["node", "pages.mjs"], project.root)
    assert shown.stdout.splitlines() == [
        "InvalidArgument Failed to list messages: pages come without others: leave `include` out",
        "InvalidArgument there is no `ConvexProvider` above it",
        "InvalidArgument Failed to list messages: a page changes its size as documents come and "
        "go: show queries with `usePages`",
        "InvalidArgument there is no `ConvexProvider` above it",
    ], shown.stderr


def test_options_that_are_no_object_are_refused_also_where_a_value_is_skipped(
    project: Project,
) -> None:
    program = """
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { ConvexProvider, ConvexReactClient } from "convex/react";
import {
  SKIP, useAllThreads, useThreadsByOwnerIdAndUpdatedAt,
} from "./generated/typescript/react/index.js";

const client = new ConvexReactClient("http://127.0.0.1:1");
const order = new (class { get oder() { return "desc"; } })();
for (const options of [null, 5, order]) {
  for (const use of [
    () => useThreadsByOwnerIdAndUpdatedAt("u", options),
    () => useThreadsByOwnerIdAndUpdatedAt(SKIP, options),
    () => useAllThreads(options),
  ]) {
    const Page = () => { use(); return "nothing"; };
    const page = createElement(ConvexProvider, { client }, createElement(Page));
    try { console.log(renderToString(page)); } catch (error) { console.log(error.message); }
  }
}
await client.close();
"""
    made = bundle(project, program, "--format=esm", "--platform=node", "--packages=external")
    (project.root / "options.mjs").write_text(made)
    shown = run(["node", "options.mjs"], project.root)
    unknown = "`options.oder` is not known here: "
    assert shown.stdout.splitlines() == [
        *["`options` is null, not an object"] * 3,
        *["`options` is a number, not an object"] * 3,
        f"{unknown}order, updatedAt",
        "nothing",
        f"{unknown}order, include",
    ], shown.stdout + shown.stderr


def test_checkers_find_nothing(project: Project) -> None:
    for name in ("eslint.config.js", "tsconfig.json"):
        (project.root / name).write_bytes((HERE / name).read_bytes())
    linted = ("app.tsx", "generated/typescript/react")
    lint = [node_tool("eslint"), "--max-warnings", "0", *linted]
    for command in ([*tsc(), "--project", "."], lint):
        checked = run(command, project.root)
        assert checked.returncode == 0, checked.stdout + checked.stderr


WRONG = """
import { SKIP, useAllThreads, useMessage, useThread, useThreadsByOwnerIdAndUpdatedAt } from
  "./generated/typescript/react/index.js";

export function Wrong({ id }: { id: string | undefined }) {
  useThread(id);
  useThread(5);
  const thread = useThread("a");
  thread.title;
  useMessage("a");
  useMessage({ threadId: "a", number: 1n }, { include: ["threads"] });
  useThreadsByOwnerIdAndUpdatedAt("u", { updatedAt: { ge: 1 } });
  useThreadsByOwnerIdAndUpdatedAt("u").results[0]?.name;
  useAllThreads(SKIP).loadMore("2");
  return null;
}
"""


def test_checkers_find_mistakes(project: Project) -> None:
    folder = project.root / "wrong"
    folder.mkdir()
    options = json.loads((HERE / "tsconfig.json").read_text())
    (folder / "tsconfig.json").write_text(json.dumps({**options, "include": ["wrong.tsx"]}))
    text = WRONG.replace("./generated", "../generated")
    (folder / "wrong.tsx").write_text(text)
    checked = run([*tsc(), "--project", "."], folder)
    lines = text.splitlines()
    mistakes = range(lines.index("  useThread(id);") + 1, len(lines) - 1)
    clean = lines.index('  const thread = useThread("a");') + 1
    for number in mistakes:
        is_found = f"wrong.tsx({number}," in checked.stdout
        assert is_found == (number != clean), (lines[number - 1], checked.stdout)


def test_the_example_of_the_page(tmp_path: Path) -> None:
    files = named_blocks("docs/typescript.md")
    (tmp_path / "board.yaml").write_text(files["schema/board.yaml"])
    project = make_project(tmp_path / "project", tmp_path / "board.yaml")
    project.generate()
    (project.root / "app.tsx").write_text(files["board.tsx"])
    for name in ("eslint.config.js", "tsconfig.json"):
        (project.root / name).write_bytes((HERE / name).read_bytes())
    lint = [node_tool("eslint"), "--max-warnings", "0", "app.tsx"]
    for command in ([*tsc(), "--project", "."], lint):
        checked = run(command, project.root)
        assert checked.returncode == 0, checked.stdout + checked.stderr
