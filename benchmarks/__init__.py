"""Times trialstore beside its peers and beside the bare drivers of the engines: ``make bench``, see docs/performance.md.

The command (`cli`) makes a list of contests (`plan`) and carries them out (`driver`): the subjects of a contest take
turns, each time in a process of its own (`child`), which does the same work (`work`, `cases`, `bench`) through the one narrow
interface that each subject has (`subject`, `subjects`). What `child` imports needs nothing but the standard library and
the subject itself, because the processes of peers run in environments of their own.
"""
