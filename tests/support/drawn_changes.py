"""Random pairs of specs, the one a change of the other, with documents of the old one."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

Shape: TypeAlias = dict[str, Any]
"""A type: its `kind`, and what it is made of."""

_TEXTS = ("", "a", "b", "lead", "gone")
_VALUES = ("lead", "customer", "gone", "new")
_PLAIN = ("string", "boolean", "number", "integer", "int64", "timestamp", "json", "any", "bytes")
_NAMES = ("aa", "bb", "cc", "dd")
_TAGS = ("card", "cash", "bank")


@dataclass
class Pair:
    """Two versions of an entity, and what they name."""

    before: dict[str, Any]
    after: dict[str, Any]
    documents: list[dict[str, Any]] = field(default_factory=list)


class Drawing:
    """Draws types, changes of them, and values; `with_ids` says whether there are document IDs."""

    def __init__(self, chance: Random, *, with_ids: bool) -> None:
        self._chance = chance
        self._with_ids = with_ids
        # Of many changes, one that breaks hides what is thought of the others.
        self._has_many = chance.random() < 0.3
        self._rate = 0.3 if self._has_many else 0

    def _likely(self, share: float) -> bool:
        return self._chance.random() < share

    def _changes(self, share: float) -> bool:
        """Whether something changes."""
        return self._likely(share * self._rate)

    # Types

    def type(self, depth: int = 2) -> Shape:
        kinds = ["plain", "plain", "enum", "named enum", "literal"]
        if self._with_ids:
            kinds.append("id")
        if depth:
            kinds += ["object", "named object", "list", "record", "union", "tagged", "vector"]
        kind = self._chance.choice(kinds)
        shape: Shape = {"kind": kind}
        match kind:
            case "plain":
                shape["name"] = self._chance.choice(_PLAIN)
            case "enum":
                shape |= {"values": self._some(_VALUES), "open": self._likely(0.4)}
            case "literal":
                shape["value"] = self._chance.choice(["x", "lead", 1, 2, True])
            case "object":
                shape["fields"] = self.fields(depth - 1)
            case "list" | "record":
                shape["of"] = self.type(depth - 1)
            case "union":
                shape["members"] = self._chance.sample(("string", "integer", "boolean", "bytes"), 2)
            case "tagged":
                shape["members"] = {
                    tag: self.fields(depth - 1) for tag in self._some(_TAGS, least=2)
                }
            case "vector":
                shape["size"] = self._chance.choice([2, 3])
            case _:
                pass
        return shape

    def _some(self, names: tuple[str, ...], least: int = 1) -> list[str]:
        return self._chance.sample(names, self._chance.randint(least, len(names)))

    def fields(self, depth: int) -> dict[str, Shape]:
        return {name: self.field(depth) for name in self._some(_NAMES[:3])}

    def field(self, depth: int) -> Shape:
        return {
            "type": self.type(depth),
            "optional": self._likely(0.4),
            "nullable": self._likely(0.3),
        }

    # Changes

    def changed_type(self, shape: Shape) -> Shape:
        if not self._changes(0.7):
            return shape
        if self._likely(0.3):
            return self.type(1)
        shape = dict(shape)
        match shape["kind"]:
            case "plain":
                wider = {"integer": "number", "timestamp": "number", "string": "any"}
                shape["name"] = wider.get(shape["name"], self._chance.choice(_PLAIN))
            case "enum":
                shape = self._changed_enum(shape)
            case "object":
                shape["fields"] = self.changed_fields(shape["fields"])
            case "list" | "record":
                shape["of"] = self.changed_type(shape["of"])
            case "union":
                most = self._chance.randint(2, 4)
                shape["members"] = [*shape["members"], "null", "number"][:most]
            case "tagged":
                shape["members"] = self._changed_members(shape["members"])
            case "literal" | "vector":
                name = "number" if shape["kind"] == "vector" else self._chance.choice(_PLAIN)
                plain = {"kind": "plain", "name": name}
                return {"kind": "list", "of": plain} if shape["kind"] == "vector" else plain
            case _:
                pass
        return shape

    def _changed_enum(self, shape: Shape) -> Shape:
        if self._likely(0.5):
            return {**shape, "open": not shape["open"]}
        return {**shape, "values": self._values(shape["values"])}

    def _changed_members(self, members: dict[str, dict[str, Shape]]) -> dict[str, Any]:
        found = {tag: self.changed_fields(one) for tag, one in members.items()}
        if self._likely(0.4):
            return {**{tag: self.fields(0) for tag in self._some(_TAGS)}, **found}
        return dict(list(found.items())[:2])

    def _values(self, values: list[str]) -> list[str]:
        added = [one for one in _VALUES if one not in values and self._likely(0.4)]
        kept = [one for one in values if self._likely(0.8)]
        return [*kept, *added] or values

    def changed_fields(self, fields: dict[str, Shape]) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        for name, one in fields.items():
            if self._changes(0.15):
                continue
            later = {**one, "type": self.changed_type(one["type"])}
            for option in ("optional", "nullable"):
                if self._changes(0.3):
                    later[option] = not one[option]
            if self._changes(0.1):
                found["renamed"] = {**later, "was": name}
            else:
                found[name] = later
        if self._changes(0.3):
            found.setdefault("added", {**self.field(1), "optional": self._likely(0.7)})
        return found or fields

    # Specs

    def spec_of(self, shape: Shape, names: dict[str, str]) -> Any:
        match shape["kind"]:
            case "plain":
                return {"type": shape["name"]}
            case "enum":
                return {"enum": shape["values"], "open": shape["open"]}
            case "literal":
                return {"literal": shape["value"]}
            case "id":
                return {"type": "id<Other>"}
            case "named enum" | "named object" as kind:
                return {"type": names[kind]}
            case "object":
                return {"object": self.fields_of(shape["fields"], names)}
            case "list":
                return {"list": self.spec_of(shape["of"], names)}
            case "record":
                return {"record": {"values": self.spec_of(shape["of"], names)}}
            case "union":
                return {"union": [{"type": one} for one in shape["members"]]}
            case "vector":
                return {"type": f"vector<{shape['size']}>"}
            case _:
                return {"union": self._variants(shape["members"], names), "tag": "kind"}

    def _variants(self, members: dict[str, dict[str, Shape]], names: dict[str, str]) -> list[Any]:
        return [
            {"object": {"kind": {"literal": tag}, **self.fields_of(fields, names)}}
            for tag, fields in members.items()
        ]

    def fields_of(self, fields: dict[str, Shape], names: dict[str, str]) -> dict[str, Any]:
        return {
            name: {
                **self.spec_of(one["type"], names),
                "optional": one["optional"],
                "nullable": one["nullable"],
                **({"renamedFrom": one["was"]} if "was" in one else {}),
                **one.get("options", {}),
                **({"rows": True} if one.get("rows") else {}),
            }
            for name, one in fields.items()
        }

    # Values

    def value(self, shape: Shape, known: dict[str, Any]) -> Any:
        chance = self._chance
        match shape["kind"]:
            case "plain":
                return self._plain(shape["name"])
            case "enum":
                return chance.choice([*shape["values"], *(_TEXTS if shape["open"] else ())])
            case "literal":
                return shape["value"]
            case "id":
                return "1|others"
            case "named enum":
                return chance.choice(known["named enum"])
            case "named object":
                return self.object(known["named object"], known)
            case "object":
                return self.object(shape["fields"], known)
            case "list":
                return [self.value(shape["of"], known) for _ in range(chance.randrange(3))]
            case "record":
                return {
                    key: self.value(shape["of"], known) for key in ("k", "l")[: chance.randrange(3)]
                }
            case "union":
                return self._plain(chance.choice(shape["members"]))
            case "vector":
                return [0.5] * shape["size"]
            case _:
                tag = chance.choice(list(shape["members"]))
                return {"kind": tag, **self.object(shape["members"][tag], known)}

    def _plain(self, name: str) -> Any:
        chance = self._chance
        int64 = {"$integer": base64.b64encode(chance.randbytes(8)).decode()}
        some = {"$bytes": base64.b64encode(b"xyz").decode()}
        values: dict[str, list[Any]] = {
            "string": list(_TEXTS),
            "boolean": [True, False],
            "number": [0, 1.5, -3, 7],
            "integer": [0, 1, -5],
            "int64": [int64],
            "timestamp": [0, 1700000000000],
            "json": [None, True, "a", 1.5, ["a"], {"a": {"b": 1}}],
            "any": [None, "a", int64, some, {"a": 1}],
            "bytes": [some],
            "null": [None],
        }
        return chance.choice(values[name])

    def object(self, fields: dict[str, Shape], known: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, one in fields.items():
            if one["optional"] and self._likely(0.4):
                continue
            is_null = one["nullable"] and self._likely(0.3)
            found[name] = None if is_null else self.value(one["type"], known)
        for name, one in fields.items():
            options = one.get("options", {})
            if "absent" in options and self._likely(0.8):
                found[f"{name}OrLast"] = found.get(name, [])
            elif "large" in options and self._with_ids and name in found and self._likely(0.3):
                found[name] = {"jsonChunks": {"ids": ["1|jsonChunks"], "bytes": 9}}
        return found

    # Pairs

    def pair(self, table: str) -> Pair:
        """Two versions of an entity, and documents of the old one."""
        names = {"named enum": f"Enum{table.title()}", "named object": f"Object{table.title()}"}
        inner = {name: self.field(0) for name in ("x", "y")}
        for one in inner.values():
            if one["type"]["kind"] == "named object":
                one["type"] = {"kind": "plain", "name": "string"}
        known: dict[str, Any] = {"named enum": self._some(_VALUES), "named object": inner}
        places = ["fields", "fields", "stored", "values", "enum", "object", "variants"]
        place = "all" if self._has_many else self._chance.choice(places)
        fields = {name: self._stored_so(one) for name, one in self._fields_for(place).items()}
        variants: dict[str, dict[str, Shape]] = {}
        if place == "variants" or self._likely(0.3):
            variants = {tag: self.fields(1) for tag in self._some(_TAGS, least=2)}
        later = self._changed_names(known, place)
        after = self._changed_at(place, fields)
        others = self._changed_variants(place, variants)
        # Fields of documents and of variants have different names.
        own = {tag: _prefixed(one) for tag, one in variants.items()}
        own_after = {tag: _prefixed(one) for tag, one in others.items()}
        pair = Pair(
            self._system(table, names, known, fields, own),
            self._system(table, names, later, after, own_after),
        )
        for number in range(6):
            stored = {name: one for name, one in fields.items() if not one.get("rows")}
            document = {"key": str(number), **self.object(stored, known)}
            if variants:
                tag = self._chance.choice(list(own))
                document |= {"kind": tag, **self.object(own[tag], known)}
            pair.documents.append(document)
        return pair

    def _changed_names(self, known: dict[str, Any], place: str) -> dict[str, Any]:
        """The named enum and the named object, later."""
        later = dict(known)
        if place == "enum" or self._changes(0.4):
            later["named enum"] = self._values(known["named enum"])
        if place == "object":
            later["named object"] = self._changed_once(known["named object"])
        elif self._changes(0.4):
            later["named object"] = self.changed_fields(known["named object"])
        return later

    def _changed_at(self, place: str, fields: dict[str, Shape]) -> dict[str, Shape]:
        """The fields of the entity, later."""
        match place:
            case "fields":
                return self._changed_once(fields)
            case "stored":
                name = self._chance.choice(list(fields))
                return {**fields, name: self._stored_so(fields[name])}
            case "values":
                changed = self._changed_enum(fields["aa"]["type"])
                return {**fields, "aa": {**fields["aa"], "type": changed}}
            case _:
                return self.changed_fields(fields)

    def _changed_variants(
        self, place: str, variants: dict[str, dict[str, Shape]]
    ) -> dict[str, dict[str, Shape]]:
        """The variants, later: as changed as the rest, or one of them, or which there are."""
        changed = {tag: self.changed_fields(one) for tag, one in variants.items()}
        if place == "variants" and self._likely(0.5):
            tag = self._chance.choice(list(variants))
            return {**changed, tag: self._changed_once(variants[tag])}
        if variants and (place == "variants" or self._changes(0.5)):
            kept = {tag: one for tag, one in changed.items() if self._likely(0.8)}
            return kept | {tag: self.fields(0) for tag in _TAGS if tag not in variants}
        return changed

    def _changed_once(self, fields: dict[str, Shape]) -> dict[str, Shape]:
        """The fields with one change."""
        found = dict(fields)
        name = self._chance.choice(list(found))
        one = found[name]
        match self._chance.randrange(6):
            case 0:
                self._rate = 1
                found[name] = {**one, "type": self.changed_type(one["type"])}
                self._rate = 0
            case 1:
                option = self._chance.choice(["optional", "nullable"])
                found[name] = {**one, option: not one[option]}
            case 2 if len(found) > 1:
                del found[name]
            case 3:
                found["added"] = {**self.field(1), "optional": self._likely(0.7)}
            case _:
                special = [key for key, one in found.items() if {"options", "rows"} & one.keys()]
                name = self._chance.choice(special or list(found))
                found[name] = self._stored_so(found[name])
        return found

    def _fields_for(self, place: str) -> dict[str, Shape]:
        """Fields of which one can change in the way of a place."""
        if place == "values":
            enum = {"kind": "enum", "values": self._some(_VALUES), "open": self._likely(0.5)}
            return {"aa": {"type": enum, "optional": False, "nullable": False}}
        if place != "stored":
            return self.fields(2)
        found: dict[str, Shape] = {}
        for name in self._some(_NAMES[:3]):
            kind = self._chance.choice(["record", "record", "list", "json", "integer"])
            has_parts = kind in ("record", "list")
            plain: Shape = {"kind": "plain", "name": "string" if has_parts else kind}
            found[name] = {
                "type": {"kind": kind, "of": plain} if has_parts else plain,
                "optional": kind != "record" and self._likely(0.7),
                "nullable": False,
            }
        return found

    def _stored_so(self, one: Shape) -> Shape:
        """The field with an option, or none, that says how its values are stored."""
        kind, plain = one["type"]["kind"], one["type"].get("name")
        found = {name: value for name, value in one.items() if name not in ("options", "rows")}
        if kind == "record" and self._likely(0.5):
            return {**found, "rows": True, "optional": False, "nullable": False}
        if (kind == "list" or plain in ("json", "string")) and self._likely(0.4):
            return {**found, "options": {"large": True}}
        if plain and one["optional"] and self._likely(0.5):
            return {**found, "options": {"absent": "last"}}
        return found

    def _system(
        self,
        table: str,
        names: dict[str, str],
        known: dict[str, Any],
        fields: dict[str, Shape],
        variants: dict[str, dict[str, Shape]],
    ) -> dict[str, Any]:
        entity: dict[str, Any] = {
            "table": table,
            "key": "key",
            "fields": {"key": "string", **self.fields_of(fields, names)},
        }
        if variants:
            entity |= {"union": self._variants(variants, names), "tag": "kind"}
        return {
            "enums": {names["named enum"]: known["named enum"]},
            "objects": {names["named object"]: self.fields_of(known["named object"], names)},
            "entities": {table.title(): entity},
        }


def _prefixed(fields: dict[str, Shape]) -> dict[str, Shape]:
    return {
        f"own_{name}": {**one, **({"was": f"own_{one['was']}"} if "was" in one else {})}
        for name, one in fields.items()
    }


def joined(systems: list[dict[str, Any]]) -> dict[str, Any]:
    """One spec of the entities of several."""
    found: dict[str, Any] = {"convexgen": 1, "name": "drawn", "lint": {"unbounded-list": "off"}}
    other = {"table": "others", "key": "key", "fields": {"key": "string"}}
    for group in ("enums", "objects", "entities"):
        found[group] = {name: one for system in systems for name, one in system[group].items()}
    found["entities"]["Other"] = other
    return found
