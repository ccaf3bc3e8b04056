"""`docs/production.md`, followed in an empty folder, up to the deployment."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from environments import build_wheel, clean, download, versions
from page_examples import named_blocks, read_page
from project import ROOT, run, tsc
from waiting import PATIENCE, wait_until

PAGE = read_page("docs/production.md")
FOLLOWED, DEPLOYMENT = PAGE.split("## Deploy to Convex\n")
INSTALLED = ("pytest", "mypy", "hatchling")
"""What the page has pip install, and what that needs to build a package, besides the tool."""
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who types what the page shows, into one shell after another."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self._settings = settings
        self._lines: list[str] = []
        self._serving: list[subprocess.Popen[bytes]] = []

    def type(self, command: str) -> str:
        """What a command prints; those before it that set something hold for it."""
        before = "".join(f"{line}\n" for line in self._lines)
        script = f"set -e\n{before}echo ready\n{command}\n"
        if command.startswith("convexgen dev"):
            self._serve(f"set -e\n{before}exec {command}\n")
            return ""
        finished = run(["bash", "-c", script], self.folder, self._settings)
        assert finished.returncode == 0, f"{command}\n{finished.stdout}{finished.stderr}"
        if re.match(r"(set|export|\.) ", command):
            self._lines.append(command)
        return finished.stdout.rpartition("ready\n")[2]

    def _serve(self, script: str) -> None:
        log = (self.folder.parent / "dev.log").open("wb")
        self._serving.append(
            subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        )
        log.close()
        wait_until((self.folder / ".env.local").exists)

    def close(self) -> None:
        for process in self._serving:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    wheel = build_wheel(tmp_path)
    # The tool is this checkout's, and other packages have the versions that the tests know. They
    # are in a folder: the pip of each environment would look through all there are of each.
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"{versions()}convexgen @ {wheel.as_uri()}\n")
    packages = tmp_path / "packages"
    download(packages, constraints, ["convexgen", *INSTALLED])
    settings = clean(
        PIP_CONSTRAINT=str(constraints),
        PIP_FIND_LINKS=str(packages),
        PIP_NO_COMPILE="1",
        PIP_NO_INDEX="1",
        PIP_QUIET="1",
        npm_config_prefer_offline="true",
        GIT_AUTHOR_NAME="A",
        GIT_AUTHOR_EMAIL="a@example.com",
        GIT_COMMITTER_NAME="A",
        GIT_COMMITTER_EMAIL="a@example.com",
    )
    folder = tmp_path / "notes"
    folder.mkdir()
    typing = Reader(folder, {name: text for name, text in settings.items() if name[:6] != "CONVEX"})
    yield typing
    typing.close()


def test_fault_23_from_an_empty_folder_to_the_deployment(reader: Reader) -> None:
    printed: dict[str, str] = {}
    for language, name, text in BLOCK.findall(FOLLOWED):
        if name:
            path = reader.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            continue
        assert language == "console"
        for line in text.splitlines():
            assert line.startswith("$ ")
            printed[line[2:]] = reader.type(line[2:])
    assert printed["convexgen check"] == "Up to date.\n"
    assert printed["PYTHONPATH=generated/python python app.py"] == "['Bread, milk']\n"
    assert "1 passed" in printed["pytest"]
    assert printed["../service/bin/python app.py"] == "['Bread, milk']\n"
    assert reader.type("git check-ignore .env.local node_modules .venv") == (
        ".env.local\nnode_modules\n.venv\n"
    )
    # What is typed to be committed is all that there is.
    assert reader.type("git status --porcelain") == ""
    assert reader.type("../service/bin/python -c 'import convexgen' 2>&1 || true").endswith(
        "No module named 'convexgen'\n"
    )
    # A strict checker finds the package where it is installed.
    reader.type("pip install ./generated/python")
    reader.type("(mkdir elsewhere && cp app.py elsewhere && cd elsewhere && mypy --strict app.py)")
    # What runs before each deployment, in what is committed.
    workflow = yaml.safe_load(named_blocks("docs/production.md")[".github/workflows/deploy.yml"])
    steps = [step["run"] for step in workflow["jobs"]["deploy"]["steps"] if "run" in step]
    assert steps.pop() == "npx convex deploy"
    reader.type("git clone --quiet . ../clone")
    for step in steps:
        reader.type(f"cd ../clone && {step}")
    for language, name, text in BLOCK.findall(DEPLOYMENT):
        if language == "ts":
            (reader.folder / name).write_text(text)
    checked = run([*tsc(), "--project", "convex"], reader.folder)
    assert checked.returncode == 0, checked.stdout


def test_what_it_says_of_deployments_is_there() -> None:
    """The commands of `npx convex` that it names exist, as far as that can be seen here."""
    convex = ROOT / "node_modules" / ".bin" / "convex"
    named = set(re.findall(r"npx convex ([a-z]+(?: token create)?)", PAGE))
    assert named >= {"deploy", "dev", "login", "deployment token create"}
    for command in named:
        assert run([convex, *command.split(), "--help"], ROOT).returncode == 0, command
    assert "--once" in run([convex, "dev", "--help"], ROOT).stdout
    assert "--deployment" in run([convex, "deployment", "token", "create", "--help"], ROOT).stdout
    required = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    (node,) = re.findall(r"node-version: (\d+)", PAGE)
    assert int(node) >= int(re.findall(r"\d+", required)[0])
