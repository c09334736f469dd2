"""What Python's expressions are worth: strings put together, collections, arithmetic, conditions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import proofs
from tieout_code_shield.dialects.base import Arguments, Dialect, Scope
from tieout_code_shield.dialects.folding import operated
from tieout_code_shield.dialects.gathering import (
    OPPOSITE,
    Bound,
    collection,
    conditional,
    given_out,
    inserted,
    member,
    named,
    strung_together,
    tagged,
)
from tieout_code_shield.dialects.python_made import added, formatted, taken
from tieout_code_shield.dialects.python_names import given_name
from tieout_code_shield.values import (
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

__all__ = ["MAX_DEPTH", "PythonValues", "items", "literal_text"]

MAX_DEPTH: Final = 14
_CONSTANTS: Final[dict[str, ValueKind]] = {"true": "true", "false": "false", "none": "none"}
_SAME_TEXT: Final = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "encode", "decode", "replace", "expandtabs", "format_map",
     "split", "rsplit", "splitlines", "copy", "casefold", "removeprefix", "removesuffix", "capitalize", "zfill",
     "ljust", "rjust", "center", "partition", "swapcase", "items", "values", "keys", "as_posix", "tolist"}
)  # fmt: skip
_CONVERSIONS: Final = frozenset(
    {"str", "repr", "bytes", "unicode", "list", "tuple", "ascii", "bytearray", "sorted", "set", "frozenset", "reversed",
     "dict", "iter", "next", "enumerate", "cast", "typing.cast"}
)  # fmt: skip
_ADDS: Final = frozenset({"append", "add", "appendleft"})
_TAKES: Final = frozenset({"pop", "remove"})
_READS: Final = frozenset({"get", "getlist", "setdefault", "getfirst", "get_all"})
_COMPREHENSIONS: Final = frozenset(
    {"list_comprehension", "set_comprehension", "generator_expression", "dictionary_comprehension"}
)
_VERB: Final = re.compile(r"do_[A-Z]+$|handle")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


class PythonValues(Dialect):
    """Evaluates expressions; :class:`~tieout_code_shield.dialects.python.PythonDialect` adds the rest."""

    def dotted(self, node: Node) -> str:
        """``a.b.c``, ``f().g``, ``a[].b``; empty for what has no name."""
        tail: list[str] = []
        for _ in range(MAX_DEPTH):
            kind = node.kind()
            if kind in ("identifier", "dotted_name", "exec", "assert"):
                return plain(".".join([node.text(), *reversed(tail)]))
            if kind == "attribute":
                part, inner = node.field("attribute"), node.field("object")
                tail.append(part.text() if part is not None else "")
            elif kind == "call":
                named = given_name(node)
                if named is not None and named[0] is None:
                    return ".".join([named[1], *reversed(tail)])
                inner = named[0] if named is not None else node.field("function")
                tail.append(named[1] if named is not None else "()")
            elif kind == "subscript":
                inner = node.field("value")
                tail.append("[]")
            elif kind in ("parenthesized_expression", "await"):
                inner = next((child for child in node.children() if child.is_named()), None)
            else:
                inner = None
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""

    def arguments(self, node: Node) -> Arguments:
        """Positional and keyword arguments; ``f(x for x in y)`` has one positional."""
        listed = node.field("arguments")
        if listed is None:
            code = node.field("code")
            if node.kind() == "assert_statement":
                return Arguments(tuple(items(node)))
            return Arguments((code,)) if code is not None else Arguments()
        if listed.kind() != "argument_list":
            return Arguments((listed,))
        positional: list[Node] = []
        named: dict[str, Node] = {}
        spread = False
        for child in listed.children():
            kind = child.kind()
            if not child.is_named() or kind in ("comment", "ERROR"):
                continue
            if kind == "keyword_argument":
                name, value = child.field("name"), child.field("value")
                if name is not None and value is not None:
                    named[name.text()] = value
            elif kind in ("list_splat", "dictionary_splat"):
                spread = True
            else:
                positional.append(child)
        return Arguments(tuple(positional), named, spread)

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind == "string":
            return self._string(node, scope, depth)
        if kind == "concatenated_string":
            return joined([self.evaluate(part, scope, depth + 1) for part in items(node)])
        if kind in ("integer", "float"):
            return constant("number", node.text())
        if kind in _CONSTANTS:
            return constant(_CONSTANTS[kind])
        if kind == "identifier":
            return named(node.text(), scope)
        if kind == "attribute":
            return self._attribute(node, scope)
        if kind == "call":
            return self._call(node, scope, depth)
        if kind == "subscript":
            return self._subscript(node, scope, depth)
        if kind in ("binary_operator", "boolean_operator"):
            return self._operator(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _string(self, node: Node, scope: Scope, depth: int) -> Value:
        parts: list[Value] = []
        for child in node.children():
            kind = child.kind()
            if kind == "string_content":
                parts.append(constant("string", child.text()))
            elif kind == "interpolation":
                inner = child.field("expression") or next((c for c in child.children() if c.is_named()), None)
                parts.append(self.evaluate(inner, scope, depth + 1) if inner is not None else UNKNOWN)
        if len(parts) == 1 and parts[0].leaves:
            parts.append(constant("string", ""))
        return joined(parts) if parts else constant("string", "")

    def _attribute(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        found = scope.lookup(name)
        if found is not None:
            return found
        root, dot, rest = name.partition(".")
        value = scope.lookup(root) if dot else None
        if value is None:
            qualified = scope.qualified(name)
            return leaf(
                qualified, "attribute", tainted=scope.is_source(qualified) and _served(node, qualified)
            )
        return member(value, rest, scope) or leaf(scope.qualified(name), "attribute")

    def _subscript(self, node: Node, scope: Scope, depth: int) -> Value:
        base, key = node.field("value"), node.field("subscript")
        if base is None:
            return UNKNOWN
        index = self.evaluate(key, scope, depth + 1) if key is not None and key.kind() != "slice" else UNKNOWN
        owner = self.dotted(base)
        if index.constant and index.text:
            found = scope.lookup(f"{owner}[].{index.text}")
            if found is not None:
                return found
        value = self.evaluate(base, scope, depth + 1)
        if index.constant and index.text is not None:
            found = value.item(index.text)
            if found is not None:
                return found
            if value.constant and value.kind == "string" and value.text and index.text.isdigit():
                position = int(index.text)
                return constant("string", value.text[position : position + 1]) if position < 99 else value
        if value.constant and value.kind in ("string", "collection"):
            return value
        name = scope.qualified(f"{owner}.[]")
        if value.tainted:
            return Value("other", None, value.leaves)
        return leaf(name, "subscript", tainted=scope.is_source(name))

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        if sides is None:
            return UNKNOWN
        sign, a, b = sides
        if sign in ("or", "and"):
            decided = operated("||" if sign == "or" else "&&", a, b) if a.kind in OPPOSITE else None
            return decided if decided is not None else alternatives([a, b])
        if sign == "%" and a.kind == "string" and a.text is not None:
            return formatted(a, [b])
        if sign == "*" and (a.constant and a.kind in ("string", "collection")):
            return replace(a, items=())
        if sign in ("+", "/") and not (a.kind == b.kind == "number"):
            return joined([a, b])
        return operated(sign, a, b)

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = node.field("function")
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        arguments = self.arguments(node)
        given = [self.evaluate(part, scope, depth + 1) for part in arguments.positional]
        named = {key: self.evaluate(part, scope, depth + 1) for key, part in arguments.named.items()}
        known = scope.result(name, given, named)
        if known is not None:
            return known
        given += named.values()
        if arguments.spread:
            given.append(UNKNOWN)
        receiver = callee.field("object") if callee.kind() == "attribute" else None
        method = name.rpartition(".")[2]
        if receiver is None:
            if method in _CONVERSIONS and given:
                only = given[0] if len(given) == 1 else Value("other", None, merged(given))
                return replace(tagged(only, [method]), items=() if only.leaves else only.items)
            if method == "len" and given and (given[0].constant or given[0].items):
                counted = given[0].items or given[0].text
                return constant("number", str(len(counted)) if counted is not None else None)
            return called(name, given, source=scope.is_source(name))
        base = self.evaluate(receiver, scope, depth + 1)
        if method in _TAKES and base.items:
            return taken(node, method, base, given)
        known = given_out(base, method, given, named, scope)
        if known is not None:
            return known
        worked = self._method(method, base, given, self.dotted(receiver), scope)
        source = scope.is_source(name) and _served(node, name)
        return worked if worked is not None else called(name, [base, *given], source=source)

    def _method(self, method: str, base: Value, given: list[Value], owner: str, scope: Scope) -> Value | None:
        """What a method of text or of a collection returns; ``None`` for any other."""
        if method == "format" and (base.kind == "string" or base.text is not None):
            return formatted(base, given)
        if method == "join" and base.kind == "string" and given:
            return strung_together(base, given[0])
        if method in _ADDS and given and base.kind == "collection":
            return added(base, given[0])
        if method == "insert" and len(given) == 2:
            return inserted(base, given[0], given[1])
        if method in _READS and given:
            key = ".".join(value.text or "?" for value in given if value.constant)
            found = scope.lookup(f"{owner}[].{key}") or base.item(given[0].text or "")
            if found is not None:
                return found
            if base.constant and base.kind == "collection":
                return alternatives([base, *given[1:2]])
            if base.tainted:
                return Value("other", None, merged([base, *given[1:2]]))
            # The key decides which value it is, but is no part of it.
            return called(
                f"{owner}.{method}",
                [base, *given[1:2]],
                source=scope.is_source(f"{scope.qualified(owner)}.{method}"),
            )
        if method in _SAME_TEXT and (base.leaves or base.kind == "string"):
            return Value(base.kind, base.text, merged([base, *given]), built=base.built)
        return base if method in _SAME_TEXT else None

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = items(node)
        if kind in ("parenthesized_expression", "await", "named_expression") and inner:
            return self.evaluate(inner[-1], scope, depth + 1)
        if kind == "as_pattern" and inner:
            return self.evaluate(inner[0], scope, depth + 1)
        if kind == "conditional_expression" and len(inner) == 3:
            then, condition, otherwise = inner
            return conditional(lambda part: self.evaluate(part, scope, depth + 1), condition, then, otherwise)
        if kind in ("list", "tuple", "set", "expression_list"):
            return collection([self.evaluate(part, scope, depth + 1) for part in inner])
        if kind == "dictionary":
            return self._dictionary(inner, scope, depth)
        if kind in _COMPREHENSIONS:
            return self._comprehension(node, inner, scope, depth)
        if kind == "lambda":
            return constant("function")
        if kind in ("not_operator", "unary_operator") and inner:
            return _negated(node.text(), self.evaluate(inner[-1], scope, depth + 1))
        if kind == "comparison_operator":
            return self._comparison(node, scope, depth)
        return UNKNOWN

    def _dictionary(self, inner: list[Node], scope: Scope, depth: int) -> Value:
        found: list[tuple[str, Value]] = []
        whole = True
        for pair in inner:
            key, value = pair.field("key"), pair.field("value")
            if key is None or value is None:
                whole = False
                found.append(
                    ("", self.evaluate(items(pair)[-1], scope, depth + 1) if items(pair) else UNKNOWN)
                )
                continue
            name = self.evaluate(key, scope, depth + 1)
            whole = whole and name.constant and bool(name.text)
            found.append((name.text or "", self.evaluate(value, scope, depth + 1)))
        leaves = merged(value for _, value in found)
        return Value("collection", None, leaves, items=tuple(found) if whole else ())

    def _comprehension(self, node: Node, inner: list[Node], scope: Scope, depth: int) -> Value:
        names: dict[str, Value] = {}
        tags: list[tuple[str, str]] = []
        for clause in inner[1:]:
            if clause.kind() == "if_clause":
                tags += [(one.name, one.tag) for one in proofs(clause.text()) if one.holds and not one.among]
                continue
            target, source = clause.field("left"), clause.field("right")
            if target is None or source is None:
                continue
            value = self.evaluate(source, Bound(scope, names), depth + 1)
            for word in _WORD.findall(target.text()):
                names[word] = Value("other", value.text if value.constant else None, value.leaves)
        for name, tag in tags:
            if name in names:
                names[name] = tagged(names[name], [tag])
        body = inner[0] if inner else None
        if body is not None and body.kind() == "pair":
            body = body.field("value")
        value = self.evaluate(body, Bound(scope, names), depth + 1) if body is not None else UNKNOWN
        return Value("collection", value.text, value.leaves, built=value.built)

    def _comparison(self, node: Node, scope: Scope, depth: int) -> Value:
        parts = node.children()
        values = [self.evaluate(part, scope, depth + 1) for part in parts if part.is_named()]
        if len(parts) == 3 and len(values) == 2 and all(value.constant for value in values):
            sign = {"is": "=="}.get(parts[1].text(), parts[1].text())
            return operated(sign, *values)
        return Value("other", None, merged(values))


def _negated(text: str, value: Value) -> Value:
    if text.startswith("not") and value.constant and value.kind in OPPOSITE:
        return constant("false" if value.kind == "true" else "true")
    if text.startswith("-") and value.kind == "number" and value.text is not None:
        return constant("number", f"-{value.text}")
    return Value("other", None, value.leaves)


def plain(name: str) -> str:
    """A name as Python reads it: letters that are other forms of a letter are that letter (NFKC)."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def _served(node: Node, name: str) -> bool:
    """False for a ``self.path`` that is no request's: in a class that is not derived from a request handler."""
    if name != "self.path" and not name.startswith("self.path."):
        return True
    outer, verb = node.parent(), False
    while outer is not None:
        named = outer.field("name")
        if outer.kind() == "class_definition":
            bases = outer.field("superclasses")
            return bases is not None and "Handler" in bases.text()
        verb = verb or (
            outer.kind() == "function_definition" and named is not None and bool(_VERB.match(named.text()))
        )
        outer = outer.parent()
    return verb


def items(node: Node) -> list[Node]:
    """The named children that are no comments."""
    return [child for child in node.children() if child.is_named() and child.kind() != "comment"]


def literal_text(node: Node) -> str:
    """The text of a string literal; empty for anything else."""
    if node.kind() != "string":
        return ""
    return "".join(child.text() for child in node.children() if child.kind() == "string_content")
