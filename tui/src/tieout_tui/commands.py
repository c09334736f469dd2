"""Slash commands: the chat's own, and which of them and the tools fit what is being typed."""

from __future__ import annotations

__all__ = ["Command", "built_in", "matching"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tieout.i18n import translator
from tieout.text import clean_line

if TYPE_CHECKING:
    from tieout_tui.engine import ToolInfo

_ = translator("tieout_tui")


@dataclass(frozen=True)
class Command:
    """A command as the menu and the help show it."""

    name: str
    """What is typed: ``/new`` or ``/compute train``."""
    usage: str
    summary: str


def built_in() -> list[Command]:
    """The chat's own commands."""
    return [
        Command("/help", "", _("commands and keys")),
        Command("/new", "", _("begin another conversation")),
        Command("/model", _("[ID]"), _("show the models, or answer with another one")),
        Command("/sessions", "", _("open an earlier conversation")),
        Command("/quit", "", _("leave the chat")),
    ]


def of_tools(tools: Sequence[ToolInfo]) -> list[Command]:
    """The tools that can be called by a slash command."""
    return [
        Command(clean_line(t.command, limit=60), clean_line(t.usage, limit=120), clean_line(t.summary))
        for t in tools
    ]


def matching(text: str, commands: Sequence[Command]) -> list[Command]:
    """The commands that begin with ``text``, then those that contain it; none once arguments are being typed."""
    typed = text.lower()
    if not typed.startswith("/") or "\n" in text:
        return []
    if any(typed.startswith(command.name + " ") for command in commands):
        return []
    begin = [command for command in commands if command.name.startswith(typed)]
    inside = [c for c in commands if c not in begin and typed[1:].strip() and typed[1:].strip() in c.name]
    return begin + inside
