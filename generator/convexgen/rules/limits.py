"""The limits of Convex that a data model can exceed.

From the page "Limits" of the documentation (docs.convex.dev/production/state/limits) and from
the sources of the backend (github.com/get-convex/convex-backend), which are named.
"""

from __future__ import annotations

IDENTIFIER_LENGTH = 64
"""`MAX_IDENTIFIER_LEN` of crates/convex/sync_types/src/identifier.rs."""

MODULE_LENGTH = IDENTIFIER_LENGTH - len(".js")
"""`check_valid_path_component` of crates/convex/sync_types/src/path.rs counts the ending."""

OBJECT_ENTRIES = 1024
"""`MAX_OBJECT_FIELDS` of crates/value/src/object.rs."""

SYSTEM_FIELDS = 2
"""`_id` and `_creationTime` are entries of each document."""

PARTS = 10_000
"""Of a validator. Convex has no limit for them, but stores it with all objects written out."""

DOCUMENT_NESTING = 16
"""`MAX_DOCUMENT_NESTING` of crates/value/src/lib.rs. The document itself is the first level."""

VALUE_NESTING = 64
"""`MAX_NESTING` of crates/value/src/lib.rs, for arguments and results."""

INDEX_FIELDS = 15
"""16 by the documentation; Convex appends `_creationTime`, and counts it."""

TABLE_INDEXES = 64
"""Of all kinds: `MAX_INDEXES_PER_TABLE` of crates/common/src/schemas/mod.rs."""

DOCUMENTED_INDEXES = 32
"""Of one table by the documentation, besides those of searches; the backend does not hold to it."""

ARRAY_ELEMENTS = 8192
"""`MAX_ARRAY_LEN` of crates/value/src/array.rs; for arguments and results too."""

SAFE_INTEGER = 2**53
"""Up to here, a double is exact for each whole number."""

TABLES = 10_000
"""`MAX_USER_TABLES` of the backend."""

DOCUMENTED_SEARCH_INDEXES = 4
"""Full-text ones and those of vectors each, by the documentation; the backend has no such limit."""

FILTER_FIELDS = 16
"""`MAX_SEARCH_INDEX_FILTER_FIELDS_SIZE` and its twin for vectors, of the backend."""

VECTOR_DIMENSIONS = range(2, 4097)
"""`MIN_VECTOR_DIMENSIONS` and `MAX_VECTOR_DIMENSIONS` of the backend."""
