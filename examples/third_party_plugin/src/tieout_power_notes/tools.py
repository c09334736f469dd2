"""The tools. One function each: the model's tool, the command, the slash command and the card."""

from __future__ import annotations

from typing import Annotated, Any

from tieout.errors import ToolError
from tieout.plugin import Figure, Formula, Slot, Tool, tool, translator
from tieout_power_notes.prices import Sector, price_of
from tieout_power_notes.results import Bill, Found
from tieout_power_notes.settings import PowerSettings

_ = translator("tieout_power_notes")

_BILL_EXAMPLES = {
    "en": (
        "What does the electricity for a 100 MW data centre cost in 30 days?",
        "power bill of 40 MW over a year",
        "How much is running 20 MW of GPUs for 90 days at the industrial price?",
        "electricity cost of a 5 MW load for 12 hours",
        "what would I pay for the energy of a 300 MW campus per month of 30 days",
        "energy use and cost of 75 MW for 1000 hours",
    ),
    "zh": (
        "100 兆瓦的数据中心运行 30 天电费是多少?",
        "40 MW 负荷一年要交多少电费",
        "20 兆瓦的 GPU 集群跑 90 天,按工业电价要花多少钱",
        "5 MW 的机房用电 12 小时的成本",
        "300 兆瓦园区 30 天用多少电、花多少钱",
        "75 MW 运行 1000 小时的耗电量和电费",
    ),
}
_NOTES_EXAMPLES = {
    "en": (
        "What do the power notes say about PUE?",
        "find the note on energy and power",
        "what is written about the industrial price in the power notes",
        "look up cooling losses in my power notes",
        "power notes on commercial tariffs",
        "what do my notes say about load",
    ),
    "zh": (
        "电力笔记里怎么说 PUE?",
        "在电力笔记里找功率和电量的区别",
        "笔记里关于工业电价写了什么",
        "查一下电力笔记中的散热损耗",
        "电力笔记里的商业电价",
        "我的笔记里怎么说负荷",
    ),
}


def power_tools(settings: PowerSettings) -> list[Tool[..., Any]]:
    """The tools of one host."""

    @tool(examples=_BILL_EXAMPLES)
    def bill(
        load: Annotated[float, Slot("quantity", unit="MW", example="100 MW", cues=("load", "负荷"))],
        time: Annotated[float, Slot("quantity", unit="h", example="30 days", cues=("for", "over", "运行"))],
        sector: Sector = "industrial",
        pue: float | None = None,
    ) -> Bill:
        """Energy and cost of running a data centre, at the average price of a sector in the United States.

        Args:
            load: Power of the computers, without cooling.
            time: How long they run.
            sector: Which average price: industrial, commercial or residential.
            pue: Energy of the site over energy of the computers; the settings' value when left out.
        """
        factor = settings.pue if pue is None else pue
        if load <= 0 or time <= 0 or factor < 1:
            raise ToolError(
                _("Load and time must be above zero, and a PUE is at least 1."), code="power-range"
            )
        return _bill(load, time, factor, price_of(sector))

    @tool(examples=_NOTES_EXAMPLES)
    async def notes(about: Annotated[str, Slot("text", example="PUE")]) -> Found:
        """Search the notes on power and quote them word for word.

        Args:
            about: What to look for.
        """
        passages = await settings.notes.search(about, limit=3)
        if not passages:
            raise ToolError(
                _("The notes say nothing about {about}.", about=repr(about)), code="power-no-note"
            )
        return Found(quotes=[passage.span for passage in passages])

    return [bill, notes]


def _bill(load: float, time: float, pue: float, price: Figure) -> Bill:
    inputs = {
        "P": Figure(value=load, unit="MW", metric="load"),
        "t": Figure(value=time, unit="h", metric="time"),
        "PUE": Figure(value=pue, metric="PUE"),
    }
    energy = Figure(
        value=load * time * pue,
        unit="MWh",
        metric="energy",
        origin=Formula(
            name="site energy", expression="P · t · PUE", inputs=inputs, convention="load constant"
        ),
    )
    cost = Figure(
        value=energy.value * 1000 * price.value / 100,
        unit="USD",
        metric="cost",
        origin=Formula(name="electricity cost", expression="E · p", inputs={"E": energy, "p": price}),
    )
    return Bill(load=inputs["P"], time=inputs["t"], pue=inputs["PUE"], energy=energy, price=price, cost=cost)
