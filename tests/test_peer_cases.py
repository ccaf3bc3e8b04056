"""The cases that trip other generators of Python from Convex, each right here.

`CASES` says where each is shown. Those that no other test shows are below: names, what the
backend has and the client does not know, functions in files that cannot be loaded.
"""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, Project, make_project

TESTS = ROOT / "tests"

CASES: dict[str, tuple[str, ...]] = {
    "asynchronous calls return what they await": (
        "test_client.py::test_asyncio",
        "runtime/test_runtime_async_client.py::test_the_store_methods",
    ),
    "int64 arguments": ("test_functions.py::test_every_kind_of_value",),
    "int64 results": ("test_functions.py::test_arguments_and_results_are_typed",),
    "None for a field that is always there": (
        "runtime/test_runtime_backend.py::test_absent_null_and_value_come_back",
    ),
    "absent, null and value are three things": (
        "runtime/test_runtime_backend.py::test_absent_null_and_value_come_back",
        "runtime/test_runtime_entities.py::test_absent_null_and_value_are_three_things",
    ),
    "an update writes null and removes": ("runtime/test_runtime_backend.py::test_updates",),
    "a field that the backend has and the client has not": (
        "test_peer_cases.py::test_an_older_client_reads_from_newer_functions",
    ),
    # A table has one kind of document, of which a field may be a union of objects.
    "documents of several kinds": ("cases/good-everything", "cases/union-tags"),
    "literals of int64s": (
        "test_functions.py::test_a_function_spec_gives_methods",
        "test_peer_cases.py::test_types_called_as_what_the_package_has_itself",
    ),
    "unions of objects are told apart by a tag": (
        "test_peer_cases.py::test_types_called_as_what_the_package_has_itself",
        "test_round_trip.py::test_values_come_back",
    ),
    "a table of any document": ("cases/missing-key", "cases/good-everything"),
    "commit timestamps": ("embedded/test_transactions.py::test_commit_timestamps",),
    "enum values that are no identifiers": (
        "cases/good-names",
        "test_peer_cases.py::test_names_that_mean_something",
    ),
    "enum values that become the same identifier": (
        "cases/good-names",
        "test_peer_cases.py::test_names_that_mean_something",
    ),
    "fields that become the same attribute": ("cases/colliding-fields", "cases/argument-names"),
    "fields that are no identifiers": ("cases/invalid-names",),
    "a field id next to _id": ("test_peer_cases.py::test_names_that_mean_something",),
    "fields called as attributes of pydantic": (
        "cases/good-names",
        "test_peer_cases.py::test_names_that_mean_something",
    ),
    "an optional field called as a type": (
        "cases/good-names",
        "test_peer_cases.py::test_names_that_mean_something",
    ),
    "fields called as words of Python": (
        "cases/good-names",
        "test_peer_cases.py::test_names_that_mean_something",
    ),
    "two functions of one name": (
        "cases/function-names",
        "test_peer_cases.py::test_functions_of_files_and_folders",
    ),
    "functions whose arguments are no object": (
        "cases/function-arguments",
        "test_functions.py::test_a_function_spec_gives_methods",
    ),
    "default exports": ("test_peer_cases.py::test_functions_of_files_and_folders",),
    "modules that cannot be loaded": (
        "test_peer_cases.py::test_functions_that_cannot_be_loaded_are_not_left_out",
    ),
    "a syntax error in schema.ts": (
        "test_peer_cases.py::test_functions_that_cannot_be_loaded_are_not_left_out",
    ),
    "Any in a client that imports none": ("test_static.py::test_package",),
    "what output depends on is noticed": (
        "test_generation.py::test_a_missing_file_is_written_again",
        "test_generation.py::test_a_hand_edit_is_found_and_not_lost",
        "test_including.py::test_a_change_of_an_included_file_is_noticed",
        "test_layers.py::test_the_manifest_covers_what_the_output_depends_on",
    ),
    "check after generate finds nothing": (
        "test_generation.py::test_the_committed_output_is_current",
        "test_generation.py::test_an_edit_of_the_spec_drifts_until_generated",
    ),
    "a file and a folder of one name": ("test_peer_cases.py::test_functions_of_files_and_folders",),
    "document IDs of each entity are a type": ("test_typing.py::test_mypy",),
    "bytes": ("test_round_trip.py::test_values_come_back",),
    "timestamps": (
        "test_round_trip.py::test_values_come_back",
        "runtime/test_runtime_values.py::test_timestamps_keep_microseconds",
    ),
    "pages": (
        "test_client.py::test_pages",
        "runtime/test_runtime_client.py::test_iteration_walks_pages_as_it_needs_them",
    ),
    "subscriptions": (
        "test_client.py::test_watching",
        "runtime/test_runtime_subscriptions.py::test_results_come_when_they_change",
    ),
    "decoders are made once": ("test_peer_cases.py::test_decoders_are_made_once",),
}


def test_there_are_as_many_cases_as_were_found() -> None:
    assert len(CASES) == 35


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_shown(case: str) -> None:
    for place in CASES[case]:
        file, _, name = place.partition("::")
        if name:
            text = (TESTS / file).read_text(encoding="utf-8")
            assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), place
        else:
            assert (TESTS / file / "spec.yaml").exists(), place


def package_of(project: Project, name: str) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Project:
    spec = TESTS / "cases" / "good-names" / "spec.yaml"
    project = make_project(tmp_path_factory.mktemp("names") / "project", spec)
    project.generate()
    return project


FILES = {
    "a.ts": "export const m_b = say('a:m_b');",
    "a/m.ts": "export const c = say('a/m:c', { self: v.string() });",
    "classes/list.ts": "export default say('classes/list:default');",
}


@pytest.fixture(scope="module")
def backend(named: Project) -> Iterator[EmbeddedBackend]:
    for name, text in FILES.items():
        path = named.root / "convex" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            'import { queryGeneric } from "convex/server";\n'
            'import { v } from "convex/values";\n'
            "const say = (text: string, args = {}) =>"
            " queryGeneric({ args, handler: async () => text });\n"
            f"{text}\n"
        )
    with EmbeddedBackend.start(named.root) as started:
        yield started


@pytest.fixture
def storage(named: Project, backend: EmbeddedBackend) -> Iterator[Any]:
    package = package_of(named, "names_convex")
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def test_names_that_mean_something(storage: Any) -> None:
    package: Any = importlib.import_module("names_convex")
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    given: dict[str, Any] = {
        "name_id": "n",
        "id": "own",
        "class_": "c",
        **{name: name for name in ("from_", "import_", "lambda_", "type", "none", "async_")},
        **{name: name for name in ("match", "copy_", "schema_", "model_config_", "str_")},
        **{name: name for name in ("model_fields_", "model_dump_mode", "self_", "cls", "name")},
        "json_": {"$ref": 1},
        "dict_": {"a": "b"},
        "validate_": True,
        "int_": 2**53,
        "float_": 0.5,
        "bool_": False,
        "bytes_": b"\x00",
        "list_": ["a"],
        "keys": ["k"],
        "datetime_": moment,
        "customer": package.Customer(str_="s", datetime_=moment),
    }
    for number, reaction in enumerate(package.Reaction):
        name = package.Name(**{**given, "name_id": f"n{number}", "reaction": reaction})
        assert name.to_wire()["from"] == "from_"
        saved = storage.classes.save(name)
        found = storage.classes.get(f"n{number}")
        assert found == saved
        assert found.model_dump(exclude={"doc_id", "creation_time"}) == name.model_dump(
            exclude={"doc_id", "creation_time"}
        )
        assert (found.id, found.doc_id != found.id) == ("own", True)
    assert len(list(storage.classes.by_class("c"))) == len(package.Reaction)
    assert len(storage.classes.page_by_self_and_cls("self_", cls="cls").items) == number + 1


