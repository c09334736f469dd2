"""Sources: searchable text whose quoted spans can be read again and checked."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from tieout.contract.figures import ReportSpan

__all__ = ["Passage", "Source"]


class Passage(BaseModel):
    """A search hit: the span, its text cleaned for reading, and its score (higher is better, one search only)."""

    model_config = ConfigDict(frozen=True)

    span: ReportSpan
    text: str
    score: float


class Source(Protocol):
    """Something that can be searched and re-read.

    A citation is shown only after ``reread`` returned the span's raw text and its normal form contained the quote's.
    """

    @property
    def name(self) -> str:
        """Unique name; ``ReportSpan.source`` repeats it."""
        ...

    async def search(self, query: str, *, limit: int = 10) -> list[Passage]:
        """The best passages, best first."""
        ...

    async def reread(self, span: ReportSpan) -> str | None:
        """The raw text at the span now, or ``None`` when document or page is gone."""
        ...
