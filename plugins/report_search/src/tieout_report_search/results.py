"""What the tools return, and how it is said and shown."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from tieout.errors import ExitCode
from tieout.plugin import (
    Card,
    CardBlock,
    Fact,
    Figure,
    Language,
    Note,
    Passage,
    Quote,
    ReportSpan,
    Result,
    Table,
    Text,
)
from tieout.quantities import format_quantity
from tieout.text import clean, clean_line
from tieout_report_search.adding import FileOutcome
from tieout_report_search.documents import DateKind, StoredDocument
from tieout_report_search.messages import _
from tieout_report_search.searching import Found, Search

__all__ = [
    "AddResult",
    "FileReport",
    "Hit",
    "ListResult",
    "PageResult",
    "RemoveResult",
    "ReportInfo",
    "SearchResult",
]

SAID_QUOTES = 3
SAID_SHARE = 0.55
TITLE_LIMIT = 60


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReportInfo(_Part):
    """A report as lists and cards show it."""

    id: str
    """The beginning of the file's SHA-256: names the report in commands and citations."""
    title: str
    file: str
    publisher: str = ""
    published: date | None = None
    date_kind: DateKind = ""
    """What ``published`` is the date of; ``upload`` and ``mentioned`` are not the report's own date."""
    analysts: tuple[str, ...] = ()
    rating: str = ""
    language: str = ""
    pages: int

    @classmethod
    def of(cls, document: StoredDocument) -> ReportInfo:
        """The facts of a stored report."""
        metadata = document.metadata
        return cls(
            id=document.id,
            title=metadata.title,
            file=document.name,
            publisher=metadata.broker,
            published=metadata.published,
            date_kind=metadata.date_kind,
            analysts=metadata.analysts,
            rating=metadata.rating,
            language=document.language,
            pages=document.pages,
        )

    def dated(self, lang: Language) -> str:
        """The date with what it is the date of, or empty."""
        if self.published is None:
            return ""
        day = self.published.isoformat()
        match self.date_kind:
            case "upload":
                return _("{day} (upload)", lang=lang, day=day)
            case "mentioned":
                return _("{day} (mentioned in the text)", lang=lang, day=day)
            case _:
                return day


class Hit(_Part):
    """One passage, the checked quote from it, and the numbers in the quote."""

    passage: Passage
    """Its span holds the quote; its text is the whole passage."""
    section: str = ""
    figures: tuple[Figure, ...] = ()
    """Every number in the quote with its own place in the report."""
    cut_before: bool = False
    """The quote begins inside a sentence."""
    cut_after: bool = False

    @classmethod
    def of(cls, found: Found) -> Hit:
        """A hit as the search found it."""
        citation = found.citation
        return cls(
            passage=found.passage.model_copy(update={"text": clean(found.passage.text)}),
            section=clean_line(found.section, limit=80),
            figures=citation.figures,
            cut_before=citation.cut_before,
            cut_after=citation.cut_after,
        )

    def quoted(self, lang: Language) -> str:
        """The quote with its citation as one Markdown quotation."""
        span = self.passage.span
        before, after = ("… " if self.cut_before else ""), (" …" if self.cut_after else "")
        return f"> {before}{span.quote}{after} {cited(span, lang)}"


def cited(span: ReportSpan, lang: Language) -> str:
    """``【title, p. 5】``: where a quote stands."""
    title = clean_line(span.title, limit=TITLE_LIMIT)
    return _("【{title}, p. {page}】", lang=lang, title=title, page=span.page)


