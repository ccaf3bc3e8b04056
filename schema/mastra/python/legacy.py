"""The storage interface of Mastra 0.10 to 0.13: the methods of `MastraStorage`, on any storage.

Method by method, arguments are Mastra's in snake case, results are its records. What one function
reads or writes is one call; what is larger goes on in more of them, but for messages that are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._runtime import AsyncStorage, Storage

SUPPORTS: Mapping[str, bool] = {
    "selectByIncludeResourceScope": True,
    "resourceWorkingMemory": True,
    "hasColumn": False,
    "createTable": False,
    "deleteMessages": True,
}
"""What Mastra asks of a store. The schema has all tables, so that none is created."""

if TYPE_CHECKING:
    from .legacy_evals import AsyncLegacyEvals, LegacyEvals
    from .legacy_messages import AsyncLegacyMessages, LegacyMessages
    from .legacy_scores import AsyncLegacyScores, LegacyScores
    from .legacy_tables import AsyncLegacyTables, LegacyTables
    from .legacy_threads import AsyncLegacyThreads, LegacyThreads
    from .legacy_traces import AsyncLegacyTraces, LegacyTraces
    from .legacy_workflows import AsyncLegacyWorkflows, LegacyWorkflows

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

else:
    # Every storage has these bases, and their models are more than all else that it imports: a
    # part is imported when one of its methods is first asked for, and is a part of the class then.

    class Legacy(Storage):
        """The methods of a storage of Mastra 0.10 to 0.13."""

        supports: Mapping[str, bool] = SUPPORTS

    class AsyncLegacy(AsyncStorage):
        """The methods of a storage of Mastra 0.10 to 0.13, from asyncio."""

        supports: Mapping[str, bool] = SUPPORTS

    _PARTS = {
        "Tables": (
            *("init", "create_table", "alter_table", "has_column", "clear_table", "drop_table"),
            *("insert", "batch_insert", "batch_trace_insert", "load"),
        ),
        "Threads": (
            *("get_thread_by_id", "get_threads_by_resource_id"),
            *("get_threads_by_resource_id_paginated", "save_thread", "update_thread"),
            *("delete_thread", "get_resource_by_id", "save_resource", "update_resource"),
        ),
        "Messages": (
            *("get_messages", "get_messages_paginated", "save_messages", "update_messages"),
            "delete_messages",
        ),
        "Traces": ("get_traces", "get_traces_paginated"),
        "Evals": ("get_evals", "get_evals_by_agent_name"),
        "Workflows": (
            *("persist_workflow_snapshot", "load_workflow_snapshot", "get_workflow_runs"),
            "get_workflow_run_by_id",
        ),
        "Scores": (
            *("get_score_by_id", "save_score", "get_scores_by_scorer_id"),
            *("get_scores_by_run_id", "get_scores_by_entity_id"),
        ),
    }

    class _Late:
        """A method that is not imported yet."""

        def __init__(self, storage: type, part: str, name: str) -> None:
            self._storage = storage
            self._part = part
            self._name = name

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            module = import_module(f"{__package__}.legacy_{self._part.lower()}")
            found = vars(getattr(module, self._storage.__name__ + self._part))
            own = vars(self._storage)
            for name, value in found.items():
                # What somebody put in the place of a method stays there.
                if not name.startswith("__") and isinstance(own.get(name), _Late | None):
                    setattr(self._storage, name, value)
            return found[self._name].__get__(instance, owner)

    for _storage in (Legacy, AsyncLegacy):
        for _part, _names in _PARTS.items():
            for _name in _names:
                setattr(_storage, _name, _Late(_storage, _part, _name))
