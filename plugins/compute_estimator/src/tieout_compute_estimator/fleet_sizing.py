"""Fleet: from users and their prompts to devices, monthly cost, margin, energy and emissions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator

from tieout.errors import InputError
from tieout.plugin import Candidate, Figure, Slot, tool, translator
from tieout_compute_estimator import fleet_figures as figures
from tieout_compute_estimator.api_prices import UNIT, PricePair, api_price
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.checks import fraction, positive
from tieout_compute_estimator.counting import count_of
from tieout_compute_estimator.derivation import N_, given
from tieout_compute_estimator.fleet_result import FleetResult
from tieout_compute_estimator.pricing import HourlyRent
from tieout_compute_estimator.priors import find_regions
from tieout_compute_estimator.serving import Answer, DeviceCount, DeviceName, Format, Model, Params, Prompt
from tieout_compute_estimator.serving_figures import operating_point
from tieout_compute_estimator.serving_setup import Setup, Wanted, settle

__all__ = ["fleet"]

_ = translator("tieout_compute_estimator")

_USERS = re.compile(
    r"\s*(?:名|个|位)?\s*(?:用户|日活|活跃|人(?!民)|(?:daily |active |monthly )*users?\b|DAU\b|people\b)",
    re.IGNORECASE,
)
_USERS_BEFORE = re.compile(
    r"(?:日活|DAU|用户(?:数|量|规模)?)\s*(?:为|是|有|约|达|of|=|:|\uff1a)?\s*$", re.IGNORECASE
)
_PROMPTS = re.compile(
    r"\s*(?:次|条|个|轮)?\s*(?:提问|对话|请求|问题|查询|调用|prompts?\b|requests?\b|questions?\b|queries\b|messages?\b|chats?\b)",
    re.IGNORECASE,
)
_PROMPTS_BEFORE = re.compile(
    r"(?:每人|每天|每日|人均|每个用户)(?:每天|每日|每人)?(?:提问|请求|问|用|调用)?\s*$"
)
_PEAK = re.compile(
    r"(?:峰值|高峰|peak)\D{0,14}?(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(?:倍|x|×)?\s*(?:的)?(?:峰值|高峰|peak)",
    re.IGNORECASE,
)


def _counts(text: str, after: re.Pattern[str], before: re.Pattern[str]) -> Sequence[Candidate]:
    from tieout.quantities import find

    return [
        Candidate(found.value, found.text, found.start, found.end)
        for found in find(text)
        if not found.unit and (after.match(text, found.end) or before.search(text[: found.start]))
    ]


def _find_users(text: str) -> Sequence[Candidate]:
    return _counts(text, _USERS, _USERS_BEFORE)


def _find_prompts(text: str) -> Sequence[Candidate]:
    return _counts(text, _PROMPTS, _PROMPTS_BEFORE)


def _find_peaks(text: str) -> Sequence[Candidate]:
    return [
        Candidate(float(hit.group(1) or hit.group(2)), hit.group(), hit.start(), hit.end())
        for hit in _PEAK.finditer(text)
    ]


@tool(
    examples={
        "zh": (
            "1000 万日活、每人每天 8 次提问,用 H20 部署 Qwen2.5-72B 需要多少张卡",
            "给 200 万用户提供 DeepSeek-V3 服务,每月算力成本多少",
            "自建推理集群和 API 定价相比毛利率有多高",
            "聊天机器人上线要买多少服务器:50 万用户,每天 20 次对话",
            "按峰值 3 倍预留,客服机器人集群每月电费和碳排放是多少",
            "推理服务每百万 token 的成本是多少",
            "搜索引擎接入大模型要准备多少显卡,每天 1 亿次查询",
        ),
        "en": (
            "How many H100s do I need to serve Llama 3.1 70B to 2 million daily users at 10 prompts each?",
            "monthly cost of a chatbot for 500,000 people on rented H200s",
            "what is the gross margin of serving DeepSeek-V3 ourselves against its API price",
            "size an inference cluster for 50 million requests a day with a peak factor of 3",
            "cost per million tokens when self-hosting Qwen3-32B for 100k users",
            "energy and CO2 per month of an assistant with 20 million daily users",
            "how many servers does a customer service bot with 30,000 users need",
        ),
    }
)
def fleet(
    model: Model = None,
    device: DeviceName = None,
    *,
    users: Annotated[
        float | None,
        Slot("quantity", find=_find_users, cues=("用户", "日活", "users", "DAU"), example="2 million users"),
        BeforeValidator(count_of),
    ] = None,
    prompts_per_day: Annotated[
        float | None,
        Slot(
            "quantity", find=_find_prompts, cues=("次", "提问", "prompts", "requests"), example="10 prompts"
        ),
        BeforeValidator(count_of),
    ] = None,
    prompt: Prompt = None,
    output: Answer = None,
    params: Params = None,
    config: str | None = None,
    device_count: DeviceCount = None,
    dtype: Format = None,
    peak_factor: Annotated[
        float,
        Slot("quantity", find=_find_peaks, cues=("峰值", "peak"), example="a peak of 3"),
        BeforeValidator(count_of),
    ] = 2.0,
    load: float = 0.7,
    spare: float = 1,
    usd_per_hour: HourlyRent = None,
    region: Annotated[
        str, Slot("text", find=find_regions, cues=("电网", "地区", "grid", "region"), example="China")
    ] = "World",
    api_model: str | None = None,
    usd_per_mtok_in: float | None = None,
    usd_per_mtok_out: float | None = None,
    speculative: float = 1.0,
) -> FleetResult:
    """Size a service: devices for its users, monthly rent, cost per million tokens, margin, energy and CO2.

    Needs a model, an accelerator and the number of users. Speed comes from the serving estimate with its band; one copy
    of the model is kept spare. The margin compares the rent with a list price per million tokens.

    Args:
        model: Name of a published model.
        device: Accelerator, e.g. H100 or H20.
        users: Users a day.
        prompts_per_day: Prompts of one user a day; 10 when left out.
        prompt: Tokens of a prompt, history included.
        output: Tokens of an answer.
        params: All parameters, when no model is named.
        config: Path of a config.json as published with the weights.
        device_count: Accelerators that hold one copy together; as many as give most per device when left out.
        dtype: Number format of the weights, e.g. bf16 or fp8.
        peak_factor: Busiest hour over the mean of the day.
        load: Share of a copy's throughput to plan with, between 0 and 1.
        spare: Copies on top, for one that fails.
        usd_per_hour: Rent of one device for one hour; the shipped price range when left out.
        region: Power grid, e.g. China, France or World.
        api_model: Whose list price the revenue is at; the model itself when left out.
        usd_per_mtok_in: Price of a million input tokens in USD, instead of a list price.
        usd_per_mtok_out: Price of a million output tokens in USD, instead of a list price.
        speculative: Mean tokens per decoding step with speculative decoding or multi-token prediction.

    Raises:
        InputError: Something is missing, not positive, or does not fit the devices.
        ToolError: Unknown model, device or region.
    """
    if users is None:
        from tieout_compute_estimator.checks import missing

        raise missing([(N_("users"), "2 million users")])
    setup = settle(
        Wanted(
            model=model,
            device=device,
            params=params,
            config=config,
            device_count=device_count,
            prompt=prompt,
            output=output,
            dtype=dtype,
            speculative=speculative,
        )
    )
    point = operating_point(setup)
    notes = list(setup.notes)
    if prompts_per_day is None:
        notes.append(_("10 prompts per user and day are assumed."))
        prompts_per_day = 10.0
    notes.append(
        _(
            "Planned for {peak} times the mean, {load} of a copy's throughput and {spare} spare copies.",
            peak=f"{peak_factor:g}",
            load=f"{load:.0%}",
            spare=f"{spare:g}",
        )
    )
    asked = given(positive("users", users), "", N_("users"))
    each = given(positive("prompts_per_day", prompts_per_day), "", N_("prompts per user and day"))
    needed = figures.load_of(
        users=asked,
        prompts=each,
        peak_factor=given(_at_least_one(peak_factor), "", N_("peak over mean")),
        load=given(fraction("load", load), "", N_("load planned with")),
        spare=given(_not_negative(spare), "", N_("spare copies")),
        prompt=setup.prompt,
        output=setup.output,
        throughput=point.throughput,
        per_replica=setup.count,
    )
    api = _api(setup, api_model, usd_per_mtok_in, usd_per_mtok_out, notes)
    hours = figures.hours_per_month(needed.devices)
    price = figures.price_of(setup.device, _checked(usd_per_hour))
    result = FleetResult(
        subject=setup.subject,
        device=setup.device.name,
        dtype=setup.dtype,
        region=region,
        provider=api.provider if api else "",
        users=asked,
        prompts_per_day=each,
        peak_rate=needed.peak_rate,
        throughput=point.throughput,
        devices_per_copy=setup.count,
        copies=needed.replicas,
        devices=needed.devices,
        input_tokens=needed.input_tokens,
        output_tokens=needed.output_tokens,
    )
    update: dict[str, Figure | None] = {}
    if price is not None:
        money = figures.money_of(hours, price, needed, api)
        update |= {
            "cost": money.cost,
            "cost_per_output": money.per_output,
            "cost_per_token": money.per_token,
            "revenue": money.revenue,
            "margin": money.margin,
        }
    spent = figures.energy_of(hours, setup.device, region)
    if spent is not None:
        update |= {"energy": spent.energy, "emissions": spent.emissions}
    result = result.model_copy(update=update)
    shown = [figure for _path, figure in result.figures()]
    return result.model_copy(update={"notes": (*notes, *data_notes(shown, on=today()))})


def _checked(usd_per_hour: float | None) -> float | None:
    return None if usd_per_hour is None else positive("usd_per_hour", usd_per_hour)


def _at_least_one(value: float) -> float:
    if positive("peak_factor", value) < 1:
        raise InputError(
            _("{name} must be at least {least}, not {value}.", name="peak_factor", least=1, value=value),
            code="compute-out-of-range",
        )
    return value


def _not_negative(value: float) -> float:
    if value < 0 or value != int(value):
        raise InputError(
            _("{name} must be a whole number, not {value}.", name="spare", value=value),
            code="compute-not-whole",
        )
    return value


def _api(
    setup: Setup, name: str | None, price_in: float | None, price_out: float | None, notes: list[str]
) -> PricePair | None:
    """The price to compare with: given, or the list price of the model named, or of the model itself."""
    if price_in is not None or price_out is not None:
        if price_in is None or price_out is None:
            raise InputError(
                _("Give both prices of a million tokens, for input and for output."),
                code="compute-missing-input",
            )
        return PricePair(
            given(positive("usd_per_mtok_in", price_in), UNIT, N_("price of input tokens")),
            given(positive("usd_per_mtok_out", price_out), UNIT, N_("price of output tokens")),
            _("the price given"),
        )
    wanted = name or setup.subject
    found = api_price(wanted) if wanted else None
    if found is None and name is not None:
        notes.append(_("No list price of {model} is known: there is no margin.", model=name))
    return found
