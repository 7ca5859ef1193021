"""Why a worker ends. Every message says what happened, where, and what to do; Kafka holds all that is needed to go on."""

from __future__ import annotations


class WorkerError(Exception):
    """The worker cannot go on."""

    exit_code: int = 1


class CoPartitioningError(WorkerError):
    """The topics of one partition number did not come together, so no number can be processed."""

    exit_code = 2


class GapError(WorkerError):
    """Records of a source topic are gone that were never read."""

    exit_code = 2


class ChangelogError(WorkerError):
    """What the changelogs of a number hold cannot be a checkpoint."""

    exit_code = 2


class TransactionTimeoutError(WorkerError):
    """The brokers do not allow transactions as long as they are configured."""

    exit_code = 2


class FencedError(WorkerError):
    """Another producer has the transactional id of a partition number now."""

    exit_code = 3


class CheckpointError(WorkerError):
    """A checkpoint could not be written."""


class ProcessingError(WorkerError):
    """A batch could not be processed: a fault of the program."""


class EngineError(WorkerError):
    """Faust or the Kafka client gave up."""


STALLED_EXIT_CODE = 70
"""Exit code of a worker that its watchdog ended."""
