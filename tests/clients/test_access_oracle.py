"""What users may do, by rules that are drawn, against an oracle in Python.

ACCESS_ROUNDS sets how many calls are drawn.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest
from convexgen.frontend import load_system
from convexgen.runtime import AccessDenied, NotFound
from project import ROOT, Project
from small_specs import project_of
from users import Caller, start_with_users

ROUNDS = int(os.environ.get("ACCESS_ROUNDS", "2000"))
ENTITIES = 12
TENANTS = ("north", "south")
USERS = ("ada", "bob", "eve")
ROLES = ("admin", "editor")
KINDS = ("plain", "list")
BOUND = ("ownerId", "orgId", "published", "kind")
COUNTED = (("ownerId",), ("orgId", "published"))
"""What has counts."""
WORDS = ("oslo", "bergen", "tromso")
Row = dict[str, Any]


def drawn_rule(draw: random.Random) -> Any:
    def plain() -> Any:
        return draw.choice(
            [
                *("owner", "tenant", "authenticated"),
                {"role": draw.choice(ROLES)},
                {"where": {"published": draw.random() < 0.7}},
                {"where": {"kind": draw.choice(KINDS)}},
            ]
        )

    if draw.random() < 0.3:
        return {"all": [plain() for _ in range(2)]}
    return plain() if draw.random() < 0.95 else "public"


LARGE = "x" * 1_000_000
"""More than a document holds beside its other fields: it lies in chunks."""


def drawn_forms(draw: random.Random) -> dict[str, Any]:
    """How documents lie: of several shapes or not, in one piece or not, for the key or not."""
    rules = [drawn_rule(draw)]
    long = {
        "form": {"literal": "long"},
        "pages": {"type": "string", "large": True},
        "hidden": {"type": "string?", "access": rules},
    }
    short = {"form": {"literal": "short"}, "line": "string"}
    union = {"union": [{"object": short}, {"object": long}], "tag": "form"}
    return {
        **(union if draw.random() < 0.4 else {}),
        **({"functions": "none"} if draw.random() < 0.3 else {}),
    }


def drawn_entity(draw: random.Random, number: int) -> dict[str, Any]:
    def rules(most: int = 3) -> list[Any]:
        return [drawn_rule(draw) for _ in range(draw.randint(1, most))]

    forms = drawn_forms(draw)

    def writing() -> list[Any]:
        asked = [{"where": {"form": "short"}}]
        return [*rules(), *(asked if "union" in forms and draw.random() < 0.5 else [])]

    indexes = {
        f"by_{'_'.join(names)}": {"fields": [*names, "size"], "counted": names in COUNTED}
        for count in range(1, len(BOUND) + 1)
        for names in combinations(BOUND, count)
    }
    return {
        "table": f"things{number}",
        **({"key": ["orgId", "name"]} if draw.random() < 0.5 else {}),
        "access": {
            "owner": "ownerId",
            "tenant": "orgId",
            "read": rules(),
            "create": rules(),
            "update": writing(),
            "delete": writing(),
        },
        **forms,
        "fields": {
            "ownerId": "string",
            "orgId": "string",
            "name": "string",
            "published": "boolean",
            "kind": {"enum": list(KINDS), "default": "plain"},
            "size": "number",
            "text": "string",
            "secret": {"type": "number?", "access": rules()},
        },
        "indexes": indexes,
        "searchIndexes": {"search_text": {"search": "text", "filter": list(BOUND)}},
    }


def spec_of(entities: Mapping[str, Any]) -> str:
    """JSON is YAML."""
    spec = {
        "convexgen": 1,
        "name": "drawn",
        "python": False,
        "typescript": False,
        "identity": {"tenant": "orgId", "roles": "roles"},
        "entities": entities,
    }
    return json.dumps(spec)


@pytest.fixture(scope="module")
def entities() -> dict[str, Any]:
    """Those whose rules `lint` takes: of the others, it says what they would tell."""
    draw = random.Random(17)
    found: dict[str, Any] = {}
    while len(found) < ENTITIES:
        one = drawn_entity(draw, len(found))
        if load_system(spec_of({"Thing": one}), "spec.yaml").system is not None:
            found[f"Thing{len(found)}"] = one
    return found


@pytest.fixture(scope="module")
def project(entities: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("access") / "project"
    project = project_of(folder, spec=spec_of(entities))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}\n')
    project.generate()
    return project


@pytest.fixture(scope="module")
def callers(project: Project) -> Iterator[list[tuple[Caller, Row]]]:
    with start_with_users(project.root) as backend:
        nobody: Row = {"subject": None, "tenant": None, "roles": []}
        found = [(Caller(backend), nobody)]
        for user in USERS:
            for tenant in (*TENANTS, None):
                for roles in ([], ["admin"], ["editor", "admin"], "editor"):
                    more = {} if tenant is None else {"orgId": tenant}
                    caller = Caller(backend, user, roles=roles, **more)
                    known = [roles] if isinstance(roles, str) else roles
                    seen = {"subject": caller.subject, "tenant": tenant, "roles": known}
                    found.append((caller, seen))
        yield found
        for caller, _ in found:
            caller.client.close()


def holds(rule: Any, viewer: Row, row: Row) -> bool:
    match rule:
        case "public":
            return True
        case "authenticated":
            return viewer["subject"] is not None
        case "owner":
            return viewer["subject"] is not None and row.get("ownerId") == viewer["subject"]
        case "tenant":
            return viewer["tenant"] is not None and row.get("orgId") == viewer["tenant"]
        case {"role": role}:
            return role in viewer["roles"]
        case {"where": values}:
            return all(row.get(name) == value for name, value in values.items())
        case {"all": together}:
            return all(holds(one, viewer, row) for one in together)
    raise AssertionError(rule)


def allowed(rules: Any, viewer: Row, row: Row) -> bool:
    return any(holds(rule, viewer, row) for rule in rules)


def shown(entity: Row, viewer: Row, row: Row) -> Row:
    """A row as somebody sees it."""
    policies = {"secret": entity["fields"]["secret"]["access"]}
    if "union" in entity:
        policies["hidden"] = entity["union"][1]["object"]["hidden"]["access"]
    hidden = [name for name, rules in policies.items() if not allowed(rules, viewer, row)]
    return {name: value for name, value in row.items() if name not in hidden}


class Table:
    """An entity, with what the oracle holds to be stored."""

    def __init__(self, entity: Row) -> None:
        self.entity = entity
        self.module = f"viewer/{entity['table']}"
        self.is_keyed = "key" in entity
        self.rows: dict[str, Row] = {}

    def key(self, row: Row) -> Row:
        return {"name": row["name"]} if self.is_keyed else {"_id": row["_id"]}

    def found_by(self, row: Row, viewer: Row) -> Row | None:
        """The row that a key names to somebody: of his tenant, where that is in the key."""
        if not self.is_keyed:
            return self.rows.get(row["_id"])
        for one in self.rows.values():
            if one["orgId"] == viewer["tenant"] and one["name"] == row["name"]:
                return one
        return None


def without_time(document: Any) -> Any:
    return {name: value for name, value in document.items() if name != "_creationTime"}


def test_what_rules_say_is_what_users_get(
    entities: dict[str, Any], callers: list[tuple[Caller, Row]]
) -> None:
    draw = random.Random(7)
    tables = [Table(one) for one in entities.values()]
    counts = dict.fromkeys(("create", "update", "delete", "get", "list", "search", "denied"), 0)
    for number in range(ROUNDS):
        table = draw.choice(tables)
        caller, viewer = draw.choice(callers)
        doing = draw.choice(["create", "create", "update", "delete", "get", "list", "search"])
        if doing == "create" or not table.rows:
            done = try_create(draw, table, caller, viewer, number)
        else:
            done = TRIES[doing](draw, table, caller, viewer)
        counts[doing if done else "denied"] += 1
    # Of everything enough has been there to tell something.
    assert min(counts.values()) > ROUNDS / 100, counts


def form_of(draw: random.Random, entity: Row) -> Row:
    """What a document has of one of the shapes, where there are several."""
    if "union" not in entity:
        return {}
    if draw.random() < 0.5:
        return {"form": "short", "line": "words"}
    pages = LARGE if draw.random() < 0.03 else "little"
    return {
        "form": "long",
        "pages": pages,
        **({"hidden": "of some"} if draw.random() < 0.5 else {}),
    }


def values_of(draw: random.Random) -> Row:
    return {
        "published": draw.random() < 0.5,
        "size": float(draw.randint(0, 9)),
        "text": " ".join(draw.sample(WORDS, 2)),
        **({"kind": draw.choice(KINDS)} if draw.random() < 0.7 else {}),
        **({"secret": float(draw.randint(0, 9))} if draw.random() < 0.3 else {}),
    }


def try_create(draw: random.Random, table: Table, caller: Caller, viewer: Row, number: int) -> bool:
    entity = table.entity
    given = {"name": f"n{number}", **values_of(draw), **form_of(draw, entity)}
    row = {"kind": "plain", **given, "ownerId": viewer["subject"], "orgId": viewer["tenant"]}
    may = viewer["subject"] is not None and viewer["tenant"] is not None
    may = may and allowed(entity["access"]["create"], viewer, row)
    judged = {name: value for name, value in row.items() if name != "kind" or "kind" in given}
    may = may and shown(entity, viewer, judged) == judged
    argument = {f"thing{entity['table'].removeprefix('things')}": given}
    if not may:
        with pytest.raises(AccessDenied):
            caller.do(f"{table.module}:create", **argument)
        return False
    created = without_time(caller.do(f"{table.module}:create", **argument))
    row["_id"] = created["_id"]
    table.rows[row["_id"]] = row
    assert allowed(entity["access"]["read"], viewer, row)
    assert created == shown(entity, viewer, row)
    return True


def some_row(draw: random.Random, table: Table) -> Row:
    return draw.choice(list(table.rows.values()))


def try_get(draw: random.Random, table: Table, caller: Caller, viewer: Row) -> bool:
    row = some_row(draw, table)
    found = table.found_by(row, viewer)
    answer = caller.ask(f"{table.module}:getById", **table.key(row))
    may = found is not None and allowed(table.entity["access"]["read"], viewer, found)
    if may:
        assert found is not None
        assert without_time(answer) == shown(table.entity, viewer, found)
    else:
        assert answer is None
    if table.is_keyed:
        by_id = caller.ask(f"{table.module}:getByDocId", id=row["_id"])
        if allowed(table.entity["access"]["read"], viewer, row):
            assert without_time(by_id) == shown(table.entity, viewer, row)
        else:
            assert by_id is None
    return may


def try_list(draw: random.Random, table: Table, caller: Caller, viewer: Row) -> bool:
    """A part of an index is given where all of it may be read, whatever is in it, else nothing."""
    read = table.entity["access"]["read"]
    given = draw.choice([one for count in range(1, 5) for one in combinations(BOUND, count)])
    known: Row = {}
    arguments: Row = {}
    own = {"ownerId": viewer["subject"], "orgId": viewer["tenant"]}
    others = {"ownerId": [one["ownerId"] for one in table.rows.values()], "orgId": TENANTS}
    for name in given:
        if name in own:
            known[name] = own[name]
            # Of fields that are filled, a caller may give another value where rules are without it.
            compared = [one for one in read if not set(fields_of(one)) - (set(given) - {name})]
            if compared and draw.random() < 0.5:
                known[name] = arguments[name] = draw.choice(others[name])
        else:
            known[name] = arguments[name] = draw.choice(
                (True, False) if name == "published" else KINDS
            )
    order = draw.choice(("asc", "desc"))
    function = "by" + "".join(name[0].upper() + name[1:] for name in given)
    answer = caller.all_of(f"{table.module}:{function}", order=order, **arguments)
    found = [one for one in table.rows.values() if all(one[n] == known[n] for n in given)]
    may = None not in known.values() and allowed(read, viewer, known)
    assert {one["_id"] for one in answer} == ({one["_id"] for one in found} if may else set())
    assert all(allowed(read, viewer, table.rows[one["_id"]]) for one in answer)
    sizes = [one["size"] for one in answer]
    assert sizes == sorted(sizes, reverse=order == "desc")
    for one in answer:
        assert without_time(one) == shown(table.entity, viewer, table.rows[one["_id"]])
    # Counts are kept apart by the first field of an index: who counts may read all that has it.
    if given in COUNTED and any(set(fields_of(one)) <= {given[0]} for one in read):
        may_count = may and allowed(read, viewer, {given[0]: known[given[0]]})
        ids = [one["_id"] for one in answer] if may_count else []
        path = f"{table.module}:{function}"
        assert caller.ask(f"{path}Count", **arguments) == len(ids)
        part = {"offset": 1.0, "limit": 2.0, "order": order, **arguments}
        page = caller.ask(f"{path}Page", **part)
        assert [one["_id"] for one in page["page"]] == ids[1:3]
        assert page["total"] == len(ids)
        row = some_row(draw, table)
        named = table.found_by(row, viewer)
        position = ids.index(named["_id"]) if named and named["_id"] in ids else None
        ranked = {"key": table.key(row), "order": order, **arguments}
        assert caller.ask(f"{path}Rank", **ranked) == position
    return may


def fields_of(rule: Any) -> list[str]:
    """What a rule compares of a document."""
    match rule:
        case "owner":
            return ["ownerId"]
        case "tenant":
            return ["orgId"]
        case {"where": values}:
            return list(values)
        case {"all": together}:
            return [name for one in together for name in fields_of(one)]
    return []


def try_search(draw: random.Random, table: Table, caller: Caller, viewer: Row) -> bool:
    read = table.entity["access"]["read"]
    word = draw.choice(WORDS)
    given: Row = {}
    if draw.random() < 0.6:
        given["published"] = draw.random() < 0.5
    if draw.random() < 0.3:
        given["kind"] = draw.choice(KINDS)
    answer = caller.ask(f"{table.module}:searchText", search=word, limit=1000, **given)
    own = {"ownerId": viewer["subject"], "orgId": viewer["tenant"]}
    known = {**given, **{name: value for name, value in own.items() if value is not None}}
    may = allowed(read, viewer, known)
    found = [
        one
        for one in table.rows.values()
        if word in one["text"] and all(one[name] == value for name, value in known.items())
    ]
    assert {one["_id"] for one in answer} == ({one["_id"] for one in found} if may else set())
    for one in answer:
        assert without_time(one) == shown(table.entity, viewer, table.rows[one["_id"]])
    return may


def try_update(draw: random.Random, table: Table, caller: Caller, viewer: Row) -> bool:
    row = some_row(draw, table)
    entity = table.entity
    change = {name: value for name, value in values_of(draw).items() if draw.random() < 0.5}
    more: Row = {}
    if draw.random() < 0.2:
        more["expected"] = {"secret": row.get("secret", 3.0)}
    found = table.found_by(row, viewer)

    def update() -> Any:
        return caller.do(f"{table.module}:update", **table.key(row), set=change, **more)

    if table.is_keyed and (viewer["subject"] is None or viewer["tenant"] is None):
        with pytest.raises(AccessDenied):
            update()
        return False
    if found is None or not allowed(entity["access"]["read"], viewer, found):
        with pytest.raises(NotFound):
            update()
        return False
    sees = allowed(entity["fields"]["secret"]["access"], viewer, found)
    may = allowed(entity["access"]["update"], viewer, found)
    if not may or ("secret" in {**change, **more.get("expected", {})} and not sees):
        with pytest.raises(AccessDenied):
            update()
        return False
    if more and found.get("secret") != more["expected"]["secret"]:
        return False  # a Conflict, of which another test is
    found.update(change)
    assert without_time(update()) == shown(entity, viewer, found)
    return True


def try_delete(draw: random.Random, table: Table, caller: Caller, viewer: Row) -> bool:
    row = some_row(draw, table)
    entity = table.entity
    found = table.found_by(row, viewer)

    def remove() -> Any:
        return caller.do(f"{table.module}:remove", **table.key(row))["removed"]

    if table.is_keyed and (viewer["subject"] is None or viewer["tenant"] is None):
        with pytest.raises(AccessDenied):
            remove()
        return False
    if found is None or not allowed(entity["access"]["read"], viewer, found):
        assert remove() is False
        return False
    if not allowed(entity["access"]["delete"], viewer, found):
        with pytest.raises(AccessDenied):
            remove()
        return False
    assert remove() is True
    del table.rows[found["_id"]]
    return True


TRIES = {
    "get": try_get,
    "list": try_list,
    "search": try_search,
    "update": try_update,
    "delete": try_delete,
}
