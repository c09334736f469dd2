"""Chinese answers are Chinese: what is left in Latin letters is a name, a unit, a symbol or the title of a source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files

import pytest

from tieout.cardtext import card_text
from tieout.i18n import Translator, translator, use_language
from tieout.plugin import Effect
from tieout.running import ToolRunner, TurnState
from tieout.testing import HostMaker
from tieout_compute_estimator import phrases, plugin
from tieout_compute_estimator.claims import source_phrases
from tieout_compute_estimator.claims.tool import check_text
from tieout_compute_estimator.derivation import brief_source

RUN: dict[str, object] = {"params": "70B", "tokens": "15T", "device": "H100"}
CALLS: dict[str, list[dict[str, object]]] = {
    "train": [
        RUN,
        {"model": "Llama 3 70B", "device": "H800", "mfu": 0.4, "device_count": 1024},
        {"model": "DeepSeek-V3", "device": "H20", "usd_per_hour": 2},
        {"model": "Llama 2 7B", "device": "A100", "convention": "exact", "attention": "causal", "seq": 4096},
        {"params": "1.3万亿", "tokens": "15 万亿", "device": "昇腾 910B"},
        {"model": "Mixtral 8x7B", "tokens": "2T", "device": "TPU v5p", "dtype": "int8"},
    ],
    "mfu": [
        {**RUN, "gpu_hours": "6.4M"},
        {**RUN, "gpu_hours": "0.1M"},
        {"model": "Llama 3.1 405B"},
        {"model": "Llama 3 8B", "convention": "exact", "seq": 8192, "recompute": "full"},
        {"model": "DeepSeek-V3"},
        {**RUN, "gpu_hours": "6.4M", "device": "MI300X", "dtype": "fp8"},
    ],
    "memory": [
        {"model": "Llama 3 70B", "context": 8192, "sequences": 8},
        {"model": "DeepSeek-V3", "context": 32768},
        {"params": "70B", "dtype": "int4"},
        {"model": "Qwen2.5-72B", "quant": "Q4_K_M", "context": 4096},
        {"model": "Llama 3 8B", "purpose": "training"},
        {"model": "Gemma 3 27B", "context": 131072},
    ],
    "solve": [
        {"target": "days", **RUN, "device_count": 2048},
        {"target": "devices", "params": "70B", "tokens": "15T", "device": "H20", "days": 90},
        {"target": "mfu", **RUN, "device_count": 16000, "days": 20},
        {"target": "tokens", "params": "70B", "device": "H100", "budget": "$5M"},
        {"target": "params", "tokens": "15T", "device": "A100", "budget": "$5M", "usd_per_hour": 1.5},
        {"target": "energy", **RUN},
        {"target": "days", "flops": 1e25, "device": "H800", "device_count": 2048, "goodput": 0.9},
    ],
    "serve": [
        {"model": "Llama 3 70B", "device": "H100"},
        {"model": "DeepSeek-V3", "device": "H20", "batch": 64, "prompt": 2000, "output": 500},
        {"model": "Llama 3 8B", "device": "RTX 4090", "dtype": "int4"},
        {"params": "70B", "device": "昇腾 910B", "layers": 80, "kv_heads": 8, "head_dim": 128},
    ],
    "fleet": [
        {"model": "Llama 3 70B", "device": "H100", "users": "2 million"},
        {"model": "DeepSeek-V3", "device": "H800", "users": "1000万", "region": "China"},
    ],
    "scaling": [
        {"params": "70B", "tokens": "15T"},
        {"flops": 1e24},
        {"params": "7B", "served_tokens": "10T"},
        {"model": "DeepSeek-V3", "flops": 1e25},
    ],
    "sweep": [
        {"params": "7B, 13B, 70B", "tokens": "1T..15T", "device": "H100"},
        {"params": "70B", "tokens": "15T", "device": "A100, H100, H20"},
    ],
    "explain": [
        {"call": "train 70B 15T device=H100"},
        {"call": "train 70B 15T device=H100", "why": "cost"},
        {"call": "train 70B 15T device=H100", "what_if": "mfu=50%"},
        {"call": "memory model='Llama 3 70B' context=8192", "form": "markdown"},
        {"call": "serve 'Llama 3 70B' H100"},
        {"call": "scaling 70B 15T"},
    ],
    "hardware": [
        {"device": name}
        for name in ("V100", "A100", "H100", "H800", "H20", "B200", "GB200", "GB300", "L40S", "RTX 4090", "MI300X",
                     "TPU v5p", "Gaudi3", "Trainium2", "昇腾 910B", "昇腾 910C", "MLU370-X8", "MTT S4000", "M4 Max")
    ],
    "models": [
        *({"model": name} for name in ("GPT-3 175B", "GPT-4", "Llama 3 70B", "Llama 3.1 405B", "DeepSeek-V3",
                                       "Qwen2.5-72B", "Mixtral 8x7B", "Kimi K2", "PaLM 540B", "OPT-175B")),
        {},
    ],
    "check": [
        {"text": text}
        for text in (
            "Llama 3 70B 训练用了 15T token、640 万 H100 卡时，MFU 80%",
            "H100 的 BF16 算力为 1979 TFLOPS",
            "寒武纪 MLU370-X8 的浮点算力达到 256 TFLOPS。",
            "用 1000 张 H100 训练 70B 参数、15T token 需要 10 天，MFU 40%",
            "50 台 H100 服务器共 400 卡，算力 800 PFLOPS",
            "InfiniBand NDR 的带宽为 400 GB/s",
            "2023 年底我国算力总规模为 260 EFLOPS",
            "英伟达 T4 的 FP16 算力为 65 TFLOPS",
            "16 张 V100 的算力为 2 PFLOPS",
            "GPT-4o 输入价格为 5 美元/千 token",
            "Phi-2 用 96 张 A100 训练了 14 天",
            "GPT-4 有 1.8 万亿参数，成本 7800 万美元",
            (
                "Llama 2 70B 训练约 9720 PFlop/s-day,花费约 344 万美元；某客服机器人每月推理账单 86 万美元,"
                "由此推算其月推理算力约 2430 PFlop/s-day。"
            ),
            "DGX H100 的算力为 32 PFLOPS",
        )
    ],
    "devices": [{}],
    "registry": [{}],
}  # fmt: skip

TYPED = re.compile(
    r"https?://\S+"
    r"|\b[A-Za-z0-9-]+(?:[_/.]+[A-Za-z0-9-]+)+"  # repositories and files, fields of the tables, rates, sites
    r"|还可以解释：.*"  # names to type
    r"|\b(?:train|memory|serve|scaling|solve) (?:\w+=)?.*"  # a call as it was typed
)
TITLE = re.compile(
    r"[A-Z][\w’-]+(?:,? (?:et al\.|and [A-Z]\w+))? (?:19|20)\d\d,? ?(?:arXiv:[\d.]+)?"
    r"(?:, (?:section|appendix|Tables?) [\dA-Z.]+(?:(?:,| and| and appendix) [\dA-Z.]+)*)?"
    r"|et al\.|arXiv:[\d.]+|\bappendix [A-Z]\b|\bsection [\d.]+|Tables? [\d.]+ and [\d.]+"
    r"|[A-Z][\w. ]+ API pricing, as listed by genai-prices [\d.]+"
)
ALLOWED = {
    *("token", "tok", "cache", "day", "hour"),  # KV cache, PF-day
    *("min", "max", "argmin", "argmax", "ec", "em", "el", "slope", "per"),  # symbols; GB200 (per GPU)
    *(
        "all",
        "reduce",
        "llama",
        "quantize",
        "ggml",
        "gpt",
        "oss",
        "mini",
        "medium",
        "jax",
        "book",
        "stas",
        "nats",
    ),
    *(
        "engineering",
        "tomshardware",
        "compux",
        "avalanchenoticias",
        "datacrunch",
        "boardor",
        "fibermall",
        "scaling",
    ),
    *("deepseek", "infra", "index", "resources", "bf", "fp", "fits"),
}
"""Terms of the field, symbols, and names of products and sites that are written small."""
WORD = re.compile(r"(?<![A-Za-z])[a-z]{2,}(?![A-Za-z])")


def english_in(text: str) -> list[str]:
    """The words of a Chinese text that are English and no name."""
    found: list[str] = []
    for line in text.splitlines():
        rest = TYPED.sub("", TITLE.sub("", line))
        found += [f"{word}: {line.strip()[:160]}" for word in WORD.findall(rest) if word not in ALLOWED]
    return found


async def texts(make_host: HostMaker, tool: str, arguments: dict[str, object]) -> str:
    """Everything that one call shows to a Chinese reader."""
    host = make_host({"compute": plugin})
    turn = TurnState(lang="zh", emit=lambda _event: None, approved=frozenset(Effect))
    result = (await ToolRunner(host, turn).run(host.tool(f"compute.{tool}"), arguments)).value()
    with use_language("zh"):
        return "\n".join((result.say("zh"), card_text(result.card("zh")), result.printout("zh") or ""))


@pytest.mark.parametrize("tool", CALLS)
async def test_a_chinese_answer_holds_no_english_prose(make_host: HostMaker, tool: str) -> None:
    for arguments in CALLS[tool]:
        shown = await texts(make_host, tool, arguments)
        assert english_in(shown) == [], arguments


def test_the_check_sees_english_where_it_is() -> None:
    assert english_in("显存 80 GB (not read again)")
    assert english_in("约 3 天, about 20 GPUs of this kind")
    assert not english_in("KV cache 每 token 占 2 字节；见 Kaplan et al. 2020, arXiv:2001.08361, section 2.1")


def pieces(value: object) -> Iterator[str]:
    """Every text in a data file, whole and in the pieces in which it is translated."""
    if isinstance(value, str):
        yield value
        yield from Pieces("tieout_compute_estimator").of(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from pieces(item)
    elif isinstance(value, list):
        for item in value:
            yield from pieces(item)


class Pieces(Translator):
    """Writes down what is looked up."""

    def of(self, text: str) -> list[str]:
        self.asked: list[str] = []
        self.pieces(text, lang="zh")
        return self.asked

    def __call__(self, message: str, /, **_values: object) -> str:
        self.asked.append(message)
        return message


def test_no_phrase_is_kept_that_the_data_do_not_hold() -> None:
    folder = files("tieout_compute_estimator").joinpath("data")
    there = {
        piece
        for file in folder.iterdir()
        if file.name.endswith(".json")
        for piece in pieces(json.loads(file.read_text("utf-8")))
    }
    assert [phrase for phrase in phrases.IN_DATA if phrase not in there] == []
    assert len(set(phrases.IN_DATA)) == len(phrases.IN_DATA)


def test_a_source_is_translated_around_its_titles() -> None:
    _ = translator("tieout_compute_estimator")
    assert (
        _.pieces("vendor datasheet (not read again); Hot Chips 34", lang="zh")
        == "厂商规格书 (未再核对); Hot Chips 34"
    )
    assert _.pieces("vendor datasheet (not read again)", lang="en") == "vendor datasheet (not read again)"


def test_no_source_phrase_is_kept_that_the_facts_do_not_hold() -> None:
    table = json.loads(files("tieout_compute_estimator").joinpath("data/facts.json").read_text("utf-8"))
    sources = [origin["text"] for origin in table["sources"].values()]
    there = {piece for text in sources for piece in (*pieces(text), brief_source(text, "en"))}
    assert [phrase for phrase in source_phrases.SOURCES if phrase not in there] == []
    named = {fact["subject"] for fact in table["facts"]} | {subject["name"] for subject in table["subjects"]}
    assert [name for name in source_phrases.SUBJECTS if name not in named] == []


def test_every_column_and_number_format_of_the_facts_has_its_chinese() -> None:
    _ = translator("tieout_compute_estimator")
    table = json.loads(files("tieout_compute_estimator").joinpath("data/facts.json").read_text("utf-8"))
    columns = {fact["role"] for fact in table["facts"]} - {"tokens", "mfu"}
    assert [column for column in sorted(columns) if _(column, lang="zh") == column] == []
    formats = {fact["dtype"].upper() for fact in table["facts"] if fact.get("dtype")}
    told = [_(f"{name} {kind}", lang="zh") for name in formats for kind in ("dense", "sparse")]
    assert [text for text in told if WORD.search(text)] == []


def test_a_corrected_count_keeps_the_device_that_it_counts() -> None:
    result = check_text("用 1000 张 H100 训练 70B 参数、15T token 需要 10 天，MFU 40%")
    assert "张 H100 训练" in result.claims[0].corrected


def test_the_two_rows_of_a_claim_are_the_stated_and_the_recomputed_value() -> None:
    result = check_text("Llama 3 70B 训练用了 15T token、640 万 H100 卡时，MFU 80%")
    with use_language("zh"):
        shown = card_text(result.card("zh"))
    rows = [line.split()[0] for line in shown.splitlines() if line.startswith(("文中 ", "重算 "))]
    assert rows == ["文中", "重算"]
    assert "重算  文中" not in shown
