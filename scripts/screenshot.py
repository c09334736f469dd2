"""Draws the README's screenshot of the chat: a real question, answered here offline over the sample reports.

python scripts/screenshot.py            write docs/images/chat.svg
python scripts/screenshot.py --lang zh --output FILE.svg --question "…"
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from pathlib import Path

from tieout.host import Host
from tieout.i18n import Language, use_language
from tieout.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "Llama 3 70B: 15T tokens in 6.4M H100 GPU hours. What is the MFU, and what do the reports say?"
SIZE = (100, 44)
PATIENCE_SECONDS = 120
FONTS = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"


def offline_host(folder: Path) -> Host:
    """A host of the installed plugins with the sample reports, without the user's settings and conversations."""
    settings = load_settings(
        folder=folder,
        environment={"TIEOUT_CONFIG": str(folder / "tieout.toml")},
        overrides={
            "model": "offline",
            "data_dir": str(folder),
            "plugins": {"reports": {"folders": [str(ROOT / "examples" / "sample_reports")]}},
        },
    )
    return Host(settings)


async def screenshot(question: str, lang: Language, folder: Path) -> str:
    """The screen as SVG once the question is answered.

    Raises:
        SystemExit: There was no answer, or the chat broke down.
    """
    from textual.widgets import OptionList

    from tieout_tui.app import ChatApp
    from tieout_tui.hostengine import HostEngine
    from tieout_tui.prompt import Prompt

    app = ChatApp(HostEngine(lambda: offline_host(folder), model=None, session_id=None, lang=lang))
    async with app.run_test(size=SIZE) as pilot:
        prompt = app.query_one(Prompt)
        prompt.cursor_blink = False
        prompt.text = question
        await pilot.press("enter")
        ended = time.monotonic() + PATIENCE_SECONDS
        while not app.query(OptionList) and app.failure is None:
            if time.monotonic() > ended:
                raise SystemExit(f"no answer with sources within {PATIENCE_SECONDS} s")
            await pilot.pause(0.2)
        if app.failure is not None:
            raise SystemExit(str(app.failure))
        await pilot.pause(1.0)
        svg = app.export_screenshot(title="tieout")
        await pilot.press("ctrl+q", "ctrl+q")
    return svg


def without_downloads(svg: str) -> str:
    """The picture with fonts of the reader's machine in place of ones from a web server."""
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
    return re.sub(r"font-family:\s*[^;]*Fira Code[^;]*;", f"font-family: {FONTS};", svg)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description="Draw a screenshot of the chat.")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images" / "chat.svg")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, use_language(options.lang):
        svg = asyncio.run(screenshot(options.question, options.lang, Path(folder)))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(without_downloads(svg), "utf-8")
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
