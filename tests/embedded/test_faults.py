"""What a mere test double of Convex gets wrong, and this backend does not.

One test for one behaviour. Those of identity are in `test_identity.py`, memory that does not grow
is in `test_transactions.py`, components are in `test_components.py`.
"""

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from small_project import SmallProject
from waiting import PATIENCE, wait_until

from convex import ConvexInt64

PROJECT = Path(__file__).parent / "faults"
DAY = 24 * 3600 * 1000.0


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    os.environ["CONVEX_TEST_SETTING"] = "of the server"
    with EmbeddedBackend.start(PROJECT, function_timeout=PATIENCE) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


def insert(client: ConvexHttpClient, table: str, *documents: dict[str, Any]) -> list[str]:
    ids: list[str] = client.mutation(
        "documents:insert", {"table": table, "documents": list(documents)}
    )
    return ids


# Validation


def test_records_are_validated_in_documents_and_arguments(client: ConvexHttpClient) -> None:
    """`v.record`, which is validated as a stored value and as an argument."""
    insert(client, "records", {"scores": {"a": 1.0}})
    with pytest.raises(Exception, match=r"(?s)match the schema: .*Path: \.scores\.values\(\)"):
        insert(client, "records", {"scores": {"a": "one"}})
    assert client.query("documents:takeRecord", {"scores": {"a": 1.0}}) == {"a": 1.0}
    with pytest.raises(Exception, match=r"(?s)ArgumentValidationError: .*Path: \.scores\.values"):
        client.query("documents:takeRecord", {"scores": {"a": "one"}})


def test_bigint_literals_match(client: ConvexHttpClient) -> None:
    """`v.literal(1n)`, which takes the int64 1 and nothing else."""
    insert(client, "literals", {"version": ConvexInt64(1)})
    one = client.query("documents:takeLiteral", {"version": ConvexInt64(1)})
    assert one == ConvexInt64(1)
    for other in (1.0, ConvexInt64(2)):
        with pytest.raises(Exception, match="ArgumentValidationError"):
            client.query("documents:takeLiteral", {"version": other})


def test_a_result_that_fails_its_validator_is_rolled_back(client: ConvexHttpClient) -> None:
    """`returns`: what a mutation wrote before it is gone, called from outside or nested."""
    with pytest.raises(Exception, match="ReturnsValidationError"):
        client.mutation("documents:insertAndReturnWrong")
    assert client.query("jobs:ticks", {"name": "never seen"}) == 0
    client.mutation("documents:survive")
    assert client.query("jobs:ticks", {"name": "never seen"}) == 0


def test_filters_follow_the_total_order(client: ConvexHttpClient) -> None:
    """`filter` compares as indexes do: missing < null < numbers."""
    client.mutation("documents:clear", {"table": "numbers"})
    insert(client, "numbers", {}, {"n": None}, {"n": -1.0}, {"n": 7.0})

    def compare(operator: str, bound: Any) -> list[Any]:
        found: list[Any] = client.query("documents:compare", {"operator": operator, "bound": bound})
        return found

    assert compare("lt", 7.0) == ["missing", None, -1]
    assert compare("gt", None) == [-1, 7]
    assert compare("lte", None) == ["missing", None]
    assert compare("gte", -1.0) == [-1, 7]
    assert compare("eq", None) == [None]
    assert compare("neq", None) == ["missing", -1, 7]


def test_messages_are_those_of_the_real_backend(client: ConvexHttpClient) -> None:
    """The texts of violations."""
    with pytest.raises(Exception, match="ArgumentValidationError") as caught:
        client.query("documents:all", {"table": 1})
    assert (
        "ArgumentValidationError: Value does not match validator.\n"
        "Path: .table\nValue: 1.0\nValidator: v.string()"
    ) in str(caught.value)
    with pytest.raises(Exception, match="Failed to insert") as caught:
        insert(client, "numbers", {"n": "text"})
    assert (
        'Failed to insert or update a document in table "numbers" because it does not match the '
        "schema: Value does not match validator.\nPath: .n"
    ) in str(caught.value)


# Search


@pytest.fixture
def articles(client: ConvexHttpClient) -> Callable[..., None]:
    client.mutation("documents:clear", {"table": "articles"})

    def write(*titles: str | None, kind: str | None = None) -> None:
        of_kind = {} if kind is None else {"kind": kind}
        documents = [of_kind if title is None else {"title": title, **of_kind} for title in titles]
        insert(client, "articles", *documents)

    return write


