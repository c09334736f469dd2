"""Which words and numbers of a question go into which argument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tieout.models.offline.codeblocks import find_code
from tieout.models.offline.entities import EntityFinder
from tieout.models.offline.filling import Filling, fill
from tieout.models.offline.query import search_query
from tieout.plugin import Candidate, Result, Slot, Tool, tool


def find_boards(text: str) -> Sequence[Candidate]:
    """Boards named X followed by digits."""
    return [Candidate(m[0], m[0], m.start(), m.end()) for m in re.finditer(r"X\d+", text)]


@tool
def run(
    params: Annotated[
        float | None, Slot("quantity", unit="parameter", cues=("参数", "params", "model size"), example="70B")
    ] = None,
    tokens: Annotated[
        float | None, Slot("quantity", unit="token", cues=("语料", "tokens", "data"), example="15T tokens")
    ] = None,
    active: Annotated[
        float | None, Slot("quantity", unit="parameter", cues=("激活", "active"), example="37B active")
    ] = None,
    hours: Annotated[
        float | None, Slot("quantity", unit="GPU-hour", cues=("卡时",), example="6.4M GPU-hours")
    ] = None,
    count: Annotated[
        float | None, Slot("quantity", unit="GPU", cues=("boards", "张"), example="1,024 GPUs")
    ] = None,
    share: Annotated[float | None, Slot("ratio", unit="ratio", cues=("利用率", "MFU"), example="40%")] = None,
    price: Annotated[
        float | None,
        Slot("quantity", unit="USD/GPU-hour", cues=("每卡时", "per hour"), example="$2/GPU-hour"),
    ] = None,
    board: Annotated[str | None, Slot("device", find=find_boards, example="X100")] = None,
    layers: int | None = None,
    style: Literal["dense", "sparse"] = "dense",
) -> Result:
    """Run."""
    return Result()  # fmt: skip


@tool
def lift(weight: Annotated[float, Slot("quantity", unit="kg"), Field(le=50)]) -> Result:
    """Lift."""
    return Result()


def broken(_text: str) -> Sequence[Candidate]:
    """A finder that breaks its promise."""
    raise ValueError


@tool
def mix(
    board: Annotated[str, Slot("device", find=broken)],
    hours: Annotated[float, Slot("quantity", unit="GPU-hour")],
) -> Result:
    """Mix."""
    return Result()


@tool
def load(path: Annotated[str, Slot("text", example="~/reports")]) -> Result:
    """Load."""
    return Result()


def filled(declared: Tool[..., Result], text: str, *, wanted: frozenset[str] = frozenset()) -> Filling:
    return fill(declared, EntityFinder([declared]).read(text), lambda _kind, _text: [], wanted=wanted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("70B 参数,15T token", {"params": 7e10, "tokens": 1.5e13}),
        ("a 70B one on 15T", {"params": 7e10, "tokens": 1.5e13}),
        ("70B, 15T tokens", {"params": 7e10, "tokens": 1.5e13}),
        ("参数 700 亿、语料 15 万亿", {"params": 7e10, "tokens": 1.5e13}),
        ("671B total, 37B active", {"params": 6.71e11, "active": 3.7e10}),
        ("总共 671B,激活 37B", {"params": 6.71e11, "active": 3.7e10}),
        ("640 万 X100 卡时", {"hours": 6.4e6, "board": "X100"}),
        ("2,048 X100s", {"count": 2048, "board": "X100"}),
        ("512 张 X9 跑", {"count": 512, "board": "X9"}),
        ("按四成利用率", {"share": 0.4}),
        ("MFU 40%", {"share": 0.4}),
        ("at an MFU of 0.38", {"share": 0.38}),
        ("MFU of 45", {"share": 0.45}),
        ("每卡时 1.5 美元", {"price": 1.5}),
        ("at $2.10/GPU-hour", {"price": 2.1}),
        ("80 layers, sparse", {"layers": 80, "style": "sparse"}),
        ("３０Ｂ参数", {"params": 3e10}),
    ],
)
def test_a_question_fills_exactly_these_arguments(text: str, expected: dict[str, object]) -> None:
    assert filled(run, text).arguments == pytest.approx(expected)


def test_an_optional_argument_without_a_sign_of_it_stays_empty() -> None:
    assert filled(run, "version 3 came out in 2024, up 12 places").arguments == {}


def test_a_number_serves_one_argument_only() -> None:
    assert filled(run, "37B active").arguments == {"active": 3.7e10}


def test_what_was_asked_for_takes_a_bare_number() -> None:
    assert filled(run, "3000").arguments == {}
    assert filled(run, "3000", wanted=frozenset({"hours"})).arguments == {"hours": 3000}


def test_a_value_the_tool_refuses_is_missing_rather_than_sent() -> None:
    assert filled(lift, "lift 20 kg").arguments == {"weight": 20}
    assert [p.name for p in filled(lift, "lift 80 kg").missing] == ["weight"]


def test_a_finder_that_raises_costs_only_its_own_candidates() -> None:
    filling = filled(mix, "300 GPU-hours on X7")
    assert filling.arguments == {"hours": 300}
    assert [p.name for p in filling.missing] == ["board"]


def test_a_path_is_taken_out_of_the_sentence() -> None:
    assert filled(load, "把 ~/资料/2024 导入").arguments == {"path": "~/资料/2024"}
    assert filled(load, "load ./notes.txt now").arguments == {"path": "./notes.txt"}
    assert [p.name for p in filled(load, "load the folder").missing] == ["path"]


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_every_argument_passes_the_tools_own_check(text: str) -> None:
    filling = filled(run, text)
    run.arguments_model.model_validate(filling.arguments)
    assert all(0 <= start <= end <= len(text) for start, end in filling.spans)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("look:\n```py\nprint(1)\n```\nok?", "print(1)"),
        ("unclosed\n~~~\na = 1\nb = 2", "a = 1\nb = 2"),
        ("is `subprocess.run(cmd)` fine", "subprocess.run(cmd)"),
        ("看看:open(path).read()", "open(path).read()"),
        ("what does this do\ndef f(x):\n    return x", "def f(x):\n    return x"),
    ],
)
def test_code_is_found_in_every_usual_form(text: str, code: str) -> None:
    found = find_code(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "text", ["70B: 15T tokens, MFU?", "what is `MFU`", "Llama 3:训练花了多久", "compare A and B; then C"]
)
def test_prose_is_no_code(text: str) -> None:
    assert find_code(text) is None


@pytest.mark.parametrize(
    ("question", "kept", "dropped"),
    [
        ("What did the report claim about rental prices?", "rental prices", "report"),
        ("研报怎么看液冷渗透率?", "液冷渗透率", "研报"),
        ("请帮我在报告里找一下关于出口管制的段落", "出口管制", "帮我"),
    ],
)
def test_a_search_drops_the_words_that_only_ask(question: str, kept: str, dropped: str) -> None:
    query = search_query(question)
    assert kept in query
    assert dropped not in query


@given(st.text(max_size=200))
def test_a_search_is_never_empty_for_a_question_with_words(text: str) -> None:
    assert search_query(text) or not text.strip()


@tool
def draw(
    model: Annotated[str | None, Slot("text", find=find_boards)] = None,
    recompute: Literal["none", "full"] = "none",
    rule: Literal["6nd", "palm"] | None = None,
) -> Result:
    """Draws."""
    return Result()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the full cost of X5, and none of the rest", {"model": "X5"}),
        ("X5 with full recompute", {"model": "X5", "recompute": "full"}),
        ("X5, recompute none", {"model": "X5", "recompute": "none"}),
        ("X5 by palm", {"model": "X5", "rule": "palm"}),
    ],
)
def test_an_everyday_word_is_a_choice_only_beside_its_argument(text: str, expected: dict[str, str]) -> None:
    filling = fill(draw, EntityFinder([draw]).read(text), lambda _kind, _text: [])
    assert filling.arguments == expected


def find_palms(text: str) -> Sequence[Candidate]:
    """A model whose name holds a choice."""
    return [Candidate(m[0], m[0], m.start(), m.end()) for m in re.finditer("PaLM 540B", text)]


@tool
def count(
    model: Annotated[str | None, Slot("text", find=find_palms)] = None,
    rule: Literal["6nd", "palm"] | None = None,
) -> Result:
    """Counts."""
    return Result()


def test_a_choice_inside_a_name_is_none() -> None:
    reading = EntityFinder([count]).read("FLOP of PaLM 540B")
    assert fill(count, reading, lambda _kind, _text: []).arguments == {"model": "PaLM 540B"}
