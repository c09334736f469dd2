"""The chat as its user meets it: typing, answers, stopping, leaving."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_engine import FakeEngine, screen_text, until
from textual.events import Key
from textual.widgets import OptionList

from tieout.contract.tools import Effect
from tieout.errors import ExitCode, SettingsError
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
from tieout.evidence import Evidence
from tieout.plugin import Card, Fact, Figure, Formula, Stage, UserInput
from tieout.running import ApprovalRequest
from tieout_tui.app import ChatApp
from tieout_tui.dialogs import ApprovalDialog, DetailDialog, SessionDialog
from tieout_tui.engine import ModelInfo, PastTurn, Ready, ToolInfo
from tieout_tui.prompt import Prompt

SIZE = (80, 24)


def tool_events(*, ok: bool = True) -> list:
    card = Card(title="Training compute", blocks=(Fact(label="MFU", value="41.2%"),))
    return [
        ToolStartedEvent(call_id="c1", tool="compute.train", arguments={"params": "70B"}),
        ToolProgressEvent(call_id="c1", tool="compute.train", done=1, total=4, message="reading"),
        ToolResultEvent(call_id="c1", tool="compute.train", ok=True, seconds=0.2, card=card)
        if ok
        else ToolResultEvent(
            call_id="c1", tool="compute.train", ok=False, seconds=0.2, error="no such device", code="tool"
        ),
    ]


async def ask(pilot, text: str) -> None:
    pilot.app.query_one(Prompt).insert(text)
    await pilot.press("enter")


async def test_answer_is_drawn_as_markdown(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([TextEvent(text="The **MFU**"), TextEvent(text=" is low.\n\n- one\n- two\n")])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "How much?")
        await until(pilot, lambda: "• two" in screen_text(app))
        assert "The MFU is low." in screen_text(app)
        assert "> How much?" in screen_text(app)


async def test_question_before_the_engine_is_ready_is_queued_and_answered(
    app: ChatApp, engine: FakeEngine
) -> None:
    engine.held = True
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "first")
        await ask(pilot, "second")
        await until(pilot, lambda: "> (waiting) second" in screen_text(app))
        assert engine.asked == []
        engine.gate.set()
        await until(pilot, lambda: "Answer to second" in screen_text(app))
        assert engine.asked == ["first", "second"]
        assert "(waiting)" not in screen_text(app)


async def test_header_says_where_prompts_go(app: ChatApp, engine: FakeEngine) -> None:
    engine.ready = Ready(model=ModelInfo("openai:gpt-5", local=False, sends_to="api.example.com"))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "openai:gpt-5 · sent to api.example.com" in screen_text(app))


async def test_first_screen_says_no_investment_advice(app: ChatApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "No investment advice." in screen_text(app))
        await until(pilot, lambda: "nothing leaves this machine" in screen_text(app))


async def test_escape_stops_and_keeps_the_text(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([TextEvent(text="Half an ans"), 60.0, TextEvent(text="never shown")])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "long one")
        await until(pilot, lambda: "Half an ans" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Interrupted." in screen_text(app))
        assert "Half an ans" in screen_text(app)
        assert "never shown" not in screen_text(app)
        await ask(pilot, "next")
        await until(pilot, lambda: "Answer to next" in screen_text(app))


async def test_escape_gives_waiting_questions_back(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([TextEvent(text="Half"), 60.0])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await until(pilot, lambda: "Half" in screen_text(app))
        await ask(pilot, "two")
        await pilot.press("escape")
        await until(pilot, lambda: app.query_one(Prompt).text == "two")
        assert engine.asked == ["one"]


async def test_control_c_stops_then_leaves_when_pressed_twice(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([TextEvent(text="Half"), 60.0])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await until(pilot, lambda: "Half" in screen_text(app))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Interrupted" in screen_text(app))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Press again to quit" in screen_text(app))
        assert not engine.closed
        await pilot.press("ctrl+c")
    assert engine.closed
    assert app.return_value == ExitCode.OK


async def test_quit_while_answering_stops_and_closes_the_engine(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([TextEvent(text="Half"), 60.0])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await until(pilot, lambda: "Half" in screen_text(app))
        await ask(pilot, "/quit")
        await until(pilot, lambda: engine.closed)
    assert engine.stop.is_set()


async def test_control_c_before_the_engine_is_ready_leaves(app: ChatApp, engine: FakeEngine) -> None:
    engine.held = True
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+c", "ctrl+c")
    assert app.return_value == ExitCode.OK


async def test_engine_that_cannot_start_ends_the_chat_with_its_error(
    app: ChatApp, engine: FakeEngine
) -> None:
    engine.failure = SettingsError("model: unknown setting", hint="Correct it.")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
    assert app.failure is engine.failure


async def test_tool_card_is_folded_and_opens_with_enter(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append([*tool_events(), TextEvent(text="Done.")])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "train")
        await until(pilot, lambda: "▸ compute.train params=70B — done, 0.2 s" in screen_text(app))
        assert "MFU: 41.2%" not in screen_text(app)
        app.query(".tool-card").first().focus()
        await pilot.press("enter")
        await until(pilot, lambda: "MFU: 41.2%" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "MFU: 41.2%" not in screen_text(app))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "MFU: 41.2%" in screen_text(app))


async def test_tool_card_opens_by_itself_when_no_text_follows(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append(tool_events())
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "/compute train 70B 15T")
        await until(pilot, lambda: "MFU: 41.2%" in screen_text(app))


async def test_progress_and_failure_of_a_tool_are_told_in_words(app: ChatApp, engine: FakeEngine) -> None:
    started, progress, failed = tool_events(ok=False)
    engine.scripts.append([started, progress, 0.3, failed])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "train")
        await until(pilot, lambda: "1/4 reading" in screen_text(app))
        await until(pilot, lambda: "Error [tool]: no such device" in screen_text(app))
        assert "— failed" in screen_text(app)


async def test_notices_are_told_in_words(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append(
        [
            WaitingEvent(reason="rate limit", seconds=30),
            GuardEvent(guard="shield", stage=Stage.OUTPUT, verdict="warn", message="shell=True"),
            ErrorEvent(code="model-auth", message="The key was refused.", hint="Set OPENAI_API_KEY."),
        ]
    )
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "x")
        await until(pilot, lambda: "→ Set OPENAI_API_KEY." in screen_text(app))
        text = screen_text(app)
        assert "Waiting: rate limit (30 s)" in text
        assert "Warning (shield): shell=True" in text
        assert "Error [model-auth]: The key was refused." in text


def tied_answer() -> list:
    tokens = Figure(value=15e12, unit="token", origin=UserInput(text="15T", start=0, end=3))
    mfu = Figure(
        value=0.412,
        unit="ratio",
        metric="MFU",
        origin=Formula(name="MFU", expression="C / P", inputs={"D": tokens}, convention="dense peak"),
    )
    return [
        TextEvent(text="MFU is 41.2% and cost is 99 USD."),
        EvidenceEvent(id="e1", tool="compute.train", call_id="c1", figure=mfu),
        MarkEvent(start=7, end=12, status="computed", evidence="e1"),
        MarkEvent(start=25, end=31, status="untied"),
    ]


async def test_sources_name_each_number_and_flag_the_untied(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append(tied_answer())
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "MFU?")
        await until(pilot, lambda: "Sources — ! 1 not tied" in screen_text(app))
        assert "· 41.2% — MFU: C / P" in screen_text(app)
        assert "! 99 USD — not tied to any source" in screen_text(app)


async def test_choosing_a_source_shows_its_whole_derivation(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append(tied_answer())
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "MFU?")
        await until(pilot, lambda: bool(app.query(OptionList)))
        app.query_one(OptionList).focus()
        await pilot.press("down", "up", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await until(pilot, lambda: "└─ D = 15T" in screen_text(app))
        assert "Convention: dense peak" in screen_text(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, DetailDialog)


async def test_a_reopened_answer_has_its_sources_and_derivations(app: ChatApp, engine: FakeEngine) -> None:
    said, evidence, *marks = tied_answer()
    figure = Evidence(evidence.id, evidence.tool, evidence.call_id, evidence.figure)
    past = PastTurn("MFU?", said.text, "done", "offline", tuple(marks), (figure,))
    engine.ready = replace(engine.ready, past=(past,))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "Sources — ! 1 not tied" in screen_text(app))
        assert "· 41.2% — MFU: C / P" in screen_text(app)
        assert "Answered offline, without a language model." in screen_text(app)
        app.query_one(OptionList).focus()
        await pilot.press("down", "up", "enter")
        await until(pilot, lambda: "└─ D = 15T" in screen_text(app))


async def test_advice_line_where_it_is_due(app: ChatApp, engine: FakeEngine) -> None:
    engine.advice_due = True
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await until(pilot, lambda: screen_text(app).count("No investment advice.") == 2)


REQUEST = ApprovalRequest("stocks.update", Effect.NETWORK, {"symbol": "600519"})


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        (["enter"], False),
        (["escape"], False),
        (["y"], None),
        (["right", "enter"], True),
        (["tab", "enter"], True),
    ],
)
async def test_permission_is_denied_unless_allow_is_chosen(
    app: ChatApp, engine: FakeEngine, keys: list[str], allowed: bool | None
) -> None:
    engine.scripts.append([REQUEST])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "update")
        await until(pilot, lambda: isinstance(app.screen, ApprovalDialog))
        await until(
            pilot, lambda: "stocks.update wants to send something off this machine" in screen_text(app)
        )
        assert "symbol: 600519" in screen_text(app)
        await pilot.press(*keys)
        await pilot.pause()
        assert engine.allowed == ([] if allowed is None else [allowed])
        if allowed is None:
            await pilot.press("escape")


async def test_history_is_recalled_with_up_and_down(app: ChatApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await ask(pilot, "two")
        prompt = app.query_one(Prompt)
        prompt.insert("draft")
        for key, text in [("up", "two"), ("up", "one"), ("up", "one"), ("down", "two"), ("down", "draft")]:
            await pilot.press(key)
            assert prompt.text == text


async def test_new_line_keys_do_not_send(app: ChatApp, engine: FakeEngine) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("a", "ctrl+j", "b", "shift+enter", "c")
        assert app.query_one(Prompt).text == "a\nb\nc"
        await pilot.press("enter")
        await until(pilot, lambda: engine.asked == ["a\nb\nc"])


async def test_menu_offers_commands_and_completes(app: ChatApp, engine: FakeEngine) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.query_one(Prompt).commands) > 5)
        await pilot.press("/", "t", "r")
        await until(pilot, lambda: "› /compute train params tokens" in screen_text(app))
        await pilot.press("tab")
        assert app.query_one(Prompt).text == "/compute train "
        await pilot.press("7", "enter")
        await until(pilot, lambda: engine.asked == ["/compute train 7"])


async def test_enter_right_after_a_command_runs_that_command(app: ChatApp, engine: FakeEngine) -> None:
    async with app.run_test(size=SIZE) as pilot:
        prompt = app.query_one(Prompt)
        await until(pilot, lambda: len(prompt.commands) > 5)
        await pilot.press("/")
        prompt.insert("model")  # no time for the message about the change
        await prompt._on_key(Key("enter", "\r"))
        await until(pilot, lambda: "offline — usable — this machine" in screen_text(app))
        assert "commands and keys" not in screen_text(app)


async def test_a_command_typed_in_full_runs_though_another_holds_its_name(
    app: ChatApp, engine: FakeEngine
) -> None:
    more = ToolInfo("/compute models", "[model]", "Look up a model.")
    engine.ready = replace(engine.ready, tools=(*engine.ready.tools, more))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.query_one(Prompt).commands) > 6)
        await pilot.press(*"/model", "enter")
        await until(pilot, lambda: "offline — usable — this machine" in screen_text(app))


async def test_typing_goes_to_the_input_wherever_the_focus_is(app: ChatApp, engine: FakeEngine) -> None:
    engine.scripts.append(tied_answer())
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "MFU?")
        await until(pilot, lambda: bool(app.query(OptionList)))
        app.query_one(OptionList).focus()
        await pilot.press("h", "i")
        assert app.query_one(Prompt).text == "hi"
        assert app.query_one(Prompt).has_focus


async def test_model_is_switched_and_a_wrong_one_is_an_error_that_harms_nothing(app: ChatApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "/model nonsense")
        await until(pilot, lambda: "There is no model 'nonsense'." in screen_text(app))
        assert "→ Did you mean openai?" in screen_text(app)
        await ask(pilot, "/model qwen:max")
        await until(pilot, lambda: "qwen:max · sent to models.example" in screen_text(app))


async def test_new_conversation_clears_the_screen_and_keeps_waiting_questions(
    app: ChatApp, engine: FakeEngine
) -> None:
    engine.held = True
    async with app.run_test(size=SIZE) as pilot:
        for text in ("old", "/new", "fresh"):
            await ask(pilot, text)
        engine.gate.set()
        await until(pilot, lambda: "Answer to fresh" in screen_text(app))
        assert "A new conversation." in screen_text(app)
        assert "old" not in screen_text(app)


async def test_earlier_conversation_is_opened_from_the_list(
    app: ChatApp, engine: FakeEngine, stored_sessions: list
) -> None:
    engine.stored = stored_sessions
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "/sessions")
        await until(pilot, lambda: isinstance(app.screen, SessionDialog))
        await until(pilot, lambda: "Training cost of a 13B model" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "What was answered in abc" in screen_text(app))
        await pilot.press("up")
        assert app.query_one(Prompt).text == "What was asked"


@pytest.mark.parametrize("size", [(39, 24), (80, 11), (20, 4), (1, 1)])
async def test_tiny_window_says_so_and_recovers(app: ChatApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert "window"[: size[0]] in screen_text(app) or size == (1, 1)
        assert "Enter sends" not in screen_text(app)
        await pilot.resize_terminal(*SIZE)
        await until(pilot, lambda: "Enter sends" in screen_text(app))
        await ask(pilot, "still there")
        await until(pilot, lambda: "Answer to still there" in screen_text(app))


async def test_paste_longer_than_a_question_may_be_is_refused_with_the_next_step(
    app: ChatApp, engine: FakeEngine
) -> None:
    from textual.events import Paste

    async with app.run_test(size=SIZE) as pilot:
        app.query_one(Prompt).post_message(Paste("x" * 10_000_000))
        await until(pilot, lambda: "The text has 10000000 characters" in screen_text(app))
        assert "tieout reports add FILE" in screen_text(app)
        assert app.query_one(Prompt).text == ""


async def test_fault_while_drawing_costs_one_answer(app: ChatApp, engine: FakeEngine) -> None:
    class Broken(TextEvent):
        @property
        def text(self):  # type: ignore[override]
            raise RuntimeError("broken")

    engine.scripts.append([Broken.model_construct(type="text")])
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await until(pilot, lambda: "Error [internal]" in screen_text(app))
        await ask(pilot, "two")
        await until(pilot, lambda: "Answer to two" in screen_text(app))


LOST = "sessions.db can only be read."


def flowing_text(app: ChatApp) -> str:
    """The screen's words, wherever its lines end."""
    return " ".join(screen_text(app).split())