def titles(client: ConvexHttpClient, text: str, **args: Any) -> list[str]:
    found: list[str] = client.query("search:titles", {"text": text, **args})
    return found


def test_search_skips_documents_without_the_field(
    client: ConvexHttpClient, articles: Callable[..., None]
) -> None:
    """A text index over an optional field."""
    articles(None, "red fox", None)
    assert titles(client, "fox") == ["red fox"]


def test_search_matches_any_term_and_the_last_as_a_prefix(
    client: ConvexHttpClient, articles: Callable[..., None]
) -> None:
    """Terms are words in lower case; the last one may be a beginning."""
    articles("Red fox", "green frog", "foxglove", "nothing", "straße 7")
    assert set(titles(client, "RED, green!")) == {"Red fox", "green frog"}
    assert titles(client, "fox") == ["Red fox", "foxglove"]
    assert titles(client, "fox red") == ["Red fox"]
    assert set(titles(client, "nothing fro")) == {"nothing", "green frog"}
    assert titles(client, "ox") == []
    assert titles(client, "Straße") == ["straße 7"]
    assert titles(client, "") == []


def test_search_results_are_in_the_order_of_relevance(
    client: ConvexHttpClient, articles: Callable[..., None]
) -> None:
    """BM25: more and rarer terms first, then short texts, then the newest."""
    articles(
        "common one",
        "common two",
        "common common common common",
        "a very long text about many things that are common in it",
        "rare common",
    )
    found = titles(client, "rare common")
    assert found[0] == "rare common"
    assert found[1] == "common common common common"
    assert found[2:] == [
        "common two",
        "common one",
        "a very long text about many things that are common in it",
    ]


def test_search_filters_by_the_declared_fields(
    client: ConvexHttpClient, articles: Callable[..., None]
) -> None:
    """`eq` on filter fields, at most eight times, and on no other field."""
    articles("fox one", kind="a")
    articles("fox two", kind="b")
    assert titles(client, "fox", kind="b") == ["fox two"]
    assert client.query("search:manyFilters", {"count": 8}) == []
    with pytest.raises(Exception, match=r"filter conditions\. Max: 8 Actual: 9"):
        client.query("search:manyFilters", {"count": 9})
    with pytest.raises(Exception, match='equality filter on "author" but that field'):
        client.query("search:wrongFilter")
    with pytest.raises(Exception, match='doesn\'t match the indexed `searchField` "title"'):
        client.query("search:wrongField")


def test_search_uses_sixteen_terms(client: ConvexHttpClient, articles: Callable[..., None]) -> None:
    """The terms behind the 16th are not searched for, nor are those of 32 bytes."""
    articles("last", "x" * 31, "y" * 32)
    others = " ".join(f"other{n}" for n in range(15))
    assert titles(client, f"{others} last") == ["last"]
    assert titles(client, f"{others} another last") == []
    assert titles(client, "x" * 31) == ["x" * 31]
    assert titles(client, "y" * 32) == []


def test_search_reads_1024_candidates_at_most(
    client: ConvexHttpClient, articles: Callable[..., None]
) -> None:
    """Reading on behind them fails, in one query or page by page."""
    articles(*(f"fox {n}" for n in range(1023)))
    assert len(titles(client, "fox")) == 1023
    articles("fox")
    assert len(client.query("search:first", {"text": "fox", "count": 10})) == 10
    with pytest.raises(Exception, match=r"scanned too many documents \(fetched 1024\)"):
        titles(client, "fox")
    seen: list[str] = []
    cursor = None
    for _ in range(2):
        options = {"numItems": 500, "cursor": cursor}
        page = client.query("search:page", {"text": "fox", "paginationOpts": options})
        seen += page["titles"]
        cursor = page["continueCursor"]
    assert len(set(seen)) == 1000
    args = {"text": "fox", "paginationOpts": {"numItems": 500, "cursor": cursor}}
    with pytest.raises(Exception, match="scanned too many documents"):
        client.query("search:page", args)


