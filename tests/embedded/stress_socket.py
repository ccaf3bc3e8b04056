"""Writes with PyPI's WebSocket client: `python stress_socket.py URL WRITER INCREMENTS`.

In a process of its own, since that client keeps all threads waiting while it waits. It sends again
by itself what was not answered, as a mutation that the server cannot know again: so these
increments are made once by what they are. Prints what the writer was told.
"""

import json
import sys

from convex import ConvexClient

url, writer, increments = sys.argv[1:]
client = ConvexClient(url)
acknowledged: list[tuple[int, float]] = []
for sequence in range(int(increments)):
    arguments = {"writer": writer, "sequence": float(sequence)}
    acknowledged.append((sequence, client.mutation("counters:incrementOnce", arguments)))
print(json.dumps([{"writer": writer, "acknowledged": acknowledged, "seen": []}]))
