"""Formatters and linters of the projects that generated files lie in leave them alone."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from convexgen.cli.group import cli
from convexgen.files.compare import Difference, Drift
from convexgen.files.formatting import explain_formatting
from project import ROOT, Project, make_project, node_tool, run
from small_specs import expect, put

PAGE = (ROOT / "docs" / "projects.md").read_text(encoding="utf-8")
HOSTILE_PRETTIER: Mapping[str, object] = {
    "printWidth": 120,
    "useTabs": True,
    "semi": False,
    "singleQuote": True,
    "quoteProps": "consistent",
    "trailingComma": "none",
    "arrowParens": "avoid",
    "bracketSpacing": False,
    "objectWrap": "collapse",
}
HOSTILE_RUFF = """[tool.ruff]
line-length = 140
lint.select = ["ALL"]
lint.isort.force-single-line = true
format.quote-style = "single"
format.indent-style = "tab"

[tool.black]
line-length = 140
skip-magic-trailing-comma = true

[tool.isort]
force_single_line = true
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project as it is generated, of which each test has a copy."""
    made = make_project(tmp_path_factory.mktemp("written"), ROOT / "schema" / "mastra.yaml")
    made.generate()
    put(made.root, "convex/mine.ts", 'export const mine = "own";\n')
    return made


@pytest.fixture
def project(written: Project, tmp_path: Path) -> Project:
    shutil.copytree(written.root, tmp_path, symlinks=True, dirs_exist_ok=True)
    put(tmp_path, "mine.py", "import sys\nimport os\nmine = {  'a': 1 }\n")
    put(tmp_path, ".editorconfig", "[*]\nindent_style = tab\nmax_line_length = 140\n")
    put(tmp_path, "pyproject.toml", HOSTILE_RUFF)
    put(tmp_path, ".prettierrc", json.dumps(HOSTILE_PRETTIER))
    return Project(tmp_path)


def is_own(path: str) -> bool:
    is_written = path.startswith(("convex/", "generated/")) and ".ruff_cache/" not in path
    return is_written and path != "convex/mine.ts"


def generated(project: Project) -> dict[str, bytes]:
    return {path: text for path, text in project.tree().items() if is_own(path)}


def python(name: str, *arguments: str) -> list[str | Path]:
    return [sys.executable, "-m", name, *arguments]


@pytest.mark.parametrize(
    "command",
    [
        python("black", "--quiet", "."),
        python("isort", "--quiet", "."),
        python("ruff", "format", "."),
        python("ruff", "format", "--isolated", "--line-length", "160", "."),
        python("ruff", "check", "--fix", "--unsafe-fixes", "--exit-zero", "."),
        python("ruff", "check", "--fix", "--unsafe-fixes", "--exit-zero", "--select", "ALL", "."),
    ],
    ids=["black", "isort", "ruff-format", "ruff-format-isolated", "ruff-check", "ruff-select"],
)
def test_fault_09_python_is_left_alone(project: Project, command: list[str | Path]) -> None:
    before = generated(project)
    own = (project.root / "mine.py").read_text()
    finished = run(command, project.root)
    assert finished.returncode == 0, finished.stderr
    assert (project.root / "mine.py").read_text() != own, "the tool did its work"
    assert generated(project) == before
    # The code that comes with the spec is its author's to lay out, and copied as it is.
    code = ROOT / "schema" / "mastra"
    shutil.copytree(code, project.root / "schema" / "mastra", dirs_exist_ok=True)
    assert expect(project, "check") == ""


def test_fault_09_a_manifest_may_be_laid_out_otherwise(project: Project) -> None:
    """JSON has no comments by which a formatter would leave it alone."""
    manifest = project.root / ".convexgen" / "mastra.json"
    text = manifest.read_text()
    laid_out = json.dumps(json.loads(text), indent="\t", sort_keys=True)
    manifest.write_text(laid_out)
    assert expect(project, "check") == ""
    expect(project, "generate")
    assert manifest.read_text() == laid_out
    manifest.write_text(json.dumps({**json.loads(text), "inputs": "others"}))
    assert "mastra.json: changed" in expect(project, "check", "-v", code=1)


def prettier(project: Project) -> None:
    finished = run([node_tool("prettier"), "--write", "convex", "generated"], project.root)
    assert finished.returncode == 0, finished.stderr
    assert (project.root / "convex" / "mine.ts").read_text() == "export const mine = 'own'\n"


def test_prettier_leaves_the_client_alone(project: Project) -> None:
    before = generated(project)
    prettier(project)
    after = generated(project)
    assert {path for path in before if before[path] != after[path]} == {
        path for path in before if path.startswith("convex/")
    }


def test_prettier_leaves_alone_what_says_so(project: Project) -> None:
    before = generated(project)
    put(project.root, ".prettierrc", json.dumps({**HOSTILE_PRETTIER, "checkIgnorePragma": True}))
    prettier(project)
    assert generated(project) == before


def test_prettier_leaves_alone_what_init_ignores(tmp_path: Path) -> None:
    project = Project(tmp_path)
    expect(project, "init", "--name", "notes")
    project.generate()
    put(tmp_path, "convex/mine.ts", 'export const mine = "own";\n')
    put(tmp_path, ".prettierrc", json.dumps(HOSTILE_PRETTIER))
    with (tmp_path / ".prettierignore").open("a") as file:
        file.write("!convex/mine.ts\n")
    before = generated(project)
    manifest = project.tree()[".convexgen/notes.json"]
    finished = run([node_tool("prettier"), "--write", "."], tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "convex" / "mine.ts").read_text() == "export const mine = 'own'\n"
    tree = generated(project)
    assert {path for path in before if before[path] != tree[path]} == {"convex/tsconfig.json"}
    assert project.tree()[".convexgen/notes.json"] == manifest


@pytest.mark.parametrize(
    "before",
    [
        {},
        {"convex.json": '{ "functions": "backend/functions" }\n'},
        {"convex/schema.ts": "export default {};\n"},
        {
            "convex.json": '{ "functions": "backend" }\n',
            "backend/schema.ts": "export default {};\n",
            "schema/notes.yaml": "convexgen: 1\nname: notes\nentities: {}\n",
        },
    ],
    ids=["empty", "other-folder", "beside", "second"],
)
@pytest.mark.parametrize("name", ["more", "more_of_a_project_whose_name_takes_up_most_of_the_line"])
def test_fault_09_what_init_begins_is_laid_out(
    tmp_path: Path, name: str, before: Mapping[str, str]
) -> None:
    """Else a formatter would change what `init` wrote."""
    project = Project(tmp_path)
    for path, text in before.items():
        put(tmp_path, path, text)
    expect(project, "init", "--name", name)
    begun = next((tmp_path / "schema").rglob(f"{name}.yaml"))
    assert_prettier_leaves(tmp_path)
    expect(project, "fmt", "--check", str(begun.relative_to(tmp_path)))


@pytest.mark.parametrize("project", sorted((ROOT / "tests/import/projects").iterdir()))
def test_fault_09_what_import_begins_is_laid_out(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "spec.yaml", tmp_path)
    assert_prettier_leaves(tmp_path)


def assert_prettier_leaves(folder: Path) -> None:
    finished = run([node_tool("prettier"), "--check", "."], folder)
    assert finished.returncode == 0, finished.stderr


def test_init_beside_own_functions_ignores_its_own_folder(tmp_path: Path) -> None:
    put(tmp_path, "convex/schema.ts", "export default {};\n")
    expect(Project(tmp_path), "init", "--name", "notes")
    for name in (".prettierignore", ".gitattributes"):
        text = (tmp_path / name).read_text()
        assert "convex/notes/" in text
        assert "convex/_generated" not in text
    put(tmp_path, ".gitattributes", "mine\n")
    expect(Project(tmp_path), "init", "--name", "more")
    assert (tmp_path / ".gitattributes").read_text() == "mine\n"


def test_eslint_leaves_alone_what_the_docs_ignore(project: Project) -> None:
    (config,) = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
    rules = (
        '{ ignores: ["schema/"] },'
        ' { files: ["**/*.ts"], languageOptions: { parser },'
        ' rules: { "sort-keys": "error", "sort-imports": "error", "prefer-const": "error" } },'
    )
    assert "  // …\n" in config
    own = config.replace("  // …\n", f"{rules}\n")
    put(project.root, "eslint.config.js", f'import parser from "@typescript-eslint/parser";\n{own}')
    put(project.root, "convex/mine.ts", "let mine = 1;\nexport { mine };\n")
    before = generated(project)
    finished = run([node_tool("eslint"), "--fix", "--max-warnings", "0", "."], project.root)
    assert finished.returncode == 0, finished.stdout
    assert (project.root / "convex" / "mine.ts").read_text().startswith("const")
    assert generated(project) == before


def test_eslint_would_remove_a_comment_that_turns_it_off(tmp_path: Path) -> None:
    """Which is why generated files have none: see docs/projects.md."""
    put(tmp_path, "package.json", '{"type": "module"}\n')
    put(tmp_path, "eslint.config.js", "export default [{}];\n")
    file = put(tmp_path, "one.js", "/* eslint-disable */\nexport const one = 1;\n")
    finished = run([node_tool("eslint"), "--fix", "."], tmp_path)
    assert finished.returncode == 0, finished.stdout
    assert "eslint-disable" not in file.read_text()


def test_what_a_formatter_rewrote_is_called_so_and_taken_back(project: Project) -> None:
    before = generated(project)
    prettier(project)
    module = project.root / "generated" / "python" / "mastra_convex" / "threads.py"
    text = module.read_text()
    module.write_text(text.replace("# fmt: off\n", ""))
    style = 'format = {indent-style = "tab", quote-style = "single"}'
    command = python("ruff", "format", "--isolated", "--config", style, str(module))
    finished = run(command, project.root)
    assert finished.returncode == 0, finished.stderr
    start, rest = module.read_text().split("\n", 1)
    module.write_text(f"{start}\n# fmt: off\n{rest}")
    assert module.read_text() != text
    said = expect(project, "check", "-v", code=1)
    assert "hand-edited" not in said
    assert "convex/schema.ts: reformatted\n" in said
    assert "generated/python/mastra_convex/threads.py: reformatted\n" in said
    assert "A formatter rewrote generated files." in said
    assert "docs/projects.md" in said
    expect(project, "generate")
    assert generated(project) == before


@pytest.fixture(scope="module")
def formatted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose functions a formatter laid out; a small one, to be looked at many times."""
    folder = tmp_path_factory.mktemp("formatted")
    put(folder, "schema/mastra.yaml", THREADS)
    made = Project(folder)
    made.generate()
    put(folder, "convex/mine.ts", 'export const mine = "own";\n')
    put(folder, ".prettierrc", json.dumps(HOSTILE_PRETTIER))
    prettier(made)
    return folder


