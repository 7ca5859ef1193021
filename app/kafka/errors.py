"""What can keep the embedded broker from starting."""

from __future__ import annotations

from app.errors import UserError


class KafkaStartError(UserError):
    """The embedded broker cannot be fetched or started; the message says why and what to do."""

    exit_code = 1
