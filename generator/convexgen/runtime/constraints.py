"""What values must be besides of their types: metadata of annotations.

It holds for what a program gives, also as JSON. What Convex answers is taken as it is: a document
can be older than a constraint, and the functions check whatever is written.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from .codec import WIRE
from .sentinels import MISSING


def Sensitive() -> Any:
    """Metadata of a field that is left out of the representation of its entity."""
    return Field(repr=False)


class _Constraint:
    """Checks values that come from Python; None and MISSING are of no concern to it."""

    __slots__ = ()

    def check(self, value: Any) -> None:
        """Raises `ValueError` if the value breaks the constraint."""
        raise NotImplementedError

    def keywords(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """The constraint in JSON Schema, for values of a schema."""
        raise NotImplementedError

    def _validate(self, value: Any) -> Any:
        if value is not None and value is not MISSING:
            self.check(value)
        return value

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            self._validate, handler(source), metadata={WIRE: True}
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        # What was read can be older than the constraint, and is given as it is.
        if handler.mode == "serialization":
            return found
        return {**found, **self.keywords(found)}


@dataclass(frozen=True, slots=True)
class Length(_Constraint):
    """The length of a string, in Unicode code points."""

    least: int = 0
    most: int | None = None

    def check(self, value: Any) -> None:
        if len(value) < self.least:
            raise ValueError(
                f"must have at least {self.least} characters, and has {len(value)}",
            )
        if self.most is not None and len(value) > self.most:
            raise ValueError(
                f"must have at most {self.most} characters, and has {len(value)}",
            )

    def keywords(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """See `_Constraint.keywords`."""
        return _bounds(minLength=self.least or None, maxLength=self.most)


@dataclass(frozen=True, slots=True)
class Matching(_Constraint):
    """A regular expression that the whole string matches; its classes are those of ASCII."""

    pattern: str

    def check(self, value: Any) -> None:
        if not _matcher(self.pattern).isinstance_python(value):
            raise ValueError(f"must match {self.pattern}")

    def keywords(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """See `_Constraint.keywords`.

        In an `allOf`: pydantic takes a `pattern` of keys for one that tells properties apart.
        """
        pattern = {"pattern": f"^(?:{self.pattern})$"}
        return {"allOf": [*schema.get("allOf", ()), pattern]}


_OF_ASCII = {
    "\\d": "[0-9]",
    "\\D": "[^0-9]",
    "\\w": "[0-9A-Za-z_]",
    "\\W": "[^0-9A-Za-z_]",
}


@cache
def _matcher(pattern: str) -> SchemaValidator:
    """By the engine of pydantic: with `re`, somebody's text may take longer than anybody waits."""
    of_ascii = re.sub(r"\\.", lambda found: _OF_ASCII.get(found[0], found[0]), pattern)
    whole = f"^(?:{of_ascii})$"
    return SchemaValidator(core_schema.str_schema(pattern=whole, regex_engine="rust-regex"))


@dataclass(frozen=True, slots=True)
class Within(_Constraint):
    """The bounds of a finite number."""

    least: int | float | None = None
    most: int | float | None = None

    def check(self, value: Any) -> None:
        if not math.isfinite(value):
            raise ValueError("must be a finite number")
        if self.least is not None and value < self.least:
            raise ValueError(f"must be at least {self.least}")
        if self.most is not None and value > self.most:
            raise ValueError(f"must be at most {self.most}")

    def keywords(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """See `_Constraint.keywords`. What numbers JSON lacks is text in it."""
        bounds = _bounds(minimum=self.least, maximum=self.most)
        return {**bounds, "not": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class Items(_Constraint):
    """The number of the elements of a list, or of the entries of a record."""

    least: int = 0
    most: int | None = None

    def check(self, value: Any) -> None:
        if len(value) < self.least:
            raise ValueError(
                f"must have at least {self.least} items, and has {len(value)}",
            )
        if self.most is not None and len(value) > self.most:
            raise ValueError(
                f"must have at most {self.most} items, and has {len(value)}",
            )

    def keywords(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """See `_Constraint.keywords`. Those of lists say nothing of records, nor these of them."""
        return _bounds(
            minItems=self.least or None,
            maxItems=self.most,
            minProperties=self.least or None,
            maxProperties=self.most,
        )


def _bounds(**bounds: float | None) -> JsonSchemaValue:
    return {name: bound for name, bound in bounds.items() if bound is not None}
