"""What is known about a shell's words without running anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Dialect, Scope
from tieout_code_shield.dialects.gathering import collection
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.shell_commands import read_command
from tieout_code_shield.values import (
    UNKNOWN,
    Value,
    alternatives,
    called,
    constant,
    joined,
    leaf,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["EXPANSIONS", "ShellValues"]

EXPANSIONS: Final = frozenset({"simple_expansion", "expansion", "command_substitution"})
_HOLES: Final = EXPANSIONS | {"arithmetic_expansion", "process_substitution"}
_NUMBERS: Final = frozenset({"#", "?", "$", "!"})
"""Special variables that are always numbers."""
_REQUIRED: Final = re.compile(r"\$\{\w+:?\?")
_REPLACED: Final = re.compile(r"\$\{\w+//?\[\^?")
_DEFAULT: Final = re.compile(r"\$\{\w+:?[-=]")
_ESCAPED: Final = re.compile(r"\$\{\w+@Q\}")
_ARGUMENT: Final = re.compile(r"(?<!\\)\$([\d@*])")
MAX_DEPTH: Final = 12


class ShellValues(Dialect):
    """Evaluation of words."""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold words; what only a run tells becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in (
            "word",
            "number",
            "regex",
            "extglob_pattern",
            "variable_name",
            "test_operator",
        ):
            return constant("string", node.text().replace("\\", ""))
        if kind == "raw_string":
            return constant("string", node.text()[1:-1])
        if kind == "ansi_c_string":
            return constant("string", node.text()[2:-1])
        if kind in ("string", "heredoc_body", "translated_string"):
            return self._text(node, kind, scope, depth)
        if kind == "concatenation":
            return _joined([self.evaluate(part, scope, depth + 1) for part in node.children()])
        if kind == "simple_expansion":
            return self._variable(self.dotted(node), scope)
        if kind == "expansion":
            return self._expansion(node, scope, depth)
        if kind in ("command_substitution", "process_substitution"):
            return self._substitution(node, scope, depth)
        if kind == "arithmetic_expansion":
            return called("to_i", [], source=False)
        return self._other(node, kind, scope, depth)

    def _text(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        """Whatever stands between the expansions is text; the grammar has no node for all of it."""
        text, start = node.text(), node.range().start.index
        position, end = (1, len(text) - 1) if kind == "string" else (0, len(text))
        literal = _pieces if kind == "heredoc_body" and not _quoted(node) else _piece
        parts: list[Value] = []
        for child in node.children():
            if child.kind() not in _HOLES:
                continue
            span = child.range()
            if span.start.index - start > position:
                parts += literal(text[position : span.start.index - start])
            parts.append(self.evaluate(child, scope, depth + 1))
            position = span.end.index - start
        if end > position:
            parts += literal(text[position:end])
        return _joined(parts)

    def _variable(self, name: str, scope: Scope) -> Value:
        if name in _NUMBERS:
            return called("to_i", [], source=False)
        found = scope.lookup(name)
        if found is not None:
            return found
        # Written as a part of the environment: in capitals a bare name would pass for a constant.
        return leaf(f"env.{name}", "attribute", tainted=scope.is_source(f"env.{name}"))

    def _expansion(self, node: Node, scope: Scope, depth: int) -> Value:
        text = node.text()
        name = self.dotted(node)
        if text.startswith("${#") or not name:
            return called("to_i", [], source=False)
        value = self._variable(name, scope)
        if _ESCAPED.match(text):
            return called("printf.%q", [value], source=False)
        if _REPLACED.match(text):
            return called("filter", [value], source=False)
        if _REQUIRED.match(text) and not value.constant:
            return called("required", [value], source=False)
        if _DEFAULT.match(text):
            given = items(node)[1:]
            return alternatives([value, *(self.evaluate(part, scope, depth + 1) for part in given[:1])])
        return value

    def _substitution(self, node: Node, scope: Scope, depth: int) -> Value:
        commands = list(node.find_all(kind="command"))[:4]
        if not commands:
            return leaf("<", "call")
        values: list[Value] = []
        names: list[str] = []
        for each in commands:
            command = read_command(each)
            names.append(command.last)
            values += [self.evaluate(word, scope, depth + 2) for word in command.words[:6]]
        fetched = next((name for name in names if scope.is_source(name)), "")
        last = fetched or names[-1]
        if last == "printf" and any(value.text is not None and "%q" in value.text for value in values):
            last = "printf.%q"
        return called(last, values, source=bool(fetched))

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        if kind == "command":
            name = read_command(node).name
            return called(name, [], source=scope.is_source(name))
        if kind == "array":
            return collection([self.evaluate(part, scope, depth + 1) for part in items(node)])
        if kind == "$":
            return constant("string", "$")
        return UNKNOWN


def _joined(parts: list[Value]) -> Value:
    """Words put together; one piece in quotes is that piece."""
    if not parts:
        return constant("string", "")
    if len(parts) == 1:
        return parts[0]
    value = joined(parts)
    return Value("string", value.text, value.leaves, built=value.built)


def _quoted(body: Node) -> bool:
    """Whether nothing is expanded in a here-document, because its mark is quoted."""
    parent = body.parent()
    mark = next((part for part in items(parent) if part.kind() == "heredoc_start"), None) if parent else None
    return mark is not None and mark.text()[:1] in ("'", '"', "\\")


def _piece(text: str) -> list[Value]:
    return [constant("string", text)]


def _pieces(text: str) -> list[Value]:
    """Literal text of a here-document, in which the grammar leaves the script's arguments unread."""
    parts: list[Value] = []
    for index, part in enumerate(_ARGUMENT.split(text)):
        if index % 2:
            parts.append(leaf(f"env.{part}", "attribute"))
        elif part:
            parts.append(constant("string", part))
    return parts
