"""The names that simulated events carry, and how often each of them comes up."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values with weights of any scale, drawn by a uniform number."""

    __slots__ = ("_bounds", "_values")

    def __init__(self, weights: Mapping[T, float]) -> None:
        present = {value: weight for value, weight in weights.items() if weight > 0}
        total = sum(present.values())
        self._values = tuple(present)
        self._bounds = tuple(bound / total for bound in accumulate(present.values()))[:-1]

    def draw(self, uniform: float) -> T:
        """Return the value that a number from [0, 1) stands for."""
        return self._values[bisect(self._bounds, uniform)]


def _falling(*names: str) -> Weighted[str]:
    """Return names of which each comes up less often than the one before, as one over its rank."""
    return Weighted({name: 1 / rank for rank, name in enumerate(names, start=1)})


PLATFORMS: Final = Weighted({"web": 0.62, "ios": 0.22, "android": 0.16})

FEATURES: Final = _falling(
    *("projects", "search", "comments", "dashboards", "reports", "automations", "calendar"),
    *("export", "api", "integrations", "templates", "time_tracking"),
)
CORE_FEATURES: Final = frozenset({"projects", "dashboards", "automations"})
"""Features that are what the product is there for."""
KEY_FEATURE: Final = "projects"
"""The feature whose first use is the key action of a new customer."""

ARTICLES: Final = _falling(
    *("reset-password", "change-plan", "invite-colleagues", "export-data", "connect-calendar"),
    *("two-factor-login", "billing-address", "cancel-plan", "import-csv", "share-dashboard"),
    *("api-tokens", "webhooks", "permissions", "single-sign-on", "mobile-app", "notifications"),
    *("invoices", "archive-project", "custom-fields", "audit-log", "delete-account", "keyboard-shortcuts"),
    *("data-retention", "time-zones"),
)

ONBOARDING_FLOW: Final = "getting-started"
ONBOARDING_TASKS: Final = ("profile", "first-project", "invite", "integration", "mobile-app")
TOURS: Final = _falling("tour-dashboards", "tour-automations", "tour-reports")
TOUR_STEPS: Final = 4
CHECKOUT_FLOW: Final = "checkout"
CHECKOUT_STEPS: Final = ("cart", "payment", "confirm")
SELF_SERVICE_FLOWS: Final = _falling("recover-login", "update-card", "move-data")
SELF_SERVICE_STEPS: Final = 3
JOURNEY: Final = "adoption-journey"
JOURNEY_STEPS: Final = 5

ACTIVATION: Final = "activated"
FIRST_VALUE: Final = "first_value"

BOTS: Final = Weighted({"ada": 0.7, "max": 0.3})
BOT_CHANNELS: Final = Weighted({"bot": 0.45, "chat": 0.35, "in_app": 0.2})
AGENT_CHANNELS: Final = Weighted(
    {"email": 0.38, "web": 0.2, "chat": 0.18, "phone": 0.12, "in_app": 0.07, "social": 0.05}
)
HELP_CHANNELS: Final = Weighted({"help_center": 0.62, "in_app": 0.28, "web": 0.1})

CAMPAIGNS: Final = _falling("newsletter", "product-news", "win-back", "webinar", "tips-and-tricks")
NETWORKS: Final = _falling("x", "linkedin", "reddit", "mastodon")
SENTIMENTS: Final = Weighted({"positive": 0.45, "neutral": 0.35, "negative": 0.2})
CANCELLATION_REASONS: Final = _falling(
    "too_expensive", "missing_feature", "switched", "no_longer_needed", "support"
)
FLAG_REASONS: Final = Weighted({"fake": 0.6, "bot": 0.3, "test": 0.1})

USER_AGENTS: Final[Mapping[str, Weighted[str]]] = {
    "web": _falling(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    ),
    "ios": Weighted({"Example/7.4 (iPhone; iOS 18.1)": 1.0}),
    "android": Weighted({"Example/7.4 (Pixel 8; Android 15)": 1.0}),
}
CRAWLERS: Final = _falling(
    "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/)",
    "ExampleMonitor/1.0 (uptime check)",
    "python-requests/2.32",
)
