"""Tieout: research on the AI-compute industry in which every number is tied to its source."""
