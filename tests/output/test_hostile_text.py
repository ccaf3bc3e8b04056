"""Whatever text stands in a spec, what is generated has the syntax that harmless text gives.

The texts of the specs in `cases/good-…` are replaced, values and names. Places that take any text
all take hostile ones at once. The others, such as names, take one at a time: it is refused, or
what is generated can be parsed.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from convexgen.diagnostics.print_text import render_text
from convexgen.embedded import EmbeddedBackend
from convexgen.frontend import Loaded, load_system
from convexgen.rendering.render import render
from convexgen.source.parse import parse
from convexgen.spec.data import to_data
from convexgen.spec.places import keys, surface_at
from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.spec import Spec
from convexgen.spec.surface.values import Bound, Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from included import read_included
from project import ROOT, make_project, run

CASES = sorted(path.parent.name for path in (ROOT / "tests" / "cases").glob("good-*/spec.yaml"))

FRAGMENTS = (
    *("'", '"', "'''", '"""', "`", "\\", "\\\\", "*/", "/*", "//", "#", "<!--", "-->", "</script>"),
    *("{{", "}}", "{%", "%}", "{#", "${", "}", "(", ")", ";", "%s", "{0}", "\\N{BULLET}", "\\x27"),
    *("\n", "\r", "\r\n", "\t", "\x00", "\x07", "\x1b[31m", "\x85", "\u2028", "\u2029", "\u202e"),
    *("\u2066", "\u200b", "\u200d", "\ufeff", "\U000e0041", "é", "漢", "😀", "a", "class", "None"),
    *("__proto__", "constructor", "process.exit(1)", "import os; os._exit(1)", "\\u0022"),
)
TEXTS = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join)
PROBE = "*/ \"\"\" ''' ` ${x} {{ y }} \\ \n \u202e"


@dataclass(frozen=True)
class Place:
    """A text of a spec: the value at a path, or the last key of the path."""

    path: tuple[str | int, ...]
    is_key: bool

    @property
    def kind(self) -> tuple[type[Surface], str]:
        """The key of the language that it belongs to."""
        for length in range(len(self.path), 0, -1):
            surface, key = surface_at(self.path[: length - 1]), str(self.path[length - 1])
            if surface is not None and key in keys(surface):
                return declaring(surface, key), key
        raise AssertionError(self)


def declaring(surface: type[Surface], key: str) -> type[Surface]:
    """The class that a key comes from."""
    return [one for one in surface.mro() if issubclass(one, Surface) and key in keys(one)][-1]


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[Place]:
    if isinstance(data, str):
        yield Place(path, is_key=False)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from places(item, (*path, index))
    elif isinstance(data, dict):
        for key, value in data.items():
            if surface_at(path) is None:
                yield Place((*path, key), is_key=True)
            yield from places(value, (*path, key))


def replaced(data: Any, texts: Mapping[Place, str], path: tuple[str | int, ...] = ()) -> Any:
    if isinstance(data, list):
        return [replaced(item, texts, (*path, index)) for index, item in enumerate(data)]
    if isinstance(data, dict):
        return {
            texts.get(Place((*path, key), True), key): replaced(value, texts, (*path, key))
            for key, value in data.items()
        }
    return texts.get(Place(path, False), data)


def to_yaml(data: Any) -> str:
    """The data in YAML's flow style, each text in double quotes with all but ASCII escaped."""
    if isinstance(data, str):
        return '"' + "".join(map(_escaped, data)) + '"'
    if isinstance(data, list):
        return f"[{', '.join(map(to_yaml, data))}]"
    if isinstance(data, dict):
        entries = (f"{to_yaml(key)}: {to_yaml(value)}" for key, value in data.items())
        return f"{{{', '.join(entries)}}}"
    return json.dumps(data)


def _escaped(character: str) -> str:
    is_plain = character.isascii() and character.isprintable() and character not in '"\\'
    return character if is_plain else f"\\U{ord(character):08x}"


@cache
def spec(case: str) -> Any:
    """The data of a case."""
    text = (ROOT / "tests" / "cases" / case / "spec.yaml").read_text(encoding="utf-8")
    root = parse(text, "spec.yaml")[0].root
    assert root is not None
    return to_data(root, [])


