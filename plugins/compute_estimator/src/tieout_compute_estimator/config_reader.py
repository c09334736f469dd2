"""Reading a configuration whose keys go by different names from family to family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from tieout.errors import InputError
from tieout.plugin import translator

__all__ = ["ConfigReader"]

_ = translator("tieout_compute_estimator")

LARGEST = 10**9
"""No dimension of a model is larger; guards against files that are no configuration."""


class ConfigReader:
    """Typed access to a decoded ``config.json``.

    A method takes the names that families use for one thing, and reads the first that is there and not null.
    """

    def __init__(self, config: Mapping[str, object]) -> None:
        self._config = config

    def value(self, *names: str) -> object:
        """The first value that is present and not null, else ``None``."""
        return next((self._config[name] for name in names if self._config.get(name) is not None), None)

    def whole_or_none(self, *names: str) -> int | None:
        """A whole number of at least zero.

        Raises:
            InputError: The value is none, or larger than any model has.
        """
        value = self.value(*names)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise self.wrong(names[0], value)
        if not 0 <= value <= LARGEST:
            raise self.wrong(names[0], value)
        return int(value)

    def whole(self, *names: str, default: int | None = None) -> int:
        """A whole number of at least zero, or the default.

        Raises:
            InputError: It is missing and has no default, or is no such number.
        """
        value = self.whole_or_none(*names)
        if value is not None:
            return value
        if default is None:
            raise InputError(
                _("The configuration lacks {name}.", name=" / ".join(names[:3])),
                code="compute-config-incomplete",
                hint=_("Give the config.json that was published with the weights."),
            )
        return default

    def positive(self, *names: str, default: int | None = None) -> int:
        """A whole number above zero.

        Raises:
            InputError: As :meth:`whole`, or it is zero.
        """
        value = self.whole(*names, default=default)
        if value == 0:
            raise self.wrong(names[0], value)
        return value

    def number(self, *names: str, default: float) -> float:
        """Any number, or the default."""
        value = self.value(*names)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default

    def flag(self, *names: str, default: bool = False) -> bool:
        """A truth value; anything else counts as the default."""
        value = self.value(*names)
        return value if isinstance(value, bool) else default

    def text(self, *names: str) -> str:
        """A string, else the empty one."""
        value = self.value(*names)
        return value if isinstance(value, str) else ""

    def items(self, *names: str) -> list[object]:
        """A list, else the empty one."""
        value = self.value(*names)
        return cast("list[object]", value) if isinstance(value, list) else []

    def nested(self, *names: str) -> ConfigReader | None:
        """An object inside the configuration."""
        value = self.value(*names)
        return ConfigReader(cast("dict[str, object]", value)) if isinstance(value, dict) else None

    def wrong(self, name: str, value: object) -> InputError:
        """The error for a value that cannot be meant."""
        return InputError(
            _("{name} of the configuration cannot be {value}.", name=name, value=repr(value)[:40]),
            code="compute-config-invalid",
        )
