"""What documents may come with: what they refer to, or what refers to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """The documents of an entity that those of another one may come with."""

    name: str
    entity: str
    """The one whose documents come."""
    own: tuple[str, ...]
    """The fields that say which these are; `_id` for the document itself."""
    index: str | None
    """That of the other entity, whose first fields have these values; None for document IDs."""
    columns: tuple[str, ...]
    """Those fields, as the index has them."""
    is_list: bool = False
    """Whether the own field is a list, of which each element refers to one."""
    limit: int | None = None
    """How many come where these refer to the document; None where it refers to them."""
    is_descending: bool = False
    description: str | None = None

    @property
    def is_many(self) -> bool:
        """Whether there may be several for a document."""
        return self.is_list or self.limit is not None
