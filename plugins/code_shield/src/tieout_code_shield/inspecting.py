"""Looking at one file of the user's: findings, suppressions and fixes. This is the work of the child process."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Language as Lang
from tieout.plugin import translator
from tieout_code_shield.fixing import Fixer, applied
from tieout_code_shield.languages import Language, language_of_tag
from tieout_code_shield.limits import Clock, Limits, OutOfTime
from tieout_code_shield.notebooks import NotebookError, NotebookText, read_notebook
from tieout_code_shield.places import Places, findings_of
from tieout_code_shield.prose import PROSE
from tieout_code_shield.reports import Issue, Report
from tieout_code_shield.results import Edit, Found
from tieout_code_shield.scanner import CODE_CATEGORIES, Scanner
from tieout_code_shield.sources import NOTEBOOK, UTF16, language_of
from tieout_code_shield.suppress import Suppressions

__all__ = ["FileJob", "FileScan", "Want", "inspect_file"]

_ = translator("tieout_code_shield")

_DOCUMENTS: Final = (".md", ".rst", ".txt", ".csv", ".xml")
_DOCUMENT_NAMES: Final = (
    "readme",
    "license",
    "licence",
    "copying",
    "changelog",
    "changes",
    "news",
    "authors",
    "notice",
)
"""Documents by the end, or the beginning, of their names: they may speak of commands."""

MAX_FIXES: Final = 200
"""Fixes offered (or made) in one file; each costs a scan of it."""


Want = Literal["findings", "fixes", "rewrite"]
"""``findings``; ``fixes`` as well; or ``rewrite``, the text with every fix made."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class FileJob(_Message):
    """One file (or text) to look at."""

    path: str
    """Where it is."""
    shown: str
    """How results call it."""
    text: str | None = None
    """Its content where it is no file, such as standard input."""
    exact: bool = True
    """Whether that content is what the bytes that came say in UTF-8."""
    language: str = ""
    named: bool = True
    """False for a file that a folder's scan came upon: one that is no text and has no name of a source is then passed
    over, and counted."""
    text_only: bool = False
    """Whether only the text rules read it."""
    want: Want = "findings"
    rules: tuple[str, ...] = ()
    """Rules whose fixes are made; all of them when empty."""
    lang: Lang = "en"


class FileScan(_Message):
    """What one file holds."""

    path: str
    findings: tuple[Found, ...] = ()
    suppressed: tuple[Found, ...] = ()
    unknown: str = ""
    """Why it, or a part of it, was not checked."""
    partly: bool = False
    """True where that is only that its language has no rules: the rules for every text read it."""
    passed_over: bool = False
    sha256: str = ""
    """Of the bytes that were read."""
    rewritten: str | None = None
    """The text with the fixes made, where any was."""
    fixed: tuple[str, ...] = ()
    """The rules whose findings were fixed, one entry for each."""


def inspect_file(scanner: Scanner, job: FileJob, *, limits: Limits) -> FileScan:
    """Look at one file. What goes wrong is said in ``unknown``, never raised."""
    try:
        data = job.text.encode() if job.text is not None else _read(Path(job.path), limits.characters + 1)
    except OSError as error:
        return FileScan(path=job.shown, unknown=error.strerror or str(error))
    if len(data) > limits.characters:
        why = _("larger than {limit} bytes", lang=job.lang, limit=limits.characters)
        return FileScan(path=job.shown, unknown=why)
    named = language_of_tag(job.language) if job.language and not job.text_only else None
    if b"\0" in data[:8_000] and not data.startswith(UTF16):
        source = job.named or language_of(job.shown, b"") is not None
        why = _("not a text", lang=job.lang) if source else ""
        return FileScan(path=job.shown, unknown=why, passed_over=not source)
    digest = hashlib.sha256(data).hexdigest()
    text = data.decode("utf-16" if data.startswith(UTF16) else "utf-8", "replace")
    if job.shown.lower().endswith(NOTEBOOK) and named is None:
        return _notebook(scanner, job, text, limits).model_copy(update={"sha256": digest})
    language = named or language_of(job.shown, data)
    inspected = _Inspection(scanner, job, text, language, limits)
    exact = job.exact and text.encode("utf-8", "replace") == data
    scan = inspected.result(rewrite=exact)
    if not exact and (language is not None or not job.exact):
        # What is found is said; what else its bytes may mean to another reader is not known.
        why = _("not UTF-8 text", lang=job.lang)
        unknown = "; ".join(filter(None, (scan.unknown, why)))
        scan = scan.model_copy(update={"unknown": unknown, "partly": False})
    return scan.model_copy(update={"sha256": digest})


def _read(path: Path, most: int) -> bytes:
    """The file's bytes, at most so many."""
    if not path.is_file():
        raise OSError(_("{name} is no regular file", name=path.name))
    with path.open("rb") as file:
        return file.read(most)


def _notebook(scanner: Scanner, job: FileJob, text: str, limits: Limits) -> FileScan:
    try:
        texts = read_notebook(text)
    except NotebookError as error:
        return FileScan(path=job.shown, unknown=str(error))
    scans = [
        _Inspection(
            scanner,
            job.model_copy(update={"text_only": each.shown}),
            each.text,
            language_of_tag(each.language),
            limits,
        ).result(rewrite=False, notebook=each)
        for each in texts
    ]
    return FileScan(
        path=job.shown,
        findings=_in_order(found for scan in scans for found in scan.findings),
        suppressed=_in_order(found for scan in scans for found in scan.suppressed),
        unknown="; ".join(dict.fromkeys(scan.unknown for scan in scans if scan.unknown)),
        partly=all(scan.partly for scan in scans if scan.unknown),
    )


