"""The view of the functions that somebody wrote by hand: a namespace for each module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from convexgen.facts.text import columns
from convexgen.model.classes import function_class
from convexgen.model.functions import Function, FunctionKind
from convexgen.model.system import System
from convexgen.model.types import Field
from convexgen.naming import function_namespace, pascal_case, python_attribute, python_method
from convexgen.views.layout import Document
from convexgen.views.python.annotations import Imports, field_annotation, present
from convexgen.views.python.calls import CallView
from convexgen.views.python.models import (
    ClassView,
    import_lines,
    inline_classes,
    shape_class,
)
from convexgen.views.python.source import (
    assigned,
    call,
    definition,
    dictionary,
    docstring,
    one_line,
    statement,
    string,
)
from convexgen.views.python.stores import MethodView, StoreView

_LONGEST_TYPE = 40


@dataclass(frozen=True, slots=True)
class FunctionsView:
    """What the module of the functions prints."""

    imports: tuple[str, ...]
    classes: tuple[ClassView, ...]
    aliases: tuple[str, ...]
    """Of types that are too long to be written wherever they stand."""
    stores: tuple[StoreView, ...]
    namespaces: tuple[StoreView, ...]
    """Each with a property for each of the stores."""
    codecs: tuple[str, ...]
    calls: tuple[CallView, ...]


def view_functions(system: System, taken: frozenset[str]) -> FunctionsView | None:
    """The view of the functions; None where there are none."""
    if not system.functions:
        return None
    needed = Imports(taken)
    needed.add("functools", "cached_property as _cached_property")
    needed.add("._runtime", "AsyncStore", "Call", "Decoder", "Store")
    functions = [_FunctionNames(function, needed) for function in system.functions]
    modules: dict[str, list[_FunctionNames]] = {}
    for function in sorted(functions, key=lambda one: (one.namespace, one.method)):
        modules.setdefault(function.function.module, []).append(function)
    view = FunctionsView(
        imports=(),
        classes=tuple(view for function in functions for view in function.classes()),
        aliases=tuple(alias for function in functions for alias in function.aliases),
        stores=tuple(
            _store(members, needed, is_async=is_async)
            for is_async in (False, True)
            for members in modules.values()
        ),
        namespaces=tuple(
            _namespaces(list(modules), needed, is_async=is_async) for is_async in (False, True)
        ),
        codecs=tuple(line for function in functions for line in function.codecs()),
        calls=tuple(function.call() for function in functions),
    )
    return replace(view, imports=import_lines(needed))


class _FunctionNames:
    """A function with what its module calls its parts."""

    def __init__(self, function: Function, needed: Imports) -> None:
        self.function = function
        self.namespace = function_namespace(function.module)
        self.method = python_method(function.name)
        self._needed = needed
        whole = f"{self.namespace}_{self.method}".strip("_")
        self.call_name = f"_{whole}"
        self._decoder = f"_{whole.upper()}"
        self._encoder = f"_{whole.upper()}_ARGUMENTS"
        self._owner = function_class(function)
        self._prefix = f"_{pascal_case(whole)}"
        self._class = f"{self._prefix}Arguments"
        self.aliases: list[str] = []
        self.result = self._type(function.result, "Result")
        self._input = function.input and self._type(function.input, "Input")
        self._parameters = [self._parameter(argument) for argument in function.arguments]
        self._names = [python_attribute(argument.name) for argument in function.arguments]
        self.given = [f"{name}={name}" for name in self._names] or ["arguments"] * bool(self._input)

    def _type(self, field: Field, role: str) -> str:
        """The type on one line: itself, or the name of an alias."""
        annotation = present(field, self._owner, self._needed)
        whole = one_line(annotation.document)
        if columns(whole) <= _LONGEST_TYPE:
            return whole
        self._needed.add("typing", "TypeAlias")
        name = f"{self._prefix}{role}"
        declared = f"{name}: {self._needed.called('TypeAlias')}"
        self.aliases.append(assigned(declared, annotation))
        return name

    def _parameter(self, argument: Field) -> Document:
        content = field_annotation(argument, self._owner, self._needed, absent="MISSING")
        default = " = MISSING" if argument.optional else ""
        return (f"{python_attribute(argument.name)}: ", content.document, default)

    @property
    def parameters(self) -> list[Document]:
        """What the function takes, by name only: a new argument moves no other."""
        if self._input:
            return [f"arguments: {self._input}"]
        return ["*", *self._parameters] if self._parameters else []

    def classes(self) -> list[ClassView]:
        """The classes of objects without a name, and the one that encodes the arguments."""
        function = self.function
        fields = (*function.arguments, *function.whole)
        text = f"An object that `{function.path}` takes or returns."
        views = inline_classes(fields, self._owner, self._needed, text)
        if function.arguments:
            text = f"The arguments of `{function.path}`."
            views.append(
                shape_class(self._class, text, function.arguments, self._needed, self._owner)
            )
        return views

    def codecs(self) -> list[str]:
        """What decodes the result, and what encodes the arguments if there are any."""
        made = self._needed.called("Decoder")
        lines = [
            statement(0, f"{self._decoder}: {made}[{self.result}] = ", call(made, [self.result]))
        ]
        if self._parameters or self._input:
            self._needed.add("._runtime", "Encoder")
            given = self._input
            if not given:
                self._needed.add("typing", "Any")
                given = self._needed.called("dict[str, Any]")
            made = self._needed.called("Encoder")
            encoder = call(made, [self._input or self._class])
            lines.append(statement(0, f"{self._encoder}: {made}[{given}] = ", encoder))
        return lines

    def call(self) -> CallView:
        """The function that builds the call."""
        function = self.function
        values = dictionary([f"{string(name)}: {name}" for name in self._names])
        arguments: Document = "{}"
        if self._names or self._input:
            given = "arguments" if self._input else values
            arguments = call(f"{self._encoder}.to_wire", [given])
        parts = [string(function.path), arguments, self._decoder, string(f"run {function.path}")]
        if function.kind is not FunctionKind.QUERY:
            parts.append(f"idempotent={function.idempotent}")
        made = self._needed.called("Call")
        return CallView(
            statement(
                0, definition("def", self.call_name, self.parameters, f"{made}[{self.result}]")
            ),
            statement(1, "return ", call(f"{made}.{function.kind}", parts)),
        )


def _store(members: Sequence[_FunctionNames], needed: Imports, *, is_async: bool) -> StoreView:
    """The namespace of a module."""
    prefix = "Async" if is_async else ""
    module = members[0].function.module
    methods: list[MethodView] = []
    for member in members:
        methods.append(_method(member, is_async=is_async))
        if member.function.kind is FunctionKind.QUERY:
            needed.add("._runtime", f"{prefix}Subscription")
            methods.append(_watch(member, needed.called(f"{prefix}Subscription")))
    where = ", from asyncio" if is_async else ""
    return StoreView(
        _namespace_class(module, prefix),
        needed.called(f"{prefix}Store"),
        docstring(f"The functions of `{module}`{where}.", 1),
        tuple(methods),
    )


def _method(member: _FunctionNames, *, is_async: bool) -> MethodView:
    function = member.function
    keyword, awaited = ("async def", "await ") if is_async else ("def", "")
    run = call("self._client.run", [call(member.call_name, member.given)])
    return MethodView(
        statement(
            1, definition(keyword, member.method, ["self", *member.parameters], member.result)
        ),
        docstring(function.description or f"The {function.kind} `{function.path}`.", 2),
        statement(2, f"return {awaited}", run),
    )


def _watch(member: _FunctionNames, subscription: str) -> MethodView:
    watch = call("self._client.watch", [call(member.call_name, member.given)])
    return MethodView(
        statement(
            1,
            definition(
                "def",
                f"watch_{member.method}",
                ["self", *member.parameters],
                f"{subscription}[{member.result}]",
            ),
        ),
        docstring(f"What `{member.method}` returns, now and whenever it changes.", 2),
        statement(2, "return ", watch),
    )


def _namespaces(modules: Sequence[str], needed: Imports, *, is_async: bool) -> StoreView:
    """The class that has the namespaces of all modules."""
    prefix = "Async" if is_async else ""
    where = ", from asyncio" if is_async else ""
    return StoreView(
        f"{prefix}Functions",
        needed.called(f"{prefix}Store"),
        docstring(f"Calls the functions that were written by hand{where}.", 1),
        tuple(
            MethodView(
                statement(1, definition("def", function_namespace(module), ["self"], class_name)),
                docstring(f"The functions of `{module}`.", 2),
                statement(2, "return ", call(class_name, ["self._client"])),
            )
            for module in modules
            for class_name in [_namespace_class(module, prefix)]
        ),
    )


def _namespace_class(module: str, prefix: str) -> str:
    return f"_{prefix}{pascal_case(function_namespace(module))}Functions"
