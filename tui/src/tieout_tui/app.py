"""The chat: one screen that paints first and loads the engine afterwards."""

from __future__ import annotations

__all__ = ["ChatApp"]

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.filter import LineFilter
from textual.widgets import Static

from tieout.errors import ExitCode, TieoutError
from tieout.i18n import translator
from tieout.text import clean_line
from tieout_tui.bars import Bars, help_text, welcome_text, what_is_stored
from tieout_tui.commands import built_in, of_tools
from tieout_tui.lastline import ControlFilter
from tieout_tui.prompt import CommandMenu, Prompt
from tieout_tui.terminal import light_background, listen_to_signals
from tieout_tui.transcript import Transcript
from tieout_tui.turnview import TurnView
from tieout_tui.wording import level_word

if TYPE_CHECKING:
    from tieout.running import ApprovalRequest
    from tieout_tui.engine import Engine, Ready
    from tieout_tui.sources import SourcesView

_ = translator("tieout_tui")
log = logging.getLogger("tieout.tui")

SMALLEST = (40, 12)
"""Columns and rows below which one line says that the window is too small."""
_FIRST_FRAME_SECONDS = 0.03
"""Imports in another thread hold the interpreter; begun at once, they would keep the first frame back."""
_TWICE_SECONDS = 2.0
_CLOSE_SECONDS = 12.0


