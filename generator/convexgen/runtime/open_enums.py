"""Open enums: any text is a value of one, and its own values are those that are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from .unknown_values import UnknownText

T = TypeVar("T")


# Unions hash the annotations in them: it equals itself alone.
@dataclass(frozen=True, slots=True, eq=False)
class _OpenEnum:
    """Reads text as the value that it is, if it is a known one."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        known = _known_values(source)

        def read(text: str) -> str:
            return known.get(text) or UnknownText(text)

        return core_schema.no_info_after_validator_function(
            read,
            core_schema.str_schema(strict=True),
            # pydantic's own key for what a schema adds to its JSON Schema
            metadata={"pydantic_js_updates": {"examples": list(known)}},
        )


def _known_values(source: Any) -> Mapping[str, str]:
    """The values of a StrEnum or of a Literal that is in a union with str, by their text."""
    known = get_args(source)[0]
    values: Iterable[str] = get_args(known) or known
    return {str(value): value for value in values}


OpenEnum: TypeAlias = Annotated[T | str, _OpenEnum()]
"""A value of a StrEnum or of a Literal, or any other text, which `is_known` tells apart."""
