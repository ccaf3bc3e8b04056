# Copied by convexgen from schema/mastra/python/legacy.py. Do not edit.
# fmt: off
# isort: skip_file

"""The storage interface of Mastra 0.10 to 0.13: the methods of `MastraStorage`, on any storage.

Method by method, arguments are Mastra's in snake case, results are its records. What one function
reads or writes is one call; what is larger goes on in more of them, but for messages that are read.
"""

from __future__ import annotations

from collections.abc import Mapping

from .legacy_evals import AsyncLegacyEvals, LegacyEvals
from .legacy_messages import AsyncLegacyMessages, LegacyMessages
from .legacy_scores import AsyncLegacyScores, LegacyScores
from .legacy_tables import AsyncLegacyTables, LegacyTables
from .legacy_threads import AsyncLegacyThreads, LegacyThreads
from .legacy_traces import AsyncLegacyTraces, LegacyTraces
from .legacy_workflows import AsyncLegacyWorkflows, LegacyWorkflows

SUPPORTS: Mapping[str, bool] = {
    "selectByIncludeResourceScope": True,
    "resourceWorkingMemory": True,
    "hasColumn": False,
    "createTable": False,
    "deleteMessages": True,
}
"""What Mastra asks of a store. The schema has all tables, so that none is created."""


class Legacy(
    LegacyTables,
    LegacyThreads,
    LegacyMessages,
    LegacyTraces,
    LegacyEvals,
    LegacyWorkflows,
    LegacyScores,
):
    """The methods of a storage of Mastra 0.10 to 0.13."""

    supports: Mapping[str, bool] = SUPPORTS


class AsyncLegacy(
    AsyncLegacyTables,
    AsyncLegacyThreads,
    AsyncLegacyMessages,
    AsyncLegacyTraces,
    AsyncLegacyEvals,
    AsyncLegacyWorkflows,
    AsyncLegacyScores,
):
    """The methods of a storage of Mastra 0.10 to 0.13, from asyncio."""

    supports: Mapping[str, bool] = SUPPORTS
