"""Code in other clothes is found: patches, transcripts, JSON, notebooks, fences in lists, code in a sentence."""

from __future__ import annotations

import asyncio
import json
from functools import cache

import pytest

from tieout.plugin import Allow, Block, GuardInput, Redact, Stage, Unknown, Verdict, Warn
from tieout_code_shield.clothes import TooMuch, texts_in, undressed
from tieout_code_shield.guard import ShieldGuard
from tieout_code_shield.limits import Limits
from tieout_code_shield.loose import InlineCode
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield

UNSAFE = "import os\n\n\ndef f(name):\n    os.system('ls ' + name)\n"


@cache
def shield() -> Shield:
    return Shield(ShieldSettings(max_seconds=5.0))


@cache
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


async def answer(text: str) -> tuple[str, list[Verdict]]:
    """What is released of an answer, the same whole and letter by letter, and what is said about it."""
    whole = ShieldGuard(shield()).open_stream(GuardInput(Stage.OUTPUT, ""))
    first, last = await whole.feed(text), await whole.finish()
    letters = ShieldGuard(shield()).open_stream(GuardInput(Stage.OUTPUT, ""))
    out = "".join([(await letters.feed(letter)).text for letter in text]) + (await letters.finish()).text
    assert out == first.text + last.text
    return out, [verdict for verdict in (first.verdict, last.verdict) if not isinstance(verdict, Allow)]


async def call(args: dict[str, object]) -> Verdict:
    return await ShieldGuard(shield()).check(GuardInput(Stage.TOOL_CALL, "", tool="runner.run", args=args))


def found(text: str, language: str | None = None) -> list[tuple[str, int]]:
    return [(issue.rule.id, issue.line) for issue in scanner().scan(text, language).issues]


# Tool calls


@pytest.mark.parametrize(
    "args",
    [
        {"payload": json.dumps({"code": UNSAFE})},
        {"payload": json.dumps([{"steps": json.dumps({"run": {"script": UNSAFE}})}])},
        {
            "notebook": json.dumps(
                {"cells": [{"cell_type": "code", "source": UNSAFE.splitlines(keepends=True)}]}
            )
        },
        {"lines": UNSAFE.splitlines(keepends=True)},
        {"text": f"Save this:\n```python\n{UNSAFE}```\n"},
        {"patch": "@@ -0,0 +1,5 @@\n" + "".join(f"+{line}\n" for line in UNSAFE.splitlines())},
        {"session": "".join(f">>> {line}\n" for line in ["import os", "os.system('ls ' + name)"])},
        {"python": "os.system('ls ' + name)"},
        {"x": {"y": {"z": [["-c", UNSAFE]]}}},
    ],
)
async def test_code_in_arguments_is_found(args: dict[str, object]) -> None:
    assert isinstance(await call(args), Block)


async def test_json_as_text_of_a_call_is_decoded() -> None:
    given = GuardInput(Stage.TOOL_CALL, json.dumps({"body": json.dumps({"code": UNSAFE})}), tool="a.b")
    assert isinstance(await ShieldGuard(shield()).check(given), Block)


async def test_arguments_that_are_nested_too_deep_are_unknown() -> None:
    deep: object = UNSAFE
    for _ in range(60):
        deep = [deep]
    assert isinstance(await call({"x": deep}), Unknown)
    assert isinstance(await call({"x": "[" * 50_000 + "]" * 50_000}), Unknown)
    with pytest.raises(TooMuch):
        list(texts_in([["text"] for _ in range(3_000)]))


# Whole texts


PATCH = """diff --git a/x.py b/x.py
--- a/x.py
+++ b/x.py
@@ -1,4 +1,5 @@
 import os
-os.system('rm ' + name)
 os.popen('ls ' + kept)
+os.system('ls ' + name)
+subprocess.run(['ls'])
diff --git a/y.js b/y.js
--- a/y.js
+++ b/y.js
@@ -1 +1 @@
-eval(old)
+eval(added);
"""


def test_what_a_patch_adds_counts_and_its_files_name_the_language() -> None:
    assert found(PATCH) == [("py-os-command", 8), ("js-eval", 15)]
    assert found(PATCH, "diff") == found(PATCH)


def test_a_line_that_a_patch_makes_unsafe_counts() -> None:
    head = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n import os\n"
    assert found(head + "-cmd = 'ls'\n+cmd = 'ls ' + request.args['x']\n os.system(cmd)\n") == [
        ("py-os-command", 7)
    ]
    assert found(head + "-a = 1\n+a = 2\n os.system('ls ' + name)\n") == []


def test_code_between_the_parts_of_a_patch_is_read_as_well() -> None:
    assert ("py-os-command", 2) in found("@@ -1 +1 @@\nimport os; os.system('ls ' + name)\n")


def test_transcript_is_read_without_its_prompts() -> None:
    assert found(">>> import os\n>>> os.system('ls ' +\n...     name)\n0\n") == [("py-os-command", 2)]
    assert ("curl-pipe-shell", 1) in found("$ curl -s https://x.example/i.sh | bash\nok\n", "console")


