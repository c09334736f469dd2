"""How Ruby's syntax tree spells names, calls and their arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, Dialect
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["MAX_DEPTH", "NAMES", "RubyNames", "heredoc_body", "key_text", "string_text"]

NAMES: Final = frozenset(
    {"identifier", "constant", "instance_variable", "class_variable", "global_variable", "self", "super"}
)
_KEY: Final = re.compile(r"[\w-]+[?!]?$")
_STRINGS: Final = frozenset({"string", "bare_string", "delimited_symbol", "chained_string"})
MAX_DEPTH: Final = 14


class RubyNames(Dialect):
    """Callees, arguments and dotted names."""

    def callee(self, node: Node) -> Node | None:
        """The call itself: its tree holds receiver and method side by side."""
        return node

    def call_name(self, node: Node) -> str:
        """The dotted name; "`" for every form of running a command line, ``Regexp.new`` for a pattern."""
        kind = node.kind()
        if kind == "subshell":
            return "`"
        return "Regexp.new" if kind == "regex" else self.dotted(node)

    def arguments(self, node: Node) -> Arguments:
        """Positional arguments, and as named ones keywords and the keys of hashes."""
        if node.kind() in ("subshell", "regex"):
            return Arguments((node,))
        listed = node.field("arguments")
        if listed is None:
            return Arguments()
        positional: list[Node] = []
        named: dict[str, Node] = {}
        spread = False
        for child in items(listed):
            kind = child.kind()
            if kind == "pair":
                named.update(_pair(child))
            elif kind in ("splat_argument", "hash_splat_argument"):
                spread = True
            elif kind != "block_argument":
                positional.append(child)
                if kind == "hash":
                    for part in items(child):
                        named.update(_pair(part))
        return Arguments(tuple(positional), named, spread)

    def dotted(self, node: Node) -> str:
        """``a.b`` for ``a.b``, ``a&.b`` and ``a[:b]``, ``A.B`` for ``A::B``; ``f.()`` where it has arguments."""
        tail: list[str] = []
        for depth in range(MAX_DEPTH):
            kind = node.kind()
            if kind in NAMES:
                return ".".join([node.text(), *reversed(tail)])
            inner: Node | None = None
            if kind == "call":
                method, inner = node.field("method"), node.field("receiver")
                if depth and node.field("arguments") is not None:
                    tail.append("()")
                tail.append(method.text() if method is not None else "()")
                if inner is None:
                    return ".".join(reversed(tail))
            elif kind == "scope_resolution":
                part, inner = node.field("name"), node.field("scope")
                tail.append(part.text() if part is not None else "")
                if inner is None:
                    return ".".join(reversed(tail))
            elif kind == "element_reference":
                inner = node.field("object")
                parts = items(node)
                key = key_text(parts[1]) if len(parts) == 2 else ""
                tail.append(key if _KEY.match(key) else "[]")
            elif kind == "parenthesized_statements":
                inner = next(iter(items(node)), None)
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""


def string_text(node: Node) -> str:
    """The text between the quotes, escapes as they are written."""
    return "".join(
        child.text() for child in node.children() if child.kind() in ("string_content", "escape_sequence")
    )


def key_text(node: Node) -> str:
    """The key that a pair or subscript names; empty when it is not known."""
    kind = node.kind()
    if kind in _STRINGS:
        return string_text(node)
    if kind in ("simple_symbol", "hash_key_symbol", "constant", "integer"):
        return node.text().strip(":\"'")
    return ""


def heredoc_body(node: Node) -> Node | None:
    """The body of the heredoc that ``node`` begins; it stands behind the statement, somewhere further up."""
    tag = node.text().lstrip("<-~").strip("'\"`")
    around: Node | None = node
    for _ in range(MAX_DEPTH):
        if around is None:
            return None
        for following in around.next_all():
            if following.kind() == "heredoc_body":
                parts = following.children()
                # At the end of a text without a last line break the grammar misses the end.
                end = (
                    parts[-1].text().strip() or following.text().rpartition("\n")[2].strip() if parts else ""
                )
                if end == tag:
                    return following
        around = around.parent()
    return None


def _pair(node: Node) -> dict[str, Node]:
    key, value = node.field("key"), node.field("value")
    return {key_text(key): value} if node.kind() == "pair" and key is not None and value is not None else {}