def test_search_results_come_in_pages(
    client: ConvexHttpClient, articles: Callable[..., None]
) -> None:
    """Pages of a search go on where the last one ended, in the order of relevance."""
    articles("fox", "fox one", "fox one two", "frog", "fox one two three")
    seen: list[str] = []
    cursor, is_done = None, False
    while not is_done:
        options = {"numItems": 3, "cursor": cursor}
        page = client.query("search:page", {"text": "fox", "paginationOpts": options})
        seen += page["titles"]
        cursor, is_done = page["continueCursor"], page["isDone"]
    assert seen == ["fox", "fox one", "fox one two", "fox one two three"]


@pytest.fixture
def points(client: ConvexHttpClient) -> list[str]:
    client.mutation("documents:clear", {"table": "points"})
    return insert(
        client,
        "points",
        {"at": [1.0, 0.0], "kind": "a"},
        {"at": [0.0, 1.0], "kind": "b"},
        {"at": [2.0, 2.0], "kind": "c"},
        {"kind": "a"},
        {"at": [1.0, 0.0, 0.0], "kind": "a"},
    )


def test_vector_search_skips_documents_without_the_field(
    client: ConvexHttpClient, points: list[str]
) -> None:
    """Documents without a vector, or with one of other dimensions, are in no vector index."""
    found = client.action("search:nearest", {"vector": [1.0, 0.1]})
    assert [result["_id"] for result in found] == [points[0], points[2], points[1]]
    assert all(left["_score"] >= right["_score"] for left, right in pairwise(found))
    assert found[0]["_score"] == pytest.approx(0.995, abs=0.001)


def test_vector_search_checks_dimensions_and_limit(
    client: ConvexHttpClient, points: list[str]
) -> None:
    """The vector has the dimensions of the index; 256 results at most, 10 unless told."""
    with pytest.raises(Exception, match=r"Expected a vector with dimensions 2, received 3\."):
        client.action("search:nearest", {"vector": [1.0, 0.0, 0.0]})
    for limit in (0.0, 1.5):
        with pytest.raises(Exception, match="must be an integer from 1 to 256"):
            client.action("search:nearest", {"vector": [1.0, 0.0], "limit": limit})
    with pytest.raises(Exception, match=r"fetch at most 256 results, requested 257\."):
        client.action("search:nearest", {"vector": [1.0, 0.0], "limit": 257.0})
    insert(client, "points", *({"at": [1.0, float(n)]} for n in range(300)))
    assert len(client.action("search:nearest", {"vector": [1.0, 0.0], "limit": 256.0})) == 256
    assert len(client.action("search:nearest", {"vector": [1.0, 0.0]})) == 10


def test_vector_search_filters_by_the_declared_fields(
    client: ConvexHttpClient, points: list[str]
) -> None:
    """`eq` and `or` on filter fields, 64 conditions at most."""
    found = client.action("search:nearest", {"vector": [1.0, 0.1], "kinds": ["b", "c"]})
    assert [result["_id"] for result in found] == [points[2], points[1]]
    with pytest.raises(Exception, match='a filter on "at" but that field isn\'t indexed'):
        client.action("search:nearest", {"vector": [1.0, 0.1], "kinds": ["b"], "field": "at"})
    with pytest.raises(Exception, match=r"conditions\. Max: 64 Actual: 65"):
        client.action("search:nearest", {"vector": [1.0, 0.1], "kinds": ["a"] * 65})


# Scheduled functions


def test_a_delay_beyond_24_days_waits(client: ConvexHttpClient) -> None:
    """`runAfter` and `runAt` longer than what a timer of Node.js can hold."""
    far = client.mutation("jobs:schedule", {"name": "far", "delay": 30 * DAY})
    at = time.time() * 1000 + 400 * DAY
    further = client.mutation("jobs:scheduleAt", {"name": "far", "time": at})
    soon = client.mutation("jobs:schedule", {"name": "soon", "delay": 0.0})
    wait_until(lambda: client.query("jobs:ticks", {"name": "soon"}))
    assert client.query("jobs:ticks", {"name": "far"}) == 0
    for job in (far, further):
        assert client.query("jobs:job", {"id": job})["state"] == {"kind": "pending"}
        client.mutation("jobs:cancel", {"id": job})
    assert client.query("jobs:job", {"id": far})["state"] == {"kind": "canceled"}
    assert client.query("jobs:job", {"id": soon})["name"] == "jobs.js:tick"


