"""Exporter processes, and checkpoints written to their topic by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaProducer

from streams.names import PANES
from tests.app.exporter.support import Entry
from tests.support.processes import environment, eventually
from tests.support.workers import Worker

Series = tuple[str, tuple[tuple[str, str], ...]]


class Exporter(Worker):
    """One exporter process."""

    def figures(self) -> dict[Series, float]:
        """Every `kpi_` value that is exported now, by name and sorted labels."""
        return parse(self.get("metrics")[1])

    def api(self, path: str) -> Any:
        """A document of the API."""
        url = self.url
        assert url is not None
        with urllib.request.urlopen(f"{url}api/v1/{path}", timeout=10) as response:
            return json.load(response)

    def value(self, name: str, **labels: str) -> float | None:
        """The value of one series; None if it is not there."""
        return self.figures().get((name, tuple(sorted(labels.items()))))

    def wait_value(self, expected: float | None, name: str, **labels: str) -> None:
        """Wait until a series has a value (None: is not there)."""
        eventually(lambda: self.value(name, **labels) == expected, f"{name}{labels} is {expected}")


def parse(page: str) -> dict[Series, float]:
    """The `kpi_` samples of a page in the text format, but for the constant ones."""
    found = {}
    for line in page.splitlines():
        match = re.fullmatch(r"(kpi_\w+)(?:\{(.*)\})? (\S+)", line)
        if match is not None and match[1] not in {"kpi_target", "kpi_info"}:
            labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or "")
            found[match[1], tuple(sorted(labels))] = float(match[3])
    return found


class Exporters:
    """Starts exporters, and ends those that are left over."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.started: list[Exporter] = []

    def start(self, *arguments: str, **variables: str) -> Exporter:
        """Start an exporter on a free port."""
        log = self.config.parent / f"exporter-{len(self.started):03d}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "app",
                    "exporter",
                    "--config",
                    str(self.config),
                    "--port",
                    "0",
                    *arguments,
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(**variables),
            )
        exporter = Exporter(process, log)
        self.started.append(exporter)
        return exporter

    def stop(self) -> None:
        """Kill every exporter that still runs."""
        for exporter in self.started:
            with contextlib.suppress(ProcessLookupError):
                exporter.process.kill()
            exporter.process.wait(10)


class PanesTopic:
    """Writes to `selfserve.panes` as a worker does: a transactional producer for each partition number."""

    def __init__(self, bootstrap_servers: str, prefix: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._prefix = prefix
        self._loop = asyncio.new_event_loop()
        self._producers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for producer in self._producers.values():
            # One that was left in a transaction cannot be flushed.
            with contextlib.suppress(Exception):
                self._loop.run_until_complete(producer.stop())
        self._loop.close()

    def commit(self, number: int, entries: Iterable[Entry]) -> None:
        """Write records in a transaction of their own."""
        with self.transaction(number, entries):
            pass

    def abort(self, number: int, entries: Iterable[Entry]) -> None:
        """Write records and take them back."""
        producer = self._begin(number, entries)
        self._loop.run_until_complete(producer.abort_transaction())

    @contextlib.contextmanager
    def transaction(self, number: int, entries: Iterable[Entry]) -> Iterator[None]:
        """Write records; they are committed at the end of the block."""
        producer = self._begin(number, entries)
        yield
        self._loop.run_until_complete(producer.commit_transaction())

    def _begin(self, number: int, entries: Iterable[Entry]) -> Any:
        async def begin() -> Any:
            producer = self._producers.get(number)
            if producer is None:
                producer = self._producers[number] = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap_servers, transactional_id=f"{self._prefix}{number}"
                )
                await producer.start()
            await producer.begin_transaction()
            for entry in entries:
                await producer.send_and_wait(
                    self._prefix + PANES, key=entry.key, value=entry.value, partition=number
                )
            return producer

        return self._loop.run_until_complete(begin())
