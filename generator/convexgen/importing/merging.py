"""What has changed in a schema since a spec was imported, put into that spec.

Only what gives another schema is touched: a `number` that somebody made a `timestamp`, names,
constraints, keys, comments and order stay.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence as AbstractSequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from convexgen.diagnostics.span import Position, Span
from convexgen.importing.editing import Edits, entry_of, mapping_at, plain, scalars
from convexgen.importing.entities import OR_LAST
from convexgen.importing.exported import (
    ExportedIndex,
    ExportedSchema,
    ExportedTable,
    Validator,
    canonical,
    ids_in,
    members,
    record_values,
)
from convexgen.importing.named_shapes import changed_shapes, without_null
from convexgen.importing.names import Known
from convexgen.importing.pairing import paired
from convexgen.importing.project import OWN_TABLES, Drafted
from convexgen.importing.types import (
    SYSTEM_TABLES,
    Said,
    as_mapping,
    is_tag,
    is_text,
    shape_key,
    tag_of,
)
from convexgen.importing.yaml_text import flow_text
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from convexgen.source.parse import parse

_KEPT = ("description", "deprecated", "sensitive", "python")
"""What stays of a field that has another type."""
_INDEXES = ("indexes", "searchIndexes", "vectorIndexes")
_DOCUMENTS = ("fields", "union", "tag")
_WORD = re.compile(r"\w+")
_ID = re.compile(r"\bid<(\w+)>")
_QUOTED = re.compile("[\"']")
_NULL = re.compile(r"\bnull\b")
_OR_NULL = re.compile(r"\s*\|\s*null$")
_SEVERAL = 2
"""How many members a union has."""
_LACKING = frozenset({"nullable", "optional"})
"""What says of a field that it may be null, or absent."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A spec as it was, and the schema that it gives."""

    text: str
    root: Mapping
    entities: AbstractMapping[str, str]
    """The names of its entities, by their tables; those of other files too."""
    shapes: AbstractMapping[str, Validator]
    """Its objects and enums, by their names; those of other files too."""
    schema: ExportedSchema


def known_names(earlier: Earlier, schema: ExportedSchema) -> Known:
    """The names that a spec has, which objects and enums keep that have changed."""
    names: dict[str, str] = {}
    for name, shape in {**earlier.shapes, **_changed(earlier, schema)}.items():
        names.setdefault(shape_key(shape), name)
    declared = [
        name
        for section in ("enums", "objects")
        for name in _entries(mapping_at(earlier.root, section))
    ]
    taken = frozenset({*earlier.entities.values(), *earlier.shapes, *declared})
    return Known(dict(earlier.entities), names, taken)


def _changed(earlier: Earlier, schema: ExportedSchema) -> dict[str, Validator]:
    """What the objects and enums have become that stand in the spec itself."""
    there = {
        name: shape
        for name, shape in earlier.shapes.items()
        if any(
            name in _entries(mapping_at(earlier.root, section)) for section in ("enums", "objects")
        )
    }
    return changed_shapes(there, earlier.schema, schema)


def merge(earlier: Earlier, schema: ExportedSchema, drafted: Drafted) -> str:
    """The text of a spec that gives a schema."""
    was = {table.name: table for table in earlier.schema.tables if table.name not in OWN_TABLES}
    now = {table.name: table for table in schema.tables if table.name not in OWN_TABLES}
    renamed = {
        **{earlier.entities.get(table, table): table for table in was.keys() - now.keys()},
        **{table: drafted.names[table] for table in now.keys() - was.keys()},
    }
    text = _with_ids_of(renamed, earlier)
    merger = _Merger(Edits(text), drafted, earlier, _changed(earlier, schema))
    root = _parsed(text)
    merger.merge_tables(root, was, now)
    merger.merge_shapes(root)
    merger.merge_other_tables(root, now)
    function_spec = drafted.target.function_spec
    named = root.entries.get("functionSpec")
    if function_spec is not None and named is None:
        after = "convex" if "convex" in root.entries else "name"
        merger.edits.add(root, {"functionSpec": function_spec}, (), after=after)
    elif function_spec is not None and isinstance(named and named.value, Sequence):
        # All functions are in one of several files from now on: what another says would count.
        merger.edits.set(root, ("functionSpec",), function_spec)
    return _with_named_shapes(merger.edits.apply(), drafted, earlier)


