"""Who may do what: modes of functions, and rules about users."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from convexgen.guards import is_mapping
from convexgen.spec.surface.mapping import Surface, refusal

AccessMode: TypeAlias = Literal["internal", "public"]
SubjectWord: TypeAlias = Literal["public", "authenticated", "owner", "tenant", "key", "internal"]

_FORMS = ("subject", "role", "where", "all")


def _stored_value(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    raise refusal("wrong-shape", "a stored value is text, a number, true, false or null")


StoredValue: TypeAlias = Annotated[
    Any,
    BeforeValidator(_stored_value),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]


class PlainRuleSpec(Surface):
    """One thing that a rule asks: of who calls, or of the document."""

    noun = "a rule"
    shape = "a subject or a mapping"
    shorthand = "subject"
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [key]} for key in _FORMS[:3]]}
    )

    subject: SubjectWord | None = Field(
        default=None,
        description="Who: everybody, who is signed in, the owner, members of the tenant, or nobody "
        "but the deploy key.",
    )
    role: str | None = Field(default=None, description="Who has this role.")
    where: Annotated[dict[str, StoredValue], Field(min_length=1)] | None = Field(
        default=None, description="The documents that have these values."
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_word(cls, value: Any) -> Any:
        return {"subject": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise refusal(
                "contradiction",
                "a rule is one thing: a subject, a role, values or all of several rules",
                {"help": "write a list for any of several, and {all: […]} for all of them"},
            )
        return self


class RuleSpec(PlainRuleSpec):
    """A rule: one thing, or all of several."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in _FORMS]})

    every: Annotated[list[PlainRuleSpec], Field(min_length=1)] | None = Field(
        default=None, alias="all", description="Rules that have to allow together."
    )

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        """What two rules ask of one field, a document has both of never."""
        asked: dict[str, Any] = {}
        for rule in self.every or ():
            for name, value in (rule.where or {}).items():
                other = asked.setdefault(name, value)
                # True equals 1 in Python.
                if (other, isinstance(other, bool)) != (value, isinstance(value, bool)):
                    raise refusal(
                        "contradiction",
                        'no document has two values of "{name}", which all of these rules ask for',
                        {"name": name, "help": "write a list for any of several"},
                    )
        return self


def _as_rules(value: Any) -> Any:
    """A single rule stands for a list of one."""
    return [value] if isinstance(value, str) or is_mapping(value) else value


class _OrOne:
    """Tells JSON Schema that a single rule may stand for a list of one."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


Rules: TypeAlias = Annotated[
    list[RuleSpec], BeforeValidator(_as_rules), Field(min_length=1), _OrOne()
]
"""Rules of which any one allows."""


class AccessSpec(Surface):
    """Who may call the functions of an entity, or what users may do with its documents."""

    noun = "access"
    shape = "a mode or a mapping"
    shorthand = "write"

    owner: str | None = Field(
        default=None,
        description="The field that holds whose a document is: filled from the identity.",
    )
    tenant: str | None = Field(
        default=None,
        description="The field that holds of which tenant a document is: filled from the identity.",
    )
    read: Rules | None = Field(
        default=None, description="Who may read; a mode is about all queries."
    )
    create: Rules | None = Field(default=None, description="Which users may create documents.")
    update: Rules | None = Field(default=None, description="Which users may change them.")
    delete: Rules | None = Field(default=None, description="Which users may delete them.")
    write: AccessMode | None = Field(
        default=None, description="Who may call all mutations, where there are no rules."
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_mode(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        is_mode = value in get_args(AccessMode)
        return {"read": value, "write": value} if is_mode else {"write": value}

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if self.has_rules and self.write is not None:
            raise refusal(
                "contradiction",
                '"write" is a mode of all mutations, and here are rules for users',
                {"help": "say create, update and delete"},
            )
        return self

    @property
    def has_rules(self) -> bool:
        """Whether there are rules for users, not modes of the functions."""
        modes: tuple[list[str], ...] = ([], ["public"], ["internal"])
        named = (self.owner, self.tenant, self.create, self.update, self.delete)
        words = [one.subject for one in self.read or ()]
        return any(one is not None for one in named) or words not in modes

    @property
    def read_mode(self) -> AccessMode:
        """Who may call all queries."""
        is_public = not self.has_rules and [one.subject for one in self.read or ()] == ["public"]
        return "public" if is_public else "internal"

    @property
    def write_mode(self) -> AccessMode:
        """Who may call all mutations."""
        return self.write or "internal"


class MembersSpec(Surface):
    """The entity whose documents say what users are members of."""

    noun = "members"

    entity: str = Field(description="The entity with a document for each user.")
    by: str = Field(description="Its field that holds the subject: its key, or unique.")


class IdentitySpec(Surface):
    """Where it stands who calls: in the claims of a token, and in documents of members."""

    noun = "an identity"

    subject: str = Field(default="tokenIdentifier", description="The claim that tells users apart.")
    tenant: str | None = Field(
        default=None, description="The claim with the tenant, or the field of the members."
    )
    roles: str | None = Field(
        default=None,
        description="The claim with the role or a list of roles, or the field of the members.",
    )
    members: MembersSpec | None = Field(
        default=None, description="Documents that have the tenant and the roles of users."
    )
