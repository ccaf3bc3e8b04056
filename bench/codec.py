"""From a program's values to the bytes of a request, and from the bytes of an answer to values."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any

from documents import COUNT, thread, trace
from mastra_convex import ConvexStorage, Thread, Trace
from measure import Spread, interleave, print_table, ratio
from pydantic import BaseModel
from workspace import PEER_PACKAGE, write_peer_package

from convex import convex_to_json, json_to_convex

ROUNDS = 15
ROUND_SECONDS = 0.04

_TYPED = "mastra_convex: entities"
_OFFICIAL = "convex: dictionaries"
_MODELS = "convex, and models of convex-to-pydantic"

_REMARKS = """
  In calls of 100 documents through the whole typed client, but for the network. Dictionaries have
  Convex's own types and are not checked; the models of convex-to-pydantic are what a program has
  that wants checked fields from the official client."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """Documents of one table, and the calls of the typed client that write and read them all."""

    table: str
    save_many: Callable[[ConvexStorage], object]
    page: Callable[[ConvexStorage], object]
    peer_arguments: type[BaseModel]
    peer_returns: type[BaseModel]
    """The peer's models of what these calls send and get."""


class _Memory:
    """A transport that gives every request the same answer."""

    def __init__(self, value: object) -> None:
        self.request = b""
        self.answer = json.dumps({"status": "success", "value": value, "logLines": []}).encode()

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        self.request = body
        return 200, self.answer

    def close(self) -> None:
        pass


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        samples = _samples(_peer_models(Path(folder)))
    cases = {
        (heading, name): _repeated(case)
        for sample in samples.items()
        for heading, group in _cases(*sample).items()
        for name, case in group.items()
    }
    seconds = interleave(cases, ROUNDS)
    groups: dict[str, list[list[str]]] = {}
    for (heading, name), values in seconds.items():
        time, peer = Spread.of(values), Spread.of(seconds[heading, _OFFICIAL])
        models = Spread.of(seconds[heading, _MODELS])
        groups.setdefault(heading, []).append(
            [
                name,
                f"{1e6 * time.median:.1f} µs",
                f"{1e6 * time.least:.1f} µs",
                ratio(time.median, peer.median),
                ratio(time.median, models.median),
            ]
        )
    print_table(
        f"Codec: processor time of each document, {ROUNDS} rounds",
        ["median", "min", "to dictionaries", "to models"],
        groups,
    )
    print(_REMARKS, flush=True)


def _peer_models(folder: Path) -> Callable[[str], type[BaseModel]]:
    """The peer's models, by name."""
    project = write_peer_package(folder / "project")
    sys.path.insert(0, str(project))
    try:
        module = import_module(f"{PEER_PACKAGE}._types")
    finally:
        sys.path.remove(str(project))
    return lambda name: getattr(module, name)


def _samples(peer_model: Callable[[str], type[BaseModel]]) -> dict[str, _Sample]:
    threads = [thread(number) for number in range(COUNT)]
    traces = [trace(number) for number in range(COUNT)]
    return {
        f"a Thread of {len(threads[0])} fields": _Sample(
            "threads",
            lambda storage: storage.threads.save_many(Thread(**fields) for fields in threads),
            lambda storage: storage.threads.list().page(limit=COUNT),
            peer_model("ThreadsSaveManyMutationArgs"),
            peer_model("ThreadsListQueryReturns"),
        ),
        f"a Trace of {len(traces[0])} fields": _Sample(
            "traces",
            lambda storage: storage.traces.save_many(Trace(**fields) for fields in traces),
            lambda storage: storage.traces.list().page(limit=COUNT),
            peer_model("TracesSaveManyMutationArgs"),
            peer_model("TracesListQueryReturns"),
        ),
    }


def _cases(name: str, sample: _Sample) -> dict[str, dict[str, Callable[[], object]]]:
    writing = _Memory(None)
    writer = ConvexStorage("http://localhost", transport=writing)
    sample.save_many(writer)
    arguments = _as_convex_answers(json.loads(writing.request)["args"])
    reading = _Memory(_page(arguments[sample.table]))
    reader = ConvexStorage("http://localhost", transport=reading)

    def encode(given: dict[str, Any]) -> bytes:
        request = {
            "path": f"{sample.table}:saveMany",
            "format": "convex_encoded_json",
            "args": convex_to_json(given),
        }
        return json.dumps(request, allow_nan=False).encode()

    def encode_models() -> bytes:
        built = sample.peer_arguments(**arguments)
        return encode(built.model_dump(by_alias=True, exclude_none=True))

    def decode() -> Any:
        return json_to_convex(json.loads(reading.answer)["value"])

    return {
        f"{name}, written": {
            _TYPED: lambda: sample.save_many(writer),
            _OFFICIAL: lambda: encode(arguments),
            _MODELS: encode_models,
        },
        f"{name}, read": {
            _TYPED: lambda: sample.page(reader),
            _OFFICIAL: decode,
            _MODELS: lambda: sample.peer_returns.model_validate(decode()),
        },
    }


def _as_convex_answers(value: Any) -> Any:
    """The same with numbers as Convex writes them: 1 as 1.0."""
    return json.loads(json.dumps(convex_to_json(value)))


def _page(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """What the query `list` returns, with what the backend adds to documents."""
    stored = [
        {
            **document,
            "updatedAt": document["createdAt"],
            "_id": f"{number:032x}",
            "_creationTime": document["createdAt"],
        }
        for number, document in enumerate(documents)
    ]
    return {"page": stored, "isDone": True, "continueCursor": "end"}


def _repeated(case: Callable[[], object]) -> Callable[[], float]:
    """The seconds of processor time that a document takes, from the calls that fit in a round."""

    def measure() -> float:
        calls, start = 0, process_time()
        while (elapsed := process_time() - start) < ROUND_SECONDS:
            case()
            calls += 1
        return elapsed / (calls * COUNT)

    return measure
