"""Explaining a result: how a figure was made, what would change it, and two results side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from tieout.errors import InputError
from tieout.plugin import (
    Card,
    CardBlock,
    Code,
    Fact,
    Figure,
    Formula,
    Language,
    Note,
    Result,
    Slot,
    Table,
    Text,
    tool,
    translator,
)
from tieout_compute_estimator.call_text import Call, call_of, named_figures, saved_figures
from tieout_compute_estimator.derivation import N_, computed, derivation, ranged, sourced
from tieout_compute_estimator.rendering import Form, rendered

__all__ = ["Difference", "Explanation", "explain", "explanation"]

_ = translator("tieout_compute_estimator")


class Difference(BaseModel):
    """One figure in two results."""

    model_config = ConfigDict(frozen=True)

    before: Figure
    after: Figure
    ratio: Figure


class Explanation(Result):
    """A figure with its whole derivation, and the same figures under other assumptions."""

    call: str
    other_call: str = ""
    """The changed or second call, when there is one."""
    figure: Figure
    differences: tuple[Difference, ...] = ()
    form: Form = "tree"
    also: tuple[str, ...] = ()
    """Other figures of the result that can be explained, by path."""

    def rendering(self, lang: Language = "en") -> str:
        """The derivation in the form asked for."""
        return rendered(self.figure, self.form, lang)

    def say(self, lang: Language = "en") -> str:
        """What the figure follows from, its convention and source, and what changes."""
        origin = self.figure.origin
        lines = [
            _(
                "{metric}: {value}.",
                lang=lang,
                metric=_first_upper(_(self.figure.metric, lang=lang)),
                value=f"**{ranged(self.figure, lang)}**",
            )
        ]
        if isinstance(origin, Formula):
            parts = [f"{_(part.metric, lang=lang)} {sourced(part, lang)}" for part in origin.inputs.values()]
            lines.append(
                _("It follows from {parts}.", lang=lang, parts=("；" if lang == "zh" else "; ").join(parts))
            )
            if origin.convention:
                lines.append(_("Convention: {text}.", lang=lang, text=_(origin.convention, lang=lang)))
        for item in self.differences:
            lines.append(
                _(
                    "{metric}: {before} against {after} ({ratio}).",
                    lang=lang,
                    metric=_first_upper(_(item.before.metric, lang=lang)),
                    before=ranged(item.before, lang),
                    after=ranged(item.after, lang),
                    ratio=ranged(item.ratio, lang),
                )
            )
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)]) if self.notes else text

    def card(self, lang: Language = "en") -> Card:
        """The derivation in its form, and the two results side by side."""
        blocks: list[CardBlock] = [
            Fact(label=_(self.figure.metric, lang=lang), value=ranged(self.figure, lang), figure=self.figure)
        ]
        match self.form:
            case "tree":
                blocks.append(derivation(self.figure, lang))
            case "markdown":
                blocks.append(Text(text=self.rendering(lang)))
            case "latex" | "json":
                blocks.append(Code(text=self.rendering(lang), language=self.form))
        if self.differences:
            columns = (_("quantity", lang=lang), self.call, self.other_call, _("ratio", lang=lang))
            rows = tuple(
                (
                    _(item.before.metric, lang=lang),
                    ranged(item.before, lang),
                    ranged(item.after, lang),
                    ranged(item.ratio, lang),
                )
                for item in self.differences
            )
            blocks.append(Table(columns=columns, rows=rows, numeric=(1, 2, 3)))
        if self.also:
            blocks.append(Text(text=_("Also: {names}", lang=lang, names=", ".join(self.also))))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(
            title=_("How {metric} was made", lang=lang, metric=_(self.figure.metric, lang=lang)),
            blocks=tuple(blocks),
        )


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


@tool(
    examples={
        "zh": (
            "这个训练天数是怎么推出来的,把公式一步步列给我",
            "解释一下卡时的推导过程,每个数的出处都要",
            "为什么费用这么高?展开计算步骤",
            "假如 MFU 变成 50%,结果会差多少",
            "把推导导出成 LaTeX",
            "并排比较两个方案:A100 与 H100 训练同一个模型",
            "把计算过程的依据和约定讲清楚",
        ),
        "en": (
            "Show me step by step how the GPU-hours were derived",
            "why is the cost that high? walk me through the formula",
            "what if the MFU were 50% instead: put both side by side",
            "explain the derivation with the source of every number",
            "export the calculation as LaTeX",
            "compare two scenarios of the same run, one on A100 and one on H100",
            "trace where the number of days comes from",
        ),
    }
)
def explain(
    call: Annotated[str, Slot("code", example="train 70B 15T device=H100")],
    *,
    why: str | None = None,
    what_if: str | None = None,
    compare: str | None = None,
    form: Form = "tree",
) -> Explanation:
    """Show how a figure was made: every formula with its numbers, convention, paper and the source of each input.

    Takes a call of another tool as it would be typed (train 70B 15T device=H100), a result saved with --json, or the
    question itself. With what_if it repeats the call with changed arguments, with compare it runs a second call, and
    puts both side by side.

    Args:
        call: Tool and arguments, a file with a saved result, or a question.
        why: Which figure to explain, by name, e.g. cost; the one with the longest derivation when left out.
        what_if: Arguments to change, e.g. mfu=50% device=A100.
        compare: A second call to compare with.
        form: tree, markdown, latex or json.

    Raises:
        InputError: The call cannot be read, or the result has no such figure.
        ToolError: The tool failed.
    """
    if call.strip().lower().endswith(".json"):
        if what_if or compare:
            raise InputError(
                _("A saved result cannot be run again."),
                code="compute-bad-call",
                hint=_("Give the call itself, e.g. train 70B 15T device=H100."),
            )
        path = Path(call.strip()).expanduser()
        return explanation(saved_figures(path), call=path.name, why=why, form=form)
    first = call_of(call)
    result = first.run()
    why = why or _named_in(first.question, named_figures(result))
    other: Call | None = first.changed(what_if) if what_if else call_of(compare) if compare else None
    if other is None:
        return explanation(named_figures(result), call=str(first), why=why, form=form, notes=result.notes)
    second = other.run()
    return explanation(
        named_figures(result),
        call=str(first),
        why=why,
        form=form,
        notes=(*result.notes, *second.notes),
        other=named_figures(second),
        other_call=str(other),
    )


def explanation(
    figures: Mapping[str, Figure],
    *,
    call: str = "",
    why: str | None = None,
    form: Form = "tree",
    notes: tuple[str, ...] = (),
    other: Mapping[str, Figure] | None = None,
    other_call: str = "",
) -> Explanation:
    """Explain one of the figures of a result.

    Raises:
        InputError: There is no computed figure, or none of that name.
    """
    path = _chosen(figures, why)
    differences = _differences(figures, other or {}, why=path if why else None)
    return Explanation(
        call=call,
        other_call=other_call,
        figure=figures[path],
        differences=differences,
        form=form,
        also=tuple(name for name in figures if name != path),
        notes=tuple(dict.fromkeys(notes)),
    )


def _chosen(figures: Mapping[str, Figure], why: str | None) -> str:
    if not figures:
        raise InputError(_("The result holds no computed figures."), code="compute-nothing-to-explain")
    if why is None:
        return max(figures, key=lambda path: sum(1 for _part in figures[path].walk()))
    wanted = _plain(why)
    names = {path: _names(path, figure) for path, figure in figures.items()}
    exact = [path for path, known in names.items() if wanted in known]
    near = [path for path, known in names.items() if any(wanted in name or name in wanted for name in known)]
    if not exact and not near:
        raise InputError(
            _("The result has no figure called {name}.", name=repr(why[:40])),
            code="compute-nothing-to-explain",
            hint=_("It has {names}.", names=", ".join(figures)),
        )
    return (exact or near)[0]


_SPOKEN = {
    "device-hours": ("gpu-hours", "gpu hours", "gpu 小时", "卡时", "机时"),
    "rental cost": ("cost", "成本", "费用", "多少钱", "价格"),
    "duration": ("days", "how long", "天数", "时间", "多久"),
    "energy": ("electricity", "用电", "耗电", "能耗"),
    "training FLOP": ("flops", "compute", "算力", "计算量"),
}


def _named_in(question: str, figures: Mapping[str, Figure]) -> str | None:
    """The path of the figure that a question names first."""
    text = _plain(question)
    places = [
        (text.find(name), path)
        for path, figure in figures.items()
        for name in (*_names(path, figure), *map(_plain, _SPOKEN.get(figure.metric, ())))
        if len(name) > 1 and name in text
    ]
    return min(places)[1] if places else None


def _names(path: str, figure: Figure) -> set[str]:
    """What a figure can be called: its field, its metric, its metric in Chinese."""
    spoken = (path, path.rpartition(".")[2], figure.metric, _(figure.metric, lang="zh"))
    return {_plain(name) for name in spoken}


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ").strip()


def _differences(
    first: Mapping[str, Figure], second: Mapping[str, Figure], *, why: str | None
) -> tuple[Difference, ...]:
    paths = [path for path in first if path in second and (why is None or path == why)]
    return tuple(
        Difference(before=first[path], after=second[path], ratio=_ratio(first[path], second[path]))
        for path in paths
        if first[path].unit == second[path].unit and first[path].value
    )


def _ratio(before: Figure, after: Figure) -> Figure:
    return computed(
        after.value / before.value,
        "x",
        N_("ratio of the two results"),
        expression="b / a",
        inputs={"a": before, "b": after},
        latex=r"\frac{b}{a}",
        convention=N_("middle values of both results"),
        reference="",
    )