def _parsed(text: str) -> Mapping:
    source, _ = parse(text, "")
    assert source.root is not None
    return source.root


def _with_ids_of(names: AbstractMapping[str, str], earlier: Earlier) -> str:
    """The IDs of tables that become entities, or are none any more, by the names they have now."""
    edits = Edits(earlier.text)
    for one in scalars(earlier.root) if names else ():
        for found in _ID.finditer(one.text):
            name = names.get(found[1])
            if name is not None and one.verbatim is not None:
                line, column = one.verbatim
                start = Position(line, column + found.start(1))
                end = Position(line, column + found.end(1))
                edits.replace(Span(start, end, one.span.file), name)
    return edits.apply()


def _with_named_shapes(text: str, drafted: Drafted, earlier: Earlier) -> str:
    """With those of the new objects and enums that the spec names, without those of no use now."""
    root = _parsed(text)
    edits = Edits(text)
    named = _named_in(root, {**drafted.objects, **drafted.enums})
    for section, shapes in (("enums", drafted.enums), ("objects", drafted.objects)):
        new = {name: shape for name, shape in shapes.items() if name in named}
        found = mapping_at(root, section)
        gone = _entries(found).keys() & earlier.shapes.keys() - named
        if found is None:
            if new:
                edits.add(root, {section: new}, (), apart=True)
        elif len(gone) == len(found.entries) and not new:
            edits.remove(root, section)
        else:
            for name in gone:
                edits.remove(found, name)
            edits.add(found, new, (section,))
    return edits.apply()


def _named_in(root: Mapping, shapes: AbstractMapping[str, Said]) -> set[str]:
    """The words of a spec, with those of its objects, and of some others, that it names."""
    declared = {
        **{name: flow_text(shape, in_flow=True) for name, shape in shapes.items()},
        **{
            name: " ".join(one.text for one in scalars(entry.value))
            for name, entry in _entries(mapping_at(root, "objects")).items()
        },
    }
    waiting = [
        one.text
        for key, entry in root.entries.items()
        if key not in {"enums", "objects"}
        for one in scalars(entry.value)
    ]
    named: set[str] = set()
    while waiting:
        new = {*_WORD.findall(waiting.pop())} - named
        named |= new
        waiting += [declared[name] for name in new & declared.keys()]
    return named


def _entries(node: Node | None) -> AbstractMapping[str, Entry]:
    return node.entries if isinstance(node, Mapping) else {}


