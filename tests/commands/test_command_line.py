"""The command line as people meet it: what it says of slips, in colours, to shells and programs."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from children import child
from click.testing import CliRunner
from convexgen.cli.findings import (
    FILE_CODES,
    FUNCTION_SPEC_CODE,
    SCHEMA_CODE,
    findings_of,
)
from convexgen.cli.group import COMMANDS, cli
from convexgen.files.compare import Difference, Drift
from page_examples import PAGES, read_page
from project import ROOT, Project, make_project, run, tsc
from waiting import PATIENCE

WRONG = """\
convexgen: 1
name: crm
enums:
  Stage: [lead, lead]
entities:
  Company:
    table: companies
    key: domain
    fields: {domain: string, address: Adress}
"""
WARNED = WRONG.replace("lead, lead", "lead").replace("Adress", "string")
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
UNSET = ("NO_COLOR", "FORCE_COLOR", "TERM")


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in COMMANDS}
    commands = {name: command for name, command in found.items() if command is not None}
    groups = {name: one for name, one in commands.items() if isinstance(one, click.Group)}
    return commands | {
        f"{name} {below}": command
        for name, group in groups.items()
        for below, command in group.commands.items()
    }


def options() -> list[tuple[str, str]]:
    """Each long option of each command."""
    return [
        (name, option)
        for name, command in commands().items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    ]


def slips(word: str) -> set[str]:
    """What somebody types instead: a letter too few or twice, two the wrong way round."""
    middle = len(word) // 2
    before, first, second, after = (
        word[: middle - 1],
        word[middle - 1],
        word[middle],
        word[middle + 1 :],
    )
    found = {word[:-1], before + first + first + second + after}
    # "iint" is as near to "lint" as to "init".
    return found if word == "init" else found | {before + second + first + after} - {word}


@pytest.mark.parametrize("name", COMMANDS)
def test_fault_22_a_slip_in_a_command_is_understood(name: str) -> None:
    for slip in slips(name):
        finished = CliRunner().invoke(cli, [slip])
        assert finished.exit_code == 2
        assert f"No such command '{slip}'. Did you mean '{name}'?" in finished.output


def test_a_command_that_is_like_no_other() -> None:
    said = CliRunner().invoke(cli, ["frobnicate\x1b[31m"]).output
    assert (
        "No such command 'frobnicate<U+001B>[31m'. The commands are init, import, generate, "
        in said
    )


@pytest.mark.parametrize(("command", "option"), options())
def test_a_slip_in_an_option_is_understood(command: str, option: str) -> None:
    said = CliRunner().invoke(cli, [*command.split(), f"{option}x"])
    assert said.exit_code == 2
    assert re.search(rf"[Dd]id you mean.*{option}\b", said.output), said.output


def test_a_slip_in_a_value_is_understood() -> None:
    assert "'text', 'json', 'github', 'sarif'" in CliRunner().invoke(
        cli, ["lint", "--format", "jsn"]
    ).output.replace("\n", " ")
    said = CliRunner().invoke(cli, ["explain", "outdated-fil"]).output
    assert 'Did you mean "outdated-file"?' in said


@pytest.fixture
def wrong(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "crm.yaml").write_text(WRONG)
    return project


def environment(**more: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, "TERM": "xterm-256color", **more}


def on_terminal(command: list[str], folder: Path, **more: str) -> str:
    """What a program prints to a terminal."""
    ours, theirs = pty.openpty()
    with child(
        command,
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        printed = b""
        # Linux gives an error at the end, other systems an empty text.
        while chunk := _read(ours):
            printed += chunk
        process.wait(PATIENCE)
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


PROGRAM = Path(sys.executable).parent / "convexgen"
LINT = [sys.executable, "-m", "convexgen", "lint"]


def test_fault_22_colors_are_for_terminals(wrong: Project) -> None:
    plain = run(LINT, wrong.root, environment()).stderr
    assert "\x1b" not in plain
    colored = on_terminal(LINT, wrong.root)
    assert "\x1b[31merror[unknown-type]\x1b[0m" in colored
    assert ESCAPES.sub("", colored) == plain
    (wrong.root / "schema" / "crm.yaml").write_text(WARNED)
    assert "\x1b[33mwarning[unused-type]\x1b[0m" in on_terminal(LINT, wrong.root)


@pytest.mark.parametrize(
    ("settings", "has_colors"),
    [
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_fault_22_the_environment_decides_on_colors(
    wrong: Project, settings: Mapping[str, str], has_colors: bool
) -> None:
    assert ("\x1b" in on_terminal(LINT, wrong.root, **settings)) is has_colors


def test_colors_can_be_forced_where_there_is_no_terminal(wrong: Project) -> None:
    for value in ("1", "true", "3"):
        assert "\x1b[31m" in run(LINT, wrong.root, environment(FORCE_COLOR=value)).stderr
    programs = run([*LINT, "--format", "json"], wrong.root, environment(FORCE_COLOR="1"))
    assert "\x1b" not in programs.stdout


def completed(*words: str) -> list[str]:
    """What a shell offers for the last word."""
    asked = {
        "_CONVEXGEN_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["convexgen", *words]),
        "COMP_CWORD": str(len(words)),
    }
    finished = run([PROGRAM], ROOT, {**os.environ, **asked})
    return [line.partition(",")[2] for line in finished.stdout.splitlines()]


def test_fault_22_shells_complete_commands_options_and_values() -> None:
    assert completed("ge") == ["generate"]
    assert completed("lint", "--fo") == ["--format"]
    assert completed("lint", "--format", "s") == ["sarif"]
    assert completed("explain", "duplicate-i") == ["duplicate-index"]
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        assert f"_CONVEXGEN_COMPLETE={shell}_source convexgen" in page
        variable = {**os.environ, "_CONVEXGEN_COMPLETE": f"{shell}_source"}
        script = run([PROGRAM], ROOT, variable)
        assert script.returncode == 0
        assert "_convexgen_completion" in script.stdout


def sarif(text: str, folder: Path) -> dict[str, Any]:
    """A log, after it is compared with the types that are made from the format's own schema."""
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(ROOT / "node_modules")
    # An object that is written out may have no other properties than its type.
    (folder / "log.ts").write_text(
        f'import type {{ Log }} from "sarif";\nexport const log: Log = {text};\n'
    )
    options = ["--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler"]
    checked = run([*tsc(), *options, "--types", "sarif", "log.ts"], folder)
    assert checked.returncode == 0, checked.stdout
    log: dict[str, Any] = json.loads(text)
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in one["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        places = [*result["locations"], *result.get("relatedLocations", ())]
        for place in places:
            location = place["physicalLocation"]
            region = location["region"]
            start = (region["startLine"], region["startColumn"])
            assert (1, 1) <= start <= (region["endLine"], region["endColumn"])
            assert re.fullmatch(r"[\w.~%/-]+", location["artifactLocation"]["uri"])
    return log


def test_fault_22_lint_speaks_sarif(wrong: Project) -> None:
    finished = run([*LINT, "--format", "sarif"], wrong.root)
    assert (finished.returncode, finished.stderr) == (1, "")
    (one,) = sarif(finished.stdout, wrong.root)["runs"]
    found = {result["ruleId"]: result for result in one["results"]}
    assert set(found) == {"duplicate-enum-value", "unknown-type"}
    place = found["unknown-type"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "schema/crm.yaml"
    assert place["region"]["startLine"] == 9


def test_sarif_of_a_file_with_a_strange_name(wrong: Project) -> None:
    (wrong.root / "schema" / "crm.yaml").rename(wrong.root / "schema" / "ä b#c:%.yaml")
    finished = run([*LINT, "--format", "sarif"], wrong.root)
    (one,) = sarif(finished.stdout, wrong.root)["runs"]
    location = one["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "schema/%C3%A4%20b%23c%3A%25.yaml"


def test_sarif_where_nothing_is_wrong(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", ROOT / "schema" / "mastra.yaml")
    finished = project.convexgen("lint", "--format", "sarif")
    assert finished.returncode == 0
    assert sarif(finished.stdout, project.root)["runs"][0]["results"] == []


@pytest.fixture
def generated(tmp_path: Path) -> Project:
    project = make_project(tmp_path / "project", ROOT / "schema" / "mastra.yaml")
    project.generate()
    return project


def test_fault_22_many_files_are_summed_up(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", ROOT / "schema" / "mastra.yaml")
    checked = project.convexgen("check")
    assert checked.stdout == ""
    summary, verbose, total = checked.stderr.splitlines()
    counts = re.fullmatch(r"missing: (\d+) files: (.+)", summary)
    assert counts is not None
    folders = dict(re.findall(r"(\S+) (\d+)", counts[2]))
    assert set(folders) == {
        ".convexgen/",
        "convex/",
        "generated/python/mastra_convex/",
        "generated/typescript/",
    }
    assert sum(map(int, folders.values())) == int(counts[1])
    assert verbose == "With -v, each is shown, with its difference."
    assert total == f"{counts[1]} files differ. Run `convexgen generate`."
    shown = project.convexgen("check", "--verbose")
    assert shown.stderr.count(": missing\n") == int(counts[1])
    assert "+++ b/convex/threads.ts\n" in shown.stdout
    assert project.convexgen("generate").stdout.splitlines() == [
        f"created {counts[1]} files: {counts[2]}",
        f"{counts[1]} files written or deleted, 0 unchanged.",
    ]
    for path in project.root.glob("convex/*.ts"):
        path.unlink()
    written = project.convexgen("generate").stdout
    assert "created convex/threads.ts\n" in written
    for path in project.root.glob("generated/**/*.*"):
        path.unlink()
    written = project.convexgen("generate", "-v").stdout
    assert "created generated/python/mastra_convex/threads.py\n" in written


def test_a_difference_has_the_colors_of_git(generated: Project) -> None:
    with (generated.root / "convex" / "threads.ts").open("a") as file:
        file.write("// mine\n")
    colored = on_terminal([sys.executable, "-m", "convexgen", "check"], generated.root)
    assert "\x1b[1m--- a/convex/threads.ts\x1b[0m\n" in colored
    assert "\x1b[31m-// mine\x1b[0m\n" in colored


HEADER = b"// Generated by convexgen from a.yaml.\n"


def test_every_way_to_differ_has_a_code() -> None:
    found = findings_of(
        [Difference("a", drift, HEADER + b"2\n", HEADER + b"3\n") for drift in Drift],
        Path(),
        "convexgen generate",
    )
    codes = {finding.code: finding.span.start.line for finding in found}
    assert codes == dict.fromkeys(set(FILE_CODES) - {FUNCTION_SPEC_CODE, SCHEMA_CODE}, 2)
    for code in FILE_CODES:
        said = CliRunner().invoke(cli, ["explain", code])
        assert said.exit_code == 0
        assert "To do: " in said.output


def test_fault_22_check_speaks_to_programs(generated: Project) -> None:
    def check(output: str, code: int) -> str:
        finished = generated.convexgen("check", "--format", output)
        assert (finished.returncode, finished.stderr) == (code, "")
        return finished.stdout

    assert (check("json", 0), check("github", 0)) == ("[]\n", "")
    assert sarif(check("sarif", 0), generated.root)["runs"][0]["results"] == []
    path = generated.root / "convex" / "threads.ts"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:9], "// mine\n", *lines[9:]]))
    (generated.root / "convex" / "evals.ts").unlink()
    found = {one["file"]: one for one in json.loads(check("json", 1))}
    assert {path: one["code"] for path, one in found.items()} == {
        "convex/evals.ts": "missing-file",
        "convex/threads.ts": "edited-file",
    }
    assert found["convex/threads.ts"]["span"]["start"]["line"] == 10
    assert (
        "::error file=convex/threads.ts,line=10,col=1,title=edited-file::"
        "convex/threads.ts is hand-edited%0A"
    ) in check("github", 1)
    (one,) = sarif(check("sarif", 1), generated.root)["runs"]
    assert {result["ruleId"] for result in one["results"]} == {"missing-file", "edited-file"}


def test_what_is_wrong_with_a_spec_is_in_the_same_format(wrong: Project) -> None:
    for output in ("json", "github", "sarif"):
        checked = wrong.convexgen("check", "--format", output)
        assert (checked.returncode, checked.stderr) == (1, "")
        assert checked.stdout == wrong.convexgen("lint", "--format", output).stdout


def test_warnings_alone_are_fine(generated: Project) -> None:
    spec = generated.root / "schema" / "mastra.yaml"
    spec.write_text(spec.read_text().replace("enums:\n", "enums:\n  Unused: [a]\n"))
    generated.convexgen("generate")
    (generated.root / "convex" / "evals.ts").unlink()
    found = json.loads(generated.convexgen("check", "--format", "json").stdout)
    assert [(one["code"], one["severity"]) for one in found] == [
        ("unused-type", "warning"),
        ("missing-file", "error"),
    ]


def test_fault_22_help_shows_every_option_that_the_pages_name() -> None:
    known = {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in commands().items()
    }
    for name in [*known]:
        known.setdefault(group := name.partition(" ")[0], set()).update(known[name])
        assert group in COMMANDS
    everywhere = set[str]().union(*known.values())
    seen = 0
    for page in PAGES:
        text = read_page(page)
        for span in re.findall(r"`(--[a-z-]+)[^`]*`", text):
            assert span in everywhere, (page, span)
            seen += 1
        for name, rest in re.findall(r"\bconvexgen ([a-z-]+)((?: [^\n`#|&;)]+)?)", text):
            if name not in known:
                continue
            for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest):
                assert option in known[name] | {"--help"}, (page, name, option)
                seen += 1
    assert seen > 10
    for name, command in commands().items():
        said = CliRunner().invoke(cli, [*name.split(), "--help"]).output
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.name)
                assert parameter.opts[-1] in said
