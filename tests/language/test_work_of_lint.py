"""How much there is to do for a spec grows as the spec does: counted by calls, not by a clock."""

from __future__ import annotations

import sys
from types import FrameType

from convexgen.frontend import load_system

SPEC = """\
convexgen: 1
name: many
python: {{aliases: true}}
objects:
{objects}
entities:
  Person:
    table: people
    key: personId
    fields: {{personId: string}}
  Event:
    table: events
    key: eventId
    fields:
      eventId: string
      personId: {{type: ref<Person>, onDelete: cascade}}
    tag: kind
    union: [{names}]
    unique: [code0]
    indexes: {{by_common_and_own1: [common, own1]}}
    queries: {{find: {{where: [common, own2, code3]}}}}
"""
OBJECT = (
    "  Kind{1}: {{kind: {{literal: {0}}}, common: string?, own{1}: {{type: number, min: 0}}, "
    "code{1}: string, data{1}: json?}}"
)


def calls(spec: str) -> int:
    """How many functions are called to load a spec."""
    count = 0

    def counted(_frame: FrameType, event: str, _given: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        loaded = load_system(spec, "spec.yaml")
    finally:
        sys.setprofile(before)
    assert loaded.system is not None, loaded.diagnostics
    return count


def variants(number: int) -> str:
    """A spec with a table of so many variants, each with fields of its own."""
    objects = "\n".join(OBJECT.format(f"v{one}", one) for one in range(number))
    names = ", ".join(f"Kind{one}" for one in range(number))
    return SPEC.format(objects=objects, names=names)


def test_four_times_as_many_variants_are_four_times_the_work() -> None:
    few, many = variants(20), variants(80)
    calls(many)  # what is kept from then on is not counted
    assert calls(many) < 4.4 * calls(few)
