"""What counts read, by the metrics of transactions: of a long thread, and of a million keys.

COUNTS_ROWS sets how many messages the thread has, such as 100,000, and COUNTS_KEYS how many keys
without documents a tree has.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from plain_functions import Functions, Refused
from project import ROOT, Project, make_project
from waiting import PATIENCE

FOLDER = ROOT / "tests" / "clients" / "counted"
ROWS = int(os.environ.get("COUNTS_ROWS", "10000"))
KEYS = int(os.environ.get("COUNTS_KEYS", "1000000"))
SIZES = {"leaf": 32, "fan": 32, "top": 64}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("reads") / "project", FOLDER / "spec.yaml")
    project.generate()
    (project.root / "convex" / "oracle.ts").write_text((FOLDER / "oracle.ts").read_text())
    return project


@pytest.fixture
def functions(project: Project) -> Iterator[Functions]:
    # To plant keys takes more than a busy machine does within the limits.
    with EmbeddedBackend.start(
        project.root, function_timeout=PATIENCE, cpu_limit=PATIENCE
    ) as backend:
        opened = Functions(backend)
        yield opened
        opened.close()


def inserted(number: int, at: float) -> dict[str, Any]:
    name = f"m{number}"
    return {"insert": {"messageId": name, "threadId": "t", "createdAt": at, "text": ""}}


def test_a_page_of_a_long_thread_reads_little(functions: Functions) -> None:
    times = [float(number) for number in range(ROWS)]
    for start in range(0, ROWS, 200):
        some = [inserted(number, times[number]) for number in range(start, start + 200)]
        functions.call("oracle:write", writes=some, sizes=SIZES)
    draw = random.Random(1)
    for number in range(ROWS, ROWS + 100):
        times.append(draw.uniform(0, ROWS))
        functions.call("oracle:write", writes=[inserted(number, times[number])], sizes=SIZES)
    ordered = sorted(range(len(times)), key=times.__getitem__)
    most = 0.0
    for _ in range(20):
        order = draw.choice(("asc", "desc"))
        offset = draw.randrange(len(times))
        question = {
            "index": "messages.by_threadId_and_createdAt",
            "equal": [["threadId", "t"]],
            "page": {"offset": offset, "limit": 40, "order": order},
            "rank": "none",
        }
        answer = functions.call("oracle:ask", questions=[question], sizes=SIZES)
        (found,) = answer["answers"]
        expected = ordered if order == "asc" else ordered[::-1]
        assert found["ids"] == [f"m{one}" for one in expected[offset : offset + 40]]
        assert (found["count"], found["total"]) == (len(times), len(times))
        most = max(most, answer["used"]["documentsRead"])
    # A page, a count and a rank in one function call, with the log thrice.
    assert most <= 1500, most
    print(f"{len(times)} messages: at most {most:.0f} documents read")


def test_a_million_keys(functions: Functions) -> None:
    for start in range(0, KEYS, 2000):
        functions.call("oracle:plant", start=start, count=2000, spread=0, sizes=SIZES, aborts=False)
    with pytest.raises(Refused) as refused:
        functions.call("oracle:plant", start=1, count=500, spread=KEYS, sizes=SIZES, aborts=True)
    print(refused.value)
    draw = random.Random(2)
    most = most_of_pages = 0.0
    for number in range(40):
        lower, upper = sorted((draw.randrange(KEYS), draw.randrange(KEYS)))
        bounds = {"gte": float(lower), "lt": float(upper)}
        found = functions.call("oracle:probe", bounds=bounds)
        assert found["count"] == upper - lower
        most = max(most, found["used"]["documentsRead"])
        assert found["used"]["databaseQueries"] <= 15 + 5
        # Of the whole and of ranges, from either end, up to the last page.
        if number % 2:
            lower, upper, bounds = 0, KEYS, {}
        offset = draw.choice((0, draw.randrange(upper - lower + 1), max(0, upper - lower - 20)))
        order = draw.choice(("asc", "desc"))
        given = {"bounds": bounds} if bounds else {}
        page = functions.call("oracle:probePage", offset=offset, limit=40, order=order, **given)
        places = range(lower, upper) if order == "asc" else range(upper - 1, lower - 1, -1)
        assert page["places"] == list(places[offset : offset + 40])
        assert page["total"] == upper - lower
        most_of_pages = max(most_of_pages, page["used"]["documentsRead"])
        assert page["used"]["databaseQueries"] <= 15 + 5
    # One more than the tree: that the index is counted. The log is empty here.
    assert most <= 160 + 1, most
    assert most_of_pages <= 230 + 1, most_of_pages
    everything = functions.call("oracle:probe")
    assert everything["count"] == KEYS
    assert everything["used"]["documentsRead"] <= 80 + 1
    print(
        f"{KEYS} keys: a count of all reads {everything['used']['documentsRead']:.0f} documents, "
        f"of a range at most {most:.0f}, a page of 40 at most {most_of_pages:.0f} and its own"
    )
