"""What templates may print: what is code, and nothing that a spec says without a filter."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from convexgen.facts import path_text, python_text, typescript_text
from convexgen.facts.code import Code, UnescapedText, identifier
from convexgen.rendering import templates
from convexgen.rendering.templates import Templates, imports
from hypothesis import given
from hypothesis import strategies as st
from project import ROOT

HOSTILE = '<&"\'> */ """ {{ x }} {% raw %} ${x} `x` \\ \u202e \u2028 \0 \n // #'


@dataclass(frozen=True)
class Facts:
    text: str
    name: Code
    number: int = 7


def rendered(monkeypatch: pytest.MonkeyPatch, folder: Path, template: str, facts: Facts) -> str:
    (folder / "t.jinja").write_text(template, encoding="utf-8")
    monkeypatch.setattr(templates, "templates_directory", lambda: folder)
    return Templates().render("t.jinja", facts)


FACTS = Facts(HOSTILE, identifier("threads"))


@pytest.mark.parametrize(
    "template",
    [
        "const a = {{ text }};",
        "{{ text ~ 'a' | code }}{{ [text] | join }}{{ text | upper }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(text) }}",
        "{% set x %}{{ text }}{% endset %}{{ x }}",
        "{{ [text] }}",
    ],
)
def test_text_without_a_filter_is_refused(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnescapedText, match="needs a filter: ts, py, jsdoc, docstring or name"):
        rendered(monkeypatch, tmp_path, template, FACTS)


def test_code_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = (
        "{% macro m(x) %}\n[{{ x }}]\n{% endmacro %}\n"
        "{{ name }} {{ number }} {{ m(name) }} {{ m('a < b' | code) }}"
    )
    assert rendered(monkeypatch, tmp_path, template, FACTS) == "threads 7 [threads] [a < b]"


def test_an_unknown_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="'nam' is undefined"):
        rendered(monkeypatch, tmp_path, "{{ nam }}", FACTS)


@pytest.mark.parametrize("name", ["", "a b", "1a", "a-b", "a;", "ä", HOSTILE])
def test_what_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(UnescapedText):
        identifier(name)


@given(st.text())
def test_python_literals_and_docstrings(text: str) -> None:
    assert ast.literal_eval(python_text.string(text)) == text
    documented = ast.parse(f"def f():\n    {python_text.docstring(text, 1)}\n").body
    assert len(documented) == 1
    assert isinstance(documented[0], ast.FunctionDef)
    assert len(documented[0].body) == 1


DATA = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(DATA)
def test_python_literals_of_data(value: object) -> None:
    assert ast.literal_eval(python_text.literal(value)) == value


@given(st.text(st.characters(codec="utf-8")))
def test_typescript_comments_end_where_they_end(text: str) -> None:
    comment = typescript_text.comment(text, 1)
    assert comment.count("*/") == (1 if text.strip() else 0)
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not hidden & {unicodedata.category(one) for one in comment.replace("\n", "")}


def test_typescript_literals() -> None:
    value = {"a": [1, 1.5, True, None, "x"], "b c": {}, "é": HOSTILE}
    assert typescript_text.literal(value).startswith(
        '{ a: [1, 1.5, true, null, "x"], "b c": {}, é: '
    )
    assert typescript_text.literal([1, -2], bigint=True) == "[1n, -2n]"
    assert typescript_text.string('say "hi" and "no"') == '\'say "hi" and "no"\''
    with pytest.raises(TypeError):
        typescript_text.literal({1, 2})


@given(st.text(st.characters(codec="utf-8")))
def test_typescript_strings_are_json_apart_from_the_quotes(text: str) -> None:
    literal = str(typescript_text.string(text))
    if literal.startswith("'"):
        inner = literal[1:-1].replace("\\'", "'").replace('"', '\\"')
        literal = f'"{inner}"'
    literal = re.sub(r"\\u\{(\w+)\}", lambda found: chr(int(found[1], 16)), literal)
    assert json.loads(literal) == text


def test_imports_are_sorted_and_may_be_none() -> None:
    assert imports("./a.js", "b", "type A", None, "B", "b") == (
        'import { type A, B, b } from "./a.js";'
    )
    assert imports("a", "b", types_only=True) == 'import type { b } from "a";'
    assert imports("./a.js", None) == ""


def test_code_is_said_of_literals_of_the_template_alone() -> None:
    """`| code` believes what it is given: a template may say it of its own text alone."""
    for template in (ROOT / "templates").rglob("*.jinja"):
        for found in re.finditer(r"(\S+)\s*\|\s*code\b", template.read_text(encoding="utf-8")):
            assert found[1].endswith(('"', "'", '")')), f"{template}: {found[0]}"


@given(st.text(st.characters(codec="utf-8")))
def test_yaml_scalars(text: str) -> None:
    if not text.isprintable():
        text = "".join(one for one in text if one.isprintable())
    assert yaml.safe_load(f"{{directory: {path_text.scalar(text)}}}") == {"directory": text}


@pytest.mark.parametrize("text", ["no", "null", "1", "~", "a: b", "a,b", "a b", "#a", ".inf", "é"])
def test_what_yaml_reads_otherwise_is_quoted(text: str) -> None:
    assert path_text.scalar(text).startswith('"')
    assert yaml.safe_load(path_text.scalar(text)) == text


def test_patterns_of_paths() -> None:
    assert path_text.glob("convex/a-b_c.d") == "convex/a-b_c.d"
    assert path_text.glob("my [folder]/#x") == "my??folder?/?x"
