"""The pytest plugin that ships with tieout-core."""
