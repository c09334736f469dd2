"""What calls and streams of C and C++ do to variables: buffers written into, texts appended to, types declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import BindForm, Binding
from tieout_code_shield.dialects.c_values import FORMATTED, MAX_DEPTH, CValues
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node


__all__ = ["INNER", "WRAPPERS", "CEffects", "plain_type"]

INNER: Final = frozenset(
    {"pointer_declarator", "reference_declarator", "array_declarator", "init_declarator", "function_declarator",
     "parenthesized_declarator", "attributed_declarator"}
)  # fmt: skip
WRAPPERS: Final = frozenset({"parenthesized_expression", "pointer_expression", "cast_expression"})
# Functions that write into an argument: where it stands, and where what is written does (-1: the call itself).
_COPIES: Final = {
    "strcpy": (0, 1), "strncpy": (0, 1), "stpcpy": (0, 1), "memcpy": (0, 1), "memmove": (0, 1), "strlcpy": (0, 1),
    "wcscpy": (0, 1), "wcsncpy": (0, 1), "lstrcpy": (0, 1), "lstrcpyA": (0, 1), "lstrcpyW": (0, 1), "bcopy": (1, 0),
    "strcpy_s": (0, 2), "strncpy_s": (0, 2), "memcpy_s": (0, 2), "wmemcpy": (0, 1), "_mbscpy": (0, 1), "wcscpy_s": (0,
    2),
    "mempcpy": (0, 1), "strscpy": (0, 1), "_tcscpy": (0, 1), "StringCchCopy": (0, 2), "CopyMemory": (0, 1),
    "fgets": (0, -1), "gets": (0, -1), "fread": (0, -1), "read": (1, -1), "recv": (1, -1), "recvfrom": (1, -1),
    "SSL_read": (1, -1), "BIO_read": (1, -1), "BIO_gets": (1, -1), "fgetws": (0, -1), "getline": (0, -1),
    "getdelim": (0, -1),
    "ReadFile": (1, -1), "InternetReadFile": (1, -1), "GetEnvironmentVariable": (1, -1),
    "GetEnvironmentVariableA": (1, -1),
    "pread": (1, -1), "gets_s": (0, -1), "_getws": (0, -1), "memset": (0, -1), "bzero": (0, -1), "wmemset": (0, -1),
    "readlink": (1, -1),
    "mbstowcs": (0, 1), "wcstombs": (0, 1), "url_decode": (0, 1),
}  # fmt: skip
_APPENDS: Final = {
    "strcat": (0, 1), "strncat": (0, 1), "strlcat": (0, 1), "wcscat": (0, 1), "wcsncat": (0, 1), "strcat_s": (0, 2),
    "lstrcat": (0, 1), "lstrcatA": (0, 1), "_tcscat": (0, 1), "StringCchCat": (0, 2), "strncat_s": (0, 2),
    "wcscat_s": (0, 2),
    "_mbscat": (0, 1),
}  # fmt: skip
_SCANS: Final = {
    "scanf": 1,
    "fscanf": 2,
    "sscanf": 2,
    "swscanf": 2,
    "wscanf": 1,
    "fwscanf": 2,
    "scanf_s": 1,
    "fscanf_s": 2,
    "vscanf": 1,
}
_STREAM: Final = re.compile(r"(?i)(?:ss|stream|oss|out|buf|sql|query|cmd|command)\w{0,12}$")
_TEMPLATE: Final = re.compile(r"<[^<>()]*(?:<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>[^<>()]*)*>")
_QUALIFIERS: Final = re.compile(r"\b(?:const|volatile|struct|static|register|typename|class|constexpr)\b\s*")


class CEffects(CValues):
    """Follows values into buffers; the dialect adds how names and arguments are spelled."""

    def effects(self, node: Node, name: str) -> list[Binding]:
        """What a node binds besides its role: buffers that a call writes into, ``cin >> x``, declared types."""
        kind = node.kind()
        if kind == "call_expression":
            return self._written(node)
        if kind == "binary_expression":
            operator = node.field("operator")
            return self._streamed(node) if operator is not None and operator.text() in ("<<", ">>") else []
        if kind in ("declaration", "field_declaration"):
            declared = self._type(node)
            plain = (
                "identifier",
                "field_identifier",
                "pointer_declarator",
                "array_declarator",
                "function_declarator",
            )
            return [
                Binding(name, child, "declare", declared)
                for child in node.children()
                if child.kind() in plain and declared and (name := self._declared_name(child))
            ]
        return []

    def _written(self, node: Node) -> list[Binding]:
        callee = node.field("function")
        if callee is None:
            return []
        name = callee.text()
        if name.startswith("std::"):
            name = name[5:]
        if callee.kind() == "field_expression":
            return self._appended(node, callee)
        given = self.arguments(node).positional
        if name in FORMATTED and given:
            return self._into(given[0], node, "assign")
        copied = _COPIES.get(name)
        if copied is not None:
            if name == "getline" and len(given) == 2:
                return self._into(given[1], node, "assign")
            into, source = copied
            if len(given) > max(into, source):
                return self._into(given[into], given[source] if source >= 0 else node, "assign")
        appended = _APPENDS.get(name)
        if appended is not None and len(given) > max(appended):
            return self._into(given[appended[0]], given[appended[1]], "augment")
        scanned = _SCANS.get(name)
        if scanned is not None:
            return [each for part in given[scanned:] for each in self._into(part, node, "assign")]
        return []

    def _appended(self, node: Node, callee: Node) -> list[Binding]:
        """``text.append(x)``, and ``stream.getline(buffer, n)``."""
        method, receiver = callee.field("field"), callee.field("argument")
        given = self.arguments(node).positional
        if method is None or receiver is None or not given:
            return []
        if method.text() == "append":
            return self._into(receiver, given[0], "augment")
        if method.text() in ("getline", "read", "get", "recv", "receive", "read_some"):
            return self._into(given[0], node, "assign")
        return []

    def _streamed(self, node: Node) -> list[Binding]:
        """``cin >> a >> b`` gives both names input; ``stream << x`` adds to what the stream holds."""
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        first = left
        while first is not None and first.kind() == "binary_expression":
            first = first.field("left")
        if first is None or right is None or operator is None:
            return []
        root = self.dotted(first)
        if operator.text() == ">>":
            return self._into(right, first, "assign") if root in ("cin", "wcin") else []
        texts = [
            part for part in (right, left.field("right") if left is not None else None) if part is not None
        ]
        written = any(part.kind() == "string_literal" for part in texts) or _STREAM.search(root)
        if not written or root in ("cout", "cerr", "clog", "out"):
            return []
        return [Binding(root, right, "augment")]

    def _into(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        for _ in range(MAX_DEPTH):
            kind = target.kind()
            if kind in WRAPPERS or kind == "subscript_expression":
                inner = target.field("value") or target.field("argument") or next(iter(items(target)), None)
            elif kind == "binary_expression":
                inner = target.field("left")
            else:
                break
            if inner is None:
                return []
            target = inner
        name = self.dotted(target)
        return [Binding(name, value, form)] if name and not name.endswith("()") else []

    def _type(self, declaration: Node) -> str:
        declared = declaration.field("type")
        return plain_type(declared.text()) if declared is not None else ""

    def _declared_name(self, node: Node) -> str:
        for _ in range(MAX_DEPTH):
            if node.kind() not in INNER:
                break
            inner = node.field("declarator") or next(iter(items(node)), None)
            if inner is None:
                return ""
            node = inner
        return self.dotted(node)


def plain_type(text: str) -> str:
    """A type's or name's text without qualifiers, template arguments and ``std::``, its parts joined by dots."""
    text = _QUALIFIERS.sub("", text)
    if "<" in text:
        text = _TEMPLATE.sub("", text)
    text = text.strip(" *&:")
    return text.removeprefix("std::").replace("::", ".")
