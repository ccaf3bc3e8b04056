"""Names that the generated Python uses itself may be names of a spec."""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import re
import sys
from abc import ABC
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import mastra_convex
import pytest
import yaml
from convexgen.naming import ANNOTATION_NAMES, snake_case
from project import ROOT, Project, make_project, node_tool, run, tsc
from pydantic import BaseModel

PACKAGE = Path(mastra_convex.__file__).parent
"""A package as it is generated; others have the same names."""

# A program imports every module, and asks every store for every method, with its signature.
PROGRAM = """
import importlib, inspect, pkgutil
import used_convex
for module in pkgutil.iter_modules(used_convex.__path__):
    importlib.import_module(f"used_convex.{module.name}")
for name in used_convex.__all__:
    getattr(used_convex, name)
stores = 0
for kind in (used_convex.ConvexStorage, used_convex.AsyncConvexStorage):
    storage = kind("http://127.0.0.1:1", deploy_key="key")
    for name in vars(kind):
        if name.startswith("_"):
            continue
        store = getattr(storage, name)
        stores += 1
        for method in dir(store):
            if not method.startswith("_") and callable(getattr(store, method)):
                inspect.signature(getattr(store, method))
print(stores)
"""


def names_in(module: ast.Module) -> Iterator[str]:
    """What a module imports, defines and uses."""
    for node in ast.walk(module):
        match node:
            case ast.Name(name) | ast.arg(name):
                yield name
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.AsyncFunctionDef(name):
                yield name
            case ast.alias(name, called):
                yield (called or name).partition(".")[0]
            case _:
                pass


def used_names() -> list[str]:
    """What generated modules use, the modules themselves, and what Python has built in."""
    found = {name for name in dir(builtins) if not name.startswith("_")}
    found.update(keyword.kwlist, keyword.softkwlist, sys.stdlib_module_names)
    for path in PACKAGE.rglob("*.py"):
        found.add(path.stem)
        if path == PACKAGE / "__init__.py":
            found.update(mastra_convex.__all__)
        if path.parent == PACKAGE:
            found.update(names_in(ast.parse(path.read_text(encoding="utf-8"))))
    usable = {snake_case(name.strip("_")) for name in found}
    return sorted(name for name in usable if name.isidentifier() and name.isascii())


def generator_names() -> set[str]:
    """What the package has whatever its spec is: other names in it are some of that spec.

    They are the words of the templates, the modules of the runtime, and what other specs give too.
    """
    found = {path.stem for path in (PACKAGE / "_runtime").glob("*.py")}
    for template in (ROOT / "templates" / "python").glob("*.jinja"):
        found.update(re.findall(r"[A-Za-z_]\w*", template.read_text(encoding="utf-8")))
    for module in (ROOT / "tests" / "golden").glob("*/generated/python/*/*.py"):
        found.update(names_in(parsed(module)), [module.stem])
    return {snake_case(name.strip("_")) for name in found}


def spec_of(names: list[str]) -> dict[str, Any]:
    """Tables, keys, fields and indexes of these names, each also the first field of an index."""
    return {
        "convexgen": 1,
        "name": "used",
        "lint": {"unbounded-list": "off", "redundant-index": "off"},
        "entities": {
            f"Thing{number}": {
                "table": name,
                "key": name,
                "fields": {
                    name: "string",
                    "count": "integer?",
                    "at": {"type": "timestamp", "set": "on write"},
                },
                "indexes": {name: [name, "count"], "by_count": ["count", name]},
            }
            for number, name in enumerate(names)
        },
    }


def spec_of_children(names: list[str]) -> dict[str, Any]:
    """Tables of these names, which go with what they refer to."""
    children = {
        f"Thing{number}": {
            "table": name,
            "key": "code",
            "fields": {"code": "string", "of": {"type": "ref<Parent>", "onDelete": "cascade"}},
            "indexes": {"by_of": ["of"]},
        }
        for number, name in enumerate(names)
    }
    parent = {"table": "parents", "key": "code", "fields": {"code": "string"}}
    return {"convexgen": 1, "name": "used", "entities": {"Parent": parent, **children}}


REFUSALS = {"reserved-name", "colliding-name", "invalid-name", "name-too-long"}


def project_of(
    folder: Path, names: list[str], spec_of: Callable[[list[str]], dict[str, Any]] = spec_of
) -> tuple[Project, list[str]]:
    """A project with the names that a spec may have: others are refused, each in a sentence."""
    (folder / "given").mkdir()
    spec = folder / "given" / "spec.yaml"
    spec.write_text(yaml.safe_dump(spec_of(names)))
    project = make_project(folder / "project", spec)
    linted = project.convexgen("lint", "schema/spec.yaml", "--format", "json")
    refused: set[str] = set()
    for finding in json.loads(linted.stdout):
        if finding["severity"] != "error":
            continue
        assert finding["code"] in REFUSALS, finding
        refused |= {name for name in names if f'"{name}"' in finding["message"]}
    left = [name for name in names if name not in refused]
    (project.root / "schema" / "spec.yaml").write_text(yaml.safe_dump(spec_of(left)))
    project.generate()
    return project, left


