"""From the command line to the screen and back: language, colours, terminal, and errors after the screen is gone."""

from __future__ import annotations

__all__ = ["launch"]

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.errors import ExitCode, FrontendError, TieoutError
from tieout.i18n import Language, detect_language, translator, use_language
from tieout_tui.terminal import early_input, private_terminal

if TYPE_CHECKING:
    from tieout.cli.app import CliState

_ = translator("tieout_tui")
log = logging.getLogger("tieout.tui")


def launch(state: CliState, *, model: str | None, session_id: str | None) -> int:
    """Run the chat on this terminal; see :func:`tieout_tui.run`."""
    lang = _language(state)
    if not state.color:
        os.environ["NO_COLOR"] = "1"  # Textual reads it when the app is made
    with use_language(lang), early_input():
        from tieout_tui.app import ChatApp
        from tieout_tui.hostengine import HostEngine

        app = ChatApp(HostEngine(state.host, model=model, session_id=session_id, lang=lang))
        with private_terminal(), _short_switches():
            code = app.run()
        if app.failure is not None:
            raise _described(app.failure, app.unstored)
    return ExitCode.OK if code is None else code


@contextlib.contextmanager
def _short_switches() -> Generator[None]:
    """Let threads take turns every millisecond, so that a key waits 1 ms for the engine's thread and not 5."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _described(failure: BaseException, unstored: str) -> TieoutError:
    if isinstance(failure, TieoutError):
        return failure
    from tieout_tui.bars import what_is_stored

    log.debug("%s", "".join(traceback.format_exception(failure)))
    return FrontendError(
        _("The chat broke down: {kind}.", kind=type(failure).__name__),
        code="frontend-crashed",
        hint=what_is_stored(unstored)
        + " "
        + _("Run again with --debug and report the log, or use `tieout chat --plain`."),
    )


def _language(state: CliState) -> Language:
    """The language of the first screen: the option's; the settings' where there are any; else the locale's.

    Reading settings costs 0.17 s of CPU time (pydantic), so it is left to the engine where there is nothing to read.
    """
    if state.lang in ("en", "zh"):
        return state.lang
    if _has_settings():
        return state.settings().settings.lang or detect_language()
    return detect_language()


def _has_settings() -> bool:
    if any(os.environ.get(name) for name in ("TIEOUT_CONFIG", "TIEOUT_LANG", "TIEOUT_PROFILE")):
        return True
    from platformdirs import user_config_path

    here = Path.cwd().absolute()
    folders = (user_config_path("tieout"), here, *here.parents)
    return any(os.path.isfile(folder / "tieout.toml") for folder in folders)  # noqa: PTH113 (Path.is_file raises)