@dataclass(frozen=True, slots=True)
class _Merger:
    """Puts into a spec what has changed."""

    edits: Edits
    drafted: Drafted
    earlier: Earlier
    changed: AbstractMapping[str, Validator]
    """What those of its objects and enums are now that have changed wherever they are."""

    def merge_tables(
        self,
        root: Mapping,
        was: AbstractMapping[str, ExportedTable],
        now: AbstractMapping[str, ExportedTable],
    ) -> None:
        """Its entities."""
        edits, drafted = self.edits, self.drafted
        names = [drafted.names[table] for table in now if table not in was]
        added = {name: drafted.entities[name] for name in names}
        entities = mapping_at(root, "entities")
        own = _entries(entities)
        gone = {self.earlier.entities.get(table, "") for table in was.keys() - now.keys()}
        if entities is None or not own.keys() - gone:
            if added or own:
                edits.set(root, ("entities",), dict(added))
            return
        for name in gone & own.keys():
            edits.remove(entities, name)
        edits.add(entities, dict(added), ("entities",), dict(drafted.notes), apart=True)
        for table in sorted(was.keys() & now.keys()):
            name = drafted.names[table]
            entity = mapping_at(entities, name)
            if entity is not None:
                self._merge_entity(entity, name, was[table], now[table])

    def merge_shapes(self, root: Mapping) -> None:
        """Its objects and enums."""
        for name, new in self.changed.items():
            objects, enums = mapping_at(root, "objects"), mapping_at(root, "enums")
            if new["type"] == "object":
                assert objects is not None
                said = self._object_fields(new)
                self._merge_fields(objects, ("objects", name), said, self.earlier.shapes[name], new)
                continue
            entry = entry_of(enums, name)
            listed = None if entry is None else entry.value
            if isinstance(listed, Mapping):
                listed = listed.entries["values"].value
            assert isinstance(listed, Sequence)
            self.edits.set_items(listed, [one["value"] for one in new["value"]])

    def merge_other_tables(self, root: Mapping, now: AbstractMapping[str, ExportedTable]) -> None:
        """The tables of which there are IDs, and which are no entities."""
        entry = entry_of(root, "tables")
        named = dict.fromkeys(name for one in now.values() for name in ids_in(one.document))
        declared = [] if entry is None else [one.text for one in scalars(entry.value)]
        others = [name for name in declared if name not in now]
        others += [name for name in named if name not in {*now, *declared, *SYSTEM_TABLES}]
        if others == declared:
            return
        if not others:
            self.edits.remove(root, "tables")
        elif entry is not None and isinstance(entry.value, Sequence):
            self.edits.set_items(entry.value, others)
        else:
            self.edits.set(root, ("tables",), [*others])

    def _merge_entity(
        self, entity: Mapping, name: str, was: ExportedTable, now: ExportedTable
    ) -> None:
        content = self.drafted.entities[name]
        path = ("entities", name)
        fields = mapping_at(entity, "fields")
        shapes = {len(was.variants), len(now.variants)}
        kinds = {one["type"] for one in (*was.variants, *now.variants)}
        if shapes == {1} and kinds == {"object"} and fields is not None:
            said = content["fields"]
            assert isinstance(said, dict)
            self._merge_fields(entity, (*path, "fields"), said, was.variants[0], now.variants[0])
        elif not _is_same(was.document, now.document) and not (
            kinds == {"object"} and self._merge_variants(entity, name, was, now)
        ):
            for key in _DOCUMENTS:
                if key in content:
                    self.edits.set(entity, (*path, key), content[key])
                elif key in entity.entries:
                    self.edits.remove(entity, key)
        for key, old, new in zip(
            _INDEXES,
            (was.indexes, was.search_indexes, was.vector_indexes),
            (now.indexes, now.search_indexes, now.vector_indexes),
            strict=True,
        ):
            said = content.get(key, {})
            assert isinstance(said, dict)
            self._merge_indexes(entity, (*path, key), said, _by_name(old), _by_name(new))
        self._merge_keys(entity, path, content, lost=_field_names(was) - _field_names(now))

    def _merge_keys(
        self,
        entity: Mapping,
        path: tuple[str, ...],
        content: AbstractMapping[str, Said],
        lost: AbstractSet[str],
    ) -> None:
        """What tells documents apart, as the code does, once the table has lost a field of it."""
        key, unique = entity.entries.get("key"), entity.entries.get("unique")
        if key is not None and _names_one_of(key.value, lost):
            if "key" in content:
                self.edits.set(entity, (*path, "key"), content["key"])
            else:
                self.edits.remove(entity, "key")
        if unique is None or not isinstance(unique.value, Sequence):
            return
        items = unique.value.items
        gone = [at for at, item in enumerate(items) if _names_one_of(item, lost)]
        if not gone:
            return
        there = [plain(item) for item in items]
        proven = content.get("unique", [])
        assert isinstance(proven, list)
        added = [one for one in proven if one not in there]
        if len(gone) == len(items) and not added:
            self.edits.remove(entity, "unique")
        else:
            self.edits.change_items(unique.value, gone, added, (*path, "unique"))

    def _merge_variants(
        self, entity: Mapping, name: str, was: ExportedTable, now: ExportedTable
    ) -> bool:
        """Whether documents are of several shapes still, in which what has changed is changed."""
        path, content = ("entities", name), self.drafted.entities[name]
        union = entry_of(entity, "union")
        items = union.value if union is not None else None
        if not isinstance(items, Sequence) or len(items.items) != len(was.variants):
            return False
        common = content["fields"]
        if "union" not in content or not isinstance(common, dict):
            return False
        declared = _entries(mapping_at(entity, "fields"))
        shared = frozenset(declared)
        still = shared & common.keys()
        said = _said_variants(content, now)
        pairs = {canonical(one): other for one, other in paired(was.variants, now.variants)}
        gone: list[int] = []
        left = {canonical(one): one for one in now.variants}
        changed: list[tuple[int, Validator, Validator]] = []
        for position, old in enumerate(was.variants):
            new = pairs.get(canonical(old))
            inline = entry_of(items.items[position], "object")
            if inline is not None and not _has_fields(
                _without(old, shared), _entries(inline.value).keys()
            ):
                return False
            is_inline = inline is not None
            if new is None or not (is_inline or (_is_same(old, new) and still == shared)):
                gone.append(position)
                continue
            del left[canonical(new)]
            if is_inline:
                changed.append((position, old, new))
        if len(gone) == len(items.items) or _loses_tag(entity, was.variants, now.variants):
            return False
        if shared:
            self._merge_fields(
                entity,
                (*path, "fields"),
                said[canonical(now.variants[0])],
                _only(was.variants[0], shared),
                _only(now.variants[0], still),
            )
        kept = {one: plain(field.value) for one, field in declared.items() if one not in still}
        for position, old, new in changed:
            item = items.items[position]
            assert isinstance(item, Mapping)
            same = {one: field for one, field in kept.items() if _is_same_field(one, old, new)}
            self._merge_fields(
                item,
                (*path, "union", str(position), "object"),
                {**said[canonical(new)], **same},
                _without(old, shared),
                _without(new, still),
            )
        added: list[Said] = [
            {"object": {one: field for one, field in said[key].items() if one not in still}}
            for key in left
        ]
        self.edits.change_items(items, gone, added, (*path, "union"))
        self._merge_tag(entity, path, was.variants, now.variants)
        return True

    def _merge_fields(
        self,
        owner: Mapping,
        path: tuple[str, ...],
        said: AbstractMapping[str, Said],
        was: Validator,
        now: Validator,
    ) -> None:
        """The fields that stand at a path, whose last part is a key of their owner."""
        fields = mapping_at(owner, path[-1])
        old: AbstractMapping[str, Validator] = was["value"]
        new: AbstractMapping[str, Validator] = now["value"]
        if fields is None or not new.keys() & fields.entries.keys():
            self.edits.set(owner, path, {one: said[one] for one in new if one in said})
            return
        for name in old.keys() - new.keys():
            if name in fields.entries:
                self.edits.remove(fields, name)
        self.edits.add(
            fields, {one: said[one] for one in new if one not in old and one in said}, path
        )
        for name in sorted(old.keys() & new.keys()):
            if name in fields.entries and name in said:
                self._merge_field(fields, (*path, name), said[name], old[name], new[name])

    def _merge_field(
        self,
        fields: Mapping,
        path: tuple[str, ...],
        said: Said,
        was: Validator,
        now: Validator,
    ) -> None:
        old, new = was["fieldType"], now["fieldType"]
        if was["optional"] == now["optional"] and _is_same(old, new):
            return
        node = fields.entries[path[-1]].value
        text = _text_of_type(node)
        if text is not None and not self._stays(text, old, new):
            text = self._text_of_union(text, _alone(old), _alone(new))
        if text is not None:
            text += f"{' | null' if _has_null(new) else ''}{'?' if now['optional'] else ''}"
            if isinstance(node, Mapping):
                self.edits.set(node, (*path, "type"), text)
                for name in _LACKING & node.entries.keys():
                    self.edits.remove(node, name)
            else:
                self.edits.set(fields, path, text)
            return
        if isinstance(node, Mapping) and self._merge_inner(node, path, _alone(old), _alone(new)):
            for name, is_so in (("optional", now["optional"]), ("nullable", _has_null(new))):
                if is_so and name not in node.entries:
                    self.edits.set(node, (*path, name), value=True)
                elif not is_so and name in node.entries:
                    self.edits.remove(node, name)
            return
        kept = _options(node)
        if "object" in as_mapping(said):
            kept |= self._last_object(node, _alone(old), _alone(new))
        if kept:
            said = {**as_mapping(said), **kept}
        self.edits.set(fields, path, said)

    def _stays(self, text: str, was: Validator, now: Validator) -> bool:
        """Whether a type is the same but for null, or its objects and enums have the change."""
        if _is_same(_alone(was), _alone(now)):
            return True
        return _QUOTED.search(text) is None and _is_same(_alone(self._as_now(was)), _alone(now))

    def _text_of_union(self, text: str, was: Validator, now: Validator) -> str | None:
        """A union in one text, in which what stays of its members is as it was; None for others."""
        if _QUOTED.search(text) or "union" not in {was["type"], now["type"]}:
            return None
        kept: list[str] = []
        rest = [*members(was)]
        left = {canonical(one): one for one in members(now)}
        for part in _parts_of(text):
            shape = self.earlier.shapes.get(part)
            size = 1 if shape is None else len(list(members(shape)))
            slot, rest = rest[:size], rest[size:]
            if not slot:
                return None
            keys = {
                canonical(one) for one in members(self._as_now({"type": "union", "value": slot}))
            }
            if keys <= left.keys():
                kept.append(part)
                left = {key: one for key, one in left.items() if key not in keys}
        added = self._members(list(left.values()))
        if rest or not kept or not all(isinstance(one, str) for one in added):
            return None
        return " | ".join(map(str, (*kept, *added)))

    def _merge_inner(
        self, node: Mapping, path: tuple[str, ...], was: Validator, now: Validator
    ) -> bool:
        """Whether a type that has parts is one still, in which what has changed is changed."""
        if "type" in node.entries:
            return False
        if _is_same(was, now):
            return True
        if "object" in node.entries and was["type"] == now["type"] == "object":
            said = self._object_fields(now)
            self._merge_fields(node, (*path, "object"), said, was, now)
            return True
        inner = mapping_at(node, "list")
        if inner is not None and was["type"] == now["type"] == "array":
            return self._merge_within(inner, (*path, "list"), was["value"], now["value"])
        record = mapping_at(node, "record", "values")
        if record is not None and was["type"] == now["type"] == "record":
            if canonical(was["keys"]) != canonical(now["keys"]):
                return False
            return self._merge_within(
                record, (*path, "record", "values"), record_values(was), record_values(now)
            )
        union = entry_of(node, "union")
        if union is not None and isinstance(union.value, Sequence):
            return self._merge_union(node, union.value, path, [*members(was)], [*members(now)])
        values = entry_of(node, "enum")
        if values is not None and isinstance(values.value, Sequence) and _is_enum(now):
            self.edits.set_items(values.value, [one["value"] for one in members(now)])
            return True
        return False

    def _merge_within(
        self, node: Mapping, path: tuple[str, ...], was: Validator, now: Validator
    ) -> bool:
        """The same for a type within one, where it is null, or is not, as it was."""
        if "union" in node.entries:
            # Null is a member as any other there.
            return self._merge_inner(node, path, was, now)
        return _has_null(was) == _has_null(now) and self._merge_inner(
            node, path, _alone(was), _alone(now)
        )

    def _merge_union(
        self,
        owner: Mapping,
        items: Sequence,
        path: tuple[str, ...],
        was: AbstractSequence[Validator],
        now: AbstractSequence[Validator],
    ) -> bool:
        """Whether a union is one still, in which what has changed of its members is changed."""
        slots = self._slots(items, was)
        if not slots:
            return False
        became = {canonical(one): other for one, other in paired(was, now)}
        left = {canonical(one): one for one in now}
        stay: AbstractSequence[Validator]
        texts = [one for one in now if is_text(one)]
        gone: list[int] = []
        changed: list[tuple[int, Validator, Validator]] = []
        enums: list[Sequence] = []
        for position, (item, slot) in enumerate(zip(items.items, slots, strict=True)):
            listed = entry_of(item, "enum")
            new = became.get(canonical(slot[0])) if "object" in _entries(item) else None
            if listed is not None and isinstance(listed.value, Sequence) and texts:
                enums.append(listed.value)
                stay = texts
            elif new is not None:
                changed.append((position, slot[0], new))
                stay = [new]
            else:
                stay = self._now_of(item, slot)
            keys = {canonical(one) for one in stay}
            if keys <= left.keys():
                left = {key: one for key, one in left.items() if key not in keys}
            else:
                gone.append(position)
        added = self._members(list(left.values()))
        items_now = len(slots) - len(gone) + len(added)
        if len(gone) == len(slots) or items_now < _SEVERAL or _loses_tag(owner, was, now):
            return False
        for position, old, new in changed:
            item = items.items[position]
            assert isinstance(item, Mapping)
            said = self._object_fields(new)
            self._merge_fields(item, (*path, "union", str(position), "object"), said, old, new)
        for listed_values in enums:
            self.edits.set_items(listed_values, [one["value"] for one in texts])
        self.edits.change_items(items, gone, added, (*path, "union"))
        self._merge_tag(owner, path, was, now)
        return True

    def _last_object(self, node: Node, was: Validator, now: Validator) -> dict[str, Said]:
        """The object in place that is all that is left of a union."""
        union = entry_of(node, "union")
        items = None if union is None else union.value
        if not isinstance(items, Sequence):
            return {}
        for item, slot in zip(items.items, self._slots(items, [*members(was)]), strict=False):
            entry = entry_of(item, "object")
            if entry is not None and _is_same(slot[0], now):
                return {"object": plain(entry.value)}
        return {}

    def _slots(
        self, items: Sequence, was: AbstractSequence[Validator]
    ) -> list[AbstractSequence[Validator]]:
        """The members of a union that each item of it gives; nothing where that is not plain."""
        slots: list[AbstractSequence[Validator]] = []
        left: AbstractSequence[Validator] = [one for one in was if one["type"] != "null"]
        nulls: AbstractSequence[Validator] = [one for one in was if one["type"] == "null"]
        for item in items.items:
            if isinstance(item, Scalar) and item.text == "null":
                # Wherever it stands.
                slots.append(nulls)
                nulls = []
                continue
            size = self._size(item)
            slots.append(left[:size])
            left = left[size:]
            fields = entry_of(item, "object")
            if fields is not None and not (
                slots[-1] and _has_fields(slots[-1][0], _entries(fields.value).keys())
            ):
                return []
        return [] if left or nulls or not all(slots) else slots

    def _size(self, item: Node) -> int:
        """How many members an item gives a union."""
        values = entry_of(item, "enum")
        if values is not None and isinstance(values.value, Sequence):
            return len(values.value.items)
        shape = self.earlier.shapes.get(item.text) if isinstance(item, Scalar) else None
        return 1 if shape is None else len(list(members(shape)))

    def _now_of(self, item: Node, was: AbstractSequence[Validator]) -> AbstractSequence[Validator]:
        """What an item of a union gives now, where what it names has changed."""
        if not isinstance(item, Scalar) or _QUOTED.search(item.text):
            return was
        return list(members(self._as_now({"type": "union", "value": was})))

    def _members(self, added: AbstractSequence[Validator]) -> list[Said]:
        """Further members of a union, texts as one."""
        types = self.drafted.types
        assert types is not None
        texts = [one for one in added if is_text(one)]
        said = [types.type({"type": "union", "value": texts})] if texts else []
        return [*said, *(types.type(one) for one in added if not is_text(one))]

    def _merge_tag(
        self,
        owner: Mapping,
        path: tuple[str, ...],
        was: AbstractSequence[Validator],
        now: AbstractSequence[Validator],
    ) -> None:
        entry, tag = owner.entries.get("tag"), tag_of(now)
        if entry is None:
            # One that somebody took out stays so.
            if tag is not None and tag_of(was) is None:
                self.edits.set(owner, (*path, "tag"), tag)
        elif isinstance(entry.value, Scalar) and not is_tag(entry.value.text, now):
            if tag is None:
                self.edits.remove(owner, "tag")
            else:
                self.edits.set(owner, (*path, "tag"), tag)

    def _object_fields(self, validator: Validator) -> dict[str, Said]:
        assert self.drafted.types is not None
        return self.drafted.types.object_fields(validator)

    def _as_now(self, validator: Validator) -> Validator:
        """A type whose objects and enums are all named, with what these have become."""
        keys = {shape_key(self.earlier.shapes[name]): one for name, one in self.changed.items()}

        def replaced(one: Validator) -> Validator:
            instead = keys.get(shape_key(one))
            if instead is not None:
                null = [{"type": "null"}] if _has_null(one) else []
                return {"type": "union", "value": [instead, *null]}
            match one["type"]:
                case "union":
                    return {**one, "value": [replaced(member) for member in one["value"]]}
                case "array":
                    return {**one, "value": replaced(one["value"])}
                case "record":
                    values = one["values"]
                    inner = values.get("fieldType")
                    if inner is None:
                        return {**one, "values": replaced(values)}
                    return {**one, "values": {**values, "fieldType": replaced(inner)}}
                case _:
                    return one

        return replaced(validator)

    def _merge_indexes(
        self,
        entity: Mapping,
        path: tuple[str, ...],
        said: AbstractMapping[str, Said],
        was: AbstractMapping[str, ExportedIndex],
        now: AbstractMapping[str, ExportedIndex],
    ) -> None:
        edits = self.edits
        declared = mapping_at(entity, path[-1])
        if declared is None:
            new = {name: one for name, one in said.items() if name not in was}
            if new:
                edits.set(entity, path, new)
            return
        gone = [name for name in declared.entries if name in was and name not in now]
        if len(gone) == len(declared.entries) and not now.keys() - was.keys():
            edits.remove(entity, path[-1])
            return
        for name in gone:
            edits.remove(declared, name)
        edits.add(declared, {name: said[name] for name in now if name not in was}, path)
        for name, entry in declared.entries.items():
            if name in was and name in now and was[name] != now[name]:
                given = said[name]
                kept = entry.value
                if isinstance(kept, Mapping) and isinstance(given, list) and not was[name].staged:
                    edits.set(kept, (*path, name, "fields"), given)
                else:
                    edits.set(declared, (*path, name), given)


