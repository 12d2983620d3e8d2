"""What SQL backends have their drivers send, and how the engines carry it out."""

from wire.databases import ENGINES, lend_database
from wire.interrupting import Calls
from wire.plans import Plan, explain
from wire.watching import Sent, watch

__all__ = ["ENGINES", "Calls", "Plan", "Sent", "explain", "lend_database", "watch"]
