"""Function specs, as files of a project, against the functions that it has.

The format is that of `npx convex function-spec`, without the validators' meaning: what differs in
JSON differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from convexgen.guards import is_list, is_mapping

Described: TypeAlias = Mapping[str, Any]
"""A function, as a function spec has it."""

_ANY = {"type": "any"}
"""What a function takes or returns that has no validator: left out, null, or this."""


def described_functions(content: Any) -> dict[str, Described] | None:
    """The functions of a function spec, by their paths; None if it is no function spec.

    HTTP actions are no functions that a client calls, and left out.
    """
    functions = content.get("functions") if is_mapping(content) else None
    if not is_list(functions):
        return None
    found: dict[str, Described] = {}
    for function in filter(is_mapping, functions):
        identifier = function.get("identifier")
        if isinstance(identifier, str):
            found[identifier.replace(".js:", ":")] = function
    return found


def read_function_specs(texts: Iterable[bytes]) -> dict[str, Described] | None:
    """The functions of the function specs among some files; None if none of them is one."""
    specs: list[dict[str, Described]] = []
    for text in texts:
        try:
            described = described_functions(json.loads(text))
        except (ValueError, RecursionError):
            continue  # another file, such as YAML
        if described is not None:
            specs.append(described)
    return {path: one for spec in specs for path, one in spec.items()} if specs else None


def generated_modules(files: Iterable[str], functions: str) -> frozenset[str]:
    """The modules among generated files, as the paths of functions name them."""
    paths = [PurePosixPath(name) for name in files]
    return frozenset(
        path.relative_to(functions).with_suffix("").as_posix()
        for path in paths
        if path.suffix == ".ts" and path.is_relative_to(functions)
    )


def functions_directory(files: Iterable[str]) -> str | None:
    """The root of the functions, by the generated files; None where none of them is there.

    Where they are below a root that is not called `convex`, it is their own folder.
    """
    for name in files:
        if name.endswith("/schema.ts"):
            parts = PurePosixPath(name).parent.parts
            # The schema of a folder below somebody's own functions, which are called that.
            return "/".join(parts[: parts.index("convex") + 1] if "convex" in parts else parts)
    return None


def own(functions: Mapping[str, Described], generated: frozenset[str]) -> dict[str, Described]:
    """The functions that are in no generated module."""
    return {
        path: function
        for path, function in functions.items()
        if path.partition(":")[0] not in generated
    }


def differences(
    recorded: Mapping[str, Described], present: Mapping[str, Described]
) -> Iterator[str]:
    """What is recorded of functions and is not so, one line for each function."""
    for path in sorted({*recorded, *present}):
        if path not in present:
            yield f"{path} is not there any more"
        elif path not in recorded:
            yield f"{path} is new"
        else:
            changed = list(_changes(recorded[path], present[path]))
            if changed:
                yield f"{path} {' and '.join(changed)}"


def _changes(recorded: Described, present: Described) -> Iterator[str]:
    kind = present.get("functionType")
    if recorded.get("functionType") != kind:
        yield f"is of another kind, {str(kind).lower()}"
    for key, verb in (("args", "takes"), ("returns", "returns")):
        says = present.get(key) or _ANY
        # A function without a validator says nothing that a file could contradict.
        if says != _ANY and _unordered(says) != _unordered(recorded.get(key)):
            yield f"{verb} something else"
    visibility = present.get("visibility")
    if recorded.get("visibility") not in (None, visibility) and is_mapping(visibility):
        yield f"is {visibility.get('kind')} now"


def _unordered(validator: Any) -> Any:
    """The JSON of a validator, whose unions have their members in one order."""
    if is_list(validator):
        return [_unordered(one) for one in validator]
    if not is_mapping(validator):
        return validator
    parts = {name: _unordered(part) for name, part in validator.items()}
    if parts.get("type") == "union" and is_list(parts.get("value")):
        parts["value"] = sorted(parts["value"], key=lambda one: json.dumps(one, sort_keys=True))
    return parts
