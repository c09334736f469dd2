"""Running a tool: one path for the model's calls, ``ctx.call``, the command line and slash commands.

validate -> guards (tool_call) -> policy -> the function (isolated, timed) -> guards (tool_result) -> evidence
"""

from __future__ import annotations

__all__ = ["ApprovalRequest", "Approver", "Outcome", "ToolRunner", "TurnState", "active_turn"]

import asyncio
import json
import time
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tieout.arguments import shown_arguments, validate_arguments
from tieout.callcontext import CallContext
from tieout.contract.cards import Card, Text
from tieout.contract.guards import GuardInput, Stage
from tieout.contract.results import Result
from tieout.contract.tables import tables_folder, use_tables
from tieout.contract.tools import Effect, Tool
from tieout.errors import ApprovalNeeded, TieoutError, ToolError, ToolTimeout
from tieout.events import (
    ApprovalEvent,
    EvidenceEvent,
    ToolResultEvent,
    ToolStartedEvent,
)
from tieout.evidence import settle_result
from tieout.guarding import Watch
from tieout.i18n import Language, translator, use_language
from tieout.invoking import invoke
from tieout.marks import squeezed
from tieout.turnstate import ApprovalRequest, Approver, Outcome, TurnState, active_turn

if TYPE_CHECKING:
    from tieout.host import Host

_ = translator("tieout")