THREADS = """convexgen: 1
name: mastra
entities:
  Thread:
    table: threads
    key: threadId
    fields:
      threadId: string
      resourceId: string
      updatedAt: {type: timestamp, set: on write}
    indexes:
      by_resourceId_and_updatedAt: [resourceId, updatedAt]
    queries:
      getThreadsByResourceId: {by: resourceId, order: updatedAt desc}
"""


PYTHON = "generated/python/mastra_convex/threads.py"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("convex/threads.ts", "'desc'", "'asc'"),
        ("convex/threads.ts", "/**", "/** Mine. */\n/**"),
        ("convex/lib/writes.ts", "(previous ?? -Infinity) + 1", "previous ?? (-Infinity + 1)"),
        ("convex/lib/writes.ts", "previous ?? -Infinity", "previous ?? - Infinity, 0"),
        (
            "generated/typescript/runtime/checks.ts",
            "epoch, within the years",
            "epoch (within the years)",
        ),
        ("generated/typescript/runtime/checks.ts", "epoch, within", "epoch,  within"),
        ("generated/typescript/runtime/checks.ts", "epoch, within", "epoch,\twithin"),
        ("convex/threads.ts", "Do not edit", "Do, not edit"),
        ("convex/threads.ts", "return ", "return;\n"),
        (PYTHON, "import (", "import (  # mine\n"),
        (PYTHON, "# fmt: off", "# (fmt), 'off'"),
        (PYTHON, '"""', '"""\'", ('),
        (PYTHON, "return self._get(thread_id)", "return (self._get(thread_id),)"),
    ],
)
def test_fault_09_what_somebody_edited_is_not_taken_for_formatting(
    formatted: Path, monkeypatch: pytest.MonkeyPatch, path: str, old: str, new: str
) -> None:
    """Of files that a formatter laid out as well, and among others."""
    project = Project(formatted)
    monkeypatch.chdir(formatted)
    file = formatted / path
    before = project.tree()
    text = file.read_text()
    assert old in text
    edited = text.replace(old, new, 1)
    file.write_text(edited)
    checked = CliRunner().invoke(cli, ["check", "-v"])
    refused = CliRunner().invoke(cli, ["generate"])
    after = project.tree()
    file.write_bytes(before[path])
    assert checked.exit_code == refused.exit_code == 1
    assert checked.stderr.count(": hand-edited\n") == 1
    assert f"{path}: hand-edited\n" in checked.stderr
    assert "convex/schema.ts: reformatted\n" in checked.stderr
    assert after == {**before, path: edited.encode()}


