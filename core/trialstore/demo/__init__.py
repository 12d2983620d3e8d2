"""The demo: tunes the SQLite of this machine, and stores every trial of it.

It is also an example of a scheduler: a plan becomes pending trials, runners claim them one by one, and whatever
interrupts a runner, the next one goes on.
"""
