"""What the look-up tools return, and how it reads."""

from __future__ import annotations

from datetime import date

from tieout.plugin import (
    Card,
    CardBlock,
    Fact,
    Figure,
    Language,
    Note,
    Result,
    Table,
    TableRow,
    Text,
    translator,
)
from tieout_compute_estimator.conflicts import Conflict
from tieout_compute_estimator.derivation import N_, brief_source, ranged, shown, sourced

__all__ = ["DeviceList", "HardwareResult", "ModelList", "ModelResult"]

_ = translator("tieout_compute_estimator")
_COLUMNS = (N_("name"), N_("maker"), N_("published"), N_("confidence"))


class HardwareResult(Result):
    """One accelerator; every rate is dense, without structured sparsity."""

    device: str
    vendor: str
    announced: str
    remark: str = ""
    """What the table says about conflicts and variants."""
    sparsity_multiplier: float | None = None
    main: str
    """The number format that a training run uses by default."""
    peaks: dict[str, Figure]
    memory: Figure | None = None
    bandwidth: Figure | None = None
    interconnect: Figure | None = None
    power: Figure | None = None
    price: Figure | None = None
    conflicts: tuple[Conflict, ...] = ()
    """What rows of the same name in other layers say differently."""

    def say(self, lang: Language = "en") -> str:
        """Peaks first, then memory, power and price."""
        peaks = _list(
            [
                f"{dtype.upper()} {ranged(figure, lang)}"
                for dtype, figure in self.peaks.items()
                if _is_matrix_rate(dtype)
            ],
            lang,
        )
        source = brief_source(_row(self.peaks[self.main]).source, lang)
        lines = [
            _(
                "{device}: dense peak {peaks} [{source}].",
                lang=lang,
                device=f"**{self.device}**",
                peaks=peaks,
                source=source,
            )
        ]
        parts = (self.memory, self.bandwidth, self.interconnect, self.power)
        known = [
            f"{_(figure.metric, lang=lang)} {shown(figure, lang)}" for figure in parts if figure is not None
        ]
        if known:
            lines.append(_("It has {figures}.", lang=lang, figures=_list(known, lang)))
        if self.price is not None:
            row = _row(self.price)
            lines.append(
                _(
                    "On-demand rent: {price}, read {as_of} [{source}].",
                    lang=lang,
                    price=ranged(self.price, lang),
                    as_of=row.as_of,
                    source=brief_source(row.source, lang),
                )
            )
        lines += _differing(self.conflicts, lang)
        return _say(lines, self.notes, lang)

    def card(self, lang: Language = "en") -> Card:
        """Every figure of the row with its source."""
        figures = [
            *self.peaks.values(),
            self.memory,
            self.bandwidth,
            self.interconnect,
            self.power,
            self.price,
        ]
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)
            for figure in figures
            if figure is not None
        ]
        blocks += _conflict_facts(self.conflicts, lang)
        blocks.append(_source_line(_row(self.peaks[self.main]), lang))
        if self.remark:
            blocks.append(Note(level="info", text=_.pieces(self.remark, lang=lang)))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=f"{self.vendor} {self.device} ({self.announced})", blocks=tuple(blocks))


class ModelResult(Result):
    """One published model."""

    model: str
    maker: str
    released: str
    device: str = ""
    remark: str = ""
    params: Figure
    active_params: Figure | None = None
    tokens: Figure | None = None
    device_hours: Figure | None = None
    training_flops: Figure | None = None
    layers: Figure | None = None
    kv_heads: Figure | None = None
    head_dim: Figure | None = None
    latent_kv_dim: Figure | None = None
    exact_params: Figure | None = None
    """Counted tensor by tensor from the released configuration."""
    exact_active_params: Figure | None = None
    kv_per_token: Figure | None = None
    """What one more token adds to a BF16 cache, once sliding windows are full."""
    recurrent_state: Figure | None = None

    conflicts: tuple[Conflict, ...] = ()
    """What rows of the same name in other layers say differently."""

    def say(self, lang: Language = "en") -> str:
        """One line per group of figures, with the source."""
        size = sourced(self.params, lang)
        if self.active_params is not None:
            size = _(
                "{params}, {active} of them active",
                lang=lang,
                params=size,
                active=shown(self.active_params, lang),
            )
        lines = [
            _(
                "{model} ({maker}) has {size}.",
                lang=lang,
                model=f"**{self.model}**",
                maker=self.maker,
                size=size,
            )
        ]
        run = [
            shown(figure, lang) for figure in (self.tokens, self.device_hours, self.training_flops) if figure
        ]
        if run:
            device = f" ({self.device})" if self.device else ""
            lines.append(
                _("Training: {figures}{device}.", lang=lang, figures=_list(run, lang), device=device)
            )
        shape = _known((self.layers, self.kv_heads, self.head_dim, self.latent_kv_dim), lang)
        if shape:
            lines.append(_("Architecture: {figures}.", lang=lang, figures=shape))
        if self.exact_params is not None:
            count = f"{self.exact_params.value:,.0f}"
            lines.append(_("Its configuration holds {count} parameters.", lang=lang, count=count))
        if self.kv_per_token is not None:
            size = shown(self.kv_per_token, lang)
            lines.append(_("Each token in the KV cache takes {size}.", lang=lang, size=size))
        lines += _differing(self.conflicts, lang)
        return _say(lines, self.notes, lang)

    def card(self, lang: Language = "en") -> Card:
        """Every figure of the row with its source."""
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=shown(figure, lang), figure=figure)
            for path, figure in self.figures()
            if not path.startswith("conflicts")
        ]
        blocks += _conflict_facts(self.conflicts, lang)
        blocks.append(_source_line(_row(self.params), lang))
        if self.remark:
            blocks.append(Note(level="info", text=_.pieces(self.remark, lang=lang)))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=f"{self.maker} {self.model} ({self.released})", blocks=tuple(blocks))


