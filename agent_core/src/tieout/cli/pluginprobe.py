"""``python -m tieout.cli.pluginprobe NAME``: load one plugin and print one line about it."""

from __future__ import annotations

__all__ = ["probe"]

import json
import sys
from typing import Any


def probe(name: str) -> dict[str, Any]:
    """Load the plugin and describe what came of it."""
    from tieout.errors import SettingsError
    from tieout.registry import Registry
    from tieout.settings import LoadedSettings, Settings, load_settings

    try:
        settings = load_settings()
    except SettingsError:
        settings = LoadedSettings(Settings())
    record = Registry(settings).load(name)
    return {
        "name": name,
        "state": str(record.state),
        "reason": record.reason,
        "warnings": record.warnings,
        "brings": {
            "tools": len(record.tools),
            "guards": len(record.guards),
            "models": len(record.models),
            "sources": len(record.sources),
            "lifespan": int(record.lifespan is not None),
        },
    }


if __name__ == "__main__":
    print("tieout-probe:" + json.dumps(probe(sys.argv[1])))