def test_fault_11_names_that_python_uses_are_names_of_tables_fields_and_indexes(
    tmp_path: Path,
) -> None:
    names = used_names()
    assert {"str", "int", "list", "globals", "vars", "builtins", "import_module"} <= set(names)
    made_or_built_in = generator_names() | set(dir(builtins))
    chosen = [name for name in names if name in made_or_built_in]
    project, left = project_of(tmp_path, chosen)
    assert {"str", "int", "tuple", "globals", "vars", "getattr"} <= set(left)
    package = project.root / "generated" / "python"
    imported = run([sys.executable, "-c", PROGRAM], package)
    assert imported.returncode == 0, imported.stderr
    # With `system` and `atomic`.
    assert int(imported.stdout) == 2 * (len(left) + 2)
    mypy = run([sys.executable, "-m", "mypy", "--strict", "used_convex"], package)
    assert mypy.returncode == 0, mypy.stdout[-3000:]
    # The runtime has no names of the spec: `test_static` judges it, once for all.
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "include": ["."]}
    settings["exclude"] = ["*/_runtime"]
    (package / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = run([node_tool("pyright"), "--pythonpath", sys.executable], package)
    assert pyright.returncode == 0, pyright.stdout[-3000:]


IMPORT = """
import importlib, pkgutil, used_convex
from used_convex._runtime.entities import Entity, Shape

for module in pkgutil.iter_modules(used_convex.__path__):
    importlib.import_module(f"used_convex.{module.name}")
waiting = [Shape]
count = 0
while waiting:
    shape = waiting.pop()
    waiting.extend(shape.__subclasses__())
    shape.model_rebuild()
    if issubclass(shape, Entity) and shape.__module__ == "used_convex.things":
        shape.changes_to_wire({})
        count += len(shape.model_fields)
print(count)
"""


def spec_of_fields(names: list[str]) -> dict[str, Any]:
    """A table and objects with fields of these names."""
    fields = dict.fromkeys(names, "string?")
    return {
        "convexgen": 1,
        "name": "used",
        "objects": {"Named": {**fields}},
        "entities": {
            "Thing": {
                "table": "things",
                "key": "thingKey",
                "fields": {
                    "thingKey": "string",
                    **fields,
                    "named": "Named?",
                    "within": {"object": {**fields}, "optional": True},
                },
            }
        },
    }


def test_fault_11_no_field_warns_that_it_shadows_an_attribute_of_its_class(tmp_path: Path) -> None:
    """Not of the classes of classes either: with `-W error`, the package was none to import."""
    classes = [object, BaseModel, ABC, StrEnum, dict]
    found = {name.strip("_") for kind in [*classes, *map(type, classes)] for name in dir(kind)}
    project, left = project_of(tmp_path, sorted(found - {""}), spec_of_fields)
    assert {"mro", "register", "copy", "json", "values"} <= set(left)
    package = project.root / "generated" / "python"
    imported = run([sys.executable, "-W", "error", "-c", IMPORT], package)
    assert imported.returncode == 0, imported.stderr
    # With its key, both objects, the ID and the time.
    assert int(imported.stdout) == len(left) + 5


def test_fault_11_names_that_javascript_has_are_names_of_tables_fields_and_indexes(
    tmp_path: Path,
) -> None:
    program = "console.log(Object.getOwnPropertyNames(globalThis).join(' '))"
    listed = run(["node", "--eval", program], tmp_path).stdout.split()
    names = [name for name in listed if name.isidentifier() and name[0].islower()]
    assert {"escape", "fetch", "process"} <= set(names)
    project, left = project_of(tmp_path, names)
    assert {"escape", "fetch", "process"} <= set(left)
    compile_all(project)


def test_fault_11_types_that_functions_use_are_names_of_tables(tmp_path: Path) -> None:
    """Modules of functions import those of tables by their names, beside what they use besides."""
    words = {
        word
        for path in (ROOT / "templates" / "convex").rglob("*.jinja")
        if "import * as" in (text := path.read_text(encoding="utf-8"))
        for word in re.findall(r"\b[A-Z]\w*", text)
    }
    assert {"Condition", "Table", "Tables", "Upsert", "Where"} <= words
    names = sorted(word[0].lower() + word[1:] for word in words)
    project, left = project_of(tmp_path, names, spec_of_children)
    assert {"condition", "table", "tables", "upsert", "where"} <= set(left)
    compile_all(project)


def compile_all(project: Project) -> None:
    options = {
        "noEmit": True,
        "target": "ES2022",
        "lib": ["ES2022", "DOM"],
        "module": "NodeNext",
        "types": ["node"],
    }
    configuration = {
        "extends": "@tsconfig/strictest/tsconfig.json",
        "compilerOptions": options,
        "include": ["generated/**/*.ts", "convex/**/*.ts"],
    }
    (project.root / "tsconfig.json").write_text(json.dumps(configuration))
    compiled = run([*tsc(), "--project", "."], project.root)
    assert compiled.returncode == 0, compiled.stdout[-3000:]


def test_fault_11_what_every_object_has_is_no_name_of_functions(tmp_path: Path) -> None:
    """Nor of their modules and arguments: such a method would be a constructor."""
    program = "console.log(Object.getOwnPropertyNames(Object.prototype).join(' '))"
    listed = run(["node", "--eval", program], tmp_path).stdout.split()
    names = [name for name in listed if name[0].isalpha()]
    assert {"constructor", "toString", "valueOf"} <= set(names)
    function = {"kind": "query", "returns": "string"}
    functions = {f"own:{name}": function for name in names}
    functions |= {f"{name}:own": function for name in names}
    functions |= {f"own:with{name}": {**function, "args": {name: "string"}} for name in names}
    spec = tmp_path / "spec.yaml"
    spec.write_text(json.dumps({"convexgen": 1, "name": "used", "functions": functions}))
    linted = make_project(tmp_path / "project", spec).convexgen("lint", "--format", "json")
    found = [finding for finding in json.loads(linted.stdout) if finding["severity"] == "error"]
    assert {finding["code"] for finding in found} == {"reserved-name"}
    for name in names:
        assert sum(f'"{name}"' in finding["message"] for finding in found) == 3


def test_fault_11_nothing_that_is_awaited_is_a_promise(tmp_path: Path) -> None:
    """JavaScript calls a function `then` of what it awaits, and of a module that it imports."""
    entity: dict[str, Any] = {"table": "things", "key": "k", "fields": {"k": "string"}}
    entity["fields"]["then"] = "string"
    indexed = {**entity, "indexes": {"then": ["then"]}}
    spec = tmp_path / "spec.yaml"
    written: dict[str, Any] = {"convexgen": 1, "name": "used", "entities": {"Thing": indexed}}
    spec.write_text(json.dumps(written))
    project = make_project(tmp_path / "project", spec)
    project.generate()
    functions = (project.root / "convex" / "things.ts").read_text()
    assert "export const then_ =" in functions
    assert "export const then =" not in functions
    store = project.root / "generated" / "typescript" / "entities" / "things.ts"
    assert not re.search(r"^  then\(", store.read_text(), re.MULTILINE)

    queries = {"then": {"by": "then", "order": "desc"}}
    written["entities"] = {
        "Thing": {**entity, "indexes": {"by_then": ["then"]}, "queries": queries}
    }
    written["functions"] = {"own:then": {"kind": "query"}}
    spec.write_text(json.dumps(written))
    linted = make_project(tmp_path / "refused", spec).convexgen("lint", "--format", "json")
    found = [one for one in json.loads(linted.stdout) if one["severity"] == "error"]
    assert [one["code"] for one in found] == ["reserved-name", "reserved-name"]
    assert all("a promise" in one["message"] for one in found)


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def evaluated_in(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """What is evaluated in the namespace of a class: annotations, defaults and decorators."""
    for one in body:
        match one:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from one.decorator_list
                yield from one.args.defaults
                yield from (default for default in one.args.kw_defaults if default)
                arguments = [*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs]
                yield from (each.annotation for each in arguments if each.annotation)
                if one.returns:
                    yield one.returns
            case ast.AnnAssign():
                yield one.annotation
            case _:
                pass


@pytest.mark.parametrize("spec", ["everything", "names", "union-tables", "functions", "searching"])
def test_fault_11_annotation_names_are_those_that_classes_use(spec: str, tmp_path: Path) -> None:
    """Whatever annotations come to use is known to what gives names."""
    path = ROOT / "tests" / "cases" / f"good-{spec}" / "spec.yaml"
    project = make_project(tmp_path / "project", path)
    project.generate()
    built_in = set(dir(builtins)) - set(keyword.kwlist)
    found: set[str] = set()
    package = next(project.root.glob("**/_runtime")).parent
    for module in package.glob("*.py"):
        for node in ast.walk(parsed(module)):
            if not isinstance(node, ast.ClassDef):
                continue
            for expression in evaluated_in(node.body):
                used = {one.id for one in ast.walk(expression) if isinstance(one, ast.Name)}
                found |= {name for name in used if name.islower() and name in built_in}
    assert found
    assert found <= set(ANNOTATION_NAMES)