def test_what_is_known_of_a_scheduled_function(client: ConvexHttpClient) -> None:
    """`_scheduled_functions`: the name with `.js`, the arguments, the times, the state."""
    before = time.time() * 1000
    job_id = client.mutation("jobs:schedule", {"name": "known", "delay": 10.0})

    def finished() -> Any:
        job = client.query("jobs:job", {"id": job_id})
        return job if job["state"]["kind"] == "success" else None

    job = wait_until(finished)
    assert job["name"] == "jobs.js:tick"
    assert job["args"] == [{"name": "known"}]
    assert job["state"] == {"kind": "success"}
    assert before + 9 < job["scheduledTime"] <= job["completedTime"] + 1
    assert set(job) == {
        "_id",
        "_creationTime",
        "name",
        "args",
        "scheduledTime",
        "completedTime",
        "state",
    }


def test_why_a_scheduled_function_failed(client: ConvexHttpClient) -> None:
    """`_scheduled_functions`: the text of the error, and when it was."""
    job_id = client.mutation("jobs:scheduleFailure")

    def failed() -> Any:
        job = client.query("jobs:job", {"id": job_id})
        return job if job["state"]["kind"] == "failed" else None

    job = wait_until(failed)
    error = job["state"]["error"]
    assert error.startswith("Uncaught Error: boom\n    at handler (../convex/jobs.ts:")
    assert job["completedTime"] >= job["scheduledTime"]


# Cron jobs


def test_interval_jobs_run(client: ConvexHttpClient) -> None:
    """`crons.interval`: at once, then again and again, and after a failure too."""
    wait_until(lambda: client.query("jobs:ticks", {"name": "interval"}) >= 2)
    assert client.query("jobs:ticks", {"name": "hourly"}) == 1
    assert client.query("jobs:ticks", {"name": "new year"}) == 0


def test_failing_jobs_go_on(backend: EmbeddedBackend) -> None:
    """A cron job that fails is reported and runs again."""

    def reports() -> int:
        return sum("[scheduled jobs:fail]" in line for line in backend.log_lines())

    wait_until(lambda: reports() >= 2)


SATURDAY = "2026-08-01T10:30:20.000Z"
CRON_TIMES: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "cron", "cron": "* * * * *"}, SATURDAY, "2026-08-01T10:31:00.000Z"),
    ({"type": "cron", "cron": "30 10 * * *"}, SATURDAY, "2026-08-02T10:30:00.000Z"),
    ({"type": "cron", "cron": "*/20 * * * *"}, SATURDAY, "2026-08-01T10:40:00.000Z"),
    ({"type": "cron", "cron": "5/20 * * * *"}, SATURDAY, "2026-08-01T10:45:00.000Z"),
    ({"type": "cron", "cron": "0 9-17/4,23 * * *"}, SATURDAY, "2026-08-01T13:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 1 * *"}, SATURDAY, "2026-09-01T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 31 * *"}, "2026-08-31T00:00:00Z", "2026-10-31T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 29 feb *"}, SATURDAY, "2028-02-29T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 12 * * MON-fri"}, SATURDAY, "2026-08-03T12:00:00.000Z"),
    ({"type": "cron", "cron": "0 12 * * 0"}, SATURDAY, "2026-08-02T12:00:00.000Z"),
    ({"type": "cron", "cron": "0 12 * * 0-6"}, SATURDAY, "2026-08-01T12:00:00.000Z"),
    # A time that is in the middle of a second is before that second ends.
    (
        {"type": "cron", "cron": "31 10 * * *"},
        "2026-08-01T10:30:59.999Z",
        "2026-08-01T10:31:00.000Z",
    ),
    (
        {"type": "cron", "cron": "31 10 * * *"},
        "2026-08-01T10:31:00.000Z",
        "2026-08-02T10:31:00.000Z",
    ),
    # With both, a day of the month or of the week is enough.
    ({"type": "cron", "cron": "0 0 13 * 5"}, SATURDAY, "2026-08-07T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 13 * 5"}, "2026-08-08T00:00:00Z", "2026-08-13T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 13 * */2"}, SATURDAY, "2026-08-02T00:00:00.000Z"),
    # The last day, the weekday nearest to a day, the last and the n-th Friday.
    ({"type": "cron", "cron": "0 0 L * *"}, SATURDAY, "2026-08-31T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 15W * *"}, SATURDAY, "2026-08-14T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 * * 5L"}, SATURDAY, "2026-08-28T00:00:00.000Z"),
    ({"type": "cron", "cron": "0 0 * * FRI#2"}, SATURDAY, "2026-08-14T00:00:00.000Z"),
    # Where clocks of other places change, which UTC does not.
    ({"type": "cron", "cron": "30 1 * * *"}, "2026-10-25T00:45:00Z", "2026-10-25T01:30:00.000Z"),
    ({"type": "cron", "cron": "30 2 * * *"}, "2027-03-28T00:45:00Z", "2027-03-28T02:30:00.000Z"),
    ({"type": "interval", "minutes": 90}, SATURDAY, "2026-08-01T12:00:20.000Z"),
    ({"type": "hourly", "minuteUTC": 15}, SATURDAY, "2026-08-01T11:15:00.000Z"),
    ({"type": "daily", "hourUTC": 17, "minuteUTC": 30}, SATURDAY, "2026-08-01T17:30:00.000Z"),
    (
        {"type": "weekly", "dayOfWeek": "tuesday", "hourUTC": 17, "minuteUTC": 30},
        SATURDAY,
        "2026-08-04T17:30:00.000Z",
    ),
    (
        {"type": "monthly", "day": 31, "hourUTC": 0, "minuteUTC": 0},
        SATURDAY,
        "2026-08-31T00:00:00.000Z",
    ),
]
UNREADABLE = {
    "* * * *": "it has 4 fields, not 5",
    "0 0 0 * * *": "it has 6 fields, not 5",
    " * * * * *": "it has 6 fields, not 5",
    "@daily": "it has 1 fields, not 5",
    "60 * * * *": "Invalid value for minute: 60",
    "* * * foo *": "entry 4 (foo) contains illegal characters",
    "5-1 * * * *": "From value is larger than to value: '5-1'",
    "*/0 * * * *": "illegal stepping: 0",
    # The library reads these, and Convex does not.
    "? * * * *": 'Convex does not know the "?" there',
    "0 0 13 * +5": 'Convex does not know the "+" there',
    "/5 * * * *": 'Convex does not know the "/" there',
    "0 0 * * FRI#L": 'Convex does not know the "#L" there',
    "0 12 * * 7": "days of the week are 0-6, and Sunday is 0",
    "0 12 * * 1-7": "days of the week are 0-6, and Sunday is 0",
    "0 0 31 2 *": "will never match any time",
}