def _field_names(table: ExportedTable) -> frozenset[str]:
    variants = (one["value"] for one in table.variants if one["type"] == "object")
    return frozenset(name for fields in variants for name in fields)


def _names_one_of(node: Node, fields: AbstractSet[str]) -> bool:
    """Whether a field or some of them, by their paths, are among these."""
    return any(one.text.partition(".")[0] in fields for one in scalars(node))


def lost_keys(before: Earlier, text: str) -> Iterator[str]:
    """What told documents apart, and does not any more, one line for each."""
    now = _entries(mapping_at(_parsed(text), "entities"))
    for name, entry in _entries(mapping_at(before.root, "entities")).items():
        if name not in now:
            continue
        for key in ("key", "unique"):
            old, new = entry_of(entry.value, key), entry_of(now[name].value, key)
            if old is None or (new is not None and plain(new.value) == plain(old.value)):
                continue
            said = flow_text(plain(old.value), in_flow=True)
            is_now = (
                "" if new is None else f"; now it is {flow_text(plain(new.value), in_flow=True)}"
            )
            yield f"{name}: its {key}, {said}, is gone with a field of the table{is_now}"


def _loses_tag(
    owner: Mapping, was: AbstractSequence[Validator], now: AbstractSequence[Validator]
) -> bool:
    """Whether nothing tells objects of a union apart any more: the language refuses constraints."""
    if tag_of(now) is not None:
        return False
    return "tag" in owner.entries or (_has_one_object(was) and not _has_one_object(now))


