"""Makes the rules' fixes in files: as a difference to look at, or in the files themselves."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_code_shield.files import STANDARD_INPUT, Request, scan_files
from tieout_code_shield.inspecting import FileJob, FileScan
from tieout_code_shield.naming import printable
from tieout_code_shield.results import FixedFile, FixReport, NotChecked, counted
from tieout_code_shield.settings import ShieldSettings

__all__ = ["Changed", "fix_files", "replace_file"]

_ = translator("tieout_code_shield")


class Changed(Exception):
    """The file is not any more what was read."""


def fix_files(
    settings: ShieldSettings,
    request: Request,
    *,
    write: bool,
    progress: Callable[[float, float | None, str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> FixReport:
    """Fix what can be fixed.

    Raises:
        InputError: A file does not exist, or standard input is to be written to.
    """
    if STANDARD_INPUT in request.paths and write:
        raise InputError(
            _("Standard input cannot be written to.", lang=request.lang),
            hint=_("Leave --write out to see the difference.", lang=request.lang),
        )
    fixed: list[FixedFile] = []
    refused: list[NotChecked] = []

    def take(job: FileJob, scan: FileScan) -> None:
        if scan.rewritten is None:
            return
        try:
            fixed.append(_one(job, scan, write))
        except Changed:
            reason = _("it changed while it was looked at", lang=request.lang)
            refused.append(NotChecked(path=job.shown, reason=reason))
        except OSError as error:
            refused.append(NotChecked(path=job.shown, reason=error.strerror or str(error)))

    report = scan_files(settings, request, progress=progress, cancelled=cancelled, each=take)
    return FixReport(
        target=request.target,
        files=tuple(fixed),
        unknown=(*report.unknown, *refused),
        count=counted(
            sum(len(file.rules) for file in fixed), subject=request.target, metric="fixes", tool="fix"
        ),
        notes=report.problems,
    )


def _one(job: FileJob, scan: FileScan, write: bool) -> FixedFile:
    path = Path(job.path)
    before = job.text.encode() if job.text is not None else path.read_bytes()
    if hashlib.sha256(before).hexdigest() != scan.sha256:
        raise Changed
    after = scan.rewritten or ""
    if write:
        replace_file(path, before, after.encode())
    diff = "".join(_difference(before.decode(), after, job.shown))
    return FixedFile(path=job.shown, rules=scan.fixed, diff=diff, written=write)


def _difference(before: str, after: str, name: str) -> Iterator[str]:
    name = printable(name.replace("\\", "/").lstrip("/"))
    one, other = (re.findall(r"[^\n]*\n|[^\n]+$", text) for text in (before, after))
    for line in difflib.unified_diff(one, other, f"a/{name}", f"b/{name}"):
        yield line
        if not line.endswith("\n"):
            yield "\n\\ No newline at end of file\n"


def replace_file(path: Path, before: bytes, after: bytes) -> None:
    """Give a file new content, whole or not at all; its mode (and owner, where permitted) stays.

    Raises:
        Changed: It does not hold ``before`` any more.
        OSError: It cannot be written.
    """
    path = path.resolve()
    kept = path.stat()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError, AttributeError):
            os.chown(new, kept.st_uid, kept.st_gid)
        new.chmod(kept.st_mode & 0o7777)
        if path.read_bytes() != before:
            raise Changed
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
