"""Published language models, and how much of the peak their training runs reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tieout.plugin import Candidate, translator
from tieout_compute_estimator.data_layers import Layered, Stamps, data_stamps, layered

if TYPE_CHECKING:
    from tieout_compute_estimator.accelerators import Device
    from tieout_compute_estimator.aliases import AliasIndex
    from tieout_compute_estimator.architecture import Architecture

__all__ = [
    "MfuPrior",
    "PublishedModel",
    "architecture_named",
    "find_model",
    "find_models",
    "layered_models",
    "mfu_prior",
    "model_table",
    "prior_table",
]

TABLE = "models"
PRIOR_TABLE = "mfu_prior"
_ = translator("tieout_compute_estimator")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PublishedModel(_Row):
    """One model as its makers published it; ``None`` where they did not."""

    name: str
    maker: str
    released: str
    aliases: tuple[str, ...]
    params: float = Field(gt=0)
    """All parameters, experts included."""
    active_params: float | None = Field(gt=0)
    """Parameters that work on one token; ``None`` for dense models."""
    tokens: float | None = Field(gt=0)
    """Training tokens."""
    device_hours: float | None = Field(gt=0)
    """Accelerator-hours of training, as published for this model alone."""
    device: str | None
    """Row of the hardware table it was trained on."""
    training_flops: float | None = Field(gt=0)
    """FLOP as the makers published them; not computed here."""
    layers: int | None = Field(gt=0)
    kv_heads: int | None = Field(gt=0)
    head_dim: int | None = Field(gt=0)
    latent_kv_dim: int | None = Field(gt=0)
    """Values cached per layer and token under multi-head latent attention; ``None`` elsewhere."""
    source: str = Field(min_length=3)
    architecture_source: str | None
    as_of: date
    confidence: Literal["high", "medium", "low"]
    notes: str

    @model_validator(mode="after")
    def _plausible(self) -> PublishedModel:
        if self.active_params is not None and self.active_params >= self.params:
            raise ValueError(f"{self.name}: active parameters must be fewer than all")
        if self.layers is not None and self.latent_kv_dim is None and None in (self.kv_heads, self.head_dim):
            raise ValueError(f"{self.name}: layers without the size of the KV cache")
        return self

    @property
    def working_params(self) -> float:
        """Parameters that count in 6ND: the active ones of a mixture of experts, else all."""
        return self.active_params or self.params


class ModelTable(_Row):
    """The whole table with its date."""

    format: Literal[1]
    as_of: date
    source: str
    models: tuple[PublishedModel, ...]


class MfuPrior(_Row):
    """What whole training runs reached on one kind of hardware, as a fraction of the dense peak."""

    name: str
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    low: float = Field(gt=0, le=1)
    mid: float = Field(gt=0, le=1)
    high: float = Field(gt=0, le=1)
    confidence: Literal["high", "medium", "low"]
    basis: str

    def fits(self, device: str, dtype: str) -> bool:
        """Whether the row speaks about this device and number format."""
        return (not self.devices or device in self.devices) and (not self.dtypes or dtype in self.dtypes)


class PriorTable(_Row):
    """The whole table with its date; the first row that fits is used."""

    format: Literal[1]
    as_of: date
    source: str
    rows: tuple[MfuPrior, ...]


def model_table() -> ModelTable:
    """The shipped table of models with what packages and the user's data files add, read on first use.

    Raises:
        InputError: A data file of the user's is not valid.
    """
    shipped = _shipped()
    rows = layered_models().rows
    return shipped if rows == shipped.models else shipped.model_copy(update={"models": rows})


@cache
def _shipped() -> ModelTable:
    return ModelTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/models.json").read_bytes()
    )


def layered_models() -> Layered[PublishedModel]:
    """The rows in use, and those of other layers with the same names."""
    return _layered(data_stamps())


@cache
def _layered(stamps: Stamps) -> Layered[PublishedModel]:
    return layered(
        "models", _shipped().models, PublishedModel, name=lambda model: model.name, defaults=_UNKNOWN
    )


_UNKNOWN: dict[str, object] = {
    "maker": "",
    "released": "",
    "aliases": (),
    "active_params": None,
    "tokens": None,
    "device_hours": None,
    "device": None,
    "training_flops": None,
    "layers": None,
    "kv_heads": None,
    "head_dim": None,
    "latent_kv_dim": None,
    "architecture_source": None,
    "confidence": "medium",
    "notes": "",
}
"""What the fields hold that a data file may leave out."""


@cache
def prior_table() -> PriorTable:
    """The shipped table of MFU ranges, read on first use."""
    return PriorTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/mfu_prior.json").read_bytes()
    )


def mfu_prior(device: Device, dtype: str) -> MfuPrior:
    """The range of run-average MFU to assume on ``device`` in ``dtype`` when nobody says one."""
    return next(row for row in prior_table().rows if row.fits(device.name, dtype))


def _index() -> AliasIndex:
    return _index_of(data_stamps())


@cache
def _index_of(stamps: Stamps) -> AliasIndex:
    from tieout_compute_estimator.aliases import AliasIndex

    names = {model.name: model.aliases for model in model_table().models}
    return AliasIndex(names, joiner=r"[\s\-_/:：的]{0,3}")


def find_model(name: str) -> PublishedModel:
    """The model called ``name`` in any spelling (``llama3-70b``, ``GPT 3``).

    Raises:
        ToolError: No such model; the message lists those with similar names.
    """
    from tieout.errors import ToolError

    row = _index().exact(name)
    if row is not None:
        return next(model for model in model_table().models if model.name == row)
    near = _index().near(name)
    hint = (
        _("Did you mean {names}?", names=", ".join(near))
        if near
        else _("Give the parameters and tokens instead, e.g. 70B and 15T tokens.")
    )
    raise ToolError(
        _("No model called {name} is in the table.", name=repr(name[:60])), code="unknown-model", hint=hint
    )


def architecture_named(name: str) -> Architecture | None:
    """The architecture of the model called ``name`` in any spelling; ``None`` when there is none in the tables."""
    from tieout_compute_estimator.architecture_table import architecture_of

    row = _index().exact(name)
    return None if row is None else architecture_of(row)


def find_models(text: str) -> Sequence[Candidate]:
    """Every published model named in ``text`` with its span: the finder of the ``model`` slots."""
    return _index().find(text)
