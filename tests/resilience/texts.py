"""Texts to send, and what became of them all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifications import outbox
from notifications.models import NOT_TOLD, WAITING, Event, Message, State
from tests.resilience.fake_twilio import FakeTwilio

OPEN = (*WAITING, State.SENDING, State.UNKNOWN)
GOT_THROUGH = (State.ACCEPTED, State.DELIVERED, State.UNDELIVERED)


def write_text(number: int, *, now: datetime, **changes: Any) -> Message:
    """Write one confirmation to one of Ofcom's thousand drama numbers, with words of its own."""
    text: dict[str, Any] = {
        "kind": "confirmation",
        "subject": f"REF{number:05}",
        "version": 1,
        "to": f"+447700900{number % 1000:03}",
        "context": {
            "first_name": "Jane", "when_time": "2:30pm", "come_time": "2:15pm",
            "when_day": "Wednesday 2 December",
            "place": "Preston Healthport", "link": f"https://scans.example/a/{number:08}",
            "code": f"{number % 10_000:04}", "phone": "01632 960 100",
        },
        "due_at": now,
        "not_after": now + timedelta(days=1),
        "now": now,
    }  # fmt: skip
    message = outbox.enqueue(**{**text, **changes})
    assert message
    return message


@dataclass(frozen=True)
class Figures:
    """What a run came to. `delays` are seconds from due to taken by the provider."""

    texts: int
    most: int  # times that one text went out
    doubles: int  # texts that went out more than once
    lost: int  # not sent, and neither a person nor a state says so
    given_up: int  # not sent, and a person was told
    dropped: int  # were in the hands of a worker when it was killed
    unknown: int  # were doubtful at some time
    resends: int  # sent again after three looks found nothing
    left_open: int
    delays: list[float]

    def delay(self, share: float) -> float:
        """Return the delay that this share of the texts did not exceed."""
        return self.delays[min(len(self.delays) - 1, int(share * len(self.delays)))]


def count(fake: FakeTwilio) -> Figures:
    """Compare every row with what the provider sent."""
    sent, first = fake.sent(), {}
    for text in reversed(fake.texts):
        first[text.to, text.body] = text.at
    rows = list(Message.objects.all())
    missing = [row for row in rows if not sent[row.to, row.body]]
    doubtful = Event.objects.filter(to_state=State.UNKNOWN)
    again = Event.objects.filter(from_state=State.UNKNOWN, to_state=State.READY)
    return Figures(
        texts=len(rows),
        most=max(sent.values(), default=0),
        doubles=sum(times > 1 for times in sent.values()),
        lost=sum(row.state in GOT_THROUGH for row in missing),
        given_up=sum(row.state in NOT_TOLD for row in missing),
        dropped=Event.objects.filter(detail__startswith="lease ran out").count(),
        unknown=doubtful.values("message").distinct().count(),
        resends=again.count(),
        left_open=sum(row.state in OPEN for row in rows),
        delays=sorted(
            max(0.0, (first[row.to, row.body] - row.planned_at).total_seconds())
            for row in rows
            if (row.to, row.body) in first
        ),
    )
