"""Text as search, matching and a terminal need it: normal forms with offsets, tokens, language, sanitizer.

Standard library only; part of the public interface for plugins.
"""

from tieout.text._clean import Cleaner, clean, clean_line
from tieout.text._normalize import Normalized, Run, fold, nfkc
from tieout.text._simplified import to_simplified
from tieout.text._tokens import language_of, token_string, tokens

__all__ = [
    "Cleaner",
    "Normalized",
    "Run",
    "clean",
    "clean_line",
    "fold",
    "language_of",
    "nfkc",
    "to_simplified",
    "token_string",
    "tokens",
]
