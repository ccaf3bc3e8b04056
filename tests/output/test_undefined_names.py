"""What generated modules name is there: in Python names and modules, in TypeScript modules.

Type checkers find more, for minutes: `test_static` and `test_compiler_options` run them.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from convexgen.formatting.formatters import formatter
from convexgen.frontend import load_bytes
from convexgen.rendering.render import render
from included import read_included
from project import ROOT, run

SPECS = {
    path.parent.name: path
    for pattern in ("tests/cases/good-*/spec.yaml", "tests/golden/*/spec.yaml")
    for path in sorted(ROOT.glob(pattern))
}
_IMPORTED = re.compile(r'from "(\.[^"]+)"')


@pytest.fixture(scope="module")
def rendered() -> Mapping[str, str]:
    """The modules of all specs, as templates give them, each below the name of its spec."""
    files: dict[str, str] = {}
    for name, spec in SPECS.items():
        loaded = load_bytes(
            spec.read_bytes(), "spec.yaml", partial(read_included, root=spec.parent)
        )
        assert loaded.system is not None, name
        for path, draft in render(loaded.system, "spec.yaml").items():
            files[f"{name}/{path}"] = draft.text
    return files


def test_names_in_python(rendered: Mapping[str, str], tmp_path: Path) -> None:
    for path, text in rendered.items():
        if path.endswith(".py") and "/_runtime/" not in path:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    rules = ("--isolated", "--select", "F821", "--target-version", "py311")
    checked = run([formatter("ruff"), "check", *rules, tmp_path], tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_modules_in_python(rendered: Mapping[str, str]) -> None:
    for path, text in rendered.items():
        if path.endswith(".py"):
            for module in _relative_modules(path, ast.parse(text)):
                assert rendered.keys() & {f"{module}.py", f"{module}/__init__.py"}, (path, module)


def _relative_modules(path: str, module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = Path(path).parents[node.level - 1].as_posix()
            named = [node.module] if node.module else [one.name for one in node.names]
            yield from (f"{folder}/{one.replace('.', '/')}" for one in named)


def test_modules_in_typescript(rendered: Mapping[str, str]) -> None:
    for path, text in rendered.items():
        if path.endswith(".ts") and "/generated/typescript/" in path:
            for imported in _IMPORTED.findall(text):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(path), imported))
                assert module.removesuffix(".js") + ".ts" in rendered, (path, imported)
