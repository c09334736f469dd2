"""Distributions written into a folder as an installer would, and a hall of plugins that are each broken in one way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent


@dataclass(frozen=True)
class SiteFolder:
    """A folder of installed packages; goes in front of ``PYTHONPATH`` of the processes started from it."""

    path: Path
    home: Path
    """Home, settings and data of those processes."""

    def add(
        self,
        name: str,
        source: str,
        *,
        group: str = "tieout.plugins",
        value: str = "",
        requires: Iterable[str] = ("tieout-core>=0.1",),
        summary: str = "",
        entry_points: str | None = None,
        metadata: bytes | None = None,
    ) -> None:
        """Install a package with one module and one entry point.

        Args:
            name: The entry point; the module is ``hall_NAME``, the distribution ``hall-NAME``.
            source: The module.
            value: What the entry point names, if not the module.
            entry_points: The whole of entry_points.txt, in place of the one entry.
            metadata: The whole of METADATA.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        module = f"hall_{name}"
        (self.path / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        info = self.path / f"{module}-1.2.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: hall-{name}", "Version: 1.2", f"Summary: {summary or name}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (info / "METADATA").write_bytes(
            metadata if metadata is not None else "\n".join(lines).encode() + b"\n"
        )
        text = f"[{group}]\n{name} = {value or module}\n" if entry_points is None else entry_points
        (info / "entry_points.txt").write_text(text, encoding="utf-8")

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a process that sees these packages and nothing of the user's."""
        path = os.pathsep.join([str(self.path), os.environ.get("PYTHONPATH", "")])
        own = {
            "PYTHONPATH": path.rstrip(os.pathsep),
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "TIEOUT_CONFIG": str(self.home / "tieout.toml"),
            "TIEOUT_LANG": "en",
            "NO_COLOR": "1",
        }
        kept = {
            name: text for name, text in os.environ.items() if not name.startswith(("TIEOUT_M", "TIEOUT_P"))
        }
        return {**kept, **own, **(extra or {})}

    def tieout(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        self.home.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "tieout", *words],
            env=self.environment(extra),
            cwd=self.home,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )


GOOD = '''
    from tieout.plugin import Figure, Result, hookimpl, tool

    class Answer(Result):
        answer: Figure

    @tool
    def ping(count: int = 1) -> Answer:
        """Answer a ping.

        Args:
            count: How many.
        """
        return Answer(answer=Figure(value=count, metric="pings"))

    @hookimpl
    def tools():
        return [ping]
'''


@dataclass(frozen=True)
class Broken:
    """One exhibit: a package, and words of the reason that a person must read."""

    source: str
    reason: str
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    state: str = "failed"


HALL: Mapping[str, Broken] = {
    "import_error": Broken("from tieout.plugin import nothing_of_that_name", "nothing_of_that_name"),
    "exits": Broken("import sys; sys.exit('no licence')", "tried to exit the program"),
    "missing": Broken("import numpy_of_the_future", "module 'numpy_of_the_future' is not installed"),
    "syntax": Broken("def tools(:", "SyntaxError"),
    "future": Broken(GOOD, "needs tieout-core >=99", {"requires": ["tieout-core>=99,<100"]}),
    "no_module": Broken(GOOD, "module 'hall_elsewhere' is not installed", {"value": "hall_elsewhere"}),
    "no_attribute": Broken(GOOD, "nothing_here", {"value": "hall_no_attribute:nothing_here"}),
    "misspelt": Broken(GOOD.replace("def tools", "def toools"), "Did you mean tools?", state="loaded"),
    "unmarked": Broken(GOOD.replace("@hookimpl", ""), "marked with @hookimpl", state="loaded"),
    "raising": Broken(
        """
        from tieout.plugin import hookimpl

        @hookimpl
        def tools():
            raise RuntimeError("no table of rates")
        """,
        "no table of rates at hall_raising:6",
    ),
    "odd_argument": Broken(GOOD.replace("def tools()", "def tools(colour)"), "colour"),
    "twice": Broken(GOOD.replace("[ping]", "[ping, ping]"), "two tools are named 'ping'"),
    "no_list": Broken(GOOD.replace("[ping]", "3"), "tools() must return a list"),
    "no_guard": Broken(
        """
        from tieout.plugin import hookimpl

        @hookimpl
        def guards():
            return ["not a guard"]
        """,
        "guards() must return Guard objects",
    ),
    "bad_settings": Broken(
        """
        from pydantic import BaseModel
        from tieout.plugin import hookimpl

        class Settings(BaseModel):
            limit: int = 1

        @hookimpl
        def settings():
            return Settings
        """,
        "tieout.toml:2: plugins.bad_settings.limit",
    ),
    "no_model": Broken(
        """
        from tieout.plugin import hookimpl

        @hookimpl
        def settings():
            return dict
        """,
        "settings() must return a pydantic model class",
    ),
    "no_schema": Broken(
        """
        from tieout.plugin import Result, hookimpl, tool

        class Odd:
            pass

        @tool
        def odd(what: Odd) -> Result:
            "Takes what nobody can write down."

        @hookimpl
        def tools():
            return [odd]
        """,
        "Odd",
    ),
    "star": Broken(GOOD.replace("count: int = 1", "*count: int"), "*count"),
}

DEADLY: Mapping[str, Broken] = {"kills": Broken("import os; os._exit(7)", "ended with code 7")}
"""What no program survives in its own process; ``plugins doctor`` and ``plugins disable`` are for these."""


def furnish(site: SiteFolder, exhibits: Mapping[str, Broken]) -> None:
    """Install exhibits, with one good plugin among them and settings that one of them does not accept."""
    for name, exhibit in exhibits.items():
        site.add(name, exhibit.source, **exhibit.options)  # pyright: ignore[reportArgumentType]
    site.add("good", GOOD, summary="a plugin that works")
    site.home.mkdir(parents=True, exist_ok=True)
    (site.home / "tieout.toml").write_text('[plugins.bad_settings]\nlimit = "many"\n', encoding="utf-8")
