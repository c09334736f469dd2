"""What a user reads when a local model fails."""

from __future__ import annotations

import logging
import signal
from typing import Final

from tieout.errors import ContextTooLong, ModelError, ModelTimeout, ModelUnavailable, TieoutError
from tieout.i18n import translator
from tieout.models.llamacpp.protocol import FailureCode
from tieout.models.llamacpp.settings import LlamaSettings

__all__ = ["INSTALL_HINT", "crashed", "failed", "restarted", "too_long", "too_slow"]

_ = translator("tieout")

INSTALL_HINT: Final = 'pip install "tieout-core[local]"'
"""What to run when llama-cpp-python is missing; it compiles for about five minutes on two cores."""

_STACK_LINES: Final = ("  File ", "Current thread", "Thread 0x", "Extension modules")


def crashed(status: int, last_words: bytes) -> ModelError:
    """The process ended with ``status`` (negative: a signal), having written ``last_words`` to stderr."""
    from tieout.text import clean, clean_line

    text = clean(last_words.decode("utf-8", "replace")).strip()
    logging.getLogger(__name__).error("local model process died, status %d: %s", status, text)
    telling = [line for line in text.splitlines() if line.strip() and not line.startswith(_STACK_LINES)]
    how = _signal_name(-status) if status < 0 else _("exit code {status}", status=status)
    hint = (
        _("It was probably out of memory: take a smaller model or a smaller n_ctx.")
        if status == -9
        else _("The next question starts it again; if it dies again, try another file or n_gpu_layers = 0.")
    )
    message = _("The local model process died ({how}).", how=how)
    return ModelError(
        f"{message} {clean_line(' | '.join(telling[-3:]), limit=300)}".strip(),
        code="model-crashed",
        hint=hint,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def restarted() -> ModelError:
    """The process was killed because of another job."""
    return ModelError(
        _("The local model had to be restarted while this was waiting."),
        code="model-restarted",
        hint=_("Ask again."),
    )


def too_slow(seconds: float) -> ModelTimeout:
    """A time limit of ``seconds`` has passed."""
    return ModelTimeout(
        _("The local model did not finish within {seconds} s.", seconds=f"{seconds:g}"),
        hint=_("Take a smaller model, ask for less, or raise its time limits in tieout.toml."),
    )


def too_long(what: str, settings: LlamaSettings) -> ContextTooLong:
    """The prompt does not fit; ``what`` says how long it is."""
    return ContextTooLong(
        _("The conversation does not fit the local model: {what}, window {n_ctx} tokens.", what=what,
          n_ctx=settings.n_ctx),
        hint=_("Start a new session, or raise n_ctx if the model was trained for more."),
    )  # fmt: skip


def failed(code: FailureCode, message: str, settings: LlamaSettings) -> TieoutError:
    """The child's ``failed`` message as an error for the user."""
    from tieout.text import clean_line

    said = clean_line(message, limit=400)
    match code:
        case "not-installed":
            return ModelUnavailable(
                _("llama-cpp-python is not installed or does not load: {said}", said=said),
                code="model-not-installed",
                hint=_("Install it with: {command}", command=INSTALL_HINT),
            )
        case "load":
            return ModelUnavailable(
                _("llama.cpp cannot load {path}: {said}", path=settings.path, said=said),
                code="model-load",
                hint=_("The file may be damaged, too large for this machine, or newer than llama.cpp."),
            )
        case "context":
            return too_long(said, settings)
        case "template":
            return ModelError(
                _(
                    "The chat template of {path} refuses this conversation: {said}",
                    path=settings.path,
                    said=said,
                ),
                code="model-template",
                hint=_(
                    "Take an instruct model whose template supports what is asked (tools, system messages)."
                ),
            )
        case "grammar":
            return ModelError(
                _("The required form of the answer cannot be enforced: {said}", said=said),
                code="model-grammar",
                hint=_("Simplify the JSON schema: no look-around, no unanchored patterns."),
            )
        case "generate":
            return ModelError(
                _("The local model failed: {said}", said=said),
                code="model-generate",
                hint=_("Run again; with --debug the log has more."),
            )
