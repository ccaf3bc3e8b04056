import asyncio
import importlib
import sys

from convexgen.embedded import EmbeddedBackend
from project import Project


def run(project: Project) -> None:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("asynchronous_calls_convex")

    async def write_and_read(backend: EmbeddedBackend) -> None:
        storage = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with storage:
            saved = await storage.notes.save(package.Note(note_id="n", text="t"))
            assert await storage.notes.get("n") == saved

    with EmbeddedBackend.start(project.root) as backend:
        asyncio.run(write_and_read(backend))
