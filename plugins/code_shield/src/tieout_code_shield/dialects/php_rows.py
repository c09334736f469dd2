"""Where PHP prints what a row of the database holds, and keeps an upload under its visitor's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.archives import made_of

if TYPE_CHECKING:
    from tieout_code_shield.walk import Site, Walk

__all__ = ["client_name", "stored_text"]

_ROW: Final = re.compile(r"(\$\w+)\.(\w+)$")
_PART: Final = re.compile(r"\$\w+(?:\[['\"{$]?|->)\w")
_NO_PAGE: Final = re.compile(
    r"[Cc]ontent-[Tt]ype:\s*(?:application|text/(?:plain|csv))|PHP_EOL|STDOUT|\\n\"\s*;?$|\$argv|PHP_SAPI"
    r"|extends Command\b"
)
"""What says that the output is no page: a type, a terminal."""
_AS_IT_IS: Final = re.compile(
    r"\b(?:nl2br|trim|ucfirst|ucwords|strtoupper|strtolower|wordwrap|stripslashes|html_entity_decode|mb_substr|substr)"
    r"\(\s*(\$\w+)(?:\[['\"](\w+)['\"]\]|->(\w+)\b(?!\())"
)
"""Functions that leave markup in a text as it is."""
_NO_TEXT: Final = re.compile(
    r"(?i)(?:^|_)(?:id|ids|count|cnt|total|sum|avg|num|number|nr|no|price|cost|amount|qty|quantity|stock|date|time|datetime|"
    r"created|updated|at|on|year|month|day|age|size|length|status|state|type|kind|role|slug|uuid|guid|hash|token|code|key|"
    r"views|likes|votes|hits|score|points|rank|rating|position|level|version|active|enabled|lang|color|colour|pk|n|c)$"
    r"|(?:Id|At|Count|Date|Time|Total)$"
)
"""Columns that hold numbers, dates and words of the program's own."""
_FETCHED: Final = re.compile(
    r"fetch(?:All|_all|_assoc|_array|_object|_row|Object|Assoc|AllAssociative|Associative)?\s*\(|->query\s*\(|mysqli?_query\s*\("
    r"|get_results\s*\(|->executeQuery\s*\("
)
_NAME: Final = re.compile(r"\[['\"]name['\"]\]|getClientOriginalName|getClientFilename")
_TEMPORARY: Final = re.compile(r"\[['\"]tmp_name['\"]\]")
_LISTED: Final = re.compile(
    r"in_array\((?!\s*(?:\$\w*(?i:type|mime)\w*\b|\$[\w>-]+(?:\[[^\]]{1,40}\]){0,2}\[['\"]type['\"]\]))|finfo|getimagesize"
    r"|exif_imagetype|mime_content_type|preg_match\s*\(|preg_replace\s*\(|array_key_exists|array_search|\bmatch\s*\(|\bswitch\s*\("
    r"|isset\(\s*[$\w:>-]{1,60}\[|(?i:ext\w*)\s*[!=]==?|str_ends_with|(?i:allowed|whitelist|sanitize|slugify)\w*\s*\(|md5|sha1"
    r"|[$\w:>-]{1,60}\[[^\]]{1,60}\]\s*\?\?"
)
"""What any list of extensions is made of; the type that the client names is none."""


def stored_text(walk: Walk, site: Site) -> bool:
    """A column of a row is printed as it is, and the row was read in the same function."""
    given = walk.arguments(site)
    before: str | None = None
    for node in (*given.positional, *given.named.values()):
        if _PART.search(node.text()) is None:
            continue
        found = [
            (place[1], place[2])
            for leaf in walk.evaluate(node, site).leaves
            if not leaf.through and not leaf.tainted and (place := _ROW.match(leaf.name)) is not None
        ]
        found += [(each[1], each[2] or each[3]) for each in _AS_IT_IS.finditer(node.text())]
        for row, column in found:
            if row == "$this" or _NO_TEXT.search(column):
                continue
            before = walk.text_ahead(site) if before is None else before
            if ("fetch" in before or "query" in before or "get_results" in before) and _is_row(row, before):
                return _NO_PAGE.search(walk.text_before(site)) is None
    return False


def _is_row(row: str, before: str) -> bool:
    name = re.escape(row)
    loops = re.findall(
        rf"\bforeach\s*\(\s*([^;{{}}\n]{{1,200}}?)\s+as\s+(?:\$\w+\s*=>\s*)?&?{name}\s*\)", before
    )
    if loops:
        return _FETCHED.search(made_of(loops[-1], before)) is not None
    given = re.findall(rf"{name}\s*=(?![=>])\s*([^;\n]{{1,200}})", before)
    return bool(given) and _FETCHED.search(given[-1]) is not None


def client_name(walk: Walk, site: Site) -> bool:
    """An upload is moved to a path with the name that the client gave it, and no list of extensions was asked."""
    given = walk.arguments(site).positional
    if len(given) != 2:
        return False
    before = walk.text_ahead(site)
    if _LISTED.search(before) is not None or _TEMPORARY.search(made_of(given[0].text(), before)) is None:
        return False
    return _NAME.search(made_of(given[1].text(), before)) is not None
