"""Rules on what users may do: that it can be asked before anything is read, and tells nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set

from convexgen.diagnostics.display import quoted
from convexgen.model.access import AccessRules, Alternative, Policy
from convexgen.model.classes import class_names
from convexgen.model.entities import Entity, Visibility
from convexgen.model.fields import EntityField, OnDelete
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import (
    BooleanType,
    EnumType,
    Int64Type,
    IntegerType,
    LiteralType,
    NumberType,
    StringType,
    Type,
)
from convexgen.model.user_functions import PAGE_OPTIONS, user_module, user_shapes
from convexgen.model.visible import (
    has_open_index,
    serves,
    visible_queries,
    visible_searches,
)
from convexgen.naming import (
    camel_case,
    function_namespace,
    index_name,
    pascal_case,
    python_identifier,
)
from convexgen.rules.places import fields_of, module_path
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import did_you_mean

_LOCAL_NAMES = frozenset(
    {
        "access",
        "canCreate",
        "canDelete",
        "canRead",
        "canSee",
        "canUpdate",
        "expectedOf",
        "notFound",
        "requireFields",
        "visible",
        "visibleTo",
    }
)
"""What the modules of the functions for users have besides these."""


def _ruled(system: System) -> Iterator[tuple[Entity, AccessRules, Path]]:
    for entity in system.entities:
        if entity.rules is not None:
            yield entity, entity.rules, ("entities", entity.name, "access")


def _policies(entity: Entity, rules: AccessRules) -> Iterator[tuple[Policy, Path]]:
    for operation, policy in rules.operations:
        yield policy, ("entities", entity.name, "access", operation)
    for field, path in fields_of(entity):
        if field.access is not None:
            yield field.access, (*path, "access")


def _alternatives(system: System) -> Iterator[tuple[Entity, AccessRules, Alternative, Path]]:
    for entity, rules, _ in _ruled(system):
        for policy, path in _policies(entity, rules):
            for one in policy:
                yield entity, rules, one, (*path, one.position)


def check_filled_fields(system: System) -> Iterator[Finding]:
    """Owners and tenants that no identity can fill."""
    for entity, rules, path in _ruled(system):
        fields = {field.name: field for field in entity.fields}
        for key, name in (("owner", rules.owner), ("tenant", rules.tenant)):
            if name is None:
                continue
            field = fields.get(name)
            if field is None:
                yield Finding(
                    f"{entity.name} has no field {quoted(name)}",
                    (*path, key),
                    advice=did_you_mean(name, fields)
                    or f"declare it, under fields: {name}: string",
                )
            elif name not in {one.name for one in entity.shared_fields}:
                yield Finding(
                    f"{quoted(name)} is not of all shapes that a {entity.name} has",
                    (*path, key),
                    advice=f"declare it in fields, for all of them: {name}: string",
                )
            elif not _is_fillable(field):
                yield Finding(
                    f"the identity cannot fill {quoted(name)}: it is text that is always there",
                    (*path, key),
                    advice=f"declare it so: {name}: string",
                )
        if rules.owner is not None and rules.owner == rules.tenant:
            yield Finding(
                "one field is not whose a document is and of which tenant as well",
                (*path, "tenant"),
                advice="declare a field for each",
            )


def _is_fillable(field: EntityField) -> bool:
    is_set = field.setter is not None or field.derived is not None or field.default is not None
    is_text = isinstance(bare(field.type), StringType) and not field.large
    return is_text and not (field.optional or field.nullable or is_set or field.access is not None)


def check_subjects(system: System) -> Iterator[Finding]:
    """Rules by what no field holds, or no identity has."""
    for entity, rules, one, path in _alternatives(system):
        for key, is_used, field in (
            ("owner", one.is_owner, rules.owner),
            ("tenant", one.is_member, rules.tenant),
        ):
            if is_used and field is None:
                yield Finding(
                    f"{entity.name} does not say which field holds the {key}",
                    path,
                    advice=f"add, under access: {key}: {key}Id",
                )
        if one.is_member and system.identity.tenant is None:
            yield Finding(
                "the spec does not say where the tenant of a user stands",
                path,
                advice="add to the spec: identity: {tenant: orgId}",
            )
        if one.roles and system.identity.roles is None:
            yield Finding(
                "the spec does not say where the roles of a user stand",
                path,
                advice="add to the spec: identity: {roles: roles}",
            )
    for _, rules, path in _ruled(system):
        if rules.tenant is not None and system.identity.tenant is None:
            yield Finding(
                "the spec does not say where the tenant of a user stands",
                (*path, "tenant"),
                advice="add to the spec: identity: {tenant: orgId}",
            )


def check_values(system: System) -> Iterator[Finding]:
    """Values that a document is asked for, and cannot have, or that not everybody sees."""
    enums = {enum.name: enum.values for enum in system.enums}
    for entity, _, one, path in _alternatives(system):
        fields = {field.name: field for field in entity.fields}
        for name, value in one.where:
            field = fields.get(name)
            place: Path = (*path, "where", name)
            if field is None:
                yield Finding(
                    f"{entity.name} has no field {quoted(name)}",
                    place,
                    Part.KEY,
                    did_you_mean(name, fields),
                )
            elif name not in _told_of_all(entity):
                yield Finding(
                    f"{quoted(name)} is not of all shapes that a {entity.name} has",
                    place,
                    Part.KEY,
                    "ask for a field that all have, or for the tag",
                )
            elif field.large:
                yield Finding(
                    f"{quoted(name)} may lie outside of the document (large)",
                    place,
                    Part.KEY,
                    'ask for another field, or remove "large"',
                )
            elif field.access is not None:
                yield Finding(
                    f"{quoted(name)} is not for everybody, and who sees the document would know it",
                    place,
                    Part.KEY,
                    "ask for another field, or remove its access",
                )
            elif not _is_value(value, field, enums):
                yield Finding(
                    f"{quoted(name)} is never this value",
                    place,
                    advice="rules compare text, numbers, booleans, enums and null",
                )


def _told_of_all(entity: Entity) -> frozenset[str]:
    """The fields that documents have whatever their shape is, and the one that tells it."""
    return frozenset(field.name for field in entity.shared_fields) | {entity.tag or ""}


def _is_value(value: object, field: EntityField, enums: dict[str, tuple[str, ...]]) -> bool:
    if value is None:
        return field.nullable
    return _is_of(value, bare(field.type), enums)


def _is_of(value: object, type_: Type, enums: dict[str, tuple[str, ...]]) -> bool:
    match type_:
        case StringType():
            return isinstance(value, str)
        case BooleanType():
            return isinstance(value, bool)
        case EnumType(name):
            return isinstance(value, str) and value in enums[name]
        case LiteralType(values):
            return value in values
        case NumberType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case IntegerType() | Int64Type():
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return False


def check_reads(system: System) -> Iterator[Finding]:
    """Writes of documents that the user could not read."""
    for entity, rules, path in _ruled(system):
        for operation, policy in rules.operations:
            if policy and not rules.read:
                yield Finding(
                    f"nobody may read {entity.name}, so that nobody can {operation} one",
                    (*path, operation),
                    Part.KEY,
                    "add, under access: read: [owner]",
                )
        for one in rules.create:
            place: Path = (*path, "create", one.position)
            if rules.filled and not one.asks_identity:
                yield Finding(
                    f"who is not signed in has nothing that {quoted(rules.filled[0])} is filled "
                    "with",
                    place,
                    advice="write authenticated",
                )
            created = _as_created(one, rules)
            if rules.read and not any(read.allows_all_of(created) for read in rules.read):
                yield Finding(
                    "who creates one by this rule might not read it",
                    place,
                    advice="add to read: owner"
                    if rules.owner is not None
                    else "add to read what create asks for",
                )


def _as_created(one: Alternative, rules: AccessRules) -> Alternative:
    """What is known of who creates a document, and of that."""
    return Alternative(
        one.position,
        is_signed_in=one.asks_identity,
        is_owner=rules.owner is not None,
        is_member=rules.tenant is not None,
        roles=one.roles,
        where=one.where,
    )


def check_indexes(system: System) -> Iterator[Finding]:
    """Rules of reading that no query serves: lists would read what they may not show."""
    for entity, rules, path in _ruled(system):
        known = _told_of_all(entity)
        unfit = {one.name for one in entity.fields if one.access is not None or one.large}
        equal = [query.equal for query in visible_queries(entity)]
        for one in rules.read:
            fields = rules.compared(one)
            if not fields or any(serves(names, one, rules) for names in equal):
                continue
            if entity.has_key and set(entity.key) <= set(fields):
                continue  # there is one at most, which is found by its key
            where = {name for name, _ in one.where}
            if not known.issuperset(fields) or where & unfit:
                continue  # of which another rule speaks
            names = ", ".join(fields)
            if has_open_index(entity, fields):
                query = f"of{''.join(map(pascal_case, fields))}"
                message = (
                    f"no query of {entity.name} compares {names} for equality, as the rule does"
                )
                advice = f"add a query: {query}: {{by: [{names}]}}"
            else:
                start = f"it needs one that starts with {names}"
                message = f"no index of {entity.name} serves the rule: {start}"
                advice = f"add an index: {index_name(fields)}: [{names}]"
            yield Finding(message, (*path, "read", one.position), advice=advice)


def check_uniqueness(system: System) -> Iterator[Finding]:
    """Keys and unique fields whose refusal tells users of documents that they may not read."""
    for entity, rules, path in _ruled(system):
        own = rules.tenant or rules.owner
        if entity.has_key and own not in entity.key and _tells(rules.create, rules):
            yield Finding(
                f"who may not read a {entity.name} would learn of its key by creating one with it",
                ("entities", entity.name, "key"),
                advice=f"make it: key: [{', '.join((own, *entity.key))}]"
                if own is not None
                else "leave the key out: documents have IDs",
                related=(("users may create them", path),),
            )
        for position, unique in enumerate(entity.unique):
            if own in unique.fields:
                if not _tells(_straying(entity, rules), rules):
                    continue
                yield Finding(
                    f"who changes a {entity.name} of others would learn of values that are taken "
                    "there",
                    ("entities", entity.name, "unique", position),
                    advice="let rules of update ask for "
                    + ("owner" if rules.tenant is None else "tenant"),
                    related=(("users may change them", (*path, "update")),),
                )
            elif _tells((*rules.create, *rules.update), rules):
                yield Finding(
                    f"who may not read a {entity.name} would learn of its values by writing them",
                    ("entities", entity.name, "unique", position),
                    advice=f"make it unique within: [{', '.join((own, *unique.fields))}]"
                    if own is not None
                    else "remove it, or let everybody read them who writes them",
                    related=(("users may write them", path),),
                )


def _tells(writing: Policy, rules: AccessRules) -> bool:
    """Whether somebody who writes may not read all documents."""
    free = [one for one in rules.read if not rules.compared(one)]
    return any(not any(read.allows_all_of(one) for read in free) for one in writing)


def _straying(entity: Entity, rules: AccessRules) -> Policy:
    """By what users change documents that are neither their own nor of their tenant."""
    if not set(rules.filled).isdisjoint(entity.key):
        return ()  # they find none of others: the identity fills a part of the key
    return tuple(one for one in rules.update if not (one.is_owner or one.is_member))


def check_references(system: System) -> Iterator[Finding]:
    """References that tell users whether there is something, or let them change it."""
    ruled = {entity.name for entity, _, _ in _ruled(system)}
    for entity in system.entities:
        who, gives, deletes = _writers(entity)
        for link in entity.links:
            reference = link.reference
            if entity.rules is None and reference.entity not in ruled:
                continue
            options = {
                "check": ("learn of", gives and reference.is_checked),
                "touch": ("change", (gives or deletes) and reference.touch is not None),
                "onDelete": ("keep", gives and reference.on_delete is OnDelete.RESTRICT),
            }
            option = next((key for key, (_, is_used) in options.items() if is_used), None)
            if option is None:
                continue
            verb = options[option][0]
            place: Path = ("fields", link.fields[0]) if link.name is None else ("refs", link.name)
            yield Finding(
                f"by {quoted(option)}, {who} would {verb} a {reference.entity} that they may "
                "not read",
                ("entities", entity.name, *place, option),
                Part.KEY,
                f"remove {quoted(option)}, or let a function of your own write {entity.name}",
            )


def _writers(entity: Entity) -> tuple[str, bool, bool]:
    """Who writes documents without a deploy key: whether they give references, and delete them."""
    if entity.rules is not None:
        rules = entity.rules
        return "users", bool(rules.create or rules.update), bool(rules.delete)
    is_public = entity.access.write is Visibility.PUBLIC
    kinds = entity.functions
    return "strangers", is_public and (kinds.create or kinds.update), is_public and kinds.delete


def check_restricted_fields(system: System) -> Iterator[Finding]:
    """Fields with rules that others depend on, or that have nobody to ask."""
    for entity in system.entities:
        unique = {name for one in entity.unique for name in one.fields}
        for field, path in fields_of(entity):
            problem = None if field.access is None else _restriction_problem(entity, field, unique)
            if problem is not None:
                yield Finding(problem[0], (*path, "access"), Part.KEY, problem[1])


def _restriction_problem(
    entity: Entity, field: EntityField, unique: Set[str]
) -> tuple[str, str] | None:
    """What is wrong with the rules of a field, and what to do."""
    name = quoted(field.name)
    if entity.rules is None:
        return (
            f"{entity.name} has no rules for users, of whom some could see {name}",
            "add rules to the access of the entity, such as read: [authenticated]",
        )
    if field.name in entity.key:
        return f"{name} is of the key, which tells documents apart", "remove it"
    if field.name in unique:
        return f"{name} is unique: a refusal would tell its values", "remove it, or the entry"
    if field.name == entity.tag:
        return f"{name} tells what else a document has", "remove it"
    if field.rows or (field.large and entity.row_fields):
        return (
            f"{name} lies outside of the document, and would be read before it is left out",
            "remove it, or make an entity of its own of what not everybody sees",
        )
    if field.absent_last:
        return f"{name} would be told by what indexes have of it", 'remove "absent"'
    if field.optional or field.default is not None or field.is_read_only:
        return None
    return (
        f"{name} is always there, and who does not see it could create none",
        "make the field optional, or give it a default",
    )


def check_derived_fields(system: System) -> Iterator[Finding]:
    """Fields that follow from one that others see or write, of whom rules keep one alone."""
    for entity in system.entities:
        fields = {field.name: field for field in entity.fields}
        for field, path in fields_of(entity):
            source = _written(field, fields)
            if field.derived is None or field.access == source.access:
                continue
            if source.access is None:
                yield Finding(
                    f"the rules of {quoted(field.name)} keep nothing: it follows from "
                    f"{quoted(source.name)}, which has none",
                    (*path, "access"),
                    Part.KEY,
                    "give both the same access",
                )
            else:
                yield Finding(
                    f"{quoted(field.name)} would tell {quoted(source.name)}, which not everybody "
                    "sees",
                    (*path, "from"),
                    Part.KEY,
                    "give both the same access",
                )


def _written(field: EntityField, fields: Mapping[str, EntityField]) -> EntityField:
    """The field that a caller writes to give one its value: what it follows from, or itself."""
    return field if field.derived is None else fields.get(field.derived.field, field)


def check_names(system: System) -> Iterator[Finding]:
    """Queries that are called as something in the modules of the functions for users."""
    for entity, _, _ in _ruled(system):
        names = [
            *((query.name, "queries", query.implicit) for query in visible_queries(entity)),
            *((index.function, "searchIndexes", True) for index in visible_searches(entity)),
        ]
        for name, group, is_implicit in names:
            if name in _LOCAL_NAMES:
                place: Path = () if is_implicit else (group, name)
                yield Finding(
                    f"{quoted(name)} cannot be a function for users: their modules have the name",
                    ("entities", entity.name, *place),
                    Part.KEY,
                    "choose another name",
                )


def check_classes(system: System) -> Iterator[Finding]:
    """What is called as the classes and functions of clients for users."""
    ruled = [entity for entity in system.entities if entity.rules is not None]
    if not ruled:
        return
    taken = class_names(system)
    namespaces = {
        function_namespace(function.module): function for function in reversed(system.functions)
    }
    for entity in ruled:
        own = user_shapes(entity)
        counted = Counter(own)
        clash = next(
            (one for one in (*own, PAGE_OPTIONS) if one in taken or counted[one] > 1), None
        )
        taken |= set(own)
        if clash is not None:
            yield Finding(
                f"clients for users have a class {clash} of {entity.name}, and the spec another",
                ("entities", entity.name),
                Part.KEY,
                "rename what is called so",
            )
        function = namespaces.get(function_namespace(user_module(entity)))
        if function is not None and function.module != user_module(entity):
            yield Finding(
                f"the functions for users of {entity.name} have the same place in clients as those "
                f"of {quoted(function.module)}",
                ("functions", function.path),
                Part.KEY,
                "put functions of your own into another module",
            )
    for entity in system.entities:
        attribute = python_identifier(entity.module)
        if attribute in {"as_user", "functions"} or camel_case(entity.module) == "asUser":
            yield Finding(
                f"the storages have {attribute} already, for users",
                module_path(entity),
                advice="choose another name, or name its functions and store by module",
            )


def check_members(system: System) -> Iterator[Finding]:
    """Members that no index finds, or of whom several are one user."""
    members = system.identity.members
    if members is None:
        return
    path: Path = ("identity", "members")
    entities = {entity.name: entity for entity in system.entities}
    entity = entities.get(members.entity)
    if entity is None:
        yield Finding(
            f"there is no entity {quoted(members.entity)}",
            (*path, "entity"),
            advice=did_you_mean(members.entity, entities),
        )
        return
    fields = {field.name: field for field in entity.shared_fields}
    for key, name, place in (
        ("by", members.field, (*path, "by")),
        ("tenant", system.identity.tenant, ("identity", "tenant")),
        ("roles", system.identity.roles, ("identity", "roles")),
    ):
        field = None if name is None else fields.get(name)
        if name is not None and field is None:
            yield Finding(
                f"{entity.name} has no field {quoted(name)}",
                place,
                advice=did_you_mean(name, fields),
            )
        elif field is not None and key == "by" and not isinstance(bare(field.type), StringType):
            yield Finding("a subject is text", place, advice="make the type of the field string")
    unique = [entity.key, *(one.fields for one in entity.unique)]
    if members.field in fields and (members.field,) not in unique:
        yield Finding(
            f"several {entity.name} may have the same {quoted(members.field)}, and a user is one",
            (*path, "by"),
            advice=f"add to {entity.name}: unique: [{members.field}]",
        )


def check_rights(system: System) -> Iterator[Finding]:
    """Members that users write, who would give themselves rights."""
    members, identity = system.identity.members, system.identity
    entity = next((one for one in system.entities if members and one.name == members.entity), None)
    if entity is None or members is None:
        return
    rules = entity.rules
    if rules is None:
        if entity.access.write is Visibility.PUBLIC and entity.functions.write:
            yield Finding(
                f"anybody would give himself rights: a {entity.name} says what users may do",
                ("entities", entity.name, "access"),
                Part.KEY,
                "let the deploy key alone write them, or rules",
            )
        return
    fields = {field.name: field for field in entity.fields}
    changeable = {field.name for field in entity.changeable_fields}
    for name in (identity.tenant, identity.roles, members.field):
        field = None if name is None else fields.get(name)
        if field is None or field.name in rules.filled:
            continue
        written = _written(field, fields)
        writing = (*rules.create, *rules.update)
        taken = f"give themselves another {quoted(field.name)}"
        advice = "give the field access: {role: admin}, or let a role alone write them"
        if field.name == members.field:
            writing = rules.update if written.name in changeable else ()
            taken = f"take the rights of another user by {quoted(field.name)}"
            advice = "make it the owner, which the identity fills, or let a role alone change them"
        # Both have to allow: whoever is not asked for a role by either may write the field.
        open_to = written.access if written.access is not None else (Alternative(0),)
        if any(not one.roles for one in writing) and any(not one.roles for one in open_to):
            yield Finding(
                f"users would {taken}: they write documents of members by rules that ask for no "
                "role",
                ("entities", entity.name, "fields", field.name),
                Part.KEY,
                advice,
            )


RULES = (
    Rule("access-rule", check_filled_fields),
    Rule("access-rule", check_subjects),
    Rule("access-rule", check_values),
    Rule("access-rule", check_reads),
    Rule("no-index-for-rule", check_indexes),
    Rule("access-leak", check_uniqueness),
    Rule("access-leak", check_references),
    Rule("access-leak", check_restricted_fields),
    Rule("access-leak", check_derived_fields),
    Rule("reserved-name", check_names),
    Rule("colliding-name", check_classes),
    Rule("access-rule", check_members),
    Rule("access-leak", check_rights),
)
