"""The facts of the functions that somebody wrote by hand: a namespace for each module."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import NONE, either, field_annotation, present
from convexgen.facts.python.classes import (
    ClassFacts,
    inline_classes,
    shape_class,
)
from convexgen.facts.python.imports import Module, module_of
from convexgen.facts.text import columns
from convexgen.model.classes import functions_class
from convexgen.model.functions import Function, FunctionKind
from convexgen.model.system import System
from convexgen.model.types import Field
from convexgen.naming import function_namespace, pascal_case, python_method

_LONGEST_TYPE = 40


@dataclass(frozen=True, slots=True)
class ArgumentFacts:
    """An argument of a function."""

    name: Code
    annotation: Code
    default: Code | None
    """What stands for one that is left out; None where none may be."""


@dataclass(frozen=True, slots=True)
class AliasFacts:
    """The name of a type that is too long to be written wherever it stands."""

    name: Code
    type: Code


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function."""

    path: str
    module: str
    method: Code
    call: Code
    """What builds its call."""
    kind: Code
    is_query: bool
    is_idempotent: bool
    description: str
    arguments: tuple[ArgumentFacts, ...]
    is_positional: bool
    """Whether it takes them in their order."""
    input: Code | None
    """The type of all arguments at once, where there is one."""
    arguments_class: Code
    result: Code
    decoder: Code
    encoder: Code
    classes: tuple[ClassFacts, ...]
    aliases: tuple[AliasFacts, ...]


@dataclass(frozen=True, slots=True)
class NamespaceFacts:
    """The functions of a module."""

    attribute: Code
    name: Code
    """Of the class."""
    module: str
    functions: tuple[FunctionFacts, ...]


@dataclass(frozen=True, slots=True)
class FunctionsFacts:
    """The module of the functions."""

    module: Module
    functions: tuple[FunctionFacts, ...]
    namespaces: tuple[NamespaceFacts, ...]
    has_aliases: bool
    """Whether fields of models have the names of the spec as aliases."""


def functions_facts(system: System, taken: frozenset[str]) -> FunctionsFacts:
    """The facts of the functions of a system."""
    module = module_of(taken)
    functions = tuple(
        _function(function, system.path_of(function), module) for function in system.functions
    )
    ordered = sorted(functions, key=lambda one: (function_namespace(one.module), one.method))
    return FunctionsFacts(
        module,
        functions,
        tuple(
            _namespace(name, tuple(members))
            for name, members in groupby(ordered, key=lambda one: one.module)
        ),
        system.has_aliases,
    )


def _namespace(module: str, functions: tuple[FunctionFacts, ...]) -> NamespaceFacts:
    name = function_namespace(module)
    return NamespaceFacts(identifier(name), identifier(functions_class(module)), module, functions)


def _function(function: Function, path: str, module: Module) -> FunctionFacts:
    namespace, method = function_namespace(function.module), python_method(function.method)
    whole = f"{namespace}_{method}".strip("_")
    prefix = f"_{pascal_case(whole)}"
    aliases: list[AliasFacts] = []

    def type_of(field: Field, role: str) -> Code:
        """The type itself, or the name of an alias."""
        content = either(present(field, module))
        if columns(content) <= _LONGEST_TYPE:
            return content
        aliases.append(AliasFacts(identifier(f"{prefix}{role}"), content))
        return aliases[-1].name

    result = type_of(function.result, "Result")
    input_type = None if function.input is None else type_of(function.input, "Input")
    fields = (*function.arguments, *function.whole)
    text = f"An object that `{path}` takes or returns."
    classes = inline_classes(fields, module, text)
    arguments_class = f"{prefix}Arguments"
    if function.arguments:
        text = f"The arguments of `{path}`."
        classes.append(shape_class(arguments_class, text, function.arguments, module))
    return FunctionFacts(
        path=path,
        module=function.module,
        method=identifier(method),
        call=identifier(f"_{whole}"),
        kind=identifier(function.kind),
        is_query=function.kind is FunctionKind.QUERY,
        is_idempotent=function.idempotent,
        description=function.description or f"The {function.kind} `{path}`.",
        arguments=tuple(
            _argument(one, module, is_positional=function.positional) for one in function.arguments
        ),
        is_positional=function.positional,
        input=input_type,
        arguments_class=identifier(arguments_class),
        result=result,
        decoder=identifier(f"_{whole.upper()}"),
        encoder=identifier(f"_{whole.upper()}_ARGUMENTS"),
        classes=tuple(classes),
        aliases=tuple(aliases),
    )


def _argument(field: Field, module: Module, *, is_positional: bool) -> ArgumentFacts:
    default: Code | None = None
    if field.optional:
        # By position, one passes None for what comes before the one that is meant.
        default = NONE if is_positional and field.nullable else module.rt.MISSING
    return ArgumentFacts(
        identifier(field.attribute),
        field_annotation(field, module, absent="MISSING"),
        default,
    )
