"""The HTTP server: metrics, API, health and the live page."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from app.errors import UserError
from app.exporter import documents
from app.exporter.collector import KpiCollector
from app.exporter.figures import Figures
from app.exporter.history import History
from app.exporter.live import Live
from app.exporter.openapi import DOCUMENT
from app.exporter.views import KpiView
from app.web.access import Access

_ASSETS: Final = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_API_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_COMPRESS_FROM: Final = 1_024
_SHUTDOWN_S: Final = 2.0


class Pages:
    """The handlers."""

    def __init__(
        self,
        *,
        live: Live,
        history: History,
        families: Mapping[str, str],
        off: Mapping[str, str],
        views: Mapping[str, KpiView],
        kpis: KpiCollector,
        registry: CollectorRegistry,
    ) -> None:
        self._live = live
        self._history = history
        self._families = families
        self._off = off
        self._views = views
        self._kpis = kpis
        self._registry = registry
        folder = resources.files("app.exporter") / "page"
        self._assets = {path: (folder / name).read_bytes() for path, (name, _) in _ASSETS.items()}

    def application(self, access: Access | None = None) -> web.Application:
        """Return the routes, behind the users of ``access`` if it has some."""
        application = (access or Access("exporter")).application()
        for path in _ASSETS:
            application.router.add_get(path, self._asset)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/api/v1/kpis", self._overview)
        application.router.add_get("/api/v1/kpis/{id}", self._kpi)
        application.router.add_get("/api/v1/openapi.json", self._openapi)
        return application

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        openmetrics = content_type.startswith("application/openmetrics-text")
        body = self._kpis.text(openmetrics=openmetrics) + encode(self._registry)
        headers = {"Content-Type": content_type}
        if len(body) >= _COMPRESS_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
            # zlib lets other threads run, so figures and requests move on meanwhile.
            body = await asyncio.get_running_loop().run_in_executor(None, gzip.compress, body, 1)
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def _alive(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _ready(self, _: web.Request) -> web.Response:
        health = documents.health(self._live)
        return _json(health, status=200 if health["ready"] else 503)

    async def _overview(self, _: web.Request) -> web.Response:
        figures = self._live.figures()
        if figures is None:
            return self._unavailable()
        return _json(documents.overview(self._live, self._families, self._views, figures, self._off))

    async def _kpi(self, request: web.Request) -> web.Response:
        kpi = request.match_info["id"]
        view = self._views.get(kpi)
        if kpi in self._off:
            return _error(404, f"{kpi} is {self._off[kpi]}")
        if view is None:
            return _error(404, f"there is no KPI {kpi!r}; /api/v1/kpis lists all")
        wanted = request.query.get("format", "json")
        if wanted not in {"json", "csv"}:
            return _error(400, f"format is json or csv, not {wanted!r}")
        window = request.query.get("window", view.window)
        if window is not None and window not in view.kpi.windows:
            known = ", ".join(view.kpi.windows) or "none"
            return _error(400, f"{kpi} has no window {window!r}; it has: {known}")
        figures = self._live.figures()
        if figures is None:
            return self._unavailable()
        if wanted == "csv":
            return self._csv(view, figures)
        return _json(documents.detail(view, figures, self._history, window))

    def _csv(self, view: KpiView, figures: Figures) -> web.Response:
        return web.Response(
            text=documents.table(view, figures),
            content_type="text/csv",
            headers={**_API_HEADERS, "Content-Disposition": f'attachment; filename="{view.kpi.id}.csv"'},
        )

    def _unavailable(self) -> web.Response:
        reasons = (
            self._live.reasons() or self._live.notes() or ["no worker has reported an evaluation time yet"]
        )
        return _error(503, "there are no current figures", reasons)

    async def _openapi(self, _: web.Request) -> web.Response:
        return _json(DOCUMENT)

    async def _asset(self, request: web.Request) -> web.Response:
        return web.Response(
            body=self._assets[request.path],
            content_type=_ASSETS[request.path][1],
            charset="utf-8",
            headers=_PAGE_HEADERS,
        )


class Server:
    """Listens on one address, encrypted if ``access`` says so."""

    def __init__(
        self, application: web.Application, host: str, port: int, access: Access | None = None
    ) -> None:
        self._access = access or Access("exporter")
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        self._host = host
        self._port = port

    async def start(self) -> str:
        """Listen, and return the URL. Raises `UserError` where that is not possible."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port, ssl_context=self._access.tls).start()
        except OSError as error:
            await self._runner.cleanup()
            raise UserError(
                f"Cannot listen on {self._host}:{self._port}: {error.strerror or error}. Stop what uses the port, or"
                " choose another with --port or exporter.port (0 takes a free one); the address is exporter.listen."
            ) from error
        port = self._runner.addresses[0][1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{self._access.scheme}://{host}:{port}/"

    async def stop(self) -> None:
        """Finish the requests that are being answered, and stop listening."""
        await self._runner.cleanup()


def _json(document: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(document), status=status, content_type="application/json", headers=_API_HEADERS
    )


def _error(status: int, error: str, reasons: list[str] | None = None) -> web.Response:
    return _json({"error": error, "reasons": reasons or []}, status)
