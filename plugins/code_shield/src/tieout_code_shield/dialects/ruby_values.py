"""What is known about Ruby's expressions without running them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Scope
from tieout_code_shield.dialects.folding import operated
from tieout_code_shield.dialects.gathering import collection, given_out, inserted
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.ruby_names import MAX_DEPTH, NAMES, RubyNames, heredoc_body, key_text
from tieout_code_shield.values import (
    HOLE,
    MAX_KNOWN,
    UNKNOWN,
    Value,
    alternatives,
    called,
    constant,
    joined,
    leaf,
    merged,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["RubyValues"]

_SAME_TEXT: Final = frozenset(
    {"strip", "lstrip", "rstrip", "chomp", "chop", "downcase", "upcase", "capitalize", "swapcase", "to_s", "to_str",
     "to_sym", "freeze", "dup", "clone", "squish", "squeeze", "force_encoding", "encode", "unicode_normalize", "b",
     "scrub", "reverse", "html_safe", "strip_heredoc", "gsub", "sub", "tr", "delete", "ljust", "rjust", "camelize",
     "classify", "singularize", "pluralize", "underscore", "titleize", "presence", "first", "last", "split", "lines",
     "itself", "to_a", "compact", "flatten", "uniq", "humanize", "camelcase", "unpack1", "slice", "truncate"}
)  # fmt: skip
_PICKS: Final = {"first": "0", "last": "-1", "fetch": "", "at": "", "dig": ""}
"""Methods that take one item out of a collection, and the index of it that needs no argument."""
_TEXTS: Final = frozenset({"string", "subshell", "delimited_symbol", "regex", "bare_string", "heredoc_body"})
_LAST: Final = frozenset(
    {"parenthesized_statements", "begin", "then", "else", "body_statement", "block_body"}
)
_VERB: Final = re.compile(r"%(?:<\w+>|\{\w+\}|\d+\$)?[-+ 0#]*[\d.*]*([bBcdeEfgGiopsuxXaA%])?")


class RubyValues(RubyNames):
    """Evaluation of expressions."""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in _TEXTS:
            return self._text(node, kind, scope, depth)
        if kind == "heredoc_beginning":
            body = heredoc_body(node)
            return self._text(body, "heredoc_body", scope, depth) if body is not None else UNKNOWN
        if kind in ("simple_symbol", "hash_key_symbol", "character"):
            return constant("string", node.text().strip(":"))
        if kind in ("integer", "float"):
            return constant("number", node.text())
        if kind in ("true", "false"):
            return constant("true" if kind == "true" else "false", kind)
        if kind == "nil":
            return constant("none")
        if kind in NAMES or kind == "scope_resolution":
            return self._name(node, scope)
        if kind == "element_reference":
            return self._element(node, scope, depth)
        if kind == "call":
            return self._call(node, scope, depth)
        if kind == "binary":
            return self._operator(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _text(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        parts: list[Value] = []
        for child in node.children():
            part = child.kind()
            if part in ("string_content", "escape_sequence", "heredoc_content"):
                parts.append(constant("string", child.text()))
            elif part == "interpolation":
                inner = items(child)
                parts.append(self.evaluate(inner[-1], scope, depth + 1) if inner else constant("string", ""))
        if len(parts) == 1 and parts[0].leaves:
            parts.append(constant("string", ""))
        return joined(parts) if parts else constant("string", "")

    def _name(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        if name in ("__FILE__", "__dir__", "__method__", "self"):
            return leaf(name, "attribute")
        # A bare word may be a method of the same text.
        known = scope.result(name, [], {}) if node.kind() == "identifier" else None
        return known or leaf(name, "name", tainted=scope.is_source(name))

    def _element(self, node: Node, scope: Scope, depth: int) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        base = node.field("object")
        value = self.evaluate(base, scope, depth + 1) if base is not None else UNKNOWN
        parts = items(node)
        key = self.evaluate(parts[1], scope, depth + 1) if len(parts) == 2 else UNKNOWN
        known = value.item(key.text) if key.constant and key.text else None
        if known is not None:
            return known
        if value.constant and value.kind in ("string", "collection"):
            return value
        return leaf(name, "subscript", tainted=value.tainted or scope.is_source(name))

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        if sides is None:
            return UNKNOWN
        sign, a, b = sides
        if sign in ("||", "&&", "or", "and"):
            return alternatives([a, b])
        if sign in ("+", "<<"):
            return joined([a, b])
        if sign == "%" and a.kind == "string":
            return _formatted(a, [b])
        if sign in ("==", "!=") and a.constant and b.constant:
            return operated(sign, a, b)
        if a.constant and b.constant:
            return Value("number" if a.kind == b.kind == "number" else "other", a.text)
        return called("to_i" if sign in ("-", "*", "/", "%", "**") else "==", [a, b], source=False)

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        receiver, method = node.field("receiver"), node.field("method")
        name = self.call_name(node)
        arguments = self.arguments(node)
        last = method.text() if method is not None else ""
        given = [
            self.evaluate(part, scope, depth + 1)
            for part in (*arguments.positional, *arguments.named.values())
        ]
        if receiver is None:
            if last in ("format", "sprintf") and given:
                return _formatted(given[0], given[1:])
            if last in ("String", "Array", "raw", "lambda", "proc") and len(given) == 1:
                return given[0]
            known = scope.result(name, given[: len(arguments.positional)], {})
            return known or called(name, given, source=scope.is_source(name))
        if node.field("arguments") is None:
            found = scope.lookup(name)
            if found is not None:
                return found
        base = self.evaluate(receiver, scope, depth + 1)
        known = given_out(base, last, given[: len(arguments.positional)], {}, scope)
        if known is not None:
            return known
        folded = self._folded(last, base, given, arguments.positional[:1])
        if folded is not None:
            return folded
        if last.endswith("?"):
            return leaf(name, "call")
        return called(name, [base, *given], source=scope.is_source(name))

    def _folded(
        self, method: str, base: Value, given: list[Value], written: tuple[Node, ...]
    ) -> Value | None:
        """Methods whose result is known from what they are called on."""
        if method in ("+", "concat", "<<", "prepend") and given:
            return joined([base, *given])
        if method == "join":
            return Value(
                "string",
                base.text,
                merged([base, *given]),
                built=base.built or bool(base.leaves and base.text),
            )
        if method in ("unshift", "prepend") and base.kind == "collection" and given:
            fronted = base
            for value in reversed(given):
                fronted = inserted(fronted, constant("number", "0"), value)
            return fronted
        if method in _PICKS and base.items:
            key = (
                given[0] if method in ("fetch", "at", "dig") and given else constant("number", _PICKS[method])
            )
            known = base.item(key.text) if key.constant and key.text and len(given) < 2 else None
            if known is not None:
                return known
        if method == "fetch" and base.kind == "collection" and (base.constant or base.items):
            # Whatever is asked for, what comes out was put in, or is the default.
            return Value("other", None, merged([base, *given[1:]]))
        if method in ("map", "collect") and written and written[0].kind() == "block_argument":
            return called(written[0].text().strip("&:"), [base], source=False)
        if method in _SAME_TEXT and (base.constant or base.kind == "string"):
            return Value(base.kind, base.text, merged([base, *given]), built=base.built)
        if method in ("length", "size", "count", "hash", "object_id"):
            return constant("number")
        return None

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = items(node)
        if kind in _LAST and inner:
            return self.evaluate(inner[-1], scope, depth + 1)
        if kind == "chained_string":
            return joined([self.evaluate(part, scope, depth + 1) for part in inner])
        if kind in ("conditional", "if", "unless"):
            options = [node.field("consequence"), node.field("alternative")]
            known = [self.evaluate(part, scope, depth + 1) for part in options if part is not None]
            return alternatives(known) if known else UNKNOWN
        if kind == "case":
            arms = [
                part.field("body") if part.kind() == "when" else part
                for part in inner
                if part.kind() in ("when", "else")
            ]
            known = [self.evaluate(part, scope, depth + 1) for part in arms if part is not None]
            return alternatives(known) if known else UNKNOWN
        if kind in ("array", "right_assignment_list", "argument_list"):
            return collection([self.evaluate(part, scope, depth + 1) for part in inner])
        if kind in ("string_array", "symbol_array"):
            return Value("collection", " ".join(part.text() for part in inner))
        if kind == "hash":
            return self._hash(inner, scope, depth)
        if kind in ("lambda", "block", "do_block"):
            return constant("function")
        if kind in ("assignment", "operator_assignment"):
            right = node.field("right")
            return self.evaluate(right, scope, depth + 1) if right is not None else UNKNOWN
        if kind in ("rescue_modifier", "if_modifier", "unless_modifier"):
            body = node.field("body")
            return self.evaluate(body, scope, depth + 1) if body is not None else UNKNOWN
        if kind in ("unary", "splat_argument", "block_argument", "range", "defined"):
            return Value("other", None, merged(self.evaluate(part, scope, depth + 1) for part in inner))
        return UNKNOWN

    def _hash(self, inner: list[Node], scope: Scope, depth: int) -> Value:
        found: dict[str, Value] = {}
        whole = len(inner) <= MAX_KNOWN
        for part in inner:
            key, value = part.field("key"), part.field("value")
            name = key_text(key) if key is not None else ""
            whole = whole and bool(name) and value is not None
            given = value if value is not None else part
            found[name or str(len(found))] = self.evaluate(given, scope, depth + 1)
        leaves = merged(found.values())
        return Value("collection", None, leaves, items=tuple(found.items()) if whole else ())


def _formatted(template: Value, given: list[Value]) -> Value:
    """``format`` and ``%``; what a ``%d`` stands for is a number and cannot carry text."""
    verbs = [found[1] or "s" for found in _VERB.finditer(template.text or "") if found[0] != "%%"]
    if given and verbs and all(verb in "bBdeEfgGiouxXaA" for verb in verbs):
        given = [called("to_i", given, source=False)]
    leaves = merged([template, *given])
    text = _VERB.sub(lambda found: "%" if found[0] == "%%" else HOLE, template.text or HOLE)
    if not leaves:
        texts = iter([value.text or "" for value in given])
        return constant("string", _VERB.sub(lambda _: next(texts, ""), template.text or ""))
    return Value("string", text, leaves, built=True)