def _in_order(findings: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(findings, key=lambda found: (found.cell, found.line.value, found.column, found.rule)))


class _Inspection:
    """One text in one language."""

    def __init__(
        self, scanner: Scanner, job: FileJob, text: str, language: Language | None, limits: Limits
    ) -> None:
        self._scanner, self._job, self._text = scanner, job, text
        self._language, self._limits = language, limits
        self._clock = Clock(limits.seconds)

    def result(self, *, rewrite: bool, notebook: NotebookText | None = None) -> FileScan:
        """What is found.

        Args:
            rewrite: Whether fixes can be made in the file: it is the text that its bytes decode to, and no notebook.
            notebook: The notebook that the text was taken from.
        """
        report = self._scan(self._text)
        silenced = self._silenced(self._text, report.issues)
        findings = findings_of(self._text, report.issues, path=self._job.shown, tool="scan")
        want = self._job.want if rewrite else "findings"
        if want == "fixes":
            findings = self._with_fixes(findings, report.issues, silenced)
        if notebook is not None:
            findings = [_in_cell(found, notebook) for found in findings]
        new_text, fixed = self._rewritten(report) if want == "rewrite" else (None, ())
        pairs = list(zip(findings, silenced, strict=True))
        missing = self._scanner.unsupported(self._language) if self._language is not None else ""
        partly = bool(missing) and report.unknown == missing
        more = _("read only for credentials, hidden characters and commands", lang=self._job.lang)
        return FileScan(
            path=self._job.shown,
            findings=tuple(found for found, why in pairs if not why),
            suppressed=tuple(found.model_copy(update={"suppressed": why}) for found, why in pairs if why),
            unknown=f"{missing}; {more}" if partly else report.unknown,
            partly=partly,
            rewritten=new_text,
            fixed=fixed,
        )

    def _scan(self, text: str) -> Report:
        if self._job.text_only or (self._language is not None and self._language.kind == "data"):
            # Settings and prose are no program, whatever they look like; prose may speak of commands, too.
            name = self._job.shown.lower().replace("\\", "/").rpartition("/")[2]
            prose = name.endswith(_DOCUMENTS) or (
                self._job.text_only and (name.startswith(_DOCUMENT_NAMES) or name.endswith(NOTEBOOK))
            )
            return self._scanner.scan_text(text, PROSE if prose else CODE_CATEGORIES, limits=self._limits)
        report = self._scanner.scan(text, self._language, limits=self._limits)
        if self._language is not None and self._language.kind == "markup":
            # A page may speak of commands, as prose does.
            kept = tuple(issue for issue in report.issues if issue.rule.category != "abuse")
            return replace(report, issues=kept)
        return report

    def _silenced(self, text: str, issues: Sequence[Issue]) -> list[str]:
        """For each issue the comment that silences it, or nothing."""
        if not issues:
            return []
        grammar = self._language.grammar_for(text) if self._language is not None else ""
        try:
            comments = Suppressions(text, grammar=grammar, clock=self._clock)
        except OutOfTime:
            return [""] * len(issues)
        places = Places(text)
        silenced: list[str] = []
        for issue in issues:
            last = places.at(max(issue.start, issue.end - 1))[0]
            names = (issue.rule.id, *issue.also)
            found = (comments.find(name, issue.rule.cwe, issue.line, last) for name in names)
            silenced.append(next((each.comment for each in found if each is not None), ""))
        return silenced

    def _with_fixes(
        self, findings: Sequence[Found], issues: Sequence[Issue], silenced: Sequence[str]
    ) -> list[Found]:
        fixer = Fixer(self._scanner, self._language, limits=self._limits)
        places = Places(self._text)
        offered: list[Found] = []
        left = MAX_FIXES
        for found, issue, why in zip(findings, issues, silenced, strict=True):
            changes = ()
            if issue.rule.fixes and not why and left > 0:
                left -= 1
                changes = fixer.offer(self._text, issue, issues)
            edits: tuple[Edit, ...] = tuple(
                places.edit(change.start, change.end, change.text) for change in changes
            )
            offered.append(found.model_copy(update={"fix": edits}) if edits else found)
        return offered

    def _rewritten(self, report: Report) -> tuple[str | None, tuple[str, ...]]:
        """The text with one fix made after another, each proved on what the ones before it left."""
        text, fixed = self._text, list[str]()
        fixer = Fixer(self._scanner, self._language, limits=self._limits)
        refused: set[tuple[str, str]] = set()
        while len(fixed) < MAX_FIXES:
            step = self._next_fix(fixer, text, report, refused)
            if step is None:
                break
            text, rule = step
            fixed.append(rule)
            report = self._scan(text)
        return (text if fixed else None), tuple(fixed)

    def _next_fix(
        self, fixer: Fixer, text: str, report: Report, refused: set[tuple[str, str]]
    ) -> tuple[str, str] | None:
        wanted: Collection[str] = self._job.rules
        silenced = self._silenced(text, report.issues)
        for issue, why in zip(report.issues, silenced, strict=True):
            skipped = why or (wanted and issue.rule.id not in wanted) or not issue.rule.fixes
            if skipped or (issue.rule.id, issue.text) in refused:
                continue
            changes = fixer.offer(text, issue, report.issues)
            if changes:
                return applied(text, changes), issue.rule.id
            refused.add((issue.rule.id, issue.text))
        return None


def _in_cell(found: Found, notebook: NotebookText) -> Found:
    cell, line = notebook.place(int(found.line.value))
    _cell, end_line = notebook.place(found.end_line)
    figure = found.line.model_copy(update={"value": line})
    return found.model_copy(
        update={
            "cell": cell,
            "line": figure,
            "end_line": end_line,
            "file_line": notebook.file_line(cell, line),
        }
    )