async def test_leaving_says_that_everything_is_stored_only_while_it_is(
    app: ChatApp, engine: FakeEngine
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "/help")
        await until(pilot, lambda: "leaves; everything is stored" in screen_text(app))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: "Press again to quit; everything is stored." in screen_text(app))


async def test_leaving_says_what_is_not_stored_and_why(app: ChatApp, engine: FakeEngine) -> None:
    engine.unstored = LOST
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "/help")
        await until(pilot, lambda: f"leaves. Not everything is stored: {LOST}" in flowing_text(app))
        await pilot.press("ctrl+q")
        await until(
            pilot, lambda: f"Press again to quit. Not everything is stored: {LOST}" in flowing_text(app)
        )
        assert "everything is stored." not in screen_text(app).replace("Not everything is stored", "")


async def test_an_answer_that_cannot_be_shown_is_not_said_to_be_stored(
    app: ChatApp, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_arguments: object) -> None:
        raise RuntimeError("broken")

    engine.unstored = LOST
    monkeypatch.setattr("tieout_tui.turnview.TurnView.on_turn_event", broken)
    async with app.run_test(size=SIZE) as pilot:
        await ask(pilot, "one")
        await until(pilot, lambda: f"Not everything is stored: {LOST}" in screen_text(app))


@pytest.mark.parametrize(
    ("unstored", "said"), [("", "The conversation is stored."), (LOST, f"Not everything is stored: {LOST}")]
)
def test_a_crash_says_what_is_stored(unstored: str, said: str) -> None:
    from tieout_tui.launch import _described  # pyright: ignore[reportPrivateUsage]

    assert _described(RuntimeError("x"), unstored).hint.startswith(said)
