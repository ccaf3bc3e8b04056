"""Stored files."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from convexgen.spec.surface.access import AccessMode
from convexgen.spec.surface.mapping import Surface


class FilesSpec(Surface):
    """Who may call the functions of stored files: one mode, or one for each kind of function."""

    noun = "files"
    shape = "a mode or a mapping"
    shorthand = "write"

    read: AccessMode = Field(default="internal", description="Who may ask where a file is.")
    write: AccessMode = Field(default="internal", description="Who may upload and delete files.")

    @model_validator(mode="before")
    @classmethod
    def _expand_mode(cls, value: Any) -> Any:
        return {"read": value, "write": value} if isinstance(value, str) else value
