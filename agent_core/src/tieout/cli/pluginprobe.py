"""``python -m tieout.cli.pluginprobe NAME``: load one plugin, start and stop it, and print one line about it."""

from __future__ import annotations

__all__ = ["PREFIX", "probe"]

import asyncio
import contextlib
import json
import os
import threading
from typing import TYPE_CHECKING, Any

from tieout.i18n import translator

if TYPE_CHECKING:
    from tieout.host import Host
    from tieout.registry import PluginRecord

_ = translator("tieout")

PREFIX = "tieout-probe:"
"""What the line begins with; a plugin may print lines of its own."""
_GRACE_SECONDS = 2.0


def probe(name: str) -> dict[str, Any]:
    """Load the plugin, enter and leave its lifespan, and describe what came of it."""
    from tieout.errors import SettingsError
    from tieout.host import Host
    from tieout.settings import LoadedSettings, Settings, load_settings

    try:
        settings = load_settings()
    except SettingsError:
        settings = LoadedSettings(Settings())
    host = Host(settings, ephemeral=True)
    record = host.registry.load(name)
    brings = {
        "tools": len(record.tools),
        "guards": len(record.guards),
        "models": len(record.models),
        "sources": len(record.sources),
        "lifespan": int(record.lifespan is not None),
    }
    if record.lifespan is not None:
        watchdog = _watchdog(record, brings, seconds=settings.settings.limits.plugin_start)
        asyncio.run(_start_and_stop(host, name, watchdog))
    return _report(record, brings)


async def _start_and_stop(host: Host, name: str, watchdog: threading.Timer) -> None:
    from tieout.errors import PluginError

    watchdog.start()
    with contextlib.suppress(PluginError):  # the record holds the reason
        await host.ensure_started(name)
    watchdog.cancel()
    await host.aclose()


def _watchdog(record: PluginRecord, brings: dict[str, int], *, seconds: float) -> threading.Timer:
    """Ends the process where a lifespan blocks the event loop, so that its own time limit cannot strike."""

    def give_up() -> None:
        reason = _("it blocked the event loop and did not start within {seconds:g} s", seconds=seconds)
        report = _report(record, brings) | {"state": "failed", "reason": reason}
        print("\n" + PREFIX + json.dumps(report), flush=True)
        os._exit(1)

    timer = threading.Timer(seconds + _GRACE_SECONDS, give_up)
    timer.daemon = True
    return timer


def _report(record: PluginRecord, brings: dict[str, int]) -> dict[str, Any]:
    return {
        "name": record.name,
        "state": str(record.state),
        "reason": record.reason,
        "warnings": record.warnings,
        "brings": brings if record.state == "loaded" else {},
    }


if __name__ == "__main__":
    import sys

    from tieout.i18n import set_language

    if language := os.environ.get("TIEOUT_LANG"):
        set_language("zh" if language == "zh" else "en")
    print("\n" + PREFIX + json.dumps(probe(sys.argv[1])))
