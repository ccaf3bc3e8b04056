"""Reading a spec takes a number of operations that its size bounds, whatever is in it.

Calls are counted, not time: on a busy machine, too, a spec for which they grow faster fails here.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from convexgen.facts.matrix.matrix import matrix_facts
from convexgen.frontend import Loaded, load_system
from convexgen.pattern_matching import Steps, TooManySteps, matches
from convexgen.patterns import PatternError, read_pattern
from convexgen.rendering.render import render
from hypothesis import given, settings
from hypothesis import strategies as st
from included import read_included
from project import ROOT

SPEC = """\
convexgen: 1
name: crm
enums: {Stage: [lead, customer]}
objects:
  Size: {width: number, height: number?}
  Box: {size: Size, kinds: list<Stage>}
entities:
  Company:
    table: companies
    key: domain
    fields:
      domain: {type: string, pattern: "[a-z.]+"}
      stage: {type: Stage, default: lead}
      box: Box | null
      tags: {type: "record<string, integer>", default: {}}
      owner: ref<Person>?
    indexes: {byStage: [stage]}
  Person:
    table: people
    key: name
    fields: {name: string, notes: json}
functions:
  reports:weekly: {kind: query, args: {since: timestamp}, returns: list<Company>}
"""


class TooManyOperations(Exception):
    """More was called than may be."""


@contextmanager
def counted(most: int) -> Iterator[list[int]]:
    """Counts calls, and raises TooManyOperations past a bound."""
    count = [0]

    def see(frame: object, event: str, argument: object) -> None:
        if event in {"call", "c_call"}:
            count[0] += 1
            if count[0] > most:
                sys.setprofile(None)
                raise TooManyOperations

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield count
    finally:
        sys.setprofile(before)


def spec(objects: str = "", enums: str = "", fields: str = "", entities: str = "") -> str:
    return (
        f"convexgen: 1\nname: crm\nenums: {{E: [e]{enums}}}\n"
        f"objects:\n  O: {{a: string}}\n{objects}"
        "entities:\n  T:\n    table: ts\n    key: k\n    fields:\n      k: string\n"
        f"{fields}{entities}"
    )


def lines(count: int, line: str) -> str:
    return "".join(line.format(i, i + 1) + "\n" for i in range(count))


GROWING: Mapping[str, Callable[[int], str]] = {
    "values-of-an-enum": lambda n: spec(enums=f", F: [{', '.join(f'v{i}' for i in range(n))}]"),
    "opened-types": lambda n: spec(fields=f"      a: [{', '.join(['x<a'] * n)}]\n"),
    "objects": lambda n: spec(objects=lines(n, "  O{}: {{a: string}}")),
    "fields": lambda n: spec(fields=lines(n, "      f{}: string")),
    "unions-of-objects": lambda n: spec(
        objects=lines(n, "  U{0}: {{u: U{1} | O{0}}}\n  O{0}: {{o{0}: string}}")
        + f"  U{n}: {{u: string}}\n"
    ),
    "fields-of-one-object": lambda n: spec(fields=lines(n, "      f{}: O")),
    "paths": lambda n: spec(
        objects=f"  P: {{{', '.join(f'f{i}: string' for i in range(n))}}}\n",
        fields="      p: P\n    queries:\n"
        f"      find: {{where: [{', '.join(f'p.f{i}' for i in range(n))}]}}\n",
    ),
    "indexes": lambda n: spec(
        fields=lines(n, "      f{}: string") + "    indexes:\n" + lines(n, "      by_f{0}: [f{0}]")
    ),
    "fields-of-an-index": lambda n: spec(
        fields=f"    indexes:\n      by_all: [{', '.join(['k'] * n)}]\n"
    ),
    "queries": lambda n: spec(
        fields=lines(n, "      f{}: string")
        + "    queries:\n"
        + lines(n, "      q{0}: {{by: [f{0}]}}")
    ),
    "filters-of-a-search": lambda n: spec(
        fields=lines(n, "      f{}: string")
        + "    searchIndexes:\n      find: {search: f0, filter: ["
        + ", ".join(f"f{i}" for i in range(n))
        + "]}\n"
    ),
    "search-indexes": lambda n: spec(
        fields=lines(n, "      f{}: string")
        + "    searchIndexes:\n"
        + lines(n, "      search{0}: {{search: f{0}}}")
    ),
    "variants": lambda n: spec(
        objects=lines(n, "  V{0}: {{kind: {{literal: v{0}}}, f{0}: string}}"),
        fields=f"      u: {{union: [{', '.join(f'V{i}' for i in range(n))}], tag: kind}}\n",
    ),
    "unknown-types": lambda n: spec(fields=lines(n, "      f{}: Unknown")),
    "literals": lambda n: spec(
        fields=f'      u: "{" | ".join(f"{chr(39)}x{i}{chr(39)}" for i in range(n))}"\n'
    ),
    "entities": lambda n: spec(
        entities=lines(n, "  T{0}: {{table: t{0}, key: k, fields: {{k: string}}}}")
    ),
    "references": lambda n: spec(
        entities=lines(n, "  T{0}: {{table: t{0}, key: k, fields: {{k: string, r: ref<T>}}}}")
    ),
    "functions": lambda n: spec() + "functions:\n" + lines(n, "  m:f{}: {{kind: query}}"),
    "lines": lambda n: spec() + "\n" * n,
    "duplicates": lambda n: spec(fields="      f: string\n" * n),
}


def steps(text: str) -> int:
    """How many lines of Python run for a spec: those of loops, too, in which nothing is called."""
    count = 0

    def see(_: FrameType, event: str, __: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return see

    before = sys.gettrace()
    sys.settrace(see)
    try:
        load_system(text, "spec.yaml")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("kind", GROWING)
def test_twice_as_much_takes_twice_as_many_operations(kind: str) -> None:
    counts: list[int] = []
    for size in (150, 300):
        counts.append(steps(GROWING[kind](size)))
    assert counts[1] < 2.4 * counts[0], counts


def in_levels(field: str) -> str:
    """Forty objects, each of which has the next one twice."""
    objects = lines(40, f"  L{{0}}: {{{{a: {field}, b: {field}}}}}")
    return spec(objects + "  L40: {a: string}\n", fields="      l: L0\n")


@pytest.mark.parametrize("field", ["L{1}", "L{1}?", "list<L{1}>", "L{1} | null", "L{1} | string"])
def test_objects_of_many_levels_are_counted_once(field: str) -> None:
    with counted(500_000):
        load_system(in_levels(field), "spec.yaml")


def in_place(field: str) -> str:
    """Thirty objects without names, one in the other."""
    for _ in range(30):
        field = f"{{object: {{a: {field}}}}}"
    return field


@pytest.mark.parametrize(
    "field",
    [
        f"{in_place('string')}\n    indexes: {{by_f: [f]}}",
        f"{{union: [{in_place('string')}, {in_place('number')}]}}",
        f"{{list: {in_place('json')}, counted: true}}",
        f"{{type: json, default: {in_place('json')}}}",
    ],
)
def test_objects_in_place_are_looked_at_once(field: str) -> None:
    with counted(500_000):
        load_system(spec(fields=f"      f: {field}\n"), "spec.yaml")


def test_a_path_leads_through_each_object_once() -> None:
    objects = lines(40, "  L{0}: {{a: L{1} | M{1}}}\n  M{0}: {{a: L{1} | M{1}, m: string}}")
    text = spec(objects + "  L40: {a: string}\n  M40: {a: string, m: string}\n")
    index = f"      l: L0 | M0\n    indexes: {{by_l: [l{'.a' * 41}]}}\n"
    with counted(500_000):
        loaded = load_system(text + index, "spec.yaml")
    assert "unknown-field" not in {one.code for one in loaded.diagnostics}


def chained(count: int) -> dict[str, object]:
    """JSON Schemas each of which refers to the next one."""
    definitions: dict[str, object] = {
        f"S{i}": {"type": "object", "properties": {"next": {"$ref": f"#/$defs/S{i + 1}"}}}
        for i in range(count)
    }
    return {"$defs": {**definitions, f"S{count}": {"type": "string"}}}


def with_json_schema(schema: dict[str, object]) -> Loaded:
    text = spec(fields='      j: "json(s.json#/$defs/S0)"\n')
    return load_system(text, "spec.yaml", lambda _: json.dumps(schema).encode())


def test_json_schemas_that_refer_to_each_other_take_steps_not_levels() -> None:
    counts: list[int] = []
    for size in (1000, 2000):
        with counted(10_000_000) as count:
            loaded = with_json_schema(chained(size))
        assert loaded.system is not None
        counts.append(count[0])
    assert counts[1] < 2.4 * counts[0], counts


@pytest.mark.parametrize("count", [150, 250, 450, 5000])
def test_a_json_schema_is_nested_so_deep(count: int) -> None:
    # Its text, as that of 5,000 levels is more than json.dumps takes.
    text = '{"type": "array", "items": ' * count + '{"type": "string"}' + "}" * count
    given = spec(fields='      j: "json(s.json)"\n')
    loaded = load_system(given, "spec.yaml", lambda _: text.encode())
    if count < 200:
        assert loaded.system is not None
    else:
        (found,) = loaded.diagnostics
        assert found.message == "s.json is nested more than 200 levels deep"


PATTERNS = ("(a+)+", "(a|a)*", "(a*)*b?", "((a{0,12}){0,12}){0,12}", "(a?){1000}a{1000}", "(.*)*x")


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("length", [30, 3000])
def test_a_default_is_matched_in_bounded_steps(pattern: str, length: int) -> None:
    field = f'      p: {{type: string, pattern: "{pattern}", default: {"a" * length}!}}\n'
    with counted(6_000_000):
        loaded = load_system(spec(fields=field), "spec.yaml")
    found = [one.message for one in loaded.diagnostics if one.code == "default-value"]
    assert len(found) == 1
    assert found[0] in {
        "the default breaks a constraint of its field",
        "whether the pattern matches the default takes too long to tell",
    }


PIECES = (
    *(
        "a",
        "b",
        "é",
        ".",
        "\\d",
        "\\w",
        "[ab]",
        "[^b\\]]",
        "[\\d-]",
        "(a|b)",
        "(?:ab)",
        "|",
        "(",
        ")",
    ),
    *("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "\\.", "\\u0061", "\\n"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=7).map("".join),
    st.lists(st.text("abé.1\n]-", max_size=6), min_size=5, max_size=10),
)
def test_matching_gives_what_python_gives(text: str, values: list[str]) -> None:
    try:
        pattern = read_pattern(text)
    except PatternError:
        return
    for value in values:
        expected = re.fullmatch(pattern.python, value, re.ASCII) is not None
        assert matches(pattern.python, value, Steps(100_000)) == expected, (pattern, value)


def test_steps_end() -> None:
    with pytest.raises(TooManySteps):
        matches("(?:a*)*", "a" * 100, Steps(50))


RULED = """\
convexgen: 1
name: crm
python: {package: crm_convex, testing: pytest}
identity: {subject: tokenIdentifier}
entities:
  Note:
    table: notes
    key: [ownerId, id]
    access: {owner: ownerId, read: owner, create: authenticated, update: owner, delete: owner}
    fields:
      id: string
      ownerId: string
      made: FIELD
    indexes: {by_ownerId: [ownerId]}
