"""A service of real workers for tests: its topics and settings, its processes, what goes in and what they keep."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition
from kafka import KafkaProducer

from app.changelogs import Kept, open_changelogs
from app.kafka.topics import Overrides, ensure_topics
from app.settings import Settings, load_settings
from schemas.types import EVENT_TYPES
from streams.changelog import new_reader
from streams.core.assessment import whole_hour
from streams.core.partitioner import murmur2
from streams.core.records import META_KEY, Meta, decode_meta
from streams.names import PANES, SOURCES
from tests.support.processes import environment, eventually

if TYPE_CHECKING:
    from typing import Self

SESSION_TIMEOUT_S = 6
"""The least that Kafka allows: a killed worker's partitions wait it out."""


class Worker:
    """One worker process. Its log lies in `log`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.trust: ssl.SSLContext | None = None
        """What its certificate is verified with, if it has one."""
        self.headers: dict[str, str] = {}
        """Sent with every request."""

    @property
    def url(self) -> str | None:
        """Where it answers, once it does."""
        found = re.search(r"^Metrics (https?://\S+/)metrics$", self.text(), re.MULTILINE)
        return found and found[1]

    def text(self) -> str:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; (0, "") if there is no answer."""
        url = self.url
        if url is None:
            return 0, ""
        try:
            request = urllib.request.Request(url + path, headers=self.headers)
            with urllib.request.urlopen(request, timeout=5, context=self.trust) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over all its series with these labels; 0 if there are none."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in self.get("metrics")[1].splitlines()
            if re.match(rf"{name}[{{ ]", line) and all(label in line for label in wanted)
        )

    def owned(self) -> int:
        """How many partitions it owns; 0 while it takes some over."""
        return int(self.metric("selfserve_owned_partitions")) if self.ready() else 0

    def ready(self) -> bool:
        """Whether it has taken over all that it was given."""
        return self.get("readyz")[0] == 200

    def wait_ready(self) -> None:
        """Wait until it is ready; fail if it ends instead."""
        eventually(lambda: self.ended() or self.ready(), f"worker {self.log.stem} is ready")
        assert not self.ended(), self.text()

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def wait(self, timeout_s: float = 40.0) -> int:
        """The exit code."""
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """Kill it at once."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, timeout_s: float = 40.0) -> int:
        """Stop it in order; its exit code."""
        self.process.terminate()
        return self.wait(timeout_s)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)


@dataclass
class Service:
    """An installation with a topic prefix and a consumer group of its own. Use it as a context manager."""

    bootstrap_servers: str
    prefix: str
    directory: Path
    partitions: int = 4
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further settings, by section."""
    overrides: Overrides = field(default_factory=dict)
    """Topic settings in place of the usual ones."""
    workers: list[Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.configure()
        ensure_topics(self.bootstrap_servers, self.prefix, self.partitions, overrides=self.overrides)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.signal(signal.SIGCONT)
            worker.process.kill()
            worker.process.wait(10)
            # Shown where a test fails.
            print(f"---- {worker.log.name}\n{worker.text()[-6000:]}")

    # Settings

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.directory / "selfserve.yaml"

    def configure(self, **sections: Mapping[str, Any]) -> None:
        """Write the settings file; `sections` add to `settings`."""
        document: dict[str, dict[str, Any]] = {
            "kafka": {
                "bootstrap_servers": self.bootstrap_servers,
                "topic_prefix": self.prefix,
                "group": self.prefix + "group",
                "partitions": self.partitions,
                "session_timeout": f"{SESSION_TIMEOUT_S}s",
            },
            "worker": {"port": 0, "clock": "event", "checkpoint_interval": "200ms"},
            # Events arrive in any order here, and plain counts are the same in any order only within the horizon.
            "definitions": {"deduplication_horizon": "400d", "deduplication_horizon_product": "400d"},
        }
        for source in (self.settings, sections):
            for section, values in source.items():
                document.setdefault(section, {}).update(values)
        # JSON is YAML.
        self.config.write_text(json.dumps(document, indent=1))

    def load(self) -> Settings:
        """The settings as the product reads them."""
        return load_settings(self.config)

    # Processes

    def start(self, *arguments: str, program: Sequence[str] = ("-m", "app"), **variables: str) -> Worker:
        """Start a worker."""
        log = self.directory / f"worker-{len(self.workers):03d}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *program, "worker", "--config", str(self.config), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(**variables),
            )
        worker = Worker(process, log)
        self.workers.append(worker)
        return worker

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run another command to its end."""
        command, *rest = arguments
        return subprocess.run(
            [sys.executable, "-m", "app", command, "--config", str(self.config), *rest],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment(**variables),
        )

    # Records in

    def produce(
        self, events: Iterable[Mapping[str, Any]], *, rng: random.Random | None = None, astray: float = 0.1
    ) -> int:
        """Send events to their topics, each to its customer's home; with `rng` some go astray. Returns how many."""
        n = 0
        with self.producer() as producer:
            for event in events:
                customer = event.get("user_id") or event.get("anonymous_id") or event.get("account_id") or ""
                number = murmur2(customer.encode(), self.partitions)
                if rng is not None and rng.random() < astray:
                    number = rng.randrange(self.partitions)
                topic = event.get("topic") or EVENT_TYPES[event["type"]].topic
                producer.send(
                    self.prefix + topic,
                    value=json.dumps(event).encode(),
                    key=customer.encode(),
                    partition=number,
                )
                n += 1
        return n

    def produce_raw(self, topic: str, number: int, *values: bytes) -> None:
        """Send records as they are."""
        with self.producer() as producer:
            for value in values:
                producer.send(self.prefix + topic, value=value, partition=number)

    @contextlib.contextmanager
    def producer(self) -> Iterator[KafkaProducer]:
        """A producer; everything has arrived afterwards."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap_servers, linger_ms=5)
        try:
            yield producer
            producer.flush(timeout=60)
        finally:
            producer.close()

    # What is there

    def records(self, topic: str) -> dict[int, list[Any]]:
        """All committed records of a topic (logical name), by partition."""

        async def read() -> dict[int, list[Any]]:
            async with _reader(self.bootstrap_servers) as reader:
                numbers = range(self.partitions)
                return {n: await _read(reader, TopicPartition(self.prefix + topic, n), 0) for n in numbers}

        return asyncio.run(read())

    def metas(self) -> dict[int, Meta | None]:
        """The last META of each number."""

        async def read() -> dict[int, Meta | None]:
            async with _reader(self.bootstrap_servers) as reader:
                return await self._metas(reader)

        return asyncio.run(read())

    def unprocessed(self) -> int:
        """Records that no checkpoint accounts for."""

        async def count() -> int:
            async with _reader(self.bootstrap_servers) as reader:
                metas = await self._metas(reader)
                waiting = 0
                for number, meta in metas.items():
                    for topic in SOURCES:
                        tp = TopicPartition(self.prefix + topic, number)
                        waiting += len(await _read(reader, tp, 0 if meta is None else meta.offsets[topic]))
                return waiting

        return asyncio.run(count())

    def unassessed(self) -> list[int]:
        """The numbers that have not swept as of the last whole hour up to the evaluation time."""
        metas = self.metas()
        if self.load().worker.clock == "wall":
            hours = {n: meta and hour_of(meta.evaluated) for n, meta in metas.items()}
        else:
            times = [time for meta in metas.values() if meta is not None for time in meta.newest.values()]
            hours = dict.fromkeys(metas, hour_of(max(times) + 1 if times else None))
        return [
            n for n, meta in metas.items() if hours[n] is not None and (meta is None or meta.hour != hours[n])
        ]

    async def _metas(self, reader: Any) -> dict[int, Meta | None]:
        return {
            number: await _last_meta(reader, TopicPartition(self.prefix + PANES, number))
            for number in range(self.partitions)
        }

    def wait_processed(self, within_s: float = 60.0) -> None:
        """Wait until checkpoints account for every record, and for the hourly sweep."""
        eventually(lambda: self.unprocessed() == 0, "everything is processed", within_s=within_s)
        eventually(lambda: not self.unassessed(), "everybody is assessed", within_s=within_s)

    def kept(self) -> list[Kept]:
        """The last checkpoint of every number, as the next owner would read it."""

        async def read() -> list[Kept]:
            async with open_changelogs(self.load()) as changelogs:
                return [await changelogs.read(number) for number in range(self.partitions)]

        return asyncio.run(read())


def hour_of(at: int | None) -> int | None:
    """The hour (a minute) as of which everybody is assessed at an evaluation time (ms)."""
    return None if at is None else whole_hour(at)


@contextlib.asynccontextmanager
async def _reader(bootstrap_servers: str) -> AsyncIterator[Any]:
    reader = new_reader(bootstrap_servers)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def _read(reader: Any, tp: TopicPartition, start: int) -> list[Any]:
    """All committed records of a partition from an offset on."""
    reader.assign([tp])
    end = (await reader.end_offsets([tp]))[tp]
    reader.seek(tp, start)
    found: list[Any] = []
    while await reader.position(tp) < end:
        for records in (await reader.getmany(timeout_ms=200)).values():
            found += records
    return found


async def _last_meta(reader: Any, tp: TopicPartition) -> Meta | None:
    reader.assign([tp])
    end = (await reader.end_offsets([tp]))[tp]
    # The last record but for the marker that commits it.
    back = 2
    while True:
        found = [r for r in await _read(reader, tp, max(0, end - back)) if r.key == META_KEY]
        if found:
            return decode_meta(found[-1].value)
        if back >= end:
            return None
        back *= 8