class SearchResult(Result):
    """Passages that answer a question, best first, each with a quote re-read from the stored page."""

    advice_notice: ClassVar[bool] = True

    query: str
    hits: tuple[Hit, ...] = ()
    missing: tuple[str, ...] = ()
    """Names in the question that no report holds."""
    library_empty: bool = False
    """There are no reports to search yet."""

    @classmethod
    def of(
        cls, query: str, found: Search, *, library_empty: bool, notes: tuple[str, ...] = ()
    ) -> SearchResult:
        """The result of a search."""
        if found.refused:
            notes = (
                *notes,
                _("Some passages were left out because their stored page no longer matches its citation."),
            )
        return cls(
            query=query,
            hits=tuple(Hit.of(hit) for hit in found.hits),
            missing=tuple(clean_line(name, limit=60) for name in found.missing),
            library_empty=library_empty,
            notes=notes,
        )

    def say(self, lang: Language = "en") -> str:
        """The best one to three quotes with title and page, or plainly that there is none."""
        if self.library_empty:
            return _(
                "There are no reports in the library yet. Add some with `tieout reports add FOLDER`.",
                lang=lang,
            )
        absent = self._absent(lang)
        if not self.hits:
            return absent or _("The reports in the library say nothing about that.", lang=lang)
        top = self.hits[0].passage.score
        said = [hit for hit in self.hits[:SAID_QUOTES] if hit.passage.score >= SAID_SHARE * top]
        parts = [_("From the reports:", lang=lang), *(hit.quoted(lang) for hit in said), absent]
        return "\n\n".join(part for part in parts if part)

    def _absent(self, lang: Language) -> str:
        if not self.missing:
            return ""
        names = ("、" if lang == "zh" else ", ").join(self.missing)
        return _("No report in the library mentions {names}.", lang=lang, names=names)

    def card(self, lang: Language = "en") -> Card:
        """Each quote with where it stands."""
        blocks: list[CardBlock] = []
        for hit in self.hits:
            span = hit.passage.span
            blocks.append(Quote(text=span.quote, span=span))
            day = span.published.isoformat() if span.published else ""
            if where := " · ".join(part for part in (day, hit.section) if part):
                blocks.append(Text(text=where))
        if not self.hits:
            blocks.append(Note(level="info", text=self.say(lang)))
        elif absent := self._absent(lang):
            blocks.append(Note(level="info", text=absent))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(
            title=_("Reports: {query}", lang=lang, query=clean_line(self.query, limit=60)),
            blocks=tuple(blocks),
        )


class FileReport(_Part):
    """What became of one file."""

    file: str
    status: Literal["added", "duplicate", "failed"]
    report: ReportInfo | None = None
    reason: str = ""
    broken_pages: tuple[int, ...] = ()
    """Pages that could not be read; the others are in the library."""

    @classmethod
    def of(cls, outcome: FileOutcome) -> FileReport:
        """The outcome of adding a file."""
        report = ReportInfo.of(outcome.document) if outcome.document else None
        return cls(
            file=outcome.name,
            status=outcome.status,
            report=report,
            reason=outcome.reason,
            broken_pages=outcome.broken_pages,
        )


def _count(number: int, metric: str) -> Figure:
    return Figure(value=number, metric=metric)


def _said(figure: Figure, lang: Language) -> str:
    return format_quantity(figure.value, figure.unit, lang=lang)


class AddResult(Result):
    """How adding a file or a folder went, file by file."""

    added: Figure
    duplicates: Figure
    failed: Figure
    files: tuple[FileReport, ...] = ()

    @property
    def exit_code(self) -> int:
        """7 where a file could not be read, so that a script learns of it."""
        return ExitCode.TOOL if self.failed.value else ExitCode.OK

    @classmethod
    def of(cls, outcomes: list[FileOutcome], *, notes: tuple[str, ...] = ()) -> AddResult:
        """Count the outcomes."""
        statuses = [outcome.status for outcome in outcomes]
        return cls(
            added=_count(statuses.count("added"), "added"),
            duplicates=_count(statuses.count("duplicate"), "duplicates"),
            failed=_count(statuses.count("failed"), "failed"),
            files=tuple(FileReport.of(outcome) for outcome in outcomes),
            notes=notes,
        )

    def say(self, lang: Language = "en") -> str:
        """How many were added, were there already, and failed with why."""
        parts = [_("Reports added: {n}.", lang=lang, n=_said(self.added, lang))]
        if self.duplicates.value:
            parts.append(_("Already in the library: {n}.", lang=lang, n=_said(self.duplicates, lang)))
        if self.failed.value:
            parts.append(_("Could not be read: {n}.", lang=lang, n=_said(self.failed, lang)))
        reasons = [f"- {file.file}: {file.reason}" for file in self.files if file.status == "failed"]
        return "\n".join([" ".join(parts), *reasons, *self.notes])

    def card(self, lang: Language = "en") -> Card:
        """One row per file."""
        states = {
            "added": _("added", lang=lang),
            "duplicate": _("already there", lang=lang),
            "failed": _("failed", lang=lang),
        }
        rows = tuple(
            (file.file, states[file.status], file.reason or (file.report.title if file.report else ""))
            for file in self.files
        )
        columns = (_("File", lang=lang), _("State", lang=lang), _("Title or reason", lang=lang))
        notes = tuple(Note(level="info", text=note) for note in self.notes)
        return Card(title=_("Adding reports", lang=lang), blocks=(Table(columns=columns, rows=rows), *notes))


