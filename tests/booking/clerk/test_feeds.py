"""The staff's page about feeds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.clerk import feeds
from booking.exchange.feeds.importer import import_lines
from booking.exchange.feeds.keys import create_key
from booking.models import Feed, FeedCall, FeedKey, FeedRefusal


@pytest.fixture
def staff(client, make_staff, trust):
    Feed.objects.update(last_contact_at=timezone.now())
    client.force_login(make_staff("trust_admin").user)
    return client


def page(staff, address="/staff/feeds/"):
    answer = staff.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(("age", "word"), [
    (timedelta(0), "Up to date"), (timedelta(hours=1), "Late"), (timedelta(days=2), "Unknown"),
])  # fmt: skip
def test_the_health_of_each_feed_is_shown(staff, age, word):
    Feed.objects.update(last_contact_at=timezone.now() - age)

    assert f">{word}</strong>" in page(staff)


def test_the_oldest_time_still_shown_is_said(staff, make_slot):
    make_slot(day=2000)

    assert "Sent <span" in page(staff)


def test_the_last_fifty_refusals_are_shown_with_what_is_wrong(staff, trust, now):
    for line in range(60):
        FeedRefusal.objects.create(
            trust=trust, at=now + timedelta(minutes=line), line=line, item=f"Slot/s{line}",
            code="value", what="end must be after start.",
        )  # fmt: skip

    shown = page(staff)

    assert shown.count("end must be after start.") == 50
    assert "Slot/s59" in shown
    assert "Slot/s9<" not in shown
    assert "end must" not in page(staff, "/staff/feeds/?trust=RXL")


def test_a_name_that_a_feed_made_up_is_text_and_not_markup(staff, trust, now):
    FeedRefusal.objects.create(
        trust=trust, at=now, line=1, item="<script>", code="value", what="<img src=x>"
    )

    assert "&lt;script&gt;" in page(staff)
    assert "<img src=x>" not in page(staff)


def test_calls_are_shown_with_the_key_that_made_them(staff, client, trust, furness, now):
    key = create_key(trust.code, now=now)
    assert FeedKey.objects.get().prefix in page(staff)
    FeedCall.objects.create(
        trust=trust, key=FeedKey.objects.get(), at=now, call="PUT Slot", status=403, counts={}
    )

    shown = page(staff)

    assert "PUT Slot" in shown
    assert "403" in shown
    assert key not in shown


def test_a_key_is_revoked_after_asking_once(staff, trust, now):
    create_key(trust.code, now=now)
    prefix = FeedKey.objects.get().prefix

    assert "cannot undo" in page(staff, f"/staff/feeds/keys/{prefix}/revoke")
    assert FeedKey.objects.get().revoked_at is None
    staff.post(f"/staff/feeds/keys/{prefix}/revoke")

    assert FeedKey.objects.get().revoked_at
    assert prefix not in page(staff)
    assert staff.get(f"/staff/feeds/keys/{prefix}/revoke").status_code == 404


def test_a_pull_can_be_asked_for_now(staff, monkeypatch):
    asked = []
    monkeypatch.setattr(feeds.tasks.tick, "delay", lambda: asked.append(1))
    Feed.objects.update(
        pull_url="https://scans.example/$bulk-publish", pull_problem="it answered 404."
    )
    assert "it answered 404." in page(staff)

    answer = staff.post("/staff/feeds/RTX/pull", follow=True)

    assert "We are asking RTX" in answer.content.decode()
    assert asked == [1]
    assert Feed.objects.get().pull_next_at <= timezone.now()


@pytest.mark.parametrize("address", ["/staff/feeds/", "/staff/feeds/keys/x/revoke"])
def test_the_page_needs_a_login(client, db, address):
    assert client.get(address)["Location"].startswith("/staff/sign-in/")


def test_a_broker_that_is_away_does_not_break_the_page(staff, monkeypatch):
    def away():
        raise OSError

    monkeypatch.setattr(feeds.tasks.tick, "delay", away)
    Feed.objects.update(pull_url="https://scans.example/$bulk-publish")

    assert staff.post("/staff/feeds/RTX/pull").status_code == 302


def test_refusals_of_a_push_reach_the_page(staff, trust, now):
    line = b'{"resourceType": "Location", "id": "x"}'
    import_lines(trust.code, [(1, line)], now=now)

    assert "identifier needs one" in page(staff)


def test_each_key_leads_to_the_page_that_revokes_it(staff, trust, now):
    create_key(trust.code, label="RIS", now=now)
    prefix = FeedKey.objects.get().prefix

    assert f'<a href="/staff/feeds/keys/{prefix}/revoke">' in page(staff)


@pytest.mark.parametrize(("minutes", "words"), [(480, "8 hours"), (60, "hour"), (45, "45 minutes")])
def test_how_often_a_trust_sends_is_said_in_the_largest_unit(staff, minutes, words):
    Feed.objects.update(interval_minutes=minutes)

    assert f"every {words}." in page(staff)


def test_the_overview_names_only_trusts_whose_times_may_be_old(client, make_staff, trust):
    client.force_login(make_staff().user)
    Feed.objects.update(last_contact_at=timezone.now())
    fresh = client.get("/staff/overview/").content.decode()
    Feed.objects.update(last_contact_at=timezone.now() - timedelta(days=2))
    old = client.get("/staff/overview/").content.decode()

    assert "may be old" not in fresh
    assert "We show none of its times" in old
    assert 'href="/staff/feeds/"' not in old  # a clerk may not open it
