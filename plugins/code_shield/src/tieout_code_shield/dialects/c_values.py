"""What expressions of C and C++ are worth: numbers, sizes, and text that library functions put into buffers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Dialect, Scope
from tieout_code_shield.dialects.folding import printed
from tieout_code_shield.dialects.gathering import named
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.values import (
    HOLE,
    UNKNOWN,
    Value,
    ValueKind,
    alternatives,
    called,
    constant,
    joined,
    leaf,
    merged,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["FORMATTED", "MAX_DEPTH", "NUMBERS", "CValues"]

MAX_DEPTH: Final = 12
MAX_DIGITS: Final = 20
MAX_FILLED: Final = 4_000

FORMATTED: Final = {
    "sprintf": 1, "snprintf": 2, "_snprintf": 2, "asprintf": 1, "swprintf": 2, "wsprintf": 1, "wsprintfA": 1,
    "wsprintfW": 1, "sprintf_s": 2, "_snprintf_s": 3, "snprintf_s": 3, "_snwprintf": 2, "g_snprintf": 2, "_stprintf": 1,
    "sqlite3_snprintf": 2, "StringCchPrintf": 2, "StringCbPrintf": 2, "curl_msnprintf": 2, "apr_snprintf": 2,
}  # fmt: skip
"""Functions that write text by a format into their first argument, and where the format stands."""

_RETURNED: Final = {
    "g_strdup_printf": 0, "sqlite3_mprintf": 0, "format": 0, "fmt.format": 0, "absl.StrFormat": 0, "boost.format": 0,
    "StringPrintf": 0, "base.StringPrintf": 0, "QString.asprintf": 0, "QString.sprintf": 0, "apr_psprintf": 1,
    "talloc_asprintf": 1, "kasprintf": 1, "TextFormat": 0, "str_format": 0, "wxString.Format": 0, "fmt.sprintf": 0,
    "llvm.formatv": 0, "va": 0,
}  # fmt: skip
_SAME: Final = frozenset(
    {"strdup", "_strdup", "strndup", "g_strdup", "xstrdup", "wcsdup", "strdupa", "string", "wstring", "QString",
     "string_view", "move", "forward", "String", "std.move", "filesystem.path", "path", "fs.path", "CString", "strtok",
     "strtok_r", "strchr", "strrchr", "strstr", "trim", "QString.fromStdString", "QString.fromUtf8", "StringRef",
     "TEXT", "QStringLiteral", "QLatin1String", "QByteArray", "QByteArrayLiteral", "QLatin1StringView", "tr",
     "QObject.tr", "_T", "basename_r", "absl.StrCat", "StrCat", "regex",
     "stringstream", "istringstream", "ostringstream"}
)  # fmt: skip
_SAME_METHODS: Final = frozenset(
    {"c_str", "data", "str", "substr", "begin", "toStdString", "toUtf8", "toLatin1", "toLocal8Bit", "constData",
    "trimmed",
     "string", "native", "get", "append", "toString", "value", "GetString", "utf8", "u8string", "generic_string", "at",
     "simplified", "toLower", "toUpper", "front", "back", "replace", "clear"}
)  # fmt: skip
NUMBERS: Final = {
    "char": 1, "signed char": 1, "unsigned char": 1, "int8_t": 1, "uint8_t": 1, "u8": 1, "byte": 1, "BYTE": 1,
    "CHAR": 1,
    "bool": 1, "gchar": 1, "guchar": 1, "u_char": 1, "uchar": 1, "short": 2, "unsigned short": 2, "int16_t": 2,
    "uint16_t": 2, "u16": 2, "WORD": 2, "char16_t": 2, "int": 4, "unsigned": 4, "unsigned int": 4, "signed int": 4,
    "signed": 4, "int32_t": 4, "uint32_t": 4, "u32": 4, "DWORD": 4, "float": 4, "wchar_t": 4, "char32_t": 4, "long": 8,
    "unsigned long": 8, "long long": 8, "unsigned long long": 8, "int64_t": 8, "uint64_t": 8, "u64": 8, "size_t": 8,
    "ssize_t": 8, "double": 8, "TCHAR": 1, "WCHAR": 4, "UCHAR": 1, "uint": 4, "ulong": 8, "time_t": 8,
}  # fmt: skip
"""Bytes of the types whose size is the same wherever it matters here."""

_FILLING: Final = frozenset(
    {"memset", "wmemset", "bzero", "ZeroMemory", "SecureZeroMemory", "explicit_bzero"}
)
_PLACEHOLDER: Final = re.compile(
    r"%[-+ #0']*[\d*]*(?:\.[\d*]*)?(?:hh?|ll?|[jztLqwI]|I64|I32)*([a-zA-Z%])|\{[^{}]*\}|%\d+"
)
_NUMERIC: Final = frozenset("diouxXeEfFgGaAcpnqQw")
"""Conversions that put no free text in: numbers, and what SQLite quotes itself."""
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'", "a": "\a"}


class CValues(Dialect):
    """Evaluates expressions; the dialect adds how names and arguments are spelled."""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold text, numbers and sizes; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in ("identifier", "type_identifier", "field_identifier", "qualified_identifier"):
            return named(self.dotted(node), scope)
        if kind == "number_literal":
            return constant("number", _number(node.text()))
        if kind in ("string_literal", "raw_string_literal", "concatenated_string", "char_literal"):
            return self._literal(node, kind, scope, depth)
        if kind == "call_expression":
            return self._call(node, scope, depth)
        if kind == "field_expression":
            return self._field(node, scope)
        if kind == "binary_expression":
            return self._operator(node, scope, depth)
        if kind == "sizeof_expression":
            return self._sizeof(node, scope)
        if kind in _CONSTANT_KINDS:
            return constant(_CONSTANT_KINDS[kind])
        return self._other(node, kind, scope, depth)

    def _literal(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        if kind == "concatenated_string":
            return joined([self.evaluate(part, scope, depth + 1) for part in items(node)])
        if kind == "char_literal":
            inner = items(node)
            text = inner[0].text() if inner else ""
            text = _ESCAPES.get(text[1:2], "x") if text.startswith("\\") else text
            return constant("number", str(ord(text)) if len(text) == 1 else None)
        if kind == "raw_string_literal":
            content = next((child for child in node.children() if child.kind() == "raw_string_content"), None)
            return constant("string", content.text() if content is not None else "")
        parts: list[str] = []
        for child in node.children():
            if child.kind() == "string_content":
                parts.append(child.text())
            elif child.kind() == "escape_sequence":
                parts.append(_ESCAPES.get(child.text()[1:2], "x"))
        return constant("string", "".join(parts))

    def _field(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        qualified = scope.qualified(name)
        root = scope.lookup(name.partition(".")[0])
        return leaf(
            qualified,
            "attribute",
            tainted=scope.is_source(qualified) or (root is not None and root.tainted),
        )

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        if sides is None:
            return UNKNOWN
        sign, a, b = sides
        if a.kind == b.kind == "number" and a.constant and b.constant:
            return constant("number", _folded(sign, a.text, b.text))
        if sign == "+" and a.kind != "number" and b.kind != "number":
            return joined([a, b])
        if sign in ("+", "-"):
            # Pointer arithmetic: still the same text.
            base = b if a.kind == "number" else a
            return Value(base.kind, base.text, merged([a, b]), built=base.built)
        if sign == "/" and "string" in (a.kind, b.kind):
            return joined([a, b])
        if sign in ("<<", ">>") and ("string" in (a.kind, b.kind) or a.built):
            return joined([a, b])
        kind = "number" if "number" in (a.kind, b.kind) else "other"
        return Value(kind, None, merged([a, b]))

    def _sizeof(self, node: Node, scope: Scope) -> Value:
        """Constant in any case; its value where the type or the array is known."""
        inner = node.field("value") or node.field("type")
        for _ in range(3):
            if inner is not None and inner.kind() == "parenthesized_expression":
                inner = next(iter(items(inner)), None)
        if inner is None:
            return constant("number")
        if inner.kind() == "type_descriptor":
            size = 8 if "*" in inner.text() else NUMBERS.get(inner.text().strip())
            return constant("number", str(size) if size else None)
        if inner.kind() == "pointer_expression" or inner.kind() == "subscript_expression":
            return constant("number")
        name = self.dotted(inner)
        found = scope.lookup(f"sizeof({name})")
        if found is None and (inner.kind() == "field_expression" or scope.lookup(name) is None):
            found = scope.lookup(f"sizeof(.{name.rpartition('.')[2]})")
        if found is None and inner.kind() in ("identifier", "type_identifier"):
            size = NUMBERS.get(inner.text())
            return constant("number", str(size) if size else None)
        return constant("number", found.text if found is not None and found.constant else None)

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = node.field("function")
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        given = [self.evaluate(part, scope, depth + 1) for part in self.arguments(node).positional]
        position = FORMATTED.get(name, _RETURNED.get(name))
        if position is not None:
            if len(given) <= position:
                return UNKNOWN
            return printed(given[position], given[position + 1 :], _PLACEHOLDER, _NUMERIC)
        if name in _FILLING:
            return _repeated(name, given)
        if name in ("strlen", "wcslen") and given and given[0].constant and given[0].kind == "string":
            return constant("number", str(len(given[0].text or "")))
        if name in _SAME and given:
            return given[0] if len(given) == 1 else joined(given) if "StrCat" in name else given[0]
        method = name.rpartition(".")[2]
        receiver = callee.field("argument") if callee.kind() == "field_expression" else None
        if receiver is None:
            return called(name, given, source=scope.is_source(name))
        base = self.evaluate(receiver, scope, depth + 1)
        if method in ("size", "length", "empty", "capacity", "count"):
            return leaf(name, "call", tainted=base.tainted) if base.leaves else constant("number")
        if method in ("arg", "append", "operator+") and given and not (base.constant and given[0].constant):
            return Value("string", base.text, merged([base, given[0]]), built=True)
        if method in _SAME_METHODS:
            return base
        return called(name, [base, *given], source=scope.is_source(name))

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = items(node)
        if kind in ("parenthesized_expression", "pointer_expression", "comma_expression", "condition_clause"):
            return self.evaluate(inner[-1], scope, depth + 1) if inner else UNKNOWN
        if kind == "cast_expression":
            value = node.field("value")
            return self.evaluate(value, scope, depth + 1) if value is not None else UNKNOWN
        if kind == "assignment_expression":
            right = node.field("right")
            return self.evaluate(right, scope, depth + 1) if right is not None else UNKNOWN
        if kind == "conditional_expression" and len(inner) == 3:
            return alternatives([self.evaluate(part, scope, depth + 1) for part in inner[1:]])
        if kind in ("unary_expression", "update_expression") and inner:
            value = self.evaluate(inner[0], scope, depth + 1)
            negative = node.text().startswith("-") and value.text is not None
            return Value(value.kind, f"-{value.text}" if negative else None, value.leaves)
        if kind == "subscript_expression":
            return self._subscript(node, scope, depth)
        if kind in ("initializer_list", "argument_list", "compound_literal_expression"):
            return self._listed(inner, scope, depth)
        if kind == "new_expression":
            listed = node.field("arguments")
            given = [self.evaluate(part, scope, depth + 1) for part in items(listed)] if listed else []
            return called("new", given, source=False)
        if kind in ("array_declarator", "preproc_arg", "parameter_declaration"):
            return self._declared(node, kind, scope, depth)
        return UNKNOWN

    def _listed(self, inner: list[Node], scope: Scope, depth: int) -> Value:
        """``{a, b}``, and ``(a)`` of a construction, which is worth what its only item is."""
        values = [self.evaluate(part, scope, depth + 1) for part in inner if part.kind() != "type_descriptor"]
        if len(values) == 1:
            return values[0]
        return Value("collection", " ".join(value.text or HOLE for value in values) or None, merged(values))

    def _subscript(self, node: Node, scope: Scope, depth: int) -> Value:
        base = node.field("argument")
        value = self.evaluate(base, scope, depth + 1) if base is not None else UNKNOWN
        if value.constant and value.kind in ("string", "collection"):
            return Value(value.kind, None) if value.kind == "string" else value
        name = scope.qualified(self.dotted(node))
        return leaf(name, "subscript", tainted=value.tainted or scope.is_source(name))

    def _declared(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        """The size of an array in bytes; the text of a macro; a construction's argument that reads like a parameter."""
        if kind == "parameter_declaration":
            inner = items(node)
            return self.evaluate(inner[0], scope, depth + 1) if len(inner) == 1 else UNKNOWN
        if kind == "preproc_arg":
            return _literal_size(node.text())
        declared = node.parent()
        count = node.field("size")
        if declared is not None and declared.kind() == "init_declarator":
            value = declared.field("value")
            if count is None and value is not None and value.kind() == "string_literal":
                return constant("number", str(len(self.evaluate(value, scope, depth).text or "") + 1))
            declared = declared.parent()
        declared_type = declared.field("type") if declared is not None else None
        size = NUMBERS.get(declared_type.text()) if declared_type is not None else None
        value = self.evaluate(count, scope, depth + 1) if count is not None else UNKNOWN
        if size is None or not value.constant:
            return Value("number", None, value.leaves)
        return constant("number", _folded("*", value.text, str(size)))


