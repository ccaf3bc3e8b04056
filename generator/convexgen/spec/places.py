"""Which mapping of the surface a path leads to."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from convexgen.source.nodes import Path
from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.spec import Spec


def surface_at(path: Path) -> type[Surface] | None:
    """The mapping that the path leads to, or None if there is something else."""
    here: Any = Spec
    for step in path:
        here = _inside(here, step)
        if here is None:
            return None
    return here if isinstance(here, type) and issubclass(here, Surface) else None


def keys(surface: type[Surface]) -> list[str]:
    """The keys that the mapping may have."""
    return [field.alias or name for name, field in surface.model_fields.items()]


def key_description(surface: type[Surface], key: str) -> str | None:
    """What the key of the mapping is for."""
    for name, field in surface.model_fields.items():
        if (field.alias or name) == key:
            return field.description
    return None


def _inside(annotation: Any, step: str | int) -> Any:
    """The annotation one step further, or None."""
    if isinstance(annotation, type) and issubclass(annotation, Surface):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == step:
                return _plain(field.annotation)
        return None
    if get_origin(annotation) is dict:
        return _plain(get_args(annotation)[1])
    if get_origin(annotation) is list and isinstance(step, int):
        return _plain(get_args(annotation)[0])
    return None


def _plain(annotation: Any) -> Any:
    """The annotation without metadata and without `None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in {Union, UnionType}:
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation
