"""Nothing that somebody else wrote steers the terminal, hides, or breaks the screen."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from fake_engine import FakeEngine, screen_text, until
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from textual.color import Color
from textual.events import Paste

from tieout.contract.tools import Effect
from tieout.events import (
    ErrorEvent,
    EvidenceEvent,
    GuardEvent,
    MarkEvent,
    TextEvent,
    ToolProgressEvent,
    ToolResultEvent,
    ToolStartedEvent,
    WaitingEvent,
)
from tieout.plugin import (
    Card,
    Code,
    Fact,
    Figure,
    Finding,
    Note,
    Plot,
    Quote,
    ReportSpan,
    Series,
    Stage,
    Table,
    Text,
    Tree,
)
from tieout.running import ApprovalRequest
from tieout_tui.app import ChatApp
from tieout_tui.dialogs import ApprovalDialog, DetailDialog, SessionDialog
from tieout_tui.engine import ModelInfo, PastTurn, Ready, SessionInfo, ToolInfo
from tieout_tui.lastline import ControlFilter
from tieout_tui.prompt import Prompt
from tieout_tui.safemarkdown import safe_parser

EVIL = (
    "\x1b]52;c;ZXZpbA==\x07\x1b]0;title\x1b\\\x1b[2J\x1b[31m\x1bP1;2q\x1b\\\x9b2J\x9d0;t\x9c\x0e\x00\x7f"
    "\u202ertl\u202c\u2066iso\u2069\u200bzero\ufeff\U000e0041tag" + "e\u0301" + "\u0301" * 40
)
MARKUP = "[/nope] [bold]x[/] =[/]= [@click=app.quit]q[/] [link=x]"
BAD = EVIL + MARKUP
TALL = (100, 160)


def hostile_card() -> Card:
    span = ReportSpan(document="a" * 64, title=BAD, page=3, start=0, end=9, quote=BAD, publisher=BAD)
    figure = Figure(value=1.0, unit=BAD, subject=BAD, metric=BAD, text=BAD, origin=span)
    series = Series(name=BAD, x=(1, 2), y=(3, 4))
    return Card(
        title="TITLE" + BAD,
        blocks=(
            Fact(label="FACT" + BAD, value=BAD, figure=figure),
            Text(text="TEXT" + BAD),
            Quote(text="QUOTE" + BAD, span=span),
            Table(columns=("TABLE" + BAD, "b"), rows=((BAD, "1"),), numeric=(1,)),
            Code(text="CODE" + BAD, language=BAD, marked=(1,)),
            Tree(label="TREE" + BAD, children=(Tree(label=BAD),)),
            Plot(
                kind="bar",
                title="PLOT" + BAD,
                x_label=BAD,
                y_label=BAD,
                series=(series,),
                categories=(BAD, BAD),
            ),
            Plot(kind="line", title=BAD, x_label=BAD, y_label=BAD, series=(series,)),
            Note(level="warning", text="NOTE" + BAD),
        ),
    )


def hostile_script() -> list:
    span = ReportSpan(
        document="a" * 64, title=BAD, page=3, start=0, end=9, quote=BAD, published=date(2026, 1, 2)
    )
    figure = Figure(value=41.2, unit=BAD, subject=BAD, metric=BAD, text=BAD, origin=span)
    return [
        ToolStartedEvent(call_id="c1", tool="TOOL" + BAD, arguments={BAD: BAD, "list": [BAD]}),
        ToolProgressEvent(call_id="c1", tool="TOOL" + BAD, done=1, message=BAD),
        ToolResultEvent(call_id="c1", tool="TOOL" + BAD, ok=True, seconds=0.1, card=hostile_card()),
        ToolStartedEvent(call_id="c2", tool=BAD, arguments={}),
        ToolResultEvent(call_id="c2", tool=BAD, ok=False, seconds=0.1, error="FAILED" + BAD, code=BAD),
        GuardEvent(
            guard=BAD,
            stage=Stage.OUTPUT,
            verdict="warn",
            message="GUARD" + BAD,
            findings=(Finding(rule="r", severity="high", message=BAD),),
        ),
        WaitingEvent(reason="WAIT" + BAD),
        TextEvent(text="# ANSWER " + BAD + "\n\n`" + BAD + "`\n\n```" + BAD + "\n" + BAD + "\n```\n\n"),
        TextEvent(
            text="| a | b |\n|---|---|\n| "
            + BAD.replace("|", "")
            + " | 2 |\n\n- "
            + BAD
            + "\n\n> "
            + BAD
            + "\n\n"
        ),
        TextEvent(
            text=f"[LINK {BAD}](https://evil.example/{EVIL}) ![IMG](x.png) <b>HTML</b> &#x202e;&#27;[2J\n\n12.5"
        ),
        EvidenceEvent(id="e1", tool=BAD, call_id="c1", figure=figure),
        MarkEvent(start=0, end=3, status="tied", evidence="e1"),
        MarkEvent(start=1, end=4, status="mismatch", detail=BAD),
        ErrorEvent(code=BAD, message="ERROR" + BAD, hint=BAD),
    ]


def written(app: ChatApp) -> str:
    """What the driver would write for the whole screen, without colours and styles."""
    console = Console(force_terminal=True, color_system="truecolor")
    ansi = "\n".join(strip.render(console) for strip in app.screen._compositor.render_strips())
    return re.sub(r"\x1b\[[0-9;]*m", "", ansi)


def assert_harmless(app: ChatApp) -> None:
    shown = written(app)
    found = re.findall(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]",
        shown,
    )
    assert not found, found
    assert "\u0301" * 9 not in shown
    assert "ZXZpbA==" not in shown, "an OSC sequence goes whole, its payload too"


async def test_every_widget_is_harmless(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append(hostile_script())
    engine.ready = Ready(
        model=ModelInfo("MODEL" + BAD, local=False, sends_to=BAD),
        tools=(ToolInfo("/evil " + BAD, BAD, BAD),),
        warnings=("WARNING" + BAD,),
        title="TALK" + BAD,
        past=(PastTurn("PAST" + BAD, BAD, "interrupted"),),
    )
    async with app.run_test(size=TALL) as pilot:
        await pilot.press("ctrl+o")
        app.query_one(Prompt).text = "QUESTION " + BAD
        await pilot.press("enter")
        await until(pilot, lambda: "ERROR" in screen_text(app))
        await pilot.pause(0.3)
        text = screen_text(app)
        for word in (
            "TOOL", "TITLE", "FACT", "TEXT", "QUOTE", "TABLE", "CODE", "TREE", "PLOT", "NOTE", "FAILED", "GUARD",
            "WAIT", "ANSWER", "LINK", "IMG", "HTML", "ERROR", "WARNING", "MODEL", "PAST", "QUESTION", "Sources",
        ):  # fmt: skip
            assert word in text, word
        assert_harmless(app)
        app.query_one(Prompt).post_message(Paste("/evil" + BAD))
        await until(pilot, lambda: app.query_one(Prompt).text.startswith("/evil"))
        assert_harmless(app)
        await pilot.press("ctrl+u", "ctrl+u", "up")
        assert "PAST" in app.query_one(Prompt).text or "QUESTION" in app.query_one(Prompt).text


async def test_dialogs_are_harmless(app: ChatApp, engine: FakeEngine) -> None:
    engine.stored = [SessionInfo("a", "STORED" + BAD, 1, datetime(2026, 5, 4, tzinfo=UTC))]
    engine.scripts.append([ApprovalRequest("TOOL" + BAD, Effect.SPEND, {BAD: BAD})])
    async with app.run_test(size=TALL) as pilot:
        app.query_one(Prompt).text = "/sessions"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionDialog))
        await until(pilot, lambda: "STORED" in screen_text(app))
        assert_harmless(app)
        await pilot.press("escape")
        app.query_one(Prompt).text = "x"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ApprovalDialog))
        await until(pilot, lambda: "TOOL" in screen_text(app))
        assert_harmless(app)
        await pilot.press("escape")
        await pilot.pause()
        app.push_screen(DetailDialog("DETAIL" + BAD, [BAD]))
        await until(pilot, lambda: "DETAIL" in screen_text(app))
        assert_harmless(app)
        app.notify(BAD, markup=False)  # not used by the chat: the last line of defence holds all the same
        await pilot.pause(0.2)
        shown = written(app)
        assert "\x1b" not in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize("cut", range(1, 40, 3))
async def test_sequence_cut_by_chunks_is_still_dropped(app: ChatApp, engine: FakeEngine, cut: int) -> None:
    text = "before \x1b]52;c;ZXZpbA==\x07 middle \x1b[2J after"
    engine.scripts.append([TextEvent(text=text[:cut]), 0.05, TextEvent(text=text[cut:])])
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Prompt).text = "x"
        await pilot.press("enter")
        await until(pilot, lambda: "before middle after" in screen_text(app).replace("  ", " "))
        assert_harmless(app)


async def test_link_shows_its_target_and_cannot_be_clicked(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([TextEvent(text="See [the report](https://example.com/a) now.")])
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Prompt).text = "x"
        await pilot.press("enter")
        await until(pilot, lambda: "See the report (https://example.com/a) now." in screen_text(app))
        metas = [
            segment.style.meta
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style
        ]
        assert not any("link" in str(meta) or "@click" in meta for meta in metas)


@given(st.text())
def test_control_filter_lets_no_control_through(text: str) -> None:
    (segment,) = ControlFilter().apply([Segment(text)], Color(0, 0, 0))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", segment.text)


@given(st.text(alphabet=st.sampled_from("a[]()!<>&#x202e;`*_\n -|\u202e\x1b\x9b\x00\\"), max_size=60))
def test_parsed_markdown_holds_no_controls_and_no_links(text: str) -> None:
    for token in safe_parser().parse(text):
        for part in [token, *(token.children or [])]:
            assert part.type not in ("link_open", "image", "html_inline", "html_block")
            if part.type != "inline":
                assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", part.content + part.info)
