"""The report library: adding, removing, listing, searching and re-reading, for one data folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tieout.errors import InputError
from tieout.plugin import ReportSpan
from tieout_report_search.adding import FileOutcome, Ingest
from tieout_report_search.documents import StoredDocument
from tieout_report_search.index import ReportIndex
from tieout_report_search.lock import LibraryBusy, writer_lock
from tieout_report_search.messages import _
from tieout_report_search.searching import Search, search
from tieout_report_search.settings import ReportSettings
from tieout_report_search.store import Page, Store

__all__ = ["ReportLibrary"]

BATCH = 25
REPAIR_SECONDS = 0.5

Progress = Callable[[float, float | None, str], None]


def _silent(_done: float, _total: float | None, _message: str) -> None:
    return None


def _never() -> bool:
    return False


class ReportLibrary:
    """Reports in ``data_dir``: SQLite holds the truth, an index beside it answers searches.

    Any number of processes and threads may search; one at a time writes, and another waits ``lock_seconds`` for it.

    Args:
        data_dir: Folder of the library, which is made if need be.
        settings: Limits and folders.
    """

    def __init__(self, data_dir: Path, settings: ReportSettings | None = None) -> None:
        self.data_dir = data_dir
        self.settings = settings or ReportSettings()
        data_dir.mkdir(parents=True, exist_ok=True)
        self._store = Store(data_dir / "reports.db")
        self._index = ReportIndex(data_dir)
        self._writing = threading.RLock()
        self._folders_seen = False

    # Writing

    def add(
        self,
        path: Path,
        *,
        progress: Progress = _silent,
        cancelled: Callable[[], bool] = _never,
    ) -> list[FileOutcome]:
        """Take in a file, or every report under a folder; a bad file is an outcome, not an error.

        Raises:
            InputError: Nothing is there.
            LibraryBusy: Another process is writing.
        """
        ingest = Ingest(self._store, self.settings, cancelled)
        paths = ingest.named(path)
        outcomes: list[FileOutcome] = []
        with self._writer():
            for done, file in enumerate(paths):
                if cancelled():
                    break
                progress(done, len(paths), file.name)
                outcomes.append(ingest.add(file))
                if len(outcomes) % BATCH == 0:
                    self._settle()
            self._settle()
        progress(len(outcomes), len(paths), "")
        return outcomes

    def sync_folders(
        self, *, progress: Progress = _silent, cancelled: Callable[[], bool] = _never, force: bool = False
    ) -> list[str]:
        """Bring the configured folders up to date, once per library object; returns remarks for the user.

        Unchanged files cost one look at their time and size. It stops after ``folder_seconds``; what is left is done
        by the next call. While another process writes, the library is used as it is.
        """
        if not self.settings.folders or (self._folders_seen and not force):
            return []
        ingest = Ingest(self._store, self.settings, cancelled)
        try:
            with self._writer():
                remarks, complete = ingest.sync(self.settings.folders, progress=progress, flush=self._settle)
                self._folders_seen = complete
                return remarks
        except LibraryBusy:
            return [_("Another process is adding reports; the newest ones may be missing here.")]

    def remove(self, document: StoredDocument) -> None:
        """Remove a report from the library; the file stays where it is."""
        with self._writer():
            self._store.remove(document.key)
            self._settle()

    def rebuild(self) -> None:
        """Drop the index and build it again from the store."""
        with self._writer():
            self._index.create()
            self._store.forget_index()
            self._settle()

    @contextmanager
    def _writer(self, seconds: float | None = None) -> Generator[None]:
        wait = self.settings.lock_seconds if seconds is None else seconds
        if not self._writing.acquire(timeout=wait):
            raise LibraryBusy(
                _("Reports are being added or removed."), hint=_("Try again when that is done.")
            )
        try:
            with writer_lock(self.data_dir / "writer.lock", seconds=wait):
                yield
        finally:
            self._writing.release()

    def _settle(self) -> None:
        """Bring the index up to date with the store; makes good what a killed process left undone."""
        if not self._index.exists:
            self._index.create()
            self._store.forget_index()
        removed = self._store.removed()
        pending = self._store.unindexed()
        for batch in [pending[i : i + BATCH] for i in range(0, len(pending), BATCH)] or (
            [[]] if removed else []
        ):
            self._index.apply({key: self._entries(key) for key in batch}, removed)
            self._store.settle_index(batch, removed)
            removed = []

    def _entries(self, key: int) -> list[tuple[int, str, str]]:
        metadata = self._store.document(key).metadata
        return [
            (stored.key, f"{metadata.title}\n{metadata.broker}\n{stored.chunk.section}", text)
            for stored, text in self._store.chunks_of(key)
        ]

    # Reading

    def search(self, text: str, *, limit: int = 5) -> Search:
        """The best passages for a question, each with a quote re-read from the stored page.

        Raises:
            LibraryBusy: There is no index yet and another process is building it.
        """
        self._repair()
        return search(self._store, self._index, text, limit=limit)

    def _repair(self) -> None:
        whole = self._index.exists
        if whole and not self._store.unindexed() and not self._store.removed():
            return
        try:
            with self._writer(REPAIR_SECONDS if whole else None):
                self._settle()
        except LibraryBusy:
            if not whole:
                raise

    def reread(self, span: ReportSpan) -> str | None:
        """The raw text at a span now; ``None`` when the document, the page or the place on it is gone."""
        documents = self._store.by_hash(span.document)
        page = self._store.page(documents[0].key, span.page) if len(documents) == 1 else None
        if page is None or span.end > len(page.raw) or span.start > span.end:
            return None
        return page.raw[span.start : span.end]

    def documents(self) -> list[StoredDocument]:
        """Every report, newest first."""
        return self._store.documents()

    def page(self, document: StoredDocument, number: int) -> Page | None:
        """One page, 1-based; ``None`` when it is not there or its stored bytes are damaged."""
        return self._store.page(document.key, number)

    def find(self, name: str) -> StoredDocument:
        """The one report that ``name`` means: the beginning of its id, or a part of its title or file name.

        Raises:
            InputError: None or several fit.
        """
        wanted = name.strip()
        found = self._store.by_hash(wanted.lower()) if len(wanted) >= 4 else []
        if not found:
            found = [d for d in self.documents() if _named(d, wanted)]
        if len(found) == 1:
            return found[0]
        raise InputError(
            _no_single_report(wanted, found),
            hint=_("`tieout reports list` shows the reports with their ids."),
        )


def _named(document: StoredDocument, name: str) -> bool:
    from tieout_report_search.offsets import normal_form

    wanted = normal_form(name)
    return bool(wanted) and any(
        wanted in normal_form(text) for text in (document.metadata.title, document.name)
    )


def _no_single_report(name: str, found: Sequence[StoredDocument]) -> str:
    from tieout.text import clean_line

    shown = clean_line(name, limit=60)
    if not found:
        return _("No report is called “{name}”.", name=shown)
    ids = ", ".join(document.id for document in found[:5])
    return _("“{name}” fits several reports: {ids}.", name=shown, ids=ids)