def load(case: str, texts: Mapping[Place, str]) -> Loaded:
    folder = ROOT / "tests" / "cases" / case

    def read(name: str) -> bytes:
        return read_included(name, folder)

    return load_system(to_yaml(replaced(spec(case), texts)), "spec.yaml", read)


def probed(case: str, some: list[Place]) -> Loaded:
    """The spec with another text in each of these places."""
    return load(case, {one: f"{i} {PROBE}" for i, one in enumerate(some)})


def is_taken(case: str, some: list[Place]) -> bool:
    """Whether all these places take any text, each another, also where names keep little of it.

    Tags of variants do not: their classes are called by them.
    """
    alike = load(case, {one: "'" * (i + 1) + "1" for i, one in enumerate(some)})
    return probed(case, some).system is not None and alike.system is not None


def not_named(case: str, some: list[Place]) -> list[Place]:
    """Those of the places that no error is about while all the others have any text."""
    loaded = probed(case, some)
    line = loaded.source.texts["spec.yaml"]
    starts = (line[one.span.start.column - 1 :] for one in loaded.diagnostics)
    named = {int(found[1]) for start in starts if (found := re.match(r'"?(\d+) \*/', start))}
    rest = [one for i, one in enumerate(some) if i not in named]
    return not_named(case, rest) if named else rest


@cache
def free_places(case: str) -> list[Place]:
    """The places of a case that take any text."""
    by_kind: dict[tuple[Any, ...], list[Place]] = {}
    for place in not_named(case, list(places(spec(case)))):
        if place.is_key and place.kind[1] == "merge":
            continue  # a path: with dots in it, it is of something else
        by_kind.setdefault((*place.kind, place.is_key), []).append(place)
    found: list[Place] = []
    for several in by_kind.values():
        if is_taken(case, [*found, *several]):
            found += several
        elif len(several) > 1 and not several[0].is_key:
            for one in several:
                if is_taken(case, [*found, one]):
                    found.append(one)
    assert is_taken(case, found)
    return found


# What is generated


def written(loaded: Loaded) -> dict[str, str]:
    """The generated files that depend on a spec."""
    assert loaded.system is not None
    return {
        path: draft.with_header(draft.text)
        for path, draft in render(loaded.system, "spec.yaml").items()
        if "/_runtime/" not in path
    }


class Parsers:
    """The parsers of Python and of TypeScript."""

    def __init__(self) -> None:
        command = ["node", str(ROOT / "tests" / "support" / "syntax.mjs")]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self._typescript = cache(self._parse_typescript)  # most files have no text of a spec

    def shapes(self, files: Mapping[str, str]) -> dict[str, list[Any]]:
        """The kinds of the nodes of each file."""
        return {
            path: self._typescript(text) if path.endswith((".ts", ".js")) else _python(text)
            for path, text in files.items()
            if path.endswith((".ts", ".js", ".py"))
        }

    def _parse_typescript(self, text: str) -> list[Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(text), file=self.process.stdin, flush=True)
        parsed = json.loads(self.process.stdout.readline())
        assert parsed["problems"] == [], text
        return list(parsed["kinds"])


@cache
def _python(text: str) -> list[Any]:
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    started = Parsers()
    yield started
    started.process.kill()
    started.process.communicate()


def hidden(text: str) -> set[str]:
    """The characters that could make a reader see something else than what is there."""
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {one for one in text if one != "\n" and unicodedata.category(one) in categories}


@pytest.mark.parametrize("case", CASES)
def test_any_text(case: str, parsers: Parsers) -> None:
    free = free_places(case)
    harmless = {one: f"text{number}" for number, one in enumerate(free)}
    expected = parsers.shapes(written(load(case, harmless)))

    @settings(max_examples=3, deadline=None, suppress_health_check=[*HealthCheck])
    @given(st.lists(TEXTS, min_size=9, max_size=9, unique=True))
    def check(texts: list[str]) -> None:
        # Each differs from the others, as the values of an enum have to.
        hostile = {
            one: texts[number % 9] + f"{number // 9}" * (number >= 9)
            for number, one in enumerate(free)
        }
        files = written(load(case, hostile))
        assert parsers.shapes(files) == expected
        assert {path: hidden(text) for path, text in files.items() if hidden(text)} == {}

    check()


