"""A backend of trialstore for LMDB, a key-value store in one file."""
