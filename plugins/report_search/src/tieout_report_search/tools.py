"""The tools: search, add, list, show, remove, eval."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

from tieout.errors import InputError, PluginError
from tieout.plugin import EvalResult, Passage, ReportSpan, Slot, Tool, ToolContext, tool
from tieout.text import clean
from tieout_report_search import examples
from tieout_report_search.evaluate import evaluate, read_cases
from tieout_report_search.library import ReportLibrary
from tieout_report_search.messages import _
from tieout_report_search.results import (
    AddResult,
    ListResult,
    PageResult,
    RemoveResult,
    ReportInfo,
    SearchResult,
)
from tieout_report_search.searching import Search
from tieout_report_search.settings import ReportSettings

__all__ = ["ReportSource", "ReportTools"]

MOST_HITS = 20
MOST_PAGE_SPANS = 200


class ReportTools:
    """The functions behind the tools, bound to one host's settings."""

    def __init__(self, settings: ReportSettings) -> None:
        self._settings = settings

    def tools(self) -> Iterable[Tool[..., Any]]:
        """Declare each function as a tool."""
        return [
            tool(timeout=300.0, examples=examples.SEARCH)(self.search),
            tool(effects=("write",), timeout=3600.0, examples=examples.ADD)(self.add),
            tool(timeout=300.0, examples=examples.LIST)(self.list),
            tool(examples=examples.SHOW)(self.show),
            tool(effects=("write",), timeout=60.0, faces=("cli", "slash"))(self.remove),
            tool(timeout=3600.0, faces=("cli", "slash"))(self.eval),
        ]

    def search(
        self,
        query: Annotated[str, Slot("text", example="MFU of Llama 3")],
        ctx: ToolContext,
        limit: int = 5,
    ) -> SearchResult:
        """Search the user's broker reports and quote the passages that answer, with title and page.

        Every quote was re-read from the stored page. Quote it as it stands and keep its citation.

        Args:
            query: The question or key words, in the words of the user.
            limit: The most passages to return, 1 to 20.
        """
        if not query.strip():
            raise InputError(_("There is nothing to search for."), hint=_("Give a question or a few words."))
        library, notes = self._synced(ctx)
        if not library.documents():
            return SearchResult.of(query, Search((), (), 0), library_empty=True, notes=notes)
        found = library.search(query[:10_000], limit=max(1, min(limit, MOST_HITS)))
        return SearchResult.of(query, found, library_empty=False, notes=notes)

    def add(
        self,
        path: Annotated[str, Slot("text", cues=("路径", "文件夹", "folder", "path"), example="~/reports")],
        ctx: ToolContext,
    ) -> AddResult:
        """Add a report file (PDF or text), or all reports in a folder, to the library.

        Args:
            path: A file or folder on this machine.
        """
        library = self._settings.library(ctx.data_dir)
        outcomes = library.add(Path(path), progress=_progress(ctx), cancelled=lambda: ctx.cancelled)
        notes = (_("Stopped before the end; the files listed are in the library."),) if ctx.cancelled else ()
        return AddResult.of(outcomes, notes=notes)

    def list(self, ctx: ToolContext) -> ListResult:
        """List the reports in the library with publisher, date and rating."""
        library, notes = self._synced(ctx)
        return ListResult.of(library.documents(), notes=notes)

    def show(
        self,
        document: Annotated[str, Slot("text", cues=("报告", "report"), example="ai_compute_weekly")],
        ctx: ToolContext,
        page: int = 1,
    ) -> PageResult:
        """Show one page of a report.

        Args:
            document: The report's id, or a part of its title or file name.
            page: 1-based page.
        """
        library = self._settings.library(ctx.data_dir)
        report = library.find(document)
        found = library.page(report, page) if page >= 1 else None
        if found is None:
            raise InputError(
                _("“{title}” has no page {page}.", title=report.metadata.title, page=page),
                hint=_("It has {pages} pages.", pages=report.pages),
            )
        from tieout_report_search.chunks import sentences
        from tieout_report_search.citations import cite
        from tieout_report_search.offsets import cuts

        spans = sentences(found.text.text, cuts(found.text, found.raw))[:MOST_PAGE_SPANS]
        citations = [c for a, b in spans if (c := cite(report, page, found, a, b)) is not None]
        return PageResult(
            report=ReportInfo.of(report),
            page=page,
            text=clean(found.text.text),
            spans_on_page=tuple(citation.span for citation in citations),
            numbers=tuple(figure for citation in citations for figure in citation.figures),
        )

    def remove(self, document: str, ctx: ToolContext) -> RemoveResult:
        """Remove a report from the library; its file is not touched.

        Args:
            document: The report's id, or a part of its title or file name.
        """
        library = self._settings.library(ctx.data_dir)
        report = library.find(document)
        library.remove(report)
        return RemoveResult(report=ReportInfo.of(report))

    def eval(self, file: str, ctx: ToolContext) -> EvalResult:
        """Score search with a file of questions: one JSON object per line.

        Args:
            file: Lines of ``{"id", "question", "document", "page"?, "contains"?, "kind"?}``.
        """
        library, notes = self._synced(ctx)
        cases = read_cases(Path(file).expanduser())
        if not library.documents():
            raise InputError(
                _("There are no reports in the library yet."),
                hint=_("Add some with `tieout reports add FOLDER`."),
            )
        return evaluate(library, cases, progress=_progress(ctx), cancelled=lambda: ctx.cancelled, notes=notes)

    def _synced(self, ctx: ToolContext) -> tuple[ReportLibrary, tuple[str, ...]]:
        """The library with the configured folders brought up to date, and what there is to remark on that."""
        library = self._settings.library(ctx.data_dir)
        remarks = library.sync_folders(progress=_progress(ctx), cancelled=lambda: ctx.cancelled)
        return library, tuple(remarks)


def _progress(ctx: ToolContext) -> Callable[[float, float | None, str], None]:
    def report(done: float, total: float | None, message: str) -> None:
        ctx.progress(done, total, message)

    return report


class ReportSource:
    """The library as a :class:`tieout.plugin.Source`; usable once the plugin's lifespan has begun."""

    name = "reports"

    def __init__(self, settings: ReportSettings) -> None:
        self._settings = settings

    async def search(self, query: str, *, limit: int = 10) -> list[Passage]:
        """The best passages, best first, with checked quotes."""
        library = self._library()

        def run() -> list[Passage]:
            library.sync_folders()
            return (
                [hit.passage for hit in library.search(query, limit=limit).hits]
                if library.documents()
                else []
            )

        return await asyncio.to_thread(run)

    async def reread(self, span: ReportSpan) -> str | None:
        """The raw text at the span now, or ``None`` when it is gone."""
        return await asyncio.to_thread(self._library().reread, span)

    def _library(self) -> ReportLibrary:
        if self._settings.data_dir is None:
            raise PluginError(
                _("The report library is not open."), hint=_("Enter the plugin's lifespan first.")
            )
        return self._settings.library(self._settings.data_dir)
