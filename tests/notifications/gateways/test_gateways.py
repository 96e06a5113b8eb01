import pytest

from notifications import gateways
from notifications.gateways.outcomes import Misconfigured
from notifications.models import Message
from tests.notifications.conftest import NUMBER

TEXT = Message(to=NUMBER, body="Jane, your scan is at 2:30pm")


def test_the_demo_takes_every_text_under_a_sid_of_its_own(settings):
    settings.SMS_GATEWAY = "outbox"
    assert gateways.send(TEXT).sid != gateways.send(TEXT).sid


def test_the_console_prints_the_words_but_not_the_number(settings, capsys):
    settings.SMS_GATEWAY = "console"
    assert gateways.send(TEXT).sid
    printed = capsys.readouterr().out
    assert str(TEXT.pk) in printed
    assert TEXT.body in printed
    assert NUMBER not in printed


def test_an_unknown_gateway_is_a_wrong_setting(settings):
    settings.SMS_GATEWAY = "pigeon"
    with pytest.raises(Misconfigured):
        gateways.send(TEXT)
