"""Patterns mean the same to Python and to JavaScript."""

from __future__ import annotations

import json
import subprocess

import pytest
from convexgen.embedded import find_node
from convexgen.patterns import Pattern, PatternError, read_pattern
from convexgen.runtime.constraints import Matching
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_PIECES = (
    *"ab😀é-/,&~]}{.^$|()[?*+:0\\",
    *("\\d", "\\D", "\\w", "\\W", "\\n", "\\.", "\\\\", "\\-", "\\u0061", "\\s", "\\b", "\\1"),
    *("[a-c]", "[^b]", "[\\w-]", "(?:", "(a|b)", "{2}", "{1,}", "{0,2}", ".*", "a+?", "^a", "b$"),
)
_TEXTS = ("", "a", "b", "ab", "aab", "ba", "\n", "a\n", "😀", "😀a", "é", "٣", "0", "a-b", "\u2028")
_TEXTS += ("&&", "\ufeff", "A", "_", "a.b", "aaa", "bbbb", "\\", "^", "$", "[", "a/b", "\r", "{2}")

_SCRIPT = """
const { patterns, texts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const matches = patterns.map((pattern) => {
  const expression = new RegExp(`^(?:${pattern})$`, "u");
  return texts.map((text) => expression.test(text));
});
console.log(JSON.stringify(matches));
"""


def _read(text: str) -> Pattern | None:
    try:
        return read_pattern(text)
    except PatternError:
        return None


_patterns = st.lists(
    st.lists(st.sampled_from(_PIECES), max_size=7).map("".join), min_size=200, max_size=400
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(_patterns, st.lists(st.text("ab😀é-/&\n0A", max_size=5), max_size=20))
def test_both_languages_match_the_same(texts: list[str], values: list[str]) -> None:
    patterns = [pattern for text in texts if (pattern := _read(text)) is not None]
    values = [*_TEXTS, *values]
    finished = subprocess.run(
        [find_node(), "-e", _SCRIPT],
        input=json.dumps({"patterns": [one.javascript for one in patterns], "texts": values}),
        capture_output=True,
        text=True,
        check=True,
    )
    for pattern, matches in zip(patterns, json.loads(finished.stdout), strict=True):
        assert matches == [_is_matched(pattern, value) for value in values], pattern


def _is_matched(pattern: Pattern, value: str) -> bool:
    """As the models see it."""
    try:
        Matching(pattern.python).check(value)
    except ValueError:
        return False
    return True


HOSTILE = ["(a+)+", "(a|a)*", "(.*a){10}", "(a?){1000}a{1000}", ".*a.*a.*a", "(\\w{1,40}.?){40}"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_is_made_for_it_does_not_hold_a_model_up(text: str) -> None:
    """What tries one way after another does not end for any of these."""
    pattern = read_pattern(text)
    assert not _is_matched(pattern, "a" * 100_000 + "\n")
    assert not _is_matched(pattern, "a-" * 50_000 + "\n")


LONGEST = [".{1000}.{1000}", "(.{1,20}){100}", "([^é\\n]{0,999}a){2}", "." * 2000]
TOO_LONG = ["(.{1,20}){101}", "((a|b){1000}){2}", ".{1000}(a{3}){400}", "." * 2001]


def test_the_longest_patterns_are_patterns_of_the_engine() -> None:
    for text in LONGEST:
        assert not _is_matched(read_pattern(text), "\n")
    for text in TOO_LONG:
        with pytest.raises(PatternError, match="it has more than 2000 characters"):
            read_pattern(text)


def test_anchors_change_nothing() -> None:
    assert read_pattern("^[a-z]+$") == read_pattern("[a-z]+")
    assert read_pattern(r"a\$").javascript == r"a\$"
