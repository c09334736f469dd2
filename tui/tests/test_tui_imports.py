"""What the first frame does not wait for."""

from __future__ import annotations

import json
import subprocess
import sys


def modules_after(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has imported after ``code``."""
    code += "\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_imports_no_toolkit() -> None:
    loaded = modules_after("import tieout_tui")
    assert not loaded & {"textual", "rich", "pydantic", "pydantic_ai", "openai"}


def test_first_frame_imports_no_engine() -> None:
    code = """
import asyncio, sys
from tieout_tui.app import ChatApp
from tieout_tui.hostengine import HostEngine
app = ChatApp(HostEngine(lambda: None, model=None, session_id=None, lang="en"))
app._begin = lambda: None
async def main():
    async with app.run_test() as pilot:
        await pilot.pause()
asyncio.run(main())
"""
    loaded = modules_after(code)
    assert "textual" in loaded
    assert not loaded & {
        "pydantic",
        "pydantic_ai",
        "openai",
        "httpx2",
        "markdown_it",
        "pygments",
        "numpy",
        "tieout.host",
    }
