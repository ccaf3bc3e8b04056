"""How it changes who may call functions, and see and write documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from convexgen.changes.change import CALLERS, Audience, Change, Place
from convexgen.model.access import AccessRules, Alternative, Identity, Policy
from convexgen.model.entities import Access, Entity, Visibility

_NOBODY = AccessRules(None, None, (), (), (), ())
_EVERYBODY: Policy = (Alternative(0),)


def access_changes(
    old: Entity, new: Entity, at: Place, renamed: Callable[[str], str]
) -> Iterator[Change]:
    """How the access of an entity changes; `renamed` gives fields their new names."""
    place = at.inside("access")
    yield from visibility_changes(old.access, new.access, place, new.name)
    before, after = old.rules or _NOBODY, new.rules or _NOBODY
    for what, was, is_ in (
        ("owner", before.owner, after.owner),
        ("tenant", before.tenant, after.tenant),
    ):
        if was is not None and is_ is not None and renamed(was) != is_:
            message = f"{new.name} has its {what} in {is_}, and had it in {was}"
            yield place.inside(what).change("owner-changed", message, (Audience.STORED, *CALLERS))
    for (operation, policy), (_, later) in zip(before.operations, after.operations, strict=True):
        inner = place.inside(operation)
        yield from policy_changes(
            _renamed(policy, renamed), later, inner, f"{operation} {new.name}"
        )
    yield from _field_changes(old, new, at, renamed)


def _field_changes(
    old: Entity, new: Entity, at: Place, renamed: Callable[[str], str]
) -> Iterator[Change]:
    later = {field.name: field for field in new.fields}
    for field in old.fields if old.has_user_functions else ():
        other = later.get(renamed(field.name))
        if other is None:
            continue
        place = at.inside("fields").entry(field.name, other.name).inside("access")
        policy = _EVERYBODY if field.access is None else _renamed(field.access, renamed)
        after = _EVERYBODY if other.access is None else other.access
        yield from policy_changes(policy, after, place, f"see and write {new.name}.{other.name}")


def visibility_changes(old: Access, new: Access, at: Place, name: str) -> Iterator[Change]:
    """How it changes who may call the standard functions."""
    for what, was, is_ in (("read", old.read, new.read), ("write", old.write, new.write)):
        if was == is_:
            continue
        message = f"the functions that {what} {name} are {is_.value}"
        if is_ is Visibility.INTERNAL:
            yield at.change("access-narrowed", message, CALLERS, name=what)
        else:
            yield at.change("access-widened", message, name=what)


def policy_changes(old: Policy, new: Policy, at: Place, doing: str) -> Iterator[Change]:
    """How it changes which users may do something."""
    if not _covers(new, old):
        yield at.change("access-narrowed", f"fewer users may {doing}", CALLERS)
    if not _covers(old, new):
        yield at.change("access-widened", f"more users may {doing}")


def identity_changes(old: Identity, new: Identity, at: Place) -> Iterator[Change]:
    """How it changes where it stands who calls."""
    for what, was, is_ in (
        ("subject", old.subject, new.subject),
        ("tenant", old.tenant, new.tenant),
    ):
        if was is not None and was != is_:
            message = f"the {what} of who calls is in {is_ or 'nothing'}, and was in {was}"
            breaks = (Audience.STORED, *CALLERS)
            yield at.inside(what).change("identity-changed", message, breaks)
    if (old.roles, old.members) != (new.roles, new.members):
        message = "the roles and members of who calls are told otherwise"
        yield at.change("identity-changed", message, CALLERS, name="members")


def _covers(wide: Policy, narrow: Policy) -> bool:
    """Whether one policy allows all that another one allows."""
    return all(any(one.allows_all_of(other) for one in wide) for other in narrow)


def _renamed(policy: Policy, renamed: Callable[[str], str]) -> Policy:
    return tuple(
        replace(one, where=tuple((renamed(name), value) for name, value in one.where))
        for one in policy
    )
