"""Two answers to one moved stop in the same moment, through two doors."""

from datetime import timedelta

import pytest

from booking.models import Appointment, ReplyCode, Slot, StopQuestion, WorklistRow
from booking.offers.stop_moved import answering
from notifications import replies
from tests.booking.exchange.feeds.test_stop_moved import booked, clock, move  # noqa: F401 - fixtures
from tests.booking.patient.conftest import client, sign_in  # noqa: F401 - fixtures
from tests.racing import at_once, only_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), only_postgresql]


@pytest.fixture
def counted(monkeypatch):
    """The answers that did something, by the door's word for them."""
    done = []

    def watch(name):
        act = getattr(answering, name)

        def watched(question, **who):
            act(question, **who)
            done.append(name)

        monkeypatch.setattr(answering, name, watched)

    watch("keep")
    watch("decline")
    return done


def test_yes_by_text_and_no_by_page_at_once_count_once(
    booked, van, lancaster, sign_in, client, counted, now  # noqa: F811 - fixtures
):  # fmt: skip
    move(van, lancaster)
    booked.refresh_from_db()
    code = ReplyCode.objects.get(appointment=booked, version=booked.version).code
    number, at = booked.referral.patient.mobile, now + timedelta(minutes=5)
    heard = replies.keep("SM1", number=number, body=f"YES {code}", opt_out_type="", now=at)
    sign_in()
    page = client.carried("/appointment/")

    _, pressed = at_once(
        lambda: replies.handle(heard, at),
        lambda: client.post("/appointment/place/", {"suits": "no", **page}),
    )

    made, question = Appointment.objects.get(), StopQuestion.objects.get()
    let_go = counted == ["decline"]
    assert let_go or counted == ["keep"]
    assert pressed.status_code in (302, 409)
    assert (made.status, question.state) == (
        ("cancelled", "declined") if let_go else ("booked", "kept")
    )
    assert (Slot.objects.get().free_at is not None) == let_go
    rebook = WorklistRow.objects.filter(kind="not_rebooked", closed_at=None)
    assert rebook.exists() == let_go
