"""Unreadable parts of a spec replaced, so that the readable ones can be judged."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

from convexgen.guards import is_list, is_mapping
from convexgen.source.nodes import Path
from convexgen.spec.surface.spec import LANGUAGE_VERSION

PLACEHOLDER_TYPE = "string"
"""A type that may stand anywhere."""
_PLACEHOLDER_NAME = "unresolved"
_DISPENSABLE = frozenset(
    {
        "access",
        "deprecated",
        "description",
        "functions",
        "queries",
        "searchIndexes",
        "unique",
        "vectorIndexes",
    }
)
"""What an entity is judged without where it is wrong."""


def repair(data: Any, error: ErrorDetails, unresolved: set[Path]) -> bool:
    """Remove or replace the part of the data that the error is about.

    A replaced part is added to `unresolved`. Returns False if nothing sensible can stand in.
    """
    path = error["loc"]
    if not path:
        return False
    if error["type"] == "extra_forbidden" or (path[0] == "lint" and len(path) > 1):
        _remove(data, path)
        return True
    match path:
        case ("convexgen",) if error["type"] == "missing":
            data["convexgen"] = LANGUAGE_VERSION
        case ("name",):
            data["name"] = _PLACEHOLDER_NAME
        case (
            "description"
            | "include"
            | "python"
            | "typescript"
            | "convex"
            | "lint"
            | "identity" as key,
            *_,
        ):
            data.pop(key, None)
        case ("enums", name, *_):
            data["enums"][name] = [_PLACEHOLDER_NAME]
            unresolved.add(("enums", name))
        case ("objects", name):
            data["objects"][name] = {_PLACEHOLDER_NAME: PLACEHOLDER_TYPE}
            unresolved.add(path)
        case ("objects", name, field, *_):
            data["objects"][name][field] = PLACEHOLDER_TYPE
            unresolved.add(path[:3])
        case ("functions" | "clientCode" as key, name, *_):
            # Two errors in one of them each come here.
            data[key].pop(name, None)
            unresolved.add(path[:2])
        case ("entities", name, *rest) if rest:
            return _repair_entity(data["entities"][name], path, unresolved)
        case _:
            return False
    return True


def _repair_entity(entity: Any, path: Path, unresolved: set[Path]) -> bool:
    fields = entity.get("fields")
    match path[2:]:
        case ("fields", field, *_):
            entity["fields"][field] = PLACEHOLDER_TYPE
            unresolved.add(path[:4])
        case ("indexes" | "queries" | "searchIndexes" | "vectorIndexes" as key, entry, *_):
            # Two errors in one entry each come here.
            entity.get(key, {}).pop(entry, None)
            unresolved.add(path[:4])
        case ("indexes", *_):
            entity.pop("indexes", None)
            unresolved.add(path[:3])
        case (str() as key, *_) if key in _DISPENSABLE:
            entity.pop(key, None)
        case ("table",):
            entity["table"] = _PLACEHOLDER_NAME
            unresolved.add(path[:3])
        case ("key", *_) if is_mapping(fields) and fields:
            # A field of its own: a declared one would be judged as a key that nobody wrote.
            stand_in = _PLACEHOLDER_NAME
            while stand_in in fields:
                stand_in += "_"
            entity["fields"][stand_in] = PLACEHOLDER_TYPE
            entity["key"] = [stand_in]
            unresolved.update({path[:3], (*path[:2], "fields", stand_in)})
        case _:
            return False
    return True


def _remove(data: Any, path: Path) -> None:
    """Remove the entry at the path, if the path leads to one."""
    here = data
    for step in path[:-1]:
        if isinstance(step, str) and is_mapping(here):
            here = here.get(step)
        elif isinstance(step, int) and is_list(here):
            here = here[step]
    if is_mapping(here):
        here.pop(str(path[-1]), None)
