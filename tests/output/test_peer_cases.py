"""The cases that trip other generators of Python from Convex, each right here.

Each folder of `peer_cases/` is one: a spec, whose first line says what is right, with the functions
written by hand that it declares. What `generate` refuses is in `stderr.txt`, the exact text; all
else generates, and `check` finds nothing. `expected.txt` has lines that files have: the path of a
file, then lines of it, four columns in. `program.py` uses the client (`use`) or the command line
(`run`). After a change of a message, run with UPDATE_CASES=1 and read the difference.
"""

from __future__ import annotations

import importlib
import os
import re
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, Project, make_project

TESTS = ROOT / "tests"
CASES = TESTS / "peer_cases"

ROWS: dict[str, tuple[str, ...]] = {
    "default async wrappers on the real client": ("asynchronous-calls",),
    "int64 argument": ("int64-arguments",),
    "int64 return": ("int64-results",),
    "required union with null given None": ("null-is-sent",),
    "optional union with null": ("absent-null-value",),
    "patch": ("patch",),
    "extra server field": ("newer-backend",),
    "table with a top-level union": ("union-tables",),
    "table of any": ("table-of-any",),
    "commitTs": ("commit-timestamps",),
    "bigint literal": ("bigint-literals",),
    "enum values that are a syntax error": ("enum-values-that-are-no-names",),
    "enum values that are one member": ("enum-values-of-one-name",),
    "fields of one attribute, an argument client": ("argument-called-client", "fields-of-one-name"),
    "fields 2fa and sp ace": ("fields-that-are-no-names",),
    "field id next to _id": ("field-called-id",),
    "fields model_config, copy, json": ("fields-of-pydantic",),
    "optional field str": ("fields-called-as-types",),
    "class, from, import, lambda, type": ("words-of-python",),
    "a.ts:m_b and a/m.ts:b": ("functions-of-one-name",),
    "arguments that are a union or any": ("arguments-that-are-no-object",),
    "default exports": ("default-exports",),
    "modules that throw or lack a dependency": ("modules-that-cannot-be-loaded",),
    "syntax error in schema.ts": ("syntax-error-in-schema",),
    "nested union of objects": ("unions-of-objects",),
    "Any in a client without it": ("any-is-imported",),
    "regeneration skipped": ("what-output-depends-on",),
    "check always fails": ("check-after-generate",),
    "a.ts and a/": ("file-and-folder-of-one-name",),
    "IDs are plain str": ("document-ids",),
    "bytes": ("bytes",),
    "datetime": ("timestamps",),
    "pagination": ("pages",),
    "subscriptions": ("subscriptions",),
    "speed of return validation": ("decoders-are-made-once",),
}
"""What went wrong elsewhere, with the folders that show that it does not here."""


def test_there_are_as_many_cases_as_were_found() -> None:
    assert len(ROWS) == 35
    shown = [name for names in ROWS.values() for name in names]
    assert sorted(shown) == sorted(path.name for path in CASES.iterdir())


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_case(name: str, tmp_path: Path) -> None:
    folder = CASES / name
    project = make_project(tmp_path / "project", folder / "spec.yaml")
    if (folder / "convex").exists():
        shutil.copytree(folder / "convex", project.root / "convex")
    generated = project.convexgen("generate", "schema/spec.yaml")
    refused = folder / "stderr.txt"
    if generated.returncode == 1 and os.environ.get("UPDATE_CASES") == "1":
        refused.write_text(generated.stderr, encoding="utf-8", newline="\n")
    if refused.exists():
        assert generated.stderr == refused.read_text(encoding="utf-8")
        assert generated.returncode == 1
        assert list(project.root.rglob("*.py")) == []
        return
    assert (generated.returncode, generated.stderr) == (0, "")
    assert project.convexgen("check", "schema/spec.yaml").returncode == 0
    for file, lines in expected(folder / "expected.txt"):
        assert f"\n{lines}\n" in f"\n{(project.root / file).read_text(encoding='utf-8')}"
    program = folder / "program.py"
    if program.exists():
        follow(runpy.run_path(str(program)), project, f"{name.replace('-', '_')}_convex")


def expected(path: Path) -> Iterator[tuple[str, str]]:
    """The files, each with lines that it has."""
    if path.exists():
        text = path.read_text(encoding="utf-8")
        for file, lines in re.findall(r"^(\S+)\n((?:    .*\n|\n(?=    |\n))+)", text, re.MULTILINE):
            yield file, "\n".join(line[4:] for line in lines.splitlines()).strip("\n")


def follow(program: dict[str, Any], project: Project, package: str) -> None:
    """Run the program of a case."""
    if "run" in program:
        run: Callable[[Project], None] = program["run"]
        run(project)
        return
    client = package_of(project, package)
    use: Callable[[Any, Any], None] = program["use"]
    with (
        EmbeddedBackend.start(project.root) as backend,
        client.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        use(storage, client)


def package_of(project: Project, name: str) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module(name)


# Names that mean something to the languages, all in one project


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Project:
    spec = TESTS / "cases" / "good-names" / "spec.yaml"
    project = make_project(tmp_path_factory.mktemp("names") / "project", spec)
    project.generate()
    return project


@pytest.fixture(scope="module")
def storage(named: Project) -> Iterator[Any]:
    package = package_of(named, "names_convex")
    with (
        EmbeddedBackend.start(named.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened,
    ):
        yield opened


def test_names_that_mean_something(storage: Any) -> None:
    package: Any = importlib.import_module("names_convex")
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    given: dict[str, Any] = {
        "name_id": "n",
        "id": "own",
        "class_": "c",
        "l_": "l",
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
    assert len(storage.classes.by_self_and_cls("self_", cls="cls").page().items) == number + 1


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
        found = storage.orders.of_page("p", total=nouns.Range_(gte=0)).page()
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
