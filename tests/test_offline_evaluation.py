"""The offline mode on questions that were written by people who had not seen its router: tests/evaluation/."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tieout import Host, load_settings
from tieout.contract.results import EvalResult
from tieout.models.offline.scoring import evaluate, read_cases

ROOT = Path(__file__).parents[1]
SETS = ROOT / "tests" / "evaluation"
PARAPHRASES = ("paraphrases", "paraphrases_2", "paraphrases_3")
QUESTIONS = ("R1", "R2", "R3", "R4", "R5", "R6")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EvalResult]:
    """Every set, run once through a real host over the sample reports."""
    folder = tmp_path_factory.mktemp("offline")
    settings = load_settings(
        environment={"TIEOUT_CONFIG": str(folder / "none.toml")},
        overrides={
            "model": "offline",
            "data_dir": str(folder),
            "plugins": {"reports": {"folders": [str(ROOT / "examples" / "sample_reports")]}},
        },
    )

    async def run() -> dict[str, EvalResult]:
        async with Host(settings, ephemeral=True) as host:
            names = (*PARAPHRASES, "no_tool")
            return {name: await evaluate(host, read_cases(SETS / f"{name}.jsonl")) for name in names}

    return asyncio.run(run())


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", PARAPHRASES)
def test_eight_of_ten_paraphrases_of_each_readme_question_are_answered(
    scores: dict[str, EvalResult], name: str, question: str
) -> None:
    tally = scores[name].by_kind[question]
    misses = [f"{miss.id}: expected {miss.expected}, got {miss.got}" for miss in scores[name].misses]
    assert tally.total == 10
    assert tally.passed >= 8, "\n".join(misses)


def test_what_no_tool_can_answer_is_declined_and_what_lacks_an_argument_is_asked_for(
    scores: dict[str, EvalResult],
) -> None:
    result = scores["no_tool"]
    assert result.passed >= 0.8 * result.total, [f"{miss.id}: {miss.got}" for miss in result.misses]


def test_no_question_of_readme_or_evaluation_stands_in_the_source() -> None:
    questions = set(
        re.findall(r"^tieout ask [\"'](.+)[\"']$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    )
    cases = [case for name in (*PARAPHRASES, "no_tool") for case in read_cases(SETS / f"{name}.jsonl")]
    questions |= {case.text for case in cases if len(case.text) > 12}
    assert len(questions) > 180
    sources = "\n".join(path.read_text("utf-8") for path in ROOT.glob("*/**/src/**/*.py"))
    assert len(sources) > 100_000
    assert not [question for question in questions if question in sources]
