"""Hot reload: what changes on disk takes the place of what was served, over the same data."""

import asyncio
import json
import queue
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convex.http_client import ConvexExecutionError, ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from small_project import SmallProject
from waiting import PATIENCE, wait_until

from convex import ConvexClient

KEPT = "Not reloaded, what was served before still is: "

NOTES = """
import { mutation, query } from "./_generated/server";
import { v } from "convex/values";
import { greeting } from "../shared/words";
export const add = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) =>
  await ctx.db.insert("notes", { text }) });
export const list = query({ args: {}, handler: async (ctx) =>
  (await ctx.db.query("notes").collect()).map(({ text }) => `${greeting} ${text}`) });
"""

SCHEMA = """
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ notes: defineTable({ %s }) });
"""


WORDS = ("Reloaded", "Not reloaded", "Good again")


class WatchedProject(SmallProject):
    """A project that a backend serves while it is changed."""

    backend: EmbeddedBackend
    client: ConvexHttpClient

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        (root / "shared").mkdir()
        self.write("../shared/words.ts", 'export const greeting = "Hello";\n')
        self.write("notes.ts", NOTES)
        self.write("schema.ts", SCHEMA % "text: v.string()")

    def replace(self, name: str, text: str) -> None:
        """Puts another file in the place of one, as editors do."""
        path = self.root / "convex" / name
        beside = path.with_name(f".{path.name}.tmp")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)

    def said(self, start: str) -> str:
        """The next line on a reload, which must start so."""
        line = ""
        while not line.startswith(WORDS):
            line = self.lines.get(timeout=PATIENCE)
        assert line.startswith(start), line
        return line

    def detail(self, *parts: str) -> None:
        """Waits for a line with these parts."""
        while True:
            line = self.lines.get(timeout=PATIENCE)
            assert not line.startswith(WORDS), line
            if all(part in line for part in parts):
                return

    def notes(self) -> Any:
        return self.client.query("notes:list")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[WatchedProject]:
    project = WatchedProject(tmp_path)
    with EmbeddedBackend.start(
        tmp_path, watch=True, cpu_limit=2.0, on_log=project.lines.put
    ) as backend:
        project.backend = backend
        project.client = ConvexHttpClient(backend.url)
        project.client.mutation("notes:add", {"text": "one"})
        yield project


def test_functions_change_and_data_stays(project: WatchedProject) -> None:
    assert project.notes() == ["Hello one"]
    project.replace("notes.ts", NOTES.replace("${greeting} ", "${greeting}, "))
    project.said("Reloaded: convex/notes.ts.")
    assert project.notes() == ["Hello, one"]
    project.client.mutation("notes:add", {"text": "two"})
    assert project.notes() == ["Hello, one", "Hello, two"]


def test_a_file_outside_of_the_functions_that_they_import(project: WatchedProject) -> None:
    project.replace("../shared/words.ts", 'export const greeting = "Moin";\n')
    project.said("Reloaded: shared/words.ts.")
    assert project.notes() == ["Moin one"]
    (project.root / "shared" / "words.ts").unlink()
    project.said(KEPT)
    assert project.notes() == ["Moin one"]
    project.write("../shared/words/index.ts", 'export const greeting = "Hei";\n')
    project.said("Reloaded")
    assert project.notes() == ["Hei one"]


def test_files_and_folders_come_and_go(project: WatchedProject) -> None:
    project.write("deep/er/more.ts", NOTES.replace("../shared", "../../../shared"))
    project.said("Reloaded")
    assert project.client.query("deep/er/more:list") == ["Hello one"]
    changed = NOTES.replace("../shared", "../../../shared").replace("${text}", "${text}!")
    project.replace("deep/er/more.ts", changed)
    project.said("Reloaded")
    assert project.client.query("deep/er/more:list") == ["Hello one!"]
    shutil.rmtree(project.root / "convex" / "deep")
    project.said("Reloaded")
    with pytest.raises(Exception, match="Could not find public function"):
        project.client.query("deep/er/more:list")


def test_subscribers_get_the_new_results(project: WatchedProject) -> None:
    async def watch() -> None:
        subscription = ConvexClient(project.backend.url).subscribe("notes:list")
        assert await anext(subscription) == ["Hello one"]
        project.replace("notes.ts", NOTES.replace("${text}`", "${text}?`"))
        assert await anext(subscription) == ["Hello one?"]
        project.client.mutation("notes:add", {"text": "two"})
        assert await anext(subscription) == ["Hello one?", "Hello two?"]

    asyncio.run(watch())


