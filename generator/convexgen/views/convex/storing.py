"""How the functions of an entity read and write its documents.

An entity with large fields has documents whose values may lie in chunks: what it reads it makes
whole, what it writes it splits, by `lib/large.ts`.
"""

from __future__ import annotations

from collections.abc import Sequence

from convexgen.model.entities import Entity
from convexgen.views.convex.typescript import (
    array,
    assignment,
    block_opening,
    call,
    call_with_arrow,
    call_with_object,
    conditional,
    equal,
    member_chain,
    object_literal,
    statement,
    string,
)
from convexgen.views.layout import Document


def query_on(entity: Entity) -> Document:
    """The call that starts a query of the table."""
    return call(".query", [string(entity.table)])


def find(entity: Entity) -> str:
    """The document with a key, as it is stored, or null."""
    range_ = call_with_arrow(".withIndex", string(entity.key_index), "q", equal(entity.key, "key"))
    return _lines(
        statement(1, "const found = await ", found_with_key(entity, range_), ";"),
        statement(1, "return ", only(entity, "key"), ";"),
    )


def found_with_key(entity: Entity, range_: Document) -> Document:
    """The documents with a key, of which there is one unless others than these functions wrote."""
    return member_chain("ctx.db", [query_on(entity), range_, ".take(MAX_SAME_KEY)"])


def only(entity: Entity, given: Document) -> Document:
    """The one document found with a key, or null."""
    names = array([string(name) for name in entity.key])
    return call("only", [string(entity.name), names, given, "found"])


def clear(entity: Entity) -> str:
    """The removal of all documents, or of as many as one call can remove."""
    return statement(2, "return await ", call("clearTable", ["ctx", string(entity.table)]), ";")


def read_one(entity: Entity) -> str:
    """The document with a key, or null."""
    if not _large(entity):
        return statement(2, "return await find(ctx, args);")
    return _lines(
        statement(2, "const found = await find(ctx, args);"),
        statement(2, "if (found === null) return null;"),
        statement(2, "return await ", _whole(entity, "found"), ";"),
    )


def read_many(entity: Entity) -> str:
    """The documents with some keys, or null."""
    return read_all(
        entity, 2, call_with_arrow("findEvery", "args.keys", "key", call("find", ["ctx", "key"]))
    )


def read_all(entity: Entity, level: int, found: Document) -> str:
    """All documents, or nulls, that are found."""
    if not _large(entity):
        return statement(level, "return await ", found, ";")
    return _lines(
        statement(level, assignment("const found", ("await ", found))),
        statement(level, "return await ", _call("allWhole", entity, "found"), ";"),
    )


def read_page(entity: Entity, level: int, calls: Sequence[Document]) -> str:
    """A page of what a chain of calls on the database finds."""
    paginated = [*calls, ".paginate(paging(args.paginationOpts))"]
    found = member_chain("ctx.db", [query_on(entity), *paginated])
    if not _large(entity):
        return statement(level, "return await ", found, ";")
    page = ("await ", _call("allWhole", entity, "found.page"))
    return _lines(
        statement(level, "const found = await ", found, ";"),
        statement(level, assignment("const page", page)),
        statement(level, "return { ...found, page };"),
    )


def return_written(entity: Entity, id_: str, known: str) -> str:
    """Return a document that the transaction wrote; `known` has its large values whole."""
    found = ("await ", call("ctx.db.get", [string(entity.table), id_]))
    written = call("written", [found])
    if not _large(entity):
        return statement(2, "return ", written, ";")
    return _lines(
        statement(2, assignment("const saved", written)),
        statement(2, "return await ", _whole(entity, "saved", known), ";"),
    )


def return_changed(entity: Entity) -> str:
    """Return a document after an update, whose caller gave what it expects and what it sets."""
    returned = return_written(entity, "existing._id", "known")
    if not _large(entity):
        return returned
    return _lines(statement(2, "const known = { ...expected, ...args.set };"), returned)


def insert(entity: Entity, made: Document | None) -> str:
    """Insert what is made of the given, or just that; the statements begin at level 2."""
    prepared, stored = _prepared(2, entity, made)
    inserted = call("ctx.db.insert", [string(entity.table), stored])
    return _lines(prepared, statement(2, "return await ", inserted, ";"))


def replace(entity: Entity, made: Document | None) -> str:
    """Replace a document, as `insert`."""
    prepared, stored = _prepared(1, entity, made)
    replaced = call("ctx.db.replace", [string(entity.table), "existing._id", stored])
    return _lines(
        prepared,
        statement(1, "await ", replaced, ";"),
        *([statement(1, "await ", _discard(entity, "existing"), ";")] if _large(entity) else []),
    )


