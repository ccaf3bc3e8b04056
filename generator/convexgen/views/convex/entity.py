"""The view of the module of an entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.model.system import (
    Direction,
    Entity,
    EntityField,
    Merge,
    Query,
    Setter,
    System,
    Visibility,
)
from convexgen.model.types import JsonType
from convexgen.naming import camel_case, pascal_case
from convexgen.views.convex import storing, writing
from convexgen.views.convex.declarations import opening, registrar, requirement
from convexgen.views.convex.library import generated_folder
from convexgen.views.convex.searching import (
    NearestView,
    SearchView,
    get_documents,
    search_imports,
    view_nearest,
    view_search,
)
from convexgen.views.convex.typescript import (
    array,
    assignment,
    block_opening,
    call,
    call_with_arrow,
    call_with_object,
    comment,
    conditional,
    entry,
    equal,
    imports,
    is_not,
    member_chain,
    object_literal,
    statement,
    string,
)
from convexgen.views.convex.uniqueness import UniqueView, changes_unique, view_unique
from convexgen.views.convex.validators import (
    Check,
    entity_check,
    key_type,
    literals,
    present,
    shapes_in_all,
)
from convexgen.views.convex.writing import (
    defaulted,
    defaults,
    functions,
    given,
    input_validator,
    own_fields,
    set_by,
    stored,
    without,
)
from convexgen.views.layout import SOFT_LINE, Document, Group, Indent, Line, bracketed


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query that an index serves."""

    comment: str
    opening: str
    margin: str
    arguments: tuple[str, ...]
    require_read: str
    body: str


@dataclass(frozen=True, slots=True)
class UpdateView:
    """The update of some fields; an entity without any but its key has none."""

    changes: str
    check_set: str | None
    """The check of what it sets; None where there is nothing to check, or it comes later."""
    expected: str
    throw_not_found: str
    mismatch: str
    throw_conflict: str
    check_variant: str | None
    """The check of what it sets, against the variant of the document; None where there is none."""
    merges: tuple[str, ...]
    changed: str | None
    """What the entity is like with the changes; None where nothing needs to know."""
    patch: str
    return_written: str


@dataclass(frozen=True, slots=True)
class CascadeView:
    """A deletion of this entity that deletes others first."""

    call_by_key: str
    call_by_document: str


@dataclass(frozen=True, slots=True)
class ParentView:
    """The function by which an entity referred to deletes this one."""

    comment: str
    signature: str
    batch: str
    admit: str | None
    delete: str


