"""Programs that end while they watch: whatever their threads and tasks wait for, they end well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from project import Project
from waiting import PATIENCE

RUNS = 500 if "SOAK_SECONDS" in os.environ else 30

# Each is forked from one that has imported all and used nothing, and ends as programs do.
PROGRAM = """
import asyncio, os, sys, threading
from collections import Counter
import websockets.asyncio.client  # as the first subscription does
from soak_client import AsyncConvexStorage, ConvexStorage, Item

AT_ONCE = 4
_, url, key, runs = sys.argv

def begin(number):
    global storage, snapshots, others
    storage = ConvexStorage(url, deploy_key=key)
    snapshots = storage.items.watch(f"ending {number}")
    snapshots.next()
    if number % 4 == 1:  # others wait in threads
        others = [threading.Thread(target=list, args=[snapshots], daemon=True) for _ in range(3)]
        for one in others:
            one.start()
    elif number % 4 == 2:  # a result is on its way
        storage.items.save(Item(item_id=f"ending {number}", number=1))

async def begin_tasks(number):
    global storage, snapshots, other
    storage = AsyncConvexStorage(url, deploy_key=key)
    snapshots = storage.items.watch(f"ending {number}")
    await snapshots.next()
    other = asyncio.ensure_future(snapshots.next())
    await asyncio.sleep(0)

ends = Counter()
for number in range(int(runs)):
    if number >= AT_ONCE:
        ends[os.wait()[1]] += 1
    if os.fork() == 0:
        asyncio.run(begin_tasks(number)) if number % 4 == 3 else begin(number)
        break
else:
    for _ in range(AT_ONCE):
        ends[os.wait()[1]] += 1
    print(dict(ends))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_programs_end_with_open_subscriptions(project: Project) -> None:
    with EmbeddedBackend.start(project.root) as backend:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, backend.url, backend.admin_key, str(RUNS)],
            env={**os.environ, "PYTHONPATH": str(Path(project.root, "generated", "python"))},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    said = (ended.stdout, ended.stderr, ended.returncode)
    assert said == (f"{{0: {RUNS}}}\n", "", 0)
