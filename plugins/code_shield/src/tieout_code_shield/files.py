"""Scans files, folders and standard input of the user's own; suppression comments count here."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tieout.plugin import Language, translator
from tieout_code_shield.fileworker import Cancelled, FileWorker
from tieout_code_shield.inspecting import FileJob, FileScan, Want
from tieout_code_shield.limits import FILE_LIMITS, Limits
from tieout_code_shield.naming import printable
from tieout_code_shield.results import Found, NotChecked
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.sources import UTF16, LeftOut, find_sources, readable_language

__all__ = ["STANDARD_INPUT", "FilesReport", "Request", "scan_files"]

_ = translator("tieout_code_shield")

STANDARD_INPUT: Final = "-"


@dataclass(frozen=True, slots=True)
class Request:
    """What to look at, and how."""

    paths: Sequence[str]
    """Files and folders; ``-`` for standard input."""
    language: str = ""
    exclude: Sequence[str] = ()
    ignore: bool = True
    want: Want = "findings"
    rules: tuple[str, ...] = ()
    lang: Language = "en"

    @property
    def target(self) -> str:
        """What it is about, in a few words."""
        return printable(", ".join(self.paths[:3])) + (" …" if len(self.paths) > 3 else "")


@dataclass(slots=True)
class FilesReport:
    """What was found in files, and what was not checked."""

    findings: list[Found] = field(default_factory=list[Found])
    suppressed: list[Found] = field(default_factory=list[Found])
    unknown: list[NotChecked] = field(default_factory=list[NotChecked])
    files: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter[LeftOut])
    """How much below folders was not looked at, by why."""
    problems: tuple[str, ...] = ()
    """Why other packages' rules were left out."""

    def add(self, scan: FileScan) -> None:
        """Take what was found in one file."""
        if scan.passed_over:
            self.left_out["binary"] += 1
            return
        self.files += 1
        self.findings += scan.findings
        self.suppressed += scan.suppressed
        if scan.unknown:
            self.unknown.append(NotChecked(path=scan.path, reason=scan.unknown, partly=scan.partly))


def scan_files(
    settings: ShieldSettings,
    request: Request,
    *,
    limits: Limits = FILE_LIMITS,
    progress: Callable[[float, float | None, str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    each: Callable[[FileJob, FileScan], None] | None = None,
) -> FilesReport:
    """Look at files one after another, in a child process.

    Args:
        each: Told of every file as it is done.

    Raises:
        InputError: There is no such file, or the language is not known.
        SettingsError: The rules cannot be read.
    """
    readable_language(request.language)
    report = FilesReport()
    jobs = list(_jobs(request, limits, report))
    with FileWorker(settings, limits=limits, cancelled=cancelled) as worker:
        for index, job in enumerate(jobs):
            try:
                scan = worker.look(job)
            except Cancelled:
                reason = _("stopped after {count} files", lang=request.lang, count=index)
                report.unknown.append(NotChecked(path=job.shown, reason=reason))
                break
            report.add(scan)
            if each is not None:
                each(job, scan)
            if progress is not None:
                progress(index + 1, len(jobs), printable(job.shown))
        report.problems = worker.problems
    return report


def _jobs(request: Request, limits: Limits, report: FilesReport) -> Iterator[FileJob]:
    common = FileJob(
        path="",
        shown="",
        language=request.language,
        want=request.want,
        rules=request.rules,
        lang=request.lang,
    )
    if STANDARD_INPUT in request.paths:
        data = sys.stdin.buffer.read(limits.characters + 1)
        # One byte too many is enough to be told that it is too long.
        text = data.decode("utf-16" if data.startswith(UTF16) else "utf-8", "replace")
        exact = text.encode("utf-8", "replace") == data
        if not exact and len(data) > limits.characters:
            exact = True  # the cut may have gone through a character
        given = {"path": STANDARD_INPUT, "shown": STANDARD_INPUT, "text": text, "exact": exact}
        yield common.model_copy(update=given)
    named = [path for path in request.paths if path != STANDARD_INPUT]
    if len(named) < len(request.paths) and Path(STANDARD_INPUT).exists():
        named.append(f"./{STANDARD_INPUT}")  # a hook hands it over by that name
    sources = find_sources(named, exclude=request.exclude, ignore=request.ignore)
    report.left_out.update(sources.left_out)
    report.unknown += [NotChecked(path=path, reason=why) for path, why in sources.unreadable]
    for source in sources.files:
        update = {
            "path": str(source.path.absolute()),
            "shown": source.shown,
            "named": source.named,
            "text_only": source.text_only,
        }
        yield common.model_copy(update=update)
