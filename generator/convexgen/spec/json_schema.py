"""The JSON Schema of the spec language, by which editors complete, explain and check specs."""

from __future__ import annotations

import json

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.spec import Spec


class _Generator(GenerateJsonSchema):
    """pydantic's, for text that people write.

    It knows what may stand in the place of a mapping, and leaves out what the models have and the
    language has not: null for what is not given.
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        mapping = super().model_schema(schema)
        model = schema["cls"]
        assert issubclass(model, Surface)
        mapping["title"] = model.noun  # which messages of editors call it
        if model.may_be_true:
            alone = {"const": True}
        elif model.shorthand is not None:
            alone = dict(mapping["properties"][model.shorthand])
            for about_the_key in ("description", "default"):
                alone.pop(about_the_key, None)
        else:
            return mapping
        return {"description": mapping.pop("description"), "anyOf": [alone, mapping]}

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        default = schema.get("default")
        if isinstance(default, str):
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])


def spec_json_schema() -> str:
    """The JSON Schema of a file of a spec, as the text of a file.

    It holds what a schema can see: keys, their shapes and fixed values. Whether names exist and
    types are legal is for the tool to say.
    """
    schema = Spec.model_json_schema(schema_generator=_Generator)
    del schema["required"]  # of one file; see `Spec`
    dialect = {"$schema": GenerateJsonSchema.schema_dialect}
    return json.dumps({**dialect, **schema}, indent=2) + "\n"
