"""The model ``offline``: answers from the tools alone, without any language model."""

from tieout.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
