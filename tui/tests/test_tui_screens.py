"""How the screens look; `pytest tui/tests/test_tui_screens.py --snapshot-update` after a change that is meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from fake_engine import FakeEngine, screen_text, until
from textual.pilot import Pilot

from tieout.contract.tools import Effect
from tieout.events import (
    EvidenceEvent,
    GuardEvent,
    MarkEvent,
    TextEvent,
    ToolResultEvent,
    ToolStartedEvent,
)
from tieout.i18n import use_language
from tieout.plugin import (
    Card,
    Code,
    Fact,
    Figure,
    Formula,
    Note,
    Plot,
    Quote,
    ReportSpan,
    Series,
    Stage,
    Table,
    Tree,
    UserInput,
)
from tieout.running import ApprovalRequest
from tieout_tui.app import ChatApp
from tieout_tui.dialogs import ApprovalDialog
from tieout_tui.prompt import Prompt

SPAN = ReportSpan(
    document="9f" * 32,
    title="AI compute weekly",
    page=3,
    start=120,
    end=160,
    quote="MFU reached 41.2%",
    publisher="Sample Bank",
)
TOKENS = Figure(value=15e12, unit="token", metric="tokens", origin=UserInput(text="15T", start=0, end=3))
MFU = Figure(
    value=0.412,
    unit="ratio",
    metric="MFU",
    origin=Formula(name="MFU", expression="C / P", inputs={"D": TOKENS}),
)
CARD = Card(
    title="Training compute",
    blocks=(
        Fact(label="MFU", value="41.2%", figure=MFU),
        Quote(text="MFU reached 41.2%\nafter the upgrade.", span=SPAN),
        Table(columns=("card", "TFLOP/s"), rows=(("H100", "989"), ("昇腾 910B", "376")), numeric=(1,)),
        Tree(label="MFU", children=(Tree(label="C", children=(Tree(label="N"), Tree(label="D"))), Tree(label="P"))),
        Code(text="import os\nos.system(cmd)\n", language="python", marked=(2,)),
        Plot(
            kind="bar", title="Peak", x_label="", y_label="TFLOP/s", categories=("H100", "910B"),
            series=(Series(name="", x=(0, 1), y=(989, 376)),),
        ),
        Plot(
            kind="line", title="Scaling", x_label="tokens", y_label="loss", x_log=True,
            series=(
                Series(name="7B", x=(1, 10, 100, 1000), y=(4, 3, 2.4, 2.1)),
                Series(name="70B", x=(1, 10, 100, 1000), y=(3.6, 2.6, 2.0, 1.7)),
            ),
        ),
        Note(level="warning", text="The peak is dense BF16."),
    ),
)  # fmt: skip
ANSWER = [
    ToolStartedEvent(call_id="c1", tool="compute.train", arguments={"params": "70B", "tokens": "15T"}),
    ToolResultEvent(call_id="c1", tool="compute.train", ok=True, seconds=0.2, card=CARD),
    TextEvent(text="The MFU is **41.2%** [AI compute weekly, p. 3]; a run costs 99 USD.\n\n"),
    TextEvent(text="| card | MFU |\n|---|--:|\n| H100 | 41 |\n"),
    EvidenceEvent(id="e1", tool="compute.train", call_id="c1", figure=MFU),
    MarkEvent(start=13, end=18, status="computed", evidence="e1"),
    MarkEvent(start=60, end=66, status="untied"),
    GuardEvent(guard="shield", stage=Stage.OUTPUT, verdict="warn", message="shell=True in line 2"),
]


def asked(app: ChatApp, question: str, shown: str, *keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def run(pilot: Pilot[int]) -> None:
        app.query_one(Prompt).cursor_blink = False
        app.query_one(Prompt).text = question
        await pilot.press("enter", *keys)
        await until(pilot, lambda: shown in screen_text(app))
        await pilot.pause(0.2)

    return run


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (100, 40)])
def test_answer(
    app: ChatApp, engine: FakeEngine, snap_compare: Callable[..., bool], size: tuple[int, int]
) -> None:
    engine.scripts.append(list(ANSWER))
    assert snap_compare(app, terminal_size=size, run_before=asked(app, "What is the MFU?", "shell=True"))


@pytest.mark.parametrize("width", [100, 40])
def test_card(app: ChatApp, engine: FakeEngine, snap_compare: Callable[..., bool], width: int) -> None:
    engine.scripts.append(list(ANSWER))
    run = asked(app, "/compute train", "The peak is dense")
    assert snap_compare(app, terminal_size=(width, 75), run_before=run)


def test_chinese(engine: FakeEngine, snap_compare: Callable[..., bool]) -> None:
    engine.scripts.append(list(ANSWER))
    with use_language("zh"):
        app = ChatApp(engine)
        assert snap_compare(app, terminal_size=(80, 30), run_before=asked(app, "MFU 是多少?", "shell=True"))


def test_light(app: ChatApp, engine: FakeEngine, snap_compare: Callable[..., bool]) -> None:
    engine.scripts.append(list(ANSWER))
    run = asked(app, "What is the MFU?", "shell=True", "ctrl+t")
    assert snap_compare(app, terminal_size=(80, 24), run_before=run)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_permission(
    app: ChatApp, engine: FakeEngine, snap_compare: Callable[..., bool], size: tuple[int, int]
) -> None:
    engine.scripts.append(
        [ApprovalRequest("stocks.update", Effect.NETWORK, {"symbol": "600519", "days": 30})]
    )

    async def run(pilot: Pilot[int]) -> None:
        app.query_one(Prompt).text = "update"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalDialog))
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=run)


def test_menu(app: ChatApp, snap_compare: Callable[..., bool]) -> None:
    async def run(pilot: Pilot[int]) -> None:
        app.query_one(Prompt).cursor_blink = False
        await until(pilot, lambda: len(app.query_one(Prompt).commands) > 5)
        await pilot.press("/")
        await pilot.pause(0.2)

    assert snap_compare(app, run_before=run)


def test_no_color_leaves_no_colour(
    engine: FakeEngine, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    engine.scripts.append(list(ANSWER))
    app = ChatApp(engine)
    assert snap_compare(app, run_before=asked(app, "What is the MFU?", "shell=True"))
