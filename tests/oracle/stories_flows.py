"""Stories of flows, from the first step to the last or to silence, and of new customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.settings import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from tests.oracle.scenarios import Json, Story

PRODUCT, ACCOUNT = "product.events", "account.events"
OFTEN = (True, True, True, False)
SOMETIMES = (False, False, False, True)
SHORT = (MINUTE, 0, SECOND, 20 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE)

#: Around the times after which a flow counts as left.
PAUSES = (
    *(MINUTE, 0, 30 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE + 1),
    *(7 * DAY, 7 * DAY - 1, 7 * DAY + 1, 2 * HOUR, 9 * DAY),
)
LISTS = (3, 4, 0, ["one", "two", "three"], ["two", "one", "two"], ["one", "all"], ["one", "2", "3"])
STEPS = (1, 2, 3, "one", "two", "2", "all", 4, 0, 5)


def go_through(story: Story) -> None:
    """A flow, its steps in any order, with pauses around the deadlines; it may be begun or completed more than once, or never."""
    who = story.choose.pick(story.cast.everyone)
    kind = story.choose.pick(("journey", "onboarding", "tour", "journey", "onboarding"))
    flow = {
        "flow": story.choose.pick(("setup", "setup", "all", "deep")),
        "flow_id": story.choose.pick(("f1", "f2", "f3", "g1", "g2")),
        "kind": kind,
    }
    steps = story.choose.pick(LISTS)
    if story.choose.pick(OFTEN):
        story.tell(PRODUCT, "flow.started", who, data={**flow, "steps": steps})
        story.wait(SHORT)
    while story.choose.more():
        step = story.choose.pick(STEPS)
        story.tell(PRODUCT, "flow.step_completed", who, data={**flow, "step": step})
        story.wait(SHORT * 2 + PAUSES)
        if story.choose.pick((False,) * 9 + (True,)):
            again = {**flow, "flow_id": "h1", "steps": story.choose.pick(LISTS)}
            story.tell(PRODUCT, "flow.started", who, data=again)
    if story.choose.pick((True, False)):
        story.wait(PAUSES)
        story.tell(PRODUCT, "flow.completed", who, data=flow)
        if story.choose.pick(OFTEN):
            # Too late for the completion.
            story.wait(SHORT)
            story.tell(PRODUCT, "flow.step_completed", who, data={**flow, "step": story.choose.pick(STEPS)})


def arrive(story: Story) -> None:
    """A signup, with milestones and key actions before it and after it, around the end of the time for activation."""
    who = story.choose.pick(story.cast.everyone)
    told: list[tuple[str, Json, Json]] = [
        ("milestone.reached", {"milestone": "activated"}, {}),
        ("milestone.reached", {"milestone": "first_value"}, {}),
        ("milestone.reached", {"milestone": "key_action"}, {}),
        ("milestone.reached", {"milestone": "other"}, {}),
        ("feature.used", {"key_action": True}, {"feature": "export"}),
        ("feature.used", {"key_action": False}, {"feature": "import"}),
    ]
    if story.choose.pick(SOMETIMES):
        early, data, envelope = story.choose.pick(told)
        story.tell(PRODUCT, early, who, data=data, **envelope)
        story.wait(PAUSES)
    story.tell(ACCOUNT, "user.signed_up", who)
    while story.choose.more():
        story.wait(PAUSES)
        type_, data, envelope = story.choose.pick(told)
        story.tell(PRODUCT, type_, who, data=data, **envelope)
    if story.choose.pick(SOMETIMES):
        story.tell(ACCOUNT, "user.signed_up", who)
