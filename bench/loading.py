"""Ten thousand documents saved, beside a loop over the official clients."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any

from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from mastra_convex import ConvexStorage, Resource
from measure import Spread, interleave, print_table, ratio
from workspace import ROOT

from convex import ConvexClient

ROUNDS = 5
_DOCUMENTS = 10_000
_IN_A_LOOP = 1_000
"""A call saves one: what it takes does not hang on how many there are."""

_HTTP = "convex.http_client.ConvexHttpClient, a loop"
_WEB_SOCKET = "convex.ConvexClient, a loop"

_REMARKS = f"""
  Ratios are of documents per second, of medians. A loop saves {_IN_A_LOOP:,}, one a call. The
  embedded backend runs one mutation after another, whatever comes at the same time."""


def run() -> None:
    """Measure and print."""
    with EmbeddedBackend.start(ROOT) as backend, _cases(backend) as cases:
        measured = interleave(cases, ROUNDS)
    rates = {name: Spread.of(found).median for name, found in measured.items()}
    print_table(
        f"{_DOCUMENTS:,} documents saved, {ROUNDS} rounds",
        ["documents/s", "to ConvexHttpClient", "to ConvexClient"],
        {
            "Saving": [
                [name, f"{rate:,.0f}", ratio(rate, rates[_HTTP]), ratio(rate, rates[_WEB_SOCKET])]
                for name, rate in rates.items()
            ]
        },
    )
    print(_REMARKS, flush=True)


@contextmanager
def _cases(backend: EmbeddedBackend) -> Generator[dict[str, Callable[[], float]]]:
    """What saves documents, and says how many a second."""
    url, key = backend.url, backend.admin_key
    http, web_socket = ConvexHttpClient(url), ConvexClient(url)
    http.set_admin_auth(key)
    web_socket.set_admin_auth(key)
    with ExitStack() as stack:
        storage = stack.enter_context(ConvexStorage(url, deploy_key=key))

        def in_batches(concurrency: int) -> Callable[[], int]:
            return lambda: storage.resources.save_many(_resources(), concurrency=concurrency)

        def in_a_loop(client: ConvexHttpClient | ConvexClient) -> Callable[[], int]:
            def save() -> int:
                for number in range(_IN_A_LOOP):
                    document: dict[str, Any] = {
                        "resourceId": _key(number),
                        "workingMemory": _MEMORY,
                    }
                    client.mutation("resources:save", {"resource": document})
                return _IN_A_LOOP

            return save

        def rate(save: Callable[[], int]) -> Callable[[], float]:
            def measure() -> float:
                storage.resources.clear()
                start = perf_counter()
                saved = save()
                seconds = perf_counter() - start
                if len(storage.resources.list().all()) != saved:
                    raise AssertionError("not all were saved")
                return saved / seconds

            return measure

        yield {
            "mastra_convex, save_many": rate(in_batches(1)),
            "mastra_convex, save_many(concurrency=4)": rate(in_batches(4)),
            _HTTP: rate(in_a_loop(http)),
            _WEB_SOCKET: rate(in_a_loop(web_socket)),
        }


_MEMORY = "Prefers trains, and short answers."


def _key(number: int) -> str:
    return f"resource-{number}"


def _resources() -> Iterator[Resource]:
    return (
        Resource(resource_id=_key(number), working_memory=_MEMORY) for number in range(_DOCUMENTS)
    )
