from datetime import timedelta

import pytest
from django.urls import reverse

from notifications import dispatch, webhooks
from notifications.models import Inbound, OptOut
from tests.notifications.conftest import CONTEXT, NOON, NUMBER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo(settings):
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
    settings.SMS_GATEWAY, settings.MODE = "outbox", "demo"


def page(client) -> str:
    response = client.get(reverse("demo-phone"))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_an_empty_phone_says_what_to_do(client):
    assert "No texts yet" in page(client)
    assert "Book an appointment" in page(client)


def test_a_sent_text_is_shown_under_its_number_with_a_link_to_follow(client, enqueue):
    enqueue()
    dispatch.dispatch_due(NOON)
    html = page(client)
    assert NUMBER in html
    assert f'href="{CONTEXT["link"]}"' in html
    assert "No texts yet" not in html


def test_the_newest_text_comes_first(client, enqueue):
    for hours, time in ((0, "1pm"), (1, "2pm")):
        now = NOON + timedelta(hours=hours)
        enqueue(subject=time, context={**CONTEXT, "when_time": time}, due_at=now, now=now)
        dispatch.dispatch_due(now)
    html = page(client)
    assert html.index("at 2pm on") < html.index("at 1pm on")


def test_a_reminder_says_when_it_will_be_sent(client, enqueue):
    enqueue(kind="reminder_2_days", due_at=NOON + timedelta(days=12, hours=-3))
    assert "will be sent Monday 7 December at 9am" in page(client)


def test_words_from_outside_are_escaped(client, enqueue):
    enqueue(context={**CONTEXT, "place": "<script>alert(1)</script>"})
    dispatch.dispatch_due(NOON)
    assert "<script>alert" not in page(client)


@pytest.mark.parametrize(("gateway", "mode"), [("twilio", "demo"), ("outbox", "production")])
def test_the_phone_exists_only_in_the_demo(client, settings, gateway, mode):
    settings.SMS_GATEWAY, settings.MODE = gateway, mode
    assert client.get(reverse("demo-phone")).status_code == 404


# --- playing the patient


@pytest.fixture
def on_the_phone(enqueue):
    message = enqueue()
    dispatch.dispatch_due(NOON)
    message.refresh_from_db()
    return message


def press(client, message, act):
    return client.post(reverse("demo-receive", args=[message.pk]), {"act": act})


def reply(client, body, number=NUMBER):
    return client.post(reverse("demo-reply"), {"number": number, "body": body})


@pytest.mark.parametrize(
    ("act", "state", "says"),
    [("deliver", "delivered", ", delivered"), ("read", "delivered", ", delivered"),
     ("fail", "undelivered", ", not delivered")],
)  # fmt: skip
def test_the_phone_gets_reads_or_never_gets_a_text(client, on_the_phone, act, state, says):
    assert press(client, on_the_phone, act)["Location"] == reverse("demo-phone")
    on_the_phone.refresh_from_db()
    assert on_the_phone.state == state
    assert says in page(client)


def test_the_phone_writes_back_and_shows_what_it_wrote(client, on_the_phone):
    assert reply(client, "YES <7567>").status_code == 302
    assert Inbound.objects.get().command == "yes"
    assert "YES &lt;7567&gt;" in page(client)


def test_a_phone_that_wrote_stop_says_so(client, on_the_phone):
    reply(client, "STOP")
    assert "Stopped" in page(client)
    assert OptOut.objects.count() == 1


def test_the_phone_plays_through_the_signed_webhooks(client, on_the_phone, settings, monkeypatch):
    seen = []
    monkeypatch.setattr(webhooks, "is_signed", lambda request: seen.append(request) or False)
    press(client, on_the_phone, "deliver")
    on_the_phone.refresh_from_db()
    assert on_the_phone.state == "accepted"
    assert seen[0].headers["X-Twilio-Signature"]


def test_the_phone_does_nothing_that_it_has_no_button_for(client, on_the_phone):
    assert press(client, on_the_phone, "explode").status_code == 404
    assert reply(client, "YES", number="+447700900999").status_code == 404
    assert reply(client, "YES", number="").status_code == 404


@pytest.mark.parametrize(("gateway", "mode"), [("twilio", "demo"), ("outbox", "production")])
def test_outside_the_demo_nobody_can_play_a_patient(client, settings, on_the_phone, gateway, mode):
    settings.SMS_GATEWAY, settings.MODE = gateway, mode
    assert press(client, on_the_phone, "deliver").status_code == 404
    assert reply(client, "STOP").status_code == 404
    assert not OptOut.objects.exists()
