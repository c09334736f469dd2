"""What click itself says, in the user's language: headings and standard options, and errors of usage."""

from __future__ import annotations

__all__ = ["translate_click"]

import re

from tieout.i18n import N_, translator

_ = translator("tieout")

_WORDS = (
    N_("Options"),
    N_("Commands"),
    N_("Positional arguments"),
    N_("[OPTIONS]"),
    N_("[COMMAND] [ARGS]..."),
    N_("COMMAND [ARGS]..."),
    N_("Show this message and exit."),
    N_("Show the version and exit."),
    N_("required"),
    N_("integer"),
    N_("integer range"),
    N_("float"),
    N_("float range"),
    N_("File"),
    N_("Directory"),
    N_("Path"),
)
"""Texts of click that stand alone."""

_SENTENCES = (
    N_("{message} Did you mean {possibility}?"),
    N_("{message} (Did you mean one of: {possibilities}?)"),
    N_("{message} Choose from:\n\t{choices}"),
    N_("Invalid value for {name}: {message}"),
    N_("Invalid value: {message}"),
    N_("Could not open file {path}: {message}"),
    N_("No such option {name}."),
    N_("No such command {name}."),
    N_("Missing command."),
    N_("Missing argument {name}."),
    N_("Missing option {name}."),
    N_("Got unexpected extra argument ({words})"),
    N_("Got unexpected extra arguments ({words})"),
    N_("Option {name} does not take a value."),
    N_("Option {name} requires an argument."),
    N_("Option {name} requires {count} arguments."),
    N_("{value} is not a valid {kind}."),
    N_("{value} is not in the range {range}."),
    N_("{value} is not one of {choices}."),
    N_("{kind} {path} does not exist."),
    N_("{kind} {path} is a file."),
    N_("{kind} {path} is a directory."),
    N_("{kind} {path} is not readable."),
    N_("{kind} {path} is not writable."),
    N_("default: {value}"),
)
"""Sentences of click with what it fills in; a longer one stands before one that it contains."""


_NESTED = ("message", "kind")
"""Fields that click filled with a text of its own, and not with a word of the user's."""


def translate_click(text: str) -> str:
    """A text made by click in the language of the context; one that is not click's stays as it is.

    click translates while it builds a text, and by the locale of the process; here the language belongs to the
    context, so the finished English sentence is recognised and said again.
    """
    known = _(text)
    if known != text:
        return known
    for sentence in _SENTENCES:
        translation = _(sentence)
        if translation != sentence and (found := _pattern(sentence).fullmatch(text)):
            parts = found.groupdict()
            return translation.format(
                **parts | {name: translate_click(parts[name]) for name in parts if name in _NESTED}
            )
    return text


def _pattern(sentence: str) -> re.Pattern[str]:
    """``No such option {name}.`` as an expression with a group ``name``."""
    parts = re.split(r"\{(\w+)\}", sentence)
    fixed = [f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)]
    return re.compile("".join(fixed), re.DOTALL)