"""
"""One of which a suite of tests is rendered, for which values are made up."""


@pytest.mark.parametrize(
    ("made", "is_found"),
    [
        ("string", True),
        ("{type: string, minLength: 60000}", True),
        ('{type: string, pattern: "[a-z]{30}(x|yz){1,600}"}', True),
        ('{type: string, pattern: "[!-\\\\uffff]+"}', True),
        ("{type: string, minLength: 5000000000}", False),
        ('{type: string, pattern: "((((a?){0}){12}){12}){12}"}', True),
        ('{type: string, pattern: "(x+x+)+y|x{1000}", minLength: 999, maxLength: 1000}', True),
        ('{type: string, pattern: "[^\\u0000-\\uffff]"}', False),
        (f"{'{list: ' * 3}string{', minItems: 999}' * 3}", False),
        ("{list: vector<4096>, minItems: 8000}", False),
    ],
)
def test_what_is_rendered_takes_bounded_steps(made: str, is_found: bool) -> None:
    loaded = load_system(RULED.replace("FIELD", made), "spec.yaml")
    assert loaded.system is not None, loaded.diagnostics
    with counted(3_000_000):
        facts = matrix_facts(loaded.system)
    assert facts is not None
    assert (facts.untold == {}) == is_found


def objects_in_objects(levels: int, fields: int) -> str:
    names = [f"f{i}" for i in range(fields)]
    return "".join(
        f"  L{level}: {{{', '.join(f'{name}: {inner}' for name in names)}}}\n"
        for level in range(levels)
        for inner in (f"L{level + 1}" if level < levels - 1 else "integer",)
    )


@pytest.mark.parametrize(("levels", "fields"), [(3, 20), (5, 6), (7, 12), (14, 100)])
def test_objects_that_are_written_out_are_bounded(levels: int, fields: int) -> None:
    def rendered(levels: int, fields: int) -> bool:
        text = spec(objects_in_objects(levels, fields), fields="      l: L0\n")
        system = load_system(text, "spec.yaml").system
        for draft in render(system, "spec.yaml").values() if system else ():
            assert draft.text is not None
        return system is not None

    rendered(1, 1)  # reads the templates, where nobody has read them before
    with counted(3_000_000):
        assert rendered(levels, fields) == (fields**levels <= 10_000)


WORDS = (
    *SPEC.split(),
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        "-",
        "&a",
        "*a",
        "<<",
        "!!str",
        '"',
        "'",
        "|",
        ">",
        "#",
        "%",
        "?",
        "~",
    ),
    *(
        "<",
        "list<",
        "Box",
        "Company",
        "null",
        "1e999",
        "9" * 350,
        "9" * 5000,
        "-" + "9" * 350,
        "0x" + "f" * 300,
        "0x" + "f" * 6000,
        "0o" + "7" * 500,
        "1e400",
        '"\\ud800"',
        "\x00",
        "\t",
        "\u2028",
        "😀",
        "(a+)+",
    ),
    *(
        "include",
        "extend",
        "union",
        "json(x#/y)",
        "pattern",
        "default",
        "rows",
        "counted",
        "clientCode",
    ),
)


EVERYTHING = ROOT / "tests" / "cases" / "good-everything"
"""A spec with all that the language has."""


def mutated(source: random.Random, spec: str, words: Sequence[str] = WORDS) -> str:
    """A spec with some of its words and lines moved, repeated, left out, or others."""
    parts = re.split(r"(\s+)", spec)
    for _ in range(source.randint(1, 6)):
        place = source.randrange(len(parts))
        match source.randrange(5):
            case 0:
                parts[place] = source.choice(words)
            case 1:
                parts.insert(place, source.choice(words))
            case 2:
                del parts[place : place + source.randint(1, 5)]
            case 3:
                parts[place:place] = parts[place : place + source.randint(1, 30)]
            case _:
                other = source.randrange(len(parts))
                parts[place], parts[other] = parts[other], parts[place]
        parts = parts or [""]
    return "".join(parts)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_no_mutated_spec_raises_or_takes_long(seed: int) -> None:
    """Ten specs a seed, 3,000 a run, one of them with all that the language has."""
    source = random.Random(seed)
    everything = (EVERYTHING / "spec.yaml").read_text(encoding="utf-8")
    for spec, most in (*((SPEC, 1_000_000),) * 9, (everything, 20_000_000)):
        text = mutated(source, spec)
        with counted(most):
            loaded = load_system(text, "spec.yaml", lambda name: read_included(name, EVERYTHING))
        assert isinstance(loaded, Loaded)
        assert loaded.system is not None or loaded.diagnostics


TOO_LARGE = (
    *("9" * 350, "9" * 5000, "-" + "9" * 350, "-1e400"),
    *("0x" + "f" * 300, "0x" + "f" * 6000, "0o" + "7" * 500),
)
"""Numbers that no double can have, as YAML writes them."""


@pytest.mark.parametrize("one", TOO_LARGE, ids=lambda number: f"{number[:2]}-{len(number)}")
def test_a_number_that_no_double_can_have_is_refused_wherever_it_stands(one: str) -> None:
    """Else Python cannot compute with it, or TypeScript takes it for infinite."""
    fields = (
        f"{{type: number, default: {one}}}",
        f"{{type: number, min: {one}}}",
        f"{{type: integer, max: {one}}}",
        f"{{type: integer, default: {one}}}",
        f"{{type: int64, default: {one}}}",
        f"{{type: string, maxLength: {one}}}",
        f"{{list: string, maxItems: {one}}}",
        f"{{type: json, default: {one}}}",
        f"{{type: json, default: {{x: [{one}]}}}}",
        f"{{type: any, default: {one}}}",
        f"{{type: 'number | string', default: {one}}}",
        f"{{type: timestamp, default: {one}}}",
        f"{{type: 'vector<2>', default: [{one}, 1]}}",
        f"{{literal: {one}}}",
        f"{{union: [{{literal: {one}}}, {{literal: 1}}]}}",
        f"'{one} | 1'",
    )
    for field in fields:
        loaded = load_system(spec(fields=f"      f: {field}\n"), "spec.yaml")
        assert loaded.system is None, field
        assert any(found.span.start.line == 12 for found in loaded.diagnostics), field


SCHEMA = """\
{
  "$defs": {
    "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}, "n": {"minimum": 1}}},
    "B": {"enum": ["x", 2, 3.5e1, null], "title": "One\\nline", "maxLength": 7}
  },
  "type": "array", "items": {"anyOf": [{"$ref": "#/$defs/A"}, {"const": "\\ud83d\\ude00"}]}
}
"""
JSON_WORDS = (
    *("9" * 350, "9" * 5000, "-1e400", "1e-400", "NaN", "-Infinity", "0x1", "01", "true", "null"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"$ref": "#"', '"#"'),
    *("{", "}", "[", "]", ",", ":", '"', "\\", "é", "\u2028", "[" * 300),
)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_no_mutated_json_schema_raises_or_takes_long(seed: int) -> None:
    source = random.Random(seed)
    given = spec(fields='      j: "json(s.json)"\n')
    for _ in range(10):
        text = mutated(source, SCHEMA, JSON_WORDS)
        with counted(200_000):
            loaded = load_system(given, "spec.yaml", lambda _, text=text: text.encode())
        if loaded.system is None:
            assert all(found.message.startswith("s.json") for found in loaded.diagnostics)
        elif (schemas := loaded.system.json_schemas) is not None:
            assert "Infinity" not in schemas.text
            schemas.text.encode()


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            '{"minimum":\n ' + "9" * 5000 + "}",
            "s.json:2:2 has 99999999999999999999…, which",
        ),
        ('{"minimum": -1e999}', "s.json:1:13 has -1e999, which is beyond what a number can be"),
        ('{"minimum": NaN}', "s.json:1:13 has NaN, which is no number of JSON"),
        (
            '{"title": "NaN",\n"description": "\\ud800"}',
            "s.json:2:16 has half of a character",
        ),
        ('{"\\udc00": 1}', "s.json:1:2 has half of a character, which is no text"),
        ('{"a": }', "s.json:1:7 is not JSON: "),
        ('{"$ref": "#"}', "s.json# refers to nothing but itself"),
        (
            '{"items": {"$ref": "#/$defs/A"}, "$defs": {"A": {"$ref": "#/$defs/B"}, '
            '"B": {"$ref": "#/$defs/A"}}}',
            "s.json#/$defs/A refers to nothing but itself",
        ),
        # Through what is of the same value, and with what is said beside it.
        ('{"$ref": "#", "minLength": 3}', "s.json# refers to nothing but itself"),
        ('{"anyOf": [{"type": "null"}, {"$ref": "#"}]}', "s.json# refers to nothing but itself"),
        (
            '{"allOf": [{"oneOf": [{"$ref": "#/$defs/A", "description": "x"}]}], '
            '"$defs": {"A": {"$ref": "#"}}}',
            "s.json# refers to nothing but itself",
        ),
    ],
)
def test_a_json_schema_that_cannot_be_used_is_told_with_the_place(schema: str, said: str) -> None:
    given = spec(fields='      j: "json(s.json)"\n')
    loaded = load_system(given, "spec.yaml", lambda _: schema.encode())
    (found,) = loaded.diagnostics
    assert found.message.startswith(said)


def test_json_schemas_may_be_of_values_that_hold_each_other() -> None:
    schema = """{
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/Node"}],
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {"next": {"$ref": "#"}, "other": {"$ref": "#/$defs/Node"}}
            }
        }
    }"""
    given = spec(fields='      j: "json(s.json)"\n')
    assert load_system(given, "spec.yaml", lambda _: schema.encode()).system is not None


@pytest.mark.parametrize("number", TOO_LARGE, ids=lambda number: f"{number[:2]}-{len(number)}")
def test_a_json_schema_in_yaml_has_such_numbers_as_json(number: str) -> None:
    given = spec(fields='      j: "json(s.yaml)"\n')
    schema = f"type: integer\nmaximum: {number}\n"
    loaded = load_system(given, "spec.yaml", lambda _: schema.encode())
    (found,) = loaded.diagnostics
    assert found.message == "s.yaml:2:10 has a number beyond what one can be"
