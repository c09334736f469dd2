"""Questions in several parts, answered offline: what is answered, and what is said to be left out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tieout import Host, load_settings
from tieout.events import Event, GuardEvent, TextEvent
from tieout.models.offline.codeblocks import shortened
from tieout.models.offline.leftover import left_out
from tieout.models.offline.planning import Planner
from tieout.models.offline.router import build_router
from tieout.session import Turn
from tieout.text import nfkc

ROOT = Path(__file__).parents[1]
SETS = ROOT / "tests" / "evaluation"

PARTS = (
    ("KV cache of Qwen2.5-72B at 16k context and batch 4, and which company makes it?", "company"),
    (
        "How much memory do the weights of Mixtral 8x7B take in FP8, and who founded the company behind it?",
        "founded",
    ),
    ("70B 模型 BF16 权重多大,它是哪家公司开发的?", "公司"),
    ("训练 GPT-3 要多少 FLOP?它的作者是谁?", "作者"),
    ("What is the memory bandwidth of the H200 and what is the weather in Berlin?", "weather"),
    ("H20 的显存带宽是多少,明天会下雨吗?", "下雨"),
    ("MFU of Llama 2 70B, and tell me a joke", "joke"),
    ("寒武纪的股票代码是什么?它的董事长是谁?", "董事长"),
    ("Llama 3 70B 训练要多少算力,它是哪家公司的,股价多少?", "股价"),
    ("训练一个 7B 模型 2T token 用 A100 多少卡时?顺便写首诗", "诗"),
    ("What does an H100 draw in watts, and how heavy is it?", "heavy"),
    ("memory of Qwen2.5-72B in int4, and its licence?", "licence"),
)
WHOLE = (
    "How many H100 hours does 70B on 15T tokens take at 40% MFU, what would it cost and how many days on 2,000 GPUs?",
    "70B、15T token、H100、MFU 40%,要多少卡时、多少钱、2000 张卡要几天?",
    "B200 显存多大?功耗多少?",
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    folder = tmp_path_factory.mktemp("parts")
    settings = load_settings(
        environment={"TIEOUT_CONFIG": str(folder / "none.toml")},
        overrides={
            "model": "offline",
            "data_dir": str(folder),
            "plugins": {"reports": {"folders": [str(ROOT / "examples" / "sample_reports")]}},
        },
    )
    return Host(settings, ephemeral=True)


@pytest.fixture(scope="module")
def turns(host: Host) -> dict[str, Turn]:
    """Every question, asked once."""

    async def ask() -> dict[str, Turn]:
        async with host:
            return {q: await host.session().ask(q) for q in (*(q for q, _part in PARTS), *WHOLE, COMPARED)}

    return asyncio.run(ask())


COMPARED = "How do Falcon-180B and BLOOM differ in training compute?"


@pytest.mark.parametrize(("question", "part"), PARTS)
def test_a_part_that_nothing_answers_is_named(turns: dict[str, Turn], question: str, part: str) -> None:
    *answer, last = turns[question].text.split("\n\n")
    assert answer
    assert last.startswith(("Not answered: ", "未回答"))
    assert part in last
    assert turns[question].results


@pytest.mark.parametrize("question", WHOLE)
def test_parts_that_one_tool_answers_together_are_not(turns: dict[str, Turn], question: str) -> None:
    assert "Not answered" not in turns[question].text
    assert "未回答" not in turns[question].text


@pytest.mark.parametrize("question", ["Good morning to you", "你好呀"])
def test_the_programs_own_examples_alarm_no_guard(host: Host, question: str) -> None:
    async def ask() -> list[Event]:
        async with host:
            return [event async for event in host.session().stream(question)]

    events = asyncio.run(ask())
    shown = "".join(event.text for event in events if isinstance(event, TextEvent))
    assert "(text)`" in shown  # the shield's example is among them
    assert [event.message for event in events if isinstance(event, GuardEvent)] == []


def test_two_models_compared_by_their_training_are_both_computed(turns: dict[str, Turn]) -> None:
    turn = turns[COMPARED]
    assert [tool for tool, _result in turn.results] == ["compute.train", "compute.train"]
    assert "Falcon-180B" in turn.text
    assert "BLOOM" in turn.text


def test_the_batch_of_a_question_counts(turns: dict[str, Turn]) -> None:
    (result,) = (result for _tool, result in turns[PARTS[0][0]].results)
    cache = next(figure for path, figure in result.figures() if path == "kv_cache")
    assert cache.inputs()["B"].value == 4


def test_what_is_answered_is_not_said_to_be_left_out(host: Host) -> None:
    """Over every paraphrase that the tools answer, before the answer is known: that only clears more of them."""
    host.load()
    router = build_router({tool.model_name: tool for tool in host.tools().values()}, None)
    flagged: list[str] = []
    questions = [
        json.loads(line)["text"]
        for name in ("paraphrases", "paraphrases_2", "paraphrases_3")
        for line in (SETS / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    for question in questions:
        calls = Planner(router, host.find).plan(question).calls()
        reading = router.read(shortened(nfkc(question).text))
        flagged += [
            f"{part} || {question}" for part in left_out(reading, [tool for tool, _ in calls], router, "")
        ]
    assert len(questions) >= 180
    assert len(flagged) <= 2, flagged


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many H100s do I need to train a 70B model on 15T tokens in 30 days at 40% MFU?", 6141),
        ("30天训练完70B模型15T token,MFU 40%,需要多少张H100?", 6141),
        ("What is the MFU of 70B on 1024 H100 with 15T tokens in 180 days?", 40.0),
    ],
)
def test_every_quantity_of_a_question_is_taken(host: Host, question: str, value: float) -> None:
    """The likeliest tool has no argument for the days; its neighbour has, and answers what is asked."""
    host.load()
    router = build_router({tool.model_name: tool for tool in host.tools().values()}, None)
    ((tool, arguments),) = Planner(router, host.find).plan(question).calls()
    assert tool.qualified_name == "compute.solve"
    figures = dict(tool(**arguments).figures())
    assert any(abs(figure.value - value) < 0.01 * value for figure in figures.values())
