"""The front end where `cases/` cannot reach: bytes, formats, the model, hostile input."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from convexgen import reserved
from convexgen.cli.group import cli
from convexgen.diagnostics.diagnostic import has_errors
from convexgen.diagnostics.print_text import render_text
from convexgen.diagnostics.span import Position, Span
from convexgen.frontend import load_bytes, load_system
from convexgen.model.entities import Access, Direction, Entity, Index, Query, Visibility
from convexgen.model.fields import EntityField, Merge, OnDelete, Reference, Setter
from convexgen.model.shapes import EnumShape, ObjectShape
from convexgen.model.standard_functions import StandardFunctions
from convexgen.model.system import System
from convexgen.model.targets import ConvexTarget, PythonTarget, TypeScriptTarget
from convexgen.model.types import (
    EnumType,
    Field,
    IdType,
    InlineObjectType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    ObjectType,
    RecordType,
    RefType,
    StringType,
    TimestampType,
    UnionType,
)
from convexgen.rendering.render import render
from convexgen.source.core_schema import resolve_plain
from hypothesis import given, settings
from hypothesis import strategies as st
from included import read_included

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
MINIMAL = """\
convexgen: 1
name: shop
entities:
  Sale:
    table: sales
    key: saleId
    fields:
      saleId: string
"""


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in load_system(text, "spec.yaml").diagnostics]


def lint(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "convexgen", "lint", *arguments], capture_output=True, check=False
    )


# The model


def test_a_spec_becomes_a_model() -> None:
    text = """\
convexgen: 1
name: my-shop
description: What a shop knows.
enums:
  State: {values: [on, off], description: Whether.}
objects:
  Line: {price: Price, note: string?}
  Price: {cents: int64}
entities:
  Customer:
    table: customers
    key: customerId
    fields:
      customerId: string
      updatedAt: {type: timestamp, set: on write}
    access: public
  Sale:
    table: sales
    description: A sale.
    key: [customerId, number]
    fields:
      customerId: {type: ref<Customer>, onDelete: cascade, touch: updatedAt}
      number: integer
      friendId: {type: "ref<Customer> | null", optional: true, onDelete: cascade}
      state: State?
      kind: {enum: [a, b]}
      lines: list<Line | null>
      shares: "record<id<Customer>, string | int64>"
      data: {type: json, merge: deep, description: Anything.}
      inner: {object: {a: string | null}, nullable: true}
      createdAt: {type: timestamp, set: on create}
    indexes:
      by_state_and_createdAt: [state, createdAt]
      by_key: [customerId, number]
      by_kind_and_state: [kind, state]
    queries:
      getByState: {by: state, order: createdAt desc, description: The latest first.}
      getByStateAndKind: {by: [state, kind]}
      ofFriend: {by: friendId, order: desc}
    access: {read: public}
