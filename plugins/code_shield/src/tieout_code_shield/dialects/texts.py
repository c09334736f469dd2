"""What methods of texts and collections return in Java, Kotlin and C#, whose libraries call them alike."""

from __future__ import annotations

import re
from typing import Final

from tieout_code_shield.checks import CHECKED, excludes
from tieout_code_shield.dialects.containers import appended
from tieout_code_shield.dialects.folding import collected, formatted, number_in
from tieout_code_shield.dialects.gathering import tagged
from tieout_code_shield.dialects.typed_collections import created_collection
from tieout_code_shield.values import Value, called, constant, joined, merged

__all__ = ["PARSES", "created", "method_value"]

_APPENDS: Final = frozenset(
    {"append", "Append", "AppendLine", "appendLine", "concat", "plus", "AppendFormat", "Insert"}
)
_FORMATS: Final = frozenset({"format", "Format", "formatted", "AppendFormat"})
_CONCATENATES: Final = frozenset({"join", "Join", "Concat"})
_SAME: Final = frozenset(
    {"toString", "ToString", "valueOf", "copyValueOf", "intern", "strip", "trim", "Trim", "trimIndent", "trimMargin",
     "toCharArray", "ToCharArray", "getBytes", "GetBytes", "toByteArray", "stripIndent", "orElse", "get", "Value",
     "requireNonNull", "toArray", "ToArray", "ToList", "toList", "GetString", "stream", "of", "asList", "listOf",
     "arrayOf", "arrayListOf", "mutableListOf", "setOf", "Copy", "clone", "Clone", "toTypedArray"}
)  # fmt: skip
_CHANGES: Final = frozenset(
    {"toLowerCase", "toUpperCase", "ToLower", "ToUpper", "ToLowerInvariant", "ToUpperInvariant", "lowercase",
     "uppercase",
     "substring", "Substring", "replace", "Replace", "replaceAll", "replaceFirst", "split", "Split", "repeat",
     "TrimEnd", "TrimStart", "PadLeft", "PadRight", "removeSuffix", "removePrefix", "charAt", "insert", "deleteCharAt"}
)  # fmt: skip
_COLLECTS: Final = frozenset(
    {"asList", "listOf", "arrayOf", "arrayListOf", "mutableListOf", "of", "setOf", "add", "Add", "addAll", "AddRange",
     "byteArrayOf", "intArrayOf", "charArrayOf", "ByteArray", "CharArray"}
)  # fmt: skip
PARSES: Final = re.compile(
    r"^(?:int|long|short|byte|double|float|decimal|uint|ulong|bool|Int16|Int32|Int64|Double|Decimal|Guid|DateTime|Boolean)"
    r"\.Parse(?:Exact)?$|^Convert\.To(?:U?Int\d+|Double|Decimal|Single|Boolean|DateTime|Byte)$"
    r"|^(?:Integer|Long|Short|Double|Float|Boolean|UUID|Byte)\.(?:parse\w+|valueOf|fromString|decode)$"
    r"|\.to(?:Int|Long|Double|Float|Short|Boolean)(?:OrNull)?$"
)
"""Calls that give a number or fail."""
_TRANSPARENT: Final = frozenset({"URL", "URI", "Uri", "File", "FileInfo", "UriBuilder", "ProcessStartInfo"})
"""Types whose objects are worth what they were made of."""
_BUILDERS: Final = frozenset({"StringBuilder", "StringBuffer", "String", "StringJoiner", "StringWriter"})


def created(kind: str, given: list[Value], name: str) -> Value:
    """The value of a new object: text for text builders, what they were made of for addresses and collections."""
    if kind in _BUILDERS:
        texts = [value for value in given if value.kind != "number"]
        return joined([*texts, constant("string", "")])
    if kind == "Regex" and given:
        return given[0]
    if kind in _TRANSPARENT and given:
        return joined(given)
    if kind in _COLLECTS:
        return collected(given)
    return created_collection(kind, given) or called(name, given, source=False)


def method_value(method: str, base: Value | None, given: list[Value], name: str) -> Value | None:
    """What a known method of texts and collections returns; ``None`` for any other.

    Args:
        base: What it is called on.
        name: Its qualified name.
    """
    clean = _cleaned(method, base, given, name)
    if clean is not None:
        return clean
    static = base is not None and name in (f"String.{method}", f"string.{method}")
    if method in _FORMATS and given:
        if static or base is None or name.startswith("MessageFormat."):
            plain = given[1:] if given[0].kind != "string" and len(given) > 1 else given
            return formatted(plain[0], plain[1:])
        if method == "AppendFormat":
            return joined([base, formatted(given[0], given[1:])])
        return formatted(base, given) if base.kind == "string" else None
    if method in _CONCATENATES and static:
        return joined([*(given[1:] if method != "Concat" else given), constant("string", "")])
    if base is not None and method in _APPENDS:
        return joined([base, *(given[1:] if method == "Insert" else given[:1])])
    if method in _COLLECTS and (base is None or static or name[:1].isupper() or base.kind == "collection"):
        if base is not None and base.kind == "collection":
            return appended(base, given)
        return given[0] if len(given) == 1 and given[0].kind == "collection" else collected(given)
    if method in _SAME:
        if base is None or (name[:1].isupper() and not base.tainted and given):
            return given[0] if len(given) == 1 else None
        return base if not given or base.constant or method in ("getBytes", "toByteArray") else None
    return _changed(method, base, given)


def _cleaned(method: str, base: Value | None, given: list[Value], name: str) -> Value | None:
    """A text of which everything but a few harmless characters was taken out; ``None`` for any other call."""
    if method not in ("replace", "replaceAll", "Replace") or len(given) < 2:
        return None
    text, rest = (given[0], given[1:]) if name == "Regex.Replace" else (base, given)
    if text is None or len(rest) < 2 or rest[0].text is None or not rest[1].constant:
        return None
    return tagged(Value("other", None, text.leaves), [CHECKED]) if excludes(rest[0].text) else None


def _changed(method: str, base: Value | None, given: list[Value]) -> Value | None:
    if base is None or method not in _CHANGES or not (base.constant or base.kind == "string"):
        return None
    if method == "charAt" and base.constant and base.text and given[:1] and given[0].text is not None:
        index = number_in(given[0].text)
        if index is not None and 0 <= index < len(base.text):
            return constant("string", base.text[int(index)])
    return Value(base.kind, base.text, merged([base, *given]), built=base.built)
