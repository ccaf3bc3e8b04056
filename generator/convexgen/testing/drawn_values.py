"""Values that fit a JSON Schema of the generated models, drawn."""

from __future__ import annotations

import base64
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from convexgen.drawn_text import draw_text

Schema: TypeAlias = Mapping[str, Any]

_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_TEN_YEARS = 10 * 365 * 86_400_000
_MOST = 2**31
"""How far numbers go that may go farther."""
_SPAN = 1000
"""How far numbers that need not be whole go."""
_MORE = 2
"""How many elements more than the least there are."""


class Drawing:
    """Draws values of the schemas of one document."""

    def __init__(self, chance: random.Random, definitions: Mapping[str, Schema]) -> None:
        self._chance = chance
        self._definitions = definitions

    def value(self, name: str, given: Schema) -> Any:
        """A value of a field, as JSON. Raises `ValueError` for text that no attempt has found."""
        schema = self._chosen(given)
        if "const" in schema:
            return schema["const"]
        for known in ("enum", "examples"):
            if known in schema:
                return self._chance.choice(schema[known])
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else self._chance.choice(kinds)
        match kind:
            case "string":
                return self._text(name, schema)
            case "integer":
                return self._chance.randint(*self._bounds(schema))
            case "number":
                least, most = self._bounds(schema)
                return round(self._chance.uniform(least, min(most, least + _SPAN)), 3)
            case "boolean":
                return self._chance.random() < 0.5
            case "array":
                return self._elements(name, schema)
            case "null":
                return None
            case _:
                return self._mapping(name, schema)

    def _chosen(self, schema: Schema) -> Schema:
        """The schema without references and alternatives, one of which is chosen."""
        if "$ref" in schema:
            others = {key: value for key, value in schema.items() if key != "$ref"}
            named = self._definitions[schema["$ref"].rpartition("/")[2]]
            return self._chosen(_merged(named, others))
        for among in ("anyOf", "oneOf"):
            if among in schema:
                others = {key: value for key, value in schema.items() if key != among}
                told = [one for one in schema[among] if not _is_for_few(one)]
                option = self._chance.choice(told or schema[among])
                return self._chosen(_merged(option, others))
        if "allOf" in schema:
            others = {key: value for key, value in schema.items() if key != "allOf"}
            for one in schema["allOf"]:
                others = _merged(others, one)
            return self._chosen(others)
        return schema

    def _text(self, name: str, schema: Schema) -> str:
        if schema.get("format") == "date-time":
            milliseconds = self._chance.randrange(_TEN_YEARS)
            return (_SINCE + timedelta(milliseconds=milliseconds)).isoformat()
        if "contentEncoding" in schema:
            return base64.b64encode(
                self._chance.randbytes(8)
            ).decode()  # also for what is of 8 bytes
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        return draw_text(self._chance, name, least, most, list(schema.get("patterns", ())))

    def _bounds(self, schema: Schema) -> tuple[Any, Any]:
        least, most = schema.get("minimum"), schema.get("maximum")
        if least is None or least < -_MOST:
            least = 0 if most is None or most >= 0 else most - _MOST
        if most is None or most > _MOST:
            most = max(least, 0) + _MOST
        return least, most

    def _elements(self, name: str, schema: Schema) -> list[Any]:
        return [self.value(name, schema.get("items", {})) for _ in range(self._count(schema))]

    def _mapping(self, name: str, schema: Schema) -> dict[str, Any]:
        if "properties" in schema:
            return {one: self.value(one, schema["properties"][one]) for one in required(schema)}
        values: Schema | bool = schema.get("additionalProperties", True)
        if isinstance(values, bool):
            return {name: self._chance.randrange(100)}  # any JSON
        keys = {"type": "string", **schema.get("propertyNames", {})}
        drawn = (self.value(name, keys) for _ in range(self._count(schema)))
        return {key: self.value(name, values) for key in drawn}

    def _count(self, schema: Schema) -> int:
        least = schema.get("minItems", schema.get("minProperties", 0))
        most = schema.get("maxItems", schema.get("maxProperties", least + _MORE))
        return self._chance.randint(least, min(most, least + _MORE))


def required(schema: Schema) -> list[str]:
    """The fields that objects of a schema have to have."""
    named = schema.get("required", ())
    # The tag of an object of a union tells it from others, whether it has a default or not.
    return [
        name
        for name, field in schema.get("properties", {}).items()
        if name in named or "const" in field
    ]


def _is_for_few(schema: Schema) -> bool:
    """Whether it is null, or what JSON has no numbers for, which tests ask for themselves."""
    return schema.get("type") == "null" or schema.get("enum") == ["NaN", "Infinity", "-Infinity"]


def _merged(schema: Schema, more: Schema) -> dict[str, Any]:
    """What fits both. Patterns and names that are required add up."""
    merged = {**more, **schema}
    for name in ("title", "description"):
        merged.pop(name, None)
    merged["required"] = [*schema.get("required", ()), *more.get("required", ())]
    patterns = [
        *schema.get("patterns", ()),
        *more.get("patterns", ()),
        *(one["pattern"] for one in (schema, more) if "pattern" in one),
    ]
    merged.pop("pattern", None)
    merged["patterns"] = patterns
    for name, strictest in (("minLength", max), ("minimum", max), ("maxLength", min)):
        both = [one[name] for one in (schema, more) if name in one]
        if both:
            merged[name] = strictest(both)
    both = [one["maximum"] for one in (schema, more) if "maximum" in one]
    if both:
        merged["maximum"] = min(both)
    return merged
