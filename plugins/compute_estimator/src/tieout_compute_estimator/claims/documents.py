"""Whole documents: a text, a file or a report of the library, checked page by page with one pool of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tieout.errors import InputError
from tieout.plugin import Figure, ReportSpan, translator
from tieout_compute_estimator.caveats import expired_notes, today
from tieout_compute_estimator.claims.checking import CheckedClaim, check_parts, read_claims
from tieout_compute_estimator.claims.cross import contradictions
from tieout_compute_estimator.claims.findings import derived
from tieout_compute_estimator.claims.proposals import apply_proposals, under_proposals
from tieout_compute_estimator.claims.result import CheckResult, constants_of
from tieout_compute_estimator.claims.verdicts import VERDICTS, worst

__all__ = ["MOST_CHARACTERS", "MOST_CLAIMS", "Page", "check_pages", "read_file"]

_ = translator("tieout_compute_estimator")

MOST_CHARACTERS = 2_000_000
"""Read at most; some 1,300 pages. A longer text is checked up to here, and the result says so."""
MOST_CLAIMS = 2_000
MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a page, and the spans of a report that its sentences have."""

    text: str
    number: int | None = None
    spans: Sequence[ReportSpan] = ()

    def span(self, start: int, end: int) -> ReportSpan | None:
        """The first span of the report that the characters overlap."""
        at = 0
        for span in self.spans:
            found = self.text.find(span.quote, at)
            if found < 0:
                continue
            at = found
            if found < end and start < found + len(span.quote):
                return span
        return None


def read_file(path: str) -> str:
    """The text of a file in UTF-8, GB18030 or UTF-16.

    Raises:
        InputError: It cannot be read, is too large, or is no text.
    """
    place = Path(path).expanduser()
    try:
        if place.stat().st_size > MOST_BYTES:
            raise InputError(
                _("{path} is too large to be checked.", path=path),
                code="compute-check-file",
                hint=_("Give a part of it, or add it to the reports and name its page."),
            )
        data = place.read_bytes()
    except OSError as error:
        raise InputError(
            _("{path} cannot be read: {reason}", path=path, reason=error.strerror or str(error)),
            code="compute-check-file",
        ) from None
    if data.startswith(b"%PDF"):
        raise InputError(
            _("{path} is a PDF file.", path=path),
            code="compute-check-pdf",
            hint=_("Add it to the reports first, then name the report: `tieout reports add FILE`."),
        )
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text[:4096]:
            return text
    raise InputError(_("{path} is no text.", path=path), code="compute-check-file")


def check_pages(
    pages: Iterable[Page],
    *,
    title: str = "",
    notes: Sequence[str] = (),
    context: str = "",
    proposals: Sequence[str] = (),
) -> CheckResult:
    """Check every page; the numbers of all pages are the context of each.

    Args:
        pages: The text.
        title: What it is called.
        notes: Remarks that go before the checker's own.
        context: Text around it, whose numbers its claims may lean on.
        proposals: How numbers may be read: ``640P = rate of Eos``; see :mod:`.proposals`.
    """
    remarks = list(notes)
    kept: list[Page] = []
    total = 0
    for page in pages:
        room = MOST_CHARACTERS - total
        total += len(page.text)
        if room > 0:
            kept.append(Page(page.text[:room], page.number, page.spans))
    if total > MOST_CHARACTERS:
        left = derived(float(MOST_CHARACTERS), "", "characters read", str(MOST_CHARACTERS), {})
        remarks.append(
            _(
                "The text is longer than what is read at once; only its first {count:.0f} "
                "characters were checked.",
                count=left.value,
            )
        )
    single = len(kept) == 1 and not kept[0].number
    read = [(page, part) for page in kept for part in read_claims(page.text, document=not single)]
    if len(read) > MOST_CLAIMS:
        remarks.append(_("Only the first {count} claims were checked.", count=MOST_CLAIMS))
        read = read[:MOST_CLAIMS]
    taken = apply_proposals([part for _page, part in read], proposals)
    remarks += taken.refused
    claims: list[CheckedClaim] = check_parts(
        [(part, page.span(part.claim.start, part.claim.end) if page.spans else None) for page, part in read],
        context=context,
    )
    claims = [
        claim if page.number is None else claim.model_copy(update={"page": page.number})
        for claim, (page, _part) in zip(claims, read, strict=True)
    ]
    claims = [
        under_proposals(claim, taken.by_claim[index]) if index in taken.by_claim else claim
        for index, claim in enumerate(claims)
    ]
    result = CheckResult(
        title=title,
        characters=total,
        verdict=worst([claim.verdict for claim in claims]),
        claims=tuple(claims),
        contradictions=tuple(contradictions(claims, [part for _page, part in read])),
        counts=_counts(claims),
        notes=(*remarks, *expired_notes(_behind(claims), on=today())),
    )
    return result.model_copy(
        update={"constants": tuple(constants_of(result.said_claims(), result.contradictions))}
    )


def _behind(claims: Iterable[CheckedClaim]) -> Iterator[Figure]:
    """Every figure that a verdict rests on."""
    for claim in claims:
        for one in claim.findings:
            yield from (*one.figures.values(), *one.numbers.values())


def _counts(claims: Sequence[CheckedClaim]) -> dict[str, Figure]:
    if not claims:
        return {}
    by = {verdict: float(sum(claim.verdict == verdict for claim in claims)) for verdict in VERDICTS}
    counts = {"all": float(len(claims)), **{verdict: number for verdict, number in by.items() if number}}
    return {
        name: derived(number, "", "claims", "count", {}, convention="claims by verdict")
        for name, number in counts.items()
    }
