"""The facts of the functions that somebody wrote by hand: a namespace for each module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.checks import fields_check, type_check
from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.codecs import fields_codec, type_codec
from convexgen.facts.typescript.interfaces import Interface, inline_interfaces, interface
from convexgen.facts.typescript.names import Names
from convexgen.facts.typescript.nulls import fields_nulls, type_nulls
from convexgen.facts.typescript.types import Types
from convexgen.facts.typescript_text import property_name
from convexgen.model.functions import Function, FunctionKind
from convexgen.model.system import System
from convexgen.naming import JAVASCRIPT_WORDS, camel_case, pascal_case


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """An argument that is taken by position."""

    name: Code
    argument: Code
    """What the function calls it, as a property has it."""
    type: Code
    is_optional: bool


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function, and what its module calls its parts."""

    method: Code
    suffix: Code
    """The method's name after another word."""
    path: str
    kind: str
    description: str | None
    is_watched: bool
    nested: Sequence[Interface]
    """Of the objects that are declared in it."""
    arguments: Interface | None
    """None where it takes none, or another type."""
    argument_type: Code | None
    """None where it takes none, or takes them by position."""
    parameters: Sequence[ParameterFacts]
    """The arguments that it takes by position."""
    argument_names: Sequence[str] | None
    """None where it takes another type than an object of arguments."""
    has_default: bool
    """Whether all arguments may be left out."""
    result_type: Code
    constant: Code
    idempotent: bool
    nulls: Code | None
    check: Code | None
    codec: Code | None
    result_codec: Code | None


@dataclass(frozen=True, slots=True)
class Namespace:
    """The functions of a module."""

    module: str
    name: Code
    kind: Code
    """Its class."""
    functions: Sequence[FunctionFacts]


@dataclass(frozen=True, slots=True)
class FunctionsFacts:
    """What the template of the functions asks."""

    names: Names
    namespaces: Sequence[Namespace]


def functions_facts(system: System, taken: frozenset[str]) -> FunctionsFacts:
    """The facts of the functions, by module and name."""
    names = Names("./", taken)
    types = Types(names, system)
    modules: dict[str, list[FunctionFacts]] = {}
    for function in sorted(system.functions, key=lambda one: (_namespace(one.module), one.name)):
        modules.setdefault(function.module, []).append(_function(function, types))
    namespaces = [
        Namespace(
            module,
            identifier(_namespace(module)),
            identifier(f"{pascal_case(_namespace(module))}Functions"),
            functions,
        )
        for module, functions in modules.items()
    ]
    return FunctionsFacts(names, namespaces)


def _namespace(module: str) -> str:
    return camel_case(module.replace("/", "_"))


def _function(function: Function, types: Types) -> FunctionFacts:
    names, system = types.names, types.system
    path = system.path_of(function)
    whole = camel_case(f"{_namespace(function.module)}_{function.name}")
    constant = identifier(f"{whole}Function")
    arguments: Interface | None = None
    argument_type: Code | None = None
    if function.input is not None:
        argument_type = types.of_field(function.input)
        nulls = type_nulls(function.input.type, system)
        check = type_check(function.input.type, system)
        codec = type_codec(function.input.type, system)
    else:
        nulls = fields_nulls(function.arguments, system)
        check = fields_check(function.arguments, system)
        codec = fields_codec(function.arguments, system)
        if function.arguments and not function.positional:
            name = f"{pascal_case(whole)}Arguments"
            text = f"The arguments of `{path}`."
            arguments = interface(name, text, function.arguments, types)
            argument_type = arguments.name
    return FunctionFacts(
        method=identifier(function.method),
        suffix=identifier(function.method[:1].upper() + function.method[1:]),
        path=path,
        kind=function.kind.value,
        description=function.description,
        is_watched=function.kind is FunctionKind.QUERY,
        nested=inline_interfaces((*function.arguments, *function.whole), types),
        arguments=arguments,
        argument_type=argument_type,
        parameters=_parameters(function, constant, types) if function.positional else (),
        argument_names=None
        if function.input is not None
        else [field.name for field in function.arguments],
        has_default=arguments is not None and all(one.optional for one in function.arguments),
        result_type=types.of_field(function.result),
        constant=constant,
        idempotent=function.idempotent,
        nulls=nulls,
        check=names.expression("runtime/checks", check),
        codec=names.expression("runtime/codecs", codec),
        result_codec=names.expression("runtime/codecs", type_codec(function.result.type, system)),
    )


def _parameters(function: Function, constant: Code, types: Types) -> list[ParameterFacts]:
    """The arguments, none of which is called as a word or as what its method calls."""
    unusable = {*JAVASCRIPT_WORDS, "functionCall", "options", constant}
    taken = unusable | {field.name for field in function.arguments}
    found: list[ParameterFacts] = []
    for field in function.arguments:
        name = field.name
        while name in (unusable if name == field.name else taken):
            name += "_"
        found.append(
            ParameterFacts(
                identifier(name),
                property_name(field.name),
                types.of_field(field),
                field.optional,
            )
        )
    return found
