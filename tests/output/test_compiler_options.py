"""Generated TypeScript compiles under whatever options the project of a user has."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from project import ROOT, make_project, run, runtime_texts, tsc

STRICTEST = "@tsconfig/strictest/tsconfig.json"

# What `isolatedDeclarations` asks to have spelled out: the type of an exported value.
# Of Convex's validators, schemas and functions it is inferred, in everybody's projects:
# https://docs.convex.dev/functions/validation
INFERRED = re.compile(
    r"export (?:default defineSchema\(|const \w+ =)"
    r"|export function (?:bounds\w*|deletionOfMany|offsetPage|orAbsent)<"
    r"|export function (?:aroundArg|windowsOf|relatedTo)<"
    r"|export function (?:equal|json|list|ordered|text)[<(]"
    r"|const \w+ = (?:v\.|\w+\.document$)|  (?:\w+: |\.\.\.\w+,)"
)

# Where every option is used, which takes long enough, and what is used has the client of another.
DECLARING = ("good-everything", "vitest", "usage.ts")

NODE_NEXT = {"module": "NodeNext", "moduleResolution": "NodeNext"}
BUNDLER = {"module": "ESNext", "moduleResolution": "Bundler"}
COMPILED = {
    "noEmit": True,
    "target": "ES2022",
    "lib": ["ES2022", "DOM"],
    "types": ["node"],
    "verbatimModuleSyntax": True,
    "erasableSyntaxOnly": True,
}

# What is `undefined` is left out, whatever `exactOptionalPropertyTypes` says of it, but for what a
# query compares, where it is refused.
USAGE = """
import { ConvexStorage } from "./mastra/generated/typescript/index.js";
import type { MessageInput, ThreadInput } from "./mastra/generated/typescript/index.js";

export async function use(title: string | undefined, days: number | undefined): Promise<void> {
  const storage: ConvexStorage = new ConvexStorage("", { deployKey: undefined, timeout: days });
  const thread: ThreadInput = { threadId: "t", resourceId: "r", title: undefined };
  await storage.threads.save({ ...thread, title, metadata: undefined, createdAt: days });
  await storage.threads.update("t", { title, metadata: undefined }, { expected: { title } });
  const bounds = days === undefined ? {} : { gte: days };
  const pages = storage.threads.byResourceId("r", { updatedAt: bounds, order: undefined });
  for await (const one of pages) await storage.threads.save({ ...one, title: one.title });
  const message: Partial<MessageInput> = { resourceId: undefined };
  void message;
}
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what each good spec gives, in a folder of its own."""
    folder = tmp_path_factory.mktemp("options")
    specs = {path.parent.name: path for path in (ROOT / "tests/cases").glob("good-*/spec.yaml")}
    for path in (ROOT / "tests" / "peer_cases").glob("*/spec.yaml"):
        if not (path.parent / "stderr.txt").exists():
            specs[path.parent.name] = path
    specs["mastra"] = ROOT / "schema" / "mastra.yaml"
    specs |= {path.stem: path for path in (ROOT / "packs").glob("*.yaml")}
    specs["vitest"] = ROOT / "tests" / "clients" / "vitest" / "spec.yaml"
    for name, spec in specs.items():
        project = make_project(folder / name, spec)
        project.generate()
        (project.root / "node_modules").unlink()
    _share_the_runtime(folder)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}\n')
    (folder / "usage.ts").write_text(USAGE)
    return folder


def _share_the_runtime(folder: Path) -> None:
    """All of them have the same, which the compiler sees once: the others are links to it."""
    first = folder / "good-everything" / "generated" / "typescript" / "runtime"
    texts = runtime_texts(first)
    others = [one for one in folder.glob("*/generated/typescript/runtime") if one != first]
    assert len(others) > 50
    for other in others:
        assert runtime_texts(other) == texts
        shutil.rmtree(other)
        other.symlink_to(first)


def configure(folder: Path, options: dict[str, object], included: Sequence[str]) -> None:
    """Write the options of a compilation that gives no files."""
    configuration = {
        "extends": STRICTEST,
        "compilerOptions": {**COMPILED, **options},
        "include": included,
        "exclude": ["*/schema"],  # the code of functions is copied from there, to where it fits
    }
    (folder / "tsconfig.json").write_text(json.dumps(configuration))


def test_fault_10_everything_compiles_under_the_strictest_options(generated: Path) -> None:
    configure(generated, NODE_NEXT, ["**/*"])
    finished = run([*tsc(), "--project", "."], generated)
    assert (finished.returncode, finished.stdout) == (0, "")


def test_fault_10_all_but_what_is_inferred_everywhere_is_declared(generated: Path) -> None:
    """By the compiler of before too, and as bundlers find modules."""
    configure(generated, {**BUNDLER, "declaration": True, "isolatedDeclarations": True}, DECLARING)
    finished = run([*tsc(version=6), "--project", "."], generated)
    # These come last: tsc gives them where there are no others.
    errors = re.findall(r"^(.+)\((\d+),\d+\): error (TS\d+): (.*)$", finished.stdout, re.MULTILINE)
    assert len(errors) > 100, finished.stdout
    for path, line, code, text in errors:
        place = f"{path}:{line}: {code} {text}"
        assert code in {"TS9007", "TS9010", "TS9013", "TS9015", "TS9016", "TS9037"}, place
        assert "/convex/" in f"/{path}", place
        lines = (generated / path).read_text().splitlines()
        assert INFERRED.match(lines[int(line) - 1]), place


def test_fault_10_the_client_of_a_package_is_declared_file_by_file(generated: Path) -> None:
    """`isolatedDeclarations` is for packages: their declarations are written, and used."""
    client = generated / "good-everything" / "generated" / "typescript"
    output = generated / "declared"
    options = {
        **NODE_NEXT,
        "target": "ES2022",
        "lib": ["ES2022", "DOM"],
        "types": ["node"],
        "declaration": True,
        "isolatedDeclarations": True,
        "emitDeclarationOnly": True,
        "rootDir": str(client),
        "outDir": str(output),
    }
    configuration = {
        "extends": STRICTEST,
        "compilerOptions": options,
        "include": [f"{client}/**/*.ts"],
    }
    (generated / "tsconfig.json").write_text(json.dumps(configuration))
    finished = run([*tsc(), "--project", "."], generated)
    assert finished.returncode == 0, finished.stdout
    declared = (output / "storage.d.ts").read_text()
    assert "readonly customers: CustomerStore;" in declared
    shutil.rmtree(output)
