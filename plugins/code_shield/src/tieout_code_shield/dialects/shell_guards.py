"""Where a shell script has made sure that a variable is one of a few words: ``case``, and ``=~`` of a whole pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["checked"]

_VARIABLE: Final = re.compile(r"\"?\$\{?(\w+)\}?\"?$")
_WORD: Final = re.compile(r"(['\"]?)[\w./:@%+-]*\1")
_FOREIGN: Final = re.compile(r"\*\[[!^][^\]]+\]\*")
"""``*[!a-z0-9]*``: anything with a character that is not allowed."""
_MATCHED: Final = re.compile(
    r"(?P<no>!\s*)?\"?\$\{?(?P<name>\w+)\}?\"?\s+=~\s+(?P<pattern>\^\S{1,200}\$)\s*\]\]"
)
_ANYTHING: Final = re.compile(r"(?<!\\)\.[*+{]|\[\^")
_STOPS: Final = re.compile(r"\b(?:exit|return|die|fail|abort|continue|break)\b")


def checked(root: Node) -> Iterator[tuple[str, int, int]]:
    """Each variable, and from which offset to which it is one of a few words."""
    for node in root.find_all(kind="case_statement"):
        yield from _cased(node)
    for kind in ("list", "if_statement"):
        for node in root.find_all(kind=kind):
            yield from _tested(node)


def _cased(node: Node) -> Iterator[tuple[str, int, int]]:
    value = node.field("value")
    named = _VARIABLE.match(value.text()) if value is not None else None
    if named is None:
        return
    left_over = False
    others = True
    for item in node.children():
        if item.kind() != "case_item":
            continue
        patterns = item.text().partition(")")[0].lstrip("( ").split("|")
        patterns = [pattern.strip() for pattern in patterns]
        stops = bool(_STOPS.search(item.text()[-80:]))
        span = item.range()
        if all(_WORD.fullmatch(pattern) for pattern in patterns):
            yield named[1], span.start.index, span.end.index
        elif stops and any(pattern == "*" or _FOREIGN.fullmatch(pattern) for pattern in patterns):
            left_over = True
        elif not stops and not (left_over and patterns == ["*"]):
            others = False
    if left_over and others:
        yield named[1], *_behind(node)


def _tested(node: Node) -> Iterator[tuple[str, int, int]]:
    parts = items(node)
    found = _MATCHED.search(parts[0].text()) if parts and parts[0].kind() == "test_command" else None
    if found is None or _ANYTHING.search(found["pattern"]):
        return
    rest = parts[1:]
    stops = bool(rest) and bool(_STOPS.search(rest[-1].text()[-80:]))
    either = any(child.kind() == "||" for child in node.children())
    if node.kind() == "list":
        if stops and either is not bool(found["no"]):
            yield found["name"], *_behind(node)
        return
    if found["no"]:
        if stops and rest[-1].kind() not in ("else_clause", "elif_clause"):
            yield found["name"], *_behind(node)
        return
    other = next((part for part in rest if part.kind() in ("else_clause", "elif_clause")), None)
    end = other.range().start.index if other is not None else node.range().end.index
    yield found["name"], parts[0].range().end.index, end


def _behind(node: Node) -> tuple[int, int]:
    block = node.parent()
    return node.range().end.index, block.range().end.index if block is not None else 1 << 60
