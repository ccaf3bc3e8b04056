"""What names a function in data."""

from __future__ import annotations

import re
from typing import Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# An id and a name, or, of the embedded backend, a component and a path.
# Source: the backend's `bootstrap_model/components/handles.rs`.
_FORM = re.compile(r"function://(?:[^;#]*;[^;#]+|[0-9a-hjkmnp-tv-z]{31,37}(?:#.*)?)", re.DOTALL)


class FunctionHandle(str):
    """What names a function in data: what `createFunctionHandle` gives.

    Raises `ValueError` for other text.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if _FORM.fullmatch(text) is None:
            raise ValueError("expected a function handle, such as createFunctionHandle gives")
        return super().__new__(cls, text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_FORM.pattern}$"}
