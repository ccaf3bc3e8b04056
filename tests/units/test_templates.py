"""Templates are compiled once, and again when they change."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from convexgen.facts.code import Code, identifier
from convexgen.rendering import templates
from convexgen.rendering.templates import Templates


@dataclass(frozen=True)
class Facts:
    name: Code


def rendered(template: str, name: str) -> str:
    return Templates().render(template, Facts(identifier(name)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(templates, "templates_directory", lambda: tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return tmp_path


def test_a_compiled_template_is_kept_until_it_changes(folder: Path) -> None:
    template = folder / "greeting.txt.jinja"
    template.write_text("Hello {{ name }}", encoding="utf-8")
    assert rendered(template.name, "Ada") == "Hello Ada"
    (compiled,) = (folder / "__pycache__").iterdir()
    written = compiled.stat().st_mtime_ns
    assert rendered(template.name, "Eve") == "Hello Eve"
    assert compiled.stat().st_mtime_ns == written

    template.write_text("Goodbye {{ name }}", encoding="utf-8")
    assert rendered(template.name, "Ada") == "Goodbye Ada"
    assert list((folder / "__pycache__").iterdir()) == [compiled]


def test_nothing_is_kept_where_python_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (folder / "a.jinja").write_text("{{ name }}", encoding="utf-8")
    assert rendered("a.jinja", "x") == "x"
    assert [path.name for path in folder.iterdir()] == ["a.jinja"]


def test_templates_may_lie_where_nothing_can_be_written(folder: Path) -> None:
    (folder / "a.jinja").write_text("{{ name }}", encoding="utf-8")
    (folder / "__pycache__").write_text("in the way of a folder", encoding="utf-8")
    assert rendered("a.jinja", "x") == "x"


def test_generation_imports_nothing_of_the_runtime_that_it_copies() -> None:
    program = (
        "import sys, convexgen.frontend, convexgen.rendering.render\n"
        "print([name for name in sys.modules if name.startswith('convexgen.runtime')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert result.stdout == "[]\n"
