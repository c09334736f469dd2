"""Stock names and codes, and returns from imported prices."""
