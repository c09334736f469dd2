"""Hosts for tests: nothing of the machine's own settings, plugins or conversations gets in."""

from __future__ import annotations

__all__ = ["HostMaker"]

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.host import Host
    from tieout.testing.fake_model import FakeModel


class HostMaker:
    """Makes hosts, and closes them when the test is over.

    Args:
        folder: Data folders are made inside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hosts: list[Host] = []

    def __call__(
        self,
        plugins: Mapping[str, object] | None = None,
        *,
        models: tuple[FakeModel, ...] = (),
        settings: Mapping[str, object] | None = None,
        store_path: Path | None = None,
    ) -> Host:
        """A host with exactly these plugins.

        Args:
            plugins: Plugin objects by name.
            models: Scripted models; each is chosen by its name, the first is the default.
            settings: In the shape of tieout.toml.
            store_path: Keep conversations in this file instead of in memory.

        Raises:
            SettingsError: A setting is wrong.
        """
        from tieout.host import Host
        from tieout.settings import load_settings

        number = len(self._hosts) + 1
        defaults: dict[str, object] = {"data_dir": str(self._folder / f"host{number}")}
        if models:
            defaults["model"] = models[0].model_name
        loaded = load_settings(
            folder=Path(self._folder.anchor),
            environment={"TIEOUT_CONFIG": str(self._folder / "none.toml")},
            overrides={**defaults, **(settings or {})},
        )
        host = Host(
            loaded,
            installed=False,
            extra_plugins={
                **(plugins or {}),
                **{f"model_{model.model_name}": model.as_plugin() for model in models},
            },
            store_path=store_path,
            ephemeral=store_path is None,
        )
        self._hosts.append(host)
        return host

    async def aclose(self) -> None:
        """Close every host made."""
        for host in self._hosts:
            await host.aclose()
        self._hosts.clear()
