"""The rules of access, and where it stands who calls."""

from __future__ import annotations

from collections.abc import Iterable

from convexgen.model.access import NOTHING_SAID, AccessRules, Alternative, Identity, Members, Policy
from convexgen.spec.surface.access import AccessSpec, IdentitySpec, PlainRuleSpec, RuleSpec

_KEY = ("internal", "key")
"""The subjects that are no users."""


def resolve_rules(spec: AccessSpec) -> AccessRules | None:
    """What users may do; None where modes say who may call the functions."""
    if not spec.has_rules:
        return None
    return AccessRules(
        spec.owner,
        spec.tenant,
        resolve_policy(spec.read or ()),
        resolve_policy(spec.create or ()),
        resolve_policy(spec.update or ()),
        resolve_policy(spec.delete or ()),
    )


def resolve_policy(rules: Iterable[RuleSpec]) -> Policy:
    """What each rule asks for, but for those of the deploy key, which may do anything."""
    found: list[Alternative] = []
    for position, rule in enumerate(rules):
        together: list[PlainRuleSpec] = [rule] if rule.every is None else rule.every
        if any(one.subject in _KEY for one in together):
            continue
        words = [one.subject for one in together]
        where = {name: value for one in together for name, value in (one.where or {}).items()}
        found.append(
            Alternative(
                position,
                is_signed_in="authenticated" in words,
                is_owner="owner" in words,
                is_member="tenant" in words,
                roles=tuple(dict.fromkeys(one.role for one in together if one.role is not None)),
                where=tuple(where.items()),
            )
        )
    return tuple(found)


def resolve_identity(spec: IdentitySpec | None) -> Identity:
    """Where it stands who calls."""
    if spec is None:
        return NOTHING_SAID
    members = spec.members
    return Identity(
        spec.subject,
        spec.tenant,
        spec.roles,
        None if members is None else Members(members.entity, members.by),
    )
