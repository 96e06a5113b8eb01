"""Two replies of one number in the same moment, handled by workers beside one another."""

import pytest

from booking.models import WorklistRow
from notifications import opt_outs, outbox, replies
from notifications.models import Message
from tests.booking.patient.conftest import JANES
from tests.racing import Rival, only_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), only_postgresql]
OTHER = "+447700900999"


@pytest.fixture
def keep(now):
    count = iter(range(9))

    def keep(body, number=JANES):
        name = f"SM{next(count)}"
        return replies.keep(name, number=number, body=body, opt_out_type="", now=now)

    return keep


@pytest.fixture
def handle_both(now, monkeypatch):
    """Handle a reply; when it has looked at what was said before, handle the other as far as
    that goes."""

    def handle_both(first, second, module, look):
        rivals, before = [], getattr(module, look)

        def look_and_let_the_other(*args, **more):
            found = before(*args, **more)
            if not rivals:
                rivals.append(None)  # the other looks as well
                rivals[0] = Rival(lambda: replies.handle(second, now))
                rivals[0].wait_until_done_or_blocked()
            return found

        monkeypatch.setattr(module, look, look_and_let_the_other)
        assert replies.handle(first, now)
        assert rivals[0].result()

    return handle_both


def test_how_to_reply_is_said_once(jane, booked, keep, handle_both):
    booked(jane)

    handle_both(keep("what?"), keep("who?"), outbox, "was_sent_lately")

    assert Message.objects.filter(kind="not_understood").count() == 1
    assert WorklistRow.objects.filter(kind="needs_person").count() == 1


def test_of_two_numbers_none_waits_and_each_is_told(keep, handle_both):
    handle_both(keep("what?"), keep("who?", number=OTHER), outbox, "was_sent_lately")

    assert Message.objects.filter(kind="not_understood").count() == 2


def test_who_says_stop_twice_is_phoned_once(jane, booked, keep, handle_both):
    booked(jane)

    handle_both(keep("STOP"), keep("stop"), opt_outs, "opt_out")

    assert WorklistRow.objects.filter(kind="not_reached").count() == 1
