"""The scores domain of Mastra's storage, whose rows are evaluations."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    Eval,
    InvalidArgument,
    SaveScorePayload,
    ScoreTenancyFilters,
    StoragePagination,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

START = datetime(2026, 5, 1, tzinfo=UTC)
ALL = StoragePagination(page=0, per_page=False)
JSON = {"$ref": 1, "clé": {"": [1.5, None]}}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        opened.scores.dangerously_clear_all()


@pytest.fixture(params=["sync", "async"])
def scores(request: pytest.FixtureRequest, store: MastraStore) -> Iterator[Any]:
    if request.param == "sync":
        yield store.scores
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(
            store.client.url, deploy_key=request.getfixturevalue("backend").admin_key
        )

        class Awaited:
            def __getattr__(self, name: str) -> Callable[..., Any]:
                method = getattr(opened.scores, name)
                assert inspect.iscoroutinefunction(method)
                return lambda *args, **kwargs: runner.run(method(*args, **kwargs))

        yield Awaited()
        runner.run(opened.close())


def payload(**changes: Any) -> SaveScorePayload:
    given: dict[str, Any] = {
        "scorer_id": "s",
        "entity_id": "e",
        "entity_type": "AGENT",
        "run_id": "r",
        "output": JSON,
        "score": 0.5,
        "scorer": {"id": "s"},
        "source": "LIVE",
        "entity": {"id": "e"},
    }
    return SaveScorePayload(**{**given, **changes})


@pytest.mark.defect(6)
def test_a_score_comes_back_as_it_was(scores: Any) -> None:
    given = payload(
        input=JSON,
        metadata=JSON,
        request_context={},
        organization_id=None,
        trace_id="t",
        generate_score_prompt="x" * (2 * 2**20),
        created_at=START,
    )
    saved = scores.save_score(given).score
    written = given.model_dump(by_alias=True)
    read = scores.get_score_by_id(id=saved.id).model_dump(by_alias=True)
    assert read == saved.model_dump(by_alias=True)
    assert read == {**written, "id": saved.id, "updatedAt": saved.updated_at}
    assert scores.get_score_by_id(id="none") is None


@pytest.mark.defect(9)
def test_a_score_replaces_the_one_with_its_id(scores: Any) -> None:
    first = scores.save_score(payload(id="mine", reason="why")).score
    second = scores.save_score(payload(id="mine", score=1, created_at=START)).score
    assert (second.score, second.created_at) == (1, first.created_at)
    assert second.updated_at > first.updated_at
    assert "reason" not in second.model_dump()
    found = scores.list_scores_by_run_id(run_id="r", pagination=ALL)
    assert [one.id for one in found.scores] == ["mine"]


LISTS: dict[str, dict[str, Any]] = {
    "list_scores_by_scorer_id": {"scorer_id": "s"},
    "list_scores_by_run_id": {"run_id": "r"},
    "list_scores_by_entity_id": {"entity_id": "e", "entity_type": "AGENT"},
    "list_scores_by_span": {"trace_id": "t", "span_id": "p"},
}


@pytest.mark.defect(9)
@pytest.mark.parametrize("name", LISTS)
def test_scores_are_listed_newest_first(scores: Any, name: str) -> None:
    read = getattr(scores, name)
    arguments = LISTS[name]
    for number in range(7):
        tenant = {"organization_id": f"o{number % 2}", "project_id": f"p{number % 3}"}
        scores.save_score(
            payload(
                id=f"{number}",
                trace_id="t",
                span_id="p",
                created_at=START + timedelta(minutes=number),
                **tenant,
            )
        )
    other = dict.fromkeys(("scorer_id", "run_id", "entity_id", "trace_id"), "another")
    scores.save_score(payload(**other, span_id="p"))
    for page, per_page, ids, has_more in (
        (0, 3, "654", True),
        (2, 3, "0", False),
        (3, 3, "", False),
        (0, 0, "", True),
        (0, 7, "6543210", False),
        (0, False, "6543210", False),
    ):
        pagination = StoragePagination(page=page, per_page=per_page)
        found = read(**arguments, pagination=pagination)
        assert [one.id for one in found.scores] == list(ids)
        assert found.pagination.model_dump() == {
            "total": 7,
            "page": page,
            "per_page": per_page,
            "has_more": has_more,
        }
    for tenant, ids in (
        ({"organization_id": "o1"}, "531"),
        ({"project_id": "p0"}, "630"),
        ({"organization_id": "o1", "project_id": "p0"}, "3"),
        ({"organization_id": ""}, ""),
    ):
        filters = ScoreTenancyFilters(**tenant)
        found = read(**arguments, pagination=ALL, filters=filters)
        assert [one.id for one in found.scores] == list(ids)
        assert found.pagination.total == len(ids)
    for given, message in (
        ({"page": -1, "per_page": 1}, "page must be >= 0"),
        ({"page": 0, "per_page": -1}, "perPage must be >= 0"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            read(**arguments, pagination=StoragePagination(**given))


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ({"source": "TEST"}, "2"),
        ({"entity_id": "e"}, "20"),
        ({"entity_type": "AGENT"}, "210"),
        ({"entity_id": "f", "entity_type": "AGENT", "source": "LIVE"}, "1"),
        ({"entity_id": "", "source": ""}, "210"),
        ({"source": "NONE"}, ""),
    ],
)
def test_scores_of_a_scorer_have_conditions(scores: Any, conditions: Any, ids: str) -> None:
    scores.save_score(payload(id="0"))
    scores.save_score(payload(id="1", entity_id="f"))
    scores.save_score(payload(id="2", source="TEST"))
    found = scores.list_scores_by_scorer_id(scorer_id="s", pagination=ALL, **conditions)
    assert [one.id for one in found.scores] == list(ids)
    assert found.pagination.total == len(ids)


def test_evaluations_from_before_scorers_are_no_scores(store: MastraStore) -> None:
    store.evals.save(Eval(eval_id="old", run_id="r", agent_name="a"))
    store.scores.save_score(payload(id="new"))
    found = store.scores.list_scores_by_run_id(run_id="r", pagination=ALL)
    assert ([one.id for one in found.scores], found.pagination.total) == (["new"], 1)
    assert store.scores.get_score_by_id(id="old") is None


def test_a_list_goes_on_where_a_query_cannot(scores: Any) -> None:
    for number in range(6):
        scores.save_score(payload(id=f"{number}", input="x" * (4 * 2**20)))
    found = scores.list_scores_by_scorer_id(scorer_id="s", pagination=ALL)
    assert [one.id for one in found.scores] == list("543210")
    five = StoragePagination(page=0, per_page=5)
    found = scores.list_scores_by_run_id(run_id="r", pagination=five)
    assert (len(found.scores), found.pagination.total, found.pagination.has_more) == (5, 6, True)


def test_scores_that_no_index_counts_are_found_in_parts(scores: Any) -> None:
    """Where they, and the others that they are compared with, are more than a query reads."""
    for number in range(24):
        project, size = ("mine", 3_000_000) if number % 4 == 0 else ("other", 800_000)
        scores.save_score(payload(id=f"{number:02}", project_id=project, input="x" * size))
    wanted = [f"{number:02}" for number in range(20, -1, -4)]
    for page, per_page, ids in (
        (0, False, wanted),
        (0, 2, wanted[:2]),
        (1, 4, wanted[4:]),
        (0, 0, []),
        (3, 4, []),
    ):
        found = scores.list_scores_by_scorer_id(
            scorer_id="s",
            filters=ScoreTenancyFilters(project_id="mine"),
            pagination=StoragePagination(page=page, per_page=per_page),
        )
        assert [one.id for one in found.scores] == ids
        assert found.pagination.total == 6
        assert found.pagination.has_more == (per_page is not False and page * 4 + per_page < 6)


def test_a_large_score_before_large_ones_is_listed(scores: Any) -> None:
    for number in range(15):
        size = 14_000_000 if number == 14 else 850_000
        scores.save_score(payload(id=f"{number:02}", input="x" * size))
    found = scores.list_scores_by_scorer_id(scorer_id="s", pagination=ALL)
    assert [one.id for one in found.scores] == [f"{number:02}" for number in range(14, -1, -1)]
