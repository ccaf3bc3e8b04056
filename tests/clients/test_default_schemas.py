"""Defaults in the JSON Schemas that pydantic writes of entities."""

from __future__ import annotations

from typing import Any

import pytest
from convexgen.runtime.entities import Default, Shape
from pydantic import create_model

DEFAULTS: list[Any] = [
    {"$ref": "x"},
    {"$ref": "#/$defs/Note"},
    {"$defs": 1},
    [{"a": [{"$ref": "#/$defs/Missing"}]}],
    {"a": {"$defs": {"b": 2}}},
    {"a": "$ref"},
    {"$id": "x", "$schema": "y"},
]


@pytest.mark.parametrize("value", DEFAULTS, ids=str)
def test_a_default_may_have_the_keys_of_a_json_schema(value: Any) -> None:
    model = create_model("Note", __base__=Shape, settings=(Any, Default(value)))
    for mode in ("validation", "serialization"):
        schema = model.model_json_schema(mode=mode)
        assert "settings" in schema["properties"]
        assert "settings" not in schema.get("required", [])
    first, second = model(), model()
    assert first.settings == value  # type: ignore[attr-defined]
    assert first.settings is not second.settings  # type: ignore[attr-defined]
