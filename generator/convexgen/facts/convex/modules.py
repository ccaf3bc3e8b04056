"""What modules of functions have in common: where they find others, and how they register."""

from __future__ import annotations

from convexgen.facts.code import Code, identifier
from convexgen.model.entities import Visibility
from convexgen.model.targets import ConvexTarget
from convexgen.naming import pascal_case

_TYPES = frozenset(
    {
        "AllFields",
        "Around",
        "Condition",
        "Copying",
        "Date",
        "Deletion",
        "DeletionBudget",
        "DeletionOfMany",
        "Derivation",
        "Doc",
        "Document",
        "EntriesPatch",
        "Filter",
        "Id",
        "Included",
        "Infer",
        "Input",
        "Key",
        "Map",
        "MutationCtx",
        "Object",
        "ObjectType",
        "Partial",
        "Patch",
        "Patches",
        "Promise",
        "QueryCtx",
        "Record",
        "Relations",
        "Replacement",
        "ReturnType",
        "Set",
        "SomeOf",
        "String",
        "Table",
        "Tables",
        "Touches",
        "Upsert",
        "Where",
        "Windows",
        "WithoutSystemFields",
    }
)
"""What modules that import one of `model/` use besides it and functions."""


def generated_folder(target: ConvexTarget, *, below: int = 0) -> str:
    """The way to `_generated/` from a module that lies some folders below the directory."""
    above = len(target.path) + below
    return f"{'../' * above if above else './'}_generated"


def api_module(target: ConvexTarget, module: str) -> Code:
    """A module in the types of the API, such as `internal.threads`."""
    return Code(".".join(["internal", *map(identifier, target.path), identifier(module)]))


def registrar(kind: str, visibility: Visibility) -> Code:
    """`query` for everybody, `internalQuery` for holders of a deploy key."""
    return Code(kind if visibility is Visibility.PUBLIC else f"internal{kind.capitalize()}")


def model_alias(table: str) -> Code:
    """What modules call the one in `model/` of a table, such as `Threads`."""
    name = pascal_case(table)
    return identifier(f"{name}Model" if name in _TYPES else name)