class ListResult(Result):
    """The reports in the library."""

    count: Figure
    reports: tuple[ReportInfo, ...] = ()

    @classmethod
    def of(cls, documents: list[StoredDocument], *, notes: tuple[str, ...] = ()) -> ListResult:
        """List stored reports."""
        return cls(
            count=_count(len(documents), "reports"),
            reports=tuple(ReportInfo.of(d) for d in documents),
            notes=notes,
        )

    def say(self, lang: Language = "en") -> str:
        """How many there are, and their titles."""
        if not self.reports:
            return _(
                "There are no reports in the library yet. Add some with `tieout reports add FOLDER`.",
                lang=lang,
            )
        lines = [_("Reports in the library: {n}.", lang=lang, n=_said(self.count, lang))]
        for report in self.reports:
            origin = ", ".join(part for part in (report.publisher, report.dated(lang)) if part)
            lines.append(f"- {report.title}" + (f" ({origin})" if origin else ""))
        return "\n".join([*lines, *self.notes])

    def card(self, lang: Language = "en") -> Card:
        """One row per report."""
        columns = (
            _("Id", lang=lang),
            _("Title", lang=lang),
            _("Publisher", lang=lang),
            _("Date", lang=lang),
            _("Rating", lang=lang),
            _("Pages", lang=lang),
            _("File", lang=lang),
        )
        rows = tuple(
            (r.id, r.title, r.publisher, r.dated(lang), r.rating, str(r.pages), r.file) for r in self.reports
        )
        blocks: list[CardBlock] = [Table(columns=columns, rows=rows, numeric=(5,))]
        if not rows:
            blocks = [Note(level="info", text=self.say(lang))]
        blocks += [Note(level="info", text=note) for note in self.notes]
        return Card(title=_("Reports in the library", lang=lang), blocks=tuple(blocks))


class PageResult(Result):
    """One page of a report: its text cleaned for reading, and the places of its sentences."""

    advice_notice: ClassVar[bool] = True

    report: ReportInfo
    page: int
    text: str
    spans_on_page: tuple[ReportSpan, ...] = ()
    """Checked spans of the page's sentences, in order."""
    numbers: tuple[Figure, ...] = ()
    """The numbers of those sentences."""

    def say(self, lang: Language = "en") -> str:
        """The page's sentences as quotations under where they stand."""
        title = clean_line(self.report.title, limit=TITLE_LIMIT)
        head = _("【{title}, p. {page}】", lang=lang, title=title, page=self.page)
        return "\n\n".join([head, *(f"> {span.quote}" for span in self.spans_on_page)])

    def card(self, lang: Language = "en") -> Card:
        """The page's text."""
        report = self.report
        facts = [
            (_("Publisher", lang=lang), report.publisher),
            (_("Date", lang=lang), report.dated(lang)),
            (_("Analysts", lang=lang), ", ".join(report.analysts)),
            (_("Rating", lang=lang), report.rating),
        ]
        blocks: list[CardBlock] = [Fact(label=label, value=value) for label, value in facts if value]
        page = _("Page {page} of {pages}", lang=lang, page=self.page, pages=report.pages)
        return Card(title=f"{report.title} · {page}", blocks=(*blocks, Quote(text=self.text)))


class RemoveResult(Result):
    """Which report was removed; its file stays where it is."""

    report: ReportInfo

    def say(self, lang: Language = "en") -> str:
        """What was removed."""
        return _(
            "Removed from the library: {title}. The file itself was not touched.",
            lang=lang,
            title=self.report.title,
        )

    def card(self, lang: Language = "en") -> Card:
        """The same as a card."""
        return Card(title=_("Report removed", lang=lang), blocks=(Text(text=self.say(lang)),))
