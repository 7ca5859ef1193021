"""One run of the real worker over all topics, from empty state to the last commit, watched from outside."""

from __future__ import annotations

import http.client
import os
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import psutil
import yaml
from kafka.admin import KafkaAdminClient

from app.bench.environment import PREFIX, child_environment
from app.bench.errors import BenchmarkError
from app.bench.measures import Measure
from app.bench.polling import EAGER_S, Counts, Sample, counts_of, pause_s
from app.bench.topics import Filled
from app.catalogue.load import load_catalogue
from app.demo.children import Child

_STALLED_S: Final = 60.0
_STOP_GRACE_S: Final = 30.0
_HTTP_TIMEOUT_S: Final = 30.0


class WorkerRun(msgspec.Struct, frozen=True):
    """What was seen of a worker."""

    processed: Measure
    """From its first record to its last."""
    committed: Measure
    """From its first record until the checkpoints that hold the last one were committed."""
    results: Mapping[str, int]
    """What became of the records."""
    late_counts: int
    """Records that were too late for plain counts."""
    rss_bytes: int
    """Resident memory at the end."""


def write_settings(
    directory: Path, *, bootstrap_servers: str, partitions: int, group: str, only: Collection[str] = ()
) -> Path:
    """Write a worker's settings file: where Kafka is, its names, and nothing else that is not the default.

    ``only`` these KPIs, with an overlay file beside it, and nobody who calls for attention is watched.
    """
    file = directory / f"{group}.yaml"
    document: dict[str, Any] = {
        "kafka": {
            "bootstrap_servers": bootstrap_servers,
            "topic_prefix": PREFIX,
            "group": group,
            "partitions": partitions,
        },
        "worker": {"port": 0},
    }
    if only:
        overlay = directory / f"{group}-overlay.yaml"
        off = {name: {"enabled": False} for name in load_catalogue() if name not in only}
        overlay.write_text(yaml.safe_dump({"changes": off}), encoding="utf-8")
        document["overlay"] = {"file": str(overlay)}
        document["definitions"] = {"interventions": []}
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def run_worker(
    settings: Path,
    group: str,
    filled: Filled,
    admin: KafkaAdminClient,
    *,
    log: Path,
    at_work: Callable[[int], None] | None = None,
    done: Callable[[], None] | None = None,
) -> WorkerRun:
    """Start a worker, watch it until everything is committed, and stop it.

    ``at_work`` hears its process id once it has processed the first records, ``done`` that everything is committed.
    Raises ``BenchmarkError`` if it ends, stands still, or refuses a record.
    """
    child = Child(
        "worker", ["worker", "--config", str(settings)], environment=child_environment(os.environ), log=log
    )
    child.start()
    try:
        with _Watch(child).connected() as watch:
            first = watch.until_at_work(filled)
            if at_work is not None:
                assert child.pid is not None
                at_work(child.pid)
            last, counts = watch.until_processed(first, filled)
            committed = watch.until_committed(admin, group, filled)
            if done is not None:
                done()
            rss = watch.rss()
    finally:
        child.stop(_STOP_GRACE_S)
    if refused := counts.results.get("dead_letter"):
        raise BenchmarkError(f"The worker refused {refused} records of the benchmark's own.")
    return WorkerRun(
        processed=_between(first, last),
        committed=_between(first, committed),
        results=counts.results,
        late_counts=counts.late_counts,
        rss_bytes=rss,
    )


def _between(first: Sample, last: Sample) -> Measure:
    return Measure(last.events - first.events, last.at - first.at, last.cpu - first.cpu)


class _Watch:
    """Looks at a worker's page and at its process, at the same moments."""

    def __init__(self, child: Child) -> None:
        self._child = child
        assert child.pid is not None
        self._process = psutil.Process(child.pid)
        self._page: http.client.HTTPConnection | None = None

    @contextmanager
    def connected(self) -> Iterator[_Watch]:
        """Wait until the worker answers."""
        deadline = _Deadline(self._child)
        while (url := self._url()) is None:
            deadline.check(0)
            time.sleep(EAGER_S)
        address = urlsplit(url)
        assert address.hostname is not None
        self._page = http.client.HTTPConnection(address.hostname, address.port, timeout=_HTTP_TIMEOUT_S)
        try:
            yield self
        finally:
            self._page.close()

    def until_at_work(self, filled: Filled) -> Sample:
        """Wait for the first records; their number is where the measure begins."""
        deadline = _Deadline(self._child)
        while True:
            sample, _ = self._look(filled)
            if sample.events:
                return sample
            deadline.check(0)
            time.sleep(EAGER_S)

    def until_processed(self, first: Sample, filled: Filled) -> tuple[Sample, Counts]:
        """Wait for the last record."""
        if first.events >= filled.total:
            raise BenchmarkError("The worker was done before it could be measured; measure more events.")
        deadline = _Deadline(self._child)
        last = first
        while True:
            time.sleep(pause_s(first, last, filled.total))
            last, counts = self._look(filled)
            if last.events >= filled.total:
                return last, counts
            deadline.check(last.events)

    def until_committed(self, admin: KafkaAdminClient, group: str, filled: Filled) -> Sample:
        """Wait for the commit of the last record, by the group's offsets, which are part of each checkpoint."""
        deadline = _Deadline(self._child)
        names = {PREFIX + name for name in filled.records}
        while True:
            offsets = admin.list_group_offsets(group)[group]
            reached = sum(found.offset for at, found in offsets.items() if at.topic in names)
            if reached >= filled.total:
                return Sample(time.perf_counter(), self._cpu(), filled.total)
            deadline.check(reached)
            time.sleep(EAGER_S)

    def rss(self) -> int:
        """Resident memory in bytes."""
        return int(self._process.memory_info().rss)

    def _look(self, filled: Filled) -> tuple[Sample, Counts]:
        assert self._page is not None
        try:
            self._page.request("GET", "/metrics")
            page = self._page.getresponse().read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise _ended(self._child, f"does not answer ({error!r})") from error
        at, cpu = time.perf_counter(), self._cpu()
        counts = counts_of(page, filled.records)
        return Sample(at, cpu, counts.total), counts

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _url(self) -> str | None:
        found = re.search(
            r"^Metrics (http://\S+/)metrics$", self._child.log.read_text(errors="replace"), re.MULTILINE
        )
        return found and found[1]


class _Deadline:
    """Notices a worker that ended or stands still."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._seen = 0
        self._since = time.monotonic()

    def check(self, events: int) -> None:
        """Raise ``BenchmarkError`` if there is no hope any more; ``events`` is how far it is."""
        now = time.monotonic()
        if events > self._seen:
            self._seen, self._since = events, now
        if self._child.ended() is not None:
            raise _ended(self._child, "ended")
        if now - self._since > _STALLED_S:
            raise _ended(self._child, f"has stood still for {_STALLED_S:.0f} s at {self._seen:,} records")


def _ended(child: Child, what: str) -> BenchmarkError:
    return BenchmarkError(f"The worker {what}. The end of its log, {child.log}:\n{child.tail()}")
