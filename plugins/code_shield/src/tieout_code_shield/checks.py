"""What a condition proves about the names in it: that they stand in a list, match a pattern, are numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

__all__ = [
    "CHECKED",
    "DOT_CHECK",
    "PREFIX_CHECK",
    "SCHEME_CHECK",
    "TEXT_CHECK",
    "Proof",
    "allows_little",
    "excludes",
    "outcomes",
    "proofs",
]

CHECKED: Final = "checked"
"""In ``Leaf.through``: compared with a list, a pattern or a type, so that it cannot carry anything."""
PREFIX_CHECK: Final = "prefix-check"
"""Known to begin with something: enough for a resolved path or an address."""
SCHEME_CHECK: Final = "scheme-check"
"""Known to begin with a scheme or a stroke: no ``javascript:`` in a link, but any host."""
DOT_CHECK: Final = "dot-check"
"""Known not to contain ``..``."""
TEXT_CHECK: Final = "text-check"
"""Known to be text, and no object: enough for queries that take objects."""

MAX_CONDITION: Final = 600

_NAME: Final = r"[A-Za-z_$][\w$]{0,60}(?:\.[A-Za-z_$][\w$]{0,60}){0,5}"
_ALLOWED: Final = re.compile(
    r"(?i)allow|white|valid|known|permit|support|trust|safe|accept|option|choice|legal|expect|regist|avail|enum"
)
_DENIED: Final = re.compile(
    r"(?i)den(?:y|ied)|black|block|forbid|banned|bad|exclu|invalid|unsafe|danger|malicious|suspicious|disallow"
)
_LIST: Final = rf"[\[({{]['\"\d]|(?:set|list|array)Of\(['\"\d]|(?:new Set\()?\[['\"\d]|{_NAME}"

# name.chars().all(|c| c.is_alphanumeric()), name.All(char.IsDigit), all(c.isalnum() for c in name)
_EVERY: Final = re.compile(
    rf"(?P<name>{_NAME})(?:\.(?:chars|bytes|as_bytes|iter|codePoints|toCharArray)\(\)){{0,2}}"
    r"\.(?P<how>all|any|allMatch|anyMatch|All|Any)\s?[({](?P<inside>[^;]{1,160})"
    rf"|\b(?P<how2>all|any)\((?P<inside2>[^\n;]{{1,120}}?)\sfor\s\w{{1,20}}\sin\s(?P<name2>{_NAME})\s?\)"
)
_CHARACTER: Final = re.compile(
    r"(?:[iI]s_?(?:ascii_?)?(?:alnum|alphanumeric|digit|decimal|alpha|alphabetic|numeric|hexdigit|lower|upper|lowercase|uppercase|letter|letterordigit)\b"
    r"|\bin\s(?:[A-Z_]{2,40}\b|['\"]|string\.)|['\"]\.contains\(|\b[A-Z_]{2,40}\.contains\()",
    re.I,
)
"""What asks whether a character is one of those that are allowed."""
_TRUTH: Final = re.compile(
    r"(?:^|(?<=[!&|])|(?<=(?<!\w)\()|(?<=\bnot)|(?<=\band)|(?<=\bor))\s{0,3}(?P<name>[A-Za-z_]\w{0,60})\s{0,3}"
    r"(?P<none>===?\s?(?:null|false|None|False)\b|is (?:None|False)\b)?\s{0,3}(?=$|[)&|:]|and\b|or\b)"
)
# name in LIST; LIST.includes(name)
_MEMBER: Final = re.compile(
    rf"(?P<name>{_NAME})(?:\(\))?\s{{1,3}}(?P<no>not\s|!)?in\s{{1,3}}(?P<list>{_LIST})"
    rf"|(?P<list2>{_NAME}|['\"]\])\.(?:includes|has|contains|Contains|containsKey|ContainsKey|indexOf|hasOwnProperty|hasOwn)\(\s?(?P<name2>{_NAME})(?:\.to\w{{1,12}}\(\))?\s?\)"
    r"(?P<minus>\s{0,2}(?:===?\s{0,2}-1|<\s{0,2}0))?"
)
_EQUAL: Final = re.compile(
    rf"(?P<name>{_NAME})(?:\(\))?\s{{0,2}}(?P<sign>===?|!==?)\s{{0,2}}(?:['\"][^'\"]{{1,80}}['\"]|\d|(?P<like>[A-Z][A-Z_\d.]{{2,40}}\b|request\.host\b))"
)
# "a".equals(name), name.Equals("a"), name.matches("a|b"), Pattern.matches("a", name), Regex.IsMatch(name, "^a$")
_TYPED: Final = re.compile(
    rf"['\"][^'\"]{{1,80}}['\"]\.(?:equals|Equals|equalsIgnoreCase|contentEquals)\(\s?(?P<name>{_NAME})\s?\)"
    rf"|(?P<name2>{_NAME})\.(?:equals|Equals|equalsIgnoreCase|contentEquals)\(\s?['\"][^'\"]{{1,80}}['\"]"
    rf"|(?P<name3>{_NAME})\.matches\(|\bPattern\.matches\([^,()]{{1,200}},\s?(?P<name4>{_NAME})"
    rf"|\bRegex\.IsMatch\(\s?(?P<name5>{_NAME})\s?,\s?@?\"(?:\^|\\{{1,2}}A)[^\"]{{0,200}}(?:\$|\\[zZ])\""
    rf"|\bmatcher\(\s?(?P<name6>{_NAME})\s?\)\.matches\(\)"
    rf"|(?:\bRegex\(\"{{1,3}}[^\"\n]{{1,200}}\"{{1,3}}\)|\"[^\"\n]{{1,200}}\"\.toRegex\(\))\.matches\(\s?(?P<name7>{_NAME})\s?\)"
    rf"|(?P<name8>{_NAME})\smatches\s(?=[\w\"])"
)
_INSIDE: Final = re.compile(rf"\s?({_NAME})\s?\)")
# pattern.MatchString(name), Pattern.IsMatch(name), RE.is_match(&name): enough where the pattern is anchored
_MATCHED: Final = re.compile(
    rf"(?P<pattern>{_NAME})\.(?:MatchString|Match|IsMatch|is_match)\(\s?(?:\[\]byte\()?&?(?P<name>{_NAME})(?:\(\))?\s?\)"
)
# RETURN_PAGES[name]: a map of truths
_INDEXED: Final = re.compile(rf"(?P<list>{_NAME})\[(?P<name>{_NAME})\](?!\s?[\w.\[(=!<>])")
# re.fullmatch(pattern, name), pattern.match(name), /^a$/.test(name), name.match(/^a$/)
_PATTERN: Final = re.compile(
    rf"(?P<call>{_NAME}|/[^/\n]{{1,200}}/\w{{0,3}})\.?(?:match|fullmatch|search|test|exec)\((?:(?P<text>r?['\"][^'\"\n]{{1,200}}['\"])\s?,\s?|[A-Z_]{{2,40}}\s?,\s?)?(?P<name>{_NAME})"
    rf"|(?P<name2>{_NAME})\.(?:match|search)\((?P<text2>/[^/\n]{{1,200}}/)"
)
_DIGITS: Final = re.compile(
    rf"(?P<name>{_NAME})(?:\[[^\]]{{1,20}}\])?\.(?:is(?:digit|alnum|alpha|numeric|decimal|identifier))\(\)"
    rf"|isinstance\((?P<name2>{_NAME}),\s?\(?(?:int|float|bool|UUID|uuid\.UUID|datetime)"
    rf"|(?:Number\.isInteger|Number\.isFinite|Number\.isSafeInteger|isFinite|(?P<nan>(?:Number\.)?isNaN))\((?:\w{{1,12}}\()?(?P<name3>{_NAME})"
    rf"|typeof\s(?P<name4>{_NAME})\s?(?P<sign>[!=]==?)\s?['\"](?:number|boolean)"
)
_TEXT: Final = re.compile(
    rf"typeof\s(?P<name>{_NAME})\s?(?P<sign>[!=]==?)\s?['\"]string|isinstance\((?P<name2>{_NAME}),\s?str\)|(?:_|lodash)\.isString\((?P<name3>{_NAME})"
)
_NAMED: Final = re.compile(
    r"(?i)(?P<call>[\w$.]{0,40}(?:valid|allow|safe|trust|permit|white_?list|saniti[sz]|(?:^|[^\w.])check_?\w|verify)[\w$.]{0,40})\((?P<inside>[^()]{0,120})"
)
_PREFIX: Final = re.compile(
    rf"(?P<name>{_NAME})(?:\(\))?(?:\.resolve\(\))?\.(?:starts[wW]ith|is_relative_to)\("
    rf"|\bHasPrefix\((?P<name3>{_NAME})(?=,)"
    rf"|(?:commonpath|commonprefix)\((?P<inside>[^)]{{1,120}})\)|(?P<base>{_NAME})\s{{1,2}}(?P<no>not\s)?in\s(?P<name2>{_NAME})\.parents"
)
_LITERAL: Final = re.compile(r"[\s,]{0,3}[rfbu@$(]{0,2}(['\"`])(.{0,40}?)\1")
_NO_PREFIX: Final = re.compile(r"/|(?:https?|ftp)(?::(?://)?)?|")
"""What says nothing about where an address leads: a stroke (``//evil.example`` begins with one), a scheme."""
_NO_HOST: Final = re.compile(r"['\"`]//['\"`]|['\"`]/\\|\[1\]|charAt\(1\)|At\(1\)")
_DOTS: Final = re.compile(
    rf"['\"](?:\.\./?|/|\\\\\\\\|\.\.\\\\)['\"]\s(?:not\s)?in\s(?P<name>{_NAME})|(?P<name2>{_NAME})\.(?:includes|indexOf|contains|find)\(['\"](?:\.\.|/)"
)
_ANCHORED: Final = re.compile(r"\$|\\Z|\\z")
_WORD: Final = re.compile(_NAME)
_HOST: Final = re.compile(
    r"(?:\burl(?:parse|split)|urllib\.parse\.url(?:parse|split)|parse_url|(?:new )?\bURL)"
    rf"\((?P<name>{_NAME})\)\.(?:netloc|host(?:name)?|origin)"
)
_WRAPPED: Final = re.compile(rf"\b(?:str|String|os\.fspath|repr)\((?P<name>{_NAME})\)")
_PART: Final = re.compile(r"\.(?:netloc|[hH]ost(?:[nN]ame|_str)?|origin|suffix)$")
_SCHEME_PART: Final = re.compile(r"\.(?:[sS]cheme|protocol)$")
_MAYBE: Final = re.compile(
    r"\bin\b|includes|has|contains|Contains|indexOf|quals|IsMatch|[!=]=|match|search|test|exec|is[a-z]+\(|isinstance|typeof|(?i:valid|allow|safe|trust|permit|white|sanit|check|verify)|starts|relative|common|isN|isI|isF|Match|HasPrefix|\]"
    r"|\.[aA](?:ll|ny)\b"
)

_MARKS: Final[Mapping[re.Pattern[str], tuple[str, ...]]] = {
    _MEMBER: (".includes(", ".has", "ontains", ".indexOf("),
    _EQUAL: ("==", "!="),
    _TYPED: ("quals", ".matches(", " matches ", "IsMatch("),
    _MATCHED: ("Match", "is_match("),
    _INDEXED: ("]",),
    _PATTERN: ("match(", "search(", "test(", "exec("),
    _DIGITS: (".is", "isinstance(", "isFinite(", "isNaN(", "typeof"),
    _EVERY: (".all", ".any", ".All", ".Any", "all(", "any("),
    _TEXT: ("typeof", "isinstance(", ".isString("),
    _NAMED: ("valid", "allow", "safe", "trust", "permit", "white", "saniti", "check", "verify"),
    _PREFIX: ("HasPrefix(", ".starts", ".is_relative_to(", "common", ".parents"),
    _DOTS: ("'..", '"..', "'/", '"/', "'\\", '"\\'),
    _WRAPPED: ("str(", "String(", "fspath(", "repr("),
}
"""Texts of which each match has one, folded where the pattern ignores case: looking for them takes a tenth of the
time. Besides, :data:`_MEMBER` matches what has the word ``in``."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that a condition says about a name."""

    name: str
    tag: str
    holds: bool
    """True when it holds where the condition does, false when it holds where the condition does not."""
    among: str = ""
    """The name of the list that it was looked up in, where only the name is known."""
    pattern: str = ""
    """The name of the pattern that it matches, where only the name is known."""
    excluded: str = ""
    """The name of the pattern that finds nothing in it: one of all that is not allowed."""


def proofs(condition: str) -> list[Proof]:
    """What a condition says about the names in it; linear in its length."""
    text = condition[:MAX_CONDITION]
    if _marked(_WRAPPED, text):
        text = _WRAPPED.sub(r"\g<name>", text)
    if "url" in text.lower():
        text = _HOST.sub(r"\g<name>.hostname", text)
    found = list(_all(text))
    if not found or not _MAYBE.search(condition, 0, MAX_CONDITION):
        return []
    # Who knows the host of an address knows enough of the address; who knows its scheme, that it is no script.
    hosts = [replace(one, name=_PART.sub("", one.name)) for one in found if _PART.search(one.name)]
    schemes = [
        replace(one, name=_SCHEME_PART.sub("", one.name), tag=SCHEME_CHECK)
        for one in found
        if _SCHEME_PART.search(one.name)
    ]
    return found + hosts + schemes


def outcomes(condition: str) -> list[tuple[str, bool]]:
    """Variables that a condition asks for their truth, and whether they are true where it holds."""
    text = condition[:MAX_CONDITION]
    return [
        (found["name"], _negated(text, found.start("name")) == bool(found["none"]))
        for found in _TRUTH.finditer(text)
    ]


def _found(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    if _marked(pattern, text):
        yield from pattern.finditer(text)


def _marked(pattern: re.Pattern[str], text: str) -> bool:
    if pattern.flags & re.IGNORECASE:
        text = text.casefold()
    return any(mark in text for mark in _MARKS[pattern])


def _all(text: str) -> Iterator[Proof]:
    for found in (
        _MEMBER.finditer(text) if not {"in", "!in"}.isdisjoint(text.split()) else _found(_MEMBER, text)
    ):
        name, listed = found["name"] or found["name2"], found["list"] or found["list2"]
        literal = listed[0] in "[({'\"" or listed.startswith("new ") or "Of(" in listed
        if not literal and _DENIED.search(listed):
            continue
        begin = text.rfind("[", 0, found.start()) if listed[0] in "'\"" else found.start()
        negative = bool(found["no"]) or bool(found["minus"]) != _negated(text, max(0, begin))
        sure = literal or listed.rpartition(".")[2].isupper() or _ALLOWED.search(listed)
        yield Proof(name, CHECKED, not negative, "" if sure else listed)
    for found in _found(_EQUAL, text):
        if not text[: found.start()].rstrip().endswith("typeof"):
            yield Proof(found["name"], CHECKED, found["sign"][0] == "=")
    for found in _found(_TYPED, text):
        holds = not _negated(text, found.start())
        yield Proof(_first(found, "name"), CHECKED, holds)
        # ``PATTERN.matches(name)`` of Kotlin, which no spelling tells from ``name.matches(PATTERN)`` of Java.
        inside = _INSIDE.match(text, found.end()) if found["name3"] else None
        if inside is not None:
            yield Proof(inside[1], CHECKED, holds)
    yield from _patterns(text)
    for found in _found(_MATCHED, text):
        negative = _negated(text, found.start())
        yield Proof(found["name"], CHECKED, not negative, pattern=found["pattern"])
        yield Proof(found["name"], CHECKED, negative, excluded=found["pattern"])
    for found in _found(_INDEXED, text):
        yield Proof(found["name"], CHECKED, not _negated(text, found.start()), found["list"])
    for found in _found(_DIGITS, text):
        negative = (bool(found["nan"]) or (found["sign"] or "=")[0] == "!") != _negated(text, found.start())
        yield Proof(_first(found, "name"), CHECKED, not negative)
    for found in _found(_EVERY, text):
        holds = _every(_first(found, "how").lower(), _first(found, "inside"))
        if holds is not None:
            yield Proof(_first(found, "name"), CHECKED, holds != _negated(text, found.start()))
    for found in _found(_TEXT, text):
        negative = (found["sign"] or "=")[0] == "!" or _negated(text, found.start())
        yield Proof(_first(found, "name"), TEXT_CHECK, not negative)
    for found in _found(_NAMED, text):
        negative = bool(_DENIED.search(found["call"])) != _negated(text, found.start())
        for name in _WORD.findall(found["inside"]):
            yield Proof(name, CHECKED, not negative)
    for found in _found(_PREFIX, text):
        negative = (
            bool(found["no"]) or "!=" in text[found.end() : found.end() + 60] or _negated(text, found.start())
        )
        begins = _LITERAL.match(text, found.end())
        tag = PREFIX_CHECK
        if begins is not None and begins[2] == "//":
            # What does not begin with two strokes is left, and another check says what it begins with.
            negative = not negative
        elif (
            begins is not None
            and _NO_PREFIX.fullmatch(begins[2])
            and not (begins[2] == "/" and _NO_HOST.search(text))
        ):
            tag = SCHEME_CHECK
        names = [_first(found, "name")] if found["inside"] is None else _WORD.findall(found["inside"])
        for name in names:
            yield Proof(name, tag, not negative)
    for found in _found(_DOTS, text):
        negative = (
            "not in" in found[0]
            or _negated(text, found.start())
            or "-1" in text[found.end() : found.end() + 10]
        )
        yield Proof(_first(found, "name"), DOT_CHECK, negative)


def _every(how: str, written: str) -> bool | None:
    """Whether each character is an allowed one where such a test holds, or where it does not; ``None`` for neither."""
    depth, inside = 1, written
    for index, character in enumerate(written):
        depth += (character in "({") - (character in ")}")
        if depth == 0:
            inside = written[:index]
            break
    if _CHARACTER.search(inside) is None or re.search(r"==\s?['\"][/\\]", inside):
        return None
    negative = re.search(r"!(?!=)|\bnot\b", inside) is not None
    if how.startswith("all"):
        return None if negative or "!=" in inside else True
    return False if negative else None


def _patterns(text: str) -> Iterator[Proof]:
    for found in _found(_PATTERN, text):
        name, call = _first(found, "name"), found["call"] or ""
        written = found["text"] or found["text2"] or (call if call.startswith("/") else "")
        negative = _negated(text, found.start())
        if "[^" in written and not written.lstrip("r/'\"").startswith("^"):
            yield Proof(name, CHECKED, negative)
        elif not written or _is_whole(written, found[0]):
            yield Proof(name, CHECKED, not negative)


def _is_whole(pattern: str, call: str) -> bool:
    """Whether a pattern has to match all of a text: anchored at both ends, by itself or by what is called."""
    ends = "fullmatch" in call or bool(_ANCHORED.search(pattern))
    starts = "fullmatch" in call or pattern.lstrip("r/'\"")[:1] == "^" or "\\A" in pattern
    return ends and (starts or (".match(" in call and pattern[:1] != "/"))


_ANYTHING: Final = re.compile(r"(?<![\\\[])\.[*+{]|\\S[*+{]|\[\^[^\]]*\][*+{]")


_HARMLESS: Final = re.compile(r"\[\^(?:[\w .,:@+-]|\\[wds.-])+\]\+?")


def allows_little(pattern: str) -> bool:
    """Whether a pattern that a text matches has to match all of it, and lets only some characters through."""
    return _is_whole(pattern, "") and _ANYTHING.search(pattern) is None


def excludes(pattern: str) -> bool:
    """Whether a pattern finds every character but some that are harmless: ``[^a-z0-9_-]``."""
    return _HARMLESS.fullmatch(pattern) is not None


def _negated(text: str, position: int) -> bool:
    before = text[max(0, position - 24) : position].rstrip()
    while before.endswith(("(", ".", "bool")):
        before = before[:-1].rstrip() if before[-1] in "(." else before[:-4].rstrip()
    return before.endswith("!") or bool(re.search(r"\bnot$", before))


def _first(found: re.Match[str], prefix: str) -> str:
    return next(text for key, text in found.groupdict().items() if key.startswith(prefix) and text)
