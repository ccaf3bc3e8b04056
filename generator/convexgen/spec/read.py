"""Nodes to a spec: what has the wrong shape is reported, and the rest is read all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from convexgen.diagnostics.codes import Code, is_code
from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.display import printable, quoted
from convexgen.source.nodes import Path, Scalar
from convexgen.source.source import Part, Source
from convexgen.spec.data import to_data
from convexgen.spec.later import is_later_key, not_supported
from convexgen.spec.places import key_description, keys, surface_at
from convexgen.spec.repair import repair
from convexgen.spec.suggest import closest, meant_or_listed
from convexgen.spec.surface.access import AccessSpec, PlainRuleSpec
from convexgen.spec.surface.spec import LANGUAGE_VERSION, Spec

_ROUNDS = 4
"""Repairing one part can lay bare the next problem in it, but not for ever."""

_SHAPES = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a spec."""

    spec: Spec | None
    """None if too little was there to go on with."""
    diagnostics: tuple[Diagnostic, ...]
    unresolved: frozenset[Path]
    """The parts that stand in for something unreadable, about which nothing more is to be said."""


def read_spec(source: Source) -> Reading:
    """The spec in the nodes of the source, with the problems of its shape."""
    if source.root is None:
        return Reading(None, (), frozenset())
    diagnostics: list[Diagnostic] = []
    data = to_data(source.root, diagnostics)
    unresolved: set[Path] = set()
    reported: list[Path] = []
    for _ in range(_ROUNDS):
        try:
            spec = Spec.model_validate(data)
        except ValidationError as failure:
            found = failure.errors(include_url=False)
        else:
            return Reading(spec, tuple(diagnostics), frozenset(unresolved))
        errors = _without_consequences(found, reported)
        diagnostics.extend(_diagnostic(error, source) for error in errors)
        reported.extend(error["loc"] for error in errors)
        repaired = 0
        for error in found:
            repaired += repair(data, error, unresolved)
        if repaired < len(found):
            break
    return Reading(None, tuple(diagnostics), frozenset(unresolved))


def _without_consequences(errors: list[ErrorDetails], reported: list[Path]) -> list[ErrorDetails]:
    """The errors that no earlier one explains.

    Earlier ones are those of the rounds before at the same place, and a misspelt key explains
    the key that is missing beside it.
    """
    misspelt: set[Path] = set()
    for error in errors:
        if error["type"] == "extra_forbidden":
            parent, key = error["loc"][:-1], error["loc"][-1]
            surface = surface_at(parent)
            meant = closest(str(key), keys(surface)) if surface is not None else None
            if meant is not None:
                misspelt.add((*parent, meant))
    return [
        error
        for error in errors
        if not (error["type"] == "missing" and error["loc"] in misspelt)
        and not any(_is_inside(path, error["loc"]) for path in reported)
    ]


def _is_inside(path: Path, outer: Path) -> bool:
    return path[: len(outer)] == outer or outer[: len(path)] == path


def _diagnostic(error: ErrorDetails, source: Source) -> Diagnostic:
    kind = error["type"]
    if kind in _SHAPES:
        return _wrong_shape(error, source)
    explain = _EXPLANATIONS.get(kind)
    if explain is not None:
        return explain(error, source)
    # Those of the surface itself are codes; those of pydantic have other names.
    code: Code = kind if is_code(kind) else "invalid-value"
    advice = error.get("ctx", {}).get("help")
    return Diagnostic(code, error["msg"], source.span(error["loc"]), help=advice)


def _wrong_shape(error: ErrorDetails, source: Source) -> Diagnostic:
    path, kind, given = error["loc"], error["type"], error["input"]
    surface = surface_at(path)
    wanted = _SHAPES[kind] if surface is None else surface.shape
    advice = _quoting_help(error, source)
    if kind == "bool_type":
        advice = "write true or false"
    elif kind == "list_type" and path[-1] in {"key", "by"}:
        wanted = "a field or a list of fields"
    elif kind == "list_type" and isinstance(given, str):
        advice = f"write [{printable(given)}]"
    return Diagnostic(
        "wrong-shape",
        f"{_quoted_name(path)} is {wanted}, and this is {_describe(given)}",
        source.span(path),
        help=advice,
    )


