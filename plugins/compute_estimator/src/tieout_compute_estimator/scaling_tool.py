"""The tool ``scaling``: compute-optimal sizes and data, what over-training costs, and the optimum with serving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from tieout.plugin import (
    Candidate,
    Card,
    CardBlock,
    Fact,
    Figure,
    Language,
    Note,
    Plot,
    Result,
    Series,
    Slot,
    Table,
    tool,
    translator,
)
from tieout_compute_estimator import scaling_figures as figures
from tieout_compute_estimator.checks import missing, positive
from tieout_compute_estimator.derivation import N_, derivation, given, ranged, shown
from tieout_compute_estimator.published import find_models
from tieout_compute_estimator.relations import relations
from tieout_compute_estimator.scaling_laws import optimal_tokens, scaling_table
from tieout_compute_estimator.training import ActiveParams, Params, Tokens
from tieout_compute_estimator.units import FLOP, TOKENS
from tieout_compute_estimator.workload import workload

__all__ = ["ScalingResult", "scaling"]

_ = translator("tieout_compute_estimator")
_DECADES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


class ScalingResult(Result):
    """The compute-optimal point, every approach to it, and how far what was given lies from it."""

    subject: str = ""
    params: Figure
    tokens: Figure
    flops: Figure
    ratio: Figure
    """Tokens per parameter."""
    optimal: Figure
    """Compute-optimal tokens for the parameters, or parameters for the FLOP or the tokens, with interval."""
    approaches: tuple[Figure, ...]
    """The same by each approach; the published approach 3 last."""
    loss: Figure
    over_training: Figure | None = None
    """Only when both parameters and tokens were given, as the four that follow."""
    loss_given_away: Figure | None = None
    flops_beyond: Figure | None = None
    served_params: Figure | None = None
    """Only with tokens to be served, as the three that follow."""
    served_tokens: Figure | None = None
    served_flops: Figure | None = None
    saved: Figure | None = None

    def say(self, lang: Language = "en") -> str:
        """The optimum, what the approaches say, and the cost of leaving it."""
        lines = [
            _(
                "{metric}: {optimal}, that is {flops} in all and {ratio}.",
                lang=lang,
                metric=_(self.optimal.metric, lang=lang),
                optimal=f"**{ranged(self.optimal, lang)}**",
                flops=shown(self.flops, lang),
                ratio=shown(self.ratio, lang),
            )
            if self.over_training is None
            else _(
                "{params} on {tokens} is {ratio}; the compute-optimum for this size is {optimal}.",
                lang=lang,
                params=shown(self.params, lang),
                tokens=shown(self.tokens, lang),
                ratio=f"**{shown(self.ratio, lang)}**",
                optimal=ranged(self.optimal, lang),
            )
        ]
        each = [f"{_(figure.metric, lang=lang)}: {shown(figure, lang)}" for figure in self.approaches]
        lines.append(
            _(
                "By approach (Hoffmann et al., arXiv:2203.15556; refit by Besiroglu et al., arXiv:2404.10102): {each}.",
                lang=lang,
                each=("；" if lang == "zh" else "; ").join(each),
            )
        )
        lines += self._penalty(lang) + self._served(lang)
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)]) if self.notes else text

    def _penalty(self, lang: Language) -> list[str]:
        if self.over_training is None or self.loss_given_away is None or self.flops_beyond is None:
            return []
        return [
            _(
                "The data are {factor} the optimum: the predicted loss of {loss} is {lost} above the best at equal "
                "FLOP, and {beyond} of the FLOP go beyond what that loss needs.",
                lang=lang,
                factor=ranged(self.over_training, lang),
                loss=shown(self.loss, lang),
                lost=shown(self.loss_given_away, lang),
                beyond=shown(self.flops_beyond, lang),
            )
        ]

    def _served(self, lang: Language) -> list[str]:
        if self.served_params is None or self.served_tokens is None or self.saved is None:
            return []
        return [
            _(
                "With {served} to be served, {params} on {tokens} reach the same loss with {saved} fewer FLOP over the "
                "model's life (Sardana et al., arXiv:2401.00448).",
                lang=lang,
                served=shown(self.served_params.inputs()["T"], lang),
                params=f"**{shown(self.served_params, lang)}**",
                tokens=shown(self.served_tokens, lang),
                saved=shown(self.saved, lang),
            )
        ]

    def card(self, lang: Language = "en") -> Card:
        """The figures, the approaches as a table, tokens over parameters with the interval, and the derivation."""
        facts = (
            self.optimal, self.params, self.tokens, self.flops, self.ratio, self.loss, self.over_training,
            self.loss_given_away, self.flops_beyond, self.served_params, self.served_tokens, self.served_flops,
            self.saved,
        )  # fmt: skip
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)
            for figure in facts
            if figure is not None
        ]
        rows = tuple((_(figure.metric, lang=lang), shown(figure, lang)) for figure in self.approaches)
        columns = (_("approach", lang=lang), _(self.optimal.metric, lang=lang))
        blocks.append(Table(columns=columns, rows=rows, numeric=(1,)))
        blocks.append(_plot(self.params.value, self.tokens.value, lang))
        blocks.append(derivation(self.optimal, lang))
        if self.loss_given_away is not None:
            blocks.append(derivation(self.loss_given_away, lang))
        if self.served_flops is not None:
            blocks.append(derivation(self.served_flops, lang))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        title = _("Scaling laws", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))


def _plot(params: float, tokens: float, lang: Language) -> Plot:
    sizes = [params * 10**step for step in _DECADES]
    found = [optimal_tokens(size) for size in sizes]
    band = Series(
        name=_("compute-optimal tokens", lang=lang),
        x=tuple(sizes),
        y=tuple(item.value for item in found),
        low=tuple(item.low for item in found),
        high=tuple(item.high for item in found),
    )
    point = Series(name=_("this model", lang=lang), x=(params,), y=(tokens,))
    return Plot(
        kind="line",
        title=_("Compute-optimal tokens", lang=lang),
        x_label=_("parameters", lang=lang),
        y_label=_("tokens", lang=lang),
        series=(band, point),
        x_log=True,
        y_log=True,
    )


def _find_models(text: str) -> Sequence[Candidate]:
    """Models named in ``text``; "Chinchilla" without a size is the law."""
    return [found for found in find_models(text) if found.text.lower() != "chinchilla"]


@tool(
    examples={
        "zh": (
            "按照 Chinchilla 定律,130 亿参数的最优数据量是多少 token",
            "给 1e24 FLOP 的算力,最优的模型规模是多大",
            "Llama 3 8B 过度训练了多少倍?损失上亏了多少",
            "scaling law 下 30B 模型该喂多少数据才算计算最优",
            "考虑推理阶段要处理 5 万亿 token,模型应该做小一点吗",
            "token 和参数的最优比例还是 20 比 1 吗",
            "缩放定律:Chinchilla 三种方法分别给出多少",
        ),
        "en": (
            "What is the Chinchilla-optimal number of tokens for a 13B model?",
            "compute-optimal model size for 3e24 FLOP",
            "How over-trained is Llama 3 8B compared with the scaling law?",
            "loss penalty of training 7B on 2T tokens",
            "inference-aware optimum when we expect to serve 10 trillion tokens",
            "is the 20 tokens per parameter rule right for 400B?",
            "scaling laws: approaches one, two and three for 70B parameters",
        ),
    }
)
def scaling(
    params: Params = None,
    tokens: Tokens = None,
    *,
    flops: Annotated[
        float | None, Slot("quantity", unit=FLOP, cues=("算力", "FLOP", "compute"), example="1e24 FLOP")
    ] = None,
    model: Annotated[
        str | None, Slot("text", find=_find_models, cues=("模型", "model"), example="Llama 3 70B")
    ] = None,
    active_params: ActiveParams = None,
    served_tokens: Annotated[
        float | None,
        Slot(
            "quantity",
            unit=TOKENS,
            cues=("推理", "服务", "serve", "served", "inference"),
            example="10T tokens to serve",
        ),
    ] = None,
) -> ScalingResult:
    """Say what scaling laws make of a size, an amount of data or a budget of FLOP, by every published approach.

    From parameters it gives the compute-optimal tokens, from FLOP or tokens the compute-optimal parameters, each with
    an interval. With both parameters and tokens, or a published model, it says how far beyond the optimum the training
    goes and what that costs in loss; with tokens to be served, which smaller model is cheaper over its life.

    Args:
        params: Model parameters.
        tokens: Training tokens.
        flops: Training FLOP to be spent as well as possible.
        model: Name of a published model; fills in its size and tokens.
        active_params: Parameters that work on each token (mixture of experts).
        served_tokens: Tokens that the model will read and write in its life.

    Raises:
        InputError: Nothing was given, or a number is not positive.
        ToolError: The model is not in the table.
    """
    size, data, notes, subject = _given(params, tokens, model, active_params, keep_tokens=flops is None)
    budget = None if flops is None else given(positive("flops", flops), FLOP, N_("training FLOP"))
    if size is not None and data is None and budget is not None:
        data = relations().training_flops.others["D"].figure({"C": budget, "N": size})
    elif size is None and data is not None and budget is not None:
        size = relations().training_flops.others["N"].figure({"C": budget, "D": data})
    start = size or budget or data
    if start is None:
        raise missing([(N_("parameters, tokens or FLOP"), "70B")])
    both = size is not None and data is not None
    best = figures.best_tokens(size) if size is not None else _best_params(start)
    size, data = size or best, data or (best if size is not None else _matching_tokens(best, budget))
    work = {"N": size, "D": data}
    total = relations().training_flops.figure(work, interval=False)
    result = ScalingResult(
        subject=subject,
        params=size,
        tokens=data,
        flops=total,
        ratio=relations().tokens_per_param.others["r"].figure(work, interval=False),
        optimal=best,
        approaches=tuple(figures.approach(fit, start) for fit in scaling_table().approaches),
        loss=figures.loss(size, data),
        notes=tuple(notes),
    )
    update: dict[str, object] = {}
    if both:
        lost, beyond = figures.penalty(size, data, total)
        update |= {
            "over_training": figures.over_training(data, best),
            "loss_given_away": lost,
            "flops_beyond": beyond,
        }
    if served_tokens is not None:
        life = given(positive("served_tokens", served_tokens), TOKENS, N_("tokens to be served"))
        small, more, spent = figures.served(result.loss, life)
        saved = figures.share_saved(spent, size, data, life)
        update |= {"served_params": small, "served_tokens": more, "served_flops": spent, "saved": saved}
    return result.model_copy(update=update)


def _given(
    params: float | None,
    tokens: float | None,
    model: str | None,
    active_params: float | None,
    *,
    keep_tokens: bool,
) -> tuple[Figure | None, Figure | None, tuple[str, ...], str]:
    size = data = None
    notes: tuple[str, ...] = ()
    subject = ""
    if params is not None or active_params is not None or model:
        # The tokens only let the size be settled by the same rules as for training.
        work = workload(params=params, tokens=tokens or 1.0, active_params=active_params, model=model)
        size, notes, subject = work.params, work.notes, work.subject
        if tokens is None and keep_tokens and work.row is not None and work.row.tokens is not None:
            data = workload(params=params, tokens=None, active_params=active_params, model=model).tokens
    if tokens is not None:
        data = given(positive("tokens", tokens), TOKENS, N_("training tokens"))
    return size, data, notes, subject


def _best_params(start: Figure) -> Figure:
    if start.unit == FLOP:
        return figures.best_params(start)
    return figures.best_params_for_tokens(start)


def _matching_tokens(best: Figure, budget: Figure | None) -> Figure:
    assert budget is not None
    return relations().training_flops.others["D"].figure({"C": budget, "N": best}, interval=False)