"""
    loaded = load_system(text, "spec.yaml")
    customer_key = RefType("Customer", StringType())
    assert [one.code for one in loaded.diagnostics] == ["unbounded-list"]
    assert loaded.system is not None
    expected = System(
        name="my-shop",
        description="What a shop knows.",
        enums=(EnumShape("State", ("on", "off"), "Whether."),),
        objects=(
            ObjectShape("Price", (Field("cents", Int64Type()),)),
            ObjectShape(
                "Line",
                (Field("price", ObjectType("Price")), Field("note", StringType(), optional=True)),
            ),
        ),
        entities=(
            Entity(
                name="Customer",
                table="customers",
                module="customers",
                key=("customerId",),
                key_index="by_customerId",
                shared_fields=(
                    EntityField("customerId", StringType()),
                    EntityField("updatedAt", TimestampType(), setter=Setter.ON_WRITE),
                ),
                indexes=(Index("by_customerId", ("customerId",), implicit=True),),
                queries=(),
                functions=StandardFunctions(queries=False),
                access=Access(Visibility.PUBLIC, Visibility.PUBLIC),
            ),
            Entity(
                name="Sale",
                table="sales",
                module="sales",
                key=("customerId", "number"),
                key_index="by_key",
                shared_fields=(
                    EntityField(
                        "customerId",
                        customer_key,
                        reference=Reference(
                            "Customer", OnDelete.CASCADE, is_checked=False, touch="updatedAt"
                        ),
                    ),
                    EntityField("number", IntegerType()),
                    EntityField(
                        "friendId",
                        customer_key,
                        optional=True,
                        nullable=True,
                        reference=Reference(
                            "Customer", OnDelete.CASCADE, is_checked=False, touch=None
                        ),
                    ),
                    EntityField("state", EnumType("State"), optional=True),
                    EntityField("kind", LiteralType(("a", "b"))),
                    EntityField("lines", ListType(UnionType((ObjectType("Line"), NullType())))),
                    EntityField(
                        "shares",
                        RecordType(IdType("Customer"), UnionType((StringType(), Int64Type()))),
                    ),
                    EntityField("data", JsonType(), merge=Merge.DEEP, description="Anything."),
                    EntityField(
                        "inner",
                        InlineObjectType((Field("a", StringType(), nullable=True),)),
                        nullable=True,
                    ),
                    EntityField("createdAt", TimestampType(), setter=Setter.ON_CREATE),
                ),
                indexes=(
                    Index("by_state_and_createdAt", ("state", "createdAt")),
                    Index("by_key", ("customerId", "number")),
                    Index("by_kind_and_state", ("kind", "state")),
                    Index("by_friendId", ("friendId",), implicit=True),
                ),
                queries=(
                    Query(
                        "getByState",
                        "by_state_and_createdAt",
                        ("state",),
                        "createdAt",
                        Direction.DESCENDING,
                        "The latest first.",
                    ),
                    Query("getByStateAndKind", "by_kind_and_state", ("kind", "state"), None),
                    Query("ofFriend", "by_friendId", ("friendId",), None, Direction.DESCENDING),
                ),
                access=Access(Visibility.PUBLIC, Visibility.INTERNAL),
                description="A sale.",
            ),
        ),
        convex=ConvexTarget("convex"),
        python=PythonTarget("my_shop_convex", "generated/python"),
        typescript=TypeScriptTarget("generated/typescript"),
    )
    for field in fields(System):
        assert getattr(loaded.system, field.name) == getattr(expected, field.name)


def test_a_reference_to_a_reference_has_the_type_at_the_end() -> None:
    text = MINIMAL.replace("string", "ref<Invoice>") + (
        "  Invoice: {table: invoices, key: number, fields: {number: ref<Count>}}\n"
        "  Count: {table: counts, key: n, fields: {n: int64}}\n"
    )
    system = load_system(text, "spec.yaml").system
    assert system is not None
    assert system.entity("Sale").field("saleId").type == RefType("Invoice", Int64Type())
    assert system.entity("Invoice").field("number").type == RefType("Count", Int64Type())


@pytest.mark.parametrize(
    ("indexes", "queries", "expected"),
    [
        # What compares the same fields as the query of its index stands in its place.
        ("by_a_and_at: [a, at]", "latest: {by: a, order: at desc}", ["latest"]),
        ("by_a_and_b: [a, b]", "ofBoth: {by: [b, a]}", ["ofBoth"]),
        ("by_at: [at]", "newest: {order: at desc}", ["newest"]),
        # It may have the name of the one that it replaces.
        ("by_a_and_at: [a, at]", "byAAndAt: {by: a, order: at desc}", ["byAAndAt"]),
        # Of several, all stay.
        (
            "by_a_and_at: [a, at]",
            "oldest: {by: a, order: at}, latest: {by: a, order: at desc}",
            ["oldest", "latest"],
        ),
        # What compares others stays beside it, and the indexes of others stay.
        ("by_a_and_at: [a, at]", "ofA: {by: a}", ["byAAndAt", "ofA"]),
        ("by_a_and_b: [a, b]", "fromB: {by: a, order: b}", ["byAAndB", "fromB"]),
        ("by_a_and_at: [a, at]", "at: {by: [a, at]}", ["byAAndAt", "at"]),
        ("by_at: [at], by_b: [b]", "newest: {order: at desc}", ["byB", "newest"]),
        # The shortest index that serves it, of which it compares all fields.
        (
            "by_a_and_b: [a, b], by_a_and_b_and_at: [a, b, at]",
            "ofBoth: {by: [a, b]}",
            ["byAAndBAndAt", "ofBoth"],
        ),
    ],
)
def test_a_declared_query_replaces_the_one_of_its_index(
    indexes: str, queries: str, expected: list[str]
) -> None:
    text = (
        f"{MINIMAL}      a: string\n      b: string?\n      at: timestamp\n"
        f"    indexes: {{{indexes}}}\n    queries: {{{queries}}}\n"
    )
    loaded = load_system(text, "spec.yaml")
    assert loaded.system is not None, loaded.diagnostics
    assert [query.name for query in loaded.system.entity("Sale").queries] == expected


def test_a_declared_query_replaces_the_one_of_what_is_unique() -> None:
    text = f"{MINIMAL}      code: string\n    unique: [[code]]\n"
    loaded = load_system(text, "spec.yaml")
    assert loaded.system is not None
    assert [one.name for one in loaded.system.entity("Sale").queries] == ["byCode"]
    loaded = load_system(f"{text}    queries: {{withCode: {{by: code}}}}\n", "spec.yaml")
    assert loaded.system is not None
    assert [one.name for one in loaded.system.entity("Sale").queries] == ["withCode"]


def test_objects_are_in_dependency_order_however_long_the_chain() -> None:
    length = 3000
    chain = "".join(f"  O{n}: {{inner: O{n + 1}}}\n" for n in range(length))
    text = f"{MINIMAL}      first: json\nobjects:\n{chain}  O{length}: {{end: string}}\n"
    loaded = load_system(text, "spec.yaml")
    assert loaded.system is not None
    assert [shape.name for shape in loaded.system.objects] == [
        f"O{n}" for n in range(length, -1, -1)
    ]


def test_the_spec_of_this_project_is_fine() -> None:
    path = ROOT / "schema" / "mastra.yaml"
    loaded = load_bytes(path.read_bytes(), path.name, partial(read_included, root=path.parent))
    assert loaded.diagnostics == ()
    assert loaded.system is not None


# Text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("2026-01-01", "2026-01-01"),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("", None),
        ("NULL", None),
        ("010", 10),
        ("-7", -7),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("e3", "e3"),
        (".", "."),
        ("-.INF", float("-inf")),
        ("9" * 5000, float("inf")),
    ],
)
def test_plain_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    resolved = resolve_plain(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_bytes_that_are_not_utf_8_are_placed() -> None:
    loaded = load_bytes("# é\nname: caf".encode() + b"\xe9\n", "spec.yaml")
    assert loaded.system is None
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.code == "not-utf-8"
    assert diagnostic.span.start == Position(2, 10)


@pytest.mark.parametrize("prefix", ["\ufeff", "%YAML 1.2\n---\n", "# comment\n\n"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_a_directive_and_any_line_break_are_fine(
    prefix: str, line_break: str
) -> None:
    text = (prefix + MINIMAL).replace("\n", line_break)
    assert load_bytes(text.encode(), "spec.yaml").diagnostics == ()


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_are_counted_by_any_line_break(line_break: str) -> None:
    text = (MINIMAL + "      a: strng\n").replace("\n", line_break)
    loaded = load_system(text, "spec.yaml")
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.span == Span(Position(9, 10), Position(9, 15), "spec.yaml")
    assert "    9 |       a: strng\n" in render_text(loaded.diagnostics, {"spec.yaml": text})


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff"])
def test_characters_that_yaml_lacks_are_refused(character: str) -> None:
    loaded = load_system(f"{MINIMAL}# {character}", "spec.yaml")
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.code == "forbidden-character"
    assert diagnostic.span.start == Position(9, 3)
    assert character not in render_text(loaded.diagnostics, loaded.source.texts)


def test_lone_surrogates_are_refused() -> None:
    assert codes(f"{MINIMAL}# \ud800") == ["forbidden-character"]
    assert codes(f'{MINIMAL}description: "\\ud800"\n') == ["yaml-syntax"]


def test_carets_stand_below_what_is_meant_whatever_the_characters() -> None:
    text = f'{MINIMAL}      "名\u202e\te\u0301": {{type: strng}}\n'
    loaded = load_system(text, "spec.yaml")
    shown = render_text(loaded.diagnostics, {"spec.yaml": text})
    source, carets = next(
        (line, carets)
        for line, carets in zip(shown.splitlines(), shown.splitlines()[1:], strict=False)
        if line.startswith("    9 |") and carets.endswith(" ^^^^^")
    )
    assert "\u202e" not in shown
    assert "<U+202E>" in source
    wide, combining = 1, 1
    assert carets.index("^") == source.index("strng") + wide - combining
    assert "\t" not in source


def test_of_a_long_line_a_window_is_shown() -> None:
    filler = "x" * 500
    text = f"{MINIMAL}      a: {{description: {filler}, type: strng, description2: {filler}}}\n"
    loaded = load_system(text, "spec.yaml")
    shown = render_text(loaded.diagnostics, {"spec.yaml": text})
    assert "type: strng, description2: xxx" in shown
    assert max(len(line) for line in shown.splitlines()) < 200


def test_every_word_of_a_type_has_its_place() -> None:
    for written, column in [
        ("list<strng>", 15),
        ("'list<strng>'", 16),
        ('"list<strng>"', 16),
        ("  list< strng >", 18),
        ('"list\\x3Cstrng>"', 10),
    ]:
        (diagnostic,) = load_system(f"{MINIMAL}      a: {written}\n", "spec.yaml").diagnostics
        assert diagnostic.span.start == Position(9, column), written


# Hostile input


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "nesting-too-deep"),
        ("{a: " * 100_000, "nesting-too-deep"),
        ("- " * 100_000, "nesting-too-deep"),
        ("? " * 100_000, "key-not-text"),
        (MINIMAL + "      a: " + "list<" * 100_000, "type-syntax"),
        (MINIMAL + '      a: "' + "(" * 100_000 + '"', "type-syntax"),
        ("a: &a\n" + "b: *a\n" * 100_000, "anchors-not-allowed"),
        ("a: *a\n", "anchors-not-allowed"),
    ],
    ids=["lists", "mappings", "items", "keys", "generics", "parentheses", "aliases", "undefined"],
)
def test_hostile_text_gets_one_error(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
    result = lint(str(tmp_path / "spec.yaml"))
    assert result.returncode == 1, result.stderr
    assert f"error[{code}]" in result.stderr.decode()
    assert result.stderr.decode().endswith("\n1 error\n")


SPECS = [
    text
    for path in sorted(CASES.glob("*/spec.yaml"))
    if len(text := path.read_text(encoding="utf-8")) < 5000
]
FRAGMENTS = st.sampled_from(
    [
        *" \n[]{}:-?|<>&*!~#%,'\"\t",
        *("\n  ", ": ", "null", "1", "on", "list<", "ref<Sale>", "&a ", "---\n", ">-\n"),
        *("enum", "object", "union", "type", "key", "saleId", "\u202e", "é", "𝄞"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SPECS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), FRAGMENTS)))
def test_no_text_makes_the_front_end_fail(text: str, edits: list[tuple[float, int, str]]) -> None:
    for place, length, fragment in edits:
        start = int(place * len(text))
        text = text[:start] + fragment + text[start + length :]
    loaded = load_system(text, "spec.yaml")
    assert (loaded.system is None) == has_errors(loaded.diagnostics)
    assert list(loaded.diagnostics) == sorted(
        loaded.diagnostics, key=lambda diagnostic: diagnostic.span
    )
    shown = render_text(loaded.diagnostics, loaded.source.texts)
    assert shown.count("^") >= sum("|" in line for line in shown.splitlines()) // 4


# Reserved names


@pytest.mark.parametrize(
    "path",
    [
        "schema/mastra.yaml",
        "tests/cases/good-constraints/spec.yaml",
        "tests/cases/good-everything/spec.yaml",
    ],
)
def test_what_generated_modules_use_is_reserved(path: str) -> None:
    """A query of the spec cannot hide a name that its module imports or defines."""
    text = (ROOT / path).read_text(encoding="utf-8")
    system = load_system(text, path, partial(read_included, root=ROOT)).system
    assert system is not None
    functions = {
        name
        for entity in system.entities
        for query in entity.queries
        for name in (query.name, *query.further_functions)
    }
    for entity in system.entities:
        functions |= {index.function for index in (*entity.search_indexes, *entity.vector_indexes)}
        functions |= {one.function for one in entity.unique if one.function is not None}
    free: set[str] = set()
    for name, draft in render(system, path).items():
        is_of_functions = Path(name).parent == Path(system.convex.directory)
        if is_of_functions and Path(name).stem in {entity.module for entity in system.entities}:
            free |= _module_names(draft.text) - functions - reserved.STANDARD_FUNCTIONS
    unreserved = free - reserved.MODULE_NAMES
    assert {name for name in unreserved if not reserved.VALIDATOR_NAME.fullmatch(name)} == set()
    assert free


def test_what_python_modules_import_gives_way_to_types_of_the_spec() -> None:
    """What the modules of any good case import, those of the case of common nouns call otherwise.

    Checkers see in `test_static.py` that they use it by that name. What fails here is to be the
    name of an object in that case.
    """
    imported: dict[str, set[str]] = {}
    without_types = {
        "__init__.py",
        "_atomic.py",
        "_ids.py",
        "_storage.py",
        "_system.py",
        "json_schemas.py",
    }
    for path in sorted((ROOT / "tests" / "cases").glob("good-*/spec.yaml")):
        read = partial(read_included, root=path.parent)
        system = load_system(path.read_text(encoding="utf-8"), path.name, read).system
        found = imported.setdefault(path.parent.name, set())
        for file, draft in render(system, path.name).items() if system is not None else ():
            # Copies, as of the runtime, are nothing that a spec could have a say in; the tests
            # beside the package name none of its types.
            is_test = Path(file).name.startswith("test_")
            is_of_package = Path(file).suffix == ".py" and not draft.is_copied and not is_test
            if is_of_package and Path(file).name not in without_types:
                tree = ast.parse(draft.text)
                here = _imported_types(tree)
                assert _used_types(tree) - here <= reserved.PYTHON_TYPES
                found |= here
    other_names = {name for name in imported.pop("good-common-nouns") if name.endswith("_")}
    rest = {f"{name}_" for names in imported.values() for name in names} - other_names
    reserved_names = reserved.PYTHON_TYPES | reserved.TYPESCRIPT_TYPES
    assert {name for name in rest if name[:-1] not in reserved_names} == set()
    assert len(other_names) > 40


def _module_names(text: str) -> set[str]:
    """What a TypeScript module imports and defines that a function could be called."""
    names = set(re.findall(r"^(?:export )?(?:async )?(?:const|function) (\w+)", text, re.MULTILINE))
    for imported in re.findall(r"^import (.*?) from", text, re.MULTILINE | re.DOTALL):
        names.update(re.findall(r"(\w+)\s*(?=[,}]|$)", imported))
    return {name for name in names if name[0].islower()}


def _imported_types(tree: ast.Module) -> set[str]:
    """What a Python module imports that a type of a spec could be called."""
    libraries = {"_runtime", "collections.abc", "enum", "typing"}
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in libraries
        for alias in node.names
        if _MIXED_CASE.fullmatch(alias.name)
    }


def _used_types(tree: ast.Module) -> set[str]:
    """What a Python module uses, and has neither from its package nor defined itself."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node.module != "_runtime":
            own.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):  # a type of document IDs
            own.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            own.add(node.target.id)  # the type of documents of several variants
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for name in used - own if _MIXED_CASE.fullmatch(name)}


