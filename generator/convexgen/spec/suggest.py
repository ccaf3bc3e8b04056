"""What somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Protocol

from convexgen.diagnostics.display import quoted

_LONGEST_WORD = 64
_CUTOFF = 0.6


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like the word, if one is much like it."""
    if len(word) > _LONGEST_WORD:
        return None
    by_lower_case = {candidate.lower(): candidate for candidate in candidates}
    meant = word.lower()
    matches = difflib.get_close_matches(meant, by_lower_case, cutoff=_CUTOFF)
    if not matches:
        return None
    # Of those that are as close, it is the one that starts as the word does.
    close = difflib.SequenceMatcher(b=meant)
    ratios = {match: _ratio(close, match) for match in matches}
    likely = [match for match in matches if ratios[match] == ratios[matches[0]]]
    return by_lower_case[max(likely, key=lambda one: one[:1] == meant[:1])]


def _ratio(close: difflib.SequenceMatcher[str], candidate: str) -> float:
    close.set_seq1(candidate)
    return close.ratio()


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """A question for a `help` line."""
    candidate = closest(word, candidates)
    return None if candidate is None else f"did you mean {quoted(candidate)}?"


class _HasTable(Protocol):
    @property
    def table(self) -> str: ...


def entity_meant(word: str, entities: Mapping[str, _HasTable]) -> str | None:
    """A question for an entity that is not there: the one of that table, or one of such a name."""
    for name, one in entities.items():
        if one.table == word:
            return f"did you mean {quoted(name)}, whose table it is?"
    return did_you_mean(word, entities)


def meant_or_listed(word: str, candidates: Iterable[str]) -> str:
    """The closest candidate as a question, or all of them."""
    listed = list(candidates)
    return did_you_mean(word, listed) or f"one of {', '.join(listed)}"
