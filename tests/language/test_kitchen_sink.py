"""One spec uses every type and every option, so that the static checks see what each becomes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, get_args

from convexgen.frontend import load_system
from convexgen.model import types
from convexgen.model.system import System
from convexgen.model.traversal import parts
from convexgen.source.parse import parse
from convexgen.spec.data import to_data
from convexgen.spec.read import read_spec
from convexgen.spec.surface.entities import ExtensionSpec
from convexgen.spec.surface.mapping import Surface
from included import read_included
from project import ROOT
from pydantic import BaseModel

CASES = ROOT / "tests" / "cases"
TEXT = (CASES / "good-everything" / "spec.yaml").read_text(encoding="utf-8")
READ = partial(read_included, root=CASES / "good-everything")

OF_SEVERAL_FILES = {"Spec.include", "Spec.extend", "Spec.functionSpec"}
"""Keys that take in other files, which other cases have."""


def test_every_option_is_used() -> None:
    loaded = load_system(TEXT, "spec.yaml", READ)
    spec = read_spec(loaded.source).spec
    assert spec is not None
    assert len(spec.entities) >= 15
    used = {
        f"{owner.__name__}.{_key(owner, name)}"
        for model in _models(spec)
        for owner in type(model).__mro__
        if issubclass(owner, Surface)
        for name in model.model_fields_set & owner.model_fields.keys()
    }
    known = {
        f"{model.__name__}.{_key(model, name)}"
        for model in _subclasses(Surface)
        if model is not ExtensionSpec
        for name in model.model_fields
    }
    assert known - used == OF_SEVERAL_FILES


def _subclasses(model: type[Surface]) -> Iterator[type[Surface]]:
    for one in model.__subclasses__():
        yield one
        yield from _subclasses(one)


def test_every_option_of_several_files_is_used() -> None:
    specs = [_data(path.read_text("utf-8")) for path in CASES.glob("good-*/spec.yaml")]
    assert {f"Spec.{key}" for spec in specs for key in spec} >= OF_SEVERAL_FILES
    extensions = [one for spec in specs for one in spec.get("extend", {}).values()]
    keys = {_key(ExtensionSpec, name) for name in ExtensionSpec.model_fields}
    assert keys == {key for extension in extensions for key in extension}


def test_every_type_is_used() -> None:
    system = load_system(TEXT, "spec.yaml", READ).system
    assert system is not None
    used = {type(part) for type_ in _types(system) for part in parts(type_)}
    assert set(get_args(types.Type)) - used == set()


def _data(text: str) -> Any:
    """A file as it is, before others join it."""
    source, _ = parse(text, "spec.yaml")
    assert source.root is not None
    return to_data(source.root, [])


def _models(value: Any) -> Iterator[BaseModel]:
    """The mappings of a spec, however deep."""
    if isinstance(value, BaseModel):
        yield value
        for name in value.model_fields_set:
            yield from _models(getattr(value, name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from _models(one)
    elif isinstance(value, list):
        for one in value:
            yield from _models(one)


def _key(model: type[Surface], name: str) -> str:
    return model.model_fields[name].alias or name


def _types(system: System) -> Iterator[types.Type]:
    for entity in system.entities:
        for field in entity.fields:
            yield from _inside(field)
    for shape in system.objects:
        for field in shape.fields:
            yield from _inside(field)
    for function in system.functions:
        for field in (function.result, *function.arguments):
            yield from _inside(field)


def _inside(field: types.Field) -> Iterator[types.Type]:
    for part in parts(field.type):
        yield part
        if isinstance(part, types.InlineObjectType):
            for inner in part.fields:
                yield from _inside(inner)
