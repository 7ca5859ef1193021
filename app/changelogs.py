"""Reading what the workers keep of a partition number, beside them and without disturbing them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import KafkaError

from app.errors import UserError
from app.kafka.admin import KafkaUnreachableError
from app.kafka.connection import client_arguments
from app.kafka.topics import verify_topics
from app.settings import Settings
from app.worker_config import worker_config
from schemas.topics import ALL_TOPICS
from streams.changelog import new_reader, read_changelogs
from streams.core.partition import PartitionState
from streams.core.records import Meta
from streams.errors import ChangelogError
from streams.names import CHANGELOGS, Names
from streams.worker import real_states

ATTEMPTS: Final = 10
"""How often a number is read when a checkpoint is written between the ends of its two changelogs."""
_PAUSE_S: Final = 0.2


@dataclass(frozen=True)
class Kept:
    """The last checkpoint of a number."""

    number: int
    state: PartitionState
    meta: Meta | None
    """None: there is no checkpoint yet."""


class Changelogs:
    """Reads numbers one by one. Make it with `open_changelogs`."""

    def __init__(self, settings: Settings, reader: Any) -> None:
        config = worker_config(settings)
        self._reader = reader
        self._names = Names(prefix=config.topic_prefix, group=config.group)
        self._new_state = real_states(config)

    async def read(self, number: int) -> Kept:
        """Return the last checkpoint of a number. Raises `UserError` if its changelogs do not belong together."""
        sequences: list[int | None] = []
        for _ in range(ATTEMPTS):
            state = self._new_state(number)
            try:
                found = await read_changelogs(self._reader, self._names, number, state, lambda _: None)
            except ChangelogError as error:
                raise UserError(str(error)) from error
            sequences = [None if meta is None else meta.sequence for meta in (found.state, found.panes)]
            if sequences[0] == sequences[1]:
                if found.state is not None:
                    state.load_meta(found.state)
                state.loaded()
                return Kept(number, state, found.state)
            await asyncio.sleep(_PAUSE_S)
        topics = " and ".join(self._names.topic(name) for name in CHANGELOGS)
        raise UserError(
            f"Partition {number} of {topics}: the two do not hold the same checkpoint ({sequences[0]} and"
            f" {sequences[1]}). Was one of the topics deleted or restored? A worker makes the panes anew from the state"
            " when it takes the partition over."
        )


@contextlib.asynccontextmanager
async def open_changelogs(settings: Settings) -> AsyncIterator[Changelogs]:
    """Yield the changelogs. Raises `UserError` if Kafka does not answer or they are not as they have to be."""
    kafka = settings.kafka
    client = client_arguments(settings)
    topics = [spec for spec in ALL_TOPICS if spec.name in CHANGELOGS]
    try:
        reports = await asyncio.to_thread(
            verify_topics,
            kafka.bootstrap_servers,
            kafka.topic_prefix,
            kafka.partitions,
            topics=topics,
            client=client,
        )
    except KafkaUnreachableError as error:
        raise UserError(str(error)) from error
    problems = [problem for report in reports for problem in report.problems]
    if problems:
        raise UserError("The changelogs cannot be read:\n" + "\n".join(problems))
    reader = new_reader(kafka.bootstrap_servers, client)
    try:
        await reader.start()
        yield Changelogs(settings, reader)
    except KafkaError as error:
        raise UserError(f"Kafka at {kafka.bootstrap_servers} stopped answering: {error!r}.") from error
    finally:
        await reader.stop()
