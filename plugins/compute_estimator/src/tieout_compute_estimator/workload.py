"""What is trained: parameters and tokens, from the arguments or from the table of published models."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.plugin import Figure, translator
from tieout_compute_estimator.checks import missing, positive
from tieout_compute_estimator.derivation import N_, cell, given
from tieout_compute_estimator.model_source import ModelSource
from tieout_compute_estimator.published import TABLE, PublishedModel, find_model
from tieout_compute_estimator.units import PARAM, TOKENS

__all__ = ["Workload", "model_or_none", "workload"]

_ = translator("tieout_compute_estimator")

CLOSE = 0.05
"""Relative distance within which a number is taken for the rounded name of a model ("70B" for 70.55e9)."""


@dataclass(frozen=True)
class Workload:
    """The N and D of 6ND, each with its origin."""

    subject: str
    row: PublishedModel | None
    params: Figure
    """Parameters that work on each token."""
    tokens: Figure
    notes: tuple[str, ...] = ()


def model_or_none(model: str | None) -> PublishedModel | None:
    """The row of ``model``, or nothing when no model was named.

    Raises:
        ToolError: A model was named and is not in the table.
    """
    return find_model(model) if model else None


def workload(
    *,
    params: float | None,
    tokens: float | None,
    active_params: float | None,
    model: str | None,
    source: ModelSource | None = None,
) -> Workload:
    """Settle N and D; arguments come before a configuration, and that before the table.

    Raises:
        InputError: N or D is missing, or is no positive number.
        ToolError: The model is not in the table.
    """
    row = model_or_none(model)
    subject = row.name if row else source.name if source else ""
    if params is not None:
        positive("params", params)
    if active_params is not None:
        positive("active_params", active_params)
    if tokens is not None:
        positive("tokens", tokens)
    size, notes = _size(params, active_params, row)
    if size is None and source is not None and source.file and source.architecture is not None:
        from tieout_compute_estimator.architecture_figures import active_params_figure, params_figure

        size = active_params_figure(source) if source.architecture.sparse else params_figure(source)
    if tokens is not None:
        data: Figure | None = given(tokens, TOKENS, N_("training tokens"), subject=subject)
    elif row is not None and row.tokens is not None:
        data = cell(row.tokens, TOKENS, N_("training tokens"), row, table=TABLE, field="tokens")
    else:
        data = None
    if size is None or data is None:
        absent = [(N_("parameters"), "70B")] if size is None else []
        raise missing([*absent, *([(N_("training tokens"), "15T tokens")] if data is None else [])])
    return Workload(subject, row, size, data, tuple(notes))


def _size(
    params: float | None, active_params: float | None, row: PublishedModel | None
) -> tuple[Figure | None, list[str]]:
    subject = row.name if row else ""
    if active_params is not None:
        return given(active_params, PARAM, N_("active parameters"), subject=subject), []
    if row is None:
        return (None if params is None else given(params, PARAM, N_("parameters"))), []
    published = cell(
        row.working_params,
        PARAM,
        N_("parameters") if row.active_params is None else N_("active parameters"),
        row,
        table=TABLE,
        field="params" if row.active_params is None else "active_params",
    )
    if params is None or (row.active_params is not None and _close(params, row.params)):
        # The total size of a mixture of experts is its name ("671B"), never the N of 6ND.
        return published, []
    if _close(params, row.working_params):
        return given(params, PARAM, N_("parameters"), subject=subject), []
    note = _(
        "The size given differs from the published size of {model}; the size given is used.", model=row.name
    )
    return given(params, PARAM, N_("parameters"), subject=subject), [note]


def _close(left: float, right: float) -> bool:
    return abs(left - right) <= CLOSE * right
