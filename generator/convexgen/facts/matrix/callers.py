"""Who calls in the matrix of access, and what rules allow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from convexgen.model.access import AccessRules, Alternative, Policy
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import ListType

_ISSUER = "https://users.example"
_TENANT = "north"
_OTHER_TENANT = "south"
NOBODY = "nobody"
OWNER = "owner"
STRANGER = "stranger"
"""Another one, who has documents too: of another tenant, where there are tenants."""
WRONG_KEY = "wrongKey"
KEY = "key"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls, as the functions for users know them."""

    name: str
    subject: str | None = None
    tenant: str | None = None
    roles: tuple[str, ...] = ()
    claims: Mapping[str, Any] | None = None
    """Of the identity; None where nobody is signed in."""


def callers_of(system: System) -> tuple[Caller, ...]:
    """Nobody, users who own something, in a tenant, in another one and in none, and each role.

    Where a rule asks for several roles at once, somebody has these. No two have one name.
    """
    tenant, other = (_TENANT, _OTHER_TENANT) if _has_tenants(system) else (None, None)
    users: list[tuple[str, str | None, tuple[str, ...]]] = [
        (OWNER, tenant, ()),
        *([("colleague", tenant, ())] if tenant is not None else []),
        (STRANGER, other, ()),
        *([("withoutTenant", None, ())] if tenant is not None else []),
    ]
    taken = {NOBODY, KEY, WRONG_KEY, *(name for name, _, _ in users)}
    for roles in _roles(system):
        for where in dict.fromkeys((tenant, other)):
            name = " and ".join(roles) if where == tenant else f"{' and '.join(roles)} of {where}"
            while name in taken:
                name = f"role {name}"
            taken.add(name)
            users.append((name, where, roles))
    return (Caller(NOBODY), *(_user(system, *one) for one in users))


def _user(system: System, name: str, tenant: str | None, roles: tuple[str, ...]) -> Caller:
    identity = system.identity
    claims: dict[str, Any] = {
        "issuer": _ISSUER,
        "subject": name,
        "tokenIdentifier": f"{_ISSUER}|{name}",
    }
    subject = str(claims.setdefault(identity.subject, f"{identity.subject} of {name}"))
    if identity.members is None:
        if identity.tenant is not None and tenant is not None:
            claims[identity.tenant] = tenant
        if identity.roles is not None and roles:
            claims[identity.roles] = list(roles)
    return Caller(name, subject, tenant, roles, claims)


def _has_tenants(system: System) -> bool:
    return any(one.rules is not None and one.rules.tenant is not None for one in system.entities)


def _roles(system: System) -> tuple[tuple[str, ...], ...]:
    """The roles that rules ask for, each by itself, then those asked for together."""
    asked = [one.roles for one in _alternatives(system)]
    single = [(role,) for roles in asked for role in roles]
    together = [tuple(sorted(set(roles))) for roles in asked if roles]
    return tuple(dict.fromkeys((*single, *(together if _may_have_several(system) else ()))))


def _may_have_several(system: System) -> bool:
    """Whether a user can have more than one role: a field of members may hold a single one."""
    members, name = system.identity.members, system.identity.roles
    if members is None or name is None:
        return True
    return isinstance(bare(system.entity(members.entity).field(name).type), ListType)


def _alternatives(system: System) -> Iterator[Alternative]:
    for entity in system.entities:
        if entity.rules is None:
            continue
        for _, policy in entity.rules.operations:
            yield from policy
        for field in entity.fields:
            yield from field.access or ()


def allows(policy: Policy, rules: AccessRules, caller: Caller, row: Mapping[str, Any]) -> bool:
    """Whether somebody may do with a document what the policy is about."""
    return any(_holds(one, rules, caller, row) for one in policy)


def _holds(one: Alternative, rules: AccessRules, caller: Caller, row: Mapping[str, Any]) -> bool:
    if one.asks_identity and caller.subject is None:
        return False
    if one.is_owner and row.get(rules.owner or "") != caller.subject:
        return False
    if one.is_member and (caller.tenant is None or row.get(rules.tenant or "") != caller.tenant):
        return False
    if not set(one.roles) <= set(caller.roles):
        return False
    return all(name in row and row[name] == value for name, value in one.where)
