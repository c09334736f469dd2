"""The chat in the terminal.

``run`` is the front end that ``tieout`` starts through the entry-point group ``tieout.frontends``. Importing this
package imports no Textual and no engine.
"""

from __future__ import annotations

__all__ = ["run"]

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.cli.app import CliState


def run(state: CliState, *, model: str | None, session_id: str | None) -> int:
    """Show the chat until the user leaves it; returns the exit code.

    Args:
        state: The command line's global options.
        model: Model identifier; the default when left out.
        session_id: An earlier conversation to go on with.

    Raises:
        TieoutError: Settings are wrong, the model or the conversation does not exist, or the chat broke down. The
            terminal is as it was before.
    """
    from tieout_tui.launch import launch

    return launch(state, model=model, session_id=session_id)
