"""Documents that factories make: valid by the spec, the same in each run, as a test wants them."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mastra_convex
import pytest
from convexgen.drawn_text import draw_text
from convexgen.embedded import EmbeddedBackend
from convexgen.patterns import read_pattern
from convexgen.testing.factories import Factory, Reference
from page_examples import blocks
from project import ROOT, make_project, run
from pydantic import BaseModel, ValidationError

SPEC = """
convexgen: 1
name: made
enums: {Stage: [lead, gone]}
entities:
  Company:
    table: companies
    key: domain
    fields:
      domain: {type: string, pattern: "[a-z]{3,8}\\\\.(com|org)"}
      name: string
      stage: Stage
  Person:
    table: people
    key: [domain, number]
    fields:
      domain: {type: ref<Company>, check: true, onDelete: restrict}
      number: {type: integer, min: 1, max: 1000000}
      name: {type: string, minLength: 3, maxLength: 5}
      bossDomain: string?
      bossNumber: integer?
    refs:
      boss: {ref: Person, fields: [bossDomain, bossNumber], check: true}
  Event:
    table: events
    key: eventId
    fields: {eventId: string}
    union:
      - object: {kind: {literal: click}, x: number}
      - object: {kind: {literal: text}, text: string}
    tag: kind
"""

# Of the dialect of the spec language, each with what is hard of it.
PATTERNS = [
    "a", ".", "[a-c]", "[^a-c]", r"\d{3}", r"\D", r"\w+", r"\W?", "x{2}", "x{2,}", "x{0,1}y*?",
    "(a|b|c)+", "(?:a(b|c)){2}", "a|", "|", "^a$", r"\$\^\.", r"[\-a]", "[a-]", r"[\]\\]",
    r"\u00e9", r"[\u0041-\u0043]x", r"[\d\-]{8}", r"[^\n\r]+", "é{2}😀", r"a\/b",
    r"[a-z0-9]+(-[a-z0-9]+)*", r"https?:\/\/[a-z]+\.[a-z]{2,3}(\/\w*)?", r"\t", "[😀-😂]",
    r"\{\}\(\)\[\]",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_text_matches_its_pattern(pattern: str) -> None:
    written = read_pattern(pattern).python
    for seed in range(50):
        found = draw_text(random.Random(seed), "name", 0, None, [f"^(?:{written})$"])
        assert re.fullmatch(written, found, re.ASCII), found


@pytest.mark.parametrize(("least", "most"), [(0, 0), (0, 3), (3, 3), (40, None), (5, 60)])
def test_text_is_as_long_as_it_may_be(least: int, most: int | None) -> None:
    for patterns in ([], [r"\w*", r"[a-z]{0,50}"]):
        for seed in range(20):
            if patterns and least > 4:
                continue
            found = draw_text(random.Random(seed), "a_long_name", least, most, patterns)
            assert least <= len(found) <= (len(found) if most is None else most)
    with pytest.raises(ValueError, match="no text was found that matches a and b"):
        draw_text(random.Random(0), "name", 0, None, ["a", "b"])


def entities(package: Any) -> list[type[BaseModel]]:
    base = importlib.import_module(f"{package.__name__}._runtime").Entity
    found = [getattr(package, name) for name in package.__all__]
    return [one for one in found if inspect.isclass(one) and issubclass(one, base)]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Any:
    spec = ROOT / "tests" / "cases" / "good-everything" / "spec.yaml"
    project = make_project(tmp_path_factory.mktemp("everything") / "project", spec)
    project.generate()
    folder = project.root / "generated" / "python"
    sys.path.insert(0, str(folder))
    (package,) = [one.name for one in folder.iterdir() if (one / "_storage.py").exists()]
    return importlib.import_module(package)


@pytest.mark.parametrize("whole", [False, True])
def test_every_entity_can_be_made(everything: Any, whole: bool) -> None:
    """What fits is what the models take, which check whatever is built."""
    kinds = entities(mastra_convex) + entities(everything)
    assert len(kinds) > 25
    for kind in kinds:
        # No text is the handle of a function.
        given = (
            {"task": importlib.import_module("everything").MISSING}
            if "task" in kind.model_fields
            else {}
        )
        made = Factory(kind, whole=whole, **given).build_batch(30)
        again = Factory(kind, whole=whole, **given)
        assert [again.build() for _ in range(30)] == made
        others = Factory(kind, seed=1, whole=whole, **given).build_batch(30)
        # Without fields, or with one that has but one value, all are the same.
        assert others != made or kind.__name__ in {"FigurePoint", "Tick"}
        fields = {name for name, field in kind.model_fields.items() if field.is_required()}
        assert all(fields <= one.model_fields_set for one in made)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, EmbeddedBackend]]:
    folder: Path = tmp_path_factory.mktemp("made")
    (folder / "given").mkdir()
    (folder / "given" / "made.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "given" / "made.yaml")
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as backend:
        yield importlib.import_module("made_convex"), backend


@pytest.fixture
def package(started: tuple[Any, EmbeddedBackend]) -> Any:
    return started[0]


@pytest.fixture
def storage(started: tuple[Any, EmbeddedBackend]) -> Iterator[Any]:
    package, backend = started
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in opened.system.tables():
            opened.system.clear(table.name)
        yield opened


def people(package: Any, **defaults: Any) -> Factory[Any]:
    companies = Factory(package.Company, stage="lead")
    return Factory(package.Person, domain=Reference(companies, "domain"), **defaults)


def test_what_is_given_is_there(package: Any) -> None:
    named = people(package, name=lambda number: f"p{number:02}")
    first, second = named.build_batch(2)
    assert (first.name, second.name) == ("p01", "p02")
    assert first.domain != second.domain
    assert named.build(name="ada", number=7).number == 7
    # What a document has does not depend on what another one, or another field, was given.
    fresh = people(package)
    fresh.build(number=5)
    assert fresh.build(name="ada").number == people(package).build_batch(2)[1].number


def test_references_are_created_first(package: Any, storage: Any) -> None:
    made = people(package)
    ada = made.create(storage, name="ada")
    assert storage.companies.get(ada.domain).stage == "lead"
    assert storage.people.get(ada.domain, ada.number) == ada
    # Several fields that name one factory have one document; what is given is taken.
    company = storage.companies.get(ada.domain)
    parents = Factory(package.Person, seed=1, domain=company.domain)
    children = Factory(
        package.Person,
        seed=2,
        domain=company.domain,
        boss_domain=Reference(parents, "domain"),
        boss_number=Reference(parents, "number"),
    )
    child, other = children.create_batch(storage, 2)
    boss = storage.people.get(child.boss_domain, child.boss_number)
    assert boss is not None
    assert boss.number != other.boss_number
    assert len(list(storage.companies.list())) == 1
    kinds = [Factory(kind) for kind in (package.EventClick, package.EventText)]
    assert [one.create(storage).kind for one in kinds] == ["click", "text"]


def test_asyncio(started: tuple[Any, EmbeddedBackend], storage: Any) -> None:
    package, backend = started

    async def main() -> list[Any]:
        url, key = backend.url, backend.admin_key
        async with package.AsyncConvexStorage(url, deploy_key=key) as opened:
            return await people(package).create_batch_async(opened, 3)

    made = asyncio.run(main())
    assert {(one.domain, one.number) for one in storage.people.list()} == {
        (one.domain, one.number) for one in made
    }
    assert {one.domain for one in storage.companies.list()} == {one.domain for one in made}


def test_mistakes(package: Any) -> None:
    with pytest.raises(TypeError, match="Company has no field `nmae`"):
        Factory(package.Company, nmae="x")
    with pytest.raises(ValidationError, match="nmae"):
        Factory(package.Company).build(nmae="x")
    with pytest.raises(ValidationError, match="must match"):
        Factory(package.Company).build(domain="nowhere")
    with pytest.raises(TypeError, match="ConvexStorage has no store of Thread"):
        Factory(mastra_convex.Thread).create(package.ConvexStorage("http://127.0.0.1:1"))


def test_the_example_of_the_page(tmp_path: Path) -> None:
    (example,) = blocks("docs/testing.md", "py factories")
    (tmp_path / "test_factories.py").write_text(example)
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.convexgen.testing]\nconvex_project = '{ROOT}'\n"
    )
    packages = os.pathsep.join(map(str, (ROOT / "generator", ROOT / "generated" / "python")))
    environment = {**os.environ, "PYTHONPATH": packages, "MYPYPATH": packages}
    options = ["-p", "convexgen.testing.plugin", "-p", "no:cacheprovider"]
    tested = run([sys.executable, "-m", "pytest", *options], tmp_path, environment)
    assert "2 passed" in tested.stdout, tested.stdout + tested.stderr
    checked = run([sys.executable, "-m", "mypy", "--strict", "."], tmp_path, environment)
    assert checked.returncode == 0, checked.stdout
