"""The claim checker: numbers of compute claims read, recomputed, cross-checked and judged, without a language model."""
