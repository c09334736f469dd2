"""Texts made to be slow: no regular expression runs away, and a scan in any language stops at its bound."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from shield_attacks import attacks_on, engine_words, rule_patterns

from tieout.plugin import GuardInput, Stage
from tieout_code_shield.clothes import Dressing
from tieout_code_shield.compat import scan_code
from tieout_code_shield.fences import FenceParser
from tieout_code_shield.guard import ShieldGuard
from tieout_code_shield.languages import language_of_tag
from tieout_code_shield.limits import Clock, Limits
from tieout_code_shield.markup import code_in_markup
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import Rule, RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.shield import Shield
from tieout_code_shield.statements import Splitter

FULL = "TIEOUT_SHIELD_FULL" in os.environ
"""With this variable set, texts have the full length that an expression may be shown (half an hour)."""

LANGUAGES = ("python", "javascript", "typescript", "java", "kotlin", "csharp", "go", "c", "cpp", "rust", "php", "ruby",
             "shell")  # fmt: skip


class RanAwayError(Exception):
    """It was stopped, because it would not have ended."""


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    """Raise in what runs longer than that (processor time). ``re`` looks for signals while it searches."""

    def stop(_number: int, _frame: object) -> None:
        raise RanAwayError

    if threading.current_thread() is not threading.main_thread():
        pytest.skip("needs the main thread")
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("rule", shipped_rules(), ids=lambda rule: rule.id)
def test_no_expression_of_a_rule_runs_away(rule: Rule) -> None:
    """An expression that takes cubic or exponential time over what it may be shown needs hours for what takes a
    millisecond otherwise."""
    seen: set[tuple[object, int]] = set()
    for pattern, length in rule_patterns(rule):
        size = length if FULL else min(length, 600)
        if (pattern, size) in seen:
            continue
        seen.add((pattern, size))
        for text in attacks_on(pattern, size)[:: 1 if FULL else 3]:
            with stopped_after(1.0):
                pattern.search(text[:size])


WORDS = engine_words()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scan_stops_at_its_bound(language: str) -> None:
    scanner = Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 0.1))
    scanner.scan("x", language)  # the canary has no part in it
    size = 100_000 if FULL else 20_000
    for seed in WORDS[:: 5 if FULL else 21]:
        text = (seed * (size // len(seed) + 1))[:size]
        with stopped_after(10.0):
            scanner.scan(text, language)


def test_streams_and_guesses_stand_the_same_texts() -> None:
    scanner = Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 0.1))
    for index, seed in enumerate(WORDS[:: 5 if FULL else 25]):
        text = (seed * (100_000 // len(seed) + 1))[:100_000]
        with stopped_after(20.0):
            FenceParser().feed(text)
            splitter = Splitter(language_of_tag(LANGUAGES[index % len(LANGUAGES)]))
            for line in text.split("\n"):
                splitter.push(line)
            scanner.text_hits(text, frozenset({"secret", "unicode", "abuse", "injection"}), Clock(30.0))
            scanner.scan(text)


def at_the_entries(text: str, language: str | None) -> None:
    """What any program may hand to the shield from outside."""
    guard = ShieldGuard(Shield())
    scan_code(text, language)
    for given in (
        GuardInput(Stage.PROMPT, text),
        GuardInput(Stage.TOOL_RESULT, text),
        GuardInput(Stage.TOOL_CALL, "", tool="a.b", args={"code": text, "command": f"ls\n{text}\nls"}),
        GuardInput(Stage.OUTPUT, text),
    ):
        asyncio.run(guard.check(given))


TAGS = (None, "html", *LANGUAGES, "json", "diff", "console", "markdown", "script", "vue")


@pytest.mark.parametrize(
    ("index", "seed"),
    list(enumerate((" ", "\t", "\n", "`", "'", '"', "(", "]", "{", "<script", "<a onclick=", "-", "#", "1", "word ",
                    '\\"', "<a href=javascript:", " \n", "=")[:: 1 if FULL else 2])),
)  # fmt: skip
def test_one_thing_repeated_takes_no_entry_past_its_bound(index: int, seed: str) -> None:
    """100,000 blanks took 23 s before anything looked at a clock."""
    text = '"' * (seed == '\\"') + (seed * 100_000)[:100_000]
    for language in TAGS if FULL else dict.fromkeys((None, "html", TAGS[index % len(TAGS)])):
        with stopped_after(10.0):
            at_the_entries(text, language)


@pytest.mark.parametrize(
    "text", ["<script" * 30_000, "<a onclick='" * 20_000, "<" * 200_000, "<a b=" * 40_000]
)
def test_a_page_is_read_once(text: str) -> None:
    with stopped_after(2.0):
        code_in_markup(text)


def test_a_string_that_never_ends_is_read_once() -> None:
    with stopped_after(2.0):
        Dressing("json").bare('"' + '\\"' * 100_000)


AROUND = (
    """
int a[4];
void f(const uint8_t* p, int i, std::vector<uint8_t> v) {
  int x;
  SEED
  a[i] = x;
  g(v[3]);
}
""",
    """
#include <thread>
class Q { public: Q() {} int g() { return n; } int n; SEED };
int main() { Q q; std::thread a([&] { q.g(); }); std::thread b([&] { q.g(); }); }
""",
    """
std::string g() { return 1; }
SEED
const char* h() { return g().c_str(); }
int k() { T* p = find(3); p->x(); auto q = std::move(p); return *q; }
T* find(int i) { return nullptr; }
""",
)
"""Code that makes the checks of C and C++ search the text for its names."""
SEEDS = (
    *("map<", "vector<", "std::string ", "cin >> ", "a[i++] = ", "return ", "\n", " ", "static ", "ensure"),
    *("int ", "unique_ptr<", 'scanf("%d", &i); ', "void f(int i) { a[i] = 1; }\n", "& "),
)


@pytest.mark.parametrize("around", AROUND)
def test_names_that_are_searched_for_in_a_long_text(around: str) -> None:
    scanner = Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 0.1))
    scanner.scan("int x;", "cpp")
    for seed in SEEDS[:: 1 if FULL else 2]:
        with stopped_after(10.0):
            scanner.scan(around.replace("SEED", (seed * 90_000)[:90_000]), "cpp")
