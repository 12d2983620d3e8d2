"""The subjects, one in a module."""
