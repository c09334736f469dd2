"""What ``sweep`` returns, and how it reads."""

from __future__ import annotations

import csv
import io
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tieout.plugin import (
    Card,
    CardBlock,
    Code,
    Figure,
    Language,
    Note,
    Plot,
    Result,
    Series,
    Table,
    translator,
)
from tieout_compute_estimator.derivation import derivation, ranged, shown

__all__ = ["Sweep", "SweepRow"]

_ = translator("tieout_compute_estimator")
_SAID = 6
_DRAWN_FIRST = ("mfu", "tokens", "params", "usd_per_hour", "device_count")


class SweepRow(BaseModel):
    """One combination of the inputs and what follows from it."""

    model_config = ConfigDict(frozen=True)

    device: str = ""
    inputs: dict[str, Figure]
    """The inputs that vary, by name."""
    outputs: dict[str, Figure]
    """flops, device_hours, days, cost and energy, as far as they follow."""


class Sweep(Result):
    """A table over all combinations of the inputs."""

    subject: str = ""
    varied: tuple[str, ...]
    """Names of the inputs that vary, in the order of the columns."""
    metric: str
    """The output that is drawn and said."""
    rows: tuple[SweepRow, ...]
    form: Literal["table", "csv"] = "table"

    def csv(self) -> str:
        """All rows as comma-separated values in base units, with the interval of each output beside it."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        outputs = self._outputs()
        units = {name: row.outputs[name].unit for row in self.rows for name in row.outputs}
        head = [f"{name}{end} [{units[name]}]" for name in outputs for end in ("", " low", " high")]
        writer.writerow([*self.varied, *head])
        for row in self.rows:
            cells: list[object] = [
                row.device if name == "device" else f"{row.inputs[name].value:.12g}" for name in self.varied
            ]
            for name in outputs:
                figure = row.outputs.get(name)
                ends = (figure.value, figure.low, figure.high) if figure else (None, None, None)
                cells += ["" if end is None else f"{end:.6g}" for end in ends]
            writer.writerow(cells)
        return text.getvalue()

    def say(self, lang: Language = "en") -> str:
        """The drawn output for the first combinations; the rest stands in the table."""
        parts = [
            f"{self._label(row, lang)}: {ranged(row.outputs[self.metric], lang)}"
            for row in self.rows
            if self.metric in row.outputs
        ]
        metric = next(row.outputs[self.metric].metric for row in self.rows if self.metric in row.outputs)
        text = _("{metric} by {inputs}:", lang=lang, metric=_(metric, lang=lang), inputs=self._axes(lang))
        lines = [text, *(f"- {part}" for part in parts[:_SAID])]
        if len(parts) > _SAID:
            lines.append("- …")
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)])

    def card(self, lang: Language = "en") -> Card:
        """A plot where one or two inputs vary, the table, and how the first row was derived."""
        blocks: list[CardBlock] = []
        plot = self._plot(lang)
        if plot is not None:
            blocks.append(plot)
        blocks.append(Code(text=self.csv(), language="csv") if self.form == "csv" else self._table(lang))
        blocks.append(derivation(self.rows[0].outputs[self.metric], lang))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        title = _("Sweep", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))

    def _outputs(self) -> list[str]:
        return list({name: None for row in self.rows for name in row.outputs})

    def _axes(self, lang: Language) -> str:
        first = self.rows[0]
        names = [
            _("device", lang=lang) if name == "device" else _(first.inputs[name].metric, lang=lang)
            for name in self.varied
        ]
        return ("、" if lang == "zh" else ", ").join(names)

    def _label(self, row: SweepRow, lang: Language) -> str:
        return ", ".join(
            row.device if name == "device" else shown(row.inputs[name], lang) for name in self.varied
        )

    def _table(self, lang: Language) -> Table:
        outputs = self._outputs()
        metrics = {name: row.outputs[name].metric for row in self.rows for name in row.outputs}
        inputs = {name: row.inputs[name].metric for row in self.rows for name in row.inputs}
        columns = [
            _("device", lang=lang) if name == "device" else _(inputs[name], lang=lang) for name in self.varied
        ]
        columns += [_(metrics[name], lang=lang) for name in outputs]
        rows = [
            (
                *(row.device if name == "device" else shown(row.inputs[name], lang) for name in self.varied),
                *(ranged(row.outputs[name], lang) if name in row.outputs else "–" for name in outputs),
            )
            for row in self.rows
        ]
        return Table(columns=tuple(columns), rows=tuple(rows), numeric=tuple(range(len(columns))))

    def _plot(self, lang: Language) -> Plot | None:
        if len(self.varied) > 2:
            return None
        numeric = [name for name in _DRAWN_FIRST if name in self.varied]
        if not numeric:
            return self._bars(lang)
        across = numeric[0]
        others = [name for name in self.varied if name != across]
        groups: dict[str, list[SweepRow]] = {}
        for row in self.rows:
            if self.metric in row.outputs:
                label = ", ".join(
                    row.device if name == "device" else shown(row.inputs[name], lang) for name in others
                )
                groups.setdefault(label, []).append(row)
        first = self.rows[0]
        series = tuple(self._series(label, rows, across) for label, rows in groups.items())
        values = [x for line in series for x in line.x]
        return Plot(
            kind="line",
            title=_("Sweep", lang=lang),
            x_label=_(first.inputs[across].metric, lang=lang),
            y_label=self._y_label(lang),
            series=series,
            x_log=max(values) > 20 * min(values),
            y_log=_wide([y for line in series for y in line.y]),
        )

    def _series(self, label: str, rows: list[SweepRow], across: str) -> Series:
        found = [row.outputs[self.metric] for row in rows]
        banded = all(figure.low is not None and figure.high is not None for figure in found)
        return Series(
            name=label,
            x=tuple(row.inputs[across].value for row in rows),
            y=tuple(figure.value for figure in found),
            low=tuple(figure.low or 0.0 for figure in found) if banded else (),
            high=tuple(figure.high or 0.0 for figure in found) if banded else (),
        )

    def _bars(self, lang: Language) -> Plot:
        rows = [row for row in self.rows if self.metric in row.outputs]
        return Plot(
            kind="bar",
            title=_("Sweep", lang=lang),
            x_label=_("device", lang=lang),
            y_label=self._y_label(lang),
            series=(
                Series(
                    name=self._y_label(lang),
                    x=tuple(float(index) for index in range(len(rows))),
                    y=tuple(row.outputs[self.metric].value for row in rows),
                ),
            ),
            categories=tuple(row.device for row in rows),
        )

    def _y_label(self, lang: Language) -> str:
        figure = next(row.outputs[self.metric] for row in self.rows if self.metric in row.outputs)
        return f"{_(figure.metric, lang=lang)} ({_(figure.unit, lang=lang)})"


def _wide(values: list[float]) -> bool:
    return max(values) > 50 * min(values)
