"""Tests of the `Backend` interface, on the raw backend."""
