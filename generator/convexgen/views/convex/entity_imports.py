"""What the module of an entity imports."""

from __future__ import annotations

from convexgen.facts.expressions import Expression
from convexgen.model.entities import Entity, Visibility
from convexgen.model.fields import Merge
from convexgen.model.system import System
from convexgen.model.types import JsonType
from convexgen.views.convex import storing
from convexgen.views.convex.comparing import range_imports
from convexgen.views.convex.declarations import registrar
from convexgen.views.convex.library import generated_folder
from convexgen.views.convex.references import cascading, child_imports, touching
from convexgen.views.convex.searching import search_imports
from convexgen.views.convex.typescript import imports
from convexgen.views.convex.updating import UpdateView
from convexgen.views.convex.validators import key_type, shapes_in_all
from convexgen.views.convex.variants import handles_any_field
from convexgen.views.convex.writing import defaulted, immutable, own_fields


def entity_imports(
    entity: Entity, system: System, checks: Expression | None, update: UpdateView | None
) -> str:
    """The imports, by what they are from: packages, then modules of the project."""
    fields = entity.fields
    generated = generated_folder(system.convex)
    children = system.deleted_with(entity)
    parents = cascading(entity)
    keys = [field.type for field in (*parents, *touching(entity))]
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
    if handles_any_field(entity):
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
    documents = {"findEvery", "holdsExactly", "MAX_SAME_KEY", "only", "written"}
    large = storing.imports_of_large(entity, has_update=update is not None)
    if not large:
        documents |= {"requireFitting"}
    if immutable(entity):
        documents |= {"findChange"}
    if update:
        documents |= {"findMismatch"}
        if any(field.optional for field in entity.changeable_fields):
            documents |= {"removal"}
    if entity.unique:
        documents |= {"hasAll"}
    if entity.unique or touching(entity):
        documents |= {"type SomeOf"}
    server = {registrar("query", entity.access.read), registrar("mutation", entity.access.write)}
    if entity.vector_indexes:
        server |= {registrar("action", entity.access.read), "internalQuery"}
    groups: list[list[str]] = [
        [
            imports("convex/server", ["paginationOptsValidator", "paginationResultValidator"]),
            imports("convex/values", ["type Infer", "type ObjectType", "v"]),
        ],
        [
            *([imports(f"{generated}/api.js", ["internal"])] if entity.vector_indexes else []),
            *([imports(f"{generated}/dataModel.js", model, types_only=True)] if model else []),
            imports(f"{generated}/server.js", {*server, "type MutationCtx", "type QueryCtx"}),
            *child_imports(entity, children),
            *(
                [imports("./lib/access.js", ["requireAccess"])]
                if Visibility.PUBLIC in kinds
                else []
            ),
            *([imports("./lib/checks.js", checks.imports)] if checks else []),
            imports("./lib/deletion.js", deletion),
            imports("./lib/documents.js", documents | (merges - {"mergeJson"})),
            imports(
                "./lib/errors.js",
                [
                    "alreadyExists",
                    "ofItem",
                    *(["conflict", "notFound"] if update else []),
                    *(["taken"] if entity.unique else []),
                    *(["unchangeable"] if immutable(entity) else []),
                ],
            ),
            *([imports("./lib/json.js", ["mergeJson"])] if "mergeJson" in merges else []),
            *([imports("./lib/large.js", large)] if large else []),
            imports("./lib/ranges.js", {"order", "paging", *range_imports(entity)}),
            *([imports("./lib/search.js", searching)] if searching else []),
            *([imports("./lib/variants.js", ["requireOwn"])] if update and entity.variants else []),
            imports("./schema.js", shapes, default="schema"),
        ],
    ]
    return "\n\n".join("\n".join(group) for group in groups)


def _names_documents(entity: Entity) -> bool:
    """Whether the module names the type of its documents."""
    if entity.variants:
        return bool(entity.changeable_fields)
    return bool(touching(entity) or entity.unique)
