"""As many entities as somebody has: the compiler takes apart what stands for 25 tables at most."""

from __future__ import annotations

import json
from pathlib import Path

from project import make_project, run, tsc
from small_specs import put

# Of each table that has entries of its own, chunks, counts, references and what is searched.
MANY = 30
ENTITY = """\
  Part{number}:
    table: parts{number}
    key: [team, partId]
    retention: {{after: 52w, on: closedAt}}
    fields:
      team: string
      partId: string
      text: string
      count: {{type: integer, default: 0}}
      at: {{type: timestamp, set: on create}}
      updatedAt: {{type: timestamp, set: on write}}
      closedAt: timestamp?
      payload: {{type: json, large: true, merge: deep, optional: true}}
      steps: {{record: json, rows: true}}
      results: {{record: json, rows: true, large: true}}
      parent: {{type: id<Part{number}>?, onDelete: cascade}}
      above: {{type: id<Part{before}>?, onDelete: setNull, check: true, touch: updatedAt}}
      state: {{type: string?, from: payload.state}}
      embedding: vector<3>?
    unique: text
    indexes:
      by_closedAt: [closedAt]
      by_team_and_at: {{fields: [team, at], counted: true}}
    queries:
      findParts{number}: {{by: team, order: at desc, where: [text, count]}}
      latest{number}: {{by: team, order: at, windows: true}}
    searchIndexes: {{search_text: {{search: text, filter: team}}}}
    vectorIndexes: {{by_embedding: {{vector: embedding, filter: team}}}}
    related: {{above: above, below: {{entity: Part{number}, by: parent}}}}
"""
OPTIONS = {
    "noEmit": True,
    "target": "ES2022",
    "lib": ["ES2022", "DOM"],
    "types": ["node"],
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
}


def test_fault_10_many_entities_that_use_everything(tmp_path: Path) -> None:
    entities = "".join(
        ENTITY.format(number=number, before=(number - 1) % MANY) for number in range(MANY)
    )
    spec = put(tmp_path, "spec.yaml", f"convexgen: 1\nname: many\nentities:\n{entities}")
    project = make_project(tmp_path / "project", spec)
    project.generate()
    configuration = {
        "extends": "@tsconfig/strictest/tsconfig.json",
        "compilerOptions": OPTIONS,
        "include": ["convex", "generated"],
    }
    put(project.root, "tsconfig.json", json.dumps(configuration))
    finished = run([*tsc(), "--project", "."], project.root)
    assert (finished.returncode, finished.stdout) == (0, "")
