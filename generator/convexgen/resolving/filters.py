"""The conditions of queries with `where`, and which indexes serve them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Index
from convexgen.model.filters import ANY_PATH, Condition, Filter, ServingIndex
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path
from convexgen.spec.suggest import did_you_mean

BY_CREATION = Index("by_creation_time", ())
"""The index that every table has, over the time of creation alone."""


def resolve_conditions(
    entity: str,
    where: Sequence[str],
    by: Sequence[str],
    fields: Sequence[str],
    path: Path,
    report: Report,
) -> tuple[Condition, ...] | None:
    """The conditions, one for each field, in the order of the spec; None if there is a problem."""
    paths: dict[str, list[str]] = {}
    positions: dict[str, int] = {}
    is_right = True
    for place, text in enumerate(where):
        field, _, rest = (text, "", "") if text in fields else text.partition(".")
        here: Path = (*path, place)
        if field not in fields:
            report.error(
                "unknown-field",
                f"{entity} has no field {quoted(field)}",
                here,
                advice=did_you_mean(field, fields),
            )
            is_right = False
            continue
        known = paths.setdefault(field, [])
        positions.setdefault(field, place)
        if text in where[:place] or field in by:
            noun, name = ("path", text) if rest and field not in by else ("field", field)
            report.error(
                "duplicate-field",
                f"the {noun} {quoted(name)} is there twice",
                here,
                advice="remove it here",
            )
            is_right = False
        elif text != field:
            if "" in rest.split("."):
                report.error(
                    "where-field",
                    "the path has an empty name",
                    here,
                    advice=f"write a path, such as {field}.name, or {field}.* for any",
                )
                is_right = False
            known.append(rest)
    if not is_right:
        return None
    return tuple(
        Condition(
            field, (ANY_PATH,) if ANY_PATH in found else tuple(found), position=positions[field]
        )
        for field, found in paths.items()
    )


def resolve_filter(
    conditions: Sequence[Condition],
    by: Sequence[str],
    ordered: str | None,
    base: Index,
    indexes: Sequence[Index],
) -> Filter:
    """The filter of a query whose order, without any condition, is that of an index."""
    order = base.fields[len(by) :]
    compared = {one.field: one for one in conditions}
    if ordered is not None:
        # Bounds on the order are what queries have without `where` too.
        compared.setdefault(ordered, Condition(ordered))
    comparable = {*by, *(name for name, one in compared.items() if not one.paths)}
    serving = [
        ServingIndex(index.name, index.fields[: len(index.fields) - len(order)])
        for index in _with_order(order, indexes)
        if set(by) <= set(index.fields) - set(order) <= comparable and index != base
    ]
    return Filter(
        tuple(compared.values()),
        order,
        (*serving, ServingIndex(base.name, base.fields[: len(by)])),
    )


def _with_order(order: Sequence[str], indexes: Sequence[Index]) -> Iterator[Index]:
    """The indexes that end in the fields of an order."""
    for index in indexes:
        if index.fields[len(index.fields) - len(order) :] == tuple(order):
            yield index
