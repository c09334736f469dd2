"""Words that several parts of the screen say the same way."""

from __future__ import annotations

__all__ = ["effect_words", "level_word"]

from typing import Literal

from tieout.i18n import translator

_ = translator("tieout_tui")


def level_word(level: Literal["info", "warning", "error"]) -> str:
    """The word that says how serious a remark is; colour only repeats it."""
    return {"info": _("Note"), "warning": _("Warning"), "error": _("Error")}[level]


def effect_words(effect: str) -> str:
    """What a tool's effect means for the user, as in "… wants to send something off this machine"."""
    words = {
        "read": _("read data on this machine"),
        "write": _("change files or settings"),
        "network": _("send something off this machine"),
        "spend": _("spend money"),
    }
    return words.get(effect, effect)
