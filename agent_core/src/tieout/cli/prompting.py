"""Questions to the person at the terminal."""

from __future__ import annotations

__all__ = ["ask_approval"]

import asyncio

import click

from tieout.i18n import translator
from tieout.running import ApprovalRequest
from tieout.text import clean_line

_ = translator("tieout")


async def ask_approval(request: ApprovalRequest) -> bool:
    """Ask on the terminal whether a tool may have an effect; the default is no."""
    arguments = clean_line(", ".join(f"{key}={value}" for key, value in request.arguments.items()), limit=200)
    question = _(
        "{tool} ({arguments}) wants to {effect}. Allow?",
        tool=request.tool,
        arguments=arguments,
        effect=request.effect,
    )
    return await asyncio.to_thread(click.confirm, question, default=False, err=True)
