"""The unmodified command line of the npm package `convex`, and the function spec on its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend, find_node, read_function_spec
from small_project import PACKAGES, SmallProject
from waiting import PATIENCE

FUNCTIONS = Path(__file__).parent / "project" / "convex"
HERE = Path(__file__).parent


class CommandLine:
    """`npx convex`, in a project and for a backend."""

    def __init__(self, project: SmallProject, backend: EmbeddedBackend) -> None:
        self.project = project
        self.backend = backend

    def run(self, *arguments: str, expected_code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [find_node(), PACKAGES / "convex" / "bin" / "main.js", *arguments]
        finished = subprocess.run(
            command,
            cwd=self.project.root,
            env={
                **os.environ,
                "CONVEX_SELF_HOSTED_URL": self.backend.url,
                "CONVEX_SELF_HOSTED_ADMIN_KEY": self.backend.admin_key,
                "NO_COLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert finished.returncode == expected_code, finished.stderr
        return finished


@pytest.fixture(scope="module")
def convex(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    project = SmallProject(tmp_path_factory.mktemp("cli"))
    shutil.copytree(FUNCTIONS, project.root / "convex", dirs_exist_ok=True)
    with EmbeddedBackend.start(project.root) as backend:
        yield CommandLine(project, backend)


def test_run(convex: CommandLine, channel: str) -> None:
    """Of public and internal functions of every kind, found by their name."""
    args = json.dumps({"channel": channel, "body": "é"})
    message_id = json.loads(convex.run("run", "messages:send", args).stdout)
    client = ConvexHttpClient(convex.backend.url)
    (message,) = client.query("messages:list", {"channel": channel})
    assert (message["_id"], message["body"]) == (message_id, "é")
    assert json.loads(convex.run("run", "secret:read").stdout) == "secret"
    assert json.loads(convex.run("run", "values:relay", '{"value": 1.5}').stdout) == 1.5


def test_run_as_a_user(convex: CommandLine) -> None:
    printed = convex.run("run", "secret:whoAmI", "--identity", '{"subject": "7", "name": "Ada"}')
    identity = json.loads(printed.stdout)
    assert identity["tokenIdentifier"] == "https://convex.test|7"
    assert identity["name"] == "Ada"


def test_run_that_fails(convex: CommandLine, channel: str) -> None:
    args = json.dumps({"channel": channel})
    failed = convex.run("run", "errors:insertAndFail", args, expected_code=1)
    assert "Uncaught Error: boom\n    at handler (../convex/errors.ts:" in failed.stderr
    missing = convex.run("run", "messages:nothing", expected_code=1)
    assert "Could not find function for 'messages:nothing'" in missing.stderr
    assert "• messages:send" in missing.stderr


def test_data(convex: CommandLine, channel: str) -> None:
    tables = convex.run("data").stdout.split()
    assert {"messages", "values", "strict", "commits"} <= set(tables)
    assert not [table for table in tables if table.startswith("_")]
    client = ConvexHttpClient(convex.backend.url)
    for body in ("one", "two", "three"):
        client.mutation("messages:send", {"channel": channel, "body": body})
    options = ["--limit", "2", "--format", "jsonLines"]
    lines = convex.run("data", "messages", *options).stdout.splitlines()
    printed = [json.loads(line) for line in lines]
    assert [message["body"] for message in printed] == ["three", "two"]
    client.mutation("values:put", {"value": b"\x00"})
    assert 'Bytes("AA==")' in convex.run("data", "values", "--order", "asc").stdout
    job_id = client.mutation("scheduling:later", {"channel": channel, "delay": 1e6})
    jobs = convex.run("data", "_scheduled_functions").stdout
    assert job_id in jobs
    assert "scheduling.js:write" in jobs


def test_function_spec(convex: CommandLine) -> None:
    printed = json.loads(convex.run("function-spec").stdout)
    assert printed["url"] == convex.backend.url
    functions = {
        described["identifier"]: described
        for described in printed["functions"]
        if described["functionType"] != "HttpAction"
    }
    assert functions["messages.js:list"] == {
        "identifier": "messages.js:list",
        "functionType": "Query",
        "visibility": {"kind": "public"},
        "args": {
            "type": "object",
            "value": {"channel": {"fieldType": {"type": "string"}, "optional": False}},
        },
        "returns": {"type": "any"},
    }
    assert functions["secret.js:read"]["visibility"] == {"kind": "internal"}
    assert {"functionType": "HttpAction", "method": "GET", "path": "/count"} in printed["functions"]
    alone = json.loads(read_function_spec(convex.project.root))
    assert in_order(alone["functions"]) == in_order(printed["functions"])


def in_order(functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(functions, key=lambda described: json.dumps(described, sort_keys=True))


def test_function_spec_of_the_faults(tmp_path: Path) -> None:
    """Literals of int64 and records, as the real backend describes them."""
    project = SmallProject(tmp_path)
    shutil.copytree(HERE / "faults" / "convex", project.root / "convex", dirs_exist_ok=True)
    with EmbeddedBackend.start(project.root) as backend:
        served = json.loads(CommandLine(project, backend).run("function-spec").stdout)
    alone = json.loads(read_function_spec(project.root))
    for spec in (served, alone):
        args = {
            described["identifier"]: described["args"]["value"]
            for described in spec["functions"]
            if described.get("identifier", "").startswith("documents.js:take")
        }
        assert args["documents.js:takeLiteral"]["version"]["fieldType"] == {
            "type": "literal",
            "value": {"$integer": "AQAAAAAAAAA="},
        }
        assert args["documents.js:takeRecord"]["scores"]["fieldType"]["type"] == "record"


def call_convexgen(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "convexgen", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_convexgen_function_spec(tmp_path: Path) -> None:
    """The command prints the spec and nothing else."""
    project = SmallProject(tmp_path)
    text = (
        'import { queryGeneric } from "convex/server";\n'
        'console.log("loading");\n'
        "export const one = queryGeneric({ args: {}, handler: async () => 1 });\n"
    )
    project.write("numbers.ts", text)
    printed = call_convexgen("function-spec", "--project", project.root)
    assert printed.returncode == 0, printed.stderr
    (described,) = json.loads(printed.stdout)["functions"]
    assert described["identifier"] == "numbers.js:one"
    project.write("numbers.ts", "export const one = ;\n")
    failed = call_convexgen("function-spec", "--project", project.root)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "convex/numbers.ts:1:20: Unexpected" in failed.stderr
    with pytest.raises(BackendFailed, match="no functions directory"):
        read_function_spec(project.root, functions="nowhere")


def test_system_functions_need_the_admin_key(convex: CommandLine) -> None:
    client = ConvexHttpClient(convex.backend.url)
    with pytest.raises(Exception, match="Could not find public function"):
        client.query("_system/cli/tables")
    client.set_admin_auth(convex.backend.admin_key)
    assert client.query("_system/cli/convexUrl:cloudUrl") == convex.backend.url


def test_documents_as_the_dashboard_writes_them(convex: CommandLine) -> None:
    added = {"table": "plain", "documents": [{"n": 1.0}, {"n": 2.0}]}
    client = ConvexHttpClient(convex.backend.url)
    with pytest.raises(Exception, match="Could not find public function"):
        client.mutation("_system/frontend/addDocument:default", added)
    client.set_admin_auth(convex.backend.admin_key)
    done = {"success": True}
    assert client.mutation("_system/frontend/addDocument:default", added) == done
    given = {"table": "plain", "order": "asc", "paginationOpts": {"numItems": 9, "cursor": None}}

    def there() -> list[dict[str, object]]:
        page: list[dict[str, object]] = client.query("_system/cli/tableData:default", given)["page"]
        return page

    first, second = there()
    assert (first["n"], second["n"]) == (1, 2)
    named = {"toDelete": [{"tableName": "plain", "id": first["_id"]}]}
    assert client.mutation("_system/frontend/deleteDocuments:default", named) == done
    assert there() == [second]


def test_components(tmp_path: Path) -> None:
    """`--component`, for a function and for the data of a component."""
    project = SmallProject(tmp_path)
    shutil.copytree(HERE / "components" / "convex", project.root / "convex", dirs_exist_ok=True)
    with EmbeddedBackend.start(project.root) as backend:
        convex = CommandLine(project, backend)
        arguments = ["counts:increment", '{"by": 3}', "--component", "counter"]
        assert json.loads(convex.run("run", *arguments).stdout) == 3
        assert convex.run("data", "--component", "counter").stdout.split() == ["scores"]
        options = ["--component", "counter", "--format", "jsonLines"]
        assert json.loads(convex.run("data", "scores", *options).stdout)["count"] == 3
        with pytest.raises(Exception, match="Could not find public function"):
            ConvexHttpClient(backend.url).query("counts:read")
