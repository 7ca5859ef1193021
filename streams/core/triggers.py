"""What may call for an intervention (`streams.core.assessment`)."""

from __future__ import annotations

from typing import Final

DROP_OFF: Final = "drop_off"
INACTIVITY: Final = "inactivity"
FALLING_HEALTH: Final = "falling_health"
FAILED_SEARCHES: Final = "failed_searches"
TRIGGERS: Final = (DROP_OFF, INACTIVITY, FALLING_HEALTH, FAILED_SEARCHES)
"""In the order in which an assessment names them."""
