"""NaN, infinities and what is one in 32 bits: no vector has them, and no search ends with them.

Such a number in one vector that was stored let every search of its table fail, of faults 14, 19
and 24.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from convexgen.embedded import EmbeddedBackend
from jsonschema import Draft202012Validator
from node_program import bundle_text, run_node
from plain_functions import Functions, Refused
from project import Project, make_project

SPEC = """
convexgen: 1
name: numberless
lint: {unbounded-list: off}
entities:
  Row:
    table: rows
    key: row
    fields: {row: string, vector: {type: vector<3>, optional: true}, any: any?}
    vectorIndexes:
      near: {vector: vector}
      near_any: {vector: any, dimensions: 3}
"""
LARGEST = float((2**24 - 1) * 2**104)
WRONG = [math.nan, math.inf, -math.inf, 1e39, -1e300]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("numberless")
    (folder / "spec.yaml").write_text(SPEC)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("numberless_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        opened.rows.clear()
        yield opened


def test_fault_14_python_refuses_them_in_vectors(storage: Any, package: Any) -> None:
    storage.rows.save(package.Row(row="a", vector=[LARGEST, -LARGEST, -0.0]))
    schema = Draft202012Validator(package.Row.model_json_schema(mode="validation"))
    for wrong in WRONG:
        given = [1.0, 2.0, wrong]
        with pytest.raises(ValueError, match="finite numbers of 32 bits"):
            package.Row(row="b", vector=given)
        with pytest.raises(package.InvalidArgument, match="finite numbers of 32 bits"):
            storage.rows.update("a", vector=given)
        changed = storage.rows.get("a")
        changed.vector[1] = wrong
        with pytest.raises(package.InvalidArgument, match="finite numbers of 32 bits"):
            storage.rows.save(changed)
        text = "NaN" if math.isnan(wrong) else "Infinity" if math.isinf(wrong) else wrong
        assert not schema.is_valid({"row": "b", "vector": [1, 2, text]})
        with pytest.raises(ValueError, match="vector"):
            package.Row.model_validate_json(json.dumps({"row": "b", "vector": [1, 2, text]}))
    with pytest.raises(ValueError, match="finite numbers"):
        package.Row(row="b", vector=pd.Series([1.5, None, 2]))
    assert schema.is_valid({"row": "b", "vector": [LARGEST, 2, 3]})


def test_fault_19_what_a_search_is_refused_for_has_not_run(storage: Any, package: Any) -> None:
    rows = storage.rows
    refused = [*({"vector": [1, 2, wrong]} for wrong in WRONG), {"vector": [1, 2]}]
    for asked in [*refused, {"vector": [1, 2, 3], "limit": 300}]:
        with pytest.raises(package.InvalidArgument) as error:
            rows.nearest_near(**asked)
        assert not error.value.may_have_run


def test_fault_24_functions_refuse_them(backend: EmbeddedBackend) -> None:
    functions = Functions(backend)
    special = {"$float": "AAAAAAAA+H8="}
    for path, arguments in (
        ("rows:save", {"row": {"row": "b", "vector": [1, 2, special]}}),
        ("rows:save", {"row": {"row": "b", "vector": [1, 2, 1e39]}}),
        ("rows:nearestNear", {"vector": [1, 2, special]}),
        ("rows:nearestNear", {"vector": [1, 2, 1e39]}),
    ):
        with pytest.raises(Refused) as refused:
            functions.call(path, **arguments)
        assert refused.value.data["code"] == "InvalidArgument"
        assert "finite numbers of 32 bits" in refused.value.data["message"]
    functions.close()


def test_fault_24_a_search_leaves_out_what_nothing_is_similar_to(
    storage: Any, package: Any
) -> None:
    """Where the type of a field does not say that it is a vector, others may be stored."""
    vectors = [[1, 0, 0], [math.nan, 1, 2], [0.6, 0.8, 0], [1, math.inf, 0], [0, 1, 0]]
    storage.rows.save_many(
        package.Row(row=str(number), any=vector) for number, vector in enumerate(vectors)
    )
    found = storage.rows.nearest_near_any([1, 0, 0])
    assert [one.item.row for one in found] == ["0", "2", "4"]
    assert [one.score for one in found] == pytest.approx([1, 0.6, 0])


PROGRAM = """
import { ConvexStorage, InvalidArgument } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});
const { rows } = storage;
await rows.save({ row: "a", vector: [1, 0, 0] });
const said: unknown[] = [];
for (const wrong of [NaN, Infinity, -Infinity, 1e39]) {
  const vector = [1, wrong, 2];
  for (const call of [
    () => rows.save({ row: "b", vector }),
    () => rows.update("a", { vector }),
    () => rows.nearestNear(vector),
  ]) {
    try {
      await call();
      said.push("taken");
    } catch (error) {
      if (!(error instanceof InvalidArgument)) throw error;
      if (!/finite numbers of 32 bits/.test(error.message)) said.push(error.message);
      if (error.mayHaveRun) said.push("may have run");
    }
  }
}
for (const call of [
  () => rows.nearestNear([1, 2]),
  () => rows.nearestNear([1, 0, 0], { limit: 300 }),
]) {
  const error = await call().then(() => undefined, (thrown: unknown) => thrown);
  said.push(error instanceof InvalidArgument && !error.mayHaveRun);
}
said.push((await rows.nearestNear([1, 0, 0])).map(({ item }) => item.row));
console.log(JSON.stringify(said));
await storage.close();
"""


def test_fault_19_typescript_refuses_them_too(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript" / "index.ts"
    program = bundle_text(PROGRAM.replace("CLIENT", client.as_posix()), tmp_path)
    assert json.loads(run_node([program], backend)) == [True, True, ["a"]]


def test_fault_19_a_token_that_is_too_long_is_refused_as_one(
    project: Project, backend: EmbeddedBackend, package: Any, tmp_path: Path
) -> None:
    """By the call and by the subscription; Node answers HTTP 431, with nothing in it."""
    token = "a" * 20_000
    with package.ConvexStorage(backend.url, auth=token) as storage:
        with pytest.raises(package.AccessDenied, match="the token is too long") as denied:
            storage.rows.save(package.Row(row="a"))
        assert not denied.value.may_have_run
        with pytest.raises(package.AccessDenied), storage.rows.watch("a") as snapshots:
            next(snapshots)
    client = project.root / "generated" / "typescript" / "index.ts"
    program = f"""
import {{ ConvexStorage }} from "{client.as_posix()}";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {{ auth: "a".repeat(20000) }});
const error = await storage.rows.save({{ row: "a" }}).then(() => undefined, (thrown) => thrown);
console.log(error.name, error.mayHaveRun, error.message.includes("the token is too long"));
await storage.close();
"""
    assert run_node([bundle_text(program, tmp_path)], backend) == "AccessDenied false true\n"