_MIXED_CASE = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*_?")


# The command line


def test_the_only_spec_of_the_project_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "shop.yml").write_text(MINIMAL + "      a: strng\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint"])
    assert result.exit_code == 1
    assert result.stderr.startswith("schema/shop.yml:9:10: error[unknown-type]")


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ([], [], "there is no folder schema/"),
        (["schema/notes.txt"], [], "there is no YAML file in schema/"),
        (["schema/b.yaml", "schema/a.yml"], [], "There are 2 specs in schema/: a.yml, b.yaml."),
        ([], ["spec.yaml"], "There is no file spec.yaml."),
        (["schema/a.txt"], ["schema"], "there is no YAML file in schema/"),
        ([], ["--format", "xml"], "'xml' is not one of"),
        ([], ["a", "b"], "unexpected extra argument"),
    ],
)
def test_a_command_that_cannot_run_ends_with_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: list[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(MINIMAL, encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_file_that_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300 + ".yaml")
    result = CliRunner().invoke(cli, ["lint", str(path)])
    assert result.exit_code == 2
    assert result.stderr.endswith(".yaml cannot be read: File name too long\n")


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(MINIMAL + "      saleId: string\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", str(path), "--format", "json"])
    assert result.exit_code == 1
    assert result.stderr == ""
    assert json.loads(result.stdout) == [
        {
            "file": path.as_posix(),
            "code": "duplicate-key",
            "severity": "error",
            "message": 'the key "saleId" is there twice',
            "help": "keep one of the two",
            "span": {"start": {"line": 9, "column": 7}, "end": {"line": 9, "column": 13}},
            "related": [
                {
                    "file": path.as_posix(),
                    "message": "the first one is",
                    "span": {"start": {"line": 8, "column": 7}, "end": {"line": 8, "column": 13}},
                }
            ],
        }
    ]


