"""The type `function`: handles of functions, in every part of what is generated."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from project import Project, make_project, run, tsc

SPEC = """\
convexgen: 1
name: jobs
entities:
  Job:
    table: jobs
    description: What runs later.
    key: name
    fields:
      name: string
      then: function<mutation>
      any: function?
      many: list<function<query>>
functionSpec: functions.json
python: {package: jobs_convex}
"""

OWN = """\
import { createFunctionHandle, makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server.js";
export const handle = mutation({
  args: {},
  returns: v.function({ fnType: "mutation", args: {}, returns: v.null() }),
  handler: async () =>
    await createFunctionHandle(makeFunctionReference<"mutation", {}, null>("own:run")),
});
export const run = mutation({ args: {}, returns: v.null(), handler: async () => null });
export const same = query({
  args: { given: v.function() },
  returns: v.function(),
  handler: async (_ctx, { given }) => given,
});
"""

PROGRAM = """\
import os
import sys

from jobs_convex import ConvexStorage, FunctionHandle, Job

with ConvexStorage(os.environ["CONVEX_URL"], deploy_key=os.environ["KEY"]) as storage:
    handle: FunctionHandle = storage.functions.own.handle()
    assert isinstance(handle, FunctionHandle), handle
    assert storage.functions.own.same(given=handle) == handle
    storage.jobs.save(Job(name="a", then=handle, many=[handle]))
    job = storage.jobs.get("a")
    assert job is not None and job.then == handle and job.many == [handle]
    for wrong in ("", "own:run", "function://", "function://;", "https://x"):
        try:
            FunctionHandle(wrong)
        except ValueError:
            continue
        sys.exit(f"taken: {wrong}")
    FunctionHandle("function://kg2d5bkm9m3hzrrbt7m6bkqnrn6w2m4d#jobs:run")
print("done")
"""

MISTAKE = """\
from jobs_convex import Job

Job(name="a", then="function://;own:run", many=[])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("handles")
    (folder / "spec.yaml").write_text(SPEC)
    (folder / "functions.json").write_text('{"functions": []}')
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    (made.root / "convex" / "own.ts").write_text(OWN)
    printed = made.convexgen("function-spec")
    assert printed.returncode == 0, printed.stderr
    returned = {
        function["identifier"]: function["returns"]
        for function in json.loads(printed.stdout)["functions"]
        if function.get("identifier", "").startswith("own")
    }
    assert returned["own.js:same"] == {"type": "function"}
    assert returned["own.js:handle"]["fnType"] == "mutation"
    (made.root / "schema" / "functions.json").write_text(printed.stdout)
    made.generate()
    return made


def test_fault_27_function_handles(project: Project) -> None:
    schema = (project.root / "convex" / "schema.ts").read_text()
    assert 'then: v.function({ fnType: "mutation" })' in schema
    assert "any: v.optional(v.function())" in schema
    assert 'many: v.array(v.function({ fnType: "query" }))' in schema
    with EmbeddedBackend.start(project.root) as backend:
        environment = {
            "CONVEX_URL": backend.url,
            "KEY": backend.admin_key,
            "PYTHONPATH": str(project.root / "generated" / "python"),
        }
        finished = run([sys.executable, "-c", PROGRAM], project.root, environment)
    assert finished.stdout == "done\n", finished.stderr


def test_fault_27_function_handles_are_types_of_their_own(project: Project, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    environment = {**os.environ, "MYPYPATH": str(project.root / "generated" / "python")}
    command = [sys.executable, "-m", "mypy", "--strict", program]
    program.write_text(PROGRAM)
    finished = run(command, project.root, environment)
    assert finished.returncode == 0, finished.stdout
    program.write_text(MISTAKE)
    finished = run(command, project.root, environment)
    assert 'incompatible type "str"; expected "FunctionHandle"' in finished.stdout
    types = (project.root / "generated" / "typescript" / "entities" / "jobs.ts").read_text()
    assert 'then: FunctionHandle<"mutation">;' in types
    assert 'many: FunctionHandle<"query">[];' in types


def test_fault_27_typescript_with_function_handles(project: Project) -> None:
    options = ["--noEmit", "--strict", "--skipLibCheck", "--types", "node", "--target", "es2022"]
    places = ["generated/typescript/index.ts", "convex/schema.ts"]
    modules = ["--module", "esnext", "--moduleResolution", "bundler"]
    finished = run([*tsc(), *options, *modules, *places], project.root)
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize("kind", ["string", "httpAction", "query, mutation", "list<query>"])
def test_fault_27_functions_of_no_kind(project: Project, tmp_path: Path, kind: str) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.replace("function<mutation>", f"function<{kind}>"))
    (tmp_path / "functions.json").write_text('{"functions": []}')
    finished = project.convexgen("lint", str(spec))
    assert finished.returncode != 0
    assert "a function is a query, a mutation or an action" in finished.stderr + finished.stdout
