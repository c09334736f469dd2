"""The parts of a shell command: what is run, what runs it, and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["Command", "read_command"]

# What runs another command, with those of its options that take a word.
_RUNNERS: Final[dict[str, str]] = {
    "sudo": "u g h p C r t U D R T", "doas": "u C", "env": "u C S", "nohup": "", "time": "f o", "nice": "n",
    "ionice": "c n p", "exec": "a", "command": "", "builtin": "", "setsid": "", "stdbuf": "i o e", "timeout": "s k",
    "xargs": "I i n P L d s E a", "busybox": "", "chroot": "", "unbuffer": "", "caffeinate": "", "watch": "n",
    "parallel": "j", "gosu": "", "su-exec": "",
}  # fmt: skip
_TAKES_FIRST: Final = frozenset({"timeout", "chroot", "gosu", "su-exec"})
"""Runners whose first word is their own."""
_OPTION: Final = re.compile(r"--?[\w-]+$")


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    runners: tuple[str, ...]
    """What runs it: ``sudo``, ``xargs``."""
    last: str
    """The program, without its folder; ``$`` when it is not known, and then what stands for it is the first word."""
    words: tuple[Node, ...]
    """The words behind it."""
    text: Node | None
    """The here-document or here-string that it reads."""

    @property
    def name(self) -> str:
        """Dotted, with what runs it in front."""
        return ".".join([*self.runners, self.last] if self.last else self.runners)

    def arguments(self) -> Arguments:
        """Its words, and by name the word behind each option."""
        named: dict[str, Node] = {}
        for word, following in zip(self.words, self.words[1:], strict=False):
            if word.kind() in ("word", "number") and _OPTION.match(word.text()):
                named[word.text()] = following
        if self.text is not None:
            named["<<"] = self.text
        return Arguments(self.words, named)


def read_command(node: Node) -> Command:
    """Take a command apart; anything else is one without a name."""
    if node.kind() == "unset_command":
        return Command((), "unset", tuple(items(node)), None)
    if node.kind() != "command":
        return Command((), "", (), None)
    parts = [part for part in items(node) if part.kind() != "variable_assignment"]
    text = next((part for part in parts if part.kind() == "herestring_redirect"), None)
    words = [part for part in parts if not part.kind().endswith("redirect")]
    runners: list[str] = []
    while words:
        name = _literal(words[0])
        if name not in _RUNNERS:
            break
        following = _behind_options(words[1:], name)
        if not following:
            break
        runners.append(name)
        words = following
    last = _literal(words[0]) if words else ""
    text = _heredoc(node) if text is None else next(iter(reversed(items(text))), None)
    if not last and runners:
        return Command(tuple(runners[:-1]), runners[-1], tuple(words), text)
    if not last and words:
        return Command((), "$", tuple(items(words[0]) + words[1:]), text)
    return Command(tuple(runners), last, tuple(words[1:]), text)


def _literal(word: Node) -> str:
    """The last part of a program's path; empty where it is not known."""
    inner = items(word) if word.kind() == "command_name" else [word]
    if len(inner) != 1 or inner[0].kind() not in ("word", "string", "raw_string"):
        return ""
    text = inner[0].text().strip("\"'").lstrip("\\")
    return "" if "$" in text or "`" in text else text if text in (".", "..") else text.rpartition("/")[2]


def _behind_options(words: list[Node], runner: str) -> list[Node]:
    takes = _RUNNERS[runner].split()
    own = runner in _TAKES_FIRST
    position = 0
    while position < len(words):
        text = words[position].text()
        if text == "--":
            position += 1
            break
        if text.startswith("-") and len(text) > 1:
            position += 2 if len(text) == 2 and text[1] in takes else 1
        elif runner == "env" and re.match(r"\w+=", text):
            position += 1
        elif own:
            own = False
            position += 1
        else:
            break
    return words[position:]


def _heredoc(node: Node) -> Node | None:
    parent = node.parent()
    if parent is None or parent.kind() != "redirected_statement":
        return None
    for part in items(parent):
        if part.kind() == "heredoc_redirect":
            return next((child for child in items(part) if child.kind() == "heredoc_body"), None)
    return None
