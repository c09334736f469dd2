"""Takes files into the store: one at a time, each on its own, so that a bad file costs only itself."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tieout.errors import InputError, StoreError
from tieout.text import clean_line, language_of
from tieout_report_search.chunks import chunk_pages
from tieout_report_search.clean import clean_pages
from tieout_report_search.documents import StoredDocument, UnreadableFile
from tieout_report_search.files import find_files, parse, read_bytes
from tieout_report_search.messages import _
from tieout_report_search.metadata import read_metadata
from tieout_report_search.offsets import cuts
from tieout_report_search.settings import ReportSettings
from tieout_report_search.store import KnownFile, Page, Store

__all__ = ["FileOutcome", "Ingest"]

REMOVED = "removed"
FLUSH_EVERY = 25

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file."""

    name: str
    """File name, cleaned for showing."""
    status: Literal["added", "duplicate", "failed"]
    document: StoredDocument | None = None
    reason: str = ""
    """Why it failed, in the user's language."""
    broken_pages: tuple[int, ...] = ()


class Ingest:
    """Adds files to a store; the caller holds the writer's lock."""

    def __init__(self, store: Store, settings: ReportSettings, cancelled: Callable[[], bool]) -> None:
        self._store = store
        self._settings = settings
        self._cancelled = cancelled

    def named(self, path: Path) -> list[Path]:
        """The files that a user means by a path.

        Raises:
            InputError: There is nothing there, or no report in the folder.
        """
        path = path.expanduser()
        shown = clean_line(str(path), limit=200)
        try:
            if path.is_dir():
                files = list(find_files(path, self._settings.suffixes))
                if not files:
                    raise InputError(
                        _("The folder {path} holds no reports.", path=shown),
                        hint=_(
                            "Files ending in {suffixes} are looked for.",
                            suffixes=", ".join(self._settings.suffixes),
                        ),
                    )
                return files
            path.stat()
        except (OSError, ValueError):  # a path with a NUL in it is a ValueError
            raise InputError(
                _("{path} does not exist or cannot be read.", path=shown),
                hint=_("Give a report file or a folder of them."),
            ) from None
        return [path]

    def add(self, path: Path, *, root: bytes | None = None) -> FileOutcome:
        """Read, clean and store one file."""
        name = clean_line(path.name, limit=120)
        seen = _seen(path)
        try:
            data = read_bytes(path, self._settings)
            sha256 = hashlib.sha256(data).hexdigest()
            outcome = self._known(sha256, name) or self._store_new(data, sha256, name)
        except UnreadableFile as error:
            self._remember(path, root, seen, "", error.message)
            return FileOutcome(name, "failed", reason=error.message)
        except StoreError:
            raise
        except Exception as error:  # one strange file must not end the batch
            log.exception("adding a report failed")
            reason = _("an internal error: {kind}", kind=type(error).__name__)
            self._remember(path, root, seen, "", reason)
            return FileOutcome(name, "failed", reason=reason)
        self._remember(path, root, seen, sha256, "")
        return outcome

    def _known(self, sha256: str, name: str) -> FileOutcome | None:
        known = self._store.by_hash(sha256)
        return FileOutcome(name, "duplicate", known[0]) if known else None

    def _store_new(self, data: bytes, sha256: str, name: str) -> FileOutcome:
        parsed = parse(data, self._settings, cancelled=self._cancelled)
        texts = clean_pages(parsed.pages)
        words = [text.text for text in texts]
        chunks = chunk_pages(words, [cuts(text, raw) for text, raw in zip(texts, parsed.pages, strict=True)])
        if not chunks:
            raise UnreadableFile(_("the file holds no text"))
        document = self._store.add(
            sha256,
            name=name,
            size=len(data),
            format=parsed.format,
            encoding=parsed.encoding,
            language=language_of("\n".join(words[:5])),
            metadata=read_metadata(parsed, words, name),
            pages=[Page(raw, text) for raw, text in zip(parsed.pages, texts, strict=True)],
            chunks=chunks,
        )
        return FileOutcome(name, "added", document, broken_pages=parsed.broken_pages)

    def _remember(
        self, path: Path, root: bytes | None, seen: tuple[int, int], sha256: str, error: str
    ) -> None:
        """Note the file's state, and let go of the report that the file held before."""
        key = os.fsencode(path.absolute())
        before = self._store.file(key)
        self._store.set_file(key, root, KnownFile(sha256, *seen, error))
        if before and before.sha256 not in ("", sha256):
            self._release(before.sha256)

    def _release(self, sha256: str) -> None:
        """Remove a report that no known file holds any more."""
        if not self._store.is_wanted(sha256):
            for document in self._store.by_hash(sha256):
                self._store.remove(document.key)

    # Configured folders

    def sync(
        self,
        folders: Sequence[Path],
        *,
        progress: Callable[[float, float | None, str], None],
        flush: Callable[[], None],
    ) -> tuple[list[str], bool]:
        """Add what is new or changed under the folders and drop what is gone; (remarks, whether all was done)."""
        deadline = time.monotonic() + self._settings.folder_seconds
        remarks: list[str] = []
        changed: list[tuple[Path, bytes]] = []
        for folder in folders:
            shown = clean_line(str(folder), limit=200)
            if not folder.is_dir():
                remarks.append(_("The folder {path} from the settings does not exist.", path=shown))
                continue
            changed += self._changed(folder)
        for done, (path, root) in enumerate(changed):
            if self._cancelled() or time.monotonic() > deadline:
                flush()
                remarks.append(_("Not all reports are indexed yet; the next search goes on with the rest."))
                return remarks, False
            progress(done, len(changed), clean_line(path.name, limit=60))
            outcome = self.add(path, root=root)
            if outcome.status == "failed":
                remarks.append(_("{name} was left out: {reason}.", name=outcome.name, reason=outcome.reason))
            if done % FLUSH_EVERY == FLUSH_EVERY - 1:
                flush()
        flush()
        return remarks, True

    def _changed(self, folder: Path) -> list[tuple[Path, bytes]]:
        """New and changed files of a folder; forgets files that are gone."""
        root = os.fsencode(folder.resolve())
        gone = self._store.files_under(root)
        changed: list[tuple[Path, bytes]] = []
        files = list(find_files(folder, self._settings.suffixes))
        if not files:  # more likely a drive that is not there than a folder emptied on purpose
            return []
        for path in files:
            key = os.fsencode(path.absolute())
            gone.pop(key, None)
            known = self._store.file(key)
            if known is None or (known.modified, known.size) != _seen(path):
                changed.append((path, root))
        for key, sha256 in gone.items():
            self._store.drop_file(key)
            if sha256:
                self._release(sha256)
        return changed


def _seen(path: Path) -> tuple[int, int]:
    """Modification time in nanoseconds and size, zero when the file cannot be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return found.st_mtime_ns, found.st_size
