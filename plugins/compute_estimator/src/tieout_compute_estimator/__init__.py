"""Training and serving compute, estimated with the derivation of every number."""
