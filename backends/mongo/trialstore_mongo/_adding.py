"""Adding trials: a constant number of commands, however many they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count

from msgspec.structs import replace
from pymongo.errors import BulkWriteError

from trialstore.errors import TransientError
from trialstore.records import NewTrial, Parts, Token, TrialRecord, Uid
from trialstore.times import Micros
from trialstore.transitions import added, first_ts
from trialstore_mongo._client import Document
from trialstore_mongo._collections import MOST_VALUES, read, slices
from trialstore_mongo._configs import TunableConfigs, along
from trialstore_mongo._database import Database
from trialstore_mongo._documents import fields_of, projection, record
from trialstore_mongo._errors import clashes
from trialstore_mongo._experiments import Experiments
from trialstore_mongo._history import ADDED, row

_BY_ID = "_id"


class Adding:
    """Adds trials to an experiment.

    The configs first, then the counters, then the trials: what a trial refers to is there before it is.
    """

    def __init__(self, database: Database, experiments: Experiments, configs: TunableConfigs) -> None:
        self._database, self._experiments, self._configs = database, experiments, configs

    def add(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        """Add the trials whose tokens the experiment does not have yet, and return all of them."""
        # Of one trial the insertion itself tells; of several, some may be there.
        trials = self._known(uid, [trial.token for trial in new]) if len(new) > 1 else {}
        absent: dict[Token, NewTrial] = {}
        for trial in new:
            if trial.token not in trials:
                absent.setdefault(trial.token, trial)
        if absent:
            trials |= self._put(uid, absent, first_id)
        else:
            self._experiments.check(uid)
        return [trials[trial.token] for trial in new]

    def _known(self, uid: Uid, tokens: Collection[Token]) -> dict[Token, TrialRecord]:
        """Return the trials that the experiment has among those with these tokens."""
        shown = {**projection(Parts.NONE), "_id": 1}
        found: dict[Token, TrialRecord] = {}
        for ids in slices([_id(uid, token) for token in tokens], MOST_VALUES):
            these = read(self._database.settled.trial, {"_id": {"$in": ids}, "uid": uid}, shown)
            found |= {document["_id"]["token"]: record(document) for document in these}
        return found

    def _put(self, uid: Uid, new: Mapping[Token, NewTrial], first_id: int) -> dict[Token, TrialRecord]:
        election = self._database.election
        config_ids = self._configs.put({trial.config_hash: trial.config for trial in new.values()})
        taken = self._experiments.take_ids(uid, len(new), first_id)
        ids = count(taken.first)
        trials = [added(t, next(ids), config_ids[t.config_hash], taken.now) for t in new.values()]
        stored = dict(zip(new, self._numbered(uid, trials), strict=True))
        stored = self._insert(uid, new, stored, taken.now)
        if self._database.election != election:  # the counter may have stayed behind with the last primary
            self._experiments.catch_up(uid)
        return stored

    def _numbered(self, uid: Uid, trials: list[TrialRecord]) -> list[TrialRecord]:
        """Return the trials, with a completion number where they are completed."""
        completed = sum(trial.status.is_completed() for trial in trials)
        if not completed:
            return trials
        numbers = count(self._experiments.take_completions(uid, completed))
        return [replace(t, completion=next(numbers)) if t.status.is_completed() else t for t in trials]

    def _insert(
        self, uid: Uid, new: Mapping[Token, NewTrial], trials: dict[Token, TrialRecord], now: Micros
    ) -> dict[Token, TrialRecord]:
        """Insert trials, and return them, or those of another call with the same tokens.

        In order, so that those which are repeated, with greater ids, come after those which are there.
        """
        documents = [_document(uid, new[token], trial, now) for token, trial in trials.items()]
        try:
            self._database.settled.trial.insert_many(documents, ordered=True)
        except BulkWriteError as error:
            if set(clashes(error)) != {_BY_ID}:
                raise self._experiments.caught_up(uid) from error
            # The same call came before, or at the same moment; its trials are settled by now.
            known = self._known(uid, trials)
            if len(known) < len(documents):
                raise TransientError("the same trials are added twice at this moment") from error
            if any(known[token].trial_id >= trial.trial_id for token, trial in trials.items()):
                # The counter may have stayed behind when the first call failed.
                self._experiments.catch_up(uid)
            elif not error.details["nInserted"]:
                self._return(uid, trials.values())
            return known
        return trials

    def _return(self, uid: Uid, trials: Collection[TrialRecord]) -> None:
        """Give the numbers of trials back that were there already."""
        self._experiments.return_ids(uid, [trial.trial_id for trial in trials])
        completions = [trial.completion for trial in trials if trial.completion is not None]
        if completions:
            self._experiments.return_completions(uid, completions)


def _document(uid: Uid, new: NewTrial, trial: TrialRecord, now: Micros) -> Document:
    first = row(
        token=new.token,
        ordinal=ADDED,
        attempt=trial.attempt,
        status=trial.status.value,
        ts=first_ts(trial, now),
        trial_runner_id=trial.trial_runner_id,
        reason=None,
    )
    fields = {**fields_of(trial), "config": along(new.config)}
    return {"_id": _id(uid, new.token), "uid": uid, **fields, "moved": 0, "log": [first]}


def _id(uid: Uid, token: Token) -> Document:
    return {"uid": uid, "token": token}
