"""The function calls of the commonest operations, and the documents that they read and write.

They are counted, and so the same in each run: the functions of a copy print the metrics of their
transactions, and the typed client passes on to `logging` what functions print.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from convexgen.embedded import EmbeddedBackend
from measure import print_table
from workspace import generate

_SPEC = Path(__file__).parent / "operations.yaml"
_METRICS = {"documentsRead": "documents read", "documentsWritten": "documents written"}
_LENGTH = 1_000
"""The messages of the thread that is read."""
_FEW = 10
_MANY = 100
_LARGE = {"text": "a" * 2_000_000}

_METERED_BUILDERS = """
function metered(build) {
  return (definition) =>
    build({
      ...definition,
      handler: async (ctx, args) => {
        const result = await definition.handler(ctx, args);
        console.log(JSON.stringify(await ctx.meta.getTransactionMetrics()));
        return result;
      },
    });
}
"""

_REMARKS = f"""
  Messages touch their thread and are counted, in a thread of {_LENGTH:,} where they are read."""


class _Meter(logging.Handler):
    """Adds up what functions print of their transactions."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Add one transaction."""
        line = str(record.args[1]) if isinstance(record.args, tuple) else ""
        metrics = json.loads(line[line.index("{") : line.rindex("}") + 1].replace('\\"', '"'))
        self.counts["calls"] += 1
        for metric, column in _METRICS.items():
            self.counts[column] += int(metrics[metric]["used"])


def run() -> None:
    """Count and print."""
    columns = ["calls", *_METRICS.values()]
    groups: dict[str, list[list[str]]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        _storage(Path(folder)) as (package, storage, meter),
    ):
        for heading, operations in _operations(package, storage).items():
            groups[heading] = []
            for name, operation in operations.items():
                meter.counts.clear()
                operation()
                counted = [f"{meter.counts[column]:,}" for column in columns]
                groups[heading].append([name, *counted])
    print_table("Operations: function calls, documents read and written", columns, groups)
    print(_REMARKS, flush=True)


@contextmanager
def _storage(project: Path) -> Generator[tuple[Any, Any, _Meter]]:
    """A storage of the spec with a thread, and the meter of its calls."""
    package = generate(_SPEC, project)
    builders = project / "convex" / "_generated" / "server.js"
    text = builders.read_text(encoding="utf-8")
    for kind in ("Query", "Mutation"):
        text = text.replace(f"= internal{kind}Generic", f"= metered(internal{kind}Generic)")
    builders.write_text(text + _METERED_BUILDERS, encoding="utf-8")
    meter = _Meter()
    logger = logging.getLogger(package.__name__)
    logger.setLevel(logging.DEBUG)
    logger.addHandler(meter)
    with (
        EmbeddedBackend.start(project) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        yield package, storage, meter


def _operations(package: Any, storage: Any) -> Mapping[str, Mapping[str, Callable[[], object]]]:
    """What is counted, in this order, by heading and name."""
    threads, messages = storage.threads, storage.messages

    def thread(name: str, **fields: Any) -> Any:
        return package.Thread(thread_id=name, owner_id="o", **fields)

    def of(name: str, start: int, number: int, **fields: Any) -> list[Any]:
        return [
            package.Message(
                message_id=f"{name}{one}", thread_id=name, position=one, text="", **fields
            )
            for one in range(start, start + number)
        ]

    threads.save_many(
        thread(f"t{number}", metadata={"half": number % 2 == 0}) for number in range(_MANY)
    )
    threads.create(thread("long"))
    messages.save_many(of("long", 0, _LENGTH))
    messages.save_many(of("t0", 0, _FEW))
    messages.save_many(of("t1", 0, _MANY))
    in_order = messages.by_thread_id_and_position("long")
    return {
        "Reads": {
            "get": lambda: threads.get("t0"),
            f"get_many of {_FEW}": lambda: threads.get_many([f"t{one}" for one in range(_FEW)]),
            "first of an index": in_order.first,
            "page of 40 by cursor": lambda: in_order.page(limit=40),
            f"all {_LENGTH:,} of an index": in_order.all,
            "count": in_order.count,
            "page of 40 by number, with its total": lambda: in_order.page(offset=500, limit=40),
            f"page of 40 by conditions, which every 2nd of {_MANY} meets": lambda: (
                threads.list_threads(where={"metadata": {"half": True}}).page(limit=40)
            ),
            "rank": lambda: in_order.rank("long500"),
        },
        "Writes": {
            "create": lambda: threads.create(thread("new")),
            "save, new": lambda: threads.save(thread("newer")),
            "save, over one": lambda: threads.save(thread("newer", title="A")),
            f"save_many of {_MANY}": lambda: threads.save_many(
                thread(f"other{one}") for one in range(_MANY)
            ),
            "update": lambda: threads.update("t0", title="B"),
            "update that merges JSON": lambda: threads.update("t0", metadata={"a": 1}),
            "update that adds to a number": lambda: threads.update(
                "t0", tokens=package.Increment(5)
            ),
            "upsert": lambda: threads.upsert("t0", set={"title": "D"}, create={"owner_id": "o"}),
            f"update_many of {_FEW}": lambda: threads.update_many(
                [package.Update(f"t{one}", set={"title": "C"}) for one in range(_FEW)]
            ),
            "create a message: touched and counted": lambda: messages.create(of("t0", 50, 1)[0]),
            f"save_many of {_MANY} messages": lambda: messages.save_many(of("t2", 0, _MANY)),
            "save 2 MB of JSON": lambda: messages.save_many(of("t3", 0, 1, details=_LARGE)),
            "get 2 MB of JSON": lambda: messages.get("t30"),
        },
        "Deletions": {
            "delete": lambda: threads.delete("new"),
            f"delete_many of {_FEW}": lambda: threads.delete_many(
                [f"other{one}" for one in range(_FEW)]
            ),
            "delete a message": lambda: messages.delete("t050"),
            f"delete a thread of {_MANY} messages": lambda: threads.delete("t1"),
            f"delete a thread of {_LENGTH:,} messages": lambda: threads.delete("long"),
        },
    }
