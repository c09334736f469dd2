"""The bounds of a turn's model requests, and what a cut answer is told to be."""

from __future__ import annotations

__all__ = ["cut_error", "request_settings", "usage_limits"]

from typing import TYPE_CHECKING, Any, cast

from tieout.errors import ModelResponseError
from tieout.i18n import translator

if TYPE_CHECKING:
    from pydantic_ai.conversation import Conversation

    from tieout.models.faults import CutReason
    from tieout.settings import Limits

_ = translator("tieout")


def request_settings(limits: Limits, model: object) -> Any:
    """The limits as a model's settings, under what the model itself was built with."""
    settings: dict[str, object] = {
        "request_timeout": limits.request,
        "first_event_timeout": limits.first_event,
        "timeout": limits.read,
    }
    own: object = getattr(model, "settings", None)
    return settings | dict(cast("dict[str, object]", own or {}))


def usage_limits(limits: Limits, conversation: Conversation) -> Any:
    """The limits of this turn; pydantic-ai counts over the whole conversation, so what was used before is added."""
    from pydantic_ai.usage import UsageLimits

    used = conversation.usage
    return UsageLimits(
        request_limit=used.requests + limits.requests,
        tool_calls_limit=used.tool_calls + limits.tool_calls,
    )


def cut_error(cut: CutReason, *, kept: bool) -> ModelResponseError:
    """The error of an answer that ended before the model said that it was done.

    Args:
        cut: Why.
        kept: Whether what arrived is stored.
    """
    messages: dict[CutReason, str] = {
        "no-finish-reason": _(
            "The answer was cut off: the connection ended before the model said it was done."
        ),
        "length": _("The answer was cut off: the model reached its limit of tokens."),
        "content-filter": _("The answer was cut off by the service's content filter."),
        "interrupted": _("The answer was interrupted."),
    }
    return ModelResponseError(
        messages[cut],
        code=f"answer-{cut}",
        hint=_("What arrived is kept. Ask again, or ask for a shorter answer.")
        if kept
        else _("Ask again, or ask for a shorter answer."),
    )
