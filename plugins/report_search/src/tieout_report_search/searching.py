"""Ranks passages for a question: BM25 first, then what a passage is and which names and numbers it holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tieout.plugin import Passage
from tieout.quantities import agrees, find
from tieout.text import tokens
from tieout_report_search.citations import Citation, best_quote, cite, readable
from tieout_report_search.documents import ChunkKind, StoredDocument
from tieout_report_search.index import ReportIndex
from tieout_report_search.offsets import normal_form
from tieout_report_search.question import Question, read_question
from tieout_report_search.store import Page, Store, StoredChunk

__all__ = ["Found", "Search", "search"]

CANDIDATES = 60
REORDERED = 2
"""Twice as many passages as asked for are quoted, and the best quotes of those are kept."""
KIND_WEIGHT: dict[ChunkKind, float] = {"body": 1.0, "contents": 0.3, "disclaimer": 0.4}
NAME_BONUS = 0.6
NUMBER_BONUS = 0.4
SMALL_LIBRARY = 50
"""Passages from which on frequencies tell common words from rare ones; a smaller library counts as this large."""
UNKNOWN_WEIGHT = 0.75
"""For words that no passage holds: in a chatty question most of them are chat."""
FOCUS_BONUS = 0.5
"""For a quote that names the property asked for."""
UNNAMED_WEIGHT = 0.5
"""For a quote that names nothing of what the question names; beside it in the passage stands one that does."""
LEAST_COVERAGE = 0.25
"""Share of the question's token weight (by idf) that a passage must hold to be about the question at all."""


@dataclass(frozen=True)
class Found:
    """A passage with its checked quote."""

    document: StoredDocument
    section: str
    passage: Passage
    citation: Citation


@dataclass(frozen=True)
class Search:
    """The answer to one question."""

    hits: tuple[Found, ...]
    missing: tuple[str, ...]
    """Names in the question that no passage holds."""
    refused: int
    """Citations that the raw page did not bear out; they are not among the hits."""


@dataclass(frozen=True)
class _Candidate:
    stored: StoredChunk
    page: Page
    text: str
    held: set[str]
    score: float


def search(store: Store, index: ReportIndex, text: str, *, limit: int) -> Search:
    """The best passages, best first, each with a quote that was re-read from the stored page."""
    question = read_question(text)
    values = _values(index, question)
    candidates = _candidates(store, index, question, values)
    present = {name for name in question.names if any(_holds_name(c, name) for c in candidates)}
    if question.needed:
        candidates = [c for c in candidates if any(_holds_name(c, name) for name in question.needed)]
    elif present:  # what is said of the H200 is no answer to a question about the H20
        candidates = [c for c in candidates if any(_holds_name(c, name) for name in present)]
    hits, refused = _cited(store, sorted(candidates, key=lambda c: -c.score), question, values, limit)
    missing = tuple(
        name for name in question.names if name not in present and not _occurs(store, index, name)
    )
    return Search(tuple(hits), missing, refused)


def _values(index: ReportIndex, question: Question) -> dict[str, float]:
    """What holding each token of the question is worth: its weight times its inverse document frequency."""
    total, frequencies = index.frequencies(list(question.weights))
    total = max(total, SMALL_LIBRARY)
    for variant, token in question.variants.items():  # a variant makes its token no rarer than itself
        frequencies[token] = max(frequencies[token], frequencies[variant])
    return {
        token: question.weights[token]
        * (1.0 if frequencies[token] or token in question.focus else UNKNOWN_WEIGHT)
        * math.log(1 + (total - frequencies[token] + 0.5) / (frequencies[token] + 0.5))
        for token in question.tokens
    }


