"""Stories of surveys, e-mails, feedback, enhancements and mentions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.settings import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from tests.oracle.scenarios import Json, Story

FEEDBACK = "feedback.events"

#: Around the week in which a reaction counts.
WAITS = (MINUTE, 0, 20 * MINUTE, HOUR, DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 8 * DAY)
CHANNELS = (None, None, "email", "chat", "in_app", "all")


def ask_opinion(story: Story) -> None:
    """A survey, answered, answered again, answered without having been asked, or left alone."""
    pick = story.choose.pick
    who = pick(story.cast.everyone)
    request: Json = {
        "request_id": pick(("r1", "r2", "r3")),
        "survey": pick(("s", "s", "relation", "all")),
        "kind": pick(("csat", "nps", "ces")),
    }
    if pick((True, True, False)):
        story.tell(FEEDBACK, "survey.sent", who, data=request, channel=pick(CHANNELS))
    while story.choose.more():
        story.wait(WAITS)
        answer = dict(request)
        if pick((False, False, True)):
            del answer["request_id"]
        scale = pick((5, 7, 10, 10, 1, 3))
        score = pick((scale, 0, 1, scale - 1, scale / 2, scale * 0.9, "good", "bad"))
        answer |= {"scale": scale, "score": score, "complete": pick((True, True, True, False))}
        feature = pick((None, "export", "search"))
        story.tell(FEEDBACK, "survey.responded", who, data=answer, channel=pick(CHANNELS), feature=feature)


def write_mail(story: Story) -> None:
    """E-mails, with reactions before and after them, and what people say of their own accord."""
    pick = story.choose.pick
    who = pick(story.cast.everyone)
    mail = {"email_id": pick(("m1", "m2", "m3"))}
    while True:
        told: list[tuple[str, Json, Json]] = [
            ("email.delivered", who, mail | {"campaign": pick(("spring", "autumn", "all"))}),
            ("email.engaged", who, mail | {"action": pick(("click", "click", "open"))}),
            ("feedback.submitted", who, {"actionable": pick((True, False))}),
            ("feedback.submitted", who, {"actionable": True, "milestone": pick(("first_report", "all"))}),
            ("social.mentioned", who, {"network": pick(("forum", "all")), "sentiment": "negative"}),
            ("enhancement.shipped", {}, _shipped(story)),
            ("enhancement.shipped", who, _shipped(story)),
        ]
        type_, subject, data = pick(told)
        story.tell(
            FEEDBACK, type_, subject, data=data, channel=pick(CHANNELS), feature=pick((None, "export"))
        )
        if not story.choose.more():
            return
        story.wait(WAITS)


def _shipped(story: Story) -> Json:
    # Since the beginning of 2025, some of it after the shipping.
    requested = 1_735_689_600_000 + story.choose.pick((0, DAY, 90 * DAY, 200 * DAY))
    return {"enhancement_id": story.choose.pick(("x1", "x2")), "requested_at": requested}
