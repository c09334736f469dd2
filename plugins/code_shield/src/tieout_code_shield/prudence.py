"""Where a fix must not be offered, although it would take the finding away: what is around a place tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.rewrites import Fix
    from tieout_code_shield.rules import Rule
    from tieout_code_shield.walk import Site, Walk

__all__ = ["about_passwords", "import_alias", "is_shadowed", "suits", "treated_before"]

_PASSWORD: Final = re.compile(
    r"(?im)passw|passphrase|\bpass\b(?![ \t]*(?:$|[#;]))|_pass\b|\bpass_|pwd|\bpw\b|credential|口令|密码"
)
_HASH_WEAKNESSES: Final = frozenset({"CWE-327", "CWE-328", "CWE-916", "CWE-759"})
_LINES_AROUND: Final = 10


def about_passwords(rule: Rule, text: str, start: int, end: int) -> bool:
    """Whether a weak hash stands near something named like a password, where no plain hash is right.

    The ten lines before and after the place are read, since the hash and what it is fed often stand apart.
    """
    if rule.cwe not in _HASH_WEAKNESSES or "hash" not in rule.id:
        return False
    before, behind = text[:start].split("\n"), text[end:].split("\n")
    near = [*before[-_LINES_AROUND - 1 :], text[start:end], *behind[: _LINES_AROUND + 1]]
    return _PASSWORD.search("\n".join(near)) is not None


def suits(fix: Fix, walk: Walk, site: Site, text: str) -> bool:
    """Whether a place has what a fix asks of its surroundings."""
    if fix.result and not _result_is(fix.result, site.node):
        return False
    arguments = walk.arguments(site)
    if fix.without and (arguments.spread or any(name in arguments.named for name in fix.without)):
        return False
    if fix.local_array and not _is_local_array(walk, site, text):
        return False
    if fix.near_lacks is not None and any(fix.near_lacks.search(each.name) for each in site.around()):
        return False
    if fix.within is not None and not fix.within.search(_expression_around(site.node)):
        return False
    return fix.refused is None or not _says(fix.refused, walk, site)


def _expression_around(node: Node) -> str:
    parent = node.parent()
    while parent is not None and parent.kind() == "parenthesized_expression":
        parent = parent.parent()
    return parent.text() if parent is not None else ""


def _result_is(wanted: str, node: Node) -> bool:
    parent = node.parent()
    if parent is None or parent.kind() == "expression_statement":
        return True
    if wanted != "status" or parent.kind() != "comparison_operator":
        return False
    call = re.escape(node.text())
    return re.fullmatch(rf"(?s){call}\s*[!=]=\s*0|0\s*[!=]=\s*{call}", parent.text()) is not None


def _says(pattern: re.Pattern[str], walk: Walk, site: Site) -> bool:
    nodes: list[Node] = []
    if site.binding is not None:
        nodes.append(site.binding.value)
    elif site.role == "call":
        arguments = walk.arguments(site)
        nodes += [*arguments.positional, *arguments.named.values()]
    known = [walk.evaluate(node, site).text or "" for node in nodes]
    return any(pattern.search(text) for text in (site.node.text(), *known))


def _is_local_array(walk: Walk, site: Site, text: str) -> bool:
    arguments = walk.arguments(site)
    name = arguments.positional[0].text() if arguments.positional else ""
    if not re.fullmatch(r"\w+", name):
        return False
    around = text[site.function.start : site.start] if site.function is not None else text[: site.start]
    head, brace, body = around.partition("{")
    if site.function is None and not brace:
        body = head
    elif re.search(rf"\b{name}\b", head):
        return False
    declared = (
        r"(?:^|[;{}]|\*/|\n)\s*(?:(?:static|unsigned|signed|register|volatile)\s+)*char\s+"
        rf"(?:\w+\s*(?:\[[^\]]*\])?\s*(?:=\s*[^,;(){{}}]*)?,\s*)*{name}\s*\[\s*\w[^\]]*\]\s*[=;,]"
    )
    pointer = re.search(rf"\*\s*(?:const\s+)?{name}\s*[=;,)]|\bextern\b[^;]*\b{name}\b", body)
    return pointer is None and re.search(declared, body) is not None


def import_alias(walk: Walk, module: str) -> str:
    """The other name that a module was imported by (``import subprocess as sp``); empty where there is none."""
    return next((alias for alias, meant in walk.aliases.items() if meant == module and alias != module), "")


def is_shadowed(text: str, name: str) -> bool:
    """Whether a Python text uses the name of a module for a variable or a parameter of its own."""
    word = re.escape(name)
    assigned = rf"(?m)(?:^|[;,(])[ \t]*{word}[ \t]*(?::[^=\n]+)?=(?!=)|\bfor[ \t]+[\w, ]*\b{word}\b|\bas[ \t]+{word}\b"
    parameter = rf"(?:\bdef[ \t]+\w+[ \t]*\([^)]*|\blambda[^:\n]*)\b{word}\b(?![.\w])"
    defined = rf"\b(?:def|class)[ \t]+{word}\b"
    return any(re.search(pattern, text) for pattern in (assigned, parameter, defined))


def treated_before(text: str, expression: str) -> bool:
    """Whether a text escapes or quotes a variable for SQL before it is used: bound, it would be quoted twice."""
    treated = r"\s*\(.*,|.*(?:replace|escape|quote|repr|literal|join|['\"]')"
    names = set(re.findall(r"(?<![\w.])[A-Za-z_$][\w$]*", expression))
    return any(
        re.search(rf"(?m)^[ \t]*(?:(?:const|let|var)\s+)?{re.escape(name)}\s*\+?=(?!=)(?:{treated})", text)
        for name in names
    )
