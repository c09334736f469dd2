"""Answers put together from the rules' own examples, and what must hold for every way of cutting them.

    python plugins/code_shield/tests/shield_streams.py [--streams 200] [--cuttings 50] [--seed 0]

runs the property of ``test_shield_cutting.py`` at full size: 10,000 cuttings of 200 answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from unittest.mock import patch

from tieout.plugin import Block, GuardInput, Retry, Stage
from tieout_code_shield.blocks import STOPPING, CodeBlock, Decision
from tieout_code_shield.guard import ShieldGuard
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield
from tieout_code_shield.statements import Unit

__all__ = ["Outcome", "leaked", "make_answer", "random_cuts", "run"]

PROSE = (
    "Some words.\n", "- item `eval(x)` and ``b``\n", "中文段落，没有代码。\n\n", "> quoted\n", "1. one\n",
    "``` not a fence `\n", "--- \n", "| a | b |\n|---|---|\n", "# Head\n\n", "It's 5 o'clock: \"quotes\", (brackets\n",
    "~~ struck ~~\n", "a ` single tick\n", "\n", "Key: sk-none\n", "$5 and $6\n", "```inline``` twice\n",
)  # fmt: skip
TAGS = {
    "python": ("python", "py", "python3"), "javascript": ("js", "javascript", "jsx"),
    "typescript": ("ts", "typescript"),
    "shell": ("bash", "sh", "shell", "console"), "csharp": ("csharp", "cs", "c#"), "cpp": ("cpp", "c++"),
    "ruby": ("ruby", "rb"), "php": ("php",), "go": ("go", "golang"), "rust": ("rust", "rs"), "kotlin": ("kotlin", "kt"),
    "java": ("java",), "c": ("c",), "any": ("bash", "python", "text", ""),
}  # fmt: skip
WRONG = ("", "text", "json", "yaml", "python", "js", "bash", "java", "c", "diff", "klingon")


@dataclass
class Outcome:
    """What a stream did with one answer."""

    text: str = ""
    stopped: str = ""
    taken_out: list[str] = field(default_factory=list[str])
    """Every statement that was objected to, as it stood in the answer."""
    late: int = 0
    """Severe findings that only a whole block showed, when its text was out: they warn."""


@cache
def shield() -> Shield:
    """One shield for all; a generous limit, since the outcome of a scan out of time depends on the machine."""
    return Shield(ShieldSettings(max_seconds=5.0))


class _WatchedBlock(CodeBlock):
    """Keeps what it takes out."""

    outcome: Outcome

    def _decide(self, unit: Unit) -> Decision:
        first = self._done
        decision = super()._decide(unit)
        if decision.action in STOPPING:
            self.outcome.taken_out.append("".join(line.text for line in self._lines[first : self._done]))
        return decision

    def _whole(self) -> Decision | None:
        decision = super()._whole()
        found = decision.findings if decision is not None else ()
        self.outcome.late += sum(finding.severity in ("high", "critical") for finding in found)
        return decision


async def _run(parts: Iterable[str]) -> Outcome:
    outcome = Outcome()
    with patch(
        "tieout_code_shield.stream.CodeBlock", type("Watched", (_WatchedBlock,), {"outcome": outcome})
    ):
        stream = ShieldGuard(shield()).open_stream(GuardInput(Stage.OUTPUT, ""))
        for part in parts:
            release = await stream.feed(part)
            outcome.text += release.text
            if isinstance(release.verdict, Block | Retry):
                outcome.stopped = type(release.verdict).__name__
                return outcome
        outcome.text += (await stream.finish()).text
    return outcome


def run(parts: Iterable[str]) -> Outcome:
    """Feed an answer in these parts."""
    return asyncio.run(_run(parts))


@cache
def _examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for rule in shipped_rules():
        if rule.category in ("unicode", "injection"):
            continue
        for language in rule.languages:
            found.setdefault(language, []).extend((*rule.must_hit, *rule.must_miss[:3]))
    return found


def make_answer(chance: random.Random) -> str:
    """A text of prose and code in any language, in any of the clothes that code comes in."""
    parts: list[str] = []
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.45:
            parts.append("".join(chance.choices(PROSE, k=chance.randint(1, 3))))
            continue
        language = chance.choice(sorted(_examples()))
        code = "\n".join(chance.choices(_examples()[language], k=chance.randint(1, 3))).rstrip("\n")
        tag = (
            chance.choice(TAGS.get(language, (language,))) if chance.random() < 0.75 else chance.choice(WRONG)
        )
        parts.append(_dressed(code, tag, chance))
    return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts)


def _dressed(code: str, tag: str, chance: random.Random) -> str:
    style = chance.random()
    if style < 0.06:
        tag, code = "json", json.dumps({"code": code}, indent=chance.choice((None, 2)), ensure_ascii=False)
    elif style < 0.12:
        suffix = {"python": "py", "js": "js", "java": "java", "php": "php", "ruby": "rb", "go": "go"}.get(
            tag, "txt"
        )
        tag, code = (
            "diff",
            f"--- a/x.{suffix}\n+++ b/x.{suffix}\n@@ -1 +1,9 @@\n"
            + "".join(f"{chance.choice('+++ ')}{line}\n" for line in code.split("\n")),
        )
    elif style < 0.16 and tag.startswith("py"):
        code = "".join(f"{'>>>' if line[:1].strip() else '...'} {line}\n" for line in code.split("\n"))
    fence = chance.choice(("```", "```", "~~~~", "`````"))
    end = f"{fence}\n" if chance.random() < 0.85 else ""
    block = f"{fence}{tag}\n{code.rstrip(chr(10))}\n{end}"
    indent = chance.choice(("", "", "", "  ", "> ", "   "))
    return "".join(indent + line for line in block.splitlines(keepends=True))


def random_cuts(text: str, chance: random.Random) -> list[str]:
    """The text in random pieces: a few, many, or one character each."""
    count = chance.choice((1, 2, 3, 5, 8, 20, 60, len(text)))
    ends = sorted(chance.randrange(len(text) + 1) for _ in range(count))
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def leaked(answer: str, outcome: Outcome) -> list[str]:
    """Lines of statements that were taken out, and that are in the released text all the same."""
    found: list[str] = []
    for statement in outcome.taken_out:
        for line in statement.split("\n"):
            bare = line.strip(" \t>+")
            # A line that the answer has elsewhere as well says nothing.
            if len(bare) >= 6 and answer.count(bare) == 1 and bare in outcome.text:
                found.append(bare)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the property at full size and print what came out."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--cuttings", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    chance = random.Random(given.seed)
    started = time.process_time()
    counted: Counter[str] = Counter()
    for number in range(given.streams):
        answer = make_answer(chance)
        whole = run([answer])
        letters = run(list(answer))
        counted["answers"] += 1
        counted["statements taken out"] += len(letters.taken_out)
        counted["answers stopped"] += bool(letters.stopped)
        counted["found too late"] += letters.late
        for line in leaked(answer, letters):
            counted["leaks"] += 1
            print(f"LEAK in answer {number}: {line!r}")
        if letters.text != whole.text:
            counted["differences"] += 1
            print(f"DIFFERENT letter by letter: answer {number} {answer!r}")
        for _ in range(given.cuttings):
            parts = random_cuts(answer, chance)
            outcome = run(parts)
            counted["cuttings"] += 1
            if (outcome.text, outcome.stopped) != (whole.text, whole.stopped):
                counted["differences"] += 1
                print(f"DIFFERENT: answer {number} cut into {parts!r}")
                break
    for name in (
        "answers",
        "cuttings",
        "statements taken out",
        "answers stopped",
        "leaks",
        "differences",
        "found too late",
    ):
        print(f"{name:22} {counted[name]:8}")
    print(f"{'processor time':22} {time.process_time() - started:8.0f} s")
    return bool(counted["leaks"] or counted["differences"])


if __name__ == "__main__":
    raise SystemExit(main())
