"""Scores search with questions whose place in a report is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from tieout.errors import InputError
from tieout.plugin import EvalMiss, EvalResult, EvalTally
from tieout.text import clean_line, language_of
from tieout_report_search.citations import holds
from tieout_report_search.library import ReportLibrary
from tieout_report_search.messages import _
from tieout_report_search.offsets import normal_form
from tieout_report_search.searching import Found

__all__ = ["Case", "evaluate", "read_cases"]

DEPTH = 10
PASS_DEPTH = 5


class Case(BaseModel):
    """A question and where its answer stands."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    question: str
    document: str
    """Id, title or file name of the report, or a part of one."""
    page: int | None = None
    """Page that must be hit; any page of the report when left out."""
    contains: tuple[str, ...] = ()
    """Texts that the passage must hold; white space and letter case do not count."""
    kind: str = ""
    """Group in the tally; the question's language when left out."""

    @field_validator("contains", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def read_cases(path: Path) -> list[Case]:
    """Read a JSON Lines file of cases.

    Raises:
        InputError: The file is missing, or a line is no case; says which.
    """
    shown = clean_line(str(path), limit=200)
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(_("{path} cannot be read: {reason}.", path=shown, reason=error)) from None
    cases: list[Case] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cases.append(Case.model_validate(json.loads(line)))
        except ValueError as error:
            raise InputError(
                _("{path}, line {number}: {reason}.", path=shown, number=number, reason=_reason(error)),
                hint=_("A case is a JSON object with id, question and document."),
            ) from None
    if not cases:
        raise InputError(_("{path} holds no cases.", path=shown))
    return cases


def _reason(error: ValueError) -> str:
    """What is wrong first: the field and the fault, without what pydantic adds."""
    if not isinstance(error, ValidationError):
        return clean_line(str(error), limit=160)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return clean_line(f"{field}: {first['msg']}" if field else first["msg"], limit=160)


def evaluate(
    library: ReportLibrary,
    cases: Sequence[Case],
    *,
    progress: Callable[[float, float | None, str], None],
    cancelled: Callable[[], bool],
    notes: tuple[str, ...] = (),
) -> EvalResult:
    """Search for every question; a case passes when a fitting passage is among the first five.

    Metrics: recall@1, recall@5, mrr@10, and citations_verified, the share of shown citations whose raw text still
    holds the quote.
    """
    ranks: list[int | None] = []
    tally: dict[str, EvalTally] = {}
    misses: list[EvalMiss] = []
    shown = verified = 0
    for done, case in enumerate(cases):
        if cancelled():
            break
        progress(done, len(cases), case.id)
        hits = library.search(case.question, limit=DEPTH).hits
        shown += len(hits)
        verified += sum(holds(hit.passage.span, library.reread(hit.passage.span) or "") for hit in hits)
        rank = next((place for place, hit in enumerate(hits, start=1) if _fits(case, hit)), None)
        ranks.append(rank)
        kind = case.kind or language_of(case.question)
        before = tally.get(kind, EvalTally(total=0, passed=0))
        passed = rank is not None and rank <= PASS_DEPTH
        tally[kind] = EvalTally(total=before.total + 1, passed=before.passed + passed)
        if not passed:
            misses.append(_miss(case, kind, rank, hits))
    total = len(ranks) or 1
    return EvalResult(
        total=len(ranks),
        passed=sum(group.passed for group in tally.values()),
        by_kind=tally,
        metrics={
            "recall@1": sum(rank == 1 for rank in ranks) / total,
            "recall@5": sum(rank is not None and rank <= 5 for rank in ranks) / total,
            "mrr@10": sum(1 / rank for rank in ranks if rank) / total,
            "citations_verified": verified / shown if shown else 1.0,
        },
        misses=misses,
        notes=notes,
    )


def _fits(case: Case, hit: Found) -> bool:
    wanted = normal_form(case.document)
    names = (hit.document.metadata.title, hit.document.name)
    document = hit.document.sha256.startswith(case.document.lower()) or any(
        wanted in normal_form(n) for n in names
    )
    page = case.page is None or hit.passage.span.page == case.page
    text = normal_form(hit.passage.text)
    return bool(wanted) and document and page and all(normal_form(part) in text for part in case.contains)


def _miss(case: Case, kind: str, rank: int | None, hits: Sequence[Found]) -> EvalMiss:
    page = f", p. {case.page}" if case.page else ""
    first = hits[0].passage.span if hits else None
    return EvalMiss(
        id=case.id,
        kind=kind,
        expected=clean_line(f"{case.document}{page}: {' / '.join(case.contains)}", limit=200),
        got=clean_line(f"{first.title}, p. {first.page}: {first.quote}", limit=200) if first else "",
        difference=f"rank {rank}" if rank else "not found",
    )
