"""``registry``: what the tables hold, where it is from, and whether it contradicts itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.plugin import Card, CardBlock, Fact, Language, Note, Result, Table, tool, translator
from tieout_compute_estimator.accelerators import layered_devices
from tieout_compute_estimator.caveats import today
from tieout_compute_estimator.derivation import N_
from tieout_compute_estimator.published import layered_models
from tieout_compute_estimator.registry_lint import lint

__all__ = ["Finding", "RegistryResult", "registry"]

_ = translator("tieout_compute_estimator")
_COLUMNS = (N_("level"), N_("table"), N_("row"), N_("check"), N_("what"))
_LEVELS = {"error": N_("error"), "note": N_("note")}


class Finding(BaseModel):
    """One remark about a row."""

    model_config = ConfigDict(frozen=True)

    level: Literal["error", "note"]
    table: str
    row: str
    check: str
    text: str


class RegistryResult(Result):
    """Rows by table, rows added or replaced by layer, and findings; ``clean`` means that no finding is an error."""

    clean: bool
    devices: int
    models: int
    added: dict[str, str] = Field(default_factory=dict[str, str])
    """Row to the package or file that it is from, when it does not ship."""
    findings: tuple[Finding, ...] = ()

    def say(self, lang: Language = "en") -> str:
        """Whether the tables are clean, then each error."""
        errors = [finding for finding in self.findings if finding.level == "error"]
        if self.clean:
            head = _(
                "The tables of hardware and models contradict neither physics nor themselves.", lang=lang
            )
        else:
            head = _("The tables of hardware and models have rows that cannot be right:", lang=lang)
        lines = [f"- {finding.table} {finding.row}: {finding.text}" for finding in errors]
        return "\n".join([head, *lines])

    def card(self, lang: Language = "en") -> Card:
        """Counts and every finding."""
        blocks: list[CardBlock] = [
            Fact(label=_("devices", lang=lang), value=str(self.devices)),
            Fact(label=_("models", lang=lang), value=str(self.models)),
        ]
        blocks += [
            Fact(label=row, value=_("from {layer}", lang=lang, layer=layer))
            for row, layer in self.added.items()
        ]
        if self.findings:
            rows = tuple(
                (
                    _(_LEVELS[item.level], lang=lang),
                    _(item.table, lang=lang),
                    item.row,
                    _(item.check, lang=lang),
                    item.text,
                )
                for item in self.findings
            )
            blocks.append(Table(columns=tuple(_(name, lang=lang) for name in _COLUMNS), rows=rows))
        if not self.clean:
            blocks.append(Note(level="error", text=_("Some rows cannot be right.", lang=lang)))
        return Card(title=_("Registry of hardware and models", lang=lang), blocks=tuple(blocks))


@tool(faces=("cli", "slash"))
def registry() -> RegistryResult:
    """Check the tables of hardware and models: dense against sparse, clocks, buses, dates, sources, conflicts."""
    devices, models = layered_devices(), layered_models()
    found = lint(on=today())
    return RegistryResult(
        clean=not any(problem.level == "error" for problem in found),
        devices=len(devices.rows),
        models=len(models.rows),
        added={**devices.layers, **models.layers},
        findings=tuple(
            Finding(level=item.level, table=item.table, row=item.row, check=item.check, text=item.text)
            for item in sorted(found)
        ),
    )
