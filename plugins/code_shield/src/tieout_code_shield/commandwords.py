"""A Python expression that builds a command line, as a list of its words."""

from __future__ import annotations

import re
from typing import Final

from tieout_code_shield.pieces import Piece, summands

__all__ = ["command_words"]

_PART: Final = re.compile(
    r"""\s*(?:(?P<f>f?)(?P<quote>["'])(?P<text>[^"'\\\n]*)(?P=quote)|(?P<name>[A-Za-z_][\w.]*))\s*"""
)
_HOLE: Final = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_SHELL: Final = re.compile(r"[|&;<>*?$`~#!\\(){}\[\]\r\n\"']")
"""What means something to a shell: a list of words would not do the same."""
_VARIABLE: Final = re.compile(r"%[^%\s]+%")
"""A variable as cmd.exe writes it: only a shell puts its value there."""

# fmt: off
_OF_THE_SHELL: Final = frozenset({
    ".", ":", "[", "alias", "assoc", "bg", "break", "builtin", "call", "case", "cd", "chdir", "cls",
    "command", "continue", "copy", "declare", "del", "dir", "do", "done", "elif", "else", "endlocal",
    "erase", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function", "getopts",
    "goto", "hash", "if", "jobs", "let", "local", "md", "mklink", "move", "pause", "popd", "pushd", "rd",
    "read", "readonly", "ren", "rename", "return", "set", "setlocal", "shift", "shopt", "source", "start",
    "suspend", "test", "then", "time", "times", "title", "trap", "type", "typeset", "ulimit", "umask",
    "unalias", "unset", "until", "ver", "vol", "wait", "while",
})
# fmt: on
"""First words that are no programs, or mean the shell itself: a list of words does not find them, or does nothing."""
_SEVERAL: Final = re.compile(
    r"(?i)(?:args?|argv|options?|opts?|flags?|params?|files|paths|names|words|cmds?|command\w*)\)?$"
)
"""Names of what may hold more than one word."""


def command_words(source: str) -> str | None:
    """``f"convert {name} out.png"`` as ``["convert", str(name), "out.png"]``; ``None`` where that is not the same.

    Understood are f-strings, plain strings and names, put together with ``+``.
    """
    pieces = _pieces(source)
    if pieces is None or any(_SHELL.search(text) for text, _expression in pieces):
        return None
    if _VARIABLE.search("".join(text or "x" for text, _expression in pieces)):
        return None
    if any(_SEVERAL.search(expression) for _text, expression in pieces):
        return None
    program = next(iter(pieces[0][0].split()), "") if pieces else ""
    if not program or program in _OF_THE_SHELL or "=" in program or "^" in program:
        return None
    words: list[list[Piece]] = [[]]
    for text, expression in pieces:
        if expression:
            words[-1].append((text, expression))
            continue
        first, *others = re.split(r"\s+", text)
        words[-1].append((first, ""))
        words += [[(other, "")] for other in others]
    written = [_word(word) for word in words if any(text or expression for text, expression in word)]
    return f"[{', '.join(written)}]" if written and written[0].startswith('"') else None


def _pieces(source: str) -> list[Piece] | None:
    parts = summands(source, _PART)
    if parts is None:
        return None
    found: list[Piece] = []
    for part in parts:
        if part["name"]:
            found.append(("", part["name"]))
        elif part["f"]:
            split = _HOLE.split(part["text"])
            found += [("", f"str({text})") if index % 2 else (text, "") for index, text in enumerate(split)]
        else:
            found.append((part["text"], ""))
    return found


def _word(pieces: list[Piece]) -> str:
    kept = [piece for piece in pieces if piece[0] or piece[1]]
    return " + ".join(f'"{text}"' if text else expression for text, expression in kept)
