"""The codes of changes between two versions of a spec: every one that `diff` can report.

A code is kebab-case and stable: programs and the `allow` of specs name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeGuard

ChangeCode: TypeAlias = Literal[
    "access-narrowed",
    "access-widened",
    "clients-changed",
    "constraint-loosened",
    "constraint-tightened",
    "default-changed",
    "derivation-changed",
    "entity-added",
    "entity-removed",
    "entity-renamed",
    "enum-closed",
    "enum-opened",
    "enum-value-added",
    "enum-value-removed",
    "enum-value-renamed",
    "field-added",
    "field-optional",
    "field-removed",
    "field-renamed",
    "field-required",
    "function-added",
    "function-changed",
    "function-removed",
    "functions-moved",
    "identity-changed",
    "immutable-added",
    "immutable-removed",
    "index-added",
    "index-changed",
    "index-removed",
    "index-renamed",
    "key-changed",
    "name-changed",
    "null-added",
    "null-removed",
    "owner-changed",
    "query-added",
    "query-changed",
    "query-removed",
    "reference-changed",
    "relation-added",
    "relation-changed",
    "relation-removed",
    "required-field-added",
    "retention-lengthened",
    "retention-shortened",
    "setter-changed",
    "storage-changed",
    "table-changed",
    "type-changed",
    "type-widened",
    "unique-added",
    "unique-removed",
    "validation-added",
    "validation-removed",
    "variant-added",
    "variant-removed",
    "write-changed",
]


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """What a code is of."""

    says: str
    """What has changed, and what follows, in a sentence."""
    advice: str | None = None
    """What to do where that breaks something."""


_MIGRATE = "widen, migrate, narrow: docs/changing.md says how"

CHANGES: Final[Mapping[ChangeCode, ChangeKind]] = {
    "access-narrowed": ChangeKind(
        "Fewer may call functions, or see and write documents: those who could before are refused.",
        "let the programs that call it go first",
    ),
    "access-widened": ChangeKind("More may call functions, or see and write documents."),
    "clients-changed": ChangeKind(
        "A client is elsewhere, called otherwise or no longer written: programs import it anew."
    ),
    "constraint-loosened": ChangeKind("Values may be written that were refused before."),
    "constraint-tightened": ChangeKind(
        "Values are refused that could be written before. Those that are stored stay, and are "
        "read.",
        "have no client write such values any more before it is deployed",
    ),
    "default-changed": ChangeKind(
        "What is stored where a write gives no value is another one, or nothing is any more.",
        "have each client give a value before it is deployed",
    ),
    "derivation-changed": ChangeKind(
        "A derived field follows from another place: documents have what followed from the old "
        "one.",
        "save them again",
    ),
    "entity-added": ChangeKind("There is a table more."),
    "entity-removed": ChangeKind(
        "An entity is gone: its documents stay in a table that no function reads or deletes.",
        "clear it with the deployed functions first, and have no program call them any more",
    ),
    "entity-renamed": ChangeKind(
        "An entity is called otherwise, of the same table: classes of the clients are."
    ),
    "enum-closed": ChangeKind(
        "An enum is closed: Convex refuses the schema where documents have other values.", _MIGRATE
    ),
    "enum-opened": ChangeKind("An enum is open: any other text is a value, too."),
    "enum-value-added": ChangeKind(
        "An enum has a value more, which older clients read as one that they do not know."
    ),
    "enum-value-removed": ChangeKind(
        "An enum has a value less: Convex refuses the schema where documents have it.", _MIGRATE
    ),
    "enum-value-renamed": ChangeKind(
        "A value of an enum is another text: Convex refuses the schema where documents have the "
        "old one.",
        "have both values for a time: docs/changing.md says how",
    ),
    "field-added": ChangeKind("There is a field more, which may be absent."),
    "field-optional": ChangeKind(
        "A field may be absent: who reads it has to expect that.",
        "update the clients that read it before any writes documents without it",
    ),
    "field-removed": ChangeKind(
        "A field is gone: objects are closed, so Convex refuses the schema where documents have "
        "it.",
        _MIGRATE,
    ),
    "field-renamed": ChangeKind(
        "A field is called otherwise: Convex refuses the schema where documents have the old one.",
        "have both fields for a time: docs/changing.md says how",
    ),
    "field-required": ChangeKind(
        "A field is always there: Convex refuses the schema where documents lack it.", _MIGRATE
    ),
    "function-added": ChangeKind("There is a function more."),
    "function-changed": ChangeKind(
        "A function is of another kind, or takes its arguments otherwise.",
        "give the new one another name, and remove this one once nobody calls it",
    ),
    "function-removed": ChangeKind(
        "A function is gone: who calls it is refused.", "have no program call it any more first"
    ),
    "functions-moved": ChangeKind(
        "Functions have other paths: who calls the old ones is refused.",
        "deploy the clients at the same time, or keep the path",
    ),
    "identity-changed": ChangeKind(
        "Who calls is told by something else: documents have the owners and tenants of before.",
        "write what the new identity says into the documents",
    ),
    "immutable-added": ChangeKind(
        "A field stays as it was created: who updates it is refused.",
        "have no client change it any more first",
    ),
    "immutable-removed": ChangeKind("A field may be changed."),
    "index-added": ChangeKind("There is an index more, which a push fills before it is done."),
    "index-changed": ChangeKind(
        "An index is over other fields: Convex builds it anew, and a push waits for that."
    ),
    "index-removed": ChangeKind("An index is gone."),
    "index-renamed": ChangeKind(
        "An index is called otherwise, and so is its query: Convex builds it anew.",
        "declare a query of the old name: queries: {NAME: {by: …}}",
    ),
    "key-changed": ChangeKind(
        "Other fields tell entities apart: functions take other keys, and documents may share one.",
        "make sure that no two documents share a key, and deploy the clients at the same time",
    ),
    "name-changed": ChangeKind(
        "Something is called otherwise in the clients; what is stored is the same."
    ),
    "null-added": ChangeKind(
        "A value may be null: who reads it has to expect that.",
        "update the clients that read it before any writes null",
    ),
    "null-removed": ChangeKind(
        "A value is never null: Convex refuses the schema where documents have null.", _MIGRATE
    ),
    "owner-changed": ChangeKind(
        "Another field says whose a document is, or of which tenant.",
        "fill it in the documents that are there",
    ),
    "query-added": ChangeKind("There is a query more."),
    "query-changed": ChangeKind(
        "A query compares, orders or counts something else.",
        "give the new one another name, and remove this one once nobody calls it",
    ),
    "query-removed": ChangeKind(
        "A query is gone: who calls it is refused.", "have no program call it any more first"
    ),
    "reference-changed": ChangeKind(
        "A reference checks, touches or does something else when what it refers to is deleted."
    ),
    "relation-added": ChangeKind("There is something more that documents may come with."),
    "relation-changed": ChangeKind(
        "What documents come with is something else.", "give the new one another name"
    ),
    "relation-removed": ChangeKind(
        "Documents no longer come with something: who asks for it is refused.",
        "have no program ask for it any more first",
    ),
    "required-field-added": ChangeKind(
        "There is a field more that is always there: Convex refuses the schema, as documents lack "
        "it.",
        "make it optional, fill it, then require it: docs/changing.md says how",
    ),
    "retention-lengthened": ChangeKind("Documents are kept longer, or for ever."),
    "retention-shortened": ChangeKind(
        "Documents are deleted that are kept now.", "export them before, if they are needed"
    ),
    "setter-changed": ChangeKind(
        "The backend sets a field otherwise, or not any more.",
        "update the clients that give it, or do not give it, first",
    ),
    "storage-changed": ChangeKind(
        "Values are stored in another form: what is stored is not.",
        "add a field that is stored so, copy the values, and remove this one",
    ),
    "table-changed": ChangeKind(
        "An entity has another table: its documents stay in the old one.",
        "copy them, by data export and data import, before clients read the new one",
    ),
    "type-changed": ChangeKind(
        "A value is of another type: Convex refuses the schema, or nobody reads what is stored.",
        "add a field of the new type, copy the values, and remove this one",
    ),
    "type-widened": ChangeKind(
        "A value may be of more types: who reads it has to expect that.",
        "update the clients that read it before any writes such values",
    ),
    "unique-added": ChangeKind(
        "No two documents may share values that they could share before.",
        "look for documents that do, and change them",
    ),
    "unique-removed": ChangeKind(
        "Documents may share values, and there is no query of the one that has some.",
        "have no program call that query any more first",
    ),
    "validation-added": ChangeKind(
        "Convex validates documents: it refuses the schema where one is not as it says.",
        "look for those that are not, and change them",
    ),
    "validation-removed": ChangeKind("Convex no longer validates documents."),
    "variant-added": ChangeKind(
        "There is a shape more, which older clients read as one that they do not know."
    ),
    "variant-removed": ChangeKind(
        "A shape is gone: Convex refuses the schema where documents have it.", _MIGRATE
    ),
    "write-changed": ChangeKind(
        "A write leaves, merges or replaces what is there otherwise.",
        "update the clients that write it first",
    ),
}
"""What each change is, by its code, in alphabetical order."""


def is_change_code(text: str) -> TypeGuard[ChangeCode]:
    """Whether a text is a code of a change."""
    return text in CHANGES
