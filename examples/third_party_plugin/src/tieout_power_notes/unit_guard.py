"""A guard: power is not spent per hour."""

from __future__ import annotations

import re

from tieout.plugin import Allow, Finding, Guard, GuardInput, Stage, Verdict, Warn, translator

_ = translator("tieout_power_notes")

_MIXED_UP = re.compile(r"\b[kMG]W(?:\s+per\s+hour|/h)\b|(?:千瓦|兆瓦)(?:每小时|/小时)", re.IGNORECASE)


class UnitGuard(Guard):
    """Points out "kW per hour" in an answer; the text passes, and the reader is told."""

    name = "power-units"
    stages = frozenset({Stage.OUTPUT})
    hold = "sentence"

    async def check(self, given: GuardInput) -> Verdict:
        """Look at one sentence."""
        findings = tuple(
            Finding(
                rule="POWER-1",
                severity="low",
                message=_("power per hour is not a unit of energy", lang=given.lang),
                start=match.start(),
                end=match.end(),
                advice=_("Write kWh for energy and kW for power.", lang=given.lang),
            )
            for match in _MIXED_UP.finditer(given.text)
        )
        if not findings:
            return Allow()
        return Warn(_("The answer mixes up power and energy.", lang=given.lang), findings)
