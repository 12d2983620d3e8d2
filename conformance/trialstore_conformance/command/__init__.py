"""The suite without writing code: what ``trialstore conformance`` does."""
