"""A bar on a terminal, which shows how far a call for many is. It needs rich, when it is made."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from .calls import Progress


@contextmanager
def progress_bar(words: str, total: int | None = None) -> Generator[Progress, None, None]:
    """A bar for the `progress` of a call for many; `total` is how many there are, if that is known.

    with progress_bar("Threads", len(threads)) as progress:
        storage.threads.save_many(threads, progress=progress)

    It is on the standard error, where that is a terminal. Raises `ImportError` without rich.
    """
    bars: Any = import_module("rich.progress")
    console: Any = import_module("rich.console").Console(stderr=True)
    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(words, total=total)

        def tell(done: int) -> None:
            shown.update(task, completed=done)

        yield tell
