"""A real Prometheus that scrapes what a test started."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

Query = Callable[[str], list[Any]]


@contextlib.contextmanager
def prometheus(job: Mapping[str, Any], directory: Path) -> Iterator[Query]:
    """Start one with one job, scraped every second; yields what asks it for the present value of an expression.

    The answer is empty while there is none.
    """
    config = directory / "prometheus.yml"
    config.write_text(json.dumps({"scrape_configs": [{"scrape_interval": "1s", **job}]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                cast("str", shutil.which("prometheus")),
                f"--config.file={config}",
                f"--storage.tsdb.path={directory / 'tsdb'}",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )

    def query(expression: str) -> list[Any]:
        try:
            target = f"http://{address}/api/v1/query?query={urllib.parse.quote(expression)}"
            with urllib.request.urlopen(target, timeout=5) as response:
                return cast("list[Any]", json.load(response)["data"]["result"])
        except OSError:
            return []

    try:
        yield query
    finally:
        process.terminate()
        process.wait(20)
