"""Rules on functions written by hand: that each can be called, by a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from convexgen.diagnostics.display import quoted
from convexgen.model.functions import Function, FunctionKind
from convexgen.model.kinds import kind
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    Field,
    InlineObjectType,
    InputType,
    ObjectType,
    RecordType,
    Type,
    UnionType,
)
from convexgen.naming import (
    camel_case,
    function_namespace,
    pascal_case,
    python_identifier,
    python_method,
)
from convexgen.reserved import CONVEX_MODULES, OBJECT_PROPERTIES, THENABLE
from convexgen.rules.limits import IDENTIFIER_LENGTH, MODULE_LENGTH
from convexgen.rules.places import module_path
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part

_WORD = r"_*[A-Za-z][A-Za-z0-9_]*"
_PATH = re.compile(rf"{_WORD}(/{_WORD})*(:{_WORD})?")
_ARGUMENT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GENERATED_FOLDERS = frozenset({"lib", "model"})


def check_paths(system: System) -> Iterator[Finding]:
    """Paths that lead to no function."""
    for function in system.functions:
        problem: str | None = None
        if _PATH.fullmatch(function.path) is None:
            problem = "is not the path of a function"
        elif any(len(word) > IDENTIFIER_LENGTH for word in re.split("[/:]", function.path)):
            problem = f"has a name of more than {IDENTIFIER_LENGTH} characters"
        elif len(function.module.split("/")[-1]) > MODULE_LENGTH:
            problem = f"has a module of more than {MODULE_LENGTH} characters"
        if problem is not None:
            yield Finding(
                f"{quoted(function.path)} {problem}",
                ("functions", function.path),
                Part.KEY,
                "the module and the name, such as reports:weekly or admin/reports:weekly",
            )


def check_modules(system: System) -> Iterator[Finding]:
    """Functions in modules that are generated, or that Convex takes for something else."""
    generated = {entity.module for entity in system.entities}
    if generated:
        generated |= {"atomic", "system"}
    generated |= {f"viewer/{one.module}" for one in system.entities if one.rules is not None}
    folder = system.convex.path
    copied = {one.name for one in system.copied_modules}
    for function in system.functions:
        *folders, module = function.module.split("/")
        if function.module in copied and _is_taken(function.module, generated):
            problem = "is written by convexgen, or means something to Convex"
        elif function.module in copied:
            continue
        elif (
            tuple(folders[: len(folder)]) == folder
            and "/".join((*folders[len(folder) :], module)) in generated
        ):
            problem = "is written by convexgen"
        elif module == "schema":
            problem = "is no module of functions to Convex, in any folder"
        else:
            continue
        yield Finding(
            f"the module {quoted(function.module)} {problem}",
            ("functions", function.path),
            Part.KEY,
            "put functions of your own into modules of their own",
        )
    called = {function.module for function in system.functions}
    for copy in system.copied_modules:
        if copy.name not in called and _is_taken(copy.name, generated):
            importing = next(one for one in system.functions if one.module in copied)
            yield Finding(
                f"{copy.file}, which is imported, would be the module {quoted(copy.name)}, which "
                "is written by convexgen, or means something to Convex",
                ("functions", importing.path),
                Part.KEY,
                "name the file otherwise",
            )


def _is_taken(module: str, generated: Set[str]) -> bool:
    """Whether a module that is to be copied is in the place of another file of the directory."""
    top, *below = module.lower().split("/")
    is_generated = module.lower() in {one.lower() for one in generated}
    if below:
        return is_generated or top in _GENERATED_FOLDERS or below[-1] == "schema"
    return is_generated or top in CONVEX_MODULES


def check_collisions(system: System) -> Iterator[Finding]:
    """Functions that are the same method or class in Python."""
    owners: dict[str, Function] = {}
    for function in system.functions:
        for name in _python_names(function):
            owner = owners.setdefault(name, function)
            if owner is not function:
                yield Finding(
                    f"{quoted(function.path)} and {quoted(owner.path)} are the same in Python",
                    ("functions", function.path),
                    Part.KEY,
                    "rename one of them",
                    (("the other is", ("functions", owner.path)),),
                )
                break


def _python_names(function: Function) -> list[str]:
    """What the client needs for a function, however its words are joined."""
    namespace, method = function_namespace(function.module), python_method(function.method)
    whole = pascal_case(f"{namespace}_{method}").casefold()
    names = [f"{namespace}.{method}", whole, f"{whole}arguments"]
    if function.kind is FunctionKind.QUERY:
        names.append(f"{namespace}.watch_{method}")
    return names


def check_namespaces(system: System) -> Iterator[Finding]:
    """Modules that are the same namespace in Python, and what takes the place of all of them."""
    owners: dict[str, Function] = {}
    for function in system.functions:
        namespace = pascal_case(function_namespace(function.module)).casefold()
        for name in (namespace, f"async{namespace}"):
            owner = owners.setdefault(name, function)
            if owner.module != function.module:
                yield Finding(
                    f"the modules {quoted(function.module)} and {quoted(owner.module)} are the "
                    "same in Python",
                    ("functions", function.path),
                    Part.KEY,
                    "rename one of them",
                    (("the other is", ("functions", owner.path)),),
                )
                break
    if not system.functions:
        return
    for function in system.functions:
        if pascal_case(function_namespace(function.module)) == "Handwritten":
            yield Finding(
                "the functions need a class HandwrittenFunctions in TypeScript",
                ("functions", function.path),
                Part.KEY,
                "choose another name",
            )
    for group, name in (
        *(("enums", enum.name) for enum in system.enums),
        *(("objects", shape.name) for shape in system.objects),
    ):
        if name in {"Functions", "AsyncFunctions", "HandwrittenFunctions"}:
            language = "TypeScript" if name == "HandwrittenFunctions" else "Python"
            yield Finding(
                f"the functions need a class {name} in {language}",
                (group, name),
                Part.KEY,
                "choose another name",
            )
    for entity in system.entities:
        if python_identifier(entity.module) == "functions":
            yield Finding(
                f"the functions and the table {quoted(entity.table)} have the same place in Python",
                module_path(entity),
                advice="rename the table, or name its functions and store by module",
            )


def check_arguments(system: System) -> Iterator[Finding]:
    """Arguments that are no names, or the same parameter in Python."""
    for function in system.functions:
        path: Path = ("functions", function.path, "args")
        owners: dict[str, str] = {}
        for argument in function.arguments:
            name = argument.name
            if len(name) > IDENTIFIER_LENGTH or _ARGUMENT.fullmatch(name) is None:
                yield Finding(
                    f"{quoted(name)} is not a name for an argument",
                    (*path, name),
                    Part.KEY,
                    f"a letter, then letters, digits and _, at most {IDENTIFIER_LENGTH} in all",
                )
                continue
            parameter = argument.attribute
            owner = owners.setdefault(parameter, name)
            if owner != name:
                yield Finding(
                    f"{quoted(name)} and {quoted(owner)} are both {parameter} in Python",
                    (*path, name),
                    Part.KEY,
                    'rename it, or give it another name by "python"',
                )


def check_positions(system: System) -> Iterator[Finding]:
    """Arguments by position that may be left out, though one after them may not."""
    for function in system.functions:
        path: Path = ("functions", function.path, "args")
        first: Field | None = None
        for argument in function.arguments if function.positional else ():
            if argument.optional:
                first = first or argument
            elif first is not None:
                yield Finding(
                    f"{quoted(argument.name)} is required, and {quoted(first.name)} before it may "
                    "be left out",
                    (*path, argument.name),
                    Part.KEY,
                    "put what may be left out last, as arguments are taken by position",
                    (("the other is", (*path, first.name)),),
                )


def check_reserved(system: System) -> Iterator[Finding]:
    """Functions, modules and arguments that every object of JavaScript has something called so."""
    for function in system.functions:
        path: Path = ("functions", function.path)
        names: list[tuple[str, Path]] = [
            (function.method, path),
            (camel_case(function_namespace(function.module)), path),
            *((one.name, (*path, "args", one.name)) for one in function.arguments),
        ]
        for name, place in names:
            if name in OBJECT_PROPERTIES:
                yield Finding(
                    f"{quoted(name)} is a property of every object in JavaScript",
                    place,
                    Part.KEY,
                    "choose another name",
                )
        if function.method == THENABLE:
            yield Finding(
                f"{quoted(function.name)} makes a promise of the module, and of its methods in "
                "TypeScript, which JavaScript calls when it imports or awaits them",
                path,
                Part.KEY,
                "choose another name",
            )


def check_unions(system: System) -> Iterator[Finding]:
    """What is written of an entity beside other objects, from which nothing tells it."""
    for function in system.functions:
        path: Path = ("functions", function.path)
        given: list[tuple[Field, Path]] = [
            (field, (*path, "args", field.name)) for field in function.arguments
        ]
        if function.input is not None:
            given.append((function.input, (*path, "input")))
        for field, place in given:
            if any(map(_is_ambiguous, parts(field.type))):
                yield Finding(
                    "nothing tells which of the objects of the union an argument is",
                    place,
                    advice="take each as an argument of its own, which may be absent",
                )


def _is_ambiguous(type_: Type) -> bool:
    if not isinstance(type_, UnionType) or type_.tag is not None:
        return False
    members = [bare(member) for member in type_.members]
    objects = [member for member in members if kind(member) == "object"]
    return len(objects) > 1 and any(isinstance(one, InputType) for one in objects)


def check_inputs(system: System) -> Iterator[Finding]:
    """What stands for all arguments and is no object, which Convex passes them in."""
    for function in system.functions:
        given = function.input
        if given is not None and (given.optional or given.nullable or not _is_object(given.type)):
            yield Finding(
                "the arguments of a function are an object",
                ("functions", function.path, "input"),
                advice="a named object, a record or a union of these, such as record<string, any>",
            )


def _is_object(type_: Type) -> bool:
    match bare(type_):
        case ObjectType() | InlineObjectType() | RecordType() | InputType():
            return True
        case UnionType(members):
            return all(_is_object(member) for member in members)
        case _:
            return False


RULES = (
    Rule("function-path", check_paths),
    Rule("function-module", check_modules),
    Rule("function-collision", check_collisions),
    Rule("function-collision", check_namespaces),
    Rule("function-argument", check_arguments),
    Rule("function-argument", check_positions),
    Rule("function-argument", check_inputs),
    Rule("reserved-name", check_reserved),
    Rule("ambiguous-union", check_unions),
)
