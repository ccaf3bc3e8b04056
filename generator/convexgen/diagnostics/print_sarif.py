"""Findings in SARIF 2.1.0, which code scanning of GitHub, GitLab and Azure DevOps reads.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0; the numbers in comments are its sections.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.display import printable
from convexgen.diagnostics.finding import Finding
from convexgen.diagnostics.span import Span

# 3.58.6
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render_sarif(findings: Sequence[Finding], version: str, describe: Callable[[str], str]) -> str:
    """A log with one run of the tool in this version.

    `describe` gives what a code demands, in a sentence.
    """
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "convexgen",
        "version": version,
        # 3.49.3: an id is what is stable and opaque.
        "rules": [{"id": code, "shortDescription": {"text": describe(code)}} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        # 3.14.17: columns count characters, not UTF-16 code units.
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2) + "\n"


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    message = printable(finding.message)
    if finding.help is not None:
        message += f"\n{printable(finding.help)}"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [{"physicalLocation": _place(finding.span)}],
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                # 3.28.2: unique in its result.
                "id": number,
                "physicalLocation": _place(related.span),
                "message": {"text": printable(related.message)},
            }
            for number, related in enumerate(finding.related, 1)
        ]
    return result


def _place(span: Span) -> dict[str, Any]:
    # 3.30.2 and 3.30.8: from 1, and the end is just after the last character.
    region = {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }
    # 3.4.3: a URI reference, with what cannot stand in one escaped.
    return {"artifactLocation": {"uri": _uri(span.file)}, "region": region}


def _uri(file: str) -> str:
    path = quote(file, safe="/")
    return f"file://{path}" if path.startswith("/") else path
