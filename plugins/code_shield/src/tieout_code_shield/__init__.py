"""Guards that keep unsafe code out of answers."""
