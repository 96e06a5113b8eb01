from datetime import timedelta

import pytest
from django.urls import reverse

from notifications import dispatch
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
