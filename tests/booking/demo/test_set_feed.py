"""`manage.py set_feed`."""

import io

import pytest
from django.core.management import CommandError, call_command

from booking.models import Feed, Webhook


def run(*arguments):
    out = io.StringIO()
    call_command("set_feed", *arguments, stdout=out)
    return out.getvalue().strip()


def test_a_trust_is_set_to_confirm_and_back(trust):
    run("rtx", "--confirms", "--confirm-hours", "48")
    assert (Feed.objects.get().confirms, Feed.objects.get().confirm_hours) == (True, 48)

    run("RTX", "--books-at-once")
    assert (Feed.objects.get().confirms, Feed.objects.get().confirm_hours) == (False, 48)


def test_a_webhook_is_made_with_a_secret_shown_once_and_stopped(trust):
    secret = run("RTX", "--webhook", "https://trust.example/bookings")

    hook = Webhook.objects.get()
    assert (hook.url, hook.secret, hook.stopped_at) == (
        "https://trust.example/bookings", secret, None,
    )  # fmt: skip
    assert not Feed.objects.get().confirms
    assert run("RTX", "--no-webhook") == ""
    assert Webhook.objects.get().stopped_at
    assert run("RTX", "--webhook", "https://trust.example/bookings") not in ("", secret)
    assert Webhook.objects.get().stopped_at is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ZZZ", "--confirms"], "Known: RTX"),
        (["RTX", "--confirm-hours", "0"], "from 1 to 336"),
        (["RTX", "--webhook", "http://trust.example/"], "must start with https"),
    ],
)
def test_what_cannot_be_set_is_said(trust, arguments, says):
    with pytest.raises(CommandError, match=says):
        run(*arguments)