def _has_one_object(union: AbstractSequence[Validator]) -> bool:
    """Whether nothing has to tell its objects apart: there is one, or none."""
    return sum(one["type"] in {"object", "record"} for one in union) < _SEVERAL


def _said_variants(
    content: AbstractMapping[str, Said], table: ExportedTable
) -> dict[str, dict[str, Said]]:
    """All fields that a drafted entity has in each shape of its documents."""
    shared, variants = content["fields"], content["union"]
    assert isinstance(shared, dict)
    assert isinstance(variants, list)
    said: dict[str, dict[str, Said]] = {}
    for shape, variant in zip(table.variants, variants, strict=True):
        own = as_mapping(variant)["object"]
        assert isinstance(own, dict)
        said[canonical(shape)] = {**shared, **own}
    return said


def _has_fields(validator: Validator, names: AbstractSet[str]) -> bool:
    """Whether an object has these fields, but for those that this tool puts beside them."""
    last = {f"{name}{OR_LAST}" for name in names}
    given = set[str](validator["value"]) if validator["type"] == "object" else set[str]()
    return names <= given <= names | last


def _is_same_field(name: str, one: Validator, other: Validator) -> bool:
    return name in other["value"] and _is_same(_only(one, {name}), _only(other, {name}))


def _only(validator: Validator, names: Container[str]) -> Validator:
    fields = {name: field for name, field in validator["value"].items() if name in names}
    return {"type": "object", "value": fields}