class _NameList(Result):
    as_of: date
    rows: tuple[tuple[str, str, str, str], ...]
    """Name, maker, month, confidence."""

    def _card(self, title: str, lang: Language) -> Card:
        columns = tuple(_(name, lang=lang) for name in _COLUMNS)
        rows = tuple((*row[:3], _(row[3], lang=lang)) for row in self.rows)
        return Card(title=f"{title} ({self.as_of})", blocks=(Table(columns=columns, rows=rows),))


class DeviceList(_NameList):
    """The accelerators of the shipped table."""

    def say(self, lang: Language = "en") -> str:
        """Every name."""
        return _(
            "Accelerators in the table: {names}.", lang=lang, names=_list([row[0] for row in self.rows], lang)
        )

    def card(self, lang: Language = "en") -> Card:
        """A table."""
        return self._card(_("Accelerators", lang=lang), lang)


class ModelList(_NameList):
    """The models of the shipped table."""

    def say(self, lang: Language = "en") -> str:
        """Every name."""
        return _("Models in the table: {names}.", lang=lang, names=_list([row[0] for row in self.rows], lang))

    def card(self, lang: Language = "en") -> Card:
        """A table."""
        return self._card(_("Published models", lang=lang), lang)


def _is_matrix_rate(dtype: str) -> bool:
    """Rates that matter for language models; the others stand on the card."""
    return dtype in ("bf16", "fp16", "fp8", "fp4", "int8")


def _differing(conflicts: tuple[Conflict, ...], lang: Language) -> list[str]:
    """One sentence for every value that another layer has instead."""
    return [
        _(
            "The row of {layer} has {metric} {value}.",
            lang=lang,
            layer=conflict.layer,
            metric=_(conflict.figure.metric, lang=lang),
            value=sourced(conflict.figure, lang),
        )
        for conflict in conflicts
    ]


def _conflict_facts(conflicts: tuple[Conflict, ...], lang: Language) -> list[CardBlock]:
    return [
        Fact(
            label=f"{_(conflict.figure.metric, lang=lang)} ({conflict.layer})",
            value=ranged(conflict.figure, lang),
            figure=conflict.figure,
        )
        for conflict in conflicts
    ]


def _row(figure: Figure) -> TableRow:
    assert isinstance(figure.origin, TableRow)
    return figure.origin


def _source_line(row: TableRow, lang: Language) -> Text:
    return Text(
        text=_(
            "Source: {source}; as of {as_of}; confidence {confidence}.",
            lang=lang,
            source=_.pieces(row.source, lang=lang),
            as_of=row.as_of,
            confidence=_(row.confidence, lang=lang),
        )
    )


def _known(figures: tuple[Figure | None, ...], lang: Language) -> str:
    return _list(
        [f"{_(figure.metric, lang=lang)} {shown(figure, lang)}" for figure in figures if figure is not None],
        lang,
    )


def _list(items: list[str], lang: Language) -> str:
    return ("、" if lang == "zh" else ", ").join(items)


def _say(lines: list[str], notes: tuple[str, ...], lang: Language) -> str:
    text = ("" if lang == "zh" else " ").join(lines)
    return "\n\n".join([text, *(f"- {note}" for note in notes)])
