"""The files that a scan is about: those named, and the source files below the folders named."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_code_shield.ignores import (
    GENERATED_FOLDERS,
    PACKABLE,
    IgnoreFile,
    looks_minified,
    repository_root,
    tracked_files,
)
from tieout_code_shield.languages import Language, language_of_file, language_of_tag
from tieout_code_shield.naming import printable, speakable

__all__ = [
    "NOTEBOOK",
    "UTF16",
    "LeftOut",
    "Source",
    "Sources",
    "find_sources",
    "language_of",
    "readable_language",
]

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
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
"""How a text of 16-bit units begins: full of zero bytes, and still a text."""

LeftOut = Literal["folders", "packed", "ignored", "excluded", "binary", "links"]
"""Why something below a folder was not looked at. folders: hidden, generated and foreign ones, whole; the others are
counted one by one."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to scan."""

    path: Path
    shown: str
    """As the user wrote it, or below the folder that the user wrote."""
    named: bool
    """True when it was named itself: then it is looked at whatever it is."""
    text_only: bool = False
    """True for a text that is in no language by its name: only the text rules read it."""


@dataclass(slots=True)
class Sources:
    """The files of a scan, and what is not among them."""

    files: list[Source] = field(default_factory=list[Source])
    unreadable: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Files and folders that cannot be looked into (as they are shown), and why."""
    left_out: Counter[LeftOut] = field(default_factory=Counter[LeftOut])


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
    last = name.replace("\\", "/").rpartition("/")[2].lower()
    known = language_of_file(name) if not last.startswith("dockerfile.") else None
    if known is not None:
        return known
    if last in _NAMES:
        return language_of_tag(_NAMES[last])
    if last.startswith(("dockerfile.", "containerfile")):
        return language_of_tag("shell")
    found = _SHEBANG.match(data[:200])
    return language_of_tag(found[1].decode().rstrip("0123456789.")) if found else None


def find_sources(paths: Sequence[str], *, exclude: Sequence[str] = (), ignore: bool = True) -> Sources:
    """Files to scan, each once, in a fixed order.

    Args:
        paths: Files and folders.
        exclude: Patterns as in ``.gitignore``, for what lies below folders.
        ignore: False to look into everything: hidden and generated folders, and what ``.gitignore`` names.

    Raises:
        InputError: There is no such file or folder.
    """
    found = Sources()
    seen: set[Path] = set()
    for name in paths:
        try:
            root = _named(name)
            if root is None:
                found.unreadable.append((name, _("its name is not UTF-8")))
            elif root.is_dir():
                _Folder(root, found, seen, exclude, ignore).walk()
            elif root.resolve() not in seen:
                seen.add(root.resolve())
                found.files.append(Source(root, name, named=True))
        except OSError as error:
            found.unreadable.append((name, error.strerror or str(error)))
    return found


def _named(name: str) -> Path | None:
    """The file or folder that a user named; ``None`` for one whose name cannot be written in UTF-8.

    Raises:
        InputError: There is none.
    """
    # A file called ~ is that file; the shell has put in the home folder where it was meant.
    for path in (Path(name), Path(os.path.expanduser(name))):  # noqa: PTH111 - Path's raises for unknown users
        if path.exists() or path.is_symlink():
            return path
    octets = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), os.fsencode(name))
    if os.path.lexists(octets):
        return None
    raise InputError(
        _("There is no file or folder {path}.", path=printable(name)), hint=_("Use - for standard input.")
    )


class _Folder:
    """Goes through one folder that the user named, and keeps account of what it leaves out."""

    def __init__(
        self, root: Path, found: Sources, seen: set[Path], exclude: Sequence[str], ignore: bool
    ) -> None:
        self._root, self._base = root, root.resolve()
        self._found, self._seen = found, seen
        self._exclude, self._ignore = exclude, ignore

    def walk(self) -> None:
        """Add its files."""
        rules = [IgnoreFile(self._base, self._exclude)]
        top = repository_root(self._base) if self._ignore else None
        if top is not None:
            above = [
                folder for folder in reversed(self._base.parents) if folder == top or top in folder.parents
            ]
            files = [
                (top / ".git" / "info" / "exclude", top),
                *((folder / ".gitignore", folder) for folder in above),
            ]
            rules += [read for file, folder in files if (read := IgnoreFile.read(file, folder)) is not None]
        self._below(self._base, rules, only_tracked=False)

    def _below(self, folder: Path, rules: list[IgnoreFile], *, only_tracked: bool) -> None:
        """The files below a folder; the first of ``rules`` is what the user excludes, which outranks the rest."""
        own = IgnoreFile.read(folder / ".gitignore") if self._ignore else None
        rules = [*rules, own] if own is not None else rules
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            self._unreadable(folder, error)
            return
        for entry in entries:
            try:
                self._entry(entry, rules, only_tracked)
            except OSError as error:
                self._unreadable(entry, error)

    def _entry(self, entry: Path, rules: list[IgnoreFile], only_tracked: bool) -> None:
        if entry.is_symlink():
            self._found.left_out["links"] += 1
            return
        is_folder = entry.is_dir()
        why = _why_left_out(entry, rules, self._ignore, is_folder)
        if why == "ignored" and entry in self._tracked:
            # What git keeps is part of the work, whatever .gitignore says.
            why, only_tracked = None, True
        if only_tracked and why is None and entry not in self._tracked:
            why = "ignored"
        if why is not None:
            if entry.name != ".git":
                self._found.left_out[why] += 1
        elif is_folder:
            self._below(entry, rules, only_tracked=only_tracked)
        elif entry.is_file():
            self._file(entry)

    @cached_property
    def _tracked(self) -> frozenset[Path]:
        """The files below that git keeps, and the folders that hold them."""
        files = [self._base / name for name in tracked_files(self._base)]
        return frozenset(path for file in files for path in (file, *file.parents))

    def _file(self, file: Path) -> None:
        """Add a file unless a program packed it, or it is no text and in no language by its name."""
        name = file.name.lower()
        known = name.endswith(NOTEBOOK) or language_of(name, b"") is not None
        text_only = False
        if not known or (self._ignore and name.endswith(PACKABLE)):
            with file.open("rb") as opened:
                head = opened.read(_HEAD)
            if known and looks_minified(name, head):
                self._found.left_out["packed"] += 1
                return
            if not known and b"\0" in head and not head.startswith(UTF16):
                self._found.left_out["binary"] += 1
                return
            text_only = not known and language_of(name, head) is None
        path = self._root / file.relative_to(self._base)
        if speakable(str(path)) != str(path):
            self._found.unreadable.append((speakable(str(path)), _("its name is not UTF-8")))
        elif file not in self._seen:
            self._seen.add(file)
            self._found.files.append(Source(path, str(path), named=False, text_only=text_only))

    def _unreadable(self, path: Path, error: OSError) -> None:
        shown = speakable(str(self._root / path.relative_to(self._base)))
        self._found.unreadable.append((shown, error.strerror or str(error)))


def _why_left_out(entry: Path, rules: list[IgnoreFile], ignore: bool, is_folder: bool) -> LeftOut | None:
    if ignore and is_folder:
        environment = (entry / "pyvenv.cfg").exists()
        if environment or entry.name.startswith(".") or entry.name in GENERATED_FOLDERS:
            return "folders"
    for rule in (rules[0], *reversed(rules[1:])):
        decided = rule.decides(entry, folder=is_folder)
        if decided is not None:
            return ("excluded" if rule is rules[0] else "ignored") if decided else None
    return None
