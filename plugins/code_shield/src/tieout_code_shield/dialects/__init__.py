"""One module per family of languages: how its syntax tree spells calls, assignments, imports and strings."""

from __future__ import annotations

from functools import cache

from tieout_code_shield.dialects.base import Dialect

__all__ = ["Dialect", "dialect"]


@cache
def dialect(name: str) -> Dialect:
    """The dialect of a rule language (``python``, ``javascript``).

    Raises:
        KeyError: There is no such dialect.
    """
    if name == "python":
        from tieout_code_shield.dialects.python import PythonDialect

        return PythonDialect()
    if name == "javascript":
        from tieout_code_shield.dialects.javascript import JavaScriptDialect

        return JavaScriptDialect()
    raise KeyError(name)
