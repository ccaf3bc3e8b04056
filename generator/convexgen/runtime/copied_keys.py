"""What copies have in their keys: values, or what makes one of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class PrefixedKey:
    """The key of each, with text before it: so that of a copy follows from that of the original."""

    prefix: str

    def to_wire(self) -> dict[str, Any]:
        """As the functions take it."""
        return {"prefix": self.prefix}


@dataclass(frozen=True, slots=True)
class RandomKey:
    """A UUID for each."""

    def to_wire(self) -> dict[str, Any]:
        """As the functions take it."""
        return {"random": True}


CopiedKey: TypeAlias = Mapping[str, object]
"""The fields of the key that copies have others of: values, `PrefixedKey` or `RandomKey`."""
