"""The types of functions that a function spec describes: its validators have no names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from convexgen.diagnostics.diagnostic import has_errors
from convexgen.frontend import load_bytes
from convexgen.model.types import (
    EnumType,
    InlineObjectType,
    ListType,
    LiteralType,
    ObjectType,
    Type,
    UnionType,
)

SPEC = """
convexgen: 1
name: shop
functionSpec: functions.json
enums:
  Currency: [EUR, USD]
  Color: {values: [red, blue], open: true}
  Kind: [card]
objects:
  Money: {amount: int64, currency: Currency}
  Price: {amount: int64, currency: Currency}
  Address: {street: list<string>, since: number?, zip: string | null}
  Parcel: {to: Address, worth: Money?, of: id<Sale>, data: any, flags: 'record<string, boolean>'}
  Card: {kind: Kind, number: string}
  Stamp: {at: timestamp}
  Blob: {data: json}
  Count: {count: integer}
  Code: {code: {type: string, maxLength: 3}}
  Names: {names: {list: string, maxItems: 2}}
  Place: {place: vector<2>}
  Owner: {owner: ref<Sale>}
  Paint: {color: Color}
  Inner: {blobs: list<Blob>}
entities:
  Sale:
    table: sales
    key: saleId
    fields: {saleId: string, billing: Address, by: {union: [Card, Money]}, parcels: list<Parcel>}
functions:
  shop:written: {kind: query, args: {money: {object: {amount: int64, currency: Currency}}}}
"""

NULL, NUMBER, TEXT = ({"type": kind} for kind in ("null", "number", "string"))
INT64, ANY, BOOLEAN = ({"type": kind} for kind in ("bigint", "any", "boolean"))


def object_of(**fields: Any) -> dict[str, Any]:
    """Those whose names end with an underscore may be absent."""
    value = {
        name.rstrip("_"): {"fieldType": field, "optional": name.endswith("_")}
        for name, field in fields.items()
    }
    return {"type": "object", "value": value}


def union(*members: Any) -> dict[str, Any]:
    return {"type": "union", "value": list(members)}


def literals(*values: Any) -> dict[str, Any]:
    given = [{"type": "literal", "value": value} for value in values]
    return given[0] if len(given) == 1 else union(*given)


def list_of(value: Any) -> dict[str, Any]:
    return {"type": "array", "value": value}


CURRENCY = literals("USD", "EUR")
MONEY = object_of(currency=CURRENCY, amount=INT64)
ADDRESS = object_of(street=list_of(TEXT), since_=NUMBER, zip=union(NULL, TEXT))
FLAGS = {"keys": TEXT, "type": "record", "values": {"fieldType": BOOLEAN, "optional": False}}
SALE = {"type": "id", "tableName": "sales"}
PARCEL = object_of(of=SALE, to=ADDRESS, worth_=MONEY, data=ANY, flags=FLAGS)
CARD = object_of(kind=literals("card"), number=TEXT)


def type_of(validator: Any) -> Type:
    """Of an argument of a function."""
    function = {
        "identifier": "shop.js:described",
        "functionType": "Mutation",
        "visibility": {"kind": "public"},
        "args": object_of(given=validator),
        "returns": validator,
    }
    content = json.dumps({"functions": [function]}).encode()
    loaded = load_bytes(SPEC.encode(), "spec.yaml", lambda _: content)
    assert not has_errors(loaded.diagnostics)
    assert loaded.system is not None
    functions = {function.path: function for function in loaded.system.functions}
    (written,) = functions["shop:written"].arguments
    assert isinstance(written.type, InlineObjectType), "who writes a spec names what has a name"
    described = functions["shop:described"]
    (argument,) = described.arguments
    assert argument.type == described.result.type
    return argument.type


@pytest.mark.parametrize(
    ("validator", "expected"),
    [
        (CURRENCY, EnumType("Currency")),
        (MONEY, ObjectType("Money")),
        (ADDRESS, ObjectType("Address")),
        (PARCEL, ObjectType("Parcel")),
        (CARD, ObjectType("Card")),
        (list_of(MONEY), ListType(ObjectType("Money"))),
        (union(MONEY, NULL), ObjectType("Money")),
        (union(MONEY, CARD), UnionType((ObjectType("Money"), ObjectType("Card")))),
    ],
)
def test_what_has_the_validator_of_a_name_is_named(validator: Any, expected: Type) -> None:
    assert type_of(validator) == expected


@pytest.mark.parametrize(
    "validator",
    [
        object_of(currency=CURRENCY, amount=NUMBER),
        object_of(currency=CURRENCY, amount_=INT64),
        object_of(currency=union(CURRENCY, NULL), amount=INT64),
        object_of(currency=TEXT, amount=INT64),
        object_of(currency=CURRENCY, amount=INT64, more=TEXT),
        object_of(currency=CURRENCY),
        object_of(kind=literals("cash"), number=TEXT),
        object_of(kind=literals("card"), number=literals("red", "blue")),
    ],
)
def test_what_has_another_validator_is_not(validator: Any) -> None:
    assert isinstance(type_of(validator), InlineObjectType)


@pytest.mark.parametrize(
    "validator",
    [
        object_of(at=NUMBER),
        object_of(data=ANY),
        object_of(count=NUMBER),
        object_of(code=TEXT),
        object_of(names=list_of(TEXT)),
        object_of(place=list_of(NUMBER)),
        object_of(owner=TEXT),
        object_of(color=TEXT),
        object_of(blobs=list_of(object_of(data=ANY))),
    ],
)
def test_what_says_more_than_its_validator_is_of_no_function(validator: Any) -> None:
    """The function may have values that the object has not, or reads in another form."""
    assert isinstance(type_of(validator), InlineObjectType)


@pytest.mark.parametrize(
    "validator",
    [literals("EUR"), literals("EUR", "NOK"), literals("card"), literals("red", "blue")],
)
def test_other_literals_are_not(validator: Any) -> None:
    assert isinstance(type_of(validator), LiteralType)


def test_the_parts_of_what_has_no_name_are_named() -> None:
    type_ = type_of(object_of(price=MONEY, parcels_=list_of(PARCEL)))
    assert isinstance(type_, InlineObjectType)
    price, parcels = type_.fields
    assert (price.type, parcels.type) == (ObjectType("Money"), ListType(ObjectType("Parcel")))
    assert parcels.optional
