"""Second opinions on files: ruff's security rules, and opengrep or semgrep with the user's own rules.

They run as child processes after our own scan, with a time limit, and are told not to use the network. What they
find is merged by line and weakness.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from tieout.errors import InputError
from tieout.plugin import Severity, translator
from tieout.text import clean_line
from tieout_code_shield.bandit_codes import weaknesses_of
from tieout_code_shield.files import STANDARD_INPUT, FilesReport, Request
from tieout_code_shield.languages import language_of_file
from tieout_code_shield.results import Found, NotChecked, counted
from tieout_code_shield.sources import find_sources
from tieout_code_shield.suppress import Suppressions

__all__ = ["OPINIONS", "ask_others", "check_others", "merge"]

_ = translator("tieout_code_shield")

OPINIONS: Final = ("ruff", "opengrep", "semgrep")
SECONDS: Final = 300.0
_SEVERITIES: Final[dict[str, Severity]] = {"ERROR": "high", "WARNING": "medium", "INFO": "low"}
_RUFF_BATCH: Final = 500
"""Files handed over in one call: a command line has an end."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A finding of another tool."""

    tool: str
    rule: str
    path: Path
    line: int
    column: int
    end_line: int
    end_column: int
    weaknesses: tuple[str, ...]
    severity: Severity
    message: str


def ask_others(report: FilesReport, tools: Sequence[str], *, rules: str, request: Request) -> None:
    """Ask the named tools about the files of a request, and merge what they say into the report.

    Raises:
        InputError: A tool cannot be asked (see ``check_others``).
    """
    if not tools:
        return
    check_others(tools, rules=rules)
    named = [path for path in request.paths if path != STANDARD_INPUT]
    sources = find_sources(named, exclude=request.exclude, ignore=request.ignore)
    files = [source.path for source in sources.files if not source.text_only]
    for tool in dict.fromkeys(tools):
        try:
            opinions = list(_ruff(files) if tool == "ruff" else _grep(tool, files, rules))
        except _Failed as failed:
            report.unknown.append(NotChecked(path=tool, kind="tool", reason=str(failed)))
            continue
        merge(report, opinions)


def check_others(tools: Sequence[str], *, rules: str) -> None:
    """Whether the named tools can be asked: to be known before the files are looked at.

    Raises:
        InputError: A tool is not known or not installed, or has no rules to work with.
    """
    for tool in tools:
        if tool not in OPINIONS:
            raise InputError(
                _("{tool} is no tool that can be asked.", tool=repr(tool)),
                hint=_("It can be one of: {names}.", names=", ".join(OPINIONS)),
            )
        if tool != "ruff" and not (rules and Path(rules).expanduser().exists()):
            raise InputError(
                _("{tool} needs rules of yours: a file or folder on this machine.", tool=tool),
                hint=_("Name it with --rules FOLDER; rules are never fetched from the network."),
            )
        _program(tool)


class _Failed(Exception):
    """The other tool gave no usable answer."""


def merge(report: FilesReport, opinions: Sequence[Opinion]) -> None:
    """Mark our findings that others share, and add what only others found, by file and line.

    Comments silence what others find as they do what we find.
    """
    index: dict[tuple[Path, int], list[tuple[list[Found], int]]] = {}
    shown: dict[Path, str] = {}
    for listed in (report.findings, report.suppressed):
        for position, found in enumerate(listed):
            path = Path(found.path).absolute()
            shown[path] = found.path
            first = int(found.line.value)
            for line in range(first, max(found.end_line, first) + 1):
                index.setdefault((path, line), []).append((listed, position))
    comments: dict[Path, Suppressions] = {}
    for opinion in opinions:
        if _shared(opinion, index.get((opinion.path, opinion.line), ())):
            continue
        found = _found(opinion, shown.get(opinion.path))
        if opinion.path not in comments:
            comments[opinion.path] = _comments(opinion.path)
        comment = comments[opinion.path].find(found.rule, found.cwe, opinion.line, opinion.end_line)
        if comment is not None:
            report.suppressed.append(found.model_copy(update={"suppressed": comment.comment}))
        else:
            report.findings.append(found)
    report.findings.sort(key=lambda found: (found.path, found.cell, found.line.value, found.column))


def _shared(opinion: Opinion, places: Sequence[tuple[list[Found], int]]) -> bool:
    """Whether we found the same weakness on that line; then it is marked so."""
    for listed, position in places:
        found = listed[position]
        if found.tool == "tieout" and found.cwe in opinion.weaknesses:
            name = f"{opinion.tool} {opinion.rule}"
            if name not in found.also:
                listed[position] = found.model_copy(update={"also": (*found.also, name)})
            return True
    return False


def _comments(path: Path) -> Suppressions:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        text = ""
    language = language_of_file(path.name)
    return Suppressions(text, grammar=language.grammar_for(text) if language is not None else "")


