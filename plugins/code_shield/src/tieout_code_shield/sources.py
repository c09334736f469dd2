"""The files that a scan is about: those named, and the source files below the folders named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_code_shield.ignores import GENERATED_FOLDERS, IgnoreFile, looks_minified, repository_root
from tieout_code_shield.languages import Language, language_of_file, language_of_tag

__all__ = ["NOTEBOOK", "Source", "find_sources", "language_of", "readable_language"]

_ = translator("tieout_code_shield")

NOTEBOOK: Final = ".ipynb"
_SHEBANG: Final = re.compile(rb"#!\s*(?:\S*/env\s+(?:-S\s+)?)?(?:\S*/)?([a-z]+)")
_NAMES: Final = {
    "dockerfile": "shell",
    "makefile": "shell",
    "rakefile": "ruby",
    "gemfile": "ruby",
    "jenkinsfile": "java",
}
_HEAD: Final = 8_000


@dataclass(frozen=True, slots=True)
class Source:
    """One file to scan."""

    path: Path
    shown: str
    """As the user wrote it, or below the folder that the user wrote."""
    named: bool
    """True when it was named itself: then it is looked at whatever it is."""


def readable_language(name: str) -> Language | None:
    """The language a user named; ``None`` for an empty name.

    Raises:
        InputError: It is not known.
    """
    found = language_of_tag(name) if name else None
    if name and found is None:
        raise InputError(
            _("{language} is not a language it knows", language=repr(name)),
            hint=_("Leave the language out to have it guessed."),
        )
    return found


def language_of(name: str, data: bytes) -> Language | None:
    """The language of a file, by its name or by its first line (``#!/usr/bin/env python3``)."""
    known = language_of_file(name)
    if known is not None:
        return known
    last = name.replace("\\", "/").rpartition("/")[2].lower()
    if last in _NAMES:
        return language_of_tag(_NAMES[last])
    found = _SHEBANG.match(data[:200])
    return language_of_tag(found[1].decode().rstrip("0123456789.")) if found else None


def find_sources(paths: Sequence[str], *, exclude: Sequence[str] = (), ignore: bool = True) -> list[Source]:
    """Files to scan, each once, in a fixed order.

    Args:
        paths: Files and folders.
        exclude: Patterns as in ``.gitignore``, for what lies below folders.
        ignore: False to look into everything: hidden and generated folders, and what ``.gitignore`` names.

    Raises:
        InputError: There is no such file or folder.
    """
    found: dict[Path, Source] = {}
    for name in paths:
        root = Path(name).expanduser()
        if not root.exists():
            raise InputError(
                _("There is no file or folder {path}.", path=name), hint=_("Use - for standard input.")
            )
        if root.is_dir():
            for path in _walked(root, exclude, ignore):
                found.setdefault(path.resolve(), Source(path, str(path), named=False))
        else:
            found[root.resolve()] = Source(root, name, named=True)
    return list(found.values())


def _walked(root: Path, exclude: Sequence[str], ignore: bool) -> Iterator[Path]:
    base = root.resolve()
    rules = [IgnoreFile(base, exclude)]
    top = repository_root(base) if ignore else None
    if top is not None:
        above = [folder for folder in reversed(base.parents) if folder == top or top in folder.parents]
        files = [
            (top / ".git" / "info" / "exclude", top),
            *((folder / ".gitignore", folder) for folder in above),
        ]
        rules += [read for file, folder in files if (read := IgnoreFile.read(file, folder)) is not None]
    for path in _below(base, rules, ignore):
        yield root / path.relative_to(base)


def _below(folder: Path, rules: list[IgnoreFile], ignore: bool) -> Iterator[Path]:
    """Files below a folder; the first of ``rules`` is what the user excludes, which outranks the rest."""
    own = IgnoreFile.read(folder / ".gitignore") if ignore else None
    rules = [*rules, own] if own is not None else rules
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_symlink():
            continue
        is_folder = entry.is_dir()
        if _left_out(entry, rules, ignore, is_folder):
            continue
        if is_folder:
            yield from _below(entry, rules, ignore)
        elif entry.is_file() and _worth_reading(entry, ignore):
            yield entry


def _left_out(entry: Path, rules: list[IgnoreFile], ignore: bool, is_folder: bool) -> bool:
    if ignore and is_folder:
        environment = (entry / "pyvenv.cfg").exists()
        if environment or entry.name.startswith(".") or entry.name in GENERATED_FOLDERS:
            return True
    for rule in (rules[0], *reversed(rules[1:])):
        decided = rule.decides(entry, folder=is_folder)
        if decided is not None:
            return decided
    return False


def _worth_reading(file: Path, ignore: bool) -> bool:
    """Whether a file below a folder is source: told by its name, else by its first line; packed scripts are not."""
    name = file.name
    if name.lower().endswith(NOTEBOOK):
        return True
    known = language_of(name, b"") is not None
    if known and not (ignore and name.lower().endswith((".js", ".mjs", ".cjs", ".css", ".html"))):
        return True
    if not known and "." in name.lstrip("."):
        return False
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError:
        return known
    if b"\0" in head:
        return False
    return not looks_minified(name, head) if known else language_of(name, head) is not None