class ToolRunner:
    """Runs tools of a host within one turn."""

    def __init__(self, host: Host, turn: TurnState, *, depth: int = 0) -> None:
        self._host = host
        self._turn = turn
        self._depth = depth

    async def run(
        self, tool: Tool[..., Any], arguments: Mapping[str, object] | str, *, call_id: str = ""
    ) -> Outcome:
        """Run one call to its end; every failure but a missing approval comes back as an Outcome.

        Raises:
            ApprovalNeeded: Policy asks and nobody is there to answer.
        """
        self._turn.calls += 1
        call_id = call_id or f"c{self._turn.calls}"
        name = tool.qualified_name
        started = time.perf_counter()
        self._turn.emit(ToolStartedEvent(call_id=call_id, tool=name, arguments=shown_arguments(arguments)))
        try:
            with use_language(self._turn.lang), use_tables(tables_folder(self._host.data_dir)):
                result, card, for_model = await self._run(tool, arguments, call_id)
        except ApprovalNeeded as error:
            self._failed(name, call_id, error, started)
            raise
        except TieoutError as error:
            return self._failed(name, call_id, error, started)
        except (Exception, SystemExit) as error:
            return self._failed(name, call_id, self._crash(tool, error), started)
        self._report_result(name, call_id, result, card, started)
        return Outcome(call_id, name, result, None, self._host.redact(for_model))

    async def _run(
        self, tool: Tool[..., Any], arguments: Mapping[str, object] | str, call_id: str
    ) -> tuple[Result, Card, str]:
        self._count_nested(tool)
        await self._ready_guards()
        validated = validate_arguments(tool, arguments)
        await self._check_arguments(tool, validated)
        await self._permit(tool, validated, call_id)
        await self._host.ensure_started(tool.group)
        result = await self._execute(tool, validated, call_id)
        result = settle_result(
            result,
            tool=tool.qualified_name,
            call_id=call_id,
            said=self._turn.said,
            earlier=self._turn.said_earlier,
            # Called without a question, by a person: then the arguments are that person's own words. What was not
            # given is the tool's default, which stands in its documentation.
            arguments=_given(arguments) if self._turn.question else (),
        )
        await self._reread_quotes(tool, result)
        return await self._check_result(tool, result)

    async def _ready_guards(self) -> None:
        if self._turn.guards_ready:
            return
        if not self._turn.from_lifespan:
            await self._host.start_guards()
        self._watch.report_lost(self._host.lost_guards(), Stage.TOOL_CALL)
        self._turn.guards_ready = True

    @cached_property
    def _watch(self) -> Watch:
        return Watch(self._host.guards(), self._host.settings.guards, self._turn.emit)

    def _count_nested(self, tool: Tool[..., Any]) -> None:
        """Hold calls of tools by tools to the limit of a turn; the model's own are counted where it makes them."""
        limit = self._host.settings.limits.tool_calls
        if self._depth and self._turn.calls > limit:
            raise ToolError(
                _(
                    "{tool} was not called: the turn has reached its limit of {limit} tool calls.",
                    tool=tool.qualified_name,
                    limit=limit,
                ),
                code="tool-limit",
                hint=_("Ask for less at once, or raise tool_calls under [limits] in tieout.toml."),
            )

    async def _check_arguments(self, tool: Tool[..., Any], arguments: dict[str, object]) -> None:
        text = json.dumps(arguments, ensure_ascii=False, default=str)
        given = GuardInput(
            Stage.TOOL_CALL,
            text,
            self._turn.lang,
            tool=tool.qualified_name,
            args=arguments,
            effects=tool.effects_of(arguments),
        )
        checked = await self._watch.check(given)
        if checked.stopped is not None:
            raise ToolError(
                _(
                    "A guard stopped the call of {tool}: {why}",
                    tool=tool.qualified_name,
                    why=checked.stopped.message,
                ),
                code="guard-blocked",
            )
        if checked.text != text:
            raise ToolError(
                _(
                    "A guard changed the arguments of {tool}; the call was not made.",
                    tool=tool.qualified_name,
                ),
                code="guard-redacted",
                hint=_("Call it again without the part that was removed: {text}", text=checked.text[:400]),
            )

    async def _permit(self, tool: Tool[..., Any], arguments: dict[str, object], call_id: str) -> None:
        for effect in sorted(tool.effects_of(arguments)):
            permission = self._host.settings.permission(effect)
            if permission == "allow":
                continue
            if permission == "deny":
                self._decided(tool, effect, call_id, approved=False, by="policy")
                raise ToolError(
                    _(
                        "{tool} needs {effect}, which the settings deny.",
                        tool=tool.qualified_name,
                        effect=effect,
                    ),
                    code="effect-denied",
                    hint=_("Set online = true in tieout.toml or pass --online to let tools use the network.")
                    if effect is Effect.NETWORK and not self._host.settings.online
                    else _("Change [policy] in your tieout.toml to allow it."),
                )
            await self._ask(tool, effect, arguments, call_id)

    async def _ask(
        self, tool: Tool[..., Any], effect: Effect, arguments: dict[str, object], call_id: str
    ) -> None:
        name = tool.qualified_name
        if effect in self._turn.approved:
            return self._decided(tool, effect, call_id, approved=True, by="option")
        if self._turn.approve is None:
            self._decided(tool, effect, call_id, approved=False, by="policy")
            raise ApprovalNeeded(
                _("{tool} wants to {effect}, and nobody is here to approve it.", tool=name, effect=effect),
                tool=name,
                effect=effect,
                hint=_('Pass --approve {effect}, or set [policy] {effect} = "allow".', effect=effect),
            )
        approved = await self._turn.approve(ApprovalRequest(name, effect, arguments))
        self._decided(tool, effect, call_id, approved=approved, by="user")
        if not approved:
            raise ToolError(
                _("You did not approve {effect} for {tool}.", tool=name, effect=effect),
                code="approval-denied",
            )
        return None

    def _decided(
        self, tool: Tool[..., Any], effect: Effect, call_id: str, *, approved: bool, by: str
    ) -> None:
        decision = "approved" if approved else "denied"
        self._turn.emit(
            ApprovalEvent.model_validate(
                {
                    "call_id": call_id,
                    "tool": tool.qualified_name,
                    "effect": effect,
                    "decision": decision,
                    "by": by,
                }
            )
        )

    async def _execute(self, tool: Tool[..., Any], arguments: dict[str, object], call_id: str) -> Result:
        context = CallContext(self._host, self._turn, tool, call_id, self._depth)
        extra = {tool.context_parameter: context} if tool.context_parameter else {}
        limit = asyncio.timeout(tool.timeout)  # wait_for loses a cancellation that meets the result
        try:
            async with limit:
                returned = await invoke(tool, {**arguments, **extra}, self._host.workers)
        except TimeoutError:
            if not limit.expired():
                raise
            context.give_up()
            raise ToolTimeout(
                _(
                    "{tool} did not finish within {seconds:g} s.",
                    tool=tool.qualified_name,
                    seconds=tool.timeout,
                ),
                hint=_("Try a smaller request."),
            ) from None
        if not isinstance(returned, Result):
            kind = type(returned).__name__
            raise ToolError(
                _("{tool} returned {kind} instead of a Result.", tool=tool.qualified_name, kind=kind),
                code="tool-contract",
                hint=_("This is a fault of the plugin {name}.", name=tool.group),
            )
        return returned

    def _crash(self, tool: Tool[..., Any], error: BaseException) -> ToolError:
        """The error for a fault in a plugin's code: in the function, or in what it returned."""
        self._host.log_exception(f"tool {tool.qualified_name} failed", error)
        crash = ToolError(
            _("{tool} failed: {problem}", tool=tool.qualified_name, problem=self._host.describe(error)),
            code="tool-crashed",
            hint=_("This is a fault of the plugin {name}.", name=tool.group),
        )
        crash.__cause__ = error
        return crash

    async def _reread_quotes(self, tool: Tool[..., Any], result: Result) -> None:
        """Read every cited span again before anyone sees the citation; one that does not hold is refused."""
        for span in result.spans():
            source = self._host.sources().get(span.source)
            if source is None:
                continue
            raw = await source.reread(span)
            if raw is None or squeezed(span.quote) not in squeezed(raw):
                raise ToolError(
                    _(
                        "{tool} cited {title}, p. {page}, but the quote is not there.",
                        tool=tool.qualified_name,
                        title=repr(span.title),
                        page=span.page,
                    ),
                    code="citation-refused",
                    hint=_("The document may have changed since it was read; add it again."),
                )

    async def _check_result(self, tool: Tool[..., Any], result: Result) -> tuple[Result, Card, str]:
        data = result.model_dump(mode="json", exclude_none=True)
        text = json.dumps({"summary": result.say(self._turn.lang), "data": data}, ensure_ascii=False)
        limit = self._host.settings.limits.tool_result_chars
        if len(text) > limit:
            text = text[:limit] + _(" … (cut; {size} characters in all)", size=len(text))
        checked = await self._watch.check(
            GuardInput(Stage.TOOL_RESULT, text, self._turn.lang, tool=tool.qualified_name)
        )
        if checked.stopped is not None:
            raise ToolError(
                _(
                    "A guard withheld what {tool} returned: {why}",
                    tool=tool.qualified_name,
                    why=checked.stopped.message,
                ),
                code="guard-blocked",
            )
        if checked.text != text:  # the fields still hold what was taken out: nobody gets them
            result = _Redacted(tool=tool.qualified_name, text=checked.text)
        return result, result.card(self._turn.lang), checked.text

    def _failed(self, name: str, call_id: str, error: TieoutError, started: float) -> Outcome:
        self._turn.emit(
            ToolResultEvent(
                call_id=call_id,
                tool=name,
                ok=False,
                seconds=round(time.perf_counter() - started, 4),
                error=self._host.redact(str(error)),
                code=error.code,
            )
        )
        return Outcome(call_id, name, None, error, self._host.redact(f"error ({error.code}): {error}"))

    def _report_result(self, name: str, call_id: str, result: Result, card: Card, started: float) -> None:
        seconds = round(time.perf_counter() - started, 4)
        shown = result.model_dump(mode="json")
        self._turn.emit(
            ToolResultEvent(call_id=call_id, tool=name, ok=True, seconds=seconds, result=shown, card=card)
        )
        if self._depth == 0:
            self._turn.results.append((name, result))
            for item in self._turn.book.add(result, tool=name, call_id=call_id):
                self._turn.emit(EvidenceEvent(id=item.id, tool=name, call_id=call_id, figure=item.figure))


class _Redacted(Result):
    """What is left of a result after a guard took something out of it."""

    tool: str
    text: str

    def card(self, lang: Language = "en") -> Card:
        return Card(title=self.tool, blocks=(Text(text=self.text),))

    def say(self, lang: Language = "en") -> str:
        return self.text


def _given(arguments: Mapping[str, object] | str) -> Collection[str]:
    """The names of the arguments that a call states; valid JSON by now."""
    return json.loads(arguments or "{}") if isinstance(arguments, str) else arguments
