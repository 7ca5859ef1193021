"""What to do about alerts on the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.config.alerts import AlertTimes
from app.generation import names
from app.generation.pipeline_rules import BEHIND_S, LATE_LEAST
from app.generation.timing import seconds
from schemas.reasons import Reason


def _stalled(times: AlertTimes) -> str:
    return f"""\
The exporters publish figures, but the moment up to which these are complete
(`{names.EVALUATION}`) has not moved for {seconds(times.stale_after_ms)} seconds. The values are right for that moment; nothing
is lost, and nothing is counted for a time about which nothing is known. Until it moves again no alert on a KPI can fire.

## What to do

1. `selfserve check` on the machine of a worker: does Kafka answer, are the topics right, has the group members, does
   the lag grow?
2. The exporter's `/readyz` says which partitions no worker has lately reported for. If it names all, no worker runs: look at
   the workers' logs. Their last line says why a worker ended, and the exit code whether it is enough to start it again
   (3 and 70 are).
3. If it names some, look at `selfserve_owned_partitions` and `selfserve_last_checkpoint_timestamp_seconds` of the
   workers. One that owns partitions and writes no checkpoint is stuck: stop it, another takes over.
4. If it names none, a source topic is not read to its end: `selfserve_lag_records` says which. Falling lag means that the
   workers catch up, so wait, or start more of them, up to the number of partitions.

With `worker.clock: event` the evaluation time follows the events. Then the alert says only that none arrive.
"""


_ABSENT: Final = f"""\
Prometheus has not seen `{names.EVALUATION}` from any exporter. Either no exporter runs, or Prometheus cannot
scrape them, or the exporters do not know an evaluation time yet because no worker has ever reported for all partitions.

## What to do

1. Prometheus' page of targets: is the exporter there, and is it up? If not, the page says what the scrape failed with.
2. The exporter's `/healthz` answers as soon as it runs, `/readyz` says what it waits for.
3. `selfserve check` on the machine of the exporter: is its port answered by selfserve, are the topics there, does
   the group have members?
4. After a first installation: workers have to be started, too. One evaluation time needs a report for every partition.
"""


def _no_events(times: AlertTimes) -> str:
    return f"""\
Nothing waits in Kafka, and the newest event is older than {seconds(times.no_events_after_ms)} seconds. The service has read everything there
is, so the figures are right: nothing happens, or nobody reports it. Windows empty themselves in the meantime, and alerts on
KPIs fall silent for want of samples.

## What to do

1. Is it an hour at which nothing ever happens? Then a longer limit (`alerts.no_events_after`) suits you better.
2. Do the producers run, and do their logs say that Kafka takes their records?
3. Do they write to the topics that the service reads? `selfserve topics` names them; a prefix (`SELFSERVE_TOPIC_PREFIX`)
   that differs is easily overlooked.
4. Are the times of the events right? An event counts at its own time, so a producer whose clock is slow looks silent.
"""


_BEHIND: Final = f"""\
What waits in Kafka takes the workers more than {BEHIND_S} seconds at their present pace. Nothing is lost; figures come late.
`+Inf` in the text means that something waits and nothing is read at all.

## What to do

1. `sum by (partition) (selfserve_lag_records)`: does one partition wait, or all of them? One alone is a worker that is
   stuck, or a customer who sends most of the events.
2. All of them, and it falls: somebody sends history, or the workers have been away. Wait.
3. All of them, and it grows: start more workers, up to the number of partitions.
4. Nothing is read: the workers' logs say why. `selfserve_owned_partitions` must add up to the number of partitions.
"""

_REASONS: Final = "\n".join(f"- `{reason}`: {reason.meaning} {reason.remedy}" for reason in Reason)

_DEAD_LETTERS: Final = f"""\
Workers have refused records and put them into the dead letters, each with the reason and where it came from. They count
nowhere until they are corrected.

## What to do

1. The alert names the reason; the list is below.
2. Read the topic of the dead letters with any Kafka client. The headers of a record say which source it came from, and who
   produces that.
3. Have the producer corrected, then have the records sent again. What has been counted already does not count twice.

The alert goes on for a quarter of an hour after the last one.

## Reasons

{_REASONS}
"""

_LATE_DROPS: Final = f"""\
Events were older, when they came, than the service accepts. Part of what they report lies in panes that are closed; the
figures lack it. Fewer than {LATE_LEAST} within an hour raise no alert.

## What to do

1. `sum by (topic) (selfserve_events_total{{result="late_dropped"}})` shows which topic it is.
2. Has a producer been cut off and caught up? Then it ends by itself. For the figures to have those events the topics
   must be read anew from before the gap.
3. Does a producer always send that late? `definitions.lateness` says how late is too late; see [Configuration](../configuration.md).
4. Is one partition far ahead? A single event from the future makes all others of its partition late.
"""

_OVERFLOW: Final = """\
A dimension has more different values than are kept apart. New ones count as `other`; overall figures stay right.

## What to do

1. The alert names the dimension. Look at its values in Prometheus: are they what you expect, or has somebody put
   something with endless values there, such as an id or a free text?
2. If it is a mistake, have the producer corrected. Values that are there stay until nothing counts for them any more.
3. If all are meant, raise `definitions.max_dimension_values`; see [Configuration](../configuration.md). Each value is a series of its own for each KPI
   and window.
4. `facts of one record` is no dimension: a customer or account has so many facts, or such long names in them, that the oldest were given up.
   What they counted stays counted. Find out who sends them: it is hardly a person.
"""

_RESTARTS: Final = """\
A process has ended and started again several times. For the figures each end of a worker is a pause: others take its
partitions over.

## What to do

1. The last line of its log before each start says why it ended. [Troubleshooting](../troubleshooting.md) has the exit codes.
2. No last line: it was killed. By the system for want of memory, or by whatever watches its health? Compare
   `selfserve_process_resident_memory_bytes` with the limit.
3. It ends right after each start: settings or Kafka. `selfserve check` on that machine says which.
"""


def texts(times: AlertTimes) -> Mapping[str, str]:
    """Return the text of each alert's page by its name, in Markdown."""
    return {
        names.STALLED: _stalled(times),
        names.ABSENT: _ABSENT,
        names.NO_EVENTS: _no_events(times),
        names.BEHIND: _BEHIND,
        names.DEAD_LETTERS: _DEAD_LETTERS,
        names.LATE_DROPS: _LATE_DROPS,
        names.OVERFLOW: _OVERFLOW,
        names.RESTARTS: _RESTARTS,
    }
