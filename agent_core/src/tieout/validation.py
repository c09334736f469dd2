"""What pydantic finds wrong with a value, in few words and in the user's language."""

from __future__ import annotations

__all__ = ["problem_text"]

from typing import TYPE_CHECKING

from tieout.i18n import N_, translator

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_ = translator("tieout")

_WHOLE = N_("it must be a whole number")
_NUMBER = N_("it must be a number")
_FLAG = N_("it must be true or false")
_TEXT = N_("it must be text")
_LIST = N_("it must be a list")
_TABLE = N_("it must be a table")

_PROBLEMS = {
    "missing": N_("it is missing"),
    "extra_forbidden": N_("there is no such field"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": N_("it must be a finite number"),
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "string_type": _TEXT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "literal_error": N_("it must be one of {expected}"),
    "enum": N_("it must be one of {expected}"),
    "greater_than": N_("it must be greater than {gt}"),
    "greater_than_equal": N_("it must be at least {ge}"),
    "less_than": N_("it must be less than {lt}"),
    "less_than_equal": N_("it must be at most {le}"),
    "string_too_long": N_("it has more than {max_length} characters"),
    "string_too_short": N_("it has fewer than {min_length} characters"),
    "quantity": N_("no single number in {text}"),
}
"""Kind of problem, as pydantic or one of our own validators calls it, to what is said about it."""


def problem_text(error: ErrorDetails) -> str:
    """One problem of a ``ValidationError``, to be read after the field's name; an unknown kind as pydantic says it."""
    template = _PROBLEMS.get(error["type"])
    if template is None:
        return error["msg"]
    context = dict(error.get("ctx", {}))
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace(" or ", ", ")
    try:
        return _(template).format(**context)
    except KeyError:  # somebody else's validator uses the same name for its own kind of problem
        return error["msg"]