def _candidates(
    store: Store, index: ReportIndex, question: Question, values: dict[str, float]
) -> list[_Candidate]:
    ranked = index.search(question.weights, limit=CANDIDATES)
    chunks = store.chunks([key for key, _ in ranked])
    pages: dict[tuple[int, int], Page | None] = {}
    all_values = sum(values.values()) or 1.0
    found: list[_Candidate] = []
    for key, bm25 in ranked:
        if (stored := chunks.get(key)) is None:  # removed since the index was written
            continue
        place = (stored.document, stored.chunk.page)
        if place not in pages:
            pages[place] = store.page(*place)
        if (page := pages[place]) is None:
            continue
        text = page.text.text[stored.chunk.start : stored.chunk.end]
        held = _held(question, f"{stored.chunk.section}\n{text}")
        coverage = sum(values[token] for token in held) / all_values
        if coverage >= LEAST_COVERAGE:
            candidate = _Candidate(stored, page, text, held, bm25 * (0.25 + coverage))
            found.append(_weighed(candidate, question))
    return found


def _held(question: Question, text: str) -> set[str]:
    """The question's tokens that a text holds, variants counting for their token."""
    there = set(tokens(text))
    held = {token for token in question.tokens if token in there}
    return held | {token for variant, token in question.variants.items() if variant in there}


def _weighed(candidate: _Candidate, question: Question) -> _Candidate:
    factor = KIND_WEIGHT[candidate.stored.chunk.kind]
    if question.names:
        factor *= 1 + NAME_BONUS * sum(_holds_name(candidate, name) for name in question.names) / len(
            question.names
        )
    if question.numbers:
        factor *= 1 + NUMBER_BONUS * _numbers_held(question, candidate.text) / len(question.numbers)
    return _Candidate(
        candidate.stored, candidate.page, candidate.text, candidate.held, candidate.score * factor
    )


def _holds_name(candidate: _Candidate, name: str) -> bool:
    return _named(candidate.held, candidate.text, name)


def _named(held: set[str], text: str, name: str) -> bool:
    words = tokens(name, query=True)
    if name.isascii() and words:
        return words[0] in held
    return normal_form(name) in normal_form(text)


def _occurs(store: Store, index: ReportIndex, name: str) -> bool:
    """Whether any report holds the name, whatever else was asked."""
    question = read_question(name)
    candidates = _candidates(store, index, question, _values(index, question))
    return any(_holds_name(candidate, name) for candidate in candidates)


def _numbers_held(question: Question, text: str) -> int:
    there = find(text)
    return sum(
        any(agrees(number, other.value, other.unit) for other in there if other.unit == number.unit)
        for number in question.numbers
    )


def _cited(
    store: Store, ranked: Sequence[_Candidate], question: Question, values: dict[str, float], limit: int
) -> tuple[list[Found], int]:
    """Quote the first candidates, refuse what the raw page does not bear out, and put the best quotes first."""
    all_values = sum(values.values()) or 1.0
    hits: dict[str, Found] = {}
    refused = 0
    for candidate in ranked:
        if len(hits) == limit * REORDERED:
            break
        try:
            document = store.document(candidate.stored.document)
        except KeyError:  # removed while we search
            continue
        chunk = candidate.stored.chunk
        start, end = best_quote(
            candidate.page, chunk, values, lambda text: _held(question, text), focus=question.focus
        )
        citation = cite(document, chunk.page, candidate.page, start, end)
        if citation is None:
            refused += 1
            continue
        quote = citation.span.quote
        held = _held(question, quote)
        says = sum(values[token] for token in held) / all_values
        score = candidate.score * (0.3 + 0.7 * says) * (0.4 + 0.6 * readable(quote))
        if question.focus and question.focus <= held:
            score *= 1 + FOCUS_BONUS
        if question.names and not any(_named(held, quote, name) for name in question.names):
            score *= UNNAMED_WEIGHT
        passage = Passage(span=citation.span, text=candidate.text, score=score)
        # The same sentence in another copy of the report is not shown again.
        hits.setdefault(normal_form(quote), Found(document, chunk.section, passage, citation))
    return sorted(hits.values(), key=lambda hit: -hit.passage.score)[:limit], refused
