"""The classes of a bundle, by datamodel-code-generator.

That package is imported only where a spec has such types and their classes are not known from an
earlier run: what it writes is kept in the user's cache, by the hash of what it was given.
"""

from __future__ import annotations

import ast
import hashlib
from contextlib import suppress

from convexgen.caches import read_cache, write_cache
from convexgen.json_schemas.definitions import Definitions, definitions
from convexgen.json_schemas.files import SchemaError

_VERSION = "0.89.0"
"""Of datamodel-code-generator: what it writes changes with it."""

_BASE = "JsonModel"
"""The base class of the runtime."""

_BASE_MODULE = "convexgen_runtime"

_KIND = "json-schemas"
_MOST = 200
"""Bundles whose classes are kept: those that were made last."""


def definitions_of(bundle: str) -> Definitions:
    """The classes of a bundle. Raises `SchemaError`."""
    return definitions(_tree(bundle), _BASE)


def _tree(bundle: str) -> ast.Module:
    key = hashlib.sha256(f"{_VERSION} 1 {bundle}".encode()).hexdigest()
    kept = read_cache(_KIND, f"{key}.py")
    if kept is not None:
        with suppress(ValueError, SyntaxError):
            return ast.parse(kept)
    text = _generated(bundle)
    tree = ast.parse(text)
    write_cache(_KIND, f"{key}.py", text.encode(), _MOST)
    return tree


def _generated(bundle: str) -> str:
    try:
        from datamodel_code_generator import LiteralType, PythonVersion, generate
        from datamodel_code_generator.enums import DataModelType, InputFileType
    except ImportError as error:
        raise SchemaError(
            f"types of JSON Schemas need datamodel-code-generator {_VERSION}, which is not "
            "installed: pip install 'convexgen[json-schema]'"
        ) from error
    try:
        result = generate(
            bundle,
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            base_class=f"{_BASE_MODULE}.{_BASE}",
            enum_field_as_literal=LiteralType.All,
            formatters=[],
            disable_timestamp=True,
            field_constraints=True,
            keep_model_order=True,
            parent_scoped_naming=True,
            skip_root_model=True,
            strict_nullable=True,
            use_annotated=True,
            use_field_description=True,
            use_missing_sentinel=True,
            use_schema_description=True,
            use_standard_collections=True,
            use_type_alias=True,
            use_union_operator=True,
        )
    except Exception as error:  # It raises many kinds, of its own and of others.
        raise SchemaError(f"the JSON Schemas cannot be made classes: {error}") from error
    if not isinstance(result, str):
        raise SchemaError("the JSON Schemas do not make one module of classes")
    return result
