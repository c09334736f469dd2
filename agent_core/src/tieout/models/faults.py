"""What went wrong with a model, in our own errors: one place that knows pydantic-ai's, openai's and httpx2's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal, cast

from tieout.errors import (
    ContextTooLong,
    ModelAuthError,
    ModelConnectionError,
    ModelError,
    ModelRateLimited,
    ModelResponseError,
    ModelTimeout,
    ModelUnavailable,
    TieoutError,
)
from tieout.i18n import translator

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse

__all__ = ["CutReason", "cut_reason", "is_cut", "translate_error"]

_ = translator("tieout")

CutReason = Literal["no-finish-reason", "length", "content-filter", "interrupted"]

_QUOTED: Final = 200  # characters of a service's own words that an error repeats
_OVERFLOW_WORDS: Final = (
    "context length", "context window", "context_length", "maximum context", "too many tokens", "prompt is too long",
    "exceed context", "input length", "range of input length",
)  # fmt: skip
_FILTER_WORDS: Final = (
    "content_filter",
    "content filter",
    "data_inspection_failed",
    "sensitive",
    "moderation",
)


def cut_reason(response: ModelResponse) -> CutReason | None:
    """Why ``response`` is no whole answer, or None when it is one.

    A stream that ends without a finish reason comes back from pydantic-ai 2.68 as ``finish_reason='stop'``,
    ``state='complete'``; only ``provider_details`` then lacks the key (measured on six kinds of cut).
    """
    if response.state in {"interrupted", "incomplete"}:
        return "interrupted"
    if response.finish_reason == "length":
        return "length"
    if response.finish_reason == "content_filter":
        return "content-filter"
    over_http = response.provider_url is not None  # models in this process report their reason themselves
    if (
        over_http
        and response.state == "complete"
        and "finish_reason" not in (response.provider_details or {})
    ):
        return "no-finish-reason"
    return None


def is_cut(response: ModelResponse) -> bool:
    """Whether ``response`` must not be shown as a whole answer."""
    return cut_reason(response) is not None


def translate_error(
    error: BaseException,
    *,
    model_id: str | None = None,
    redact: Callable[[str], str] = lambda text: text,
) -> TieoutError:
    """The error of ours that says what ``error`` means and what to do next; a TieoutError comes back as it is.

    Args:
        model_id: The model asked, as the user wrote it; names the key variable and the service in hints.
        redact: Removes secrets; applied to every word taken from the service, since some echo the key.
    """
    if isinstance(error, TieoutError):
        return error
    chain = list(_causes(error))
    for cause in chain[1:]:
        if isinstance(cause, TieoutError):
            return cause
    translation = _Translation(chain, model_id, redact)
    return translation.of_pydantic_ai(error) or translation.of_transport() or translation.of_anything()


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


class _Translation:
    """One error being translated: its chain of causes, and the words for the model and the service."""

    def __init__(
        self, chain: list[BaseException], model_id: str | None, redact: Callable[[str], str]
    ) -> None:
        self.chain = chain
        self.model = model_id or getattr(chain[0], "model_name", None) or _("the model")
        self.key_variable = _key_variable(model_id)
        self.redact = redact

    def said(self) -> str:
        """The service's own words, cleaned, redacted and short, in quotation marks; empty when it said nothing."""
        from tieout.text import clean_line

        words = _service_words(self.chain)
        return f' "{clean_line(self.redact(words), limit=_QUOTED)}"' if words else ""

    def of_pydantic_ai(self, error: BaseException) -> TieoutError | None:
        """Translate the exceptions of pydantic-ai's agent loop and adapters."""
        return self._of_refusal(error) or self._of_limit(error)

    def _of_refusal(self, error: BaseException) -> TieoutError | None:
        """The service answered, and said no."""
        from pydantic_ai import exceptions as ai

        match error:
            case ai.ModelContextWindowExceededError():
                return self._too_long()
            case ai.ModelQuotaExceededError():
                return ModelRateLimited(
                    _("The account behind {model} has no quota left.", model=self.model) + self.said(),
                    code="model-quota",
                    hint=_("Top it up with the service, or choose another model with --model."),
                )
            case ai.ModelRateLimitError():
                return self._rate_limited(error.retry_after)
            case ai.ModelAuthenticationError():
                return self._refused_key()
            case ai.ModelNotFoundError():
                return self._unknown_model()
            case ai.ModelRequestRejectedError():
                return self._rejected()
            case ai.ModelUnavailableError() | ai.ModelServerError():
                return ModelConnectionError(
                    _("{model} is out of order or overloaded at the moment.", model=self.model) + self.said(),
                    code="model-overloaded",
                    hint=_("Try again in a minute, or choose another model with --model."),
                )
            case ai.ContentFilterError():
                return self._filtered()
            case _:
                return None

    def _of_limit(self, error: BaseException) -> TieoutError | None:
        """Time, length or a budget ran out."""
        from pydantic_ai import exceptions as ai

        match error:
            case ai.ModelRequestTimeout():
                return self._timeout(error.timeout)
            case ai.RunTimedOut() | ai.ModelTimeoutError():
                return self._timeout(None)
            case ai.IncompleteToolCall() | ai.OutputTokenLimitExceeded():
                return ModelResponseError(
                    _(
                        "The answer of {model} reached its length limit before it was whole.",
                        model=self.model,
                    ),
                    code="model-length",
                    hint=_("Raise max_tokens, or ask for less at once."),
                )
            case ai.UsageLimitExceeded():
                return ModelError(
                    _("The turn reached a limit: {what}", what=str(error).partition(" Consider ")[0]),
                    code="model-usage-limit",
                    hint=_("Ask for less at once, or raise the limit in tieout.toml."),
                )
            case _:
                return None

    def of_transport(self) -> TieoutError | None:
        """Translate what lies below: redirects, byte limits, broken connections, undecodable answers."""
        import httpx2

        from tieout.models.transport import AnswerTooLarge

        for cause in self.chain:
            if isinstance(cause, AnswerTooLarge):
                return ModelResponseError(
                    _("{model} sent more than one answer may hold.", model=self.model),
                    code="model-too-large",
                    hint=_("The server may be faulty; raise answer_limit if the answer is really that long."),
                )
            status = getattr(cause, "status_code", None)
            if isinstance(status, int) and 300 <= status < 400:
                return ModelConnectionError(
                    _("The address of {model} redirects elsewhere, which is not followed.", model=self.model),
                    code="model-redirect",
                    hint=_("Set base_url to the final address, beginning with https://."),
                )
            if isinstance(cause, TimeoutError | httpx2.TimeoutException):
                return self._timeout(None)
            if isinstance(cause, json.JSONDecodeError | UnicodeDecodeError | httpx2.DecodingError):
                return self._malformed()
        if any(isinstance(cause, httpx2.TransportError | ConnectionError) for cause in self.chain):
            return ModelConnectionError(
                _("The connection to {model} failed.", model=self.model) + self.said(),
                hint=_("Check the network and the address (tieout doctor shows both)."),
            )
        return None

    def of_anything(self) -> TieoutError:
        """What is left: answers in a shape nobody understands, and the unforeseen."""
        from pydantic import ValidationError
        from pydantic_ai import exceptions as ai

        error = self.chain[0]
        if any(mark in _service_words(self.chain).lower() for mark in _FILTER_WORDS):
            return self._filtered()
        # choices: [] leaves pydantic-ai as a bare IndexError, other odd shapes as the rest of these.
        odd = (
            ai.UnexpectedModelBehavior | IndexError | KeyError | TypeError | AttributeError | ValidationError
        )
        if isinstance(error, odd | ai.ModelAPIError):
            return self._malformed()
        return ModelError(
            _("{model} failed: {kind}.", model=self.model, kind=type(error).__name__) + self.said(),
            hint=_("Run again with --debug and look at the log."),
        )

    def _timeout(self, seconds: float | None) -> TieoutError:
        message = (
            _("{model} gave no answer within {seconds} s.", model=self.model, seconds=f"{seconds:g}")
            if seconds
            else _("{model} stopped answering.", model=self.model)
        )
        return ModelTimeout(
            message, hint=_("Try again, or raise the time limits of this model in tieout.toml.")
        )

    def _too_long(self) -> TieoutError:
        return ContextTooLong(
            _("The conversation no longer fits {model}.", model=self.model) + self.said(),
            hint=_("Start a new session, or choose a model with a larger context window."),
        )

    def _rate_limited(self, seconds: float | None) -> TieoutError:
        when = (
            _("Try again in {seconds} s.", seconds=f"{seconds:.0f}")
            if seconds
            else _("Try again in a minute.")
        )
        return ModelRateLimited(
            _("{model} refuses more requests for now.", model=self.model) + self.said(), hint=when
        )

    def _refused_key(self) -> TieoutError:
        hint = (
            _("Check the key in {variable}, and that it may use this model.", variable=self.key_variable)
            if self.key_variable
            else _("Check the key, and that it may use this model.")
        )
        return ModelAuthError(_("{model} refused the key.", model=self.model) + self.said(), hint=hint)

    def _unknown_model(self) -> TieoutError:
        return ModelUnavailable(
            _("The service does not know {model}.", model=self.model) + self.said(),
            code="model-unknown",
            hint=_("Check the model's name and the address; tieout models lists the services."),
        )

    def _rejected(self) -> TieoutError:
        words = _service_words(self.chain).lower()
        if any(mark in words for mark in _OVERFLOW_WORDS):
            return self._too_long()
        if any(mark in words for mark in _FILTER_WORDS):
            return self._filtered()
        if "model" in words and ("not exist" in words or "not found" in words or "not_found" in words):
            return self._unknown_model()
        return ModelError(
            _("{model} rejected the request.", model=self.model) + self.said(),
            code="model-rejected",
            hint=_("The model may not support tools or one of the settings; try another with --model."),
        )

    def _filtered(self) -> TieoutError:
        return ModelResponseError(
            _("The content filter of {model} stopped the answer.", model=self.model),
            code="model-content-filter",
            hint=_("Put the question differently, or choose another model with --model."),
        )

    def _malformed(self) -> TieoutError:
        return ModelResponseError(
            _("{model} answered in a form that is no chat answer.", model=self.model) + self.said(),
            code="model-malformed",
            hint=_(
                "Check that base_url is the address of the API, often ending in /v1, and not of a web page."
            ),
        )


def _key_variable(model_id: str | None) -> str | None:
    from tieout.models.hosted import PROVIDERS

    row = PROVIDERS.get((model_id or "").partition(":")[0])
    return row.key_variables[0] if row and row.key_variables else None


def _service_words(chain: list[BaseException]) -> str:
    """The message in a service's JSON error, or the error's own text."""
    for cause in chain:
        body = getattr(cause, "body", None)
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except ValueError:
                return _first_line(body)
        words = _message_in(body)
        if words:
            return words
    for cause in chain:
        message = getattr(cause, "message", None) or str(cause)
        if message and "status_code:" not in message:
            return _first_line(message)
    return ""


def _message_in(body: object) -> str:
    """``error.message`` and its code, wherever the services put them."""
    if not isinstance(body, dict):
        return ""
    fields = cast(dict[str, object], body)
    inner = fields.get("error", fields)
    if isinstance(inner, str):
        return inner
    if not isinstance(inner, dict):
        return ""
    found = [cast(dict[str, object], inner).get(name) for name in ("message", "code")]
    return " ".join(str(part) for part in found if isinstance(part, str | int) and part)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
