"""What the electricity of a data centre costs: a plugin for Tieout."""
