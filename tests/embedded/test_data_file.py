"""`--data`: what is kept over the end of the process, whatever ends it."""

import base64
import errno
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from children import child
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend, find_node
from convexgen.embedded.data_lock import DataLock
from small_project import SmallProject
from waiting import PATIENCE, wait_until

from convex import ConvexInt64

HERE = Path(__file__).parent
FAULTS = HERE / "faults"
COMPONENTS = HERE / "components"
SERVER = HERE.parents[1] / "generator" / "convexgen" / "embedded" / "server" / "main.mjs"


def kill(backend: EmbeddedBackend) -> None:
    os.kill(backend.pid, signal.SIGKILL)
    assert backend.wait() == -signal.SIGKILL


def insert(client: ConvexHttpClient, table: str, *documents: Any) -> Any:
    return client.mutation("documents:insert", {"table": table, "documents": list(documents)})


def query_ts(backend: EmbeddedBackend) -> int:
    answer = requests.post(f"{backend.url}/api/query_ts", json={}, timeout=PATIENCE).json()
    return int.from_bytes(base64.b64decode(answer["ts"]), "little")


def start_failure(project: Path, data: Path) -> str:
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project, data=data)
    message = str(caught.value)
    assert "    at " not in message
    return message


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "convex.data"


def test_documents_ids_and_times_go_on_over_a_kill(data: Path) -> None:
    documents = [{"n": ConvexInt64(7), "b": b"\0\xff"}, {"n": -0.0, "deep": [{"a": None}]}]
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        (removed,) = insert(client, "literals", {"version": ConvexInt64(1)})
        client.mutation("documents:clear", {"table": "literals"})
        insert(client, "second", *documents)
        before = client.query("documents:all", {"table": "second"})
        timestamp = query_ts(backend)
        kill(backend)
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        assert not any(str(data) in line for line in backend.log_lines())
        assert client.query("documents:all", {"table": "second"}) == before
        assert client.query("documents:all", {"table": "literals"}) == []
        assert query_ts(backend) >= timestamp
        # The numbers of tables, which are in ids, have not been given to others.
        insert(client, "third", {})
        (other,) = insert(client, "literals", {"version": ConvexInt64(1)})
        assert other[:3] == removed[:3]
        insert(client, "second", {})
        after = client.query("documents:all", {"table": "second"})
        assert after[:2] == before
        assert after[2]["_creationTime"] > before[1]["_creationTime"]
        assert query_ts(backend) > timestamp


def test_files_and_scheduled_functions_go_on_over_a_kill(data: Path) -> None:
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        kept = client.action("files:store", {"text": "content", "type": "text/plain"})
        gone = client.action("files:store", {"text": "gone"})
        client.mutation("files:remove", {"id": gone["id"]})
        soon = client.mutation("jobs:schedule", {"name": "soon", "delay": 1000.0})
        never = client.mutation("jobs:schedule", {"name": "never", "delay": 1000.0})
        client.mutation("jobs:cancel", {"id": never})
        running = client.mutation("jobs:scheduleWaiting")
        wait_until(lambda: state_of(client, running) == "inProgress")
        kill(backend)
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        file = client.action("files:read", {"id": kept["id"]})
        assert file == {"text": "content", "type": "text/plain"}
        assert client.query("files:describe", {"id": gone["id"]})["document"] is None
        wait_until(lambda: state_of(client, soon) == "success")
        assert client.query("jobs:ticks", {"name": "soon"}) == 1
        assert state_of(client, never) == "canceled"
        assert client.query("jobs:ticks", {"name": "never"}) == 0
        # It may have done a part of its work, so that it is not repeated.
        wait_until(lambda: state_of(client, running) == "failed")


def test_a_project_without_tables_keeps_its_files(tmp_path: Path, data: Path) -> None:
    project = SmallProject(tmp_path)
    project.write(
        "files.ts",
        'import { action } from "./_generated/server";\n'
        "export const store = action({ args: {}, handler: async (ctx) =>\n"
        '  await ctx.storage.store(new Blob(["content"])) });\n'
        "export const read = action(async (ctx, { id }: any) =>\n"
        "  await (await ctx.storage.get(id))?.text());\n",
    )
    with EmbeddedBackend.start(tmp_path, data=data) as backend:
        file = ConvexHttpClient(backend.url).action("files:store")
        kill(backend)
    with EmbeddedBackend.start(tmp_path, data=data) as backend:
        assert ConvexHttpClient(backend.url).action("files:read", {"id": file}) == "content"


