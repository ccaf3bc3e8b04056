"""What programs need for the methods and fields of a package can be imported from it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from project import ROOT, make_project, run

SPEC = ROOT / "tests" / "cases" / "good-everything" / "spec.yaml"

# Each class that the methods of stores and the fields of models name, where the package has not.
PROGRAM = """
import importlib, inspect, json, pkgutil, sys, types, typing
package = importlib.import_module(sys.argv[1])
modules = [
    importlib.import_module(one.name)
    for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]
everywhere = {}
for module in modules:
    everywhere.update(vars(module))
found = {}

def classes_in(annotation, where):
    if isinstance(annotation, list | tuple):
        for one in annotation:
            classes_in(one, where)
    elif typing.get_origin(annotation) is not None:
        origin = typing.get_origin(annotation)
        if origin is not typing.Literal:
            classes_in(origin, where)
            classes_in(typing.get_args(annotation), where)
    elif isinstance(annotation, type) and annotation.__module__.startswith(package.__name__):
        if not annotation.__name__.startswith("_"):
            found.setdefault(annotation, where)

def hints_of(value, where):
    # Some modules import names for type checkers alone.
    names = {**everywhere, **vars(sys.modules[value.__module__])}
    hints = typing.get_type_hints(value, localns=names)
    for name, one in hints.items():
        if not name.startswith("_"):
            classes_in(one, f"{where}.{name}")

for module in modules:
    if "._runtime" in module.__name__:
        continue
    for kind in list(vars(module).values()):
        if not isinstance(kind, type) or kind.__module__ != module.__name__:
            continue
        hints_of(kind, kind.__name__)
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if name.startswith("_") or not method.__module__.startswith(package.__name__):
                continue
            for one in (method, *typing.get_overloads(method)):
                hints_of(one, f"{kind.__name__}.{name}")

exported = {getattr(package, name) for name in package.__all__}
# What stands after `with` is entered there, and nobody names it.
left = [one for one in found if one not in exported and not one.__name__.endswith("Block")]
print(json.dumps(sorted(f"{one.__name__}, of {found[one]}" for one in left)))
"""

# Each name of several types that signatures and fields have, where the package has it not. What is
# another name of a class alone, as `Timestamp` is of `datetime`, programs call as the class.
ALIASES = """
import ast, importlib, inspect, json, pkgutil, sys, types, typing
from typing_extensions import TypeAliasType

package = importlib.import_module(sys.argv[1])
modules = [
    importlib.import_module(one.name)
    for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]
everywhere = {}
for module in modules:
    everywhere.update(vars(module))
found = {}

def plain(value):
    while typing.get_origin(value) is typing.Annotated:
        value = typing.get_args(value)[0]
    return value

exported = {id(plain(getattr(package, name))) for name in package.__all__}

def is_needed(value):
    if value is typing.Any or getattr(value, "__parameters__", ()):
        return False
    value = plain(value)
    is_union = isinstance(value, types.UnionType | TypeAliasType)
    return is_union or typing.get_origin(value) is not None

def names_in(annotation, names, where):
    for one in ast.walk(annotation):
        if isinstance(one, ast.Name) and not one.id.startswith("_"):
            value = names.get(one.id, everywhere.get(one.id))
            if is_needed(value) and id(plain(value)) not in exported:
                found.setdefault(one.id, where)

def annotations_of(function):
    named = function.args
    every = (*named.posonlyargs, *named.args, *named.kwonlyargs, named.vararg, named.kwarg)
    given = [one.annotation for one in every if one is not None]
    return [one for one in (*given, function.returns) if one is not None]

kinds = {
    base
    for module in modules
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
    and ("._runtime" not in module.__name__ or id(kind) in exported)
    for base in kind.__mro__
    if base.__module__.startswith(package.__name__) and not base.__name__.endswith("Block")
}
trees = {
    one.__name__: ast.parse(inspect.getsource(one)) for one in modules if one.__name__ in
    {kind.__module__ for kind in kinds}
}
for kind in kinds:
    names = vars(sys.modules[kind.__module__])
    for node in trees[kind.__module__].body:
        if not isinstance(node, ast.ClassDef) or node.name != kind.__name__:
            continue
        for one in node.body:
            if isinstance(one, ast.AnnAssign) and not one.target.id.startswith("_"):
                names_in(one.annotation, names, f"{node.name}.{one.target.id}")
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                if one.name == "__init__" or not one.name.startswith("_"):
                    for annotation in annotations_of(one):
                        names_in(annotation, names, f"{node.name}.{one.name}")
print(json.dumps(sorted(f"{name}, of {where}" for name, where in found.items())))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("exported") / "project", SPEC)
    project.generate()
    (found,) = (project.root / "generated" / "python").glob("*/__init__.py")
    return found.parent


def test_fault_14_names_of_types_in_signatures_are_exported(package: Path) -> None:
    listed = run([sys.executable, "-c", ALIASES, package.name], package.parent)
    assert listed.returncode == 0, listed.stderr
    assert not json.loads(listed.stdout), "\n".join(json.loads(listed.stdout))


def test_fault_14_what_errors_say_to_write_is_exported(package: Path) -> None:
    program = (
        f"from {package.name} import ConvexValue, Int64Value, Setting\n"
        "try:\n"
        "    Setting(name='on', value=True, previous=2**60)\n"
        "except ValueError as error:\n"
        "    said = str(error)\n"
        "assert 'write Int64Value(' in said, said\n"
        "free: ConvexValue = {'a': Int64Value(2**60)}\n"
        "print(Setting(name='open', value=True, previous=free).to_wire()['previous'])\n"
    )
    done = run([sys.executable, "-c", program], package.parent)
    assert (done.returncode, done.stdout) == (0, "{'a': {'$integer': 'AAAAAAAAABA='}}\n"), (
        done.stderr
    )


def test_what_methods_and_fields_name_is_exported(package: Path) -> None:
    listed = run([sys.executable, "-c", PROGRAM, package.name], package.parent)
    assert listed.returncode == 0, listed.stderr
    assert not json.loads(listed.stdout), "\n".join(json.loads(listed.stdout))
