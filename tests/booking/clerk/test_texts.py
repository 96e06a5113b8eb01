"""The staff's pages about texts."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from booking.appointments import booking, holds
from booking.models import AuditEntry, Slot
from notifications import opt_outs, receipts, replies
from notifications.models import Message, State
from sites.models import Trust
from tests.booking.clerk.conftest import problems

JANES = "+447700900461"


@pytest.fixture
def clerk(client, make_staff, trust):
    user = make_staff("clerk").user
    client.force_login(user)
    return user


@pytest.fixture
def text(jane, make_slot, now):
    """Jane's confirmation, which could not be delivered."""
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    message = Message.objects.get(kind="confirmation")
    receipts.take(message.pk, "SM1", "undelivered", source="callback", now=now, error_code="30003")
    message.refresh_from_db()
    return message


@pytest.fixture(autouse=True)
def _today(now):
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        yield


def see(client, name, *args):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def send_again(client, message, **changes):
    fields = {"reason": "not_come", "seen": "0", **changes}
    return client.post(reverse("staff-text-again", args=[message.pk]), fields)


def follow(client, response):
    assert response.status_code == 302
    return client.get(response["Location"]).content.decode()


@pytest.mark.parametrize("name", ["staff-texts", "staff-text", "staff-phone", "staff-text-again"])
def test_every_page_needs_a_login(client, text, name):
    args = [] if name == "staff-texts" else [text.pk]
    call = client.post if name == "staff-text-again" else client.get
    assert call(reverse(name, args=args))["Location"].startswith("/staff/sign-in/")


def test_the_outbox_is_counted_by_state_and_listed(client, clerk, text):
    html = see(client, "staff-texts")
    assert 'Undelivered</a></td><td class="nhsuk-table__cell--numeric">1</td>' in html
    assert "number ending 461" in html
    assert JANES not in html
    one_state = client.get(reverse("staff-texts"), {"state": "unknown"}).content.decode()
    assert "There are none." in one_state


def test_doubtful_texts_and_replies_to_read_stand_out(client, clerk, text, now):
    Message.objects.filter(pk=text.pk).update(state=State.UNKNOWN, wire_at=now)
    reply = replies.keep("SM9", number=JANES, body="my hip", opt_out_type="", now=now)
    replies.handle(reply, now)
    html = see(client, "staff-texts")
    assert "The oldest doubtful text is 5 minutes old." in html
    assert reverse("staff-phone", args=[reply.pk]) in html
    assert opt_outs.hash_of(JANES) not in html
    assert "my hip" not in html


def test_a_reply_that_the_provider_took_for_start_waits_to_be_read_too(client, clerk, text, now):
    reply = replies.keep("SM9", number=JANES, body="YES 1234", opt_out_type="START", now=now)
    replies.handle(reply, now)
    assert reverse("staff-phone", args=[reply.pk]) in see(client, "staff-texts")


def test_one_texts_history_is_shown_and_the_look_at_it_is_audited(client, clerk, text, jane):
    html = see(client, "staff-text", text.pk)
    assert "Jane, your scan is at 2pm" in html
    assert "undelivered, provider&#39;s code 30003" in html
    entry = AuditEntry.objects.get(action="text seen")
    assert (entry.actor, entry.referral) == (f"staff {clerk.pk}", jane)
    assert entry.detail == {"message": str(text.pk)}


def test_everything_said_with_one_phone_is_on_one_page(client, clerk, text, now):
    replies.handle(
        replies.keep("SM9", number=JANES, body="<b>no</b> idea", opt_out_type="", now=now), now
    )
    html = see(client, "staff-phone", text.pk)
    assert "&lt;b&gt;no&lt;/b&gt; idea" in html
    assert "Jane, your scan is at 2pm" in html
    assert JANES not in html
    assert client.get(reverse("staff-phone", args=[uuid4()])).status_code == 404


def test_who_sees_what_was_said_with_a_phone_is_in_the_audit_of_each_who_has_it(
    client, clerk, text, jane, tom
):
    see(client, "staff-phone", text.pk)
    seen = AuditEntry.objects.filter(action="texts seen", actor=f"staff {clerk.pk}")
    assert {one.patient for one in seen} == {jane.patient, tom.patient}


def test_replies_of_another_trusts_patient_open_only_with_a_reason(client, make_staff, jane, now):
    Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    client.force_login(make_staff("clerk", trusts=["RXR"]).user)
    reply = replies.keep("SM9", number=JANES, body="my hip", opt_out_type="", now=now)
    answer = client.get(reverse("staff-phone", args=[reply.pk]))
    assert answer["Location"] == reverse("patient-reason", args=[jane.patient_id])
    assert not AuditEntry.objects.filter(action="texts seen").exists()


def test_a_text_is_sent_again_for_a_reason_that_is_kept(client, clerk, text):
    response = send_again(client, text)
    again = Message.objects.get(retry_of=text)
    assert response["Location"] == reverse("staff-text", args=[again.pk])
    assert (again.body, again.to, again.state) == (text.body, text.to, "ready")
    event = again.events.get()
    assert event.detail == f"staff {clerk.pk}: The patient says it did not come"
    assert AuditEntry.objects.filter(action="text sent again").count() == 1
    assert "Sent again" in see(client, "staff-text", text.pk)


def test_a_second_press_sends_no_third_text_but_a_second_decision_does(client, clerk, text):
    for _ in range(3):
        send_again(client, text)
    assert Message.objects.filter(retry_of=text).count() == 1
    send_again(client, text, seen="1")
    assert Message.objects.filter(retry_of=text).count() == 2


@pytest.mark.parametrize("reason", ["", "because", "<script>"])
def test_without_a_reason_nothing_is_sent(client, clerk, text, reason):
    response = send_again(client, text, reason=reason)
    assert response.status_code == 400
    assert "Select why this text is sent again" in response.content.decode()
    assert not Message.objects.filter(retry_of=text).exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"state": "unknown"}, "still on its way"),
        ({"state": "scheduled"}, "still on its way"),
        ({"body": ""}, "were deleted"),
        ({"kind": "one_time_code"}, "go once"),
        ({"kind": "offer"}, "go once"),
    ],
)
def test_what_must_not_go_again_does_not_and_says_why(client, clerk, text, change, says):
    Message.objects.filter(pk=text.pk).update(**change)
    assert says in see(client, "staff-text", text.pk)
    response = send_again(client, text)
    assert says in problems(follow(client, response))["again"]
    assert not Message.objects.filter(retry_of=text).exists()


def test_an_old_a_superseded_and_an_unwanted_text_do_not_go_again(
    client, clerk, text, jane, make_slot, now
):
    Message.objects.filter(pk=text.pk).update(not_after=now)
    assert "too old" in problems(follow(client, send_again(client, text)))["again"]
    Message.objects.filter(pk=text.pk).update(not_after=text.not_after)
    opt_outs.opt_out(text.to_hash, source="reply", now=now)
    page = follow(client, send_again(client, text))
    assert "asked for no more texts" in problems(page)["again"]
    holds.hold(jane, make_slot(day=21).pk, now=now)
    booking.book(jane, Slot.objects.get(held_by=jane).pk, now=now, actor="patient")
    page = follow(client, send_again(client, text))
    assert "took its place" in problems(page)["again"]


def test_a_one_time_code_is_not_shown_to_staff(client, clerk, text):
    Message.objects.filter(pk=text.pk).update(kind="one_time_code", body="123456 is your code.")
    assert "123456" not in see(client, "staff-text", text.pk)
    assert "123456" not in see(client, "staff-phone", text.pk)
