"""One module per family of languages: how its syntax tree spells calls, assignments, imports and strings."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from tieout_code_shield.dialects.base import Dialect

__all__ = ["Dialect", "dialect", "has_dialect"]

_DIALECTS: Final = {
    "python": ("python", "PythonDialect"),
    "javascript": ("javascript", "JavaScriptDialect"),
    "typescript": ("javascript", "JavaScriptDialect"),
    "java": ("java", "JavaDialect"),
    "kotlin": ("kotlin", "KotlinDialect"),
    "csharp": ("csharp", "CSharpDialect"),
    "go": ("go", "GoDialect"),
    "c": ("c", "CDialect"),
    "cpp": ("c", "CDialect"),
    "rust": ("rust", "RustDialect"),
    "php": ("php", "PhpDialect"),
    "ruby": ("ruby", "RubyDialect"),
    "shell": ("shell", "ShellDialect"),
}
"""Module and class by rule language: a language more is an entry here, one in ``languages.py`` and a module."""


@cache
def has_dialect(name: str) -> bool:
    """Whether there is a dialect of a rule language."""
    return name in _DIALECTS


def rule_languages() -> tuple[str, ...]:
    """The languages that rules can be written for."""
    return tuple(_DIALECTS)


@cache
def dialect(name: str) -> Dialect:
    """The dialect of a rule language (``python``, ``javascript``), imported on first use.

    Raises:
        KeyError: There is no such dialect.
    """
    module, wanted = _DIALECTS[name]
    found: type[Dialect] = getattr(import_module(f"{__name__}.{module}"), wanted)
    return found()