_CONSTANT_KINDS: Final[dict[str, ValueKind]] = {
    "true": "true",
    "false": "false",
    "null": "none",
    "nullptr": "none",
    "lambda_expression": "function",
    "type_descriptor": "other",
}


def _repeated(name: str, given: list[Value]) -> Value:
    """What memset leaves: a text of so many equal characters."""
    if "mem" not in name or len(given) < 3 or given[1].text in ("0", None) or given[2].text is None:
        return constant("string", "")
    count = int(given[2].text) if given[2].text.isdigit() else 0
    return constant("string", "x" * min(count, MAX_FILLED))


_TEXT: Final = re.compile(r'\s*L?"([^"\\]*)"\s*$')
_INTEGER: Final = re.compile(r"[\s(]*(0[xX][\da-fA-F]{1,16}|\d{1,20})[uUlL]{0,3}[\s)]*$")


def _literal_size(text: str) -> Value:
    """The value of a macro: its number or text; anything else is at least the same on every run."""
    found = _TEXT.match(text)
    if found:
        return constant("string", found[1])
    number = _INTEGER.match(text)
    return constant("number", _number(number[1])) if number else constant("other")


def _number(text: str) -> str | None:
    digits = text.rstrip("uUlLzZ").replace("'", "")
    try:
        if re.fullmatch(r"0[0-7]+", digits):
            return str(int(digits, 8))
        return str(int(digits, 0)) if len(digits) <= MAX_DIGITS else None
    except ValueError:
        return digits if re.fullmatch(r"[\d.]{1,20}[fF]?", digits) else None


def _folded(sign: str, left: str | None, right: str | None) -> str | None:
    """Integer arithmetic on decimal texts; ``None`` where either is not known."""
    try:
        a, b = int(left or ""), int(right or "")
    except ValueError:
        return None
    if sign == "+":
        return str(a + b)
    if sign == "-":
        return str(a - b)
    if sign == "*":
        return str(a * b)
    if sign == "/":
        return str(a // b) if b else None
    if sign == "<<":
        return str(a << b) if 0 <= b < 64 and abs(a) < 1 << 64 else None
    return None
