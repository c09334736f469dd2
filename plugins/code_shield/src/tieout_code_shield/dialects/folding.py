"""Constants worked out, and texts put together, in languages with declared types."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from tieout_code_shield.values import (
    HOLE,
    MAX_KNOWN,
    UNKNOWN,
    Leaf,
    Value,
    alternatives,
    constant,
    joined,
    merged,
)

__all__ = [
    "NUMBER",
    "as_number",
    "collected",
    "combined",
    "formatted",
    "number_in",
    "operated",
    "printed",
    "typed",
    "unescaped",
]

NUMBER: Final = "int"
"""What a value of a numeric type is said to have passed through: no text can be smuggled in it."""

_NUMERIC: Final = frozenset(
    {"int", "long", "short", "byte", "char", "float", "double", "boolean", "Integer", "Long", "Short", "Byte", "Float",
     "Double", "Boolean", "Character", "BigInteger", "BigDecimal", "UUID", "LocalDate", "LocalDateTime", "Instant",
     "bool", "decimal", "uint", "ulong", "ushort", "sbyte", "nint", "Guid", "DateTime", "TimeSpan", "DateTimeOffset",
     "Int16", "Int32", "Int64", "UInt32", "UInt64", "Single", "Decimal", "Int", "Char", "Duration", "Date"}
)  # fmt: skip
_PLACEHOLDER: Final = re.compile(r"%(?:\d+\$)?[-#+ 0,(]*\d*(?:\.\d+)?[a-zA-Z]|\{\d+[^{}]*\}")


def typed(value: Value, kind: str) -> Value:
    """The value as what its declared type makes of it: where that is numeric, it may be anything, but no text."""
    return as_number(value, kind) if kind in _NUMERIC else value


def as_number(value: Value, name: str) -> Value:
    """A value of a numeric type: it may be anything, but no text."""
    if value.constant:
        return value
    leaves = tuple(replace(item, through=item.through | {NUMBER}) for item in value.leaves)
    return Value("number", None, leaves or (Leaf(name, "name", through=frozenset({NUMBER})),))


def collected(values: Sequence[Value]) -> Value:
    """A list or array of values."""
    text = " ".join(HOLE if value.text is None else value.text for value in values)
    known = tuple((str(index), value) for index, value in enumerate(values))
    built = any(value.built for value in values)
    return Value("collection", text or None, merged(values), built, known if len(known) <= MAX_KNOWN else ())


def formatted(template: Value, given: Sequence[Value]) -> Value:
    """A template with values put into it, in order."""
    if template.text is None:
        return Value("other", None, merged([template, *given]))
    texts = iter(HOLE if value.text is None else value.text for value in given)
    text = _PLACEHOLDER.sub(lambda _: next(texts, HOLE), template.text)
    leaves = merged([template, *given])
    return Value("string", text, leaves, built=bool(leaves))


def printed(
    template: Value, given: Sequence[Value], directive: re.Pattern[str], numeric: frozenset[str]
) -> Value:
    """What a format like C's makes of the values behind it, in order; numbers cannot carry text.

    Args:
        directive: A place in the format; group 1 is its letter, where it has one.
        numeric: The letters that put no free text in.
    """
    if template.text is None:
        return Value("other", None, merged([template, *given]), built=bool(given))
    leaves: list[Leaf] = list(template.leaves)
    unused = iter(given)

    def fill(found: re.Match[str]) -> str:
        if found[1] == "%":
            return "%"
        if "*" in found[0]:
            next(unused, None)
        value = next(unused, UNKNOWN)
        if value.constant and value.text is not None:
            return value.text
        if found[1] not in numeric:
            leaves.extend(value.leaves)
        return value.text if value.text is not None and value.built else HOLE

    text = directive.sub(fill, template.text)
    return Value("string", text, tuple(dict.fromkeys(leaves)), built=bool(leaves))


def operated(sign: str, a: Value, b: Value) -> Value:
    """Two values with an operator between them; constants are worked out."""
    if sign in ("&&", "||"):
        decisive = "false" if sign == "&&" else "true"
        for one, other in ((a, b), (b, a)):
            if one.constant and one.kind in ("true", "false"):
                return one if one.kind == decisive else other
        return Value("other", None, merged([a, b]))
    if sign in ("??", "?:"):
        return alternatives([a, b])
    if a.constant and b.constant:
        known = _worked_out(sign, a, b)
        if known is not None:
            return known
    return combined(sign, a, b)


def combined(sign: str, a: Value, b: Value) -> Value:
    """Two values with an operator between them, of which nothing is worked out: texts are put together."""
    if sign == "+" and not (a.kind == b.kind == "number"):
        return joined([a, b])
    return Value("number" if a.kind == b.kind == "number" else "other", None, merged([a, b]))


def _worked_out(sign: str, a: Value, b: Value) -> Value | None:
    if sign in ("==", "!=") and a.text is not None and b.text is not None and a.kind == b.kind:
        return constant("true" if (a.text == b.text) is (sign == "==") else "false")
    if sign in ("==", "!=") and a.kind in ("true", "false") and b.kind in ("true", "false"):
        return constant("true" if (a.kind == b.kind) is (sign == "==") else "false")
    if a.kind != "number" or b.kind != "number" or a.text is None or b.text is None:
        return None
    x, y = number_in(a.text), number_in(b.text)
    if x is None or y is None:
        return None
    if sign in _ORDERED:
        return constant("true" if _ORDERED[sign](x, y) else "false")
    if sign in _ARITHMETIC:
        result = _ARITHMETIC[sign](x, y)
        return constant("number", f"{result:g}")
    if sign in ("/", "%") and y:
        return constant("number", f"{int(x / y) if sign == '/' else x % y:g}")
    return None


_ORDERED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda x, y: x < y,
    ">": lambda x, y: x > y,
    "<=": lambda x, y: x <= y,
    ">=": lambda x, y: x >= y,
}
_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
}


def number_in(text: str) -> float | None:
    """The number that a text writes; ``None`` when it writes none."""
    try:
        return float(int(text, 0)) if text[:2].lower() in ("0x", "0b") else float(text)
    except ValueError:
        return None


_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def unescaped(text: str) -> str:
    """The text of a literal with its escapes resolved."""
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)
