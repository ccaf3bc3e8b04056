"""The view of the functions that somebody wrote by hand: a namespace for each module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.checks import fields_check, type_check
from convexgen.model.classes import function_class
from convexgen.model.functions import Function, FunctionKind
from convexgen.model.system import System
from convexgen.model.types import Field
from convexgen.naming import camel_case, pascal_case
from convexgen.views.convex.typescript import (
    assignment,
    call,
    comment,
    entry,
    object_literal,
    statement,
    string,
)
from convexgen.views.layout import Document
from convexgen.views.typescript.codecs import codec, fields_codec
from convexgen.views.typescript.imports import Imports
from convexgen.views.typescript.models import inline_interfaces, interface
from convexgen.views.typescript.source import signature
from convexgen.views.typescript.types import TypeText, bracketed_type, present


@dataclass(frozen=True, slots=True)
class FunctionMethodView:
    """A method that calls a function, or watches it."""

    separator: str
    comment: str
    signature: str
    body: str


@dataclass(frozen=True, slots=True)
class NamespaceView:
    """The class of the functions of a module."""

    comment: str
    opening: str
    methods: tuple[FunctionMethodView, ...]


@dataclass(frozen=True, slots=True)
class FunctionsView:
    """What the module of the functions prints."""

    imports: tuple[str, ...]
    base: str
    interfaces: tuple[str, ...]
    namespaces: tuple[NamespaceView, ...]
    properties: tuple[str, ...]
    descriptions: tuple[str, ...]


def view_functions(system: System, taken: frozenset[str]) -> FunctionsView | None:
    """The view of the functions; None where there are none."""
    if not system.functions:
        return None
    imports = Imports("./", taken)
    base = imports.runtime("Functions", is_value=True)
    imports.runtime("functionCall", is_value=True)
    ordered = sorted(system.functions, key=lambda one: (_namespace(one.module), one.name))
    members = [_Member(function, imports, system) for function in ordered]
    modules: dict[str, list[_Member]] = {}
    for member in members:
        modules.setdefault(member.function.module, []).append(member)
    interfaces = tuple(text for member in members for text in member.interfaces())
    namespaces = tuple(_view_namespace(module, found, base) for module, found in modules.items())
    descriptions = tuple(member.description() for member in members)
    return FunctionsView(
        imports.lines(),
        base,
        interfaces,
        namespaces,
        tuple(_property(module) for module in modules),
        descriptions,
    )


def _namespace(module: str) -> str:
    return camel_case(module.replace("/", "_"))


def _class(module: str) -> str:
    return f"{pascal_case(_namespace(module))}Functions"


def _property(module: str) -> str:
    kind = _class(module)
    made = call(f"new {kind}", ["this._client"])
    declaration = statement(1, assignment(f"readonly {_namespace(module)}: {kind}", made))
    return comment(f"The functions of `{module}`.", 1) + declaration


def _view_namespace(module: str, members: Sequence[_Member], base: str) -> NamespaceView:
    methods = [method for member in members for method in member.methods()]
    return NamespaceView(
        comment(f"The functions of `{module}`."),
        f"class {_class(module)} extends {base} {{",
        tuple(
            FunctionMethodView("\n" if place else "", text, head, body)
            for place, (text, head, body) in enumerate(methods)
        ),
    )


class _Member:
    """A function with what its module calls its parts."""

    def __init__(self, function: Function, imports: Imports, system: System) -> None:
        self.function = function
        self._imports = imports
        self._system = system
        whole = camel_case(f"{_namespace(function.module)}_{function.name}")
        self._constant = f"{whole}Function"
        self._arguments = f"{pascal_case(whole)}Arguments"
        self._owner = function_class(function)
        self._result = self._present(function.result).argument

    def _present(self, field: Field) -> TypeText:
        return present(field, self._owner, self._imports, self._system)

    def interfaces(self) -> list[str]:
        """The objects without a name, and the arguments, if there are any."""
        function = self.function
        fields = (*function.arguments, *function.whole)
        texts = inline_interfaces(fields, self._owner, self._imports, self._system)
        if function.arguments:
            text = f"The arguments of `{function.path}`."
            given = (function.arguments, self._owner, self._imports, self._system)
            texts.append(interface(self._arguments, text, *given, exported=False))
        return texts

    def methods(self) -> list[tuple[str, str, str]]:
        function = self.function
        calling = (
            comment(function.description or f"The {function.kind} `{function.path}`.", 1),
            signature(function.name, self._parameters, bracketed_type("Promise", [self._result])),
            self._body("run"),
        )
        if function.kind is not FunctionKind.QUERY:
            return [calling]
        subscription = self._imports.runtime("Subscription")
        watching = (
            comment(f"What `{function.name}` returns, now and whenever it changes.", 1),
            signature(
                f"watch{function.name[:1].upper()}{function.name[1:]}",
                self._parameters,
                bracketed_type(subscription, [self._result]),
            ),
            self._body("watch"),
        )
        return [calling, watching]

    @property
    def _parameters(self) -> list[Document]:
        arguments = self.function.arguments
        if self.function.input is not None:
            return [self._present(self.function.input).after("args:")]
        if not arguments:
            return []
        default = " = {}" if all(argument.optional for argument in arguments) else ""
        return [f"args: {self._arguments}{default}"]

    def _body(self, method: str) -> str:
        arguments = "args" if self._parameters else "{}"
        made = call("functionCall", [self._constant, arguments])
        return statement(2, "return ", call(f"this._client.{method}", [made]), ";")

    def description(self) -> str:
        """What the runtime needs to call the function."""
        function, system = self.function, self._system
        if function.input is None:
            checks = fields_check(function.arguments, system)
            given = fields_codec(function.arguments, system)
        else:
            checks = type_check(function.input.type, system)
            given = codec(function.input.type, system)
        result = codec(function.result.type, system)
        if checks is not None:
            self._imports.value("runtime/checks", *checks.imports)
        for one in (given, result):
            if one is not None:
                self._imports.value("runtime/codecs", *one.imports)
        kind = self._imports.runtime("FunctionDescription")
        properties: list[Document] = [
            ("kind: ", string(function.kind.value)),
            entry("path", string(function.path)),
            f"idempotent: {str(function.idempotent).lower()}",
            entry("check", checks.code if checks else "undefined"),
            entry("codec", given.expression if given else "undefined"),
            entry("result", result.expression if result else "undefined"),
        ]
        head = f"const {self._constant}: {kind} = "
        return statement(0, head, object_literal(properties, broken=True), ";")
