"""What counting an index costs a write: the same documents in a table without and with counts."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from convexgen.embedded import EmbeddedBackend
from measure import Spread, interleave, milliseconds, print_table, ratio
from workspace import generate

_SPEC = Path(__file__).parent / "counting.yaml"
_ROUNDS = 5
_MANY = 500
_START = datetime(2026, 1, 1, tzinfo=UTC)

_REMARKS = """
  Times are of whole calls, HTTP included, a document. The peer is the table without counts, in the
  same run. Of threads, each has counts of its own."""


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        package = generate(_SPEC, project)
        with (
            EmbeddedBackend.start(project) as backend,
            package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
        ):
            found = interleave(_cases(package, storage), _ROUNDS)
    seconds = {name: Spread.of(rounds).median for name, rounds in found.items()}
    rows: list[list[str]] = []
    for words in dict.fromkeys(words for words, _ in seconds):
        plain, counted = seconds[words, "plain"], seconds[words, "counted"]
        rows.append([words, milliseconds(plain), milliseconds(counted), ratio(counted, plain)])
    print_table(
        f"Inserts, {_ROUNDS} rounds", ["without counts", "counted", "to without"], {"": rows}
    )
    print(_REMARKS, flush=True)


def _cases(package: Any, storage: Any) -> dict[tuple[str, str], Callable[[], float]]:
    """What is measured: seconds a document, by what is done and of which table."""
    numbers = itertools.count()
    tables = {
        "plain": (package.Plain, storage.plains),
        "counted": (package.Counted, storage.counteds),
    }

    def documents(name: str, *, is_one_thread: bool) -> Iterator[Any]:
        entity, _ = tables[name]
        for number in numbers:
            yield entity(
                **{f"{name}_id": f"d{number}"},
                thread_id="t" if is_one_thread else f"t{number}",
                created_at=_START + timedelta(seconds=number),
                text="A message of some words, as people write them.",
            )

    def one_by_one(name: str) -> float:
        given = list(itertools.islice(documents(name, is_one_thread=True), 50))
        start = perf_counter()
        for one in given:
            tables[name][1].create(one)
        return (perf_counter() - start) / len(given)

    def many(name: str, *, is_one_thread: bool) -> float:
        given = list(itertools.islice(documents(name, is_one_thread=is_one_thread), _MANY))
        start = perf_counter()
        tables[name][1].save_many(given)
        return (perf_counter() - start) / len(given)

    cases: dict[tuple[str, str], Callable[[], float]] = {}
    for name in tables:
        cases["one a mutation", name] = partial(one_by_one, name)
        for is_one, words in ((True, "one thread"), (False, f"{_MANY} threads")):
            cases[f"{_MANY} in a mutation, of {words}", name] = partial(
                many, name, is_one_thread=is_one
            )
    return cases
