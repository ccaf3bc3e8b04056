"""What programs need for the methods and fields of a package can be imported from it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

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


def test_what_methods_and_fields_name_is_exported(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", SPEC)
    project.generate()
    (package,) = (project.root / "generated" / "python").glob("*/__init__.py")
    listed = run([sys.executable, "-c", PROGRAM, package.parent.name], package.parent.parent)
    assert listed.returncode == 0, listed.stderr
    assert not json.loads(listed.stdout), "\n".join(json.loads(listed.stdout))
