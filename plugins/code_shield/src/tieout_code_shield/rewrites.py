"""Fixes as data: what a rule file's ``[[fix]]`` says of how to rewrite a place that breaks the rule."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ArgumentChange", "Fix"]


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """What becomes of one argument of a call."""

    position: int | None
    names: tuple[str, ...] = ()
    to: str | None = None
    """What takes its place, where ``{}`` stands for the argument as it is written, and ``{words}`` for a list of the
    words of a command line that it builds; ``None`` takes it out."""
    matches: re.Pattern[str] | None = None
    """Must be found in the argument as written, or the fix is not offered."""
    add: bool = False
    """Add it by its (first) name where it is missing; else the fix is not offered there."""
    optional: bool = False
    """Leave it alone where it is missing, instead of not offering the fix."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to rewrite a place; every part that is given is done. Nothing but the named pieces of text changes."""

    calls: tuple[str, ...] = ()
    """Qualified names of calls it is for, written as in a match; empty for any place of the rule."""
    binds: tuple[str, ...] = ()
    where: re.Pattern[str] | None = None
    """Must be found somewhere in the text: which library is used."""
    where_lacks: re.Pattern[str] | None = None
    count: int | None = None
    """How many arguments the call must have."""
    callee: str = ""
    """What is called instead, as a qualified name. The receiver stays as written where it means the same module."""
    method: str = ""
    """The last part of the callee (or of the target of a binding) instead of what stands there."""
    arguments: tuple[ArgumentChange, ...] = ()
    parameters: str = ""
    """Placeholders of the database's driver (``?``, ``%s`` or ``$1``): the SQL text that the first argument builds
    becomes one with placeholders, and its values an argument behind it."""
    refused: re.Pattern[str] | None = None
    """Must not be found in the place as written, nor in what is known of the texts that its value or arguments have."""
    near_lacks: re.Pattern[str] | None = None
    """Must not be found in a name around the place: what is assigned, the keyword, the function."""
    within: re.Pattern[str] | None = None
    """Must be found in the expression that the place is a part of."""
    local_array: bool = False
    """The first argument must be an array of known size that is declared in the same function."""
    result: str = ""
    """``unused``: only where nothing takes the call's result; ``status``: there, or where it is compared with 0."""
    without: tuple[str, ...] = ()
    """Named arguments that the call must not have."""
    value: str = ""
    """For bindings: the new value, where ``{}`` stands for the one as written."""
    whole: str = ""
    """The whole place anew. Its pieces are ``{callee}``, ``{receiver}``, ``{0}``, ``{1}`` … or ``{name}`` for single
    arguments, ``{arguments}`` for all as they are written, ``{words}`` for the first one as a list of words, and for
    bindings ``{target}`` and ``{value}``. In ``value`` and ``whole``, ``{NAME}`` is the last word of the target in
    capitals."""
    texts: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Regular expressions and what takes the place of what they match, within the place (a text rule: its line)."""
    imports: tuple[str, ...] = ()
    """Lines to add to the imports where the text does not have them, and the new callee is not reached without."""

    @property
    def of_site(self) -> bool:
        """Whether it asks or changes anything that only the syntax tree tells: all but texts, imports and the library
        in use."""
        asked = (
            self.calls,
            self.binds,
            self.refused,
            self.near_lacks,
            self.within,
            self.local_array,
            self.result,
            self.without,
        )
        made = (self.callee, self.method, self.arguments, self.parameters, self.value, self.whole)
        return self.count is not None or any(asked) or any(made)
