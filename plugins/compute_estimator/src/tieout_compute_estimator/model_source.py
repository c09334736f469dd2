"""Which model is meant, and where its dimensions come from: the tables, a config.json, or a GGUF file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.errors import InputError
from tieout.plugin import Figure, TableRow, translator
from tieout_compute_estimator.architecture import Architecture
from tieout_compute_estimator.derivation import N_, cell
from tieout_compute_estimator.published import TABLE as MODELS
from tieout_compute_estimator.published import PublishedModel, find_model
from tieout_compute_estimator.units import BYTE, PARAM

if TYPE_CHECKING:
    from tieout_compute_estimator.gguf_file import GgufFile
    from tieout_compute_estimator.safetensors_file import StoredWeights

__all__ = ["ModelSource", "model_source"]

_ = translator("tieout_compute_estimator")

FILE = "file"
"""Name of the table in the origin of figures that were read from a local file."""


@dataclass(frozen=True)
class ModelSource:
    """A model by name, by configuration, by file, or none of them."""

    name: str = ""
    row: PublishedModel | None = None
    architecture: Architecture | None = None
    file: str = ""
    """Name of the local file that the architecture was read from; empty for the tables."""
    gguf: GgufFile | None = None
    stored: StoredWeights | None = None
    """Weights that lie beside the configuration."""
    notes: tuple[str, ...] = ()

    def dimension(self, value: float, metric: str, field: str, *, unit: str = "") -> Figure:
        """A figure read from the architecture, with where it stands."""
        if self.file:
            origin = TableRow(
                table=FILE, row=self.file, field=field, source=N_("local file"), confidence="high"
            )
            return Figure(value=value, unit=unit, metric=metric, subject=self.name, origin=origin)
        from tieout_compute_estimator.architecture_table import TABLE, architecture_row

        row = architecture_row(self.name)
        if row is None:
            return Figure(value=value, unit=unit, metric=metric, subject=self.name)
        return cell(value, unit, metric, row, table=TABLE, field=field)

    def published(self, value: float, metric: str, field: str, *, unit: str = "") -> Figure:
        """A figure read from the table of models; only for a model by name."""
        assert self.row is not None
        return cell(value, unit, metric, self.row, table=MODELS, field=field)

    def params(self) -> Figure | None:
        """All parameters: counted in a file, computed from a configuration, or as the makers published them."""
        if self.gguf is not None:
            return self.dimension(self.gguf.params, N_("parameters"), "tensors", unit=PARAM)
        if self.file and self.architecture is not None:
            from tieout_compute_estimator.architecture_figures import params_figure

            return params_figure(self)
        if self.row is not None:
            return self.published(self.row.params, N_("parameters"), "params", unit=PARAM)
        return None

    def stored_bytes(self) -> Figure | None:
        """Bytes of the weights as they lie in local files."""
        held = self.gguf or self.stored
        return None if held is None else self.dimension(held.bytes, N_("weights"), "tensors", unit=BYTE)


def model_source(
    *, model: str | None = None, config: str | None = None, gguf: str | None = None
) -> ModelSource:
    """Settle which model is meant.

    Raises:
        InputError: More than one of the three was given, or a file cannot be read.
        ToolError: The model is not in the table.
    """
    if sum(part is not None for part in (model, config, gguf)) > 1:
        raise InputError(
            _("Give one of model, config and gguf."),
            code="compute-two-models",
            hint=_("A file already says which model it is."),
        )
    if config is not None:
        return _from_config(config)
    if gguf is not None:
        return _from_gguf(gguf)
    if model is None:
        return ModelSource()
    from tieout_compute_estimator.architecture_table import architecture_of

    row = find_model(model)
    return ModelSource(row.name, row, architecture_of(row.name))


def _from_config(config: str) -> ModelSource:
    from tieout_compute_estimator.architecture_config import architecture_from_config, read_config
    from tieout_compute_estimator.architecture_families import FAMILIES
    from tieout_compute_estimator.safetensors_file import read_safetensors

    data = read_config(config)
    place = Path(config).expanduser()
    folder = place if place.is_dir() else place.parent
    named = data.get("_name_or_path")
    name = named.rsplit("/", 1)[-1] if isinstance(named, str) and named else folder.resolve().name
    architecture = architecture_from_config(data, name=name)
    notes: list[str] = []
    if architecture.family not in FAMILIES:
        notes.append(
            _(
                "The family {family} is not known here: the configuration is read like one of Llama.",
                family=repr(architecture.family[:40]),
            )
        )
    stored = read_safetensors(folder) if place.is_dir() and any(folder.glob("*.safetensors")) else None
    return ModelSource(name, None, architecture, "config.json", stored=stored, notes=tuple(notes))


def _from_gguf(gguf: str) -> ModelSource:
    from tieout_compute_estimator.gguf_config import architecture_of_file
    from tieout_compute_estimator.gguf_file import read_gguf

    file = read_gguf(gguf)
    architecture = architecture_of_file(file)
    name = architecture.name if architecture is not None else ""
    notes: list[str] = []
    if architecture is None:
        notes.append(_("The file's metadata does not describe an architecture that is known here."))
    elif abs(architecture.params / file.params - 1) > 0.02:
        notes.append(
            _(
                "The tensors in the file are not those of its metadata: the KV cache may differ from what is said."
            )
        )
    return ModelSource(name or Path(gguf).stem, None, architecture, Path(gguf).name, file, notes=tuple(notes))
