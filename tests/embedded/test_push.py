"""What a push to Convex refuses is refused here, in the backend's words.

Each case is a project of its own. The texts are those of the sources: `common/src/schemas`,
`common/src/bootstrap_model/index`, `convex/sync_types/src`, `isolate/src/environment`,
`model/src/cron_jobs` and `application/src` of the backend, and `src/bundler` of the npm package.
"""

import json
import queue
import re
import sys
from pathlib import Path

import httpx2
import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend
from project import run
from small_project import PACKAGES, SmallProject
from waiting import PATIENCE

EVALUATING = "Hit an error while evaluating your schema:\n"
PUSHING = "Hit an error while pushing:\n"
LOADING = f"{PUSHING}Loading the pushed modules encountered the following\n    error:\n"

SEE_SCHEMAS = (
    "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."
)
LONG = "x" * 65


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


def refusal(project: SmallProject) -> str:
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    return str(caught.value)


def schema(tables: str) -> str:
    return (
        'import { defineSchema, defineTable } from "convex/server";\n'
        'import { v } from "convex/values";\n'
        'const text = { text: v.string(), other: v.optional(v.string()), "at": v.any() };\n'
        f"export default defineSchema({{ {tables} }});\n"
    )


def notes(indexes: str, fields: str = "text") -> str:
    return f"notes: defineTable({fields}){indexes}"


def many(count: int) -> str:
    return ", ".join(f'"f{position}"' for position in range(count))


def fields(count: int) -> str:
    return f"Object.fromEntries([{many(count)}].map((name) => [name, v.string()]))"


def search(name: str, field: str = "text", filters: str = "[]") -> str:
    return f'.searchIndex("{name}", {{ searchField: "{field}", filterFields: {filters} }})'


def vector(name: str, dimensions: object = 2, field: str = "at", filters: str = "[]") -> str:
    return (
        f'.vectorIndex("{name}", {{ vectorField: "{field}", dimensions: {dimensions}, '
        f"filterFields: {filters} }})"
    )


def same_field(kind: str) -> str:
    return (
        f'In table "notes" {kind} index "two" and {kind} index "one" have the same '
        f"`{kind}Field`. {kind.title()} index fields must be unique within a table. You should "
        f"combine the\n             indexes with the same `{kind}Field` into one index "
        "containing all `filterField`s and then use different subsets of the `filterField`s at "
        "query time."
    )


def invalid_index_name(name: str) -> str:
    return (
        f'In table "notes": Invalid index name: "{name}". Identifiers must be 64 characters or '
        "less, start with a letter, and only contain letters, digits, underscores."
    )


def reserved_index_name(name: str) -> str:
    return (
        f'In table "notes" cannot name an index "{name}" because the name is reserved. Indexes may '
        'not start with an underscore or be named "by_id" or "by_creation_time".'
    )


def invalid_table_name(name: str) -> str:
    return (
        f'Invalid table name: "{name}". Identifiers must start with a letter and can only contain '
        "letters, digits, and underscores."
    )


def top_level(found: str) -> str:
    return (
        "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
        f"Found {found}. {SEE_SCHEMAS}"
    )


def invalid_character(name: str, character: str) -> str:
    return (
        f"Identifier {name} has invalid character '{character}': Identifiers can only contain "
        "alphanumeric characters or underscores"
    )


