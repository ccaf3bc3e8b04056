"""What a plain value is, in words that type checkers understand."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether the value is a list."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether the value is a mapping; the keys of a YAML mapping are text, or were refused."""
    return isinstance(value, dict)
