"""Laying out texts: both formatters at once, cut off from every configuration around them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from convexgen.formatting.formatters import OXFMT, RUFF, FormatterMissing, formatter

_FORMATTERS = {".ts": OXFMT, ".js": OXFMT, ".py": RUFF}
_YAML = ".yaml"
_CONFIGURATION = "oxfmt.json"
_OXFMT_CONFIGURATION = json.dumps({"printWidth": 80})
# Nothing is kept of how somebody had laid it out but empty lines.
_ALIKE_CONFIGURATION = json.dumps(
    {"printWidth": 80, "objectWrap": "collapse", "quoteProps": "consistent"}
)
# A field with its options stays on a line.
_SPEC_CONFIGURATION = json.dumps({"printWidth": 120})
_OXFMT = ("-c", _CONFIGURATION, "--disable-nested-config", "--ignore-path", _CONFIGURATION)
_RUFF = (
    "format",
    "--isolated",
    "--no-cache",
    "--no-respect-gitignore",
    "--line-length=88",
    "--target-version=py311",
    # A comma that a loop of a template leaves behind the last item says nothing of the layout.
    "--config=format.skip-magic-trailing-comma=true",
    "--config=lint.isort.split-on-trailing-comma=false",  # which it warns of otherwise
)

OPTIONS = " ".join((_OXFMT_CONFIGURATION, *_OXFMT, *_RUFF))
"""What a layout depends on, besides the text and the versions of the formatters."""

_PATIENCE = 600
"""Seconds after which a formatter is taken to hang."""


class FormattingFailed(Exception):
    """A formatter refused a text: what a template gave is no code. Says where, and why."""


def is_typescript(path: str) -> bool:
    """Whether a file is laid out as TypeScript is."""
    return _FORMATTERS.get(PurePosixPath(path).suffix) == OXFMT


def is_formatted(path: str) -> bool:
    """Whether there is a formatter for a file."""
    return PurePosixPath(path).suffix in _FORMATTERS


def format_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts laid out, by their paths, which tell the language.

    Raises `FormatterMissing` and `FormattingFailed`.
    """
    return _format(texts, _OXFMT_CONFIGURATION)


def format_specs(texts: Mapping[str, str]) -> dict[str, str]:
    """Files of specs laid out, by names of their own.

    Raises `FormatterMissing` and `FormattingFailed`.
    """
    # A file may be called in a way that the formatter leaves out, or lies outside of the project.
    paths = {name: f"{number}{_YAML}" for number, name in enumerate(texts)}
    given = {paths[name]: text for name, text in texts.items()}
    found = _format(given, _SPEC_CONFIGURATION)
    return {name: found[path] for name, path in paths.items()}


def format_specs_as_before(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """What files of specs become, laid out where they were, and a formatter is there to say so."""
    try:
        was = format_specs({name: before[name] for name in after})
        now = format_specs(after)
    except (FormatterMissing, FormattingFailed):
        return dict(after)
    return {name: now[name] if was[name] == before[name] else text for name, text in after.items()}


def lay_out_alike(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts in TypeScript, the same however they were laid out; none is fit to be read.

    Raises `FormatterMissing` and `FormattingFailed`.
    """
    return _format(texts, _ALIKE_CONFIGURATION)


def _format(texts: Mapping[str, str], configuration: str) -> dict[str, str]:
    needed = sorted({_FORMATTERS.get(PurePosixPath(path).suffix, OXFMT) for path in texts})
    programs = {name: formatter(name) for name in needed}
    with tempfile.TemporaryDirectory(prefix="convexgen-") as made:
        folder = Path(made).resolve()
        _write(folder, texts, configuration)
        arguments = {OXFMT: (*_OXFMT, "**/*.ts", "**/*.js", f"**/*{_YAML}"), RUFF: (*_RUFF, ".")}
        _run([[str(programs[name]), *arguments[name]] for name in needed], folder)
        return {path: (folder / path).read_text(encoding="utf-8") for path in texts}


def _write(folder: Path, texts: Mapping[str, str], configuration: str) -> None:
    # Temporary files may lie in a project: these end the search for what it ignores and sets.
    (folder / ".git").mkdir()
    (folder / ".editorconfig").write_text("root = true\n", encoding="utf-8")
    (folder / _CONFIGURATION).write_text(configuration, encoding="utf-8")
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def _run(commands: Sequence[Sequence[str]], folder: Path) -> None:
    environment = _environment()
    running = [
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        for command in commands
    ]
    problems: list[str] = []
    for process in running:
        try:
            said, _ = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            said += f"\nIt had not ended after {_PATIENCE} s."
        if process.returncode != 0:
            problems.append(said.strip().replace(f"{folder}{os.sep}", ""))
    if problems:
        raise FormattingFailed("\n".join(problems))


def _environment() -> dict[str, str]:
    # Variables such as RUFF_OUTPUT_FORMAT are of the user's own runs.
    own = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    # oxfmt puts these before NO_COLOR. Source: docs.rs/supports-color.
    for colored in ("CI", "FORCE_COLOR", "CLICOLOR_FORCE"):
        own.pop(colored, None)
    return {**own, "NO_COLOR": "1"}