def _enum_value_not_text(error: ErrorDetails, source: Source) -> Diagnostic:
    return Diagnostic(
        "enum-value-not-text",
        f"a value of an enum is text, and this is {_describe(error['input'])}",
        source.span(error["loc"]),
        help=_quoting_help(error, source),
    )


def _too_few(error: ErrorDetails, source: Source) -> Diagnostic:
    least = error.get("ctx", {}).get("min_length", 1)
    needed = "an entry" if least == 1 else f"{least} entries"
    path = error["loc"]
    return Diagnostic("too-few", f"{_quoted_name(path)} needs {needed}", source.span(path))


def _not_a_name(error: ErrorDetails, source: Source) -> Diagnostic:
    return Diagnostic(
        "invalid-name",
        f"{quoted(str(error['input']))} is not a name",
        source.span(error["loc"]),
        help="a letter, then letters, digits, _ and -",
    )


def _unknown_key(error: ErrorDetails, source: Source) -> Diagnostic:
    path = error["loc"]
    surface, key = surface_at(path[:-1]), str(path[-1])
    span = source.span(path, Part.KEY)
    if is_later_key(surface, key):
        return Diagnostic("not-supported-yet", not_supported(quoted(key)), span)
    if surface is None:
        return Diagnostic("unknown-key", f"there is no key {quoted(key)}", span)
    return Diagnostic(
        "unknown-key",
        f"{surface.noun} has no key {quoted(key)}",
        span,
        help=meant_or_listed(key, keys(surface)),
    )


def _missing_key(error: ErrorDetails, source: Source) -> Diagnostic:
    path = error["loc"]
    surface, key = surface_at(path[:-1]), str(path[-1])
    noun = surface.noun if surface is not None else "a mapping"
    description = key_description(surface, key) if surface is not None else None
    return Diagnostic(
        "missing-key",
        f"{noun} needs the key {quoted(key)}",
        source.span(path),
        help=None if description is None else f"{key}: {description}",
    )


def _unknown_value(error: ErrorDetails, source: Source) -> Diagnostic:
    path, given = error["loc"], error["input"]
    span = source.span(path)
    if path == ("convexgen",):
        return Diagnostic(
            "unknown-version",
            f"this version of convexgen reads version {LANGUAGE_VERSION} of the spec language",
            span,
            help="install the version of convexgen that the spec is for",
        )
    name = _quoted_name(path)
    surface = surface_at(path[:-1])
    if surface is not None and issubclass(surface, AccessSpec | PlainRuleSpec):
        name = "access"
    listed = str(error.get("ctx", {})["expected"]).replace(" or ", ", ")
    expected = [word.strip("'") for word in listed.split(", ")]
    if not isinstance(given, str):
        return Diagnostic(
            "unknown-value",
            f"{name} is {' or '.join(expected)}, and this is {_describe(given)}",
            span,
        )
    return Diagnostic(
        "unknown-value",
        f"{name} cannot be {quoted(given)}",
        span,
        help=meant_or_listed(given, expected),
    )


def _quoted_name(path: Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    return quoted(names[-1]) if names else "a spec"


def _quoting_help(error: ErrorDetails, source: Source) -> str | None:
    node = source.node(error["loc"])
    if not isinstance(node, Scalar) or error["type"] not in {"string_type", "enum-value-not-text"}:
        return None
    return f"put it in quotes: {quoted(node.text)}"


def _describe(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case dict():
            return "a mapping"
        case _:
            return "a list"


_EXPLANATIONS: dict[str, Callable[[ErrorDetails, Source], Diagnostic]] = {
    "enum-value-not-text": _enum_value_not_text,
    "extra_forbidden": _unknown_key,
    "literal_error": _unknown_value,
    "missing": _missing_key,
    "string_pattern_mismatch": _not_a_name,
    "too_short": _too_few,
}
