"""The templates that hold the code, and what they may print: fail closed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr

from convexgen.facts import path_text, python_text, typescript_text
from convexgen.facts.code import Code, UnescapedText, identifier
from convexgen.rendering.compiled_templates import CompiledTemplates, templates_directory

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def imports(
    module: str, *names: object, default: str | None = None, types_only: bool = False
) -> Code:
    """A TypeScript import of the names that are there; `type ` may stand before one."""
    ordered = sorted(
        {str(name) for name in names if name},
        key=lambda name: (name.removeprefix("type ").casefold(), name),
    )
    keyword = "import type" if types_only else "import"
    parts = [default] if default is not None else []
    if ordered:
        parts.append(f"{{ {', '.join(ordered)} }}")
    given = typescript_text.string(module)
    return Code(f"{keyword} {', '.join(parts)} from {given};" if parts else "")


FILTERS: Mapping[str, Callable[..., Code]] = {
    "ts": typescript_text.literal,
    "py": python_text.literal,
    "jsdoc": typescript_text.comment,
    "docstring": python_text.docstring,
    "name": identifier,
    "yaml": path_text.scalar,
    "glob": path_text.glob,
    # Of what a template says itself: a test holds that it follows a string literal.
    "code": Code,
}
"""What makes text code, by the place that it stands in."""


def _only_code(value: object) -> Code:
    """What may be printed: Code, without the empty lines around what a macro gives, or a number.

    Raises `UnescapedText`.
    """
    if type(value) is Code:
        # Not a method of Markup, which would look for what to escape.
        stripped = str.strip(value)
        return value if len(stripped) == len(value) else Code(stripped)
    if type(value) is int:
        return Code(value)
    # What is undefined says so by its name.
    raise UnescapedText(str(value) if isinstance(value, Undefined) else value)


class _CodeGenerator(CodeGenerator):
    """Compiles templates that escape nothing once more: what is printed is code already."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        self.write(finalize.src)

    def _output_child_post(self, node: Expr, frame: Frame, finalize: Any) -> None:
        self.write(")")


class _Environment(Environment):
    code_generator_class = _CodeGenerator


class Templates:
    """Templates whose names are the fields of their facts, and which print nothing but code."""

    def __init__(self) -> None:
        self._environment = _Environment(
            loader=FileSystemLoader(templates_directory()),
            autoescape=True,  # so that what a macro gives is Code
            finalize=_only_code,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=CompiledTemplates(Path(__file__)),
        )
        self._environment.filters |= FILTERS
        # Jinja's own names have the types of what they are by default.
        cast("dict[str, Any]", self._environment.globals)["imports"] = imports

    def render(self, template: str, facts: DataclassInstance | None = None) -> str:
        """The text of a template; the fields of the facts are its names.

        Raises `UnescapedText`.
        """
        names: dict[str, Any] = (
            {field.name: getattr(facts, field.name) for field in dataclasses.fields(facts)}
            if facts is not None
            else {}
        )
        return str(self._environment.get_template(template).render(names))

    def compile(self) -> None:
        """Keep what all of them are compiled to, as Python's `compileall` does of modules."""
        for template in self._environment.list_templates(extensions=["jinja"]):
            self._environment.get_template(template)


@cache
def shipped_templates() -> Templates:
    """Those that come with the tool, which a process that renders more than once compiles once."""
    return Templates()
