"""Scans files, folders and standard input of the user's own; suppression comments count here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_code_shield.languages import Language, language_of_file, language_of_tag
from tieout_code_shield.limits import FILE_LIMITS
from tieout_code_shield.scanner import Issue, Scanner

__all__ = ["FolderReport", "scan_path"]

_ = translator("tieout_code_shield")

LEFT_OUT: Final = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache",
     "dist", "build", ".idea", "site-packages"}
)  # fmt: skip
"""Folders that are not looked into; naming one directly does."""


@dataclass
class FolderReport:
    """Issues by file, and what was not checked."""

    issues: list[tuple[str, Issue]] = field(default_factory=list[tuple[str, Issue]])
    unknown: list[str] = field(default_factory=list[str])
    files: int = 0


def scan_path(
    scanner: Scanner,
    path: str,
    *,
    language: str = "",
    progress: Callable[[float, float | None, str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> FolderReport:
    """Scan a file, every source file below a folder, or standard input (``-``).

    Raises:
        InputError: There is no such file, or the language is not known.
    """
    named = language_of_tag(language) if language else None
    if language and named is None:
        raise InputError(
            _("{language} is not a language it knows", language=repr(language)),
            hint=_("Leave the language out to have it guessed."),
        )
    report = FolderReport()
    if path == "-":
        _scan_bytes(scanner, sys.stdin.buffer.read(), "-", named, report)
        return report
    root = Path(path).expanduser()
    if not root.exists():
        raise InputError(
            _("There is no file or folder {path}.", path=path), hint=_("Use - for standard input.")
        )
    found = [root] if root.is_file() else list(_sources(root))
    for index, file in enumerate(found):
        if cancelled():
            report.unknown.append(_("stopped after {count} files", count=index))
            break
        _scan_file(scanner, file, named, report)
        if progress is not None:
            progress(index + 1, len(found), str(file))
    return report


def _sources(root: Path) -> Iterator[Path]:
    """Files below ``root`` in a language with rules or in a script language, in a fixed order."""
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_symlink():
            continue
        if entry.is_dir():
            if entry.name not in LEFT_OUT:
                yield from _sources(entry)
        elif entry.is_file() and language_of_file(entry.name) is not None:
            yield entry


def _scan_file(scanner: Scanner, file: Path, named: Language | None, report: FolderReport) -> None:
    try:
        if file.stat().st_size > FILE_LIMITS.characters:
            report.files += 1
            report.unknown.append(f"{file}: " + _("larger than {limit} bytes", limit=FILE_LIMITS.characters))
            return
        data = file.read_bytes()
    except OSError as error:
        report.unknown.append(f"{file}: {error.strerror or error}")
        return
    _scan_bytes(scanner, data, str(file), named, report)


def _scan_bytes(
    scanner: Scanner, data: bytes, name: str, named: Language | None, report: FolderReport
) -> None:
    report.files += 1
    if b"\0" in data[:8_000]:
        report.unknown.append(f"{name}: " + _("not a text"))
        return
    text = data.decode("utf-8", "replace")
    language = named or language_of_file(name)
    scanned = scanner.scan(text, language, limits=FILE_LIMITS, honour_suppressions=True)
    report.issues += [(name, issue) for issue in scanned.issues]
    if scanned.unknown:
        report.unknown.append(f"{name}: {scanned.unknown}")
