# Copied by convexgen from schema/code/summaries/storage.py. Do not edit.
# fmt: off
# isort: skip_file

"""What the storage classes have besides their stores."""

from .._functions import AdminSummaryFunctions, AsyncAdminSummaryFunctions
from .._runtime import AsyncStorage, Storage


class Summaries(Storage):
    """Summaries of all reports."""

    def summary(self) -> str:
        """The summary, which is empty where there is none."""
        return AdminSummaryFunctions(self.client).summary() or ""


class AsyncSummaries(AsyncStorage):
    """Summaries of all reports, from asyncio."""

    async def summary(self) -> str:
        """The summary, which is empty where there is none."""
        return await AsyncAdminSummaryFunctions(self.client).summary() or ""
