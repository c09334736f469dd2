"""Scores a model on a file of questions, asked through a real host: tools called, numbers and words of the answer."""

from __future__ import annotations

__all__ = ["Case", "ExpectedNumber", "contains", "evaluate", "read_cases", "shows"]

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from tieout.contract.results import EvalMiss, EvalResult, EvalTally
from tieout.errors import InputError, TieoutError
from tieout.events import TextEvent, ToolStartedEvent
from tieout.i18n import translator
from tieout.quantities import UnitMismatch, convert, find
from tieout.text import nfkc

if TYPE_CHECKING:
    from tieout.host import Host

_ = translator("tieout")


class ExpectedNumber(BaseModel):
    """A number that the answer must show, within ``rel_tol`` of ``value``, in ``unit`` or one that converts to it."""

    model_config = ConfigDict(extra="forbid")

    value: float
    unit: str = ""
    rel_tol: float = 0.01


class Case(BaseModel):
    """One question and what its answer must hold; with ``expect``: that nothing is called, or something asked for."""

    id: str
    text: str
    of: str = ""
    """The kind it is counted under."""
    earlier: list[str] = []
    """Questions asked before it in the same conversation."""
    tools: list[str] = []
    """Qualified names of the tools that are called, in any order, and no others."""
    arguments: dict[str, dict[str, JsonValue]] = {}
    """Tool to arguments that one of its calls must have; others are not looked at."""
    numbers: list[ExpectedNumber] = []
    contains: list[str] = []
    """Each with alternatives between ``|``, of which one must be in the answer."""
    expect: Literal["", "none", "missing"] = ""
    tool: str | None = None
    """With ``expect="missing"``: the tool that lacks something."""
    missing: list[str] = []
    """With ``expect="missing"``: the arguments asked for."""

    @property
    def kind(self) -> str:
        """What it is counted under."""
        return self.of or self.expect or "question"


@dataclass(frozen=True)
class _Answer:
    text: str
    calls: tuple[tuple[str, dict[str, object]], ...]
    succeeded: bool
    seconds: float

    @property
    def called(self) -> tuple[str, ...]:
        """The tools called, each once."""
        return tuple(dict.fromkeys(tool for tool, _arguments in self.calls))


