"""Solving, sweeping, scaling and explaining through a host: every number said is tied to a figure."""

from __future__ import annotations

import pytest

from tieout.evidence import EvidenceBook
from tieout.i18n import LANGUAGES, use_language
from tieout.marks import tie_out
from tieout.plugin import Language
from tieout.running import ToolRunner, TurnState
from tieout.testing import HostMaker
from tieout.testing.tool_checks import tool_problems
from tieout_compute_estimator import explain, plugin, scaling, solve, sweep

CALLS: dict[str, list[dict[str, object]]] = {
    "solve": [
        {"budget": 5e6, "deadline": "by the end of next year", "device": "H20"},
        {"params": 70e9, "tokens": 15e12, "device": "H100", "days": 60, "budget": 5e6},
        {"target": "emissions", "model": "Llama 3 70B", "region": "四川"},
        {"target": "budget", "params": 7e9, "tokens": 2e12, "device": "H100", "buy_price": 30_000},
        {"target": "days", "model": "DeepSeek-V3", "device_count": 2048, "goodput": 0.8},
    ],
    "sweep": [
        {"params": "7B, 70B", "tokens": "2T", "device": "H100", "device_count": "1024"},
        {"model": "Llama 3 70B", "device": "A100, H100, H20"},
        {"params": "70B", "tokens": "1T to 15T", "device": "H100", "mfu": "30%..50%:3", "format": "csv"},
    ],
    "scaling": [
        {"params": 8e9},
        {"flops": 1e24},
        {"tokens": 1e12},
        {"model": "Llama 3 8B"},
        {"params": 70e9, "tokens": 2e12, "served_tokens": 1e13},
    ],
    "explain": [
        {"call": "train 70B 15T device=H100 device_count=1024", "what_if": "mfu=50%"},
        {"call": "mfu model='Llama 3 70B'", "form": "latex"},
        {"call": "solve budget=$5M days=90 device=H100", "compare": "solve budget=$5M days=90 device=A100"},
        {"call": "scaling 8B 15T"},
    ],
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "arguments"), [(name, call) for name, calls in CALLS.items() for call in calls]
)
async def test_every_number_said_is_tied_to_a_figure(
    make_host: HostMaker, name: str, arguments: dict[str, object], lang: Language
) -> None:
    host = make_host({"compute": plugin})
    question = ", ".join(
        f"{value:.15g}" if isinstance(value, float) else str(value) for value in arguments.values()
    )
    turn = TurnState(question=question, lang=lang, emit=lambda _event: None)
    result = (await ToolRunner(host, turn).run(host.tool(f"compute.{name}"), arguments)).value()
    assert type(result).model_validate_json(result.model_dump_json()) == result
    assert result.card(lang).blocks
    book = EvidenceBook()
    book.add(result, tool=f"compute.{name}", call_id="c1")
    with use_language(lang):
        said = result.say(lang)
    marks = tie_out(said, book, question)
    assert len(marks) > 1
    assert [said[mark.start : mark.end] for mark in marks if mark.status in ("untied", "mismatch")] == []


def test_the_declarations_are_complete() -> None:
    assert tool_problems({tool.name: tool for tool in (solve, sweep, scaling, explain)}) == []