def state_of(client: ConvexHttpClient, job: str) -> Any:
    return client.query("jobs:job", {"id": job})["state"]["kind"]


def test_a_mutation_that_is_sent_again_after_a_kill_runs_once(data: Path) -> None:
    """As clients do with what was not answered; Convex, too, keeps the requests of sessions."""
    session = str(uuid4())
    results = []
    for _ in range(2):
        with EmbeddedBackend.start(HERE / "project", data=data) as backend:
            finished = subprocess.run(
                [find_node(), HERE / "sync.mjs", "oneMutation", session],
                env={**os.environ, "CONVEX_URL": backend.url},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert finished.returncode == 0, finished.stderr
            results.append(json.loads(finished.stdout))
            kill(backend)
    assert results[0]["bodies"] == ["once"]
    assert results[0]["answer"]["success"]
    assert results[1] == results[0]


def test_components_keep_their_tables(data: Path) -> None:
    with EmbeddedBackend.start(COMPONENTS, data=data) as backend:
        ConvexHttpClient(backend.url).mutation("counting:increment", {"by": 3.0})
        kill(backend)
    with EmbeddedBackend.start(COMPONENTS, data=data) as backend:
        assert ConvexHttpClient(backend.url).query("counting:read") == 3


def test_a_record_that_was_cut_short_is_dropped_with_a_warning(data: Path) -> None:
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        insert(ConvexHttpClient(backend.url), "second", {"n": 1.0})
    with data.open("ab") as file:
        file.write(b"0000004d 3f7a0c")
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        assert len(client.query("documents:all", {"table": "second"})) == 1
        assert backend.log_lines()[0] == (
            f"{data}: the last 15 bytes are a record that was not written to its end, of a commit "
            "that was never answered. They are dropped."
        )
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        assert not any(str(data) in line for line in backend.log_lines())


def counts_of(program: str, folder: Path) -> dict[str, int]:
    """What a program prints that uses data files in a folder."""
    finished = subprocess.run(
        [find_node(), HERE / program, folder],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    counts: dict[str, int] = json.loads(finished.stdout)
    return counts


def test_every_damage_is_noticed(tmp_path: Path) -> None:
    """Each length that a write may have been cut to, and each byte changed, in a small file."""
    counts = counts_of("dataFile.mjs", tmp_path)
    assert counts["torn"] > 400
    assert counts["damaged"] > 400
    assert counts["moved"] == 13


def test_whatever_fails_on_the_disk_nothing_is_lost_that_was_answered(tmp_path: Path) -> None:
    """Each operation in its turn, and all that writes from one on, as on a disk that gets full."""
    counts = counts_of("diskFaults.mjs", tmp_path)
    assert counts["ended"] > 20
    assert counts["refused"] > 3
    assert counts["warned"] > 10


def test_two_processes_cannot_use_one_file(data: Path) -> None:
    lock = data.with_name(f"{data.name}.lock")
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        message = start_failure(FAULTS, data)
        assert message == (
            f"{data} is in use by the process {backend.pid}. End it first, or name another file; "
            f"if it is no convexgen, delete {lock}."
        )
        insert(ConvexHttpClient(backend.url), "second", {})
    assert not lock.exists()
    # One that was killed does not hold it.
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        kill(backend)
        assert lock.exists()
        with EmbeddedBackend.start(FAULTS, data=data):
            pass
    assert not lock.exists()


@pytest.mark.parametrize("holder", [1, 2**22 + 1], ids=["lives", "does not live"])
def test_numbers_of_processes_do_not_tell_who_uses_a_file(data: Path, holder: int) -> None:
    """In two containers that share a folder they are different things."""
    lock = data.with_name(f"{data.name}.lock")
    lock.write_text(json.dumps({"pid": holder}))
    with EmbeddedBackend.start(FAULTS, data=data):
        lock.write_text(json.dumps({"pid": holder}))
        assert f"is in use by the process {holder}" in start_failure(FAULTS, data)


def test_the_lock_is_the_servers_not_that_of_who_started_it(data: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from convexgen.embedded import *\n"
        "started = EmbeddedBackend.start(Path(sys.argv[1]), data=Path(sys.argv[2]))\n"
        "print(started.pid, flush=True); time.sleep(1000)"
    )
    command: list[str | Path] = [sys.executable, "-c", program, FAULTS, data]
    with child(command, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        server = int(starter.stdout.readline())
        os.kill(server, signal.SIGSTOP)
        try:
            starter.kill()
            starter.wait()
            assert f"is in use by the process {server}" in start_failure(FAULTS, data)
        finally:
            os.kill(server, signal.SIGCONT)
    # It ends with its standard input.
    wait_until(lambda: not data.with_name(f"{data.name}.lock").exists())
    with EmbeddedBackend.start(FAULTS, data=data):
        pass


SPAWNING = """
"use node";
import { spawn } from "node:child_process";
import { action } from "./_generated/server";
export const begin = action({ args: {}, handler: async () => {
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  child.unref();
  return child.pid;
} });
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the lock is not the server's there")
@pytest.mark.parametrize("open_files", [0, 60])
def test_programs_that_functions_start_do_not_have_the_lock(data: Path, open_files: int) -> None:
    project = SmallProject(data.parent)
    project.write("spawning.ts", SPAWNING)
    with ExitStack() as files:
        for _ in range(open_files):
            files.enter_context(Path(os.devnull).open())
        backend = EmbeddedBackend.start(project.root, data=data)
    with backend:
        started = int(ConvexHttpClient(backend.url).action("spawning:begin"))
        try:
            kill(backend)
            with EmbeddedBackend.start(project.root, data=data):
                pass
        finally:
            os.kill(started, signal.SIGKILL)


def test_one_of_many_at_once_gets_the_lock(data: Path) -> None:
    """Also while others delete it, and one was left by a process that was killed."""
    lock = data.with_name(f"{data.name}.lock")
    lock.write_text('{"pid": 1, "started": null}')
    holders: list[int] = []

    def hold(number: int) -> None:
        for _ in range(50):
            try:
                held = DataLock(data)
            except BackendFailed:
                continue
            holders.append(number)
            assert holders == [number]
            # From when it is deleted, the next one gets another.
            holders.remove(number)
            lock.unlink()
            held.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(hold, range(4)))
    assert not lock.exists()


def test_a_file_system_without_locks(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    assert start_failure(FAULTS, data) == (
        f"{data} cannot be locked: No locks available. Name a file on a file system with locks, "
        "without which two servers could use it at the same time."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("convexgen: 1\n", "is not a data file of convexgen, and is left as it is"),
        ("convexgen data 3\n", "has the format 3, of another version of convexgen"),
    ],
)
def test_a_file_of_something_else_is_left_alone(data: Path, content: str, reason: str) -> None:
    data.write_text(content)
    assert reason in start_failure(FAULTS, data)
    assert data.read_text() == content
    assert [path.name for path in data.parent.iterdir()] == [data.name]


@pytest.mark.parametrize("begun", ["", "c", "convexgen data 2"])
def test_a_file_of_which_not_one_line_was_written_is_new(data: Path, begun: str) -> None:
    """As one is that was made on a full disk: nothing was ever kept in it."""
    data.write_text(begun)
    with EmbeddedBackend.start(FAULTS, data=data):
        assert data.read_text().startswith("convexgen data 2\n")


def test_it_is_of_its_owner_alone(data: Path) -> None:
    """Also one of before, whatever the mask of the process lets others have."""
    mask = os.umask(0)
    try:
        with EmbeddedBackend.start(FAULTS, data=data):
            assert data.stat().st_mode & 0o777 == 0o600
            assert data.with_name(f"{data.name}.lock").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(mask)
    data.chmod(0o666)
    with EmbeddedBackend.start(FAULTS, data=data):
        assert data.stat().st_mode & 0o777 == 0o600


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    """Devices, pipes, links of both kinds, and links to what is not there."""
    victim = tmp_path / "victim"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path("/dev/null"), Path("/dev/zero"), pipe):
        assert "is no plain file: --data takes one." in start_failure(FAULTS, path)
    link = tmp_path / "link"
    link.symlink_to(victim)
    assert "is a link, which somebody else may have put there" in start_failure(FAULTS, link)
    assert not victim.exists()
    victim.touch()
    assert "is a link" in start_failure(FAULTS, link)
    other = tmp_path / "other"
    os.link(victim, other)
    assert "has another name, a hard link" in start_failure(FAULTS, other)
    assert victim.read_bytes() == b""


PLANTED = ["link", "pipe", "folder link", "folder", "file"]


def plant(path: Path, kind: str) -> Path:
    """Something else where the backend puts a file. Gives what must stay as it is."""
    victim = path.with_name("victim")
    victim.mkdir()
    (victim / "file").write_text("of somebody else")
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
            (path / "file").write_text("of somebody else")
        case "file":
            path.write_text("of somebody else")
        case _:
            path.symlink_to(victim if kind == "folder link" else victim / "file")
    return victim / "file"


@pytest.mark.parametrize("kind", PLANTED)
def test_nothing_is_written_through_what_stands_beside_it(tmp_path: Path, kind: str) -> None:
    """Where a folder is in the way, the file is not written anew, and nothing else suffers."""
    data, planted = tmp_path / "data", tmp_path / "data.new"
    victim = plant(planted, kind)
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        # It is written anew some times.
        for _ in range(20):
            insert(client, "second", {"text": "x" * 200_000})
            client.mutation("documents:clear", {"table": "second"})
        insert(client, "second", {"text": "last"})
        log = "\n".join(backend.log_lines())
        kill(backend)
    assert ("data cannot be written anew without what is out of date: " in log) == (
        kind == "folder"
    )
    assert (data.stat().st_size > 2_000_000) == (kind == "folder")
    assert data.is_file()
    assert not data.is_symlink()
    assert victim.read_text() == "of somebody else"
    if kind == "folder":
        assert (planted / "file").read_text() == "of somebody else"
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        (found,) = ConvexHttpClient(backend.url).query("documents:all", {"table": "second"})
        assert found["text"] == "last"


@pytest.mark.parametrize("kind", PLANTED)
def test_what_stands_in_the_place_of_its_lock_is_refused(tmp_path: Path, kind: str) -> None:
    data, planted = tmp_path / "data", tmp_path / "data.lock"
    victim = plant(planted, kind)
    message = start_failure(FAULTS, data)
    assert message.startswith((f"{data} cannot be locked", f"The data file {data} cannot be used"))
    assert str(planted) in message
    assert os.path.lexists(planted)
    assert victim.read_text() == "of somebody else"
    assert not data.exists()


def test_one_lock_whatever_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "alias").symlink_to(folder)
    with EmbeddedBackend.start(FAULTS, data=folder / "data") as backend:
        for path in (tmp_path / "alias" / "data", folder / ".." / "folder" / "data"):
            assert f"is in use by the process {backend.pid}" in start_failure(FAULTS, path)


def test_a_file_that_cannot_be_written(data: Path) -> None:
    assert start_failure(FAULTS, data / "data").startswith(f"There is no folder {data} for")
    data.mkdir()
    assert start_failure(FAULTS, data) == f"{data} is a folder: --data takes a file."


def test_a_schema_that_the_data_violates(tmp_path: Path, data: Path) -> None:
    project = SmallProject(tmp_path)
    project.write(
        "notes.ts",
        'import { mutation } from "./_generated/server";\n'
        "export const add = mutation({ args: {}, handler: async (ctx) =>\n"
        '  await ctx.db.insert("notes" as any, { text: 1 }) });\n',
    )
    with EmbeddedBackend.start(tmp_path, data=data) as backend:
        note = ConvexHttpClient(backend.url).mutation("notes:add")
    project.write(
        "schema.ts",
        'import { defineSchema, defineTable } from "convex/server";\n'
        'import { v } from "convex/values";\n'
        "export default defineSchema({ notes: defineTable({ text: v.string() }) });\n",
    )
    assert start_failure(tmp_path, data).startswith(
        f'Schema validation failed.\nDocument with ID "{note}" in table "notes" does not match '
        "the schema: Value does not match validator.\nPath: .text\n"
    )


def test_nothing_is_answered_that_cannot_be_kept(data: Path) -> None:
    """The backend ends when its file cannot grow."""
    limited = f"trap '' XFSZ; ulimit -f 400; exec '{find_node()}' \"$@\""
    with child(
        ["bash", "-c", limited, "bash", SERVER, "--project", FAULTS, "--data", data],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        client = ConvexHttpClient(json.loads(process.stdout.readline())["url"])
        answered = 0
        with suppress(requests.ConnectionError):
            while True:
                insert(client, "second", {"text": "x" * 5000})
                answered += 1
        assert process.wait(PATIENCE) == 1
        assert process.stderr is not None
        assert f"{data} cannot be written: EFBIG" in process.stderr.read()
    with EmbeddedBackend.start(FAULTS, data=data) as backend:
        client = ConvexHttpClient(backend.url)
        assert len(client.query("documents:all", {"table": "second"})) == answered
        insert(client, "second", {})