def test_a_schema_that_documents_violate_is_refused(project: WatchedProject) -> None:
    project.replace("schema.ts", SCHEMA % "text: v.string(), stars: v.number()")
    assert project.said(KEPT).endswith("Schema validation failed.")
    project.detail('Document with ID "', '" in table "notes" does not match the schema: Object is ')
    project.detail("Validator: v.object({", "stars: v.float64()")
    project.client.mutation("notes:add", {"text": "two"})
    assert project.notes() == ["Hello one", "Hello two"]
    project.replace("schema.ts", SCHEMA % "text: v.string(), stars: v.optional(v.number())")
    project.said("Reloaded: convex/schema.ts.")


def test_fault_22_a_schema_that_documents_violate_no_more(project: WatchedProject) -> None:
    """It is tried again as they change, and no file has to be saved for that."""
    clear = """
export const clear = mutation({ args: {}, handler: async (ctx) => {
  for (const { _id } of await ctx.db.query("notes").collect()) await ctx.db.delete(_id);
} });
"""
    project.replace("notes.ts", NOTES + clear)
    project.said("Reloaded: convex/notes.ts.")
    project.replace("schema.ts", SCHEMA % "text: v.string(), stars: v.number()")
    project.said(KEPT)
    project.client.mutation("notes:add", {"text": "two"})
    project.client.mutation("notes:clear", {})
    assert project.said("Reloaded") == "Reloaded: what is stored fits the schema now."
    with pytest.raises(Exception, match="does not match the schema"):
        project.client.mutation("notes:add", {"text": "three"})
    project.replace("schema.ts", SCHEMA % "text: v.string()")
    project.said("Reloaded: convex/schema.ts.")


COUNTING = """"use node";
import { appendFileSync } from "node:fs";
appendFileSync(%s, "x");
export const one = 1;
"""


def test_a_schema_that_documents_violate_is_loaded_once(project: WatchedProject) -> None:
    """Node.js keeps all that it loads; where documents have changed, they alone are looked at."""
    change = """
export const change = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  const note = (await ctx.db.query("notes").first())!;
  await ctx.db.patch(note._id, { text });
} });
"""
    loads = project.root / "loads"
    project.replace("notes.ts", NOTES + change)
    project.said("Reloaded: convex/notes.ts.")
    project.replace("schema.ts", SCHEMA % 'text: v.literal("right")')
    project.said(KEPT)
    project.replace("counting.ts", COUNTING % json.dumps(str(loads)))
    project.said(KEPT)
    project.detail('`"one"` does not match')
    once = loads.read_text()
    for text in ("two", "three"):
        project.client.mutation("notes:change", {"text": text})
        project.said(KEPT)
        project.detail(f'`"{text}"` does not match')
    project.client.mutation("notes:change", {"text": "right"})
    assert project.said("Reloaded") == "Reloaded: what is stored fits the schema now."
    assert loads.read_text() == once == "x"
    assert project.notes() == ["Hello right"]


def test_a_new_schema_is_enforced_and_new_indexes_hold_what_is_there(
    project: WatchedProject,
) -> None:
    indexed = SCHEMA.replace("})", '}).index("by_text", ["text"])', 1)
    project.replace("schema.ts", indexed % 'text: v.union(v.literal("one"), v.literal("two"))')
    project.said("Reloaded: convex/schema.ts.")
    with pytest.raises(Exception, match="does not match the schema"):
        project.client.mutation("notes:add", {"text": "three"})
    by_text = '.withIndex("by_text", (q) => q.eq("text", "one")).collect'
    project.replace("notes.ts", NOTES.replace(".collect", by_text))
    project.said("Reloaded: convex/notes.ts.")
    project.client.mutation("notes:add", {"text": "two"})
    project.client.mutation("notes:add", {"text": "one"})
    assert project.notes() == ["Hello one", "Hello one"]