def drift(path: str, current: str, rendered: str) -> Drift:
    edited = Difference(path, Drift.EDITED, current.encode(), rendered.encode())
    return explain_formatting([edited])[0].drift


@pytest.mark.parametrize(
    ("path", "rendered", "reformatted", "edited"),
    [
        ("a.py", "if a:\n    b()\n    c()\n", "if a:\n  b()\n  c( )\n", "if a:\n    b()\nc()\n"),
        ("a.py", "if a:\n    b()\n    c()\n", "if a:\n\tb()\n\tc()\n", "if a:\n    b()\n  c()\n"),
        ("a.py", "a = 1  # one, two\n", "a = 1 #one, two\n", "a = 1  # one (two)\n"),
        ("a.py", "a = (1, 2)\n", "a = 1, 2\n", "a = (1), 2, ()\n"),
        ("a.ts", "a = b;\n", "a = b\n", "a = 'b';\n"),
        ("a.ts", 'a = "b, c";\n', "a = 'b, c'", 'a = "b (c)";\n'),
        ("a.ts", "a = (b ?? c) + 1;\n", "a=((b ?? c)+1)", "a = b ?? (c + 1);\n"),
        (
            "a.ts",
            "a = { b: 1, 'c-d': 2 };\n",
            "a={\n'b':1,'c-d':2}",
            "a = { b: 1, c: -d, 2: 2 };\n",
        ),
        ("a.ts", "a = (b) => c(b);\n", "a = b => c(b)\n", "a = b => c, (b)\n"),
        ("a.ts", "a = `b ${c}`;\n", "a = `b ${ c }`", "a = `b  ${c}`;\n"),
        ("a.ts", "// b, c\na();\n", "    // b, c\n a()", "// b (c)\na();\n"),
        ("a.ts", "a(/b c/);\n", "a( /b c/ )", "a(/b  c/);\n"),
        ("a.ts", "type A = B | C;\n", "type A =\n  | B\n  | C", "type A = [B, C];\n"),
        ("a.ts", "if (a) b();\nc();\n", "if (a) b()\nc()", "if (a) { b(); c(); }\n"),
        (
            "a.d.ts",
            "declare const a: (b: C) => D;\n",
            "declare const a: (b: C) => D",
            "declare const a (b: C) => D;\n",
        ),
    ],
)
def test_fault_09_what_means_the_same_is_formatting(
    path: str, rendered: str, reformatted: str, edited: str
) -> None:
    assert drift(path, reformatted, rendered) is Drift.REFORMATTED
    assert drift(path, reformatted.replace("\n", "\r\n"), rendered) is Drift.REFORMATTED
    assert drift(path, edited, rendered) is Drift.EDITED
    assert drift("a.toml", reformatted, rendered) is Drift.EDITED


def test_fault_09_a_file_that_is_no_code_hides_no_other() -> None:
    differences = [
        Difference(path, Drift.EDITED, text, b"a = [b];\n")
        for path, text in {"a.ts": b"a = [b", "b.ts": b"a=[b,]"}.items()
    ]
    broken = Difference("c.ts", Drift.EDITED, b"a = ([b);", b"a = [b];\n")
    drifts = [one.drift for one in explain_formatting([*differences, broken])]
    assert drifts == [Drift.EDITED, Drift.REFORMATTED, Drift.EDITED]