class ChatApp(App[int]):
    """The chat over an :class:`~tieout_tui.engine.Engine`.

    Args:
        engine: Started after the first frame, closed at the end.
    """

    CSS_PATH = "chat.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", show=False),
        Binding("ctrl+c", "stop_or_quit", show=False, priority=True),
        Binding("ctrl+q", "quit_twice", show=False, priority=True),
        Binding("ctrl+o", "fold_cards", show=False, priority=True),
        Binding("ctrl+t", "other_theme", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.failure: BaseException | None = None
        """What ended the chat, if it was not the user."""
        self._engine = engine
        self._queue: deque[TurnView] = deque()
        self._busy = True
        self._wake = asyncio.Event()
        self._answering = False
        self._closing_down = False
        self._quit_pressed = -_TWICE_SECONDS
        self._cards_folded = True
        self._control_filter = ControlFilter()
        self._menu = CommandMenu()
        self._prompt = Prompt(self._menu)
        self._transcript = Transcript()
        self._bars = Bars()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The last line of defence: nothing that steers a terminal is drawn, whichever widget draws it."""
        return [self._control_filter, *super().get_line_filters()]

    def compose(self) -> ComposeResult:
        """Header, transcript, menu, status, input, keys."""
        yield Static(Content(_("The window is too small: at least 40 × 12.")), id="too-small")
        with Vertical(id="chat"):
            yield self._bars.header
            yield self._transcript
            yield self._menu
            yield self._bars.status
            yield self._prompt
            yield self._bars.keys

    def on_mount(self) -> None:
        """Fill the first frame."""
        if light_background():
            self.theme = "textual-light"
        self._prompt.commands = built_in()
        self._transcript.welcome(welcome_text())
        self._bars.draw(self.size.width)
        self._bars.say(_("Starting…"))
        self._prompt.focus()
        listen_to_signals(self._on_signal)

    def on_ready(self) -> None:
        """The first frame is drawn; give the terminal the time to get it, then load the engine."""
        self.set_timer(_FIRST_FRAME_SECONDS, self._begin)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a dialog the keys that scroll are the dialog's."""
        return self._on_chat if action == "page" else super().check_action(action, parameters)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the bars, or say that there is no room."""
        columns, rows = event.size
        too_small = columns < SMALLEST[0] or rows < SMALLEST[1]
        self.screen_stack[0].set_class(too_small, "-too-small")
        if not too_small and self._on_chat and self.focused is None:
            self.call_after_refresh(self._prompt.focus)  # hidden widgets lose it
        self._bars.draw(columns)

    @property
    def unstored(self) -> str:
        """Why not everything that was said is stored; empty while it is."""
        return self._engine.unstored

    # --- the engine

    def _begin(self) -> None:
        self.run_worker(self._serve(), group="engine")

    async def _serve(self) -> None:
        """Start the engine, then answer one question after the other until the end."""
        try:
            ready = await self._engine.start(self._ask_permission)
        except Exception as error:  # whatever it is, the terminal comes back first
            self.failure = error
            self.exit(ExitCode.FAILURE)
            return
        await self._show_ready(ready)
        while True:
            self._busy = bool(self._queue)
            if not self._queue:
                self._wake.clear()
                self._bars.say("")
                await self._wake.wait()
                continue
            view = self._queue.popleft()
            view.begin()
            try:
                await self._answer(view)
            except TieoutError as error:
                await view.show_error(error.code, error.message, error.hint)
            except Exception as error:  # a fault of ours costs one answer on the screen, not the chat
                log.exception("an answer could not be shown")
                await view.show_error("internal", type(error).__name__, what_is_stored(self.unstored))

    async def _show_ready(self, ready: Ready) -> None:
        self._bars.model, self._bars.title = ready.model, ready.title
        self._prompt.commands = [*built_in(), *of_tools(ready.tools)]
        self._prompt.limit = ready.question_limit
        self._bars.draw(self.size.width)
        for warning in ready.warnings:
            await self._transcript.note(f"{level_word('warning')}: {warning}", level="warning")
        for past in ready.past:
            self._prompt.remember(past.question)
            view = await self._transcript.add_turn(past.question)
            await view.show_past(past)

    async def _answer(self, view: TurnView) -> None:
        question = view.question
        if question in ("/new", "/sessions") or question.split()[0] == "/model":
            await self._command(view, question)
            return
        self._answering = True
        self._bars.say(_("Answering… Esc stops"))
        if not self._bars.title and not question.startswith("/"):
            self._bars.title = question
            self._bars.draw(self.size.width)
        try:
            async for event in self._engine.ask(question):
                await view.on_turn_event(event)
        finally:
            self._answering = False
            await view.end(advice=self._engine.advice_due)

    async def _command(self, view: TurnView, line: str) -> None:
        word, _space, argument = line.partition(" ")
        match word:
            case "/model" if argument.strip():
                self._bars.model = model = await self._engine.switch_model(argument.strip())
                self._bars.draw(self.size.width)
                await view.note(_("Model: {name}", name=model.id))
            case "/model":
                await view.note("\n".join(await self._engine.models()))
            case "/new":
                await self._start_over(await self._engine.new_session())
                await self._transcript.note(_("A new conversation."))
            case _:
                await self._choose_session(view)

    async def _choose_session(self, view: TurnView) -> None:
        from tieout_tui.dialogs import SessionDialog

        found = await self._engine.sessions()
        if not found:
            await view.note(_("No conversation yet."))
            return
        chosen = await self.push_screen_wait(SessionDialog(found))
        if chosen is None:
            await view.remove()
            return
        await self._start_over(await self._engine.open_session(chosen))

    async def _start_over(self, ready: Ready) -> None:
        """Show another conversation; questions that still wait go to it."""
        await self._transcript.clear()
        await self._show_ready(ready)
        for _waiting in range(len(self._queue)):
            question = self._queue.popleft().question
            self._queue.append(await self._transcript.add_turn(question, queued=True))

    async def _ask_permission(self, request: ApprovalRequest) -> bool:
        from tieout_tui.dialogs import ApprovalDialog

        dialog = ApprovalDialog(request)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def take(allowed: bool | None) -> None:
            if not answer.done():
                answer.set_result(bool(allowed))

        # The engine's thread asks, outside of any message handler of the screen.
        with self._context():
            await self.push_screen(dialog, take)
            try:
                return await answer
            except asyncio.CancelledError:  # the turn was stopped while the dialog was open
                if dialog.is_current:
                    dialog.dismiss(False)
                raise

    # --- what the user does

    async def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """A question or a command; it waits its turn, also for the engine."""
        text = message.text
        if text in ("/quit", "/exit"):
            await self._leave(ExitCode.OK)
            return
        if text == "/help":
            view = await self._transcript.add_turn(text)
            await view.note(help_text(self._prompt.commands, unstored=self.unstored))
            return
        view = await self._transcript.add_turn(text, queued=self._busy)
        view.cards_folded = self._cards_folded and not text.startswith("/")
        self._transcript.anchor()
        self._queue.append(view)
        self._busy = True
        self._wake.set()

    async def on_prompt_too_long(self, message: Prompt.TooLong) -> None:
        """A paste was refused."""
        await self._transcript.note(
            _(
                "The text has {size} characters; a question may have {limit}.",
                size=message.size,
                limit=self._prompt.limit,
            )
            + "\n→ "
            + _("Put long text into a file and add it with `tieout reports add FILE`."),
            level="error",
        )

    def on_sources_view_chosen(self, message: SourcesView.Chosen) -> None:
        """Show a number's derivation."""
        from tieout_tui.derivation import derivation_lines
        from tieout_tui.dialogs import DetailDialog

        number = clean_line(message.entry.number)
        self.push_screen(DetailDialog(number, derivation_lines(message.entry)))

    def on_key(self, event: events.Key) -> None:
        """Who types means the input, wherever the focus is."""
        if event.character and event.is_printable and self.focused is not self._prompt and self._on_chat:
            event.stop()
            self._prompt.focus()
            self._prompt.insert(event.character)

    @property
    def _on_chat(self) -> bool:
        return len(self.screen_stack) == 1

    async def action_stop(self) -> None:
        """Stop the answer; questions that wait go back to the input, so that none is lost."""
        if not self._answering:
            if self._on_chat:
                self._prompt.focus()
            return
        if self._queue:
            texts = [view.question for view in self._queue]
            for view in self._queue:
                await view.remove()
            self._queue.clear()
            self._prompt.text = "\n".join([*texts, self._prompt.text]).strip()
        self._bars.say(_("Stopping…"))
        self._engine.cancel()

    async def action_stop_or_quit(self) -> None:
        """Ctrl+C: copy what is selected, else stop the answer, else quit when pressed twice."""
        selected = self.screen.get_selected_text() or self._prompt.selected_text
        if selected:
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
            self._prompt.selection = type(self._prompt.selection).cursor(self._prompt.cursor_location)
        elif self._answering:
            await self.action_stop()
        else:
            await self.action_quit_twice()

    async def action_quit_twice(self) -> None:
        """Quit, when pressed twice within two seconds."""
        now = time.monotonic()
        if now - self._quit_pressed < _TWICE_SECONDS:
            await self._leave(ExitCode.OK)
            return
        self._quit_pressed = now
        if self.unstored:
            why = clean_line(self.unstored)
            self._bars.say(_("Press again to quit. Not everything is stored: {why}", why=why))
        else:
            self._bars.say(_("Press again to quit; everything is stored."))

    def action_fold_cards(self) -> None:
        """Fold or unfold the cards of all tools."""
        self._cards_folded = not self._cards_folded
        for view in self.query(TurnView):
            view.fold_cards(self._cards_folded)

    def action_other_theme(self) -> None:
        """Light or dark."""
        self.theme = "textual-dark" if self.theme == "textual-light" else "textual-light"

    def action_page(self, step: int) -> None:
        """Scroll the transcript, whatever has the focus."""
        if step < 0:
            self._transcript.scroll_page_up(animate=False)
        else:
            self._transcript.scroll_page_down(animate=False)

    # --- leaving

    async def _leave(self, code: int) -> None:
        """Stop what runs, wait until it is stored, then go."""
        if self._closing_down:
            return
        self._closing_down = True
        self._bars.say(_("Leaving…") if self.unstored else _("Storing…"))
        self._engine.cancel()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._engine.close(), _CLOSE_SECONDS)
        self.exit(code)

    def _on_signal(self) -> None:
        self.run_worker(self._leave(ExitCode.INTERRUPTED), group="leave")

    def _handle_exception(self, error: Exception) -> None:
        """Textual would print a traceback with local variables, prompts and keys among them."""
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()