def _prepared(level: int, entity: Entity, made: Document | None) -> tuple[str, str]:
    """The statements that make what is stored of what is given, and its name."""
    if _large(entity):
        divided = call("split", ["ctx", string(entity.table), made or "given", "path"])
        return statement(level, assignment("const stored", ("await ", divided))), "stored"
    lines = [statement(level, assignment("const stored", made))] if made else []
    name = "stored" if made else "given"
    return _lines(*lines, statement(level, call("requireFitting", [name, "path"]), ";")), name


def patch(entity: Entity, properties: Sequence[Document]) -> str:
    """Change some fields of a document."""
    changes = statement(2, assignment("const patch", object_literal(properties)))

    def patched(stored: str) -> str:
        # That it fits the variant of the document is checked, which its type does not show.
        known = f" as Partial<Doc<{string(entity.table)}>>" if entity.variants else ""
        arguments = [string(entity.table), "existing._id", f"{stored}{known}"]
        return statement(2, "await ", call("ctx.db.patch", arguments), ";")

    if not _large(entity):
        fitting = statement(2, 'requireFitting({ ...existing, ...patch }, "");')
        return _lines(changes, fitting, patched("patch"))
    divided = ("await ", _call("split", entity, "patch", '""', "existing"))
    discarded = call_with_object("discard", ["ctx", string(entity.table), "existing"], ["patch"])
    return _lines(
        changes,
        statement(2, assignment("const stored", divided)),
        patched("stored"),
        statement(2, "await ", discarded, ";"),
    )


def batch_size(entity: Entity) -> str:
    """How many documents to read at once while deleting."""
    return "1" if _large(entity) else "BATCH_SIZE"


def admit(level: int, entity: Entity, variable: str) -> str | None:
    """The head of what happens where a document is too much to be deleted as well."""
    if not _large(entity):
        return None
    size = call("wholeSize", [string(entity.table), variable])
    return statement(level, block_opening("if", ("!", call("budget.admits", [size]))))


def delete(level: int, entity: Entity, variable: str) -> str:
    """Delete a document with its chunks."""
    deleted = call("ctx.db.delete", [string(entity.table), f"{variable}._id"])
    lines = [statement(level, "await ", deleted, ";")]
    if _large(entity):
        discarded = call_with_object("discard", ["ctx", string(entity.table), variable], ["budget"])
        lines.append(statement(level, "await ", discarded, ";"))
    return _lines(*lines)


def return_if_held(entity: Entity, given: str, has_setters: bool) -> str:
    """Return the document that is there already, if it holds what is given."""
    held = "held" if _large(entity) else "existing"
    arguments = [held, given, *(["setByBackend"] if has_setters else [])]
    condition = call("holdsExactly", arguments)
    returned = statement(3, conditional(condition, f"return {held};"))
    if not _large(entity):
        return returned
    whole = ("await ", _whole(entity, "existing"))
    return _lines(statement(3, assignment("const held", whole)), returned)


def find_mismatch(entity: Entity, has_optional: bool) -> str:
    """Look for the first field that is not as `expected`."""
    rest = ["expected", *(["expectedAbsent"] if has_optional else [])]
    replaced: Document = "Object.keys(args.set)"
    if has_optional:
        replaced = array([f"...{replaced}", "...(args.unset ?? [])"])
    names = ("Object.keys(expected ?? {})", replaced)
    return _compared(entity, 2, names, "mismatch", "findMismatch", rest)


def find_change(entity: Entity, given: str) -> str:
    """Look for the first immutable field that a caller gives another value."""
    names = ("immutable", "Object.keys(existing)")
    return _compared(entity, 1, names, "changed", "findChange", [given, "immutable"])


def _compared(
    entity: Entity,
    level: int,
    names: tuple[Document, Document],
    result: str,
    function: str,
    rest: Sequence[str],
) -> str:
    """`names` are of the fields that are compared, and of those that are replaced."""
    if not _large(entity):
        return statement(level, assignment(f"const {result}", call(function, ["existing", *rest])))
    held = ("await ", _call("wholeIn", entity, "existing", *names))
    return _lines(
        statement(level, assignment("const held", held)),
        statement(level, assignment(f"const {result}", call(function, ["held", *rest]))),
    )


def imports_of_large(entity: Entity, *, has_update: bool) -> list[str]:
    """What the module of an entity imports from `lib/large.ts`."""
    if not _large(entity):
        return []
    compares = has_update or any(field.immutable for field in entity.fields)
    return [
        "allWhole",
        "discard",
        "split",
        "whole",
        "wholeSize",
        *(["wholeIn"] if compares else []),
    ]


def _large(entity: Entity) -> bool:
    return bool(entity.large_fields)


def _call(function: str, entity: Entity, *arguments: Document) -> Document:
    return call(function, ["ctx", string(entity.table), *arguments])


def _whole(entity: Entity, document: str, *known: str) -> Document:
    return _call("whole", entity, document, *known)


def _discard(entity: Entity, document: str) -> Document:
    return _call("discard", entity, document)


def _lines(*statements: str) -> str:
    return "\n".join(statements)
