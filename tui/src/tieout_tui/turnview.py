"""One turn on the screen: the question, then what happened, in the order in which it happened."""

from __future__ import annotations

__all__ = ["TurnView"]

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tieout.i18n import translator
from tieout.text import clean, clean_line
from tieout_tui.wording import effect_words, level_word

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tieout.events import Event, EvidenceEvent, GuardEvent, MarkEvent, ToolStartedEvent
    from tieout.evidence import Evidence
    from tieout_tui.answer import AnswerView
    from tieout_tui.engine import PastTurn
    from tieout_tui.toolcard import ToolCard

_ = translator("tieout_tui")


class TurnView(Vertical):
    """A question and everything that followed it.

    Args:
        question: As the user typed it.
        queued: Whether it has to wait: for the engine, or for the answer before it.
    """

    def __init__(self, question: str, *, queued: bool = False) -> None:
        super().__init__(classes="turn")
        self.question = question
        self.cards_folded = False
        self._queued = queued
        self._question_view = Static(classes="question")
        self._answer: AnswerView | None = None
        self._cards: dict[str, ToolCard] = {}
        self._marks: list[MarkEvent] = []
        self._evidence: dict[str, EvidenceEvent | Evidence] = {}
        self._offline = False
        self._has_text = False

    def compose(self) -> ComposeResult:
        """The question."""
        self._show_question()
        yield self._question_view

    def begin(self) -> None:
        """The question's turn has come."""
        self._queued = False
        self._show_question()

    async def show_past(self, past: PastTurn) -> None:
        """Show a stored answer."""
        await self._write(past.answer)
        self._marks += past.marks
        self._evidence |= {item.id: item for item in past.evidence}
        self._offline = past.model == "offline"
        await self._finish(past.answer, past.status)
        if past.status == "interrupted":
            await self._notice(_("Interrupted; this is what was written."))
        elif past.status == "failed":
            await self._notice(_("This question was not answered in full."))

    async def on_turn_event(self, event: Event) -> None:
        """Show what happened."""
        from tieout import events as e

        match event:
            case e.TextEvent(text=text):
                await self._write(text)
            case e.ToolStartedEvent():
                await self._add_card(event)
            case e.ToolProgressEvent(call_id=call_id) if card := self._cards.get(call_id):
                card.show_progress(event)
            case e.ToolResultEvent(call_id=call_id) if card := self._cards.get(call_id):
                await card.show_result(event)
            case e.GuardEvent():
                await self._notice(_guard_text(event), level="warning")
            case e.WaitingEvent(reason=reason, seconds=seconds):
                wait = f" ({seconds:g} s)" if seconds else ""
                await self._notice(_("Waiting: {reason}", reason=clean(reason)) + wait)
            case e.ApprovalEvent(tool=tool, effect=effect, decision=decision):
                said = _("allowed") if decision == "approved" else _("not allowed")
                await self._notice(f"{clean_line(tool, limit=60)}: {effect_words(effect)} — {said}")
            case e.ErrorEvent(code="interrupted", message=message):
                await self._notice(clean(message))
            case e.ErrorEvent(code=code, message=message, hint=hint):
                await self.show_error(code, message, hint)
            case e.TurnStartedEvent(model=model):
                self._offline = model == "offline"
            case e.MarkEvent():
                self._marks.append(event)
            case e.EvidenceEvent(id=id_):
                self._evidence[id_] = event
            case e.TurnDoneEvent(text=text, status=status):
                await self._finish(text, status)
            case e.UsageEvent() | _:
                pass

    async def note(self, text: str) -> None:
        """A remark below what there is."""
        await self._notice(clean(text))

    async def show_error(self, code: str, message: str, hint: str) -> None:
        """An error: what was wrong, then the next step."""
        text = f"{level_word('error')} [{clean_line(code, limit=40)}]: {clean(message)}"
        await self._notice(text + (f"\n→ {clean(hint)}" if hint else ""), level="error")

    async def end(self, *, advice: bool) -> None:
        """Nothing more will happen.

        Args:
            advice: Whether the line "no investment advice" is due.
        """
        await self._end_answer()
        for card in self._cards.values():
            card.close()
            if not self._has_text:
                card.fold(False)
        if advice:
            await self._notice(_("No investment advice."))

    def fold_cards(self, folded: bool) -> None:
        """Fold or unfold every card."""
        self.cards_folded = folded
        for card in self._cards.values():
            card.fold(folded)

    # --- parts

    def _show_question(self) -> None:
        mark = _("(waiting) ") if self._queued else ""
        self._question_view.update(Content.assemble(("> ", "bold"), mark, (clean(self.question), "bold")))

    async def _write(self, text: str) -> None:
        if self._answer is None:
            from tieout_tui.answer import AnswerView

            self._answer = AnswerView()
            await self.mount(self._answer)
        self._has_text = self._has_text or bool(text.strip())
        self._answer.write(text)

    async def _end_answer(self) -> None:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            await answer.finish()

    async def _add(self, widget: Widget) -> None:
        """Mount below the text so far; text after it begins a new stretch."""
        await self._end_answer()
        await self.mount(widget)

    async def _add_card(self, event: ToolStartedEvent) -> None:
        from tieout_tui.toolcard import ToolCard

        card = ToolCard(event, expanded=not self.cards_folded)
        self._cards[event.call_id] = card
        await self._add(card)

    async def _notice(self, text: str, *, level: str = "") -> None:
        await self._add(Static(Content(text), classes=f"notice -{level}" if level else "notice"))

    async def _finish(self, text: str, status: str) -> None:
        await self._end_answer()
        from tieout_tui.derivation import source_entries

        entries = source_entries(text, self._marks, self._evidence)
        if entries:
            from tieout_tui.sources import SourcesView

            await self.mount(SourcesView(entries))
        if self._offline and status == "done":
            await self._notice(_("Answered offline, without a language model."))


def _guard_text(event: GuardEvent) -> str:
    verdicts = {
        "warn": level_word("warning"),
        "redact": _("Removed"),
        "retry": _("Asked again"),
        "block": _("Blocked"),
        "unknown": _("Could not be checked"),
    }
    lines = [f"{verdicts[event.verdict]} ({clean_line(event.guard, limit=60)}): {clean(event.message)}"]
    lines += [f"  - {clean_line(finding.message, limit=300)}" for finding in event.findings]
    return "\n".join(lines)
