"""Whether a file is written to the path that a member of an archive names, with nothing that looks at that path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["Archives", "made_of"]

MAX_TEXT: Final = 8_000
"""Characters of a function that are searched."""
MAX_HEAD: Final = 4_000
MAX_CALLER: Final = 160
"""Characters in front of a function that say what hands members to it: ``extract.on("entry", (header) => …``."""
MAX_STEPS: Final = 3
"""Assignments that are followed back from a path to the name it was made of."""
MAX_NAMES: Final = 8
MAX_MEMBERS: Final = 12

_LOOKED_AT: Final = re.compile(
    r"""is_relative_to|commonp(?:ath|refix)|[sS]tarts?_?[wW]ith\b\??(?![(\s]{0,2}['"])|HasPrefix|IsLocal|isabs|isAbsolute|"""
    r"""['"/]\.\.|filepath\.Rel\(|\.relative\(|SecureJoin|OpenRoot|[bB]ase_?[nN]ame\(|\.Base\(|[gG]etFileName\(|"""
    r"""secure_filename|enclosed_name|mangled_name|(?i:safe|sanitize|isinside|within)|getCanonical|toRealPath"""
)
"""What any check of a path is made of: a prefix, ``..``, the last part alone."""
_WORD: Final = re.compile(r"[$A-Za-z_]\w*")
_ASSIGNED: Final = (
    r"(?m)(?:(?<![\w.$>])%(name)s(?:\s*,\s*\w+)?\s*:=|^[ \t]*%(name)s\s*,\s*\w+\s*=(?![=>~])"
    r"|(?<![\w.$>])%(name)s\s*(?::\s*[\w<>?.\[\]]{1,60}\s*)?=(?![=>~]))\s*([^\n;]{1,200})"
)
"""Two names are given something at the head of a line, or with ``:=``; ``f(name, option=1)`` gives ``name`` nothing."""


@dataclass(frozen=True, slots=True)
class Archives:
    """How a language goes through the members of an archive."""

    sign: re.Pattern[str]
    """What a text has that reads archives."""
    members: tuple[tuple[re.Pattern[str], str], ...]
    """What gives a variable (the first group) a member, and how its name is then written: ``%s`` is the variable."""
    second: frozenset[str] = frozenset()
    """Functions whose second argument is the path that is written."""
    on: frozenset[str] = frozenset()
    """Methods that are called on the path."""

    def written(self, walk: Walk, site: Site) -> bool:
        """Whether the path that a call writes to is made of a member's name."""
        node = self._path(walk, site)
        if node is None:
            return False
        function = site.function
        while function is not None and function.function is not None:
            function = function.function
        text, first = walk.text_of(None), walk.root.range().start.index
        start = max(0, function.start - first - MAX_CALLER) if function is not None else 0
        # A text names its libraries at its head.
        part, head = text[start : start + MAX_TEXT], text[: min(start, MAX_HEAD)]
        names = walk.once((function, "members of archives"), lambda: _names(self, part, head))
        if not names:
            return False
        before = text[max(start, site.end - first - MAX_TEXT) : site.end - first]
        made = re.search("|".join(names), made_of(node.text()[:400], before))
        return made is not None and _LOOKED_AT.search(before) is None

    def _path(self, walk: Walk, site: Site) -> Node | None:
        owner, _, last = site.name.rpartition(".")
        if last in self.on and owner:
            return walk.dialect.receiver(site.node)
        given = walk.arguments(site).positional
        index = 1 if last in self.second else 0
        return given[index] if len(given) > index else None


def _names(forms: Archives, text: str, head: str) -> tuple[str, ...]:
    """Regular expressions for the names of members in a function."""
    if forms.sign.search(text) is None and forms.sign.search(head) is None:
        return ()
    found: dict[str, None] = {}
    for pattern, written in forms.members:
        for each in pattern.finditer(text):
            word = re.escape(each[1]) if pattern.groups else ""
            found[written.replace("%s", rf"(?<![\w.$]){word}" if word else "")] = None
    return tuple(found)[:MAX_MEMBERS]


def made_of(expression: str, before: str) -> str:
    """An expression, and what the names in it were given last, a few steps back."""
    texts, seen = [expression], set[str]()
    for _ in range(MAX_STEPS):
        new = [name for name in _WORD.findall(texts[-1]) if name not in seen][:MAX_NAMES]
        seen.update(new)
        given = [re.findall(_ASSIGNED % {"name": re.escape(name)}, before)[-1:] for name in new]
        texts.append(" ".join(text for each in given for text in each))
    return "\n".join(texts)
