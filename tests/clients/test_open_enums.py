"""Open enums: any text is a value, wherever an enum may stand, in clients of different versions."""

from __future__ import annotations

import asyncio
import copy
import importlib
import pickle
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.frontend import load_system
from jsonschema import Draft202012Validator
from node_program import bundle_text, run_node
from project import Project, make_project, node_tool, run, tsc
from pydantic import ValidationError

OLDER = """
convexgen: 1
name: open-enums
lint: {unbounded-list: off}
enums:
  Stage: {values: [draft, live], open: true, description: How far it is.}
objects:
  Place: {stage: Stage, other: Stage?}
entities:
  Channel:
    table: channels
    key: stage
    fields: {stage: Stage, note: string?}
  Post:
    table: posts
    key: [channel, number]
    fields:
      channel: {type: ref<Channel>, onDelete: cascade}
      number: integer
      stage: {type: Stage, default: live}
      stages: list<Stage>
      votes: record<string, Stage>
      rank: {enum: [asc, desc], open: true, default: asc}
      one: {enum: [only], open: true}
      either: Stage | integer | null
      place: Place?
      maybe: Stage?
      none: Stage | null
      slug: string
      text: string
      embedding: vector<3>
    unique: [[stage, slug]]
    indexes: {by_rank: [rank, number], by_maybe: [maybe], by_number_and_stage: [number, stage]}
    queries: {numbered: {by: number, order: stage}}
    searchIndexes: {search_text: {search: text, filter: [stage, rank]}}
    vectorIndexes: {by_embedding: {vector: embedding, filter: [stage]}}
functions:
  own:stages: {kind: query, args: {stage: Stage, other: Stage?}, returns: list<Stage>}
"""
NEWER = OLDER.replace("[draft, live]", "[draft, live, gone]").replace(
    "[asc, desc]", "[asc, desc, none]"
)

OWN = """
import { v } from "convex/values";
import { internalQuery } from "./_generated/server.js";

export const stages = internalQuery({
  args: { stage: v.string(), other: v.optional(v.string()) },
  handler: async (_ctx, args) => [args.stage, args.other ?? "live"],
});
"""

VERSIONS = {"older": OLDER, "newer": NEWER}


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """A project of each version, whose Python package is called after it."""
    folder = tmp_path_factory.mktemp("open")
    made: dict[str, Project] = {}
    for name, spec in VERSIONS.items():
        (folder / f"{name} spec").mkdir()
        file = folder / f"{name} spec" / "spec.yaml"
        file.write_text(f"{spec}python: {{package: open_{name}}}\n")
        made[name] = make_project(folder / name, file)
        made[name].generate()
        (made[name].root / "convex" / "own.ts").write_text(OWN)
        sys.path.insert(0, str(made[name].root / "generated" / "python"))
    return made


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest, projects: dict[str, Project]) -> Iterator[Any]:
    with EmbeddedBackend.start(projects[request.param].root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend) -> EmbeddedBackend:
    """A deployment of each of the versions, with an empty database."""
    server.control("reset")
    return server


@pytest.fixture
def old(projects: dict[str, Project]) -> Any:
    return importlib.import_module("open_older")


@pytest.fixture
def new(projects: dict[str, Project]) -> Any:
    return importlib.import_module("open_newer")


def post(package: Any, number: int, stage: str, **others: Any) -> Any:
    """A post with a value wherever one may be."""
    return package.Post(
        channel=stage,
        number=number,
        stage=stage,
        stages=["live", stage],
        votes={"a": stage},
        one=stage,
        either=stage,
        place=package.Place(stage=stage, other=stage),
        maybe=stage,
        none=stage,
        slug=f"s{number}",
        text="some words",
        embedding=[1, 0, float(number)],
        **{"rank": stage, **others},
    )


def values(found: Any) -> list[Any]:
    """The values of `Stage` in a post."""
    places = (found.place.stage, found.place.other)
    own = (found.channel, found.stage, found.stages[1], found.votes["a"], found.either)
    return [*own, found.maybe, found.none, *places]


def test_fault_17_any_text_is_a_value_of_an_open_enum(old: Any, new: Any) -> None:
    known = post(old, 1, "draft", rank="desc")
    assert all(one is old.Stage.DRAFT for one in values(known))
    assert (type(known.rank), known.rank, known.one) == (str, "desc", "draft")
    assert old.is_known(known.rank)
    assert not old.is_known(known.one)
    unknown = post(old, 1, "gone")
    for one in (*values(unknown), unknown.rank):
        assert isinstance(one, str)
        assert not isinstance(one, old.Stage)
        assert (one, f"{one}", repr(one), hash(one)) == ("gone", "gone", "'gone'", hash("gone"))
        assert not old.is_known(one)
        assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == "gone"
    assert values(post(new, 1, "gone")) == [new.Stage.GONE] * len(values(unknown))
    # The default, and what is assigned
    unset = known.model_copy()
    assert old.Post.model_fields["stage"].default is old.Stage.LIVE
    unset.stage = "gone"
    assert not old.is_known(unset.stage)
    unset.stage = "live"
    assert unset.stage is old.Stage.LIVE
    for wrong in (5, None, b"live", ["live"]):
        with pytest.raises(ValidationError, match="stage"):
            unset.stage = wrong


