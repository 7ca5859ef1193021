"""Whether a worker or an exporter of this machine is alive, for the health checks of containers."""

from __future__ import annotations

import http.client

from app.check.ports import exporter_address, get, worker_address
from app.settings import Settings


def alive(settings: Settings) -> str | None:
    """Return nothing if one of the configured ports is answered by a live process, or else why not, on one line.

    Alive is also who recovers; a process that is about to end is not.
    """
    reasons = []
    for address in (worker_address(settings), exporter_address(settings)):
        role, port = address.role, address.port
        try:
            status, page, _ = get(address, "/healthz")
        except OSError as error:
            reasons.append(f"{role} on port {port}: {(error.strerror or str(error)).lower()}")
            continue
        if status == http.client.OK:
            return None
        reasons.append(f"{role} on port {port}: {status} {page.strip()}")
    return "; ".join(reasons)
