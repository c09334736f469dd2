"""Search in broker reports, with citations that are checked against the page."""