SCHEMAS = {
    # Names of indexes.
    "reserved index by_id": (notes('.index("by_id", ["text"])'), reserved_index_name("by_id")),
    "reserved index by_creation_time": (
        notes('.index("by_creation_time", ["text"])'),
        reserved_index_name("by_creation_time"),
    ),
    "index with an underscore": (
        notes('.index("_by_text", ["text"])'),
        reserved_index_name("_by_text"),
    ),
    "reserved search index": (notes(search("by_id")), reserved_index_name("by_id")),
    "reserved vector index": (notes(vector("_near")), reserved_index_name("_near")),
    "index twice": (
        notes('.index("by", ["text"]).index("by", ["other"])'),
        'Table "notes" has two or more definitions of index "by".',
    ),
    "index and search index of one name": (
        notes(f'.index("by", ["text"]){search("by")}'),
        'Table "notes" has two or more definitions of index "by".',
    ),
    "index and vector index of one name": (
        notes(f'.index("by", ["text"]){vector("by")}'),
        'Table "notes" has two or more definitions of index "by".',
    ),
    "index and staged index of one name": (
        notes('.index("by", ["text"]).index("by", { fields: ["other"], staged: true })'),
        'Table "notes" has two or more definitions of index "by".',
    ),
    "index with a hyphen": (notes('.index("by-text", ["text"])'), invalid_index_name("by-text")),
    "index with a digit first": (
        notes('.index("1text", ["text"])'),
        invalid_index_name("1text"),
    ),
    "index without a name": (notes('.index("", ["text"])'), invalid_index_name("")),
    "index with a long name": (notes(f'.index("{LONG}", ["text"])'), invalid_index_name(LONG)),
    "search index with a dot": (notes(search("by.text")), invalid_index_name("by.text")),
    "vector index with a space": (notes(vector("by at")), invalid_index_name("by at")),
    # Fields of indexes.
    "index over _id": (
        notes('.index("by", ["text", "_id"])'),
        'In table "notes": In index "by": `_id` is not a valid index field. To load documents by '
        "ID, use `db.get(id)`.",
    ),
    "index over _creationTime": (
        notes('.index("by", ["text", "_creationTime"])'),
        "`_creationTime` is automatically added to the end of each index. It should not be added "
        "explicitly in the index definition. See https://docs.convex.dev/using/indexes for more "
        "details.",
    ),
    "index over another system field": (
        notes('.index("by", ["at._inner"])'),
        "Reserved fields (starting with `_`) are not allowed in indexes.",
    ),
    "index without fields": (
        notes('.index("by", [])'),
        'In table "notes" index "by" must have at least one field.',
    ),
    "staged index without fields": (
        notes('.index("by", { fields: [], staged: true })'),
        'In table "notes" staged index "by" must have at least one field.',
    ),
    "field twice in an index": (
        notes('.index("by", ["text", "other", "text"])'),
        'In table "notes": In index "by": Duplicate field "text". Index fields must be unique '
        "within an index.",
    ),
    "17 fields in an index": (
        notes(f'.index("by", [{many(17)}])', fields(17)),
        'In table "notes": In index "by": Indexes may have up to 16 fields.',
    ),
    "16 fields in an index": (
        notes(f'.index("by", [{many(16)}])', fields(16)),
        "Indexes may have up to 16 fields.",
    ),
    "index over what is no field": (
        notes('.index("by", ["te xt"])'),
        'In table "notes": In index "by": Invalid index field: "te xt"',
    ),
    "search index over what is no field": (
        notes(search("by", "te-xt")),
        'In table "notes": In index "by": Invalid index field: "te-xt"',
    ),
    "search index that filters by what is no field": (
        notes(search("by", filters='["$"]')),
        'In table "notes": In index "by": Invalid index field: "$"',
    ),
    "vector index over what is no field": (
        notes(vector("by", field="")),
        'In table "notes": In index "by": Invalid index field: ""',
    ),
    "index over a field that is not there": (
        notes('.index("by", ["absent"])'),
        'In table "notes" the index "by" is invalid because it references the field "absent" that '
        "does not exist.",
    ),
    "search index over a field that is not there": (
        notes(search("by", "absent")),
        'In table "notes" the index "by" is invalid because it references the field "absent" that '
        "does not exist.",
    ),
    "search index that filters by a field that is not there": (
        notes(search("by", filters='["absent"]')),
        'In table "notes" the index "by" is invalid because it references the field "absent" that '
        "does not exist.",
    ),
    "vector index over text": (
        notes(vector("by", field="text")),
        'In table "notes" the vector index "by" is invalid because it references the field "text" '
        "that is neither an array of float64 or optional array of float64.",
    ),
    "vector index over integers": (
        notes(vector("by"), "{ at: v.array(v.int64()) }"),
        'In table "notes" the vector index "by" is invalid because it references the field "at" '
        "that is neither an array of float64 or optional array of float64.",
    ),
    # Indexes beside each other.
    "equal indexes": (
        notes('.index("one", ["text", "other"]).index("two", ["text", "other"])'),
        'In table "notes" index "two" and index "one" have the same fields. Indexes must be unique '
        "within a table.",
    ),
    "equal index that is staged": (
        notes('.index("one", ["text"]).index("two", { fields: ["text"], staged: true })'),
        'In table "notes" index "two" and index "one" have the same fields. Indexes must be unique '
        "within a table.",
    ),
    "equal search indexes": (notes(search("one") + search("two")), same_field("search")),
    "equal vector indexes": (
        notes(vector("one") + vector("two", filters='["text"]')),
        same_field("vector"),
    ),
    "65 indexes": (
        f"notes: [{many(65)}].reduce("
        f"(table, name) => table.index(name, [name]), defineTable({fields(65)}))",
        'Table "notes" cannot have more than 64 indexes.',
    ),
    "65 indexes of all kinds": (
        f"notes: [{many(64)}].reduce("
        f"(table, name) => table.index(name, [name]), defineTable({fields(64)}))"
        f"{search('by', 'f0')}",
        'Table "notes" cannot have more than 64 indexes.',
    ),
    "17 filter fields of a search index": (
        notes(search("by", "f0", f"[{many(17)}]"), fields(17)),
        'In table "notes": Search indexes may have up to 16 filter fields.',
    ),
    "17 filter fields of a vector index": (
        notes(vector("by", filters=f"[{many(17)}]")),
        'In table "notes": Search indexes may have up to 16 filter fields.',
    ),
    "1 dimension": (
        notes(vector("by", 1)),
        'In table "notes": Dimensions 1 must be between 2 and 4096.',
    ),
    "4097 dimensions": (
        notes(vector("by", 4097)),
        'In table "notes": Dimensions 4097 must be between 2 and 4096.',
    ),
    "no dimensions": (
        notes(vector("by", "undefined")),
        'In table "notes": Missing dimensions field',
    ),
    # Tables.
    "table with an underscore": ("_notes: defineTable({})", "_notes is a reserved table name."),
    "table of the system": ("_storage: defineTable({})", "_storage is a reserved table name."),
    "table with a hyphen": ('"my-notes": defineTable({})', invalid_table_name("my-notes")),
    "table with a digit first": ('"1notes": defineTable({})', invalid_table_name("1notes")),
    "table without a name": ('"": defineTable({})', invalid_table_name("")),
    "table with a long name": (f"{LONG}: defineTable({{}})", invalid_table_name(LONG)),
    "10001 tables": (
        "...Object.fromEntries("
        "Array.from({ length: 10001 }, (_, n) => [`t${n}`, defineTable({})]))",
        "Number of tables cannot exceed 10000.",
    ),
    # Validators of documents.
    "document that is a text": (notes("", "v.string()"), top_level("v.string()")),
    "document that is an array": (
        notes("", "v.array(v.commitTs())"),
        top_level("v.array(v.commitTs())"),
    ),
    "document that is a record": (
        notes("", "v.record(v.string(), v.any())"),
        top_level("v.record(v.string(), v.any())"),
    ),
    "union with what is no object": (
        notes("", "v.union(v.object({}), v.null())"),
        top_level("v.null()"),
    ),
    "field with a hyphen": (
        notes("", '{ "first-name": v.string() }'),
        invalid_character("first-name", "-"),
    ),
    "field with a space": (
        notes("", '{ "first name": v.string() }'),
        invalid_character("first name", " "),
    ),
    "field with a dollar": (
        notes("", "{ $set: v.string() }"),
        "Invalid first character '$' in $set: Identifiers must start with an alphabetic character "
        "or underscore",
    ),
    "field with a digit first": (
        notes("", '{ "1st": v.string() }'),
        "Invalid first character '1' in 1st: Identifiers must start with an alphabetic character "
        "or underscore",
    ),
    "field beyond ASCII": (notes("", "{ größe: v.string() }"), invalid_character("größe", "ö")),
    "field without a name": (notes("", '{ "": v.string() }'), "Identifier cannot be empty"),
    "field of underscores": (
        notes("", "{ inner: v.object({ __: v.string() }) }"),
        "Invalid validator for key `inner`: Identifier __ cannot have exclusively underscores",
    ),
    "field with a long name": (
        notes("", f"{{ {LONG}: v.string() }}"),
        "Identifier is too long (65 > maximum 64)",
    ),
    "id of a table that cannot be": (
        notes("", '{ of: v.id("my-notes" as any) }'),
        f"Invalid validator for key `of`: {invalid_character('my-notes', '-')}",
    ),
    "record with keys that are no text": (
        notes("", "{ of: v.record(v.number() as any, v.any()) }"),
        "Invalid validator for key `of`: Records can only have string keys. Your validator "
        "contains a record with key typed as `v.float64()`, which is not a subtype of `v.string()`",
    ),
    "record with keys that are literals": (
        notes("", '{ of: v.record(v.union(v.literal("a"), v.string()), v.any()) }'),
        "Invalid validator for key `of`: Records cannot have string literal keys",
    ),
    "literal that is null": (
        notes("", "{ of: Object.assign(v.literal(1), { value: null }) }"),
        "Invalid validator for key `of`: Value null is not a valid literal.",
    ),
    "literal that is infinite": (
        notes("", "{ of: v.literal(Infinity) }"),
        "Invalid validator for key `of`: Infinite or NaN values are not supported in literal "
        "validators.",
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_fault_24_schemas_that_a_push_refuses(project: SmallProject, name: str) -> None:
    tables, message = SCHEMAS[name]
    project.write("schema.ts", schema(tables))
    assert refusal(project) == f"{EVALUATING}{message}"


FUNCTIONS = 'import { action, mutation, query } from "./_generated/server";\n'
VALUES = f'{FUNCTIONS}import {{ v }} from "convex/values";\n'
LIST = f"{FUNCTIONS}export const list = query({{ args: {{}}, handler: async () => null }});\n"
ACTION = FUNCTIONS + "export const run = action({ args: {}, handler: async () => null });\n"
SEE_ARGUMENTS = (
    "See https://docs.convex.dev/functions/validation for docs on how to do argument validation."
)
SEE_RETURNS = (
    "See https://docs.convex.dev/functions/validation for docs on how to do return value "
    "validation."
)


def not_a_path(path: str, reason: str) -> str:
    return f"{PUSHING}{path} is not a valid path to a Convex module. {reason}"


def path_characters(path: str, part: str) -> str:
    return not_a_path(
        path,
        f"Path component {part} can only contain alphanumeric characters, underscores, or periods.",
    )


def crons(job: str) -> str:
    return (
        'import { cronJobs, anyApi } from "convex/server";\n'
        f"const crons = cronJobs();\n{job};\nexport default crons;\n"
    )


def routes(*specs: str) -> str:
    lines = "\n".join(f"http.route({{ handler, {spec} }});" for spec in specs)
    return (
        'import { httpActionGeneric, httpRouter } from "convex/server";\n'
        "const http = httpRouter();\n"
        "const handler = httpActionGeneric(async () => new Response());\n"
        f"{lines}\nexport default http;\n"
    )


def failed(module: str, error: str) -> str:
    return f"{LOADING}Failed to analyze {module}.js: Uncaught {error}"


GET = 'method: "GET"'

MODULES = {
    # Names of files and functions.
    "file with a hyphen": (
        {"my-file.ts": LIST},
        path_characters("my-file.js", "my-file.js"),
    ),
    "folder with a hyphen": (
        {"my-folder/notes.ts": LIST.replace("./_", "../_")},
        path_characters("my-folder/notes.js", "my-folder"),
    ),
    "file beyond ASCII": ({"größe.ts": LIST}, path_characters("größe.js", "größe.js")),
    "file with brackets": ({"[id].ts": LIST}, path_characters("[id].js", "[id].js")),
    "file with a long name": (
        {f"{'x' * 62}.ts": LIST},
        not_a_path(
            f"{'x' * 62}.js",
            f"Path component is too long (65 > maximum 64): {'x' * 62}.j...",
        ),
    ),
    "folder of underscores": (
        {"__/notes.ts": LIST.replace("./_", "../_")},
        not_a_path(
            "__/notes.js", "Path component __ must have at least one alphanumeric character."
        ),
    ),
    "reserved folder": (
        {"_deps/notes.ts": LIST},
        'The path "convex/_deps/notes.ts" is within the "_deps" directory, which is reserved for '
        "dependencies. Please move your code to another directory.",
    ),
    "two files of one module": (
        {"notes.ts": LIST, "notes.js": LIST},
        "Two output files share the same path but have different contents: out/notes.js",
    ),
    "function that is no identifier": (
        {"notes.ts": LIST + 'export { list as "list-all" };\n'},
        f"{PUSHING}Invalid function name used in `notes.js`: " + invalid_character("list-all", "-"),
    ),
    "function with a dollar": (
        {"deep/notes.ts": LIST.replace("./_", "../_").replace("list", "$list")},
        f"{PUSHING}Invalid function name used in `deep/notes.js`: Invalid first character '$' in "
        "$list: Identifiers must start with an alphabetic character or underscore",
    ),
    # Validators of functions.
    "arguments that are no object": (
        {
            "notes.ts": VALUES
            + "export const a = query({ args: v.string() as any, handler: f });\n"
            "async function f() {}\n"
        },
        f"{LOADING}Invalid JSON returned from notes.js:a.exportArgs(): Args validator must be an "
        "object or any",
    ),
    "argument that is no identifier": (
        {
            "notes.ts": VALUES
            + 'export const a = query({ args: { "a b": v.any() }, handler: f });\n'
            "async function f() {}\n"
        },
        f"{LOADING}Invalid JSON returned from notes.js:a.exportArgs(): Error in args validator: "
        f"{invalid_character('a b', ' ')}\n{SEE_ARGUMENTS}",
    ),
    "result that is no identifier": (
        {
            "notes.ts": VALUES + "export const a = mutation({ args: {}, returns: v.object({ "
            '"a b": v.any() }), handler: f });\nasync function f(): Promise<any> {}\n'
        },
        f"{LOADING}Invalid JSON returned from notes.js:a.exportReturns(): Error in returns "
        f"validator: {invalid_character('a b', ' ')}\n{SEE_RETURNS}",
    ),
    # Runtimes.
    "query in a file for Node.js": (
        {"notes.ts": f'"use node";\n{LIST}'},
        f"{LOADING}`list` defined in `notes.js` is a Query function. Only actions can be defined "
        "in Node.js. See https://docs.convex.dev/functions/actions for more details.",
    ),
    "mutation in a file for Node.js": (
        {"notes.ts": f'"use strict";\n"use node";\n{LIST.replace("= query", "= mutation")}'},
        f"{LOADING}`list` defined in `notes.js` is a Mutation function. Only actions can be "
        "defined in Node.js. See https://docs.convex.dev/functions/actions for more details.",
    ),
    "http.ts for Node.js": (
        {"http.ts": f'"use node";\n{routes()}'},
        '"use node" directive is not allowed for http.ts.',
    ),
    "crons.ts for Node.js": (
        {"crons.ts": f'"use node";\n{crons("")}'},
        '"use node" directive is not allowed for crons.ts.',
    ),
    "file in actions that is not for Node.js": (
        {"actions/notes.ts": ACTION.replace("./_", "../_")},
        'actions/notes.ts is in /actions subfolder but has no "use node"; directive.',
    ),
    "module of Node.js": (
        {"notes.ts": f'import {{ readFileSync }} from "fs";\n{ACTION}void readFileSync;\n'},
        'It looks like you are using Node APIs from a file without the "use node" directive.',
    ),
    "module of Node.js that is required": (
        {"notes.ts": f'{ACTION}void require("node:path");\n'},
        'It looks like you are using Node APIs from a file without the "use node" directive.',
    ),
    "module of Node.js behind an import": (
        {
            "notes.ts": f'import {{ digest }} from "./digest";\n{ACTION}void digest;\n',
            "digest.ts": 'import { createHash as digest } from "crypto";\nexport { digest };\n',
        },
        'It looks like you are using Node APIs from a file without the "use node" directive.',
    ),
    # While modules are imported.
    "await": (
        {"notes.ts": f"{LIST}await Promise.resolve();\n"},
        f"{LOADING}Failed to analyze notes.js: Top-level awaits in source files are unsupported",
    ),
    "await in a module of a folder": (
        {
            "notes.ts": f'import {{ users }} from "./users/schema";\n{LIST}void users;\n',
            "users/schema.ts": "export const users = await Promise.resolve(1);\n",
        },
        f"{LOADING}Failed to analyze users/schema.js: Top-level awaits in source files are "
        "unsupported",
    ),
    "for await": (
        {"notes.ts": f"{LIST}for await (const one of []) void one;\n"},
        f"{LOADING}Failed to analyze notes.js: Top-level awaits in source files are unsupported",
    ),
    "await in a schema": (
        {"schema.ts": f"await Promise.resolve();\n{schema('')}"},
        f"{EVALUATING}Top-level awaits in source files are unsupported",
    ),
    "fetch": (
        {"notes.ts": f'{LIST}void fetch("https://example.com");\n'},
        failed("notes", "Error: fetch() unsupported at import time"),
    ),
    "awaited fetch": (
        {"notes.ts": f'{LIST}const answer = await fetch("https://example.com");\nvoid answer;\n'},
        f"{LOADING}Failed to analyze notes.js: Top-level awaits in source files are unsupported",
    ),
    "setTimeout": (
        {"notes.ts": f"{LIST}setTimeout(() => {{}}, 10);\n"},
        failed("notes", "Error: setTimeout unsupported at import time"),
    ),
    "setInterval of globalThis": (
        {"notes.ts": f"{LIST}globalThis.setInterval(() => {{}}, 10);\n"},
        failed("notes", "Error: setInterval unsupported at import time"),
    ),
    "random bytes": (
        {"notes.ts": f"{LIST}crypto.getRandomValues(new Uint8Array(1));\n"},
        failed("notes", "Error: Cannot use cryptographic randomness at import time"),
    ),
    "fetch in a schema": (
        {"schema.ts": f'void fetch("https://example.com");\n{schema("")}'},
        f"{EVALUATING}Uncaught Error: fetch() unsupported while evaluating schema",
    ),
    "environment variable in a schema": (
        {"schema.ts": f"void process.env.HOME;\n{schema('')}"},
        f"{EVALUATING}Uncaught Error: Environment variables unsupported when evaluating schema",
    ),
    "Buffer": (
        {"notes.ts": f'{LIST}const bytes = Buffer.from("a");\nvoid bytes;\n'},
        failed("notes", "ReferenceError: Buffer is not defined"),
    ),
    "process.cwd": (
        {"notes.ts": f"{LIST}const here = process.cwd();\nvoid here;\n"},
        failed("notes", "TypeError: process.cwd is not a function"),
    ),
    "setImmediate": (
        {"notes.ts": f"{LIST}setImmediate(() => {{}});\n"},
        failed("notes", "ReferenceError: setImmediate is not defined"),
    ),
    "global": (
        {"notes.ts": f"{LIST}console.log(global);\n"},
        failed("notes", "ReferenceError: global is not defined"),
    ),
    "__dirname": (
        {"notes.ts": f"{LIST}const here = __dirname;\nvoid here;\n"},
        failed("notes", "ReferenceError: __dirname is not defined"),
    ),
    "require of what is not known": (
        {"notes.ts": f'{LIST}const name = "fs";\nrequire(name + "");\n'},
        failed("notes", 'Error: Dynamic require of "fs" is not supported'),
    ),
    "module that throws": (
        {"notes.ts": f'{LIST}throw new Error("at once");\n'},
        failed("notes", "Error: at once"),
    ),
    # Cron jobs.
    "crons.ts without a default export": (
        {"crons.ts": crons("").replace("export default", "export const all =")},
        f"{LOADING}`convex/crons.js` must have a default export of a Crons object.",
    ),
    "crons.ts with another object": (
        {"crons.ts": "export default {};\n"},
        f"{LOADING}The default export of `convex/crons.js` is not a Crons object.",
    ),
    "cron job twice": (
        {
            "notes.ts": LIST,
            "crons.ts": crons(
                'for (const _ of "ab") crons.interval("often", { hours: 1 }, anyApi.notes.list)'
            ),
        },
        failed("crons", "Error: Cron identifier registered twice: often"),
    ),
    "cron job with another name": (
        {"crons.ts": crons('crons.interval("größe", { hours: 1 }, anyApi.notes.list)')},
        failed(
            "crons",
            "Error: Invalid cron identifier größe: use ASCII letters that are not "
            "control characters",
        ),
    ),
    "interval of nothing": (
        {"crons.ts": crons('crons.interval("often", { seconds: 0 }, anyApi.notes.list)')},
        failed("crons", "Error: Interval must be an integer greater than 0"),
    ),
    "hour of no day": (
        {"crons.ts": crons('crons.daily("late", { hourUTC: 24, minuteUTC: 0 }, anyApi.a.b)')},
        failed("crons", "Error: Hour of day must be an integer from 0 to 23"),
    ),
    "cron spec that never comes": (
        {
            "notes.ts": LIST,
            "crons.ts": crons('crons.cron("never", "0 0 31 2 *", anyApi.notes.list)'),
        },
        'The cron spec "0 0 31 2 *" will never match any time',
    ),
    "cron job of nothing": (
        {"crons.ts": crons('crons.interval("often", { hours: 1 }, anyApi.notes.absent)')},
        f"{LOADING}The cron job 'often' schedules a function that does not exist: notes.js:absent",
    ),
    "cron job of a query": (
        {
            "notes.ts": LIST,
            "crons.ts": crons('crons.interval("often", { hours: 1 }, anyApi.notes.list)'),
        },
        f"{LOADING}The cron job 'often' schedules a query function, only actions and mutations can "
        "be scheduled: notes.js:list",
    ),
    # HTTP actions.
    "http.ts without a default export": (
        {"http.ts": routes().replace("export default http", "export { http }")},
        f"{LOADING}`convex/http.js` must have a default export of a Router.",
    ),
    "http.ts with another object": (
        {"http.ts": "export default {};\n"},
        f"{LOADING}The default export of `convex/http.js` is not a Router.",
    ),
    "route twice": (
        {"http.ts": routes(f'path: "/a", {GET}', f'path: "/a", {GET}')},
        failed("http", "Error: Path '/a' for method GET already in use"),
    ),
    "prefix twice": (
        {"http.ts": routes(f'pathPrefix: "/a/", {GET}', f'pathPrefix: "/a/", {GET}')},
        failed("http", "Error: GET pathPrefix /a/ is already defined"),
    ),
    "route without a slash": (
        {"http.ts": routes(f'path: "a", {GET}')},
        failed("http", "Error: path 'a' does not start with a /"),
    ),
    "prefix without a slash at its end": (
        {"http.ts": routes(f'pathPrefix: "/a", {GET}')},
        failed("http", "Error: pathPrefix /a must end with a /"),
    ),
    "reserved route": (
        {"http.ts": routes(f'path: "/.files/a", {GET}')},
        failed("http", "Error: path '/.files/a' is reserved"),
    ),
    "route of another method": (
        {"http.ts": routes('path: "/a", method: "FETCH" as any')},
        failed("http", "Error: 'FETCH' is not an allowed HTTP method (like GET, POST, PUT etc.)"),
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_fault_24_modules_that_a_push_refuses(project: SmallProject, name: str) -> None:
    files, message = MODULES[name]
    for path, text in files.items():
        project.write(path, text)
    assert message in refusal(project)


APP = (
    "Hit an error while pushing:\nThe default export of `convex.config.ts` in your app has an "
    "invalid value (%s). Please make sure that you\u2019re exporting the return value of "
    "`defineApp()` (`import { defineApp } from 'convex/server'`)."
)
DEFINE = 'import { defineApp } from "convex/server";\n'
APPS = {
    "nothing": (f"{DEFINE}export const app = defineApp();\n", APP % "missing default export"),
    "something else": (
        "export default {};\n",
        APP % "missing `export` property on the default export of `convex.config.ts`",
    ),
    "two things": (
        f"{DEFINE}export const app = defineApp();\nexport default app;\n",
        APP % "`convex.config.ts` has more than one export",
    ),
    "component with a hyphen": (
        f'{DEFINE}import tally from "./tally/convex.config";\nconst app = defineApp();\n'
        'app.use(tally, { name: "my-tally" });\nexport default app;\n',
        f"{PUSHING}{invalid_character('my-tally', '-')}",
    ),
    "await": (
        f"{DEFINE}await Promise.resolve();\nexport default defineApp();\n",
        f"{PUSHING}Top-level awaits in source files are unsupported\n"
        "convex/convex.config.ts:2:1\n    await Promise.resolve();",
    ),
    "two components of one name": (
        f'{DEFINE}import tally from "./tally/convex.config";\nconst app = defineApp();\n'
        "app.use(tally);\napp.use(tally);\nexport default app;\n",
        f"{PUSHING}Component of the app has multiple child components with the same name: tally",
    ),
}


@pytest.mark.parametrize("name", APPS)
def test_fault_24_apps_that_a_push_refuses(project: SmallProject, name: str) -> None:
    text, message = APPS[name]
    project.write("convex.config.ts", text)
    project.write(
        "tally/convex.config.ts",
        'import { defineComponent } from "convex/server";\n'
        'export default defineComponent("tally");\n',
    )
    assert refusal(project) == message


INVALID = "The pushed auth config is invalid: "
NOT_MATCHING = f"{INVALID}auth config file must include a list of provider credentials: "
JWT = 'type: "customJwt", issuer: "https://a.example", jwks: "data:,{}"'

AUTH_CONFIGS = {
    "nothing": (
        "export const providers = [];",
        f"{INVALID}auth config file is missing default export. To learn more, see the auth "
        "documentation at https://docs.convex.dev/auth.",
    ),
    "await": (
        "await Promise.resolve();\nexport default { providers: [] };",
        f"{INVALID}Top-level awaits in source files are unsupported\n"
        "convex/auth.config.ts:1:1\n    await Promise.resolve();",
    ),
    "no providers": ("export default {};", f"{NOT_MATCHING}missing field `providers`"),
    "another type": (
        'export default { providers: [{ type: "saml" }] };',
        f"{NOT_MATCHING}Provider at index 0 has unexpected 'type' value 'saml'",
    ),
    "applicationId": (
        'export default { providers: [{ domain: "https://a.example", applicationId: "a" }] };',
        f"{NOT_MATCHING}Provider at index 0 must have applicationID property spelled lowercase "
        "'application', capital I, capital D.",
    ),
    "customJwt with a domain": (
        f'export default {{ providers: [{{ {JWT}, algorithm: "RS256", domain: "a" }}] }};',
        f"{NOT_MATCHING}Provider at index 0 is a customJwt so cannot have a 'domain' specified",
    ),
    "oidc with an issuer": (
        'export default { providers: [{ issuer: "https://a.example", applicationID: "a" }] };',
        f"{NOT_MATCHING}Provider at index 0 is oidc so cannot have an 'issuer' specified.",
    ),
    "shared issuer": (
        'export default { providers: [{ type: "customJwt", issuer: "https://api.workos.com", '
        'jwks: "data:,{}", algorithm: "RS256" }] };',
        f"{INVALID}This auth configuration appears potentially insecure: Provider at index 0 has "
        "an issuer that is shared among many applications, so must to specify an ApplicationID to "
        "check against an `aud` field of a JWT.",
    ),
    "no applicationID": (
        'export default { providers: [{ domain: "https://a.example" }] };',
        f"{NOT_MATCHING}data did not match any variant of untagged enum SerializedAuthInfo\n"
        "(The provider at index 0 needs `applicationID`, a text.)",
    ),
    "another algorithm": (
        f'export default {{ providers: [{{ {JWT}, algorithm: "HS256" }}] }};',
        f"{NOT_MATCHING}data did not match any variant of untagged enum SerializedAuthInfo\n"
        '(The provider at index 0 has the algorithm "HS256"; Convex knows RS256 and ES256.)',
    ),
    "domain with quotes": (
        'export default { providers: [{ domain: \'"https://a.example"\', applicationID: "a" }] };',
        f'{INVALID}Invalid provider domain URL ""https://a.example"": starts with a double quote '
        '(")',
    ),
    "domain that is none": (
        'export default { providers: [{ domain: "token123", applicationID: "a" }] };',
        f'{INVALID}Invalid provider domain URL "token123": Does not look like a URL (must have a '
        "scheme or end with a top-level domain)",
    ),
    "domain with another scheme": (
        'export default { providers: [{ domain: "ftp://a.example", applicationID: "a" }] };',
        f'{INVALID}Invalid provider domain URL "ftp://a.example": scheme should be http or https',
    ),
    "variable that is not set": (
        'export default { providers: [{ domain: process.env.NOT_SET, applicationID: "a" }] };',
        f"{INVALID}Uncaught Error: Environment variable NOT_SET is used in auth config file but "
        "its value was not set",
    ),
    "fetch": (
        'void fetch("https://example.com");\nexport default { providers: [] };',
        f"{INVALID}Uncaught Error: fetch() unsupported while evaluating auth config file",
    ),
}


@pytest.mark.parametrize("name", AUTH_CONFIGS)
def test_fault_24_auth_configs_that_a_push_refuses(project: SmallProject, name: str) -> None:
    text, message = AUTH_CONFIGS[name]
    project.write("auth.config.ts", text)
    assert refusal(project).startswith(message)


THROWN = {
    "null": "Uncaught null",
    "undefined": "Uncaught undefined",
    '"a text"': "Uncaught a text",
    '""': "Uncaught",
    "new Error()": "Uncaught Error",
    'Symbol("s")': "Uncaught Symbol(s)",
    "{ a: 1 }": "Uncaught #<Object>",
    "[1]": "Uncaught [object Array]",
    "new Map()": "Uncaught #<Map>",
    "Object.create(null)": "Uncaught [object Object]",
    "Object.defineProperty(new Error('a'), 'message', { get() { throw 1; } })": "Uncaught Error",
    "Object.assign(new Error('a'), { stack: null })": "Uncaught Error: a",
}
EVALUATED = {
    "notes.ts": f"{LOADING}Failed to analyze notes.js: ",
    "http.ts": f"{LOADING}Failed to analyze http.js: ",
    "crons.ts": f"{LOADING}Failed to analyze crons.js: ",
    "schema.ts": EVALUATING,
    "auth.config.ts": INVALID,
    "convex.config.ts": PUSHING,
}


@pytest.mark.parametrize("file", EVALUATED)
def test_fault_24_what_is_no_error_is_thrown_while_files_are_evaluated(
    project: SmallProject, file: str
) -> None:
    project.write(file, "export default {};\nthrow null;\n")
    assert refusal(project) == f"{EVALUATED[file]}Uncaught null"


@pytest.mark.parametrize("thrown", THROWN)
def test_fault_24_what_can_be_thrown(project: SmallProject, thrown: str) -> None:
    project.write("notes.ts", f"export {{}};\nthrow {thrown};\n")
    said = refusal(project).removeprefix(EVALUATED["notes.ts"]).split("\n")
    assert said[0] == THROWN[thrown]
    assert all(line.startswith("    at <anonymous> (") for line in said[1:])


NO_OBJECT = "Error: v.object() entries must be validators"
UNDEFINED_VALUE = 'Error: A validator is undefined for field "value". '
NO_VALIDATORS = {
    "args: { a: { b: v.string() } }": NO_OBJECT,
    "args: null": "TypeError: ",
    'args: "x"': NO_OBJECT,
    "args: v.array({ b: v.string() } as any)": UNDEFINED_VALUE,
    "args: {}, returns: { a: { b: v.string() } }": NO_OBJECT,
    "args: {}, returns: null": "TypeError: ",
    'args: {}, returns: "x"': NO_OBJECT,
    "args: {}, returns: v.array({ b: v.string() } as any)": UNDEFINED_VALUE,
}


@pytest.mark.parametrize("definition", NO_VALIDATORS)
def test_fault_24_functions_with_what_is_no_validator(
    project: SmallProject, definition: str
) -> None:
    project.write(
        "deep/notes.ts",
        VALUES.replace("./_", "../_")
        + f"export const a = (query as any)({{ {definition}, handler: async () => null }});\n",
    )
    text = refusal(project)
    error = NO_VALIDATORS[definition]
    assert text.startswith(f"{LOADING}Failed to analyze deep/notes.js: Uncaught {error}")
    key = "returns" if "returns" in definition else "args"
    assert text.endswith(f"\n(`{key}` of deep/notes.js:a is no validator.)")
    assert "    at " not in text


NO_SCHEMAS = {
    "array of an object": (
        "notes: defineTable({ deep: v.object({ a: v.array({ a: v.string() } as any) }) })",
        f'In table "notes": v.array() was given what is no validator. {SEE_SCHEMAS}',
    ),
    "array of a function": (
        "notes: defineTable({ a: v.array(v.string as any) })",
        f'In table "notes": v.array() was given what is no validator. {SEE_SCHEMAS}',
    ),
    "array of arrays of an object": (
        "notes: defineTable({ a: v.any() }), "
        "others: defineTable({ a: v.array(v.array({ a: v.string() } as any)) })",
        f'In table "others": v.array() was given what is no validator. {SEE_SCHEMAS}',
    ),
    "index of a text": (
        notes('.index("x", "text" as any)'),
        'In table "notes": In index "x": `fields` must be an array of names',
    ),
    "index of an object": (
        notes('.index("x", { text: true } as any)'),
        'In table "notes": In index "x": `fields` must be an array of names',
    ),
    "index of numbers": (
        notes('.index("x", [5] as any)'),
        'In table "notes": In index "x": `fields` must be an array of names',
    ),
    "search filtered by a text": (
        notes('.searchIndex("x", { searchField: "text", filterFields: "text" as any })'),
        'In table "notes": In index "x": `filterFields` must be an array of names',
    ),
    "search in a number": (
        notes('.searchIndex("x", { searchField: 5 as any, filterFields: [] })'),
        'In table "notes": In index "x": `searchField` must be a name',
    ),
    "vectors in a number": (
        notes('.vectorIndex("x", { vectorField: 5 as any, dimensions: 2, filterFields: [] })'),
        'In table "notes": In index "x": `vectorField` must be a name',
    ),
}


@pytest.mark.parametrize("name", NO_SCHEMAS)
def test_fault_24_schemas_with_what_is_no_validator_or_name(
    project: SmallProject, name: str
) -> None:
    tables, message = NO_SCHEMAS[name]
    project.write("schema.ts", schema(tables))
    assert refusal(project) == f"{EVALUATING}{message}"


def test_fault_24_each_component_is_checked(project: SmallProject) -> None:
    define = 'import { define%s } from "convex/server";\n'
    project.write(
        "convex.config.ts",
        define % "App"
        + 'import tally from "./tally/convex.config";\n'
        + "const app = defineApp();\napp.use(tally);\nexport default app;\n",
    )
    project.write(
        "tally/convex.config.ts",
        define % "Component" + 'export default defineComponent("tally");\n',
    )
    project.write("tally/schema.ts", schema(notes('.index("by_id", ["text"])')))
    said = "Hit an error while evaluating your schema (of the component tally):\n"
    assert refusal(project) == said + reserved_index_name("by_id")
    project.write("tally/schema.ts", schema(""))
    project.write("tally/my-file.ts", LIST)
    assert refusal(project) == path_characters("my-file.js", "my-file.js")


def test_fault_24_a_reload_refuses_as_a_start_does(project: SmallProject) -> None:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    project.write("notes.ts", LIST)
    with EmbeddedBackend.start(project.root, watch=True, on_log=lines.put) as backend:
        for path, text, said in (
            ("schema.ts", schema("_notes: defineTable({})"), "_notes is a reserved table name."),
            ("schema.ts", schema(""), "Reloaded: convex/schema.ts."),
            ("notes.ts", f"{LIST}setImmediate(() => {{}});\n", "setImmediate is not defined"),
        ):
            project.write(path, text)
            while said not in (line := lines.get(timeout=PATIENCE)):
                assert not line.startswith("Reloaded"), line
        assert ConvexHttpClient(backend.url).query("notes:list") is None


LEFT_OUT = {
    "notes.test.ts": 'throw new Error("is not deployed");\n',
    "notes.gen.ts": 'throw new Error("is not deployed");\n',
    "my notes.ts": f'{LIST}throw new Error("is not deployed");\n',
    "#notes.ts": f'{LIST}throw new Error("is not deployed");\n',
    ".notes.ts": f'{LIST}throw new Error("is not deployed");\n',
    "deep/schema.ts": f'{LIST}throw new Error("is not deployed");\n',
    "types.ts": 'throw new Error("is no module for TypeScript");\n',
    "notes.css": "body {}\n",
}


def test_fault_24_files_that_are_not_deployed(project: SmallProject) -> None:
    for path, text in LEFT_OUT.items():
        project.write(path, text)
    project.write("notes.ts", LIST)
    with EmbeddedBackend.start(project.root) as backend:
        assert ConvexHttpClient(backend.url).query("notes:list") is None


ABSENT = (
    *("Buffer", "setImmediate", "clearImmediate", "global", "queueMicrotask", "WebSocket"),
    *("BroadcastChannel", "MessageChannel", "navigator", "CompressionStream", "__dirname"),
    *("__filename", "module", "exports"),
)
OFFERED = (
    *("URL", "URLSearchParams", "crypto", "Crypto", "SubtleCrypto", "DOMException", "console"),
    *("Event", "EventTarget", "structuredClone", "setTimeout", "setInterval", "clearTimeout"),
    *("clearInterval", "AbortController", "AbortSignal", "atob", "btoa", "TextEncoder"),
    *("TextDecoder", "TextEncoderStream", "TextDecoderStream", "Blob", "File", "ReadableStream"),
    *("WritableStream", "TransformStream", "Headers", "FormData", "Request", "Response", "fetch"),
    *("performance", "Performance", "self", "globalThis", "process", "AsyncLocalStorage"),
    *("AsyncResource", "WebAssembly", "Intl", "WeakRef", "FinalizationRegistry"),
)

GLOBALS = (
    "declare const AsyncLocalStorage: any, AsyncResource: any, SubtleCrypto: any;\n"
    + FUNCTIONS
    + "const types = () => ({ "
    + ", ".join(f"{name}: typeof {name}" for name in (*ABSENT, *OFFERED))
    + " });\n"
    + "const imported = types();\n"
    + "const uses: { [name: string]: () => unknown } = { "
    + ", ".join(f"{name}: () => {name}" for name in ABSENT)
    + " };\n"
    + """
const names = (all: any) => [...new Set([...Object.getOwnPropertyNames(all)])];
const handler = async () => ({
  imported, types: types(),
  errors: Object.entries(uses).map(([name, use]) => {
    try { use(); return `${name} is there`; } catch (error) { return String(error); }
  }),
  within: names(globalThis).filter((name) => name in uses || name.startsWith("$")),
  process: Object.getOwnPropertyNames(process),
  environment: [typeof process.env.PATH, process.env.NOT_SET ?? null, process.env.NODE_ENV],
  isSelf: self === globalThis && (globalThis as any).globalThis === globalThis,
  polyfilled: (() => {
    (globalThis as any).Buffer = { from: () => "polyfilled" };
    const text = (Buffer as any).from();
    delete (globalThis as any).Buffer;
    return [text, typeof Buffer];
  })(),
});
"""
)
KINDS = ("query", "mutation", "action")


@pytest.fixture
def globals_project(project: SmallProject) -> SmallProject:
    functions = "".join(
        f"export const in{kind.title()} = {kind}({{ args: {{}}, handler }});\n" for kind in KINDS
    )
    project.write("globals.ts", GLOBALS + functions)
    return project


def test_fault_24_globals_are_those_of_the_runtime(globals_project: SmallProject) -> None:
    """In each kind of function, and while they are imported."""
    with EmbeddedBackend.start(globals_project.root) as backend:
        client = ConvexHttpClient(backend.url)
        for kind in KINDS:
            seen = getattr(client, kind)(f"globals:in{kind.title()}")
            for when in ("imported", "types"):
                assert {name for name in OFFERED if seen[when][name] == "undefined"} == set()
                assert {name for name in ABSENT if seen[when][name] != "undefined"} == set()
            assert seen["errors"] == [f"ReferenceError: {name} is not defined" for name in ABSENT]
            assert seen["within"] == []
            assert seen["process"] == ["env"]
            assert seen["environment"] == ["string", None, "production"]
            assert seen["isSelf"] is True
            assert seen["polyfilled"] == ["polyfilled", "undefined"]


def test_fault_24_what_the_runtime_offers_works(project: SmallProject) -> None:
    project.write(
        "offered.ts",
        FUNCTIONS
        + """
import { AsyncLocalStorage } from "node:async_hooks";
const storage = new AsyncLocalStorage<string>();
export const run = action({ args: {}, handler: async () => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("a"));
  const form = new FormData();
  form.set("file", new File(["text"], "a.txt"));
  const aborted = new AbortController();
  aborted.abort();
  await new Promise((resolve) => setTimeout(resolve, 1));
  return [
    digest.byteLength, crypto.randomUUID().length, crypto.getRandomValues(new Uint8Array(4)).length,
    crypto instanceof Crypto, new URL("/a?b=c", "https://a.example").search,
    await new Response(new Blob(["body"]).stream()).text(), (form.get("file") as File).size,
    structuredClone({ a: [1] }).a[0], atob(btoa("text")), aborted.signal.aborted,
    storage.run("stored", () => storage.getStore()!),
    await fetch("data:text/plain,fetched").then((answer) => answer.text()),
    new TextDecoder().decode(new Uint8Array([97])), performance.now() > 0,
  ];
} });
""",
    )
    with EmbeddedBackend.start(project.root) as backend:
        assert ConvexHttpClient(backend.url).action("offered:run") == [
            *(32, 36, 4, True, "?b=c", "body", 4, 1, "text", True, "stored", "fetched", "a", True)
        ]


def test_fault_24_then_is_a_name_as_others(project: SmallProject) -> None:
    """Convex asks no module whether it is a promise, and a promise asks whatever it is given."""
    own = "export const then = query({ args: {}, handler: async () => 1 });\n"
    helper = "export const then = (): never => { throw new Error('called'); };\n"
    project.write("own.ts", f"{FUNCTIONS}{own}")
    project.write(
        "beside.ts",
        f"{FUNCTIONS}{helper}"
        "export const ask = query({ args: {}, handler: async (ctx): Promise<number> =>\n"
        '  await ctx.runQuery(makeFunctionReference<"query">("own:then"), {}) });\n'
        'import { makeFunctionReference } from "convex/server";\n',
    )
    project.write(
        "node.ts",
        f'"use node";\n{FUNCTIONS}{helper}'
        "export const act = action({ args: {}, handler: async () => 3 });\n",
    )
    project.write("schema.ts", f"{schema('')}{helper}")
    project.write("auth.config.ts", f"export default {{ providers: [] }};\n{helper}")
    project.write(
        "http.ts",
        f'import {{ httpRouter }} from "convex/server";\n{helper}export default httpRouter();\n',
    )
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        assert client.query("own:then") == client.query("beside:ask") == 1
        assert client.action("node:act") == 3
        with pytest.raises(Exception, match="Could not find public function for 'beside:then'"):
            client.query("beside:then")
        assert httpx2.get(f"{backend.site_url}/none").status_code == 404
    printed = run([sys.executable, "-m", "convexgen", "function-spec"], project.root)
    assert printed.returncode == 0, printed.stderr
    identifiers = [one.get("identifier") for one in json.loads(printed.stdout)["functions"]]
    assert identifiers == ["beside.js:ask", "node.js:act", "own.js:then"]


def test_fault_24_timers_may_be_cleared_anywhere(project: SmallProject) -> None:
    """Setting them is what queries and mutations cannot do."""
    clear = "clearTimeout(undefined); globalThis.clearInterval(undefined);"
    handler = f"handler: async () => {{ {clear} return null; }}"
    kinds = "".join(
        f"export const in{kind.title()} = {kind}({{ args: {{}}, {handler} }});\n" for kind in KINDS
    )
    project.write("timers.ts", f"{FUNCTIONS}\n{clear}\n{kinds}")
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        for kind in KINDS:
            assert getattr(client, kind)(f"timers:in{kind.title()}") is None


def test_fault_24_the_console_of_the_runtime(project: SmallProject) -> None:
    """It has few methods, and shows no other; that of Node.js has all of them."""
    methods = ["debug", "error", "info", "log", "time", "timeEnd", "timeLog", "trace", "warn"]
    project.write(
        "own.ts",
        f"{FUNCTIONS}console.time();\nconsole.timeEnd();\n"
        """
const handler = async () => {
  console.time("work");
  console.time("work");
  console.timeLog("work", { at: 1 });
  console.timeEnd("work");
  console.timeEnd("work");
  console.log("end", 1);
  const isOne = console === globalThis.console;
  return [Object.keys(console).sort(), typeof (console as any).table, isOne];
};
"""
        + "".join(
            f"export const in{kind.title()} = {kind}({{ args: {{}}, handler }});\n"
            for kind in KINDS
        ),
    )
    tables = ACTION.replace("null", "typeof console.table")
    project.write("node.ts", f'"use node";\n{tables}')
    with EmbeddedBackend.start(project.root) as backend:
        for kind in KINDS:
            body = {"path": f"own:in{kind.title()}", "args": {}, "format": "json"}
            answer = httpx2.post(f"{backend.url}/api/{kind}", json=body).json()
            assert answer["value"] == [methods, "undefined", True]
            lines = [re.sub(r"\d+ms", "…ms", line) for line in answer["logLines"]]
            assert lines == [
                "[WARN] Timer 'work' already exists",
                "[INFO] work: …ms { at: 1 }",
                "[INFO] work: …ms",
                "[WARN] Timer 'work' does not exist",
                "[LOG] 'end' 1",
            ]
        assert ConvexHttpClient(backend.url).action("node:run") == "function"


def test_fault_24_files_of_webassembly_are_compiled(project: SmallProject) -> None:
    """In both runtimes, when they are imported; this one has a function that gives 42."""
    answer = "0061736d010000000105016000017f03020100070a0106616e7377657200000a06010400412a0b"
    (project.root / "convex" / "answer.wasm").write_bytes(bytes.fromhex(answer))
    called = "(new WebAssembly.Instance(answer).exports.answer as () => number)()"
    body = 'import answer from "./answer.wasm";\n' + ACTION.replace("null", called)
    project.write("own.ts", body)
    project.write("node.ts", f'"use node";\n{body}')
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        assert [client.action("own:run"), client.action("node:run")] == [42, 42]


def test_fault_24_files_for_node_have_names_of_commonjs(project: SmallProject) -> None:
    """Where they do not declare them themselves, as ES modules do."""
    names = "[typeof __dirname, typeof __filename, typeof require]"
    project.write("free.ts", f'"use node";\n{ACTION.replace("null", names)}')
    declared = """"use node";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const __dirname = dirname(__filename);
"""
    project.write(
        "declared.ts",
        declared + ACTION.replace("null", "[typeof __dirname, require('node:path').sep]"),
    )
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        assert client.action("free:run") == ["string", "string", "function"]
        assert client.action("declared:run") == ["string", "/"]


def test_fault_24_files_for_node_have_its_globals(project: SmallProject) -> None:
    """Also with a file beside them that is not for Node.js, and with code that both share."""
    shared = "export const seen = () => [typeof Buffer, typeof (globalThis as any).setImmediate];\n"
    body = 'import { seen } from "./shared";\n' + ACTION.replace("null", "seen()")
    project.write("shared.ts", shared)
    project.write("own.ts", body)
    project.write(
        "node.ts",
        f'"use node";\nimport {{ sep }} from "node:path";\n{body}'
        + "const early = [typeof process.cwd(), typeof require, typeof global, sep.length];\n"
        + "export const first = action({ args: {}, handler: async () => early });\n",
    )
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        assert client.action("own:run") == ["undefined", "undefined"]
        assert client.action("node:run") == ["function", "function"]
        assert client.action("node:first") == ["string", "function", "object", 1]


DETECTING = """
var isNode = typeof process !== "undefined" && process.versions != null
  && process.versions.node != null;
var bytes = typeof Buffer !== "undefined" ? Buffer.from("a") : new TextEncoder().encode("a");
var root = typeof globalThis !== "undefined" ? globalThis
  : typeof global !== "undefined" ? global : this;
module.exports = {
  isNode: isNode, isBuffer: typeof Buffer === "function" && bytes instanceof Buffer,
  hasImmediate: typeof root.setImmediate === "function",
  environment: typeof process === "object" && process.env ? process.env.NODE_ENV : "none",
};
"""


def test_a_module_of_commonjs_shares_convex(project: SmallProject) -> None:
    """It requires the same instance that modules import, in both runtimes."""
    project.write(
        "../parts/index.cjs",
        """\
const server = require("convex/server");
const { ConvexError, v } = require("convex/values");
exports.notes = server.defineTable({ text: v.string() });
exports.isOne = (error) => error instanceof ConvexError;
exports.fail = () => { throw new ConvexError("from CommonJS"); };
""",
    )
    project.write(
        "schema.ts",
        """\
import { defineSchema } from "convex/server";
import { notes } from "../parts/index.cjs";
export default defineSchema({ notes });
""",
    )
    body = 'import parts from "../parts/index.cjs";\nimport { ConvexError } from "convex/values";\n'
    body += ACTION.replace("null", "parts.isOne(new ConvexError(1)) || parts.fail()")
    project.write("own.ts", body)
    project.write("node.ts", f'"use node";\n{body}')
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        assert client.action("own:run") is True
        assert client.action("node:run") is True


def test_fault_24_packages_that_detect_their_runtime(project: SmallProject) -> None:
    """They take this one for what Convex's is, and Node.js for Node.js."""
    (project.root / "node_modules").unlink()
    packages = project.root / "node_modules"
    packages.mkdir()
    for package in PACKAGES.iterdir():
        (packages / package.name).symlink_to(package)
    (packages / "detecting").mkdir()
    (packages / "detecting" / "package.json").write_text(
        '{"name": "detecting", "version": "1.0.0", "main": "node.js", "browser": "index.js"}'
    )
    (packages / "detecting" / "index.js").write_text(DETECTING)
    (packages / "detecting" / "node.js").write_text(
        'require("fs");\nmodule.exports = require("./index.js");\n'
    )
    body = 'import detecting from "detecting";\n' + ACTION.replace("null", "({ ...detecting })")
    project.write("own.ts", body)
    project.write("node.ts", f'"use node";\n{body}')
    with EmbeddedBackend.start(project.root) as backend:
        client = ConvexHttpClient(backend.url)
        production = {"environment": "production"}
        found = dict.fromkeys(("isNode", "isBuffer", "hasImmediate"), False)
        assert client.action("own:run") == found | production
        found = dict.fromkeys(("isNode", "isBuffer", "hasImmediate"), True)
        assert client.action("node:run") == found | production
