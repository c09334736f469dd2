"""Slash commands: ``/compute train 70B 15T device=H100`` is a call of the tool ``compute.train``."""

from __future__ import annotations

__all__ = ["SlashCall", "bind_words", "parse_slash", "run_slash"]

import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_origin

from tieout.contract.tools import Parameter, Tool
from tieout.errors import InputError
from tieout.i18n import translator

if TYPE_CHECKING:
    from tieout.contract.results import Result
    from tieout.events import Event
    from tieout.host import Host
    from tieout.session import Session

_ = translator("tieout")


@dataclass(frozen=True)
class SlashCall:
    """A tool with the arguments that were typed, not yet validated."""

    tool: Tool[..., Any]
    arguments: dict[str, object]


def parse_slash(host: Host, line: str) -> SlashCall:
    """Read a slash command.

    Raises:
        InputError: The quotes do not match, a word is left over or missing, or no plugin has the name.
        ToolUnavailable: There is no such tool.
    """
    try:
        words = shlex.split(line.lstrip("/"))
    except ValueError as error:
        raise InputError(
            _("Cannot read the command: {problem}.", problem=error), hint=_("Close the quotes.")
        ) from None
    if not words:
        raise InputError(_("A slash alone is no command."), hint=_("Type /help."))
    group = words[0]
    if "." in group:
        tool, rest = host.tool(group), words[1:]
    else:
        known = [t.name for t in host.tools().values() if t.group == group and "slash" in t.faces]
        if len(words) < 2 and not known:
            raise InputError(_("There is no command {name}.", name=repr(f"/{group}")), hint=_("Type /help."))
        if len(words) < 2:
            raise InputError(
                _("/{group} needs the name of a tool.", group=group),
                hint=_("Known: {names}.", names=", ".join(known)),
            )
        tool, rest = host.tool(f"{group}.{words[1]}"), words[2:]
    if "slash" not in tool.faces:
        raise InputError(_("{tool} is no slash command.", tool=tool.qualified_name), hint=_("Type /help."))
    return SlashCall(tool, bind_words(tool, rest))


async def run_slash(session: Session, line: str, *, emit: Callable[[Event], None]) -> Result:
    """Run a slash command in a conversation, under its language and approvals; nothing of it is stored.

    Args:
        emit: Receives the events of the call.

    Raises:
        InputError: The command cannot be read.
        TieoutError: The call failed.
    """
    from tieout.running import ToolRunner, TurnState

    call = parse_slash(session.host, line)
    turn = TurnState(lang=session.lang, emit=emit, approve=session.on_approval, approved=session.approved)
    try:
        return (await ToolRunner(session.host, turn).run(call.tool, call.arguments)).value()
    finally:
        turn.cancelled = True  # a function that still runs in its thread can only be told


def bind_words(
    tool: Tool[..., Any], words: Sequence[str], *, taken: Collection[str] = ()
) -> dict[str, object]:
    """Give words to parameters: ``name=value`` and ``--name value`` by name, the others in order.

    Behind ``--`` a word is only a value, whatever it looks like: file names may look like options. Parameters in
    ``taken`` have their value already. A parameter that is a list takes all words that are left, and so does a last
    required text parameter, so that a question needs no quotes; one that was quoted stands alone where something that
    is no text follows: ``compute serve "Llama 3 70B" H100``.
    """
    names = {parameter.name: parameter for parameter in tool.parameters}
    bound: dict[str, object] = {}
    loose: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            loose += queue
            break
        name, equals, value = word.partition("=")
        name = name.removeprefix("--").replace("-", "_")
        if equals and name in names:
            bound[name] = value
        elif word.startswith("--") and name in names:
            bound[name] = queue.pop(0) if queue and not queue[0].startswith("--") else "true"
        else:
            loose.append(word)
    free = [p for p in tool.parameters if p.name not in bound and p.name not in taken]
    for position, parameter in enumerate(free):
        if not loose:
            break
        if get_origin(parameter.annotation) in (list, tuple, set):
            bound[parameter.name] = loose
            loose = []
            break
        takes_all = _is_text(parameter) and not _stands_alone(loose, free[position:])
        last_required = not any(other.required for other in free[position + 1 :])
        if takes_all and last_required:
            bound[parameter.name] = " ".join(loose)
            loose = []
        else:
            bound[parameter.name] = loose.pop(0)
    if loose:
        raise InputError(
            _("{tool} does not know what to do with {word}.", tool=tool.qualified_name, word=repr(loose[0])),
            hint=_("It takes: {names}.", names=", ".join(names) or "-"),
        )
    return bound


def _is_text(parameter: Parameter) -> bool:
    return parameter.slot is not None and parameter.slot.kind in ("text", "code")


def _stands_alone(words: Sequence[str], free: Sequence[Parameter]) -> bool:
    """Whether the first word was quoted, as its blank shows, and the parameter after its own takes what is no text.

    Code has blanks in quotation marks of its own.
    """
    if len(words) < 2 or not any(map(str.isspace, words[0])) or len(free) < 2:
        return False
    own, following = free[0].slot, free[1].slot
    return own is not None and own.kind == "text" and following is not None and not _is_text(free[1])
