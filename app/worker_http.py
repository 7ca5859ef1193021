"""The worker's own port: self-metrics and health, answered from before the first recovery until the end."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from app.errors import UserError
from app.web.access import Access
from app.worker_metrics import worker_registry
from streams.failure import Failure
from streams.owner import Owner

_SHUTDOWN_S: Final = 1.0
_BACKLOG: Final = 64


def listen(address: str, port: int) -> socket.socket:
    """Return a socket that is bound, so that a taken port is noticed before anything is started. Raises `UserError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UserError(
            f"Cannot listen on {address}:{port} for health and self-metrics: {error.strerror or error}. Stop what uses"
            " the port, or choose another with --port or worker.port (0 takes a free one); the address is"
            " worker.listen."
        ) from error
    return listening


def url_of(listening: socket.socket, access: Access) -> str:
    """Return where a bound socket answers."""
    scheme = access.scheme
    host, port, *_ = listening.getsockname()
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def health_server(
    listening: socket.socket, access: Access
) -> Callable[[Owner, Failure], AbstractAsyncContextManager[None]]:
    """Return what serves a worker's metrics and health on a bound socket for as long as the worker runs."""

    @contextlib.asynccontextmanager
    async def serve(owner: Owner, failure: Failure) -> AsyncIterator[None]:
        pages = _Pages(owner, failure, worker_registry(owner))
        runner = web.AppRunner(pages.application(access), access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        await web.SockSite(runner, listening, ssl_context=access.tls).start()
        try:
            yield
        finally:
            await runner.cleanup()

    return serve


class _Pages:
    def __init__(self, owner: Owner, failure: Failure, registry: CollectorRegistry) -> None:
        self._owner = owner
        self._failure = failure
        self._registry = registry

    def application(self, access: Access) -> web.Application:
        application = access.application()
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._ready)
        return application

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})

    async def _alive(self, _: web.Request) -> web.Response:
        if self._failure.error is not None:
            return web.Response(status=503, text=f"ending: {self._failure.error}\n")
        return web.Response(text="alive\n")

    async def _ready(self, _: web.Request) -> web.Response:
        if self._owner.ready and self._failure.error is None:
            return web.Response(text=f"ready, owns {len(self._owner.owned)} partitions\n")
        return web.Response(status=503, text="joining the group or taking partitions over\n")
