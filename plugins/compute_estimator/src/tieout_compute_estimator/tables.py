"""The tables that ship with this package, as ``tieout data status`` lists them."""

from __future__ import annotations

from tieout.plugin import ShippedTable

__all__ = ["shipped_tables"]


def shipped_tables() -> list[ShippedTable]:
    """Every table of the package, two of them with a refresh; the entry point of group ``tieout.tables``."""
    from tieout_compute_estimator.accelerators import device_table
    from tieout_compute_estimator.api_prices import api_price_table
    from tieout_compute_estimator.architecture_table import architecture_table
    from tieout_compute_estimator.claims.knowledge import fact_table
    from tieout_compute_estimator.priors import grid_table, run_prior_table
    from tieout_compute_estimator.published import model_table, prior_table
    from tieout_compute_estimator.refreshing import api_price_refresh, rent_refresh
    from tieout_compute_estimator.registry_lint import clock_table
    from tieout_compute_estimator.scaling_laws import scaling_table
    from tieout_compute_estimator.serving_calibration import calibration_table

    ranges, grids, scaling = run_prior_table(), grid_table(), scaling_table()
    hardware, models, prior = device_table(), model_table(), prior_table()
    serving, api = calibration_table(), api_price_table()
    architectures = architecture_table()
    facts, clocks = fact_table(), clock_table()
    prices = [device.price for device in hardware.devices if device.price is not None]
    return [
        ShippedTable(
            name="compute hardware", rows=len(hardware.devices), as_of=hardware.as_of, source=hardware.source
        ),
        ShippedTable(
            name="compute rental prices",
            rows=len(prices),
            as_of=max(price.as_of for price in prices),
            source="public price lists and surveys; each row names its own",
            valid_until=min(price.valid_until for price in prices),
            refresh=rent_refresh(),
        ),
        ShippedTable(
            name="compute models", rows=len(models.models), as_of=models.as_of, source=models.source
        ),
        ShippedTable(
            name="compute architectures",
            rows=len(architectures.models),
            as_of=architectures.as_of,
            source=architectures.source,
        ),
        ShippedTable(
            name="compute published facts", rows=len(facts.facts), as_of=facts.as_of, source=facts.origin
        ),
        ShippedTable(name="compute MFU ranges", rows=len(prior.rows), as_of=prior.as_of, source=prior.source),
        ShippedTable(
            name="compute run priors", rows=len(ranges.rows), as_of=ranges.as_of, source=ranges.source
        ),
        ShippedTable(
            name="compute grid intensity", rows=len(grids.rows), as_of=grids.as_of, source=grids.source
        ),
        ShippedTable(
            name="compute scaling fits",
            rows=len(scaling.fits) + len(scaling.laws),
            as_of=scaling.as_of,
            source=scaling.source,
        ),
        ShippedTable(
            name="compute serving measurements",
            rows=len(serving.rows),
            as_of=serving.as_of,
            source=serving.source,
        ),
        ShippedTable(
            name="compute API prices",
            rows=len(api.rows),
            as_of=api.as_of,
            source=api.source,
            valid_until=min(row.valid_until for row in api.rows),
            refresh=api_price_refresh(),
        ),
        ShippedTable(
            name="compute device clocks", rows=len(clocks.rows), as_of=clocks.as_of, source=clocks.source
        ),
    ]
