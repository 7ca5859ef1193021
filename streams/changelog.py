"""Reading the changelogs of a partition number back: everything committed, up to the last stable offset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.core.records import META_KEY, Meta, decode_meta
from streams.errors import ChangelogError
from streams.names import PANES, STATE, Names
from streams.state import NumberState

_POLL_RECORDS: Final = 20_000
_FETCH_BYTES: Final = 8 << 20
_POLL_MS: Final = 100


def new_reader(bootstrap_servers: str, client: Mapping[str, Any] | None = None) -> AIOKafkaConsumer:
    """A consumer outside any group that sees committed records only. `client` are further arguments of aiokafka."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        client_id="selfserve-reader",
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_poll_records=_POLL_RECORDS,
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_wait_ms=_POLL_MS,
        **(client or {}),
    )


class Checkpoint(msgspec.Struct):
    """What was found of the last checkpoint of a number."""

    state: Meta | None = None
    """META of the state changelog."""
    panes: Meta | None = None
    """META of the panes changelog; the same as `state`, unless one of the topics was tampered with."""
    records: int = 0
    """Records read."""


async def read_changelogs(
    reader: Any, names: Names, number: int, state: NumberState, progress: Callable[[int], None]
) -> Checkpoint:
    """Read both changelogs of a number into its (empty) state; the caller then calls `loaded`.

    `progress` hears how many records were read since it was last called. Raises ChangelogError for a damaged record.
    """
    loads = {
        TopicPartition(names.topic(STATE), number): state.load_state,
        TopicPartition(names.topic(PANES), number): state.load_panes,
    }
    metas: dict[Any, Meta] = {}
    found = Checkpoint()
    reader.assign(list(loads))
    ends = await reader.end_offsets(list(loads))
    await reader.seek_to_beginning(*loads)
    # The position moves over control markers, aborted transactions and compacted tails, so this cannot hang on them.
    while any([await reader.position(tp) < ends[tp] for tp in loads]):
        read = 0
        for tp, records in (await reader.getmany(timeout_ms=_POLL_MS)).items():
            meta = _take(tp, records, loads[tp])
            if meta is not None:
                metas[tp] = meta
            read += len(records)
        found.records += read
        progress(read)
    found.state, found.panes = (metas.get(tp) for tp in loads)
    return found


def _take(tp: Any, records: Sequence[Any], load: Callable[[bytes, bytes | None], None]) -> Meta | None:
    """Hand records on; the last META among them."""
    meta = None
    offset = -1
    try:
        for record in records:
            offset = record.offset
            if record.key == META_KEY:
                meta = decode_meta(record.value)
            else:
                load(record.key, record.value)
    except (msgspec.MsgspecError, ValueError, TypeError, LookupError) as error:
        raise ChangelogError(
            f"{tp.topic}, partition {tp.partition}, offset {offset}: this record cannot be read ({error!r}). "
            "Something other than a selfserve worker wrote there, or a newer version did."
        ) from error
    return meta


def check_pair(found: Checkpoint, names: Names, number: int) -> bool:
    """Whether both changelogs hold the same checkpoint; False if the panes have to be made anew from the facts.

    Raises ChangelogError if there are panes without the facts they were made of.
    """
    state, panes = found.state, found.panes
    if state is None and panes is not None:
        raise ChangelogError(
            f"{names.topic(STATE)}, partition {number}, holds no checkpoint, but {names.topic(PANES)} does: the state "
            "was deleted or recreated. Restore it, or delete both topics and let the worker read the sources anew "
            "(`selfserve topics` creates them again)."
        )
    return state is None or (panes is not None and panes.sequence == state.sequence)