@dataclass(frozen=True, slots=True)
class TouchView:
    """A timestamp of an entity referred to that each write sets."""

    new_set: str
    add: str
    loop: str
    find: str
    patch: str


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the module of an entity prints."""

    header: str
    imports: str
    query: str
    mutation: str
    require_read: str
    require_write: str
    document: str
    variants: str | None
    input: str
    key: str
    all_fields: str | None
    """The fields of all variants; None where there are none, or nothing needs to know."""
    optional_fields: str | None
    checks: str | None
    set_by_backend: str | None
    defaults: str | None
    immutable: str | None
    find_change: str
    throw_changed: str
    holds: str
    read_one: str
    read_many: str
    list: str
    queries: tuple[QueryView, ...]
    searches: tuple[SearchView, ...]
    nearest: tuple[NearestView, ...]
    document_ids: str
    get_documents: str
    unique: tuple[UniqueView, ...]
    one_argument: str
    many_arguments: str
    given_one: str
    given_many: str
    throw_already_exists: str
    return_written: str
    update: UpdateView | None
    remove_comment: str
    find: str
    insert: str
    replace: str
    admit_existing: str | None
    delete_existing: str
    clear: str
    cascades: tuple[CascadeView, ...]
    parents: tuple[ParentView, ...]
    functions: tuple[str, ...]
    """Those that tell variants apart."""
    touches: tuple[TouchView, ...]
    add_touches_signature: str


def view_entity(entity: Entity, system: System, header: str) -> EntityView:
    """The view of the module of an entity."""
    argument = camel_case(entity.name)
    update = _update(entity, system)
    checks = entity_check(entity, system)
    optional = [field.name for field in entity.fields if field.optional]
    set_by_backend = set_by(entity.fields, *Setter)
    children = system.deleted_with(entity)
    references = [field for field in entity.fields if field.reference is not None]
    parents = [field for field in references if field.reference and field.reference.cascade]
    touches = [field for field in references if field.reference and field.reference.touch]
    return EntityView(
        header=header,
        imports=_imports(entity, system, checks, update),
        query=registrar("query", entity.access.read),
        mutation=registrar("mutation", entity.access.write),
        require_read=requirement(entity, "read", entity.access.read),
        require_write=requirement(entity, "write", entity.access.write),
        document=_constant("document", call("schema.doc", [string(entity.table)])),
        variants=_variants(entity),
        input=_constant("input", input_validator(entity, system)),
        key=_constant("key", object_literal(_properties(entity, entity.key, system))),
        all_fields=_all_fields(entity, system),
        optional_fields=_constant("optionalField", literals(optional)) if optional else None,
        checks=_constant("check", checks.expression) if checks else None,
        set_by_backend=_constant("setByBackend", array([string(name) for name in set_by_backend]))
        if set_by_backend
        else None,
        defaults=defaults(entity),
        immutable=_constant("immutable", array([string(name) for name in _immutable(entity)]))
        if _immutable(entity)
        else None,
        find_change=storing.find_change(entity, given(entity)),
        throw_changed=_failure(2, "unchangeable", entity, "given", "changed"),
        holds=storing.return_if_held(entity, given(entity), bool(set_by_backend)),
        read_one=storing.read_one(entity),
        read_many=storing.read_many(entity),
        list=storing.read_page(entity, 2, ['.order(args.order ?? "asc")']),
        queries=tuple(_query(query, entity, system) for query in entity.queries),
        searches=tuple(view_search(index, entity, system) for index in entity.search_indexes),
        nearest=tuple(view_nearest(index, entity, system) for index in entity.vector_indexes),
        document_ids=statement(
            1, "args: ", object_literal([f"ids: v.array(v.id({string(entity.table)}))"]), ","
        ),
        get_documents=get_documents(entity),
        unique=tuple(view_unique(one, entity, _some_fields(entity)) for one in entity.unique),
        one_argument=_arguments(argument, "input"),
        many_arguments=_arguments(f"{argument}s", "v.array(input)"),
        given_one=statement(2, assignment("const given", f"args.{argument}")),
        given_many=statement(2, assignment("const given", f"args.{argument}s")),
        throw_already_exists=_failure(3, "alreadyExists", entity, "given"),
        return_written=storing.return_written(entity, "id", "given"),
        update=update,
        remove_comment=_remove_comment(bool(children)),
        find=_found_by_key(entity),
        insert=storing.insert(entity, stored(entity, is_new=True)),
        replace=storing.replace(entity, stored(entity, is_new=False)),
        admit_existing=storing.admit(1, entity, "existing"),
        delete_existing=storing.delete(1, entity, "existing"),
        clear=_clear(entity),
        cascades=tuple(_cascade(child, field, entity) for child, field in children),
        parents=tuple(_parent(field, entity, system) for field in parents),
        functions=functions(entity),
        touches=tuple(_touch(field, system) for field in touches),
        add_touches_signature=_add_touches_signature(entity),
    )


def _constant(name: str, value: Document) -> str:
    return statement(0, assignment(f"const {name}", value))


def _properties(entity: Entity, names: Sequence[str], system: System) -> list[Document]:
    return [entry(name, present(entity.field(name), system)) for name in names]


def _immutable(entity: Entity) -> list[str]:
    return [field.name for field in entity.fields if field.immutable]


def _query_on(entity: Entity) -> Document:
    return call(".query", [string(entity.table)])


def _query(query: Query, entity: Entity, system: System) -> QueryView:
    start = opening(query.name, "query", entity.access.read)
    level = start.level
    arguments = [
        statement(level, entry(name, present(entity.field(name), system))) for name in query.equal
    ]
    range_: Document = equal(query.equal, "args")
    if query.range is not None:
        bound = present(entity.field(query.range), system)
        arguments.append(statement(level, entry(query.range, call("bounds", [bound]))))
        range_ = call("within", [range_, string(query.range), f"args.{query.range}"])
    order = f'.order(args.order ?? "{query.order.value}")'
    return QueryView(
        comment(query.description or _query_description(query)),
        start.text,
        start.margin,
        tuple(arguments),
        requirement(entity, "read", entity.access.read, level),
        storing.read_page(
            entity,
            level,
            [call_with_arrow(".withIndex", string(query.index), "q", range_), order],
        ),
    )


def _query_description(query: Query) -> str | None:
    if query.order is Direction.DESCENDING:
        return "Descending where no order is given."
    return None


def _arguments(name: str, validator: str) -> str:
    return statement(1, "args: ", object_literal([f"{name}: {validator}"]), ",")


def _failure(level: int, function: str, entity: Entity, *arguments: str) -> str:
    return statement(level, "throw ", call(function, [string(entity.name), "key", *arguments]), ";")


def _fixed(entity: Entity) -> list[str]:
    """The fields that no update changes, each once."""
    set_by_backend = set_by(entity.fields, *Setter)
    tag = [] if entity.tag is None else [entity.tag]
    return list(dict.fromkeys([*entity.key, *tag, *set_by_backend, *_immutable(entity)]))


def _changes_unique(entity: Entity) -> bool:
    """Whether an update may change what is unique."""
    return any(changes_unique(unique, entity) for unique in entity.unique)


def _some_fields(entity: Entity) -> Document:
    """The type of some fields of a document."""
    if entity.variants:
        return "AllFields"
    return Group(("Partial<", Indent((SOFT_LINE, f"Doc<{string(entity.table)}>")), SOFT_LINE, ">"))


def _variants(entity: Entity) -> str | None:
    """The validators of the variants, where something names them."""
    named = entity.changeable_fields or writing.changes_some(entity)
    if not entity.variants or not named:
        return None
    return _constant("variants", f"schema.tables.{entity.table}.validator.members")


def _all_fields(entity: Entity, system: System) -> str | None:
    """The fields of all variants with their type, where something handles any of them."""
    if not _handles_any_field(entity):
        return None
    properties: list[Document] = [
        entry("_id", f"v.optional(v.id({string(entity.table)}))"),
        entry("_creationTime", "v.optional(v.number())"),
        *(entry(one.name, call("v.optional", [present(one, system)])) for one in entity.fields),
    ]
    validator = ("v.object(", object_literal(properties, broken=True), ")")
    return f"{_constant('allFields', validator)}\n\ntype AllFields = Infer<typeof allFields>;"


def _handles_any_field(entity: Entity) -> bool:
    """Whether an entity has variants, and functions that handle fields of all of them."""
    return bool(entity.variants) and bool(
        entity.changeable_fields
        or entity.unique
        or any(field.reference and field.reference.touch for field in entity.fields)
        or set_by(own_fields(entity), *Setter)
    )


def _changes(entity: Entity) -> str:
    if not entity.variants:
        validator = f"schema.tables.{entity.table}.validator"
        return _constant("changes", without(validator, _fixed(entity), [".partial()"]))
    fixed = ["_id", "_creationTime", *_fixed(entity)]
    return _constant("changes", without("allFields", fixed, []))


def _check_variant(entity: Entity, has_checks: bool) -> str | None:
    """What tells whether a document of its variant can be what an update makes of it."""
    if entity.tag is None:
        return None
    own = call("requireOwn", ["ctx", "variants", string(entity.tag), "existing", "args"])
    lines = [statement(2, own, ";")]
    if has_checks:
        value = object_literal(["...args.set", f"{entity.tag}: existing.{entity.tag}"])
        lines.append(statement(2, call("check", [value, '""']), ";"))
    return "\n".join(lines)


def _set_on_write(entity: Entity) -> list[Document]:
    """The timestamps that an update sets, of variants only where the document is one of them."""
    properties: list[Document] = [
        entry(name, "Date.now()") for name in set_by(entity.shared_fields, Setter.ON_WRITE)
    ]
    for name in dict.fromkeys(set_by(own_fields(entity), Setter.ON_WRITE)):
        tags = [
            string(value)
            for variant in entity.variants
            if any(field.name == name for field in variant.fields)
            for value in variant.values
        ]
        is_own = (array(tags), call(".includes", [f"existing.{entity.tag}"]))
        properties.append(("...(", is_own, " && ", object_literal([f"{name}: Date.now()"]), ")"))
    return properties


def _update(entity: Entity, system: System) -> UpdateView | None:
    changed = entity.changeable_fields
    if not changed:
        return None
    checks = entity_check(entity, system) is not None
    source = "current" if entity.variants else "existing"
    merges = [_merge(field, source) for field in changed if field.merge is not Merge.REPLACE]
    if merges and entity.variants:
        merges.insert(0, statement(2, "const current: AllFields = existing;"))
    properties: list[Document] = ["...set" if merges else "...args.set"]
    if any(field.optional for field in changed):
        properties.append("...removal(args.unset)")
    after = object_literal(["...existing", *properties])
    properties.extend(_set_on_write(entity))
    not_found = call("notFound", [string(entity.name), "key", "args"])
    return UpdateView(
        changes=_changes(entity),
        check_set=statement(2, 'check(args.set, "");') if checks and not entity.variants else None,
        expected="allFields" if entity.variants else "document.partial()",
        throw_not_found=statement(2, conditional("existing === null", ("throw ", not_found, ";"))),
        mismatch=storing.find_mismatch(entity, any(field.optional for field in entity.fields)),
        throw_conflict=_failure(3, "conflict", entity, "args", "mismatch"),
        check_variant=_check_variant(entity, checks),
        merges=tuple(merges),
        changed=statement(2, assignment("const changed", after))
        if _changes_unique(entity)
        else None,
        patch=storing.patch(entity, properties),
        return_written=storing.return_changed(entity),
    )


def _merge(field: EntityField, source: str) -> str:
    function = "mergeJson" if isinstance(field.type, JsonType) else "mergeObjects"
    change = f"set.{field.name}"
    arguments = [f"{source}.{field.name}", change, string(field.merge.value)]
    opening = statement(2, block_opening("if", is_not(change, "undefined")))
    merged = statement(3, assignment(change, call(function, arguments)))
    return f"{opening}\n{merged}\n    }}"


def _found_by_key(entity: Entity) -> str:
    range_ = call_with_arrow(".withIndex", string(entity.key_index), "q", equal(entity.key, "key"))
    return statement(
        1, "return await ", member_chain("ctx.db", [_query_on(entity), range_, ".unique()"]), ";"
    )


def _clear(entity: Entity) -> str:
    return statement(2, "return await ", call("clearTable", ["ctx", string(entity.table)]), ";")


def _removal_function(field: EntityField) -> str:
    return f"removeBy{pascal_case(field.name)}"


def _child_removal(child: Entity, field: EntityField, entity: Entity) -> str:
    """The name under which the module of an entity knows the removal of its children."""
    function = _removal_function(field)
    return function if child is entity else f"{function}From{pascal_case(child.table)}"


def _cascade(child: Entity, field: EntityField, entity: Entity) -> CascadeView:
    function = _child_removal(child, field, entity)
    (key,) = entity.key

    def opening(level: int, source: str) -> str:
        removal = call(function, ["ctx", f"{source}.{key}", "budget"])
        return statement(level, block_opening("if", ("!(await ", removal, ")")))

    return CascadeView(opening(1, "key"), opening(2, "one"))


def _index_starting_with(field: EntityField, entity: Entity) -> str:
    return next(index.name for index in entity.indexes if index.fields[0] == field.name)


def _parent(field: EntityField, entity: Entity, system: System) -> ParentView:
    index = string(_index_starting_with(field, entity))
    range_ = call_with_arrow(".withIndex", index, "q", call("q.eq", [string(field.name), "value"]))
    has_children = bool(system.deleted_with(entity))
    taken = f".take({'above + 1' if has_children else storing.batch_size(entity)})"
    level = 2 if has_children else 3
    batch = member_chain("ctx.db", [_query_on(entity), range_, taken])
    parameters: list[Document] = [
        "ctx: MutationCtx",
        f"value: {key_type(field.type, system)}",
        "budget: DeletionBudget",
    ]
    signature = bracketed(
        f"export async function {_removal_function(field)}(",
        parameters,
        "): Promise<boolean> {",
        broken=True,
    )
    return ParentView(
        comment("Deletes all that have this value, or as many as the budget allows: then false.")[
            :-1
        ],
        statement(0, signature),
        statement(2, "const batch = await ", batch, ";"),
        storing.admit(level, entity, "one"),
        storing.delete(level, entity, "one"),
    )


def _touch(field: EntityField, system: System) -> TouchView:
    reference = field.reference
    if reference is None or reference.touch is None:
        raise ValueError(f"{field.name} touches nothing")
    target = system.entity(reference.entity)
    (key,) = target.key
    source = f"source.{field.name}"
    guard: Document = is_not(source, "undefined")
    if field.nullable:
        guard = (guard, " &&", Line(), is_not(source, "null"))
    range_ = call_with_arrow(
        ".withIndex", string(target.key_index), "q", call("q.eq", [string(key), "value"])
    )
    found = member_chain("ctx.db", [_query_on(target), range_, ".unique()"])
    patch = call_with_object(
        "ctx.db.patch",
        [string(target.table), "existing._id"],
        [entry(reference.touch, "Date.now()")],
    )
    values = f"touched.{field.name}"
    return TouchView(
        new_set=statement(2, entry(field.name, f"new Set<{key_type(field.type, system)}>()")),
        add=statement(1, conditional(guard, (call(f"{values}.add", [source]), ";"))),
        loop=statement(1, f"for (const value of {values}) {{"),
        find=statement(2, "const existing = await ", found, ";"),
        patch=statement(3, "await ", patch, ";"),
    )


def _add_touches_signature(entity: Entity) -> str:
    parameters: list[Document] = ["touched: Touches", ("source: ", _some_fields(entity))]
    return statement(0, bracketed("function addTouches(", parameters, ") {"))


def _imports(
    entity: Entity, system: System, checks: Check | None, update: UpdateView | None
) -> str:
    fields = entity.fields
    generated = generated_folder(system.convex)
    children = system.deleted_with(entity)
    parents = [field for field in fields if field.reference and field.reference.cascade]
    touching = [field for field in fields if field.reference and field.reference.touch]
    keys = [field.type for field in (*parents, *touching)]
    searching = search_imports(entity)
    names = {key_type(type_, system) for type_ in keys}
    kinds = {entity.access.read, entity.access.write}
    arguments = [*entity.key, *(name for query in entity.queries for name in query.equal)]
    arguments += [query.range for query in entity.queries if query.range is not None]
    arguments += [name for index in entity.search_indexes for name in index.filters]
    arguments += [name for index in entity.vector_indexes for name in index.filters]
    shapes = shapes_in_all([entity.field(name).type for name in arguments])
    given_types = [one.type for one in defaulted((*entity.shared_fields, *own_fields(entity)))]
    shapes |= shapes_in_all(given_types)
    if _handles_any_field(entity):
        shapes |= shapes_in_all([field.type for field in fields])
    shapes |= shapes_in_all([type_ for type_ in keys if "typeof" in key_type(type_, system)])
    model = [
        *(["Doc"] if _names_documents(entity) else []),
        *(["Id"] if entity.unique or any(name.startswith("Id<") for name in names) else []),
    ]
    deletion = {"clearance", "clearTable", "deletion", "DeletionBudget"}
    deletion |= {"BATCH_SIZE"} if parents and not (children or entity.large_fields) else set()
    merges = {
        "mergeJson" if isinstance(field.type, JsonType) else "mergeObjects"
        for field in fields
        if field.merge is not Merge.REPLACE
    }
    documents = {"findEvery", "holdsExactly", "written"}
    large = storing.imports_of_large(entity, has_update=update is not None)
    if not large:
        documents |= {"requireFitting"}
    if _immutable(entity):
        documents |= {"findChange"}
    if update:
        documents |= {"findMismatch"}
        if any(field.optional for field in fields):
            documents |= {"removal"}
    if entity.unique:
        documents |= {"hasAll"}
    server = {registrar("query", entity.access.read), registrar("mutation", entity.access.write)}
    if entity.vector_indexes:
        server |= {registrar("action", entity.access.read), "internalQuery"}
    groups: list[list[str]] = [
        [
            imports("convex/server", ["paginationOptsValidator", "paginationResultValidator"]),
            imports("convex/values", ["type Infer", "type ObjectType", "v"]),
        ],
        [
            *([imports(f"{generated}/api", ["internal"])] if entity.vector_indexes else []),
            *([imports(f"{generated}/dataModel", model, types_only=True)] if model else []),
            imports(f"{generated}/server", {*server, "type MutationCtx", "type QueryCtx"}),
            *_child_imports(entity, children),
            *([imports("./lib/access", ["requireAccess"])] if Visibility.PUBLIC in kinds else []),
            *([imports("./lib/checks", checks.imports)] if checks else []),
            imports("./lib/deletion", deletion),
            imports("./lib/documents", documents | (merges - {"mergeJson"})),
            imports(
                "./lib/errors",
                [
                    "alreadyExists",
                    *(["conflict", "notFound"] if update else []),
                    *(["taken"] if entity.unique else []),
                    *(["unchangeable"] if _immutable(entity) else []),
                ],
            ),
            *([imports("./lib/json", ["mergeJson"])] if "mergeJson" in merges else []),
            *([imports("./lib/large", large)] if large else []),
            imports("./lib/ranges", _range_imports(entity)),
            *([imports("./lib/search", searching)] if searching else []),
            *([imports("./lib/variants", ["requireOwn"])] if update and entity.variants else []),
            imports("./schema", shapes, default="schema"),
        ],
    ]
    return "\n\n".join("\n".join(group) for group in groups)


def _names_documents(entity: Entity) -> bool:
    """Whether the module names the type of its documents."""
    if entity.variants:
        return bool(entity.changeable_fields)
    touching = any(field.reference and field.reference.touch for field in entity.fields)
    return touching or bool(entity.unique)


def _range_imports(entity: Entity) -> list[str]:
    if any(query.range is not None for query in entity.queries):
        return ["bounds", "order", "paging", "within"]
    return ["order", "paging"]


def _child_imports(entity: Entity, children: Sequence[tuple[Entity, EntityField]]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for child, field in children:
        if child is not entity:
            name = f"{_removal_function(field)} as {_child_removal(child, field, entity)}"
            modules.setdefault(child.table, []).append(name)
    return [imports(f"./{module}", names) for module, names in sorted(modules.items())]


def _remove_comment(has_children: bool) -> str:
    if has_children:
        return "Deletes what refers to it first: where it is not done, call it again."
    return "Answers whether it was there."
