"""Wrong backends, each breaking one rule the way real code breaks it; the suite must catch every one.

Pauses in them widen a race that real code has without them.
"""
