"""Entry points without surprises: list them without importing, load them without letting one break the rest."""

from __future__ import annotations

__all__ = [
    "FoundEntry",
    "LoadedEntry",
    "find_entry_points",
    "load_entry",
    "load_entry_points",
    "plugin_entries",
]

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

CORE_DISTRIBUTION = "tieout-core"


@dataclass(frozen=True)
class FoundEntry:
    """An entry point as its package's metadata describes it; nothing of it was imported."""

    name: str
    group: str
    value: str
    distribution: str
    version: str
    summary: str
    core_range: str
    """The range of ``tieout-core`` versions the package asks for, e.g. ``>=0.1,<0.2``; empty when it names none."""
    entry_point: metadata.EntryPoint


@dataclass(frozen=True)
class LoadedEntry:
    """What came of loading an entry point: ``value``, or ``error`` in one line."""

    name: str
    distribution: str
    version: str
    value: object | None
    error: str = ""


def find_entry_points(group: str) -> list[FoundEntry]:
    """List the entry points of a group, sorted by name and distribution, without importing any package."""
    found: list[FoundEntry] = []
    for entry in metadata.entry_points(group=group):
        try:
            found.append(_described(entry, group))
        except Exception:  # a package whose metadata cannot be read still has its name in the list
            found.append(FoundEntry(entry.name, group, entry.value, "", "", "", "", entry))
    return sorted(found, key=lambda entry: (entry.name, entry.distribution))


def _described(entry: metadata.EntryPoint, group: str) -> FoundEntry:
    meta = entry.dist.metadata if entry.dist else None
    return FoundEntry(
        name=entry.name,
        group=group,
        value=entry.value,
        distribution=(meta["Name"] if meta else "") or "",
        version=(meta["Version"] if meta else "") or "",
        summary=_first_line(meta["Summary"] if meta and "Summary" in meta else ""),
        core_range=_core_range(entry.dist.requires if entry.dist else None),
        entry_point=entry,
    )


def plugin_entries() -> dict[str, FoundEntry]:
    """Plugins by name, from package metadata only; of two with one name the first package's."""
    found: dict[str, FoundEntry] = {}
    for entry in find_entry_points("tieout.plugins"):
        found.setdefault(entry.name, entry)
    return found


def _first_line(text: str | None) -> str:
    return text.strip().splitlines()[0] if text and text.strip() else ""


def _core_range(requirements: list[str] | None) -> str:
    for requirement in requirements or ():
        head = requirement.split(";")[0].strip()
        name = re.match(r"[\w.-]+", head)
        if name and re.sub(r"[-_.]+", "-", name.group()).lower() == CORE_DISTRIBUTION:
            return re.sub(r"^\s*\[[^\]]*\]", "", head[name.end() :]).strip(" ()")
    return ""


def core_version_problem(entry: FoundEntry) -> str:
    """Why the package cannot work with this core, or an empty string."""
    if not entry.core_range:
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        core = metadata.version(CORE_DISTRIBUTION)
        if SpecifierSet(entry.core_range).contains(core, prereleases=True):
            return ""
    except (InvalidSpecifier, metadata.PackageNotFoundError):
        return ""
    return f"needs {CORE_DISTRIBUTION} {entry.core_range}, but {core} is installed"


def load_entry(entry: FoundEntry) -> LoadedEntry:
    """Import one entry point. Whatever its package does, this returns; ``TIEOUT_STRICT_PLUGINS=1`` raises instead."""
    problem = core_version_problem(entry)
    value: object | None = None
    if not problem:
        try:
            value = entry.entry_point.load()
        except (Exception, SystemExit) as error:
            if strict_plugins():
                raise
            problem = describe_failure(error)
    return LoadedEntry(entry.name, entry.distribution, entry.version, value, problem)


def load_entry_points(group: str) -> list[LoadedEntry]:
    """Load every entry point of a group such as ``tieout.stocks.providers``; a broken one costs only itself."""
    return [load_entry(entry) for entry in find_entry_points(group)]


def strict_plugins() -> bool:
    """Whether the author asked for exceptions instead of reports."""
    return os.environ.get("TIEOUT_STRICT_PLUGINS", "") not in ("", "0")


def describe_failure(error: BaseException, *, redact: Callable[[str], str] = str) -> str:
    """One line that says what happened and, for a failed import, what is missing.

    Args:
        redact: Takes secrets out of the whole text, before it is cut to a line.
    """
    from tieout.text import clean_line

    return clean_line(redact(_what_happened(error)), limit=300)


def _what_happened(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"module {error.name!r} is not installed"
    if isinstance(error, SystemExit):
        return f"tried to exit the program (SystemExit {error.code!r})"
    place = ""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        frame = trace.tb_frame
        name = frame.f_globals.get("__name__", "")
        if name and not str(name).startswith(("importlib", "tieout.")):
            place = f" at {name}:{trace.tb_lineno}"
    return f"{type(error).__name__}: {error}{place}"
