"""A text, a moment and a provider that tests can script."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications import gateways, outbox, tasks
from notifications.attention import Notice, needs_person
from notifications.gateways.outcomes import Sent
from notifications.models import Message

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
NUMBER = "+447700900123"
CONTEXT = {
    "first_name": "Jane",
    "when_time": "2:30pm",
    "waits": "1 urgent request waits",
    "come_time": "2:15pm",
    "when_day": "Wednesday 2 December",
    "place": "Preston Healthport",
    "link": "https://scans.example.nhs.uk/a/7KQ49CRB",
    "code": "7567",
    "phone": "01632 960 100",
    "example": "1234",
    "by": "8pm on Thursday 26 November",
    "old_day": "Friday 11 December",
}


class Provider:
    """Takes every text, or does what its script says, one entry a call."""

    def __init__(self) -> None:
        self.calls: list[Message] = []
        self.script: list[Exception] = []

    def send(self, message: Message) -> Sent:
        self.calls.append(message)
        if self.script:
            raise self.script.pop(0)
        return Sent(sid=f"sid{len(self.calls)}")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider = Provider()
    monkeypatch.setattr(gateways, "send", provider.send)
    return provider


@pytest.fixture(autouse=True)
def wake_ups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count wake-ups instead of sending them to a broker."""
    calls: list[str] = []
    monkeypatch.setattr(tasks.dispatch, "delay", lambda: calls.append("dispatch"))
    return calls


@pytest.fixture(autouse=True)
def _as_many_texts_as_a_test_writes(settings: Any) -> None:
    """Tests of sending write to one number; how many that may have: test_texts_an_hour.py."""
    settings.TEXTS_AN_HOUR = 0


@pytest.fixture
def enqueue() -> Callable[..., Message | None]:
    def enqueue(**changes: Any) -> Message | None:
        text = {
            "kind": "confirmation",
            "subject": "7KQ49CRB",
            "version": 1,
            "to": NUMBER,
            "context": CONTEXT,
            "due_at": NOON,
            "not_after": NOON + timedelta(days=1),
            "now": NOON,
        }
        return outbox.enqueue(**{**text, **changes})

    return enqueue


@pytest.fixture
def calls_for_a_person() -> Iterator[list[Notice]]:
    """Collect what booking would be told about patients whom texts do not reach."""
    notices: list[Notice] = []

    def hear(sender: Any, notice: Notice, **kwargs: Any) -> None:
        notices.append(notice)

    needs_person.connect(hear)
    yield notices
    needs_person.disconnect(hear)