def test_json_of_nothing_is_an_empty_array(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", str(path), "--format", "json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []


def test_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "100%,a.yaml"
    (tmp_path / name).write_text(MINIMAL + '      "a%\\n::b": strng\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", name, "--format", "github"])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "::error file=100%25%2Ca.yaml,line=9,col=7,endLine=9,endColumn=16,title=invalid-name::"
        '"a%25<U+000A>::b" is not a name for a field%0Aa letter, then letters, digits and _',
        "::error file=100%25%2Ca.yaml,line=9,col=18,endLine=9,endColumn=23,title=unknown-type::"
        '"strng" is not a type%0Adid you mean "string"?',
    ]


def test_lint_runs_as_a_program(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    result = lint(str(path))
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_the_group_imports_no_command_and_nothing_heavy() -> None:
    program = (
        "import sys, convexgen.__main__, convexgen.cli.project\n"
        "heavy = {'pydantic', 'jinja2', 'yaml', 'rich', 'convexgen.cli.lint'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert result.stdout == "[]\n"


def test_help_and_version() -> None:
    listed = CliRunner().invoke(cli, ["--help"])
    assert listed.exit_code == 0
    assert re.search(r"lint +Report everything wrong with a spec\.", listed.stdout)
    version = CliRunner().invoke(cli, ["--version"])
    assert re.fullmatch(r"\S+ \d+\.\d+\.\d+\n", version.stdout)
