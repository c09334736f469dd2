"""What a plugin package needs for its own tests."""
