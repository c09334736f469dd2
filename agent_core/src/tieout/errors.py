"""Every error Tieout raises on purpose.

TieoutError
├── InputError            what the user gave cannot be used (question, file, argument)
├── SettingsError         tieout.toml, environment or command line; carries file and line
├── PluginError           a plugin cannot be found, loaded or used
├── ToolError             a tool failed, with the tool's name
│   ├── ToolUnavailable   no tool of that name is loaded
│   └── ToolTimeout       the tool ran past its time limit
├── ApprovalNeeded        policy says ask, and nobody is there to answer
├── GuardBlocked          a guard stopped the prompt
├── ModelError            the language model failed
│   ├── ModelUnavailable  not installed, no key, no such model
│   ├── ModelAuthError    the service refused the key
│   ├── ModelRateLimited  too many requests, or the quota is used up
│   ├── ModelTimeout      no answer within the limits
│   ├── ModelConnectionError  the service cannot be reached
│   ├── ModelResponseError    the answer was malformed or cut off
│   └── ContextTooLong    the conversation does not fit the model
├── StoreError            the conversation store cannot be read or written
└── FrontendError         the chat cannot be shown here

An error says what was wrong, where, and (``hint``) what to do next. ``code`` is stable: scripts may match it.
"""

from __future__ import annotations

__all__ = [
    "ApprovalNeeded",
    "ContextTooLong",
    "ExitCode",
    "FrontendError",
    "GuardBlocked",
    "InputError",
    "ModelAuthError",
    "ModelConnectionError",
    "ModelError",
    "ModelRateLimited",
    "ModelResponseError",
    "ModelTimeout",
    "ModelUnavailable",
    "PluginError",
    "SettingsError",
    "StoreError",
    "TieoutError",
    "ToolError",
    "ToolTimeout",
    "ToolUnavailable",
]

from enum import IntEnum
from pathlib import Path
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the command line; documented in docs/command_line.md and stable."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    SETTINGS = 3
    MODEL = 4
    APPROVAL = 5
    BLOCKED = 6
    TOOL = 7
    STORE = 8
    PLUGIN = 9
    CHECK_FAILED = 10
    UNCHECKED = 11
    INTERRUPTED = 130


class TieoutError(Exception):
    """Root of the tree: one message for people, one code for programs, one next step.

    Args:
        message: What was wrong and where, in the user's language.
        code: Stable identifier such as ``model-auth``; the class default when left out.
        hint: What to do next; may be empty.
    """

    default_code: ClassVar[str] = "error"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint

    def __str__(self) -> str:
        # A Chinese full stop, exclamation or question mark brings its own room.
        gap = "" if self.message.endswith(("\u3002", "\uff01", "\uff1f")) else " "
        return f"{self.message}{gap}{self.hint}".strip()


class InputError(TieoutError):
    """What the user gave (a question, a file, an argument) cannot be used."""

    default_code = "input"
    exit_code = ExitCode.USAGE


class SettingsError(TieoutError):
    """Settings are malformed or contradict each other.

    Args:
        path: The file at fault, if it was a file.
        line: 1-based line in ``path``.
    """

    default_code = "settings"
    exit_code = ExitCode.SETTINGS

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        path: Path | None = None,
        line: int | None = None,
    ) -> None:
        where = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        super().__init__(where + message, code=code, hint=hint)
        self.path = path
        self.line = line


class PluginError(TieoutError):
    """A plugin cannot be found, loaded or used."""

    default_code = "plugin"
    exit_code = ExitCode.PLUGIN


class ToolError(TieoutError):
    """A tool failed in a way its author foresaw; the message goes to the model and to the user.

    Raise it (or :class:`InputError`) from a tool for bad arguments, missing data and refusals.
    """

    default_code = "tool"
    exit_code = ExitCode.TOOL


class ToolUnavailable(ToolError):
    """No tool of that name is loaded, so ``ctx.call`` cannot reach it."""

    default_code = "tool-unavailable"


class ToolTimeout(ToolError):
    """The tool ran past the time limit it declared."""

    default_code = "tool-timeout"


class ApprovalNeeded(TieoutError):
    """Policy says "ask" for an effect and nobody is there to answer.

    Args:
        tool: Qualified tool name, e.g. ``stocks.quote``.
        effect: The effect that needs approval, e.g. ``network``.
    """

    default_code = "approval-needed"
    exit_code = ExitCode.APPROVAL

    def __init__(self, message: str, *, tool: str, effect: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tool = tool
        self.effect = effect


class GuardBlocked(TieoutError):
    """A guard stopped the prompt before it reached a model."""

    default_code = "guard-blocked"
    exit_code = ExitCode.BLOCKED


class ModelError(TieoutError):
    """The language model failed."""

    default_code = "model"
    exit_code = ExitCode.MODEL


class ModelUnavailable(ModelError):
    """The model is not installed, has no key, or does not exist."""

    default_code = "model-unavailable"


class ModelAuthError(ModelError):
    """The service refused the key. The key is never part of the message."""

    default_code = "model-auth"


class ModelRateLimited(ModelError):
    """Too many requests, or the quota is used up."""

    default_code = "model-rate-limited"


class ModelTimeout(ModelError):
    """No answer within the limits shown by ``tieout doctor``."""

    default_code = "model-timeout"


class ModelConnectionError(ModelError):
    """The service cannot be reached."""

    default_code = "model-connection"


class ModelResponseError(ModelError):
    """The service answered, but not with a whole, well-formed answer."""

    default_code = "model-response"


class ContextTooLong(ModelError):
    """The conversation does not fit the model's context window."""

    default_code = "context-too-long"


class StoreError(TieoutError):
    """The conversation store cannot be opened, read or written."""

    default_code = "store"
    exit_code = ExitCode.STORE


class FrontendError(TieoutError):
    """The chat cannot be shown here (no terminal, terminal too small, front end not installed)."""

    default_code = "frontend"
    exit_code = ExitCode.USAGE
