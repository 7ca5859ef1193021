"""What is left out where nobody reads it: facts that are not kept, accounts that are not told, assessments that are not made.

What is left out begins anew once somebody reads it again, as if the log began there; what is only not worked out has all of its past.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from streams.core.definitions import Definitions
from streams.core.groups import GROUPS, groups_off
from streams.core.groups.counts import COUNTS
from streams.core.terms import WORKED_OUT
from streams.core.triggers import FALLING_HEALTH

ASSESSED: Final = ("health", "health_points")
"""Measures of the hourly sweep, beside the interventions that are watched."""
OF_ACCOUNTS: Final = (
    *("account_active", "account_eligible", "accounts_paid", "accounts_upsold", *ASSESSED),
    *("customers", "customers_kept", "cancellations", "cancellations_by_reason", "renewals"),
)
"""All that follows from what is known of accounts, beside the interventions."""


def needs_assessments(definitions: Definitions) -> bool:
    """Whether anybody is to be assessed by the hour."""
    return definitions.reads(*ASSESSED) or bool(definitions.interventions)


def needs_accounts(definitions: Definitions) -> bool:
    """Whether accounts have to know what their customers come to. Where the account is the customer there is nobody else to be told."""
    if definitions.by_account:
        return False
    return definitions.reads(*OF_ACCOUNTS) or FALLING_HEALTH in definitions.interventions


def spared(unread: Iterable[str]) -> tuple[str, ...]:
    """Return those of the measures that nobody reads which may cost less then: their facts are not kept, or nothing is made of them."""
    unread = frozenset(unread)
    spare = unread.intersection(WORKED_OUT) | {count.measure for count in COUNTS if count.measure in unread}
    for measures in (*(group.measures for group in GROUPS), ASSESSED, OF_ACCOUNTS):
        if unread.issuperset(measures):
            spare |= set(measures)
    return tuple(sorted(spare))


def given_up(definitions: Definitions) -> tuple[str, ...]:
    """Return the measures for which facts are not kept: read again, they begin anew."""
    lacking = {count.measure for count in COUNTS if not definitions.reads(count.measure)}
    off = groups_off(definitions)
    for group in GROUPS:
        if group.name in off:
            lacking |= set(group.measures)
    if not (definitions.by_account or needs_accounts(definitions)):
        lacking |= set(OF_ACCOUNTS)
    return tuple(sorted(lacking))
