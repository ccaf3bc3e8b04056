"""Functions that somebody wrote by hand."""

from __future__ import annotations

from convexgen.diagnostics.display import quoted
from convexgen.model.functions import Function, FunctionKind
from convexgen.resolving.report import Report
from convexgen.resolving.types import TypeResolver
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.surface.functions import FunctionSpec
from convexgen.spec.surface.spec import Spec


def resolve_functions(spec: Spec, types: TypeResolver, report: Report) -> tuple[Function, ...]:
    """The functions of the spec, in its order."""
    return tuple(
        _resolve_function(path, function, types, report)
        for path, function in spec.functions.items()
    )


def _resolve_function(
    name: str, spec: FunctionSpec, types: TypeResolver, report: Report
) -> Function:
    path: Path = ("functions", name)
    kind = FunctionKind(spec.kind)
    result = types.result("returns", spec.returns, (*path, "returns"))
    if result.optional:
        report.error(
            "absent-result",
            f"the result of {quoted(name)} cannot be absent",
            (*path, "returns"),
            advice="a function that returns nothing returns null: write | null",
        )
    if spec.args and spec.input is not None:
        report.error(
            "contradiction",
            f'"args" and "input" both say what {quoted(name)} takes',
            (*path, "input"),
            part=Part.KEY,
            advice="keep one of them",
        )
    if spec.positional is not None and spec.input is not None:
        report.error(
            "contradiction",
            f'"positional" is about "args", and {quoted(name)} has "input"',
            (*path, "positional"),
            part=Part.KEY,
            advice="remove it: the input is one parameter",
        )
    if spec.idempotent is not None and kind is FunctionKind.QUERY:
        report.error(
            "idempotent-query",
            '"idempotent" is for mutations and actions only',
            (*path, "idempotent"),
            part=Part.KEY,
            advice="remove it: a query may always be repeated",
        )
    return Function(
        path=name,
        kind=kind,
        arguments=tuple(
            types.argument(argument, field, (*path, "args", argument))
            for argument, field in spec.args.items()
        ),
        input=None if spec.input is None else types.argument("input", spec.input, (*path, "input")),
        result=result,
        idempotent=kind is FunctionKind.QUERY or bool(spec.idempotent),
        positional=bool(spec.positional),
        description=spec.description,
    )
