"""The standard functions of an entity: which of them it has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandardFunctions:
    """The kinds of functions that an entity has: all, unless the spec names some."""

    get: bool = True
    """Those of the ones with some keys."""
    list: bool = True
    queries: bool = True
    """Those of indexes, of searches, and of what is unique, where it has any."""
    create: bool = True
    update: bool = True
    delete: bool = True
    clear: bool = True

    @property
    def all(self) -> bool:
        """Whether it has every kind that each entity may have: not each has queries."""
        return self.get and self.list and self.save and self.delete and self.clear

    @property
    def any(self) -> bool:
        """Whether it has a kind."""
        return self.read or self.write

    @property
    def find(self) -> bool:
        """Whether it has functions that give several documents, by pages or at once."""
        return self.list or self.queries

    @property
    def read(self) -> bool:
        """Whether it has functions that read."""
        return self.get or self.find

    @property
    def write(self) -> bool:
        """Whether it has functions that write."""
        return self.create or self.update or self.delete or self.clear

    @property
    def save(self) -> bool:
        """Whether it has those that create a document, or change the one that is there."""
        return self.create and self.update

    @property
    def write_found(self) -> bool:
        """Whether it has those that delete, change and copy all that a query finds."""
        return self.save and self.delete


ALL_FUNCTIONS = StandardFunctions()
