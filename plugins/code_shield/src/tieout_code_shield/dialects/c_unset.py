"""Variables and members of C and C++ that are read although nothing, or not every way, gave them a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_lifetime import PLAIN_TYPE, beside
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["UNSET_CHECKS"]

MAX_STATEMENT: Final = 4_000
_MAYBE: Final = re.compile(r"\b(?:if|for|while|switch|case|goto|do)\b")


def unset_one_way(walk: Walk, site: Site) -> bool:
    """``int level; if (a) level = 1; else if (b) level = 2; return level;``: it has no value where neither holds."""
    node, binding = site.node, site.binding
    if binding is None or node.kind() != "declaration" or site.function is None:
        return False
    declared = node.field("type")
    if declared is None or binding.value.kind() != "identifier" or not PLAIN_TYPE.match(declared.text()):
        return False
    if re.search(r"\b(?:static|extern|thread_local)\b", node.text()):
        return False
    word = re.compile(rf"(?<![\w.>]){re.escape(binding.target)}\b")
    open_way = False
    for statement in beside(node):
        text = statement.text()[:MAX_STATEMENT]
        found = word.search(text)
        if found is None:
            continue
        if statement.kind() == "if_statement":
            if not _sets_some(statement, word):
                return False
            open_way = True
            continue
        if not open_way or statement.kind() not in (
            "return_statement",
            "expression_statement",
            "declaration",
        ):
            return False
        if re.match(r"\s*=(?!=)", text[found.end() :]) or text[: found.start()].rstrip().endswith(
            ("&", ">>")
        ):
            return False
        start = statement.range().start.index
        walk.places[site, "unset-one-way"] = start + found.start(), start + found.end()
        return True
    return False


def _sets_some(branch: Node, word: re.Pattern[str]) -> bool:
    """Whether every branch of an ``if`` only sets a variable, and there is a way around all of them."""
    while True:
        condition, then, rest = (
            branch.field("condition"),
            branch.field("consequence"),
            branch.field("alternative"),
        )
        if condition is None or then is None or word.search(condition.text()):
            return False
        if not _sets_first(then.text()[:MAX_STATEMENT], word):
            return False
        if rest is None:
            return True
        following = next(
            (each for each in rest.children() if each.is_named() and each.kind() != "comment"), None
        )
        if following is None or following.kind() != "if_statement":
            return False
        branch = following


def _sets_first(text: str, word: re.Pattern[str]) -> bool:
    """Whether a branch sets a variable, whatever happens in it, before it does anything else with it."""
    found = word.search(text)
    if found is None or re.match(r"\s*=(?!=)", text[found.end() :]) is None:
        return False
    before = text[: found.start()]
    return before.count("{") - before.count("}") <= 1 and _MAYBE.search(before) is None


def unset_member(walk: Walk, site: Site) -> bool:
    """A number or truth of a class that no constructor gives a value, although there is one."""
    node, binding = site.node, site.binding
    if binding is None or node.kind() != "field_declaration" or node.field("default_value") is not None:
        return False
    declared = node.field("type")
    if (
        declared is None
        or binding.value.kind() != "field_identifier"
        or not PLAIN_TYPE.match(declared.text())
    ):
        return False
    if any(each.kind() == "bitfield_clause" for each in node.children()):
        return False
    owner = next(
        (each for each in node.ancestors() if each.kind() in ("class_specifier", "struct_specifier")), None
    )
    name = owner.field("name") if owner is not None else None
    if owner is None or name is None or re.search(r"\bstatic\b|=|\{", node.text()):
        return False
    made = [each for each in visit(owner, ("function_definition",)) if _is_constructor(each, name.text())]
    # A constructor that is defined elsewhere may set it.
    if not made or re.search(
        rf"(?<![~\w:]){name.text()}\s*\([^()]*\)\s*(?:noexcept\s*)?(?:;|=\s*default)", owner.text()
    ):
        return False
    word = re.compile(rf"\b{re.escape(binding.target)}\b")
    if any(word.search(each.text()) or _calls(each) for each in made):
        return False
    # Used, and not set first by whoever makes the object.
    before, behind = r"(?:\breturn\s+(?:this->)?|[(<>=+*/,&|!-]\s*)", r"\s*(?:[-+*/<>);&|,?]|[=!]=)"
    reads = rf"{before}{word.pattern}{behind}|{word.pattern}\s*[-+*]="
    return re.search(reads, owner.text()) is not None


def _is_constructor(function: Node, name: str) -> bool:
    declarator = function.field("declarator")
    called = declarator.field("declarator") if declarator is not None else None
    return (
        called is not None
        and called.text() == name
        and function.field("type") is None
        and "= default" not in function.text()
        and "= delete" not in function.text()
    )


def _calls(constructor: Node) -> bool:
    """Whether a constructor calls something of its own class that may set the members, such as ``init()``."""
    body = constructor.field("body")
    return (
        body is None
        or re.search(
            r"(?i)(?:^|[;{{}}]\s*)(?:this->)?(?:init|reset|clear|set|load|memset)\w*\s*\(", body.text()
        )
        is not None
    )


UNSET_CHECKS: Final[Mapping[str, Check]] = {
    "unset-one-way": unset_one_way,
    "unset-member": unset_member,
}
"""By the names that rule files use."""