def test_text_that_is_not_unicode_is_refused_as_a_value_of_an_open_enum(
    projects: dict[str, Project], old: Any
) -> None:
    with (
        EmbeddedBackend.start(projects["older"].root) as backend,
        old.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        refused = pytest.raises(old.InvalidArgument, match="lone surrogate")
        for field in ("stage", "maybe", "rank", "one"):
            wrong = post(old, 1, "live").model_copy(update={field: "\ud800"})
            with refused:
                storage.posts.create(wrong)
        with refused:
            storage.posts.create(post(old, 1, "live").model_copy(update={"stages": ["\ud800"]}))
        with refused:
            storage.functions.own.stages(stage="\ud800")


def test_fault_17_the_json_schema_of_an_open_enum_admits_any_string(old: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for stage in ("draft", "gone", "", "é😀"):
            written = post(old, 1, stage)
            dumped = written.model_dump(mode="json")
            for mode in ("validation", "serialization"):
                schema = old.Post.model_json_schema(mode=mode)
                Draft202012Validator(schema).validate(dumped)
                stages = schema["properties"]["stage"]
                assert (stages["type"], stages["examples"]) == ("string", ["draft", "live"])
            assert old.Post.model_validate_json(written.model_dump_json()) == written
            assert old.Post.model_validate(dumped) == written
    with pytest.raises(ValidationError):
        old.Post.model_validate({**dumped, "stage": 5})


@pytest.mark.parametrize("client", VERSIONS)
@pytest.mark.parametrize("stage", ["live", "gone", "", "later \u202e`${x}`\n😀"])
def test_fault_17_values_of_an_open_enum_are_stored_and_found_by_clients_of_any_version(
    backend: EmbeddedBackend, projects: dict[str, Project], client: str, stage: str
) -> None:
    package = importlib.import_module(f"open_{client}")
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        channel = storage.channels.save(package.Channel(stage=stage))
        assert storage.channels.get(stage) == channel
        assert storage.channels.get_many([stage, "other"]) == [channel, None]
        saved = storage.posts.save(post(package, 1, stage))
        # A value of the enum and the same text are the same.
        found = storage.posts.get(saved.channel, 1)
        assert found == saved == storage.posts.get(stage, 1)
        assert values(found) == [stage] * 9
        assert [package.is_known(one) for one in values(found)] == [
            stage in list(package.Stage)
        ] * 9
        posts = storage.posts
        for finding in (
            posts.by_stage_and_slug(stage, "s1"),
            posts.by_rank(stage, number=1),
            posts.by_maybe(stage),
            posts.by_number_and_stage(1, stage),
            posts.numbered(1, stage=stage),
            posts.numbered(1, stage=package.Range(gte=stage, lte=stage)),
        ):
            assert list(finding) == [found]
        assert list(posts.numbered(1, stage=package.Range(gt=stage))) == []
        assert list(posts.by_maybe("never")) == []
        assert posts.search_text("words", stage=stage, rank=stage).all() == [found]
        assert posts.search_text("words", stage="never").all() == []
        nearest = posts.nearest_by_embedding([1.0, 0.0, 1.0], stage=stage)
        assert [one.item for one in nearest] == [found]
        with posts.watch(stage, 1) as snapshots:
            assert next(snapshots) == found
        assert storage.functions.own.stages(stage=stage) == [stage, "live"]
        assert storage.functions.own.stages(stage="live", other=stage) == ["live", stage]
        with pytest.raises(package.AlreadyExists):
            posts.save(post(package, 2, stage).model_copy(update={"slug": "s1"}))
        changed = posts.update(
            stage, 1, stage="later", stages=["a", stage], none=None, expected={"stage": stage}
        )
        assert (changed.stage, changed.stages, changed.none) == ("later", ["a", stage], None)
        with pytest.raises(package.Conflict):
            posts.update(stage, 1, stage="live", expected={"stage": stage})
        assert posts.delete_many([(stage, 1)]) == 1
        assert storage.channels.delete(stage)


def test_fault_17_values_of_an_open_enum_from_asyncio(
    backend: EmbeddedBackend, old: Any, new: Any
) -> None:
    async def read() -> list[Any]:
        async with (
            old.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as older,
            new.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as newer,
        ):
            await newer.posts.save(post(new, 1, "gone"))
            await older.posts.save(post(old, 2, "later"))
            found = [one async for one in older.posts.list()]
            found += await newer.posts.search_text("words", stage="later").all()
            async with older.posts.watch("gone", 1) as snapshots:
                found.append(await anext(snapshots))
            return found

    found = asyncio.run(read())
    assert [one.stage for one in found] == ["gone", "later", "later", "gone"]
    assert not any(old.is_known(found[place].stage) for place in (0, 1, 3))
    assert not new.is_known(found[2].stage)


USAGE = """
import { ConvexStorage, isKnown, Stage, type Post } from "CLIENT";

const storage = new ConvexStorage(process.env["CONVEX_URL"] ?? "", {
  deployKey: process.env["CONVEX_DEPLOY_KEY"],
});

function text(stage: Stage): string {
  if (!isKnown(Stage, stage)) return `another: ${stage}`;
  const known: "draft" | "live" = stage;
  return known;
}

for (const stage of [Stage.LIVE, "gone", "later"]) {
  await storage.channels.save({ stage });
  const saved = await storage.posts.save({
    channel: stage,
    number: 1,
    stages: [stage],
    votes: { a: stage },
    one: stage,
    either: stage,
    place: { stage },
    maybe: stage,
    none: stage,
    slug: stage,
    text: "some words",
    embedding: [1, 0, 0],
    ...(stage === Stage.LIVE ? {} : { stage, rank: stage }),
  });
  const found: (Post | null | undefined)[] = [
    await storage.posts.get({ channel: stage, number: 1 }),
    await storage.posts.byMaybe(stage).first(),
    await storage.posts.numbered(1, { stage: { gte: stage, lte: stage } }).first(),
    await storage.posts.byStageAndSlug(stage, stage).first(),
    ...(await storage.posts.searchText("words", { stage, rank: saved.rank }).all()),
    ...(await storage.posts.nearestByEmbedding([1, 0, 0], { stage })).map((one) => one.item),
  ];
  const own = await storage.functions.own.stages({ stage });
  console.log(text(saved.stage), found.length, found.every((one) => one?.stage === stage), own[0]);
  const { stage: changed } = await storage.posts.update(
    { channel: stage, number: 1 },
    { stage: "draft" },
    { expected: { stage } },
  );
  console.log(text(changed));
}
// @ts-expect-error a value is text
storage.posts.byMaybe(5);
await storage.close();
"""


def test_fault_17_values_of_an_open_enum_in_typescript(
    backend: EmbeddedBackend, projects: dict[str, Project], tmp_path: Path
) -> None:
    root = projects["older"].root
    (root / "usage.ts").write_text(USAGE.replace("CLIENT", "./generated/typescript/index.js"))
    options = ["--strict", "--noEmit", "--module", "NodeNext", "--target", "ES2022"]
    options += ["--types", "node", "--skipLibCheck", "--noPropertyAccessFromIndexSignature"]
    checked = run([*tsc(), *options, "usage.ts"], root)
    assert checked.returncode == 0, checked.stdout
    client = (root / "generated" / "typescript" / "index.ts").as_posix()
    printed = run_node([bundle_text(USAGE.replace("CLIENT", client), tmp_path)], backend)
    assert printed.splitlines() == [
        "live 6 true live",
        "draft",
        "another: gone 6 true gone",
        "draft",
        "another: later 6 true later",
        "draft",
    ]


TYPED = """
from typing import assert_never, assert_type

from open_older import ConvexStorage, Post, Stage


def text(stage: Stage | str) -> str:
    if not isinstance(stage, Stage):
        return assert_type(stage, str)
    match stage:
        case Stage.DRAFT | Stage.LIVE:
            return stage.value
        case _:
            assert_never(stage)


def use(storage: ConvexStorage, post: Post) -> None:
    assert_type(post.stage, Stage | str)
    assert_type(post.stages, list[Stage | str])
    text(post.stage)
    post.stage = "later"
    post.rank = "upwards"
    storage.posts.by_maybe("later")
    storage.posts.by_maybe(Stage.LIVE)
    storage.posts.by_maybe(5)  # mistake
    storage.posts.update("later", 1, stage=Stage.LIVE, stages=["later"], rank="none")
    storage.posts.update("later", 1, stage=5)  # mistake
"""


def test_fault_17_type_checkers_take_any_text_for_an_open_enum(
    projects: dict[str, Project],
) -> None:
    root = projects["older"].root / "generated" / "python"
    (root / "typed.py").write_text(TYPED)
    mistakes = [
        number for number, line in enumerate(TYPED.splitlines(), 1) if line.endswith("# mistake")
    ]
    checked = run([sys.executable, "-m", "mypy", "--strict", "typed.py"], root)
    lines = [line.split(":")[1] for line in checked.stdout.splitlines() if ": error:" in line]
    assert lines == [str(number) for number in mistakes], checked.stdout
    checked = run([node_tool("pyright"), "--pythonpath", sys.executable, "typed.py"], root)
    lines = [line.split(":")[1] for line in checked.stdout.splitlines() if " - error: " in line]
    assert lines == [str(number) for number in mistakes], checked.stdout


def test_fault_17_a_default_of_an_open_enum_is_one_that_it_lists() -> None:
    for given in (
        OLDER.replace("default: live", "default: lvie"),
        OLDER.replace("default: asc", "default: up"),
    ):
        (found,) = load_system(given, "spec.yaml").diagnostics
        assert found.code == "default-value"
        assert "none of the values that the enum lists" in found.message