def test_when_jobs_run(run_node: Callable[..., Any]) -> None:
    """Cron strings and the other schedules, in UTC."""
    questions = [[schedule, after] for schedule, after, _ in CRON_TIMES]
    times = run_node("cronTimes.mjs", json.dumps(questions))
    assert times == [expected for _, _, expected in CRON_TIMES]


def test_cron_strings_that_cannot_be_read(run_node: Callable[..., Any]) -> None:
    """A cron string that is wrong says what is."""
    questions = [[{"type": "cron", "cron": cron}, SATURDAY] for cron in UNREADABLE]
    for message, reason in zip(
        run_node("cronTimes.mjs", json.dumps(questions)), UNREADABLE.values(), strict=True
    ):
        assert reason in message


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export default {};", "The default export of `convex/crons.js` is not a Crons object."),
        (
            'import { cronJobs } from "convex/server"; const crons = cronJobs();\n'
            'crons.interval("often", { seconds: 1 }, "a:b"); export default crons;',
            "The cron job 'often' schedules a function that does not exist: a.js:b",
        ),
    ],
)
def test_cron_jobs_that_are_wrong(project: SmallProject, text: str, message: str) -> None:
    """A `crons.ts` that cannot work is refused at the start."""
    project.write("crons.ts", text)
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert message in str(caught.value)


# File storage


def test_files_are_uploaded_and_downloaded(
    backend: EmbeddedBackend, client: ConvexHttpClient
) -> None:
    """The URLs of `generateUploadUrl` and `getUrl` work."""
    content = bytes(range(256)) * 100
    for function in (client.mutation("files:uploadUrl"), client.action("files:uploadUrlOfAction")):
        assert function.startswith(f"{backend.url}/api/storage/upload?token=")
        uploaded = web.post(function, content=content, headers={"Content-Type": "image/x-test"})
        assert uploaded.status_code == 200
        described = client.query("files:describe", {"id": uploaded.json()["storageId"]})
        downloaded = web.get(described["url"])
        assert downloaded.content == content
        assert downloaded.headers["Content-Type"] == "image/x-test"


