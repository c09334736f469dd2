"""Which files a folder's scan leaves out: hidden, generated and foreign ones, and those that .gitignore names."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = [
    "GENERATED_FOLDERS",
    "PACKABLE",
    "IgnoreFile",
    "looks_minified",
    "repository_root",
    "tracked_files",
]

GENERATED_FOLDERS: Final = frozenset(
    {"node_modules", "bower_components", "vendor", "third_party", "site-packages", "__pycache__", "__pypackages__",
     "dist", "build", "target", "obj", "htmlcov", "coverage"}
)  # fmt: skip
"""Folders that hold other people's code or a build's output; hidden ones (``.git``, ``.venv``) are left out as well."""

MINIFIED_LINE: Final = 1_000
"""Script files whose lines are this long on average (in bytes) were made by a program."""
_MINIFIED_NAME: Final = re.compile(r"[.-]min\.(?:js|mjs|cjs|css)$|\.(?:bundle|chunk)\.js$", re.IGNORECASE)
PACKABLE: Final = (".js", ".mjs", ".cjs", ".css", ".html")
"""Ends of the names of what programs pack."""


def looks_minified(name: str, data: bytes) -> bool:
    """Whether a script was packed by a program, so that its lines say nothing to a person."""
    if _MINIFIED_NAME.search(name):
        return True
    lines = data.count(b"\n") + 1
    return name.lower().endswith(PACKABLE) and len(data) > 5_000 and len(data) / lines > MINIFIED_LINE


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    folders_only: bool
    keep: bool


class IgnoreFile:
    """The patterns of one ``.gitignore`` (or of ``--exclude``), which speak of what is below ``base``."""

    def __init__(self, base: Path, lines: Iterable[str]) -> None:
        self._base = base
        self._patterns = [pattern for line in lines if (pattern := _pattern(line)) is not None]

    @classmethod
    def read(cls, file: Path, base: Path | None = None) -> IgnoreFile | None:
        """The file's patterns; ``None`` when there is no such file or it cannot be read."""
        try:
            return cls(base or file.parent, file.read_text("utf-8", "replace").splitlines())
        except OSError:
            return None

    def decides(self, path: Path, *, folder: bool) -> bool | None:
        """Whether ``path`` is left out; ``None`` when nothing here speaks of it. The last pattern that fits counts."""
        try:
            relative = path.relative_to(self._base).as_posix()
        except ValueError:
            return None
        for pattern in reversed(self._patterns):
            if (folder or not pattern.folders_only) and pattern.regex.fullmatch(relative):
                return not pattern.keep
        return None


def _pattern(line: str) -> _Pattern | None:
    """One line of a ``.gitignore``, as git reads it."""
    line = re.sub(r"(?<!\\)\s+$", "", line)
    if not line or line.startswith("#"):
        return None
    keep = line.startswith("!")
    line = line.removeprefix("!").removeprefix("\\")
    folders_only = line.endswith("/")
    line = line.rstrip("/")
    anchored = "/" in line
    line = line.removeprefix("/")
    if not line:
        return None
    prefix = "" if anchored else "(?:.*/)?"
    try:
        return _Pattern(re.compile(prefix + _translated(line), re.DOTALL), folders_only, keep)
    except re.error:
        return None


_PIECE: Final = re.compile(r"/\*\*/|^\*\*/|/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\\.|.", re.DOTALL)


def _translated(glob: str) -> str:
    parts: list[str] = []
    for piece in _PIECE.findall(glob):
        if piece == "/**/":
            parts.append("/(?:.*/)?")
        elif piece == "**/":
            parts.append("(?:.*/)?")
        elif piece == "/**":
            parts.append("/.*")
        elif piece.startswith("*"):
            parts.append("[^/]*")
        elif piece == "?":
            parts.append("[^/]")
        elif piece.startswith("[") and len(piece) > 1:
            parts.append(
                "[" + piece[1:-1].replace("!", "^", 1 if piece[1] == "!" else 0).replace("\\", "") + "]"
            )
        else:
            parts.append(re.escape(piece.removeprefix("\\") if len(piece) > 1 else piece))
    return "".join(parts)


def repository_root(folder: Path) -> Path | None:
    """The folder at or above ``folder`` that holds ``.git``."""
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each
    return None


GIT_SECONDS: Final = 30.0


def tracked_files(folder: Path) -> list[str]:
    """The files below ``folder`` (relative to it) that git keeps; none where git is not there or does not answer."""
    # Nothing that a repository's settings name is run; what a hook's surroundings say is about another folder.
    command = [
        "git",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "ls-files",
        "-z",
        "--cached",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=env | {"GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name] if done.returncode == 0 else []
