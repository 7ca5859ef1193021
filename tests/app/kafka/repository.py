"""A Maven repository on the loopback interface, with a few small files in place of jars."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.kafka.lockfile import Artifact


@dataclass
class Repository:
    """What is handed out by path, and how often it was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, content: bytes) -> Artifact:
        """Publish a jar and return what a lock file says about it."""
        artifact = Artifact("org.example", name, "1.0", hashlib.sha256(content).hexdigest())
        self.files[str(artifact.path)] = content
        return artifact

    @property
    def jar_requests(self) -> int:
        """How often any jar was asked for."""
        return sum(count for path, count in self.requests.items() if path.endswith(".jar"))


@contextmanager
def serve() -> Iterator[Repository]:
    """Serve a repository until the block is left."""
    repository = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            repository.requests[path] += 1
            content = repository.files.get(path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    repository.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield repository
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
