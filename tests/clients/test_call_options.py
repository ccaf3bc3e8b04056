"""What calls of the TypeScript client are given besides arguments, and what it refuses itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from node_program import bundle
from project import ROOT, Project, make_project, run

SPEC = """
convexgen: 1
name: calls
objects:
  Place: {street: string, city: string?, position: {object: {lat: number, lng: number}}}
  Line: {sku: string, count: number, note: string?}
  Card: {kind: {literal: card}, owner: string, number: string}
  Cash: {kind: {literal: cash}, owner: string}
entities:
  Order:
    table: orders
    key: orderId
    fields:
      orderId: string
      place: Place
      sentTo: {type: Place, nullable: true, optional: true, merge: shallow}
      lines: list<Line>?
      byName: {type: "record<string, Line>", optional: true}
      priced: {union: [Line, string, {list: Line}], optional: true}
      bare: {union: [{object: {a: {object: {b: string?}}}}, {list: Line}], optional: true}
      several: {union: [Line, {object: {code: string}}], optional: true}
      loose: {union: [Line, {record: string}], optional: true}
      payment: {union: [Card, Cash], tag: kind, optional: true}
      numbers: list<number | null>?
      free: any?
  Thread: {table: threads, key: threadId, fields: {threadId: string}}
  Message:
    table: messages
    key: [threadId, messageId]
    fields:
      threadId: ref<Thread>
      messageId: string
      author: string
      tokens: integer
      text: string
      signal: string
      vector: vector<2>
      metadata: json?
      steps: {type: "record<string, string>", rows: true}
    indexes:
      by_tokens: [tokens]
      by_author_and_tokens: {fields: [author, tokens], counted: true}
      by_threadId_and_author_and_tokens: {fields: [threadId, author, tokens], counted: true}
    queries:
      find: {where: [author, metadata.*], order: tokens}
      around: {by: [threadId, author], order: tokens, windows: {across: threadId}}
    related: {thread: threadId}
    searchIndexes:
      search_text: {search: text, filter: [signal]}
    vectorIndexes:
      nearest: {vector: vector, filter: [signal]}
functions:
  own:ask: {kind: query, args: {question: string, hint: string?}, returns: string}
  placing:order: {kind: mutation, args: {place: Place, orders: list<new<Order>>?}}
  placing:lines: {kind: mutation, input: {record: Line}}
  own:tell: {kind: mutation, args: {text: string}, positional: true, returns: string}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder: Path = tmp_path_factory.mktemp("calls")
    (folder / "spec.yaml").write_text(SPEC)
    project = make_project(folder / "project", folder / "spec.yaml")
    project.generate()
    return project


@pytest.mark.parametrize("name", ["callOptions", "refused", "beside"])
def test_calls(project: Project, name: str) -> None:
    program = bundle(f"{name}.test.mjs", project.root, project.root / "generated" / "typescript")
    finished = run(["node", "--test", str(program)], ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr
