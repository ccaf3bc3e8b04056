"""What the README shows, run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import page_examples
import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import PAGES, read_page
from project import ROOT, run

README = page_examples.read_page("README.md")


def blocks(language: str) -> list[str]:
    return page_examples.blocks("README.md", language)


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def run_program(program: str, backend: EmbeddedBackend) -> str:
    environment = {
        **os.environ,
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
        "PYTHONPATH": os.pathsep.join(
            str(ROOT / path) for path in ("generated/python", "generator")
        ),
    }
    finished = run([sys.executable, "-c", program], ROOT, environment)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_first_example_is_the_quick_start(backend: EmbeddedBackend) -> None:
    path = ROOT / "examples" / "quickstart.py"
    assert blocks("python")[0] == path.read_text(encoding="utf-8")
    finished = run([sys.executable, path], ROOT, {**os.environ, "PYTHONPATH": "generated/python"})
    assert finished.returncode == 0, finished.stderr
    assert "2 messages, then 3: På spor 3" in finished.stdout
    assert "1003 messages" in finished.stdout


@pytest.mark.parametrize("program", blocks("python")[1:])
def test_other_examples(program: str, backend: EmbeddedBackend) -> None:
    printed = run_program(program, backend)
    expected = re.findall(r"print\(.*\)  # (.*)$", program, re.MULTILINE)
    assert [line for line in expected if line not in printed.splitlines()] == []


def test_the_typescript_example(backend: EmbeddedBackend, tmp_path: Path) -> None:
    (program,) = blocks("ts")
    printed = run_node([bundle_text(program, tmp_path)], backend)
    expected = re.findall(r"console\.log\(.*\); // (.*)$", program, re.MULTILINE)
    assert len(expected) == 2
    assert [line for line in expected if line not in printed.splitlines()] == []


def test_the_spec(tmp_path: Path) -> None:
    spec = blocks("yaml")[0]
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "crm.yaml").write_text(spec, encoding="utf-8")
    lint = [sys.executable, "-m", "convexgen", "lint"]
    finished = run(lint, tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")

    wrong = spec.replace("address: Address?", "address: Adress?")
    (tmp_path / "schema" / "crm.yaml").write_text(wrong, encoding="utf-8")
    (message,) = blocks("text")
    assert run(lint, tmp_path).stderr.startswith(message)


def test_commands() -> None:
    listed = run([sys.executable, "-m", "convexgen", "--help"], ROOT).stdout
    for command in re.findall(r"^\$ convexgen (\w+)", README, re.MULTILINE):
        assert re.search(rf"^  {command} ", listed, re.MULTILINE), command
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|\$ )make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in "".join(blocks("console")).splitlines():
        for path in re.findall(r"tests/\S+?(?=[ )]|$)", command):
            there = run(["bash", "-c", f"ls -d {path}"], ROOT)
            assert there.returncode == 0, there.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files(page: str) -> None:
    """They exist, and so do the headings that they name."""
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", read_page(page)):
        file, _, anchor = link.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), link
        if anchor:
            titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in titles
            }
