"""A provider, workers to kill, and texts to send."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications import tasks
from notifications.models import Message
from tests.notifications.conftest import CONTEXT, NOON, NUMBER
from tests.resilience.crew import Crew
from tests.resilience.fake_twilio import FakeTwilio
from tests.resilience.texts import write_text


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(now=NOON).listening() as fake:
        yield fake


@pytest.fixture
def crew(transactional_db: None, fake: FakeTwilio, tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(fake, log=tmp_path / "workers.log", now=NOON)
    yield crew
    crew.dismiss()
    # Whatever was done to them, the processes wrote down nothing of a patient.
    log = crew.log.read_text() if crew.log.exists() else ""
    assert NUMBER[:8] not in log
    assert CONTEXT["first_name"] not in log


@pytest.fixture
def write(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Message]:
    """Write a text into the outbox; no worker is woken."""
    monkeypatch.setattr(tasks.dispatch, "delay", lambda: None)

    def write(number: int = 0, **changes: Any) -> Message:
        return write_text(number, now=NOON, **changes)

    return write
