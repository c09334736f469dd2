"""What the tools say is tied to what they found: every number, in both languages, and no other number."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tieout.contract.tools import Effect
from tieout.evidence import EvidenceBook
from tieout.host import Host
from tieout.i18n import LANGUAGES, Language, use_language
from tieout.marks import tie_out
from tieout.running import ToolRunner, TurnState
from tieout.settings import load_settings

REPORTS = Path(__file__).resolve().parents[1] / "examples" / "sample_reports"
DEVICES = (
    *(
        "V100",
        "A100",
        "H100",
        "H800",
        "H20",
        "B200",
        "GB200",
        "L40S",
        "RTX 4090",
        "MI300X",
        "TPU v5p",
        "Gaudi3",
    ),
    *("Trainium2", "昇腾 910B", "昇腾 910C", "MLU370-X8", "MTT S4000", "M4 Max"),
)
MODELS = (
    "GPT-3 175B",
    "Llama 3 70B",
    "Llama 3.1 405B",
    "DeepSeek-V3",
    "Qwen2.5-72B",
    "Mixtral 8x7B",
    "Kimi K2",
)
RUN = {"params": "70B", "tokens": "15T", "gpu_hours": "6.4M"}
QUERIES = (
    "Llama 3 70B 的 MFU 是多少", "MFU of Llama 3", "H100 租金", "rental price of H100 per hour", "金山办公", "推理成本",
    "昇腾 910B", "training cost", "energy per token", "KV cache 显存", "token 价格", "how many parameters", "WPS 365",
)  # fmt: skip
SECURITIES = (
    "金山办公",
    "688111",
    "贵州茅台",
    "NVDA",
    "0700.HK",
    "沪深300",
    "三六零",
    "360",
    "紫光",
    "nosuch",
    "S&P 500",
)
CALLS: tuple[tuple[str, dict[str, object]], ...] = (
    *(("compute.hardware", {"device": device}) for device in DEVICES),
    *(("compute.models", {"model": model}) for model in MODELS),
    *(("compute.mfu", {**RUN, "device": device}) for device in ("H100", "A100-80GB", "昇腾 910B", "MI300X")),
    ("compute.mfu", {"model": "Llama 3.1 405B"}),
    ("compute.mfu", {"model": "DeepSeek-V3"}),
    *(("compute.train", {"model": model, "device": "H100"}) for model in MODELS if "8x7B" not in model),
    ("compute.train", {"params": "7B", "tokens": "2T", "device": "A100", "mfu": 0.4, "device_count": 1024}),
    ("compute.train", {"params": "1.3万亿", "tokens": "15 万亿", "device": "B200"}),
    *(("compute.memory", {"model": model}) for model in MODELS),
    *(("compute.memory", {"model": model, "context": 32768, "sequences": 8}) for model in MODELS),
    ("compute.memory", {"params": "70B", "dtype": "int4"}),
    ("compute.models", {}),
    ("compute.devices", {}),
    *(("stocks.lookup", {"name": name}) for name in SECURITIES),
    *(("reports.search", {"query": query, "limit": 8}) for query in QUERIES),
    ("reports.list", {}),
)
# No figure of any tool has these digits.
FOREIGN = "73.18527"


@dataclass(frozen=True)
class Said:
    """What one call said, and the evidence it gave."""

    call: str
    words: str
    lang: Language
    answer: str
    book: EvidenceBook

    def around(self, start: int, end: int) -> str:
        return f"{self.call} in {self.lang}: …{self.answer[max(0, start - 30) : end + 20]!r}"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[Said]:
    """Every call in both languages."""
    return asyncio.run(_say_all(tmp_path_factory.mktemp("tieout")))


async def _say_all(folder: Path) -> list[Said]:
    settings = load_settings(
        folder=folder,
        environment={"TIEOUT_CONFIG": str(folder / "none.toml")},
        overrides={"data_dir": str(folder), "plugins": {"reports": {"folders": [str(REPORTS)]}}},
    )
    found: list[Said] = []
    async with Host(settings, ephemeral=True) as host:
        for lang in LANGUAGES:
            for tool, arguments in CALLS:
                turn = TurnState(lang=lang, emit=lambda _event: None, approved=frozenset(Effect))
                result = (await ToolRunner(host, turn).run(host.tool(tool), arguments)).value()
                book = EvidenceBook()
                book.add(result, tool=tool, call_id="c1")
                words = " ".join(map(str, arguments.values()))
                with use_language(lang):
                    found.append(Said(f"{tool} {arguments}", words, lang, result.say(lang), book))
    return found


def test_every_number_that_a_tool_says_is_accounted_for(said: list[Said]) -> None:
    flagged: list[str] = []
    checked = 0
    for one in said:
        for mark in tie_out(one.answer, one.book, one.words):
            checked += 1
            if mark.status in ("untied", "mismatch"):
                number = one.answer[mark.start : mark.end]
                flagged.append(f"{mark.status} {number!r} ({mark.detail}) {one.around(mark.start, mark.end)}")
    assert flagged == []
    assert checked > 1_000


def test_another_number_in_the_same_place_is_flagged(said: list[Said]) -> None:
    passed: list[str] = []
    checked = 0
    for one in said:
        for mark in tie_out(one.answer, one.book, ""):
            number = one.answer[mark.start : mark.end]
            if mark.status not in ("tied", "computed") or not number[0].isdecimal():
                continue
            foreign = re.sub(r"\d[\d,.]*(?:e\d+)?", FOREIGN, number, count=1)
            changed = one.answer[: mark.start] + foreign + one.answer[mark.end :]
            there = [
                other for other in tie_out(changed, one.book, "") if other.start <= mark.start < other.end
            ]
            checked += 1
            if [other.status for other in there] not in (["untied"], ["mismatch"]):
                passed.append(f"{foreign} for {number} passes: {one.around(mark.start, mark.end)}")
    assert passed == []
    assert checked > 300
