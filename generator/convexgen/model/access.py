"""Rules of access: who may do what with which documents, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Alternative:
    """What has to hold together so that a rule allows something; nothing is for everybody."""

    position: int
    """In the rules of the spec."""
    is_signed_in: bool = False
    is_owner: bool = False
    is_member: bool = False
    """Whether the document is of the tenant of who calls."""
    roles: tuple[str, ...] = ()
    where: tuple[tuple[str, object], ...] = ()
    """The values that a document has, by its fields; null is None."""

    def allows_all_of(self, other: Alternative) -> bool:
        """Whether this asks for nothing that the other one does not ask for."""
        return (
            self.is_signed_in <= other.asks_identity
            and self.is_owner <= other.is_owner
            and self.is_member <= other.is_member
            and set(self.roles) <= set(other.roles)
            and all(one in other.where for one in self.where)
        )

    @property
    def asks_identity(self) -> bool:
        """Whether nobody who is not signed in is allowed."""
        return self.is_signed_in or self.is_owner or self.is_member or bool(self.roles)


Policy: TypeAlias = tuple[Alternative, ...]
"""Of which any one allows; without any, the deploy key alone does."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What users may do with the documents of an entity."""

    owner: str | None
    """The field that holds whose a document is."""
    tenant: str | None
    """The field that holds of which tenant a document is."""
    read: Policy
    create: Policy
    update: Policy
    delete: Policy

    @property
    def operations(self) -> Iterator[tuple[str, Policy]]:
        """The policies by what the spec calls them."""
        yield "read", self.read
        yield "create", self.create
        yield "update", self.update
        yield "delete", self.delete

    @property
    def filled(self) -> tuple[str, ...]:
        """The fields that the identity fills."""
        return tuple(dict.fromkeys(one for one in (self.owner, self.tenant) if one is not None))

    def compared(self, alternative: Alternative) -> tuple[str, ...]:
        """The fields of a document that an alternative compares."""
        own = (
            self.owner if alternative.is_owner else None,
            self.tenant if alternative.is_member else None,
            *(name for name, _ in alternative.where),
        )
        return tuple(dict.fromkeys(one for one in own if one is not None))


@dataclass(frozen=True, slots=True)
class Members:
    """The documents that say what users are members of."""

    entity: str
    field: str
    """The one that holds the subject."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Where it stands who calls."""

    subject: str = "tokenIdentifier"
    """The claim that tells users apart."""
    tenant: str | None = None
    """A claim, or a field of the members; so are the roles."""
    roles: str | None = None
    members: Members | None = None


NOTHING_SAID = Identity()
"""Where the spec says nothing of it."""