def _found(opinion: Opinion, shown: str | None) -> Found:
    path = shown or _shown(opinion.path)
    message = clean_line(opinion.message, limit=300)
    return Found(
        rule=f"{opinion.tool}:{opinion.rule}",
        cwe=next(iter(opinion.weaknesses), ""),
        severity=opinion.severity,
        message={"en": message, "zh": message},
        advice={"en": "", "zh": ""},
        path=path,
        line=counted(opinion.line, subject=path, metric="line", tool="scan"),
        column=opinion.column,
        end_line=opinion.end_line,
        end_column=opinion.end_column,
        text=_line(opinion.path, opinion.line) if "CWE-798" not in opinion.weaknesses else "",
        tool=opinion.tool,
    )


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _line(path: Path, number: int) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return next((line.rstrip("\n")[:200] for at, line in enumerate(file, 1) if at == number), "")
    except OSError:
        return ""


def _program(tool: str) -> str:
    """The tool's program: beside this Python first, then on the search path."""
    beside = shutil.which(tool, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(tool)
    if found is None:
        raise InputError(
            _("{tool} is not installed.", tool=tool),
            hint=_("Install it (`pip install {name}`), or leave `--also {tool}` out.", name=tool, tool=tool),
        )
    return found


def _run(command: Sequence[str]) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    quiet = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0", "NO_COLOR": "1"}
    kept.pop("SEMGREP_APP_TOKEN", None)
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            env=kept | quiet,
        )
    except subprocess.TimeoutExpired:
        raise _Failed(_("{tool} was not done within {seconds:g} s", tool=name, seconds=SECONDS)) from None
    except OSError as error:
        raise _Failed(
            _("{tool} cannot be run: {problem}", tool=name, problem=error.strerror or error)
        ) from None
    if done.returncode not in (0, 1):
        said = clean_line(done.stderr.decode("utf-8", "replace").strip()[-300:], limit=300)
        raise _Failed(_("{tool} failed with code {code}: {said}", tool=name, code=done.returncode, said=said))
    return done.stdout.decode("utf-8", "replace")


def _rows(text: str, tool: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise _Failed(_("{tool} answered something that is no JSON", tool=tool)) from None


def _ruff(files: Sequence[Path]) -> Iterator[Opinion]:
    program = _program("ruff")
    python = [str(file.absolute()) for file in files if file.suffix in (".py", ".pyi")]
    for start in range(0, len(python), _RUFF_BATCH):
        batch = python[start : start + _RUFF_BATCH]
        options = ["check", "--isolated", "--no-cache", "--select", "S", "--output-format", "json"]
        rows = _rows(_run([program, *options, "--", *batch]), "ruff")
        for row in cast("list[dict[str, object]]", rows or []):
            yield _ruff_opinion(row)


def _ruff_opinion(row: dict[str, object]) -> Opinion:
    code = str(row.get("code") or "")
    start, end = (cast("dict[str, int]", row.get(name) or {}) for name in ("location", "end_location"))
    line, column = start.get("row", 1), start.get("column", 1)
    return Opinion(
        tool="ruff",
        rule=code or "syntax",
        path=Path(str(row.get("filename", ""))),
        line=line,
        column=column,
        end_line=end.get("row", line),
        end_column=end.get("column", column),
        weaknesses=weaknesses_of(code),
        severity="low" if code in ("S101", "S603", "S607", "S404", "S311") else "medium",
        message=str(row.get("message", "")),
    )


def _grep(tool: str, files: Sequence[Path], rules: str) -> Iterator[Opinion]:
    program = _program(tool)
    if not files:
        return
    options = ["scan", "--json", "--quiet", "--no-git-ignore", "--disable-version-check"]
    if tool == "semgrep":  # opengrep reports to nobody, and does not know the option
        options += ["--metrics", "off"]
    config = str(Path(rules).expanduser().absolute())
    targets = [str(file.absolute()) for file in files]
    for start in range(0, len(targets), _RUFF_BATCH):
        batch = targets[start : start + _RUFF_BATCH]
        answer = _rows(_run([program, *options, "--config", config, "--", *batch]), tool)
        results = cast("dict[str, object]", answer or {}).get("results")
        for row in cast("list[dict[str, object]]", results or []):
            yield _grep_opinion(tool, row)


def _grep_opinion(tool: str, row: dict[str, object]) -> Opinion:
    start, end = (cast("dict[str, int]", row.get(name) or {}) for name in ("start", "end"))
    extra = cast("dict[str, object]", row.get("extra") or {})
    metadata = cast("dict[str, object]", extra.get("metadata") or {})
    named = metadata.get("cwe") or ()
    texts = [named] if isinstance(named, str) else cast("Sequence[str]", named)
    line, column = start.get("line", 1), start.get("col", 1)
    return Opinion(
        tool=tool,
        rule=str(row.get("check_id", "")).rpartition(".")[2],
        path=Path(str(row.get("path", ""))).absolute(),
        line=line,
        column=column,
        end_line=end.get("line", line),
        end_column=end.get("col", column),
        weaknesses=tuple(found[0] for text in texts if (found := re.match(r"CWE-\d+", str(text)))),
        severity=_SEVERITIES.get(str(extra.get("severity", "")).upper(), "medium"),
        message=str(extra.get("message", "")),
    )