def test_what_is_known_of_a_file(client: ConvexHttpClient) -> None:
    """`_storage`: size, SHA-256 in base64 and the type, null for none."""
    digest = hashlib.sha256(b"some text").digest()
    for kind, expected in [({"type": "text/plain"}, "text/plain"), ({}, None)]:
        stored = client.action("files:store", {"text": "some text", **kind})
        described = client.query("files:describe", {"id": stored["id"]})
        document = described["document"]
        assert {name: document[name] for name in ("sha256", "size", "contentType")} == {
            "sha256": base64.b64encode(digest).decode(),
            "size": 9,
            "contentType": expected,
        }
        assert set(document) == {"_id", "_creationTime", "sha256", "size", "contentType"}
        assert described["metadata"] == {
            "storageId": stored["id"],
            "sha256": digest.hex(),
            "size": 9,
            "contentType": expected,
        }
        assert (stored["text"], stored["type"]) == ("some text", expected or "")
        assert stored["url"] == described["url"]
        assert web.get(stored["url"]).text == "some text"


def test_parts_of_a_file(client: ConvexHttpClient) -> None:
    """Range requests."""
    url = client.action("files:store", {"text": "0123456789"})["url"]
    for asked, expected in [("2-4", "234"), ("7-", "789"), ("-2", "89"), ("5-99", "56789")]:
        part = web.get(url, headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.text) == (206, expected)
    assert web.get(url, headers={"Range": "bytes=2-4"}).headers["Content-Range"] == "bytes 2-4/10"
    assert web.get(url, headers={"Range": "bytes=10-"}).status_code == 416
    head = web.head(url)
    assert (head.headers["Content-Length"], head.content) == ("10", b"")


def test_a_deleted_file_is_gone(client: ConvexHttpClient) -> None:
    """`storage.delete`, and the same undone."""
    stored = client.action("files:store", {"text": "text"})
    with pytest.raises(Exception, match="boom"):
        client.mutation("files:removeAndFail", {"id": stored["id"]})
    assert web.get(stored["url"]).text == "text"
    client.mutation("files:remove", {"id": stored["id"]})
    assert web.get(stored["url"]).status_code == 404
    described = client.query("files:describe", {"id": stored["id"]})
    assert described == {"url": None, "document": None, "metadata": None}
    with pytest.raises(Exception, match=f"storage id {stored['id']} not found"):
        client.mutation("files:remove", {"id": stored["id"]})


def test_uploads_that_are_refused(backend: EmbeddedBackend, client: ConvexHttpClient) -> None:
    """Upload URLs that are made up, and contents that are not what they should be."""
    path = f"{backend.url}/api/storage"
    for token in ("", "garbage", "99999999999999.AAAA"):
        refused = web.post(f"{path}/upload", params={"token": token}, content=b"x")
        assert (refused.status_code, refused.json()["code"]) == (401, "StorageTokenInvalid")
    url = client.mutation("files:uploadUrl")
    assert web.get(url).status_code == 405
    digest = base64.b64encode(hashlib.sha256(b"right").digest()).decode()
    headers = {"Digest": f"sha-256={digest}"}
    assert web.post(url, content=b"right", headers=headers).status_code == 200
    refused = web.post(url, content=b"wrong", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "Sha256Mismatch")
    for unknown in ("nothing", insert(client, "numbers", {})[0]):
        assert web.get(f"{path}/{unknown}").status_code == 404


def test_files_of_mutations(client: ConvexHttpClient) -> None:
    """`storage.store` and `storage.get` in a mutation, which a failure undoes."""
    file_id, text = client.mutation("files:storeInMutation", {"text": "inside", "fails": False})
    assert text == "inside"
    url = client.query("files:describe", {"id": file_id})["url"]
    assert web.get(url).headers["Content-Type"] == "text/plain"
    before = client.query("files:all")
    with pytest.raises(Exception, match="boom"):
        client.mutation("files:storeInMutation", {"text": "inside", "fails": True})
    assert client.query("files:all") == before


def test_files_of_actions_are_not_lost_with_a_mutation(client: ConvexHttpClient) -> None:
    """`storage.store` while mutations that fail are suspended has a transaction of its own."""
    ids = client.action("files:storeBesideFailures")
    for position, file_id in enumerate(ids):
        url = client.query("files:describe", {"id": file_id})["url"]
        assert web.get(url).text == str(position)


# Isolation