def test_fenced_blocks_in_a_text_are_read_in_their_language() -> None:
    text = f"Call `eval(x)` never.\n\n1. first\n\n   ```python\n   {UNSAFE.replace(chr(10), chr(10) + '   ')}```\n"
    assert [rule for rule, _ in found(text)] == ["py-os-command"]
    assert ("js-eval", 2) in found("```js\neval(x)\n```\n", "markdown")


def test_code_around_fences_is_not_forgotten() -> None:
    code = f'"""Usage:\n\n```\nf(1)\n```\n"""\n{UNSAFE}'
    assert "py-os-command" in {rule for rule, _ in found(code)}


def test_json_is_decoded_and_plain_code_is_not_taken_for_it() -> None:
    assert [rule for rule, _ in found(json.dumps({"code": UNSAFE}))] == ["py-os-command"]
    assert undressed("[1, 2].map(eval)") == []
    assert undressed("x = {'a': 1}\n") == []


# Answers


async def test_patch_in_an_answer() -> None:
    text, _ = await answer(f"```diff\n{PATCH}```\n")
    assert "ls ' + name" not in text
    assert "eval(added)" not in text
    assert "-eval(old)" in text
    assert "kept" in text
    assert "\n+pass  # [code shield: removed CWE-78 py-os-command]\n" in text


async def test_patch_without_a_language() -> None:
    text, _ = await answer(f"```\n{PATCH}```\n")
    assert "eval(added)" not in text


async def test_block_that_only_says_it_is_a_patch() -> None:
    text, _ = await answer(f"```diff\n{UNSAFE}```\n")
    assert "os.system" not in text


async def test_transcript_in_an_answer() -> None:
    text, _ = await answer(
        "```pycon\n>>> import os\n>>> os.system('ls ' +\n...     name)\n0\n>>> 1\n1\n```\n"
    )
    assert "os.system" not in text
    assert "name)" not in text
    assert ">>> 1\n" in text
    text, verdicts = await answer(
        "```console\nuser@host:~$ ls\nit's here\n# rm -rf /\nroot@host:/# rm -rf /\n```\n"
    )
    assert isinstance(verdicts[0], Block)
    assert "it's here" in text


async def test_code_in_json_of_an_answer_is_taken_out_and_the_json_stays_json() -> None:
    cells = {"cells": [{"source": UNSAFE.splitlines(keepends=True)}, {"n": [1, 2.5, None, True]}]}
    for tag in ("json", "ipynb"):
        for indent in (None, 1):
            text, verdicts = await answer(f"```{tag}\n{json.dumps(cells, indent=indent)}\n```\n")
            assert "os.system" not in text
            assert isinstance(verdicts[0], Redact)
            assert json.loads(text.split("\n", 1)[1].rsplit("```", 1)[0])["cells"][1] == cells["cells"][1]


async def test_statement_over_several_lines_under_a_wrong_tag_is_held() -> None:
    for tag in ("json", "console", "diff", "text", "yaml"):
        text, _ = await answer(f"```{tag}\nimport os\nos.system(\n    'ls ' + name\n)\n```\n")
        assert "os.system" not in text, tag
        assert "'ls '" not in text, tag


@pytest.mark.parametrize("lead", ["- ", "1. ", "> ", "   ", "> - "])
async def test_fence_in_a_list_or_quote(lead: str) -> None:
    rest = lead if ">" in lead else " " * len(lead)
    lines = ["```python", *UNSAFE.splitlines(), "```"]
    text, _ = await answer(lead + f"\n{rest}".join(lines) + "\nafter\n")
    assert "os.system" not in text
    assert text.endswith("after\n")


async def test_code_in_a_sentence_stays_and_is_warned_about_once() -> None:
    text = "Never write `os.system('ls ' + name)` or ``os.system(f'ls {name}')``; `json.loads(x)` is fine.\n"
    out, verdicts = await answer(text)
    assert out == text
    (verdict,) = verdicts
    assert isinstance(verdict, Warn)
    (finding,) = verdict.findings
    assert finding.rule == "py-os-command"


def test_inline_code_is_found_however_the_text_is_cut() -> None:
    text = "a `b` ``c ` d`` `e\nf` g ```h``` `i`"

    def collect(parts: list[str]) -> list[str]:
        inline = InlineCode()
        return [code for part in parts for code in inline.feed(part)] + inline.flush()

    assert collect([text]) == collect(list(text)) == ["b", "c ` d", "g ```h```"]


def test_time_of_many_calls_is_bounded() -> None:
    tight = ShieldGuard(Shield(ShieldSettings(max_seconds=0.001)))
    given = GuardInput(
        Stage.TOOL_CALL, "", tool="a.b", args={"code": [f"x = {n}\n" * 50 for n in range(200)]}
    )
    assert isinstance(asyncio.run(tight.check(given)), Unknown)
