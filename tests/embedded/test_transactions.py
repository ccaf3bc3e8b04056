"""Transactions, scheduled functions, pages and the order of indexes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from convex.http_client import ConvexExecutionError, ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from waiting import wait_until

from convex import ConvexError, ConvexInt64

PROJECT = Path(__file__).parent / "project"


def bodies(client: ConvexHttpClient, channel: str) -> list[str]:
    return [message["body"] for message in client.query("messages:list", {"channel": channel})]


def wait_for(client: ConvexHttpClient, channel: str, expected: list[str]) -> None:
    wait_until(lambda: bodies(client, channel) == expected)


@pytest.mark.parametrize("function", ["insertAndRefuse", "insertAndFail", "insertAndReturnWrong"])
def test_a_failed_mutation_writes_nothing(
    client: ConvexHttpClient, channel: str, function: str
) -> None:
    with pytest.raises(Exception, match=r"Server Error|Convex error"):
        client.mutation(f"errors:{function}", {"channel": channel})
    assert bodies(client, channel) == []


def test_only_the_nested_mutation_is_undone(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("errors:insertAroundFailure", {"channel": channel})
    assert bodies(client, channel) == ["before", "after"]


def test_a_walk_does_not_see_its_own_writes(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:sendMany", {"channel": channel, "bodies": ["a", "b", "c"]})
    assert client.mutation("messages:duplicateAll", {"channel": channel}) == 3
    assert len(bodies(client, channel)) == 6


def test_a_walk_goes_on_after_nested_mutations(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:sendMany", {"channel": channel, "bodies": ["a", "b", "c"]})
    assert client.mutation("messages:walkWithNested", {"channel": channel}) == ["a", "b", "c"]
    assert bodies(client, channel) == ["a", "b", "c", "a nested", "b nested", "c nested"]


def test_patch_changes_and_removes_fields(client: ConvexHttpClient, channel: str) -> None:
    message_id = client.mutation("messages:send", {"channel": channel, "body": "a", "votes": 2})
    client.mutation("messages:edit", {"id": message_id, "body": "b"})
    client.mutation("messages:clearVotes", {"id": message_id})
    message = client.query("messages:byId", {"id": message_id})
    assert message["body"] == "b"
    assert "votes" not in message


def test_writes_that_change_nothing(run_node: Callable[..., Any]) -> None:
    """They are none: what has read the document does not run again."""
    assert run_node("unchanged.mjs") == ["other zero"]


def test_writes_that_change_nothing_are_not_counted(client: ConvexHttpClient) -> None:
    document = client.mutation("unchanged:add")
    metrics = client.mutation("unchanged:cost", {"id": document, "count": 7.0})
    assert metrics["documentsWritten"]["used"] == 0


@pytest.mark.parametrize(
    ("function", "args", "verb"), [("edit", {"body": ""}, "Update"), ("remove", {}, "Delete")]
)
def test_writes_on_what_is_gone(
    client: ConvexHttpClient, channel: str, function: str, args: dict[str, Any], verb: str
) -> None:
    message_id = client.mutation("messages:send", {"channel": channel, "body": ""})
    client.mutation("messages:remove", {"id": message_id})
    with pytest.raises(Exception, match=f"{verb} on nonexistent document ID {message_id}"):
        client.mutation(f"messages:{function}", {"id": message_id, **args})


def test_concurrent_mutations_are_exact(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:send", {"channel": channel, "body": ""})
    with ThreadPoolExecutor(8) as pool:
        calls = [
            pool.submit(client.mutation, "messages:vote", {"channel": channel}) for _ in range(200)
        ]
    votes = [call.result() for call in calls]
    assert sorted(votes) == [float(n) for n in range(1, 201)]


def test_actions_run_beside_each_other(client: ConvexHttpClient, channel: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(client.action, "waiting:forMessage", {"channel": channel}) for _ in range(4)
        ]
        client.mutation("messages:send", {"channel": channel, "body": "here"})
    assert [action.result() for action in waiting] == ["here"] * 4


@pytest.fixture(scope="module")
def impatient() -> Iterator[ConvexHttpClient]:
    """A client of a backend that gives up functions after 2 s."""
    with EmbeddedBackend.start(PROJECT, function_timeout=2.0) as backend:
        yield ConvexHttpClient(backend.url)


NEVER = "Server Error\nReturned promise will never resolve\n"


@pytest.mark.parametrize("function", ["never", "neverAfterInsert"])
def test_fault_24_a_promise_that_nothing_will_settle(
    client: ConvexHttpClient, channel: str, function: str
) -> None:
    """It fails at once, as there, and what it wrote is undone."""
    is_query = function == "never"
    call = client.query if is_query else client.mutation
    with pytest.raises(Exception, match=NEVER):
        call(f"errors:{function}", {} if is_query else {"channel": channel})
    assert bodies(client, channel) == []


def test_fault_24_a_caller_catches_that_a_promise_never_resolves(client: ConvexHttpClient) -> None:
    assert client.query("errors:callsNever") == "Error: Returned promise will never resolve\n"


def test_fault_24_what_settles_by_itself_is_waited_for(client: ConvexHttpClient) -> None:
    assert client.query("errors:readsBodies") == 6_400_000


def test_a_function_that_never_ends(impatient: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match=r"Function execution timed out \(maximum duration: 2s\)"):
        impatient.query("errors:digests")


def test_a_function_that_was_given_up_cannot_write(client: ConvexHttpClient, channel: str) -> None:
    with pytest.raises(Exception, match=NEVER):
        client.mutation("errors:zombie", {"channel": channel})
    client.mutation("errors:wakeZombie", {"channel": channel})
    wait_until(lambda: read_or_none(client, channel) == ["alive"])


def read_or_none(client: ConvexHttpClient, channel: str) -> list[str] | None:
    """The bodies; None where reading them was given up."""
    try:
        return bodies(client, channel)
    except ConvexExecutionError:
        return None


def test_commit_timestamps(client: ConvexHttpClient) -> None:
    first = client.mutation("values:commitTimestamp")["at"]
    second = client.mutation("values:commitTimestamp")["at"]
    commits = client.query("values:commits")
    read: list[int] = [int64_of(commit) for commit in (first, second, *commits[-2:])]
    assert read[:2] == read[2:]
    assert read[0] < read[1]


def int64_of(encoded: Any) -> int:
    assert isinstance(encoded, ConvexInt64)
    return encoded.value


def test_a_scheduled_function_runs(client: ConvexHttpClient, channel: str) -> None:
    job_id = client.mutation("scheduling:later", {"channel": channel, "delay": 0})
    wait_for(client, channel, ["later"])
    job = client.query("scheduling:state", {"id": job_id})
    assert job["name"] == "scheduling.js:write"
    assert job["state"]["kind"] in {"inProgress", "success"}


def test_an_action_schedules(client: ConvexHttpClient, channel: str) -> None:
    client.action("scheduling:laterFromAction", {"channel": channel})
    wait_for(client, channel, ["from action"])


def test_a_canceled_function_does_not_run(client: ConvexHttpClient, channel: str) -> None:
    job_id = client.mutation("scheduling:later", {"channel": channel, "delay": 200})
    client.mutation("scheduling:cancel", {"id": job_id})
    assert client.query("scheduling:state", {"id": job_id})["state"] == {"kind": "canceled"}
    client.mutation("scheduling:later", {"channel": channel, "delay": 400})
    wait_for(client, channel, ["later"])


def test_a_failed_mutation_schedules_nothing(client: ConvexHttpClient, channel: str) -> None:
    with pytest.raises(Exception, match="boom"):
        client.mutation("scheduling:laterAndFail", {"channel": channel})
    client.mutation("scheduling:later", {"channel": channel, "delay": 50})
    wait_for(client, channel, ["later"])


def test_a_scheduled_function_that_fails(client: ConvexHttpClient, channel: str) -> None:
    job_id = client.mutation("scheduling:failLater", {"channel": channel})

    def state() -> Any:
        return client.query("scheduling:state", {"id": job_id})["state"]

    wait_until(lambda: state()["kind"] == "failed")
    assert "boom" in state()["error"]


def test_a_delay_beyond_what_a_timer_can_hold(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("scheduling:later", {"channel": channel, "delay": 2**31 + 1000})
    client.mutation("scheduling:later", {"channel": channel, "delay": 50})
    wait_for(client, channel, ["later"])
    assert bodies(client, channel) == ["later"]


def page(client: ConvexHttpClient, channel: str, cursor: str | None, size: int) -> Any:
    options = {"numItems": size, "cursor": cursor}
    args: dict[str, Any] = {"channel": channel, "paginationOpts": options}
    return client.query("messages:page", args)


def test_pages_survive_inserts_and_deletes(client: ConvexHttpClient, channel: str) -> None:
    ids = client.mutation("messages:sendMany", {"channel": channel, "bodies": list("abcdef")})
    first = page(client, channel, None, 2)
    assert [message["body"] for message in first["page"]] == ["a", "b"]
    client.mutation("messages:remove", {"id": ids[1]})
    client.mutation("messages:remove", {"id": ids[2]})
    client.mutation("messages:send", {"channel": channel, "body": "g"})
    second = page(client, channel, first["continueCursor"], 3)
    assert [message["body"] for message in second["page"]] == ["d", "e", "f"]
    assert not second["isDone"]
    third = page(client, channel, second["continueCursor"], 3)
    assert [message["body"] for message in third["page"]] == ["g"]
    assert third["isDone"]
    last = page(client, channel, third["continueCursor"], 3)
    assert (last["page"], last["isDone"]) == ([], True)


def test_a_full_last_page_is_not_done(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:sendMany", {"channel": channel, "bodies": ["a", "b"]})
    full = page(client, channel, None, 2)
    assert (len(full["page"]), full["isDone"]) == (2, False)
    empty = page(client, channel, full["continueCursor"], 2)
    assert (empty["page"], empty["isDone"]) == ([], True)


def test_a_cursor_belongs_to_its_query(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:sendMany", {"channel": channel, "bodies": ["a", "b"]})
    cursor = page(client, channel, None, 1)["continueCursor"]
    with pytest.raises(ConvexError) as caught:
        page(client, "another channel", cursor, 1)
    assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}
    with pytest.raises(Exception, match="Failed to parse cursor"):
        page(client, channel, "no cursor", 1)


def test_an_empty_page_cannot_be_asked_for(client: ConvexHttpClient, channel: str) -> None:
    with pytest.raises(Exception, match="Must request at least 1 document while paginating"):
        page(client, channel, None, 0)


def test_a_page_may_be_bounded_by_what_it_reads(client: ConvexHttpClient, channel: str) -> None:
    hidden = ["hidden"] * 5
    client.mutation("messages:sendMany", {"channel": channel, "bodies": [*hidden, "shown"]})
    options: dict[str, Any] = {"numItems": 1, "cursor": None, "maximumRowsRead": 3}
    args: dict[str, Any] = {"channel": channel, "paginationOpts": options}
    first = client.query("messages:visiblePage", args)
    assert (first["page"], first["isDone"], first["pageStatus"]) == ([], False, "SplitRequired")
    options["cursor"] = first["continueCursor"]
    second = client.query("messages:visiblePage", args)
    assert [message["body"] for message in second["page"]] == ["shown"]


def test_where_a_page_may_be_split(client: ConvexHttpClient, channel: str) -> None:
    """In the middle; it is recommended near a limit of what is read, and for very long pages."""
    client.mutation("messages:sendMany", {"channel": channel, "bodies": list("abcdef")})
    options: dict[str, Any] = {"numItems": 4, "cursor": None}
    args: dict[str, Any] = {"channel": channel, "paginationOpts": options}
    whole = client.query("messages:page", args)
    assert whole["pageStatus"] is None
    options["maximumRowsRead"] = 5
    near = client.query("messages:page", args)
    assert (len(near["page"]), near["pageStatus"]) == (4, "SplitRecommended")
    options |= {"endCursor": near["splitCursor"]}
    first = client.query("messages:page", args)
    assert first["continueCursor"] == near["splitCursor"]
    options |= {"cursor": near["splitCursor"], "endCursor": near["continueCursor"]}
    second = client.query("messages:page", args)
    halves = [[message["body"] for message in half["page"]] for half in (first, second)]
    assert halves == [["a", "b", "c"], ["d"]]
    assert page(client, channel, None, 2)["splitCursor"] is None


def test_a_split_of_a_long_page_is_recommended(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:sendMany", {"channel": channel, "bodies": ["a"] * 6145})
    assert page(client, channel, None, 6144)["pageStatus"] is None
    assert page(client, channel, None, 6145)["pageStatus"] == "SplitRecommended"


def test_the_order_of_all_types(fresh_client: ConvexHttpClient) -> None:
    ascending: list[dict[str, Any]] = [
        {},
        {"value": None},
        {"value": ConvexInt64(-(2**63))},
        {"value": ConvexInt64(2**63 - 1)},
        {"value": float("-inf")},
        {"value": -1.0},
        {"value": -0.0},
        {"value": 0.0},
        {"value": float("inf")},
        {"value": False},
        {"value": True},
        {"value": ""},
        {"value": "Z"},
        {"value": "a"},
        {"value": "\uffff"},
        {"value": "\U00010000"},
        {"value": b""},
        {"value": b"\x00\x01"},
        {"value": b"\xff"},
        {"value": []},
        {"value": [1.0]},
        {"value": [1.0, 1.0]},
        {"value": {}},
        {"value": {"a": 1.0}},
        {"value": {"b": 0.0}},
    ]
    for fields in reversed(ascending):
        fresh_client.mutation("values:putField", {"fields": fields})
    ordered = fresh_client.query("values:ordered")
    found = [
        {key: value for key, value in document.items() if not key.startswith("_")}
        for document in ordered
    ]
    assert repr(found) == repr(ascending)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("seed", range(1, 4))
def test_what_was_not_touched_has_not_changed(run_node: Callable[..., Any], seed: int) -> None:
    counts = run_node("invalidation.mjs", str(seed), "100")
    assert counts["kept"] > counts["touched"] > 0


@pytest.mark.usefixtures("backend")
def test_a_database_is_restored_from_the_records_of_commits(run_node: Callable[..., Any]) -> None:
    facts = run_node("restore.mjs")
    before, after, jobs = facts["before"], facts["after"], facts["jobs"]
    assert [len(documents) for documents in before["documents"]] == [2, 0, 3]
    assert before["found"] == ["red fox"]
    assert before["file"] == {"text": "content", "type": "text/plain"}
    assert before["gone"] is None
    assert after == before
    states = {name: job["state"]["kind"] for name, job in jobs.items()}
    assert states == {
        "running": "failed",
        "waiting": "pending",
        "canceled": "canceled",
        "pending": "success",
    }
    assert jobs["running"]["state"]["error"] == "Transient error while executing action"
    assert facts["tablesOfIds"] == ["literals", "literals"]
    earlier, later = map(int, facts["timestamps"])
    assert earlier < later


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("seed", range(1, 4))
def test_earlier_states_can_be_read(run_node: Callable[..., Any], seed: int) -> None:
    assert run_node("past.mjs", str(seed), "100") == 600


@pytest.mark.usefixtures("backend")
def test_memory_does_not_grow_with_calls(run_node: Callable[..., Any]) -> None:
    before, after = run_node("growth.mjs")
    assert after - before < 8 * 1024 * 1024
