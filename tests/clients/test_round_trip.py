"""What is written through a client of a random spec is read back equal, or refused by both."""

from __future__ import annotations

import importlib
import itertools
import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from drawn_types import ENUMS, OBJECTS, DrawnEntity, DrawnField, types
from equality import plain, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node_program import bundle, run_node
from project import Project, make_project
from pydantic import ValidationError

EXAMPLES = 5
ENTITIES = 6
FIELDS = 12
DOCUMENTS = 36
SPOILT = 24
"""Of each entity: some 11,000 values are stored, and 720 documents refused."""

_fields = st.tuples(types, st.booleans(), st.booleans())
_entities = st.lists(
    st.lists(_fields, min_size=FIELDS, max_size=FIELDS), min_size=ENTITIES, max_size=ENTITIES
)
_numbers = itertools.count()


def _entity(number: int, drawn: list[Any]) -> DrawnEntity:
    """Every third one has variants: two whose fields have the same names, and one of its own.

    Every fourth one has no key.
    """
    has_key = number % 4 != 1
    fields = [DrawnField(f"f{place}", *parts) for place, parts in enumerate(drawn)]
    if number % 3 < 2:
        return DrawnEntity(number, fields, [], has_key)
    shared, first, own = fields[:3], fields[3:6], fields[6:]
    second = [replace(one, optional=not one.optional) for one in first]
    return DrawnEntity(number, shared, [first, second, own], has_key)


def _project(folder: Path, name: str, entities: list[DrawnEntity]) -> Project:
    spec = {
        "convexgen": 1,
        "name": name,
        "python": {"package": name},
        "enums": ENUMS,
        "objects": OBJECTS,
        "entities": {f"Entity{entity.number}": entity.spec() for entity in entities},
    }
    file = folder / "spec.json"
    file.write_text(json.dumps(spec, ensure_ascii=False), encoding="utf-8")
    # JSON is YAML.
    return make_project(folder / "project", file.rename(folder / "spec.yaml"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in settings().phases if phase.name == "generate"],
)
@given(drawn=_entities, seed=st.integers(0, 2**32))
def test_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[Any]], seed: int
) -> None:
    entities = [_entity(number, fields) for number, fields in enumerate(drawn)]
    name = f"round_trip_{next(_numbers)}"
    project = _project(tmp_path_factory.mktemp(name), name, entities)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    try:
        package = importlib.import_module(name)
    finally:
        sys.path.pop(0)
    chance = random.Random(seed)
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        every: list[tuple[Any, DrawnEntity, list[dict[str, Any]]]] = []
        for entity in entities:
            store = getattr(storage, entity.table)
            written = [entity.document(str(place), chance, package) for place in range(DOCUMENTS)]
            models = [entity.model(values, package)(**values) for values in written]
            _write(store, entity, models)
            _expect(store, entity, written, package)
            for values in written[:SPOILT]:
                _write_spoilt(storage, entity, values, chance, package)
            assert len(list(store.list())) == len(written)
            if entity.variants:
                _update(store, entity, written, chance, package)
            every.append((store, entity, written))
        if name.endswith("_0"):
            # A sample, which the TypeScript client reads and writes under other keys.
            client = project.root / "generated" / "typescript"
            run_node([bundle("rewrite.ts", project.root, client)], backend)
            for store, entity, written in every:
                again = [{**values, "key": f"again {values['key']}"} for values in written]
                _expect(store, entity, again, package)


def _write(store: Any, entity: DrawnEntity, models: list[Any]) -> None:
    if entity.has_key:
        assert store.save_many(models) == len(models)
        return
    created = store.create(models[0])
    assert store.get(created.doc_id).doc_id == created.doc_id
    assert store.create_many(models[1:]) == len(models) - 1


def _ids(store: Any, entity: DrawnEntity) -> dict[str, str]:
    """What tells the documents apart, by their field `key`."""
    return {one.key: one.key if entity.has_key else one.doc_id for one in store.list()}


def _update(
    store: Any,
    entity: DrawnEntity,
    written: list[dict[str, Any]],
    chance: random.Random,
    package: Any,
) -> None:
    """Change each field that a document may have, and none that only others have."""
    ids = _ids(store, entity)
    for values in written:
        one = ids[values["key"]]
        for field in entity.fields(values):
            given = field.give(chance, package)
            store.update(one, **(given or {field.name: package.UNSET}))
            values.pop(field.name, None)
            values.update(given)
        for field in entity.others(values):
            with _refused(package.InvalidArgument, f"update of {field.name}"):
                store.update(one, **{field.name: field.type.make(chance, package)})
    _expect(store, entity, written, package)


def _expect(store: Any, entity: DrawnEntity, written: list[dict[str, Any]], package: Any) -> None:
    ids = _ids(store, entity)
    read = store.get_many([ids[values["key"]] for values in written])
    for values, document in zip(written, read, strict=True):
        assert type(document) is entity.model(values, package)
        for field in entity.fields(values):
            found = getattr(document, field.name)
            expected = values.get(field.name, package.MISSING)
            assert same(plain(expected), plain(found)), (field.type, expected, found)


def _write_spoilt(
    storage: Any,
    entity: DrawnEntity,
    values: dict[str, Any],
    chance: random.Random,
    package: Any,
) -> None:
    """Spoil a value: neither the model nor the function, called past it, takes the document."""
    model = entity.model(values, package)
    wire = model(**{**values, "key": "spoilt"}).to_wire()
    field = chance.choice([field for field in entity.fields(values) if field.name in wire])
    value = plain(values[field.name])
    spoilt = (
        field.type.spoil(chance, value, wire[field.name])
        if value is not None
        else (object(), {"no": "such"})
        if field.type.kind not in {"", "object", "union"}
        else None
    )
    if spoilt is None:
        return
    told = f"{field.type} takes {spoilt}"
    with _refused(ValidationError, told):
        model(**{**values, field.name: spoilt[0]})
    runtime = importlib.import_module(f"{package.__name__}._runtime")
    raw = runtime.Call.mutation(
        f"{entity.table}:{'save' if entity.has_key else 'create'}",
        {f"entity{entity.number}": {**wire, field.name: spoilt[1]}},
        runtime.Decoder(Any),
        "save past the model",
        idempotent=entity.has_key,
    )
    with _refused((package.InvalidArgument, package.ServerError), told):
        storage._client.run(raw)


@contextmanager
def _refused(errors: Any, told: str) -> Iterator[None]:
    try:
        yield
    except errors:
        return
    pytest.fail(told)
