"""``python -m trialstore`` is the command ``trialstore``."""

from __future__ import annotations

import sys

from trialstore.cli import main

if __name__ == "__main__":
    sys.exit(main())
