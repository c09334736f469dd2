"""A turn of three requests: Tieout with all guards, store and tie-out, against bare pydantic-ai.

Both talk to the same server in the same process, in turn; the figure is the ratio of the medians of CPU time.
The server's own work is part of both. Target: at most 1.15.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from loopback_model import loopback_model

ROUNDS = 40


async def main() -> None:
    """Measure and print."""
    os.environ["PYDANTIC_AI_NO_BANNER"] = "1"
    with loopback_model() as base_url, tempfile.TemporaryDirectory() as folder:
        bare, ours = await _bare(base_url), await _ours(base_url, Path(folder))
        figures: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(5):
            await bare()
            await ours()
        for _ in range(ROUNDS):
            for name, turn in (("bare", bare), ("ours", ours)):
                started = time.process_time()
                await turn()
                figures[name].append(time.process_time() - started)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    print(f"bare pydantic-ai: {medians['bare'] * 1000:.1f} ms CPU a turn (median of {ROUNDS})")
    print(f"tieout:           {medians['ours'] * 1000:.1f} ms CPU a turn")
    print(f"ratio:            {medians['ours'] / medians['bare']:.3f}  (target: at most 1.15)")


async def _bare(base_url: str):
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    from tieout import Host

    host = Host(ephemeral=True)
    agent = Agent(OpenAIChatModel("m", provider=OpenAIProvider(base_url=base_url, api_key="none")))

    def add(tool: object) -> None:
        """The same tools, as plain functions: the request sizes are equal."""
        from pydantic_ai import Tool

        async def call(**arguments: object) -> str:
            return tool.function(**arguments).model_dump_json()  # type: ignore[attr-defined]

        schema = tool.arguments_model.model_json_schema()  # type: ignore[attr-defined]
        agent._function_toolset.add_tool(  # type: ignore[attr-defined]
            Tool.from_schema(call, tool.model_name, tool.description, schema)  # type: ignore[attr-defined]
        )

    for tool in host.tools().values():
        if "model" in tool.faces:
            add(tool)

    async def turn() -> None:
        async with agent.run_stream_events("Compare H100 and A100.") as events:
            async for _event in events:
                pass

    return turn


async def _ours(base_url: str, folder: Path):
    from tieout import Host, load_settings

    providers = {"compatible": {"base_url": base_url}}
    settings = load_settings(environment={}, overrides={"providers": providers, "model": "compatible:m"})
    host = Host(settings, store_path=folder / "sessions.db")
    host.load()

    async def turn() -> None:
        await host.session(model="compatible:m").ask("Compare H100 and A100.")

    return turn


if __name__ == "__main__":
    asyncio.run(main())
