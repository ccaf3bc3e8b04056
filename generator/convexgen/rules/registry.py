"""All rules."""

from __future__ import annotations

from convexgen.rules import (
    access,
    circles,
    classes,
    client_code,
    derived,
    fields,
    filters,
    functions,
    growth,
    indexes,
    names,
    project,
    references,
    relations,
    renaming,
    retention,
    rows,
    searching,
    variants,
    writing,
)
from convexgen.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *project.RULES,
    *names.RULES,
    *classes.RULES,
    *indexes.RULES,
    *searching.RULES,
    *fields.RULES,
    *references.RULES,
    *relations.RULES,
    *rows.RULES,
    *writing.RULES,
    *variants.RULES,
    *derived.RULES,
    *filters.RULES,
    *functions.RULES,
    *client_code.RULES,
    *circles.RULES,
    *access.RULES,
    *retention.RULES,
    *growth.RULES,
    *renaming.RULES,
)
"""In the order in which they are applied."""
