"""What documents have, where no schema says it: as validators.

A deployment says it of its tables, in the format of `crates/common/src/shapes/dashboard.rs` of
Convex's backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convexgen.importing.exported import Validator

SYSTEM_FIELDS = frozenset({"_id", "_creationTime"})
_SIMPLE = {
    "Boolean": "boolean",
    "Bytes": "bytes",
    "Float64": "number",
    "Int64": "bigint",
    "Never": "any",  # of the elements of arrays that are all empty
    "Null": "null",
    "String": "string",
    "Unknown": "any",
}

ANY: Validator = {"type": "any"}


def table_of(name: str, document: Validator) -> Mapping[str, Any]:
    """A table as an exported schema has it, of documents alone."""
    return {"tableName": name, "indexes": [], "documentType": document}


def document_of(shape: Mapping[str, Any]) -> Validator | None:
    """The type of the documents of a table; None where it has none."""
    return None if shape.get("type") == "Never" else _without_own(validator_of(shape))


def validator_of(shape: Mapping[str, Any]) -> Validator:
    """A shape as a validator."""
    kind = shape["type"]
    match kind:
        case "Id":
            return {"type": "id", "tableName": shape["tableName"]}
        case "Array":
            return {"type": "array", "value": validator_of(shape["shape"])}
        case "Object":
            return {
                "type": "object",
                "value": {
                    one["fieldName"]: {
                        "fieldType": validator_of(one["shape"]),
                        "optional": one["optional"],
                    }
                    for one in shape["fields"]
                },
            }
        case "Record":
            return record_of(
                validator_of(shape["keyShape"]), validator_of(shape["valueShape"]["shape"])
            )
        case "Union":
            return union_of([validator_of(one) for one in shape["shapes"]])
        case _:
            return {"type": _SIMPLE[kind]}


def record_of(keys: Validator, values: Validator) -> Validator:
    """The validator of a record."""
    return {"type": "record", "keys": keys, "values": {"fieldType": values, "optional": False}}


def union_of(members: list[Validator]) -> Validator:
    """The validator of values of several types, of which `any` takes in the others."""
    if any(one["type"] == "any" for one in members):
        return ANY
    return members[0] if len(members) == 1 else {"type": "union", "value": members}


def _without_own(document: Validator) -> Validator:
    """Documents without the fields that Convex gives each."""
    match document["type"]:
        case "object":
            fields = {
                name: field
                for name, field in document["value"].items()
                if name not in SYSTEM_FIELDS
            }
            return {**document, "value": fields}
        case "union":
            return union_of([_without_own(one) for one in document["value"]])
        case _:
            return ANY  # such as a record, which the documents of a table are not in a schema
