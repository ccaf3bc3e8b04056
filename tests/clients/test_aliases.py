"""Models whose fields have the names of the spec as aliases."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import Project, make_project
from pydantic import TypeAdapter, ValidationError

SPEC = """
convexgen: 1
name: moorings
python: {package: moorings_client, aliases: true}
objects:
  Berth: {pierName: string, class: string?, URLOfMap: string?, widthInMetres: number}
  ByShip: {kindOfGuest: {literal: ship}, shipName: string}
  ByPlane: {kindOfGuest: {literal: plane}, flightNumber: string}
entities:
  Mooring:
    table: moorings
    key: mooringId
    fields:
      mooringId: string
      berth: Berth
      otherBerths: list<Berth>
      guest: {union: [ByShip, ByPlane], tag: kindOfGuest}
      inPlace: {object: {firstRope: integer}}
      notes: json?
      createdAt: {type: timestamp, set: on create}
functions:
  harbour:none:
    kind: query
    args: {berth: {object: {pierName: string}}}
    returns: {object: {shipName: string}}
"""
WIRE = {
    "mooringId": "m1",
    "berth": {"pierName": "A", "class": "c", "URLOfMap": "u", "widthInMetres": 2.5},
    "otherBerths": [{"pierName": "B", "widthInMetres": 3.0}],
    "guest": {"kindOfGuest": "ship", "shipName": "Fram"},
    "inPlace": {"firstRope": 1},
    "notes": {"$dollar": 1, "": 2, "snake_case": {"camelCase": None}},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("aliases")
    (folder / "given").mkdir()
    spec = folder / "given" / "spec.yaml"
    spec.write_text(SPEC)
    project = make_project(folder / "project", spec)
    project.generate()
    return project


@pytest.fixture(scope="module")
def package(project: Project) -> Any:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return importlib.import_module("moorings_client")


def mooring(package: Any) -> Any:
    return package.Mooring(
        mooring_id="m1",
        berth=package.Berth(pier_name="A", class_="c", url_of_map="u", width_in_metres=2.5),
        other_berths=[package.Berth(pier_name="B", width_in_metres=3)],
        guest=package.ByShip(kind_of_guest="ship", ship_name="Fram"),
        in_place={"first_rope": 1},
        notes=WIRE["notes"],
    )


def test_json_has_the_names_of_the_spec_by_alias(package: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(package.Mooring)
    text = adapter.dump_json(mooring(package), by_alias=True)
    assert adapter.dump_python(mooring(package), by_alias=True) == WIRE
    assert adapter.validate_json(text, by_alias=True, by_name=False) == mooring(package)
    assert adapter.validate_json(text) == mooring(package)
    with pytest.raises(ValidationError, match=r"mooring_id"):
        adapter.validate_json(mooring(package).model_dump_json(), by_alias=True, by_name=False)


def test_names_of_python_are_those_without_alias(package: Any) -> None:
    one = mooring(package)
    assert one.model_dump()["berth"]["url_of_map"] == "u"
    assert package.Mooring.model_validate_json(one.model_dump_json()) == one
    assert one.berth.class_ == "c"
    one.berth.class_ = "d"
    assert one.berth.class_ == "d"


def test_json_schemas_have_the_names_of_the_spec(package: Any) -> None:
    schema = package.Mooring.model_json_schema()
    assert {"mooringId", "otherBerths", "createdAt"} <= schema["properties"].keys()
    assert schema["$defs"]["Berth"]["properties"].keys() == WIRE["berth"].keys()  # type: ignore[attr-defined]


def test_mistakes_in_python_are_told_by_its_names(package: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        package.Mooring(mooring_id="m1", notes=None)
    places = {one["loc"] for one in caught.value.errors()}
    assert {("other_berths",), ("in_place",)} <= places
    for nothing, words in ((None, "None is Convex's null"), (package.UNSET, "UNSET is for")):
        with pytest.raises(ValidationError, match=rf"url_of_map\n.*{words}.* leave the field out"):
            package.Berth(pier_name="A", width_in_metres=1, url_of_map=nothing)
    with (
        package.ConvexStorage("http://127.0.0.1:1", deploy_key="key") as storage,
        pytest.raises(package.InvalidArgument, match="other_berths: Field required") as refused,
    ):
        storage.moorings.upsert("m2", set={}, create={})
    assert "otherBerths" not in str(refused.value)


def test_stores_write_and_read_as_ever(project: Project, package: Any) -> None:
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        saved = storage.moorings.save(mooring(package))
        assert saved.berth == mooring(package).berth
        assert storage.moorings.get("m1") == saved
        changed = storage.moorings.update(
            "m1", guest=package.ByPlane(kind_of_guest="plane", flight_number="SK1")
        )
        assert changed.guest.flight_number == "SK1"
