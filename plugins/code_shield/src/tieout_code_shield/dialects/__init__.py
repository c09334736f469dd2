"""One module per family of languages: how its syntax tree spells calls, assignments, imports and strings."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from tieout_code_shield.dialects.base import CommonDialect, Dialect

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
    "cpp": ("c", "CppDialect"),
    "rust": ("rust", "RustDialect"),
    "php": ("php", "PhpDialect"),
    "ruby": ("ruby", "RubyDialect"),
    "shell": ("shell", "ShellDialect"),
}
"""Module and class by rule language: a language more is an entry here, one in ``languages.py`` and a module."""


@cache
def has_dialect(name: str) -> bool:
    """Whether there is a dialect of a rule language."""
    return name in _DIALECTS and find_spec(f"{__name__}.{_DIALECTS[name][0]}") is not None


@cache
def dialect(name: str) -> Dialect:
    """The dialect of a rule language (``python``, ``javascript``), imported on first use.

    Raises:
        KeyError: There is no such dialect.
    """
    if not has_dialect(name):
        raise KeyError(name)
    module, wanted = _DIALECTS[name]
    found: type[Dialect] = getattr(import_module(f"{__name__}.{module}"), wanted)
    if not issubclass(found, CommonDialect):
        found = type(found.__name__, (found, CommonDialect), {})
    return found()