def read_cases(path: Path) -> list[Case]:
    """The cases of a file with one JSON object a line; empty lines are passed over.

    Raises:
        InputError: The file cannot be read, or a line is no case; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            _("{path} cannot be read: {problem}", path=str(path), problem=error), hint=_("Check the name.")
        ) from None
    cases: list[Case] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cases.append(Case.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "line"
            raise InputError(
                _(
                    "{path}:{line}: {field}: {problem}",
                    path=str(path),
                    line=number,
                    field=where,
                    problem=first["msg"],
                ),
                hint=_("Each line is one JSON object with at least id and text."),
            ) from None
    return cases


async def evaluate(
    host: Host,
    cases: Sequence[Case],
    *,
    model: str = "offline",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> EvalResult:
    """Ask every case in a conversation of its own and score the answers.

    Args:
        host: The host to ask through; an ephemeral one, or the user's store fills up with cases.
        cases: What to ask.
        model: Identifier of the model to score.
        progress: Called with the number of cases done and the total.

    Returns:
        ``by_kind`` counts by ``of``; metrics are the shares of cases with the right tools, numbers and words, and the
        slowest answer in seconds.
    """
    total: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    parts: dict[str, list[bool]] = {"tools": [], "arguments": [], "numbers": [], "contains": []}
    misses: list[EvalMiss] = []
    slowest = 0.0
    for done, case in enumerate(cases, start=1):
        answer = await _ask(host, case, model)
        slowest = max(slowest, answer.seconds)
        failures = _judge(host, case, answer, parts)
        total[case.kind] += 1
        passed[case.kind] += not failures
        if failures:
            misses.append(_miss(case, answer, failures))
        progress(done, len(cases))
    shares = {f"{name}_share": sum(marks) / len(marks) for name, marks in parts.items() if marks}
    return EvalResult(
        total=len(cases),
        passed=sum(passed.values()),
        by_kind={kind: EvalTally(total=total[kind], passed=passed[kind]) for kind in sorted(total)},
        metrics={**shares, "slowest_s": slowest},
        misses=misses,
    )


async def _ask(host: Host, case: Case, model: str) -> _Answer:
    session = host.session(model=model)
    text = ""
    calls: list[tuple[str, dict[str, object]]] = []
    try:
        for question in case.earlier:
            await session.ask(question)
        async for event in session.stream(case.text):
            if isinstance(event, TextEvent):
                text += event.text
            elif isinstance(event, ToolStartedEvent) and "." not in event.call_id:
                calls.append((event.tool, dict(event.arguments)))
    except TieoutError as error:
        return _Answer(f"{text}\n{error}", tuple(calls), False, 0.0)
    turn = session.turns[-1]
    if turn.error is not None:
        text = f"{text}\n{turn.error}"
    return _Answer(text, tuple(calls), bool(turn.results), turn.seconds)


def _judge(host: Host, case: Case, answer: _Answer, parts: dict[str, list[bool]]) -> list[str]:
    """What is wrong with an answer, in words; nothing when it passes."""
    if case.expect == "none":
        return [f"called {', '.join(answer.called)}"] if answer.called else []
    if case.expect == "missing":
        return _judge_missing(host, case, answer)
    failures: list[str] = []
    right = set(answer.called) == set(case.tools)
    parts["tools"].append(right)
    if not right:
        failures.append(f"called {', '.join(answer.called) or 'nothing'}")
    wrong = [tool for tool, wanted in case.arguments.items() if not _given(answer, tool, wanted)]
    if case.arguments:
        parts["arguments"].append(not wrong)
    failures += [f"arguments of {tool}: {dict(answer.calls).get(tool)}" for tool in wrong]
    absent = [number for number in case.numbers if not shows(answer.text, number)]
    if case.numbers:
        parts["numbers"].append(not absent)
    failures += [f"no {number.value:g} {number.unit}".rstrip() for number in absent]
    lacking = [words for words in case.contains if not contains(answer.text, words)]
    if case.contains:
        parts["contains"].append(not lacking)
    return failures + [f"no {words!r}" for words in lacking]


def _given(answer: _Answer, tool: str, wanted: Mapping[str, JsonValue]) -> bool:
    """Whether one call of a tool has the wanted arguments."""
    return any(
        name == tool and all(_equal(arguments.get(key), value) for key, value in wanted.items())
        for name, arguments in answer.calls
    )


def _equal(given: object, wanted: JsonValue) -> bool:
    if isinstance(given, int | float) and isinstance(wanted, int | float):
        return math.isclose(given, wanted, rel_tol=1e-6)
    return str(given).casefold() == str(wanted).casefold()


def _judge_missing(host: Host, case: Case, answer: _Answer) -> list[str]:
    """Nothing may be computed, the right tool must be meant, and each missing argument named."""
    failures = ["answered without asking"] if answer.succeeded else []
    if case.tool and case.tool not in answer.called and not contains(answer.text, case.tool):
        failures.append(f"meant {', '.join(answer.called) or 'nothing'}")
    for name in case.missing:
        if not any(
            contains(answer.text, word.replace("|", " ")) for word in _names(host, case.tool or "", name)
        ):
            failures.append(f"did not ask for {name}")
    return failures


def _names(host: Host, tool: str, argument: str) -> Iterable[str]:
    """Every way to name an argument: its name, its example, the words that stand near it."""
    yield argument
    yield argument.replace("_", " ")
    for parameter in host.tools()[tool].parameters if tool in host.tools() else ():
        if parameter.slot is not None and argument in (parameter.name, parameter.slot.kind):
            yield from (word for word in (parameter.slot.example, *parameter.slot.cues) if len(word) > 1)


def _miss(case: Case, answer: _Answer, failures: Sequence[str]) -> EvalMiss:
    wanted = [
        case.expect,
        *case.tools,
        case.tool,
        *case.missing,
        *(f"{n.value:g} {n.unit}" for n in case.numbers),
        *case.contains,
    ]
    return EvalMiss(
        id=case.id,
        kind=case.kind,
        expected="; ".join(filter(None, wanted)),
        got=answer.text.strip()[:300],
        difference="; ".join(failures),
    )


def shows(text: str, number: ExpectedNumber) -> bool:
    """Whether a text shows a number, in its unit, a multiple of it, or as a percentage where a ratio is expected."""
    for quantity in find(text):
        for value in (quantity.value, quantity.low, quantity.high):
            if value is None:
                continue
            try:
                shown = convert(value, quantity.unit, _symbol(number.unit))
            except UnitMismatch:
                continue
            if abs(shown - number.value) <= number.rel_tol * abs(number.value):
                return True
    return False


def _symbol(unit: str) -> str:
    """The unit as :mod:`tieout.quantities` calls it; cases may also say it like an argument: ``gpu_hours``."""
    return unit.replace("_", "-") if "_" in unit else unit


def contains(text: str, words: str) -> bool:
    """Whether one of the alternatives (``a|b``) is in a text, whatever its case, spaces, width and separators."""
    held = _plain(text)
    return any(_plain(word) in held for word in words.split("|") if word.strip())


def _plain(text: str) -> str:
    joined = re.sub(r"(?<=\d)[,，](?=\d{3}(?!\d))", "", nfkc(text).text)
    return re.sub(r"\s+", "", joined).casefold()
