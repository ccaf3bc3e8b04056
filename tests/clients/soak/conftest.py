"""The project whose functions random clients call."""

from __future__ import annotations

import json
import sys

import pytest
from project import Project, make_project

SPEC = {
    "convexgen": 1,
    "name": "soak",
    "python": {"package": "soak_client"},
    "files": {"read": "public"},
    "entities": {
        "Item": {
            "table": "items",
            "key": "itemId",
            "fields": {"itemId": "string", "number": "number"},
        },
    },
}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("soak")
    (folder / "spec.yaml").write_text(json.dumps(SPEC))
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    sys.path.insert(0, str(made.root / "generated" / "python"))
    return made
