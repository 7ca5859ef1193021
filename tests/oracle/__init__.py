"""The naive oracle: every figure once more, straight from the raw events and the definitions.

It shares nothing with the product, keeps nothing between calls and looks at all events each time, so that a
figure on which both agree is right unless the definition was misread twice in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.account_kpis import add_account_kpis
from tests.oracle.activation_kpis import add_activation_kpis
from tests.oracle.conversation_kpis import add_conversation_kpis
from tests.oracle.customer_kpis import add_customer_kpis
from tests.oracle.figures import Figures, Series
from tests.oracle.flow_kpis import add_flow_kpis
from tests.oracle.growth_kpis import add_growth_kpis
from tests.oracle.health_kpis import add_health_kpis
from tests.oracle.help_kpis import add_help_kpis
from tests.oracle.people import lives
from tests.oracle.plan_kpis import add_plan_kpis
from tests.oracle.retention_kpis import add_retention_kpis
from tests.oracle.satisfaction_kpis import add_satisfaction_kpis
from tests.oracle.settings import OracleSettings
from tests.oracle.support_kpis import add_support_kpis
from tests.oracle.usage_kpis import add_usage_kpis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["OracleSettings", "compute"]

DEFAULTS = OracleSettings()
FAMILIES = (
    add_customer_kpis,
    add_conversation_kpis,
    add_usage_kpis,
    add_support_kpis,
    add_retention_kpis,
    add_flow_kpis,
    add_activation_kpis,
    add_account_kpis,
    add_health_kpis,
    add_satisfaction_kpis,
    add_growth_kpis,
    add_help_kpis,
    add_plan_kpis,
)


def compute(
    events: Iterable[Mapping[str, Any]], at: int, *, settings: OracleSettings = DEFAULTS
) -> dict[Series, float | int]:
    """Return the figures at `at` (epoch ms) as {(metric family, sorted label pairs): value}.

    `events` are native events that passed schema validation, each with `source` or the name of its `topic`, in
    any order. Those at or after `at` are ignored. Durations are in seconds. Windows are those of each KPI and
    `all`.
    """
    everyone = lives(events, at, settings.customer)
    figures = Figures()
    for add in FAMILIES:
        add(everyone, at, settings, figures)
    return figures.values
