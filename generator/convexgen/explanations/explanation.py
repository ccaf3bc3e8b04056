"""The explanation of a code, read from its file.

A file has the purpose of its rule as its first paragraph, then its reasons, and two examples: the
specs in the fences under the lines `Wrong:` and `Right:`. Where a spec would be too long to show,
or is no text, words say what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from convexgen.diagnostics.codes import Code

_FOLDER = Path(__file__).parent
_EXAMPLE = re.compile(r"^(Wrong|Right):\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code demands, and why."""

    purpose: str
    """What the rule demands, in a sentence."""
    text: str
    """Everything, as Markdown."""
    wrong: str | None
    """A spec that has this problem and no other."""
    right: str | None
    """The same one without it."""


def explain(code: Code) -> Explanation:
    """The explanation of a code."""
    text = (_FOLDER / f"{code}.md").read_text(encoding="utf-8")
    examples: dict[str, str] = dict(_EXAMPLE.findall(text))
    purpose = text.partition("\n\n")[0].replace("\n", " ").strip()
    return Explanation(purpose, text, examples.get("Wrong"), examples.get("Right"))
