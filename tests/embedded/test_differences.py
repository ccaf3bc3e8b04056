"""Where this backend differs from a real one, and that the page which says so is true.

The page is `docs/embedded-backend.md`; the differences that no other test shows are shown here.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from small_project import SmallProject

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "embedded-backend.md"
STATES = {"same", "approximate", "missing", "only here"}

TEST_ID = re.compile(r"`((?:\.\./\w+/)?test_\w+\.py)::(test_\w+)`")
COLUMNS = ["behaviour", "here", "what exactly", "tests"]


def rows() -> list[list[str]]:
    """The cells of all tables of the page, without their heads."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    tables = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    return [cells for cells in tables if cells != COLUMNS and set(cells[0]) - set("-|")]


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def named() -> set[tuple[str, str]]:
    return set(TEST_ID.findall(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("cells", rows(), ids=[cells[0] for cells in rows()])
def test_each_line_of_the_page_is_tied_to_tests(cells: list[str]) -> None:
    """To some, which exist, and to nothing else."""
    assert len(cells) == len(COLUMNS)
    _, state, exactly, tests = cells
    assert state in STATES
    assert exactly
    found = TEST_ID.findall(tests)
    assert found
    assert TEST_ID.sub("", tests).strip() == ""
    for file, test in found:
        assert test in functions_of(file), f"{file}::{test}"


@pytest.mark.parametrize("file", ["test_faults.py", "test_limits.py", "test_differences.py"])
def test_each_fault_and_each_limit_has_a_line(file: str) -> None:
    own = {name for name in functions_of(file) if not name.startswith("test_each_")}
    assert own == {test for named_file, test in named() if named_file == file}


def test_each_file_of_tests_is_named_on_the_page() -> None:
    files = {path.name for path in HERE.glob("test_*.py")}
    assert files == {file for file, _ in named() if "/" not in file}


def test_modules_keep_their_state(client: ConvexHttpClient) -> None:
    first = client.query("values:countCalls")
    assert client.query("values:countCalls") == first + 1


def test_results_of_queries_are_not_kept(client: ConvexHttpClient) -> None:
    row = client.mutation("unchanged:add")
    once, again = (client.query("unchanged:read", {"id": row}) for _ in range(2))
    assert once != again  # a random number in each


@pytest.mark.parametrize(
    "path",
    [
        "/api/deploy2/start_push",
        "/api/import",
        "/api/export/request/zip",
        "/api/list_snapshot",
        "/api/document_deltas",
        "/api/json_schemas",
        "/api/v1/data/sync",
        "/api/stream_function_logs",
        "/api/streaming_import/import_airbyte_records",
    ],
)
def test_what_is_not_served(backend: EmbeddedBackend, path: str) -> None:
    headers = {"Authorization": f"Convex {backend.admin_key}"}
    answer = web.post(f"{backend.url}{path}", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")
    # Which `npx convex` prints, sent here by .env.local.
    assert f"no endpoint {path}. This is the embedded backend" in answer.json()["message"]


SERVICES = """
import { actionGeneric as action, getServiceToken, getServiceUrl } from "convex/server";
export const token = action(async () => await getServiceToken("ai-gateway"));
export const url = action(async () => await getServiceUrl("ai-gateway"));
"""


def test_services_of_convex_cloud_are_refused(tmp_path: Path) -> None:
    """In the words of a deployment that one hosts oneself."""
    project = SmallProject(tmp_path)
    project.write("services.js", SERVICES)
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        for name, function in {"token": "getServiceToken", "url": "getServiceUrl"}.items():
            with pytest.raises(
                Exception, match="because the AI gateway is a Convex Cloud service"
            ) as caught:
                client.action(f"services:{name}")
            assert f'Uncaught Error: `{function}("ai-gateway")` isn\'t available' in str(
                caught.value
            )


def test_fault_03_variables_are_not_set_by_convex_env(backend: EmbeddedBackend) -> None:
    """Which asks again of a 404, and prints what is said to a 400."""
    headers = {"Authorization": f"Convex {backend.admin_key}"}
    changes = {"changes": [{"name": "MY_ISSUER", "value": "https://a.example"}]}
    address = f"{backend.url}/api/update_environment_variables"
    answer = web.post(address, json=changes, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "NoEnvironmentVariables")
    assert "start it with them: NAME=value convexgen dev" in answer.json()["message"]