def test_a_mutation_that_never_ends_fails(client: ConvexHttpClient) -> None:
    """A promise that never settles: an error for the caller, and the others go on."""
    with pytest.raises(Exception, match="Returned promise will never resolve"):
        client.mutation("documents:neverEnds")
    assert client.query("jobs:ticks", {"name": "never seen"}) == 0


def test_stray_errors_end_nothing(client: ConvexHttpClient) -> None:
    """A rejection that nobody handles, and an error that a timer throws."""
    assert client.action("jobs:stray") is None
    assert client.action("jobs:stray") is None
    assert client.query("documents:all", {"table": "literals"}) is not None


def test_modules_of_node_need_use_node(project: SmallProject) -> None:
    """`node:fs` in a file that Convex would run elsewhere."""
    project.write("files.ts", 'import "node:fs";\n')
    with pytest.raises(BackendFailed, match="you are using Node APIs from a file") as caught:
        EmbeddedBackend.start(project.root)
    assert 'convex/files.ts:1:8: Could not resolve "node:fs"' in str(caught.value)


def test_files_for_node_have_actions_only(project: SmallProject) -> None:
    """A query or a mutation in a file with `"use node"`."""
    text = (
        '"use node";\n'
        'import { readFileSync } from "node:fs";\n'
        'import { actionGeneric, queryGeneric } from "convex/server";\n'
        "export const read = actionGeneric({\n"
        "  args: {}, handler: async () => typeof readFileSync });\n"
    )
    project.write("files.ts", text)
    with EmbeddedBackend.start(project.root) as backend:
        assert ConvexHttpClient(backend.url).action("files:read") == "function"
    wrong = "export const list = queryGeneric({ args: {}, handler: async () => null });\n"
    project.write("files.ts", text + wrong)
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert "`list` defined in `files.js` is a Query function" in str(caught.value)
    assert "Only actions can be defined in Node.js" in str(caught.value)


def test_environment_variables_are_those_of_the_server(client: ConvexHttpClient) -> None:
    """`process.env`."""
    name = {"name": "CONVEX_TEST_SETTING"}
    assert client.query("documents:environment", name) == "of the server"


# Limits


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"x": "y" * (1 << 20)}, "Value is too large"),
        ({"x": [1.0] * 8193}, "Array length is too long"),
        ({"x": {f"f{n}": 1.0 for n in range(1025)}}, "Object has too many fields"),
        ({"_id": "1"}, "_id"),
        ({"_private": 1.0}, "_private"),
    ],
    ids=["size", "array", "fields", "id", "underscore"],
)
def test_documents_that_are_refused(
    client: ConvexHttpClient, document: dict[str, Any], message: str
) -> None:
    """Size, arrays, fields and system fields of a document, without a schema for it too."""
    with pytest.raises(Exception, match=message):
        insert(client, "undeclared", document)


def test_documents_that_a_filter_drops_count_as_read(client: ConvexHttpClient) -> None:
    """The limit of 32,000 documents of one function."""
    for _ in range(4):
        insert(client, "many", *[{"n": 1.0}] * 8000)
    assert client.query("documents:scanAll") is None
    insert(client, "many", {"n": 1.0})
    with pytest.raises(Exception, match=r"Too many documents read .*\(limit: 32000\)"):
        client.query("documents:scanAll")


def test_what_is_no_id_is_refused(client: ConvexHttpClient) -> None:
    """`db.get` of a text that is no id, `normalizeId` of one of another table."""
    with pytest.raises(Exception, match="Unable to decode ID: Invalid ID length 7"):
        client.query("documents:get", {"id": "garbage"})
    (number,) = insert(client, "numbers", {})
    damaged = number[:-1] + ("x" if number[-1] != "x" else "y")
    for text in ("7numbers", "10000numbers", "", damaged):
        assert client.query("documents:normalize", {"table": "numbers", "text": text}) is None
    own = client.query("documents:normalize", {"table": "numbers", "text": number})
    assert own == number
    assert client.query("documents:normalize", {"table": "ticks", "text": number}) is None


def test_tables_without_a_declaration(client: ConvexHttpClient) -> None:
    """A table that the schema does not have takes any document, as on the real backend."""
    insert(client, "undeclared", {"anything": [1.0, "two", None]})
    (document,) = client.query("documents:all", {"table": "undeclared"})
    assert document["anything"] == [1, "two", None]
