"""Tests of many threads and processes, and of what goes wrong between them."""
