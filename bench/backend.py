"""The embedded backend: its engine beside plain convex-test, its start, and its two protocols."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

from convexgen.embedded import EmbeddedBackend
from measure import Spread, milliseconds, print_table, ratio
from workspace import ROOT, run_node_script

SIZES = (100, 1_000, 10_000, 100_000)
UNRELATED = (0, 1_000)
ROUNDS = 7

_PROJECT = ROOT / "tests" / "embedded" / "project"

_REMARKS = """
  convex-test runs in the process of its test and has neither a protocol nor subscriptions, so only
  its engine can be compared. Lookups are by an index, in a table of that many documents."""


def run() -> None:
    """Measure and print."""
    _print_engine(run_node_script("engine.mjs", *(str(size) for size in SIZES)))
    _print_life()
    _print_wire()
    print(_REMARKS, flush=True)


def _print_engine(costs: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    ours, plain = costs["embedded"], costs["convex-test"]
    print_table(
        "The engine in process, medians, while its table grows",
        ["embedded backend", "plain convex-test", "to convex-test"],
        {
            title: [
                [
                    f"{size:,} documents",
                    milliseconds(ours[str(size)][operation] / 1000),
                    milliseconds(plain[str(size)][operation] / 1000),
                    ratio(ours[str(size)][operation], plain[str(size)][operation]),
                ]
                for size in SIZES
            ]
            for title, operation in (("a lookup", "lookup"), ("a lookup and a write", "write"))
        },
    )


def _print_life() -> None:
    starts: list[float] = []
    resets: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        with EmbeddedBackend.start(_PROJECT, is_controlled=True) as backend:
            starts.append(perf_counter() - start)
            start = perf_counter()
            backend.control("reset")
            resets.append(perf_counter() - start)
    rows = [
        [name, milliseconds(spread.median), milliseconds(spread.least)]
        for name, spread in (("start", Spread.of(starts)), ("reset", Spread.of(resets)))
    ]
    print_table(f"A backend of its own: {ROUNDS} rounds", ["median", "min"], {"": rows})


def _print_wire() -> None:
    rates: Mapping[str, float] = {}
    latencies: list[list[str]] = []
    for unrelated in UNRELATED:
        with EmbeddedBackend.start(_PROJECT) as backend:
            measured = run_node_script("wire.mjs", str(unrelated), url=backend.url)
        rates = measured["rates"]
        name = f"with {unrelated:,} subscriptions that it does not concern"
        latencies.append([name, milliseconds(measured["milliseconds"] / 1000)])
    names = {"http": "npm ConvexHttpClient", "socket": "npm ConvexClient"}
    print_table(
        "Over the wire, one call at a time",
        ["calls/s"],
        {
            names[client]: [
                [kind, f"{rates[f'{client} {kind}']:,.0f}"] for kind in ("query", "mutation")
            ]
            for client in names
        },
    )
    print_table(
        "From a mutation over HTTP to its subscriber over the WebSocket",
        ["median"],
        {"": latencies},
    )
