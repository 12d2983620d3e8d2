"""Tests through the public API, of what a backend can break there."""
