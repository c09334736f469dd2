"""The types plugins are written against. Authors import them from :mod:`tieout.plugin`."""
