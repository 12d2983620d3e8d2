"""The backend that keeps everything in this process: for tests, for scratch work, and as the reference."""

from trialstore_memory._backend import MemoryBackend

__all__ = ["MemoryBackend"]