def test_what_does_not_compile_or_load_is_refused(project: WatchedProject) -> None:
    project.replace("notes.ts", "export const a = 1;\nexport const b = ;\n")
    assert project.said(KEPT).endswith("The functions cannot be bundled.")
    project.detail("convex/notes.ts:2:18: Unexpected")
    project.detail("    export const b = ;")
    project.replace("notes.ts", "export {};\nthrow new Error('at once');\n")
    assert project.said(KEPT).endswith("Hit an error while pushing:")
    project.detail("Failed to analyze notes.js: Uncaught Error: at once")
    project.detail("    at ", "convex/notes.ts:2:7")
    assert project.notes() == ["Hello one"]


def test_fault_22_what_was_refused_and_is_taken_back_is_good_again(
    project: WatchedProject,
) -> None:
    """Whatever it was that was refused, and however it is mended."""
    project.replace("notes.ts", NOTES + "export const b = ;\n")
    project.said(KEPT)
    project.replace("notes.ts", NOTES)
    good = "Good again: convex/notes.ts; what is served is what is on disk."
    assert project.said("Good again") == good
    project.replace("schema.ts", SCHEMA % "words: v.string()")
    project.said(KEPT)
    project.replace("schema.ts", SCHEMA % "text: v.string()")
    project.said("Good again: convex/schema.ts;")
    project.replace("notes.ts", "export {};\nthrow new Error('at once');\n")
    project.said(KEPT)
    project.replace("notes.ts", NOTES.replace("${text}", "${text}!"))
    project.said("Reloaded: convex/notes.ts.")
    assert project.notes() == ["Hello one!"]


def test_components_come_and_go_and_keep_their_data(project: WatchedProject) -> None:
    config = (
        'import {{ define{} as define }} from "convex/server";\n'
        "{}\nconst definition = define({});\n{}\nexport default definition;\n"
    )
    project.write("tally/convex.config.ts", config.format("Component", "", '"tally"', ""))
    project.write(
        "tally/counts.ts",
        'import { mutation } from "./_generated/server";\n'
        "export const add = mutation({ args: {}, handler: async (ctx) => {\n"
        '  await ctx.db.insert("counts" as any, {});\n'
        '  return (await ctx.db.query("counts" as any).collect()).length;\n'
        "} });\n",
    )
    project.write(
        "counting.ts",
        'import { components } from "./_generated/api";\n'
        'import { mutation } from "./_generated/server";\n'
        "export const count = mutation({ args: {}, handler: async (ctx): Promise<any> =>\n"
        "  await ctx.runMutation((components as any).tally.counts.add, {}) });\n",
    )
    app = config.format(
        "App", 'import tally from "./tally/convex.config";', "", "definition.use(tally);"
    )

    def count() -> Any:
        """How many there are with one more, None while the component is not installed."""
        try:
            return project.client.mutation("counting:count")
        except ConvexExecutionError as error:
            if "Could not find" not in str(error):
                raise
            return None

    last = 0
    for _ in range(2):
        project.write("convex.config.ts", app)
        counted = wait_until(count)
        assert counted == last + 1
        (project.root / "convex" / "convex.config.ts").unlink()
        while counted is not None:
            last = counted
            counted = count()


@pytest.mark.usefixtures("is_given_up_soon")
def test_a_module_that_loops_is_refused(project: WatchedProject) -> None:
    # At once: a watcher may see a file that is written twice, first without what is in it.
    project.replace("endless.ts", "export {};\nfor (;;) {}\n")
    assert project.said(KEPT).endswith(": does a module loop while it is imported?")
    assert project.notes() == ["Hello one"]
    (project.root / "convex" / "endless.ts").unlink()
    project.replace("notes.ts", NOTES.replace("${text}`", "${text}!`"))
    project.said("Reloaded: convex/")
    wait_until(lambda: project.notes() == ["Hello one!"])


def test_cron_jobs_that_stay_keep_their_times(project: WatchedProject) -> None:
    crons = (
        'import { cronJobs, anyApi } from "convex/server";\n'
        "const crons = cronJobs();\n"
        'crons.interval("%s", { hours: 1 }, anyApi.notes.add, { text: "cron" });\n'
        "export default crons;\n"
        "export const version = %d;\n"
    )
    # An interval begins at once, when it is new.
    for version, (name, count) in enumerate((("first", 2), ("first", 2), ("second", 3))):
        project.replace("crons.ts", crons % (name, version))
        project.said("Reloaded: convex/crons.ts.")
        wait_until(lambda count=count: len(project.notes()) >= count)
    assert len(project.notes()) == 3
