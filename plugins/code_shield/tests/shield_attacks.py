"""Every regular expression of the rules and the engine, and texts made to slow each of them down."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import pairwise
from re import _parser as sre  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from typing import Any, cast

import tieout_code_shield
from tieout_code_shield.forms import token_of
from tieout_code_shield.matching import MAX_NAME, MAX_SOURCE
from tieout_code_shield.rules import Rule
from tieout_code_shield.walk import MAX_BEFORE

__all__ = ["attacks_on", "engine_patterns", "engine_words", "rule_patterns"]

SEEDS = (
    "a", "(", "[", "{", '"', "'", "`", "\\", "$(", "${", 'f"{', "x(){x|", "'''", "*/", "://a:", "eyJa.",
    "AKIA", "sk-",
    "xox", "-----BEGIN", "忽略", "忽略之前", "ignore ", "f(", "a? ", "a:b", "format c:", "x=x+",
    "if x:\n", "\n", "  \n",
    "a.b", "rm -rf -", "curl a|", "ignore all the ", "docker run -v ", "os.dup2(a.fileno(),0)", "iex ", "nc -",
    "mkfifo bash ", "#{", "<<~A\n", "end\n", "if a then ", "do |a|\n", "<?php ", "?>", "<<<A\n", "$a->",
    "/*", "//",
    "<!--", "@\"", "$@\"{", "R\"(", "r#\"", "'a' ", "&'a ", "#if a\n", "#define a \\\n", "case a) ",
    "<<A\n", "a <- b\n",
    "a.b(c).d(", "new A() {", "x -> ", "@A(", "a::b::", "template<", "{{", "}}", "))", "]]", "> ", "- ",
    "1. ", "```\n",
    "~~~", "`a", "+++ b/x.py\n", "@@ -1 +1 @@\n", ">>> a\n", "$ a\n", '{"a":', '["', '\\"', "%s", "x = y + z\n",
    "a = b; ", "def a(b):\n ", "class A:\n ", "function a(){", "else if (a) {", "+", "-", "=", "a,", "a = a + 1\n",
)  # fmt: skip
"""Beginnings of things, and pieces that some grammar or lexer has to look ahead for."""


def rule_patterns(rule: Rule) -> Iterator[tuple[re.Pattern[str], int]]:
    """The expressions of a rule, and how many characters each may be shown."""
    for match in rule.matches:
        seen = [(match.before, MAX_BEFORE), (match.before_lacks, MAX_BEFORE)]
        seen += [
            (name, MAX_NAME)
            for name in (match.called, match.target, match.compare, match.receiver, match.receiver_lacks)
        ]
        seen += [(name, 8 * MAX_NAME) for name in (match.near, match.near_lacks)]
        for condition in match.when:
            texts = (condition.matches, condition.lacks, condition.source, condition.source_lacks)
            seen += [(text, MAX_SOURCE) for text in texts]
        for pattern, length in seen:
            if pattern is not None:
                yield pattern, length
    for text in rule.texts:
        yield text.pattern, 100_000
        if text.lacks is not None:
            yield text.lacks, 1_000


def engine_words() -> list[str]:
    """What the expressions of everything else in the package are made of, and other things that open something."""
    words: dict[str, None] = dict.fromkeys(SEEDS)
    for pattern in engine_patterns():
        found: list[str] = []
        _collect(sre.parse(pattern.pattern, pattern.flags), found)
        words.update(dict.fromkeys(word[:40] for word in found if word.strip()))
    return list(words)


def engine_patterns() -> Iterator[re.Pattern[str]]:
    """Every expression in the package that is no rule's."""
    from tieout_code_shield.guessing import _signals  # pyright: ignore[reportPrivateUsage]
    from tieout_code_shield.syntaxes import _BY_RULES  # pyright: ignore[reportPrivateUsage]

    for signals in _signals().values():
        yield from (search.__self__ for _, search, _ in signals if search is not None)  # pyright: ignore
    for syntax in _BY_RULES.values():
        yield token_of(syntax)
    for info in pkgutil.walk_packages(tieout_code_shield.__path__, "tieout_code_shield."):
        for value in vars(importlib.import_module(info.name)).values():
            yield from _within(value, 0)


def _within(value: object, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield cast("re.Pattern[str]", value)
    elif depth > 5 or isinstance(value, str | bytes | type):
        return
    elif is_dataclass(value):
        for field in fields(value):
            yield from _within(getattr(value, field.name), depth + 1)
    elif isinstance(value, Mapping):
        yield from _within(list(cast("Mapping[Any, Any]", value).values()), depth + 1)
    elif isinstance(value, Sequence | set | frozenset):
        for item in cast("Iterable[Any]", value):
            yield from _within(item, depth + 1)


def attacks_on(pattern: re.Pattern[str], length: int) -> list[str]:
    """Texts of about ``length`` characters, made of the expression's own words and of characters that it repeats."""
    words: list[str] = []
    _collect(sre.parse(pattern.pattern, pattern.flags), words)
    words = list(dict.fromkeys(word[:60] for word in words if word))[:14]
    seeds = [
        "a",
        "1",
        " ",
        "\t",
        "\n",
        "(",
        "'",
        '"',
        "\\",
        "=",
        "a ",
        "a.",
        "a(",
        "a = ",
        "x,",
        " \n",
        "a\n",
        *words,
    ]
    seeds += ["".join(pair) for pair in pairwise(words)]
    seeds += [word + filler for word in words[:6] for filler in ("a", " ", "a ", "\n", '"')]
    seeds += ["".join(words)]
    texts = [seed * (length // len(seed) + 1) for seed in dict.fromkeys(seeds) if seed]
    fillers = ("a", " ", "1", "\n", "(", "a.", "a ", "\\", "_", "-", "/")
    texts += [word + filler * (length // len(filler)) for word in words[:8] for filler in fillers]
    return [text + end for text in texts for end in ("", "\x00!")]


def _collect(tree: Any, words: list[str]) -> None:
    """The runs of plain characters in a parsed expression, in order; one character for each class."""
    run = ""
    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL":
            run += chr(argument)
            continue
        if run:
            words.append(run)
            run = ""
        if name == "IN":
            words.append(_one_of(argument))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _collect(argument[2], words)
        elif name == "SUBPATTERN":
            _collect(argument[3], words)
        elif name == "BRANCH":
            for branch in argument[1][:12]:
                _collect(branch, words)
        elif name in ("ASSERT", "ASSERT_NOT"):
            _collect(argument[1], words)
        elif name == "ATOMIC_GROUP":
            _collect(argument, words)
    if run:
        words.append(run)


def _one_of(members: Any) -> str:
    for operation, argument in members:
        if str(operation) == "LITERAL":
            return chr(argument)
        if str(operation) == "RANGE":
            return chr(argument[0])
        if str(operation) == "CATEGORY":
            return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(argument), "a")
    return "a"
