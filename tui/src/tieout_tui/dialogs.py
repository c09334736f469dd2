"""Dialogs over the chat: a question of permission, a number's derivation, the list of conversations."""

from __future__ import annotations

__all__ = ["ApprovalDialog", "DetailDialog", "SessionDialog"]

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tieout.i18n import translator
from tieout.text import clean, clean_line
from tieout_tui.wording import effect_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tieout.running import ApprovalRequest
    from tieout_tui.engine import SessionInfo

_ = translator("tieout_tui")


class ApprovalDialog(ModalScreen[bool]):
    """Whether a tool may do what it wants. No is the default, and no single letter says yes: the question comes
    while the user may be typing.

    Args:
        request: Tool, effect and arguments.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "deny", show=False),
        Binding("left,right,up,down", "other_button", show=False),
    ]

    def __init__(self, request: ApprovalRequest) -> None:
        super().__init__()
        self._request = request

    def compose(self) -> ComposeResult:
        """What is asked, then the buttons."""
        arguments = [
            f"{clean_line(str(key), limit=60)}: {clean(str(value))}"
            for key, value in self._request.arguments.items()
        ]
        with Vertical(classes="dialog"):
            yield Static(Content.styled(_("Permission"), "bold"), classes="heading")
            with VerticalScroll(can_focus=False):
                yield Static(Content(self._question()))
                yield Static(Content("\n".join(arguments)[:4000]), classes="notice")
            with Horizontal(classes="buttons"):
                yield Button(_("Deny"), id="deny", compact=True)
                yield Button(_("Allow once"), id="allow", compact=True)

    def _question(self) -> str:
        tool = clean_line(self._request.tool, limit=60)
        return _(
            "{tool} wants to {effect}. Allow?", tool=tool, effect=effect_words(str(self._request.effect))
        )

    def on_mount(self) -> None:
        """The focus is on no."""
        self.query_one("#deny", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        self.dismiss(event.button.id == "allow")

    def action_deny(self) -> None:
        """Escape says no."""
        self.dismiss(False)

    def action_other_button(self) -> None:
        """An arrow moves to the other button."""
        self.focus_next(Button)


class DetailDialog(ModalScreen[None]):
    """Lines of text to read and scroll.

    Args:
        title: One line.
        lines: The text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "close", show=False)]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._heading, self._text = clean_line(title), clean("\n".join(lines))

    def compose(self) -> ComposeResult:
        """Title, text, and how to leave."""
        with Vertical(classes="dialog -wide"):
            yield Static(Content.styled(self._heading, "bold"), classes="heading")
            with VerticalScroll():
                yield Static(Content(self._text))
            yield Static(Content(_("Esc closes")), classes="notice")

    def action_close(self) -> None:
        """Back to the chat."""
        self.dismiss(None)


class SessionDialog(ModalScreen[str | None]):
    """Choose a stored conversation; the result is its id.

    Args:
        sessions: Newest first; at least one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, sessions: Sequence[SessionInfo]) -> None:
        super().__init__()
        self._sessions = list(sessions)

    def compose(self) -> ComposeResult:
        """The list, and how to leave."""
        with Vertical(classes="dialog -wide"):
            yield Static(Content.styled(_("Conversations"), "bold"), classes="heading")
            yield OptionList(*(Option(Content(_session_line(s))) for s in self._sessions), markup=False)
            yield Static(Content(_("Enter opens · Esc closes")), classes="notice")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The chosen one."""
        self.dismiss(self._sessions[event.option_index].id)

    def action_close(self) -> None:
        """None is chosen."""
        self.dismiss(None)


def _session_line(session: SessionInfo) -> str:
    when = session.updated.astimezone().strftime("%Y-%m-%d %H:%M")
    turns = _("questions: {count}", count=session.turns)
    return f"{when}  {clean_line(session.title, limit=80) or session.id}  ({turns})"