def test_types_called_as_what_the_package_has_itself(tmp_path: Path) -> None:
    spec = TESTS / "cases" / "good-common-nouns" / "spec.yaml"
    project = make_project(tmp_path / "project", spec)
    project.generate()
    nouns = package_of(project, "nouns_convex")
    with (
        EmbeddedBackend.start(project.root) as backend,
        nouns.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        storage.pages.save(nouns.Page(page_id="p", number=1))
        order = nouns.Order(
            order_id="o",
            page_id="p",
            any=nouns.Any.ONE,
            total=0,
            count=1,
            code="A",
            kind="a",
            level=None,
            huge=2,
            embedding=[0.0] * 8,
            line={"price": 1},
            payment={"kind": "cash"},
            raw=b"r",
            every=nouns.Everything(range=nouns.Range(a="r")),
        )
        assert type(order.payment).__name__ == "OrderPaymentCash"
        assert storage.orders.save(order) == storage.orders.get("o")
        found = storage.orders.page_by_page_id_and_total("p", total=nouns.Range_(gte=0))
        assert isinstance(found, nouns.Page_)
        assert [type(one) for one in found.items] == [nouns.Order]
        assert repr(found.items[0]).startswith("Order(order_id='o', ")
        assert storage.clients.save(nouns.Client(self_="c")).self_ == "c"
        assert storage.systems.save(nouns.System(system_id="s", name="n")).name == "n"
        assert storage.selves.save_many([nouns.Self(self_id="s")]) == 1
        assert storage.selves.update("s", text="t").text == "t"
        with pytest.raises(nouns.Conflict_):
            storage.selves.update("s", text="u", expected={"text": "x"})
    assert {"Conflict", "Conflict_", "Page", "Page_"} < set(nouns.__all__)


def test_functions_of_files_and_folders(storage: Any) -> None:
    functions = storage.functions
    assert functions.a.m_b() == "a:m_b"
    assert functions.a_m.c(self_="s") == "a/m:c"
    assert functions.classes_list.list_() == "classes/list:default"


def test_an_older_client_reads_from_newer_functions(named: Project, tmp_path: Path) -> None:
    package = package_of(named, "names_convex")
    newer = Project(tmp_path / "newer")
    shutil.copytree(named.root, newer.root, symlinks=True)
    spec = newer.root / "schema" / "spec.yaml"
    text = spec.read_text(encoding="utf-8")
    fields = "      nameId: string\n"
    assert fields in text
    spec.write_text(text.replace(fields, f"{fields}      more: {{type: string, default: new}}\n"))
    newer.generate()
    with (
        EmbeddedBackend.start(newer.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        saved = storage.classes.save(package.Name(name_id="n", id="i", class_="c"))
        assert storage.classes.get("n") == saved


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("schema.ts", "export default {;\n", "convex/schema.ts:1:17"),
        ("thrown.ts", "throw new Error('at once');\n", "at once"),
        ("missing.ts", 'import { x } from "no-package";\nexport const y = x;\n', '"no-package"'),
        ("unset.ts", "export const n = process.env.X!.length;\n", "convex/unset.ts"),
        ("component.tsx", "export const x = <p>;\n", "convex/component.tsx"),
    ],
)
def test_functions_that_cannot_be_loaded_are_not_left_out(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    project = make_project(tmp_path / "project", ROOT / "schema" / "mastra.yaml")
    (project.root / "convex").mkdir()
    (project.root / "convex" / file).write_text(text)
    finished = project.convexgen("function-spec")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert said in finished.stderr


def test_decoders_are_made_once(named: Project) -> None:
    """To make one costs 30 times what a call of it does."""
    makers = {"Decoder", "Encoder", "TypeAdapter"}
    for path in (named.root / "generated" / "python" / "names_convex").glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                called = {
                    node.func.id
                    for statement in function.body
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                }
                assert not called & makers, path.name