@st.composite
def hostile_name(draw: st.DrawFn) -> tuple[str, Place, str]:
    case = draw(st.sampled_from(CASES))
    rest = [place for place in places(spec(case)) if place not in free_places(case)]
    return case, draw(st.sampled_from(rest)), draw(TEXTS)


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(hostile_name())
def test_any_name(parsers: Parsers, drawn: tuple[str, Place, str]) -> None:
    case, place, text = drawn
    loaded = load(case, {place: text})
    shown = render_text(loaded.diagnostics, loaded.source.texts)
    assert hidden(shown) == set()
    if loaded.system is not None:
        files = written(loaded)
        parsers.shapes(files)
        assert not any(map(hidden, files.values()))


def test_nothing_runs(tmp_path: Path) -> None:
    """Texts that would write a file if they ran: when the package is imported, or the functions."""
    canary = tmp_path / "canary"
    python = f"open({str(canary)!r}, 'w')"
    javascript = f"globalThis.process.getBuiltinModule('fs').writeFileSync('{canary}', '')"
    case = "good-hostile-descriptions"
    texts = (
        *(f"{end}\n{python}\n{start}" for end, start in (('"""', '"""'), ("\\", ""), ("", "#"))),
        *(f"{quote}, {python}, {quote}" for quote in ("'", '"')),
        *(f"{end} {javascript}; {start}" for end, start in (("*/", "/*"), ("\n", "//"))),
        *(f"{quote} + {javascript} + {quote}" for quote in ("'", '"', "`")),
        *(f"${{{javascript}}}", f"{{{{ {python} }}}}", f"{{% set x = {python} %}}"),
    )
    hostile = {one: texts[i % len(texts)] + str(i) for i, one in enumerate(free_places(case))}
    assert len(hostile) > len(texts)
    source = tmp_path / "spec.yaml"
    source.write_text(to_yaml(replaced(spec(case), hostile)))
    project = make_project(tmp_path / "project", source)
    project.generate()
    package = project.root / "generated" / "python" / "shop_convex"
    modules = [f"shop_convex.{path.stem}" for path in package.glob("*.py")]
    imported = run(
        [sys.executable, "-c", f"import {', '.join(modules)}"],
        package.parent,
        {**os.environ, "PYTHONPATH": str(package.parent)},
    )
    assert imported.returncode == 0, imported.stderr
    with EmbeddedBackend.start(project.root):
        pass
    assert not canary.exists()


# Every key that takes text is in one of the specs.


def surfaces(surface: type[Surface], found: dict[type[Surface], None]) -> None:
    if surface not in found:
        found[surface] = None
        for field in surface.model_fields.values():
            for part in parts(field.annotation):
                if isinstance(part, type) and issubclass(part, Surface):
                    surfaces(part, found)


def parts(annotation: Any) -> Iterator[Any]:
    """The annotation and what it is made of, if not numbers or fixed words."""
    if annotation in (Bound, Count):
        return
    yield annotation
    yield from parts(annotation.__value__) if hasattr(annotation, "__value__") else ()
    if str(get_origin(annotation)) != "typing.Literal":
        for argument in get_args(annotation):
            yield from parts(argument)


def test_each_key_that_takes_text_is_in_a_spec() -> None:
    all_surfaces: dict[type[Surface], None] = {}
    surfaces(Spec, all_surfaces)
    wanted = {
        (declaring(surface, field.alias or name), field.alias or name)
        for surface in all_surfaces
        for name, field in surface.model_fields.items()
        if {str, Any, dict}.intersection(
            get_origin(part) or part for part in parts(field.annotation) if part.__hash__
        )
    }
    given_ = {place.kind for case in CASES for place in places(spec(case))}
    assert {f"{surface.__name__}: {key}" for surface, key in wanted - given_} == set()
