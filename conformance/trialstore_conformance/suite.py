"""Everything together: the class that a backend's author subclasses."""

from __future__ import annotations

from trialstore_conformance.api.trials import TrialsConformance
from trialstore_conformance.interface.adding import AddingConformance
from trialstore_conformance.interface.changing import ChangingConformance
from trialstore_conformance.interface.claiming import ClaimingConformance
from trialstore_conformance.interface.clocks import ClocksConformance
from trialstore_conformance.interface.deletion import DeletionConformance
from trialstore_conformance.interface.experiments import ExperimentsConformance
from trialstore_conformance.interface.finding import FindingConformance
from trialstore_conformance.interface.leases import LeasesConformance
from trialstore_conformance.interface.lifecycle import LifecycleConformance
from trialstore_conformance.interface.meanwhile import MeanwhileConformance
from trialstore_conformance.interface.opening import OpeningConformance
from trialstore_conformance.interface.plainness import PlainnessConformance
from trialstore_conformance.interface.telemetry import TelemetryConformance
from trialstore_conformance.interface.values import ValuesConformance
from trialstore_conformance.together.any_sequence import AnySequenceConformance
from trialstore_conformance.together.chaos import ChaosConformance
from trialstore_conformance.together.crashes import CrashesConformance
from trialstore_conformance.together.failures import FailuresConformance
from trialstore_conformance.together.multiprocess import ProcessesConformance
from trialstore_conformance.together.threads import ThreadsConformance


class StorageConformance(  # pytest runs what the last of these has first: the simplest
    FailuresConformance,
    ChaosConformance,
    CrashesConformance,
    ProcessesConformance,
    ThreadsConformance,
    AnySequenceConformance,
    TrialsConformance,
    MeanwhileConformance,
    DeletionConformance,
    TelemetryConformance,
    LeasesConformance,
    ClocksConformance,
    ClaimingConformance,
    ChangingConformance,
    FindingConformance,
    AddingConformance,
    ExperimentsConformance,
    ValuesConformance,
    PlainnessConformance,
    OpeningConformance,
    LifecycleConformance,
):
    """The whole suite; subclass it, and define the fixture `storage_config`."""