def _without(validator: Validator, names: Container[str]) -> Validator:
    fields = {name: field for name, field in validator["value"].items() if name not in names}
    return {"type": "object", "value": fields}


def _text_of_type(node: Node) -> str | None:
    """The type that a field has, where it is text, without what says that it may lack."""
    if isinstance(node, Mapping):
        entry = entry_of(node, "type")
        if entry is None:
            return None
        node = entry.value
    if not isinstance(node, Scalar):
        return None
    text = node.text.strip().removesuffix("?").rstrip()
    text = _OR_NULL.sub("", text)
    return None if _NULL.search(text) else text


def _parts_of(union: str) -> list[str]:
    """The members of a union in one text, without null."""
    parts, depth = [""], 0
    for character in union:
        depth += (character == "<") - (character == ">")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for one in parts if (part := one.strip()) != "null"]


def _alone(validator: Validator) -> Validator:
    """A type without null."""
    parts = without_null(validator)
    return parts[0] if len(parts) == 1 else {"type": "union", "value": parts}


def _is_enum(validator: Validator) -> bool:
    return all(
        one["type"] == "literal" and isinstance(one["value"], str) for one in members(validator)
    )


def _has_null(validator: Validator) -> bool:
    return any(one["type"] == "null" for one in members(validator))


def _is_same(one: Validator, other: Validator) -> bool:
    return canonical(one) == canonical(other)


def _options(node: Node) -> dict[str, Said]:
    """The options of a field that say nothing of its type."""
    kept: dict[str, Said] = {}
    for name in _KEPT:
        entry = entry_of(node, name)
        if entry is not None and isinstance(entry.value, Scalar) and entry.value.value is not None:
            kept[name] = entry.value.value
    return kept


def _by_name(indexes: tuple[ExportedIndex, ...]) -> dict[str, ExportedIndex]:
    return {one.name: one for one in indexes}
