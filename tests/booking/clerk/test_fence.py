"""The page of the send-fence: an administrator sees what waits, and sends or drops it by kind."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.exchange.writeback import webhooks
from booking.models import AuditEntry, Webhook, WorklistRow
from booking.offers.lost import tasks as lost_tasks
from booking.offers.sooner import tasks as sooner_tasks
from notifications import fence
from notifications.models import Email, Message

PAGE = "/staff/fence/"


@pytest.fixture
def admin(sign_in):
    return sign_in("network_admin", username="ada")


@pytest.fixture
def texts(jane, make_slot, now):
    """Jane's confirmation, and her reminders, which are for later."""
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")


@pytest.fixture
def up(texts, now):
    at = now + timedelta(minutes=10)
    return fence.raise_fence(restored_at=at, as_of=now, why="A backup was put back.", now=at)


def seen(browser):
    page = browser.get(PAGE).content.decode()
    return page.partition('name="seen" value="')[2].partition('"')[0]


def decide(browser, kind="confirmation", do="drop", reason="Twilio's list", token=None):
    given = {"kind": kind, "do": do, "reason": reason, "seen": token or seen(browser)}
    return browser.post(PAGE, given, follow=True)


def test_without_a_restore_nothing_waits(admin):
    assert "Nothing waits" in admin.get(PAGE).content.decode()


def test_the_page_says_how_much_of_what_waits_and_names_nobody(admin, up):
    page = admin.get(PAGE).content.decode()

    assert "Confirmation (1)" in page
    assert "A backup was put back." in page
    assert "Jane" not in page


def test_what_is_dropped_is_dropped_with_why_in_the_audit(admin, up):
    page = decide(admin).content.decode()

    assert "Confirmation: 1 dropped." in page
    assert Message.objects.get(kind="confirmation").state == "cancelled"
    entry = AuditEntry.objects.get(action="dropped behind the fence")
    assert entry.actor == admin.staff.actor
    assert entry.detail == {"kind": "confirmation", "count": 1, "reason": "Twilio's list"}


def test_what_is_sent_waits_no_longer(admin, up):
    page = decide(admin, do="send").content.decode()

    assert "Confirmation: 1 let go." in page
    assert fence.waiting(fence.standing()) == []
    assert AuditEntry.objects.get(action="sent from behind the fence").detail["count"] == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"reason": ""}, "Say how you know"),
        ({"kind": ""}, "Choose what you decide about"),
        ({"do": ""}, "Choose what becomes of it"),
        ({"kind": "offer"}, "Choose what you decide about"),
    ],
)
def test_what_is_left_out_is_asked_for(admin, up, given, says):
    answer = decide(admin, **given)

    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert Message.objects.get(kind="confirmation").state != "cancelled"


def test_a_page_that_showed_something_else_does_nothing(admin, up, make_referral, make_slot, now):
    token = seen(admin)
    slot, mary = make_slot(hour=9), make_referral("7KQ49CRC", mobile="+447700900462")
    holds.hold(mary, slot.pk, now=now)
    booking.book(mary, slot.pk, now=now, actor="patient")

    for wrong in (token, "forged"):
        assert "nothing was done" in decide(admin, token=wrong).content.decode()

    assert len(fence.waiting(fence.standing())) == 1


def test_the_fence_comes_down_when_nothing_waits(admin, up):
    decide(admin)

    page = admin.post(PAGE, {"reason": "All looked at", "seen": seen(admin)}, follow=True)

    assert "The fence is down" in page.content.decode()
    assert fence.standing() is None
    assert AuditEntry.objects.get(action="send-fence lifted").detail == {"reason": "All looked at"}
    row = WorklistRow.objects.get(about=f"fence:{up.pk}")
    assert row.outcome == "resolved"
    assert "nothing was done" in decide(admin, token="x").content.decode()


def test_the_team_has_a_row_and_administrators_a_mail_while_it_is_up(admin, texts, now):
    admin.staff.user.email = "ada@nhs.example"
    admin.staff.user.save()
    fence.raise_fence(restored_at=now, as_of=now, why="A restore.", now=now)

    row = WorklistRow.objects.get(kind="needs_person")
    assert (row.trust, row.closed_at) == (None, None)
    assert len(row.reason) <= 200
    assert Email.objects.get().to == "ada@nhs.example"
    assert "/staff/fence/" in Email.objects.get().body


@pytest.fixture
def hook(texts, now, settings):
    settings.FEEDS_MAY_BE_PRIVATE = True
    webhooks.create("RTX", "http://127.0.0.1:9/x", now=now)
    Webhook.objects.update(told=0)


def test_trusts_are_told_nothing_until_somebody_says_so(admin, hook, up, now):
    assert webhooks.due(now) == []
    assert webhooks.deliver("RTX", now) == 0

    assert "Bookings that trusts’ systems are told of" in admin.get(PAGE).content.decode()
    decide(admin, kind="pushes", do="send")

    assert webhooks.due(now) == ["RTX"]


def test_bookings_that_trusts_were_told_of_can_be_passed_over(admin, hook, up, now):
    decide(admin, kind="pushes", do="drop")

    assert webhooks.due(now) == []


def test_with_pushes_undecided_the_fence_stays_up(admin, hook, up):
    decide(admin)

    admin.post(PAGE, {"reason": "All looked at", "seen": seen(admin)}, follow=True)

    assert fence.standing() is not None


def test_clocks_ask_nobody_anew_while_the_fence_is_up(up, monkeypatch):
    asked = []
    monkeypatch.setattr(sooner_tasks.waves, "ask_due", lambda **_: asked.append("sooner"))
    monkeypatch.setattr(lost_tasks.resume, "tick", lambda **_: asked.append("lost"))

    sooner_tasks.tick()
    lost_tasks.tick()
    assert asked == []

    fence.drop(up, "confirmation", 1, now=up.restored_at)
    fence.lift(up, now=up.restored_at)
    sooner_tasks.tick()
    lost_tasks.tick()
    assert asked == ["sooner", "lost"]


def test_the_figures_say_whether_the_fence_is_up(client, up, settings):
    settings.METRICS_TOKEN = ""
    said = client.get("/metrics").content.decode()

    assert "send_fence_up 1.0" in said
    assert "send_fence_waiting 1.0" in said
    assert "backup_last_timestamp_seconds 0.0" in said
