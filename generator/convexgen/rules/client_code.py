"""Rules on code of the clients: that each package has a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.client_code import MAIN, ClientCode
from convexgen.model.system import System
from convexgen.naming import python_module
from convexgen.reserved import CLIENT_FOLDERS, DEVICE_NAMES, PACKAGE_MODULES, TYPESCRIPT_KEYS
from convexgen.rules.limits import IDENTIFIER_LENGTH
from convexgen.rules.rule import Finding, Rule
from convexgen.source.source import Part

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_names(system: System) -> Iterator[Finding]:
    """Names that no package in the Python package can have, or no folder of TypeScript."""
    tables = {python_module(entity.module): entity for entity in system.entities}
    for code in system.client_code:
        name = code.name
        problem: str | None = None
        if _NAME.fullmatch(name) is None or len(name) > IDENTIFIER_LENGTH:
            problem = f"{quoted(name)} is not a name for a package"
        elif name in DEVICE_NAMES:
            problem = f"Windows has no folders called {quoted(name)}"
        elif python_module(name) != name:
            problem = f"{quoted(name)} is a name that Python or the package has already"
        elif name in PACKAGE_MODULES:
            problem = f"the Python package has a module {name} already"
        elif name in tables:
            table = quoted(tables[name].table)
            problem = f"the Python package has a module {name} already, of the table {table}"
        elif code.typescript and name in CLIENT_FOLDERS:
            problem = f"the TypeScript client has a folder {name} already"
        elif code.typescript and name in TYPESCRIPT_KEYS:
            problem = f'"typescript" has a key {name} already'
        if problem is not None:
            yield Finding(
                problem,
                ("clientCode", name),
                Part.KEY,
                "choose another name: small letters, digits and _, such as reports",
            )


def check_storages(system: System) -> Iterator[Finding]:
    """Bases of the storage classes whose modules are one name where these are."""
    owners: dict[str, ClientCode] = {}
    for code in system.client_code:
        if code.storage is None:
            continue
        module = code.storage.module
        owner = owners.setdefault(code.name if module == MAIN else f"{code.name}_{module}", code)
        if owner is not code:
            yield Finding(
                f"the storage of {quoted(owner.name)} is imported by the same name",
                ("clientCode", code.name, "storage"),
                advice="rename one of the two modules",
                related=(("the other is", ("clientCode", owner.name)),),
            )


RULES = (
    Rule("client-code", check_names),
    Rule("client-code", check_storages),
)
