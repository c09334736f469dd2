"""``tieout models``."""

from __future__ import annotations

__all__ = ["models"]

import click

from tieout.cli.app import state_of
from tieout.cli.commands import LocalCommand
from tieout.cli.output import note, print_json, show_table
from tieout.i18n import set_language, translator

_ = translator("tieout")


@click.command(cls=LocalCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List language models: which can be used now, and where a prompt would go."""
    from tieout.models.probing import probe_all

    host = state_of(ctx).host()
    if as_json:  # the same words for scripts in every language
        set_language("en")
    default = host.default_model()
    rows: list[dict[str, object]] = []
    prefix = default.partition(":")[0]
    specs = list(host.model_specs().values())
    probes = probe_all(specs, default)
    for spec, probe in zip(specs, probes, strict=True):
        where = _("this machine") if spec.local else spec.sends_to or _("as configured")
        rows.append(
            {
                "prefix": spec.prefix,
                "available": probe.available,
                "default": spec.prefix == prefix,
                "sends_to": where,
                "summary": spec.summary,
                "detail": probe.detail,
                "hint": probe.hint,
            }
        )
    if as_json:
        print_json(rows)
        return
    table = [
        (
            ("* " if row["default"] else "  ") + str(row["prefix"]),
            _("yes") if row["available"] else _("no"),
            str(row["sends_to"]),
            str(row["summary"] if row["available"] else f"{row['detail']} {row['hint']}"),
        )
        for row in rows
    ]
    show_table((_("Model"), _("Usable"), _("Prompts go to"), _("About")), table)
    note(
        _('* default: {model}. Choose with -m, TIEOUT_MODEL or `model = "…"` in tieout.toml.', model=default)
    )
