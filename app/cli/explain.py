"""``selfserve explain``: what is known of a customer, and what it contributes."""

from __future__ import annotations

import asyncio
from typing import Any

import click
import orjson

from app.changelogs import open_changelogs
from app.cli.options import settings_options
from app.errors import UserError
from app.settings import Settings
from streams.core.partitioner import PARTITIONERS


@click.command()
@click.argument("customer")
@settings_options
def command(settings: Settings, customer: str) -> None:
    """Print the facts and the contributions of CUSTOMER as JSON.

    CUSTOMER is a user id, an anonymous id or an account id, as events name it. Shows the last checkpoint; workers may
    run meanwhile.
    """
    found = asyncio.run(_explain(settings, customer))
    if found is None:
        raise UserError(
            f"Nothing is known of a customer {customer!r}: no event of it was counted, or it was deleted. Ids are"
            " case-sensitive. Events that were refused are in the dead letters."
        )
    click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


async def _explain(settings: Settings, customer: str) -> dict[str, Any] | None:
    partitions = settings.kafka.partitions
    home = PARTITIONERS[settings.kafka.partitioner](customer.encode(), partitions)
    async with open_changelogs(settings) as changelogs:
        # It is at home, unless the number of partitions or the partitioner was another one once.
        for number in (home, *(other for other in range(partitions) if other != home)):
            explained = (await changelogs.read(number)).state.explain(customer)
            if explained is not None:
                return {"partition": number, **explained}
    return None
