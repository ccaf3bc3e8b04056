"""Programs that a test starts, and talks to while they run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process with text on its pipes, which ends with the block.

    That of `subprocess.Popen` waits for the process instead: who failed, or ran out of time,
    because it hangs, would wait with it.
    """
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
