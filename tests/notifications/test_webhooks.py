"""Twilio's calls to us: believed only if signed, taken once, refused whole or not at all."""

import logging

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.urls import reverse
from twilio.request_validator import RequestValidator

from notifications import receipts, replies
from notifications.models import Event, Inbound, Message
from tests.notifications.conftest import NUMBER
from tests.notifications.signing import FORM, call, signature, status_path, write

pytestmark = pytest.mark.django_db
SENT = {"MessageSid": "SM1", "MessageStatus": "sent"}


@pytest.fixture(autouse=True)
def account(settings):
    settings.PUBLIC_BASE_URL = "https://scans.example"
    settings.TWILIO_ACCOUNT_SID = "AC" + "1" * 32
    settings.TWILIO_AUTH_TOKEN = "secret-of-the-test"


def state(message):
    return Message.objects.get(pk=message.pk).state


def test_a_signed_callback_moves_its_text(client, enqueue):
    message = enqueue()
    assert call(client, status_path(message), SENT).status_code == 204
    assert state(message) == "accepted"


def test_the_signature_is_over_the_public_address_and_not_the_host_header(client, enqueue):
    message = enqueue()
    assert call(client, status_path(message), SENT, Host="localhost").status_code == 204


def test_a_replayed_callback_does_nothing_more(client, enqueue):
    message = enqueue()
    for _ in range(3):
        assert call(client, status_path(message), SENT).status_code == 204
    assert Event.objects.filter(source="callback").count() == 1


@pytest.mark.parametrize(
    "forged",
    [None, "", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "\N{LATIN SMALL LETTER E WITH ACUTE}"],
)
def test_a_missing_or_forged_signature_is_forbidden(client, enqueue, forged):
    message = enqueue()
    response = call(client, status_path(message), SENT, **{"X-Twilio-Signature": forged})
    assert response.status_code == 403
    assert state(message) == "ready"


def test_a_signature_for_other_words_or_another_text_is_forbidden(client, enqueue):
    message, other = enqueue(), enqueue(subject="OTHER")
    good = signature(status_path(message), {**SENT, "AccountSid": "AC" + "1" * 32})
    changed = {**SENT, "MessageStatus": "delivered"}
    for path, params in ((status_path(message), changed), (status_path(other), SENT)):
        assert call(client, path, params, **{"X-Twilio-Signature": good}).status_code == 403


def test_another_account_is_forbidden_even_with_a_good_signature(client, enqueue):
    message = enqueue()
    other = {**SENT, "AccountSid": "AC" + "2" * 32}
    assert call(client, status_path(message), other).status_code == 403


def test_without_an_auth_token_nothing_is_believed(client, enqueue, settings):
    message = enqueue()
    settings.TWILIO_AUTH_TOKEN = ""
    params = {**SENT, "AccountSid": "AC" + "1" * 32}
    forged = RequestValidator("").compute_signature(
        "https://scans.example" + status_path(message), params
    )
    response = call(client, status_path(message), SENT, **{"X-Twilio-Signature": forged})
    assert response.status_code == 403


def test_a_megabyte_is_refused_unread(client, enqueue):
    message = enqueue()
    response = call(client, status_path(message), {**SENT, "Body": "x" * 1024 * 1024})
    assert response.status_code == 413
    assert state(message) == "ready"


def test_a_length_that_is_no_number_is_refused(client, enqueue):
    path = status_path(enqueue())
    response = client.post(path, "", content_type=FORM, CONTENT_LENGTH="-5")
    assert response.status_code == 413


def test_a_thousand_fields_are_refused(client, enqueue):
    message = enqueue()
    many = {f"F{n}": "1" for n in range(2000)}
    assert call(client, status_path(message), {**SENT, **many}).status_code in (400, 403)


def test_a_get_is_not_a_call(client, enqueue):
    assert client.get(status_path(enqueue())).status_code == 405


@pytest.mark.parametrize(
    "params",
    [
        {"MessageSid": "SM1"},
        {"MessageStatus": "sent"},
        {"MessageSid": "SM1", "MessageStatus": "SENT; DROP TABLE"},
        {"MessageSid": "S" * 65, "MessageStatus": "sent"},
        {"MessageSid": "SM 1", "MessageStatus": "sent"},
    ],
)
def test_nonsense_is_a_bad_request(client, enqueue, params):
    message = enqueue()
    assert call(client, status_path(message), params).status_code == 400
    assert state(message) == "ready"


def test_an_unknown_status_is_taken_and_moves_nothing(client, enqueue):
    message = enqueue()
    response = call(client, status_path(message), {**SENT, "MessageStatus": "teleported"})
    assert response.status_code == 204
    assert state(message) == "ready"


@pytest.mark.parametrize("code", ["30003", "", "x" * 100, "-1", "30003.0"])
def test_any_error_code_is_survived(client, enqueue, code):
    message = enqueue()
    failed = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": code}
    assert call(client, status_path(message), failed).status_code == 204
    assert state(message) == "failed"


def test_a_text_that_we_do_not_have_is_not_found(client):
    path = reverse("twilio-status", args=["00000000-0000-4000-8000-000000000000"])
    assert call(client, path, SENT).status_code == 404


@pytest.mark.parametrize("fault", [OperationalError("gone"), InterfaceError("closed")])
def test_while_the_database_is_away_twilio_is_asked_to_come_again(
    client, enqueue, monkeypatch, fault
):
    message = enqueue()

    def away(*args, **kwargs):
        raise fault

    monkeypatch.setattr(receipts, "take", away)
    monkeypatch.setattr(replies, "keep", away)
    for response in (call(client, status_path(message), SENT), write(client, "YES")):
        assert response.status_code == 503
        assert response["Retry-After"] == "30"


@pytest.mark.django_db(transaction=True)
def test_with_no_database_at_all_twilio_is_asked_to_come_again(client, enqueue, monkeypatch):
    path = status_path(enqueue())
    connection.close()
    where, nowhere = ("NAME", "/no/such") if connection.vendor == "sqlite" else ("PORT", "1")
    monkeypatch.setitem(connection.settings_dict, where, nowhere)
    codes = [call(client, path, SENT).status_code, write(client, "YES").status_code]
    monkeypatch.undo()
    assert codes == [503, 503]


def test_a_patients_text_is_kept_once_and_answered_with_nothing(client):
    for _ in range(2):
        response = write(client, "YES 7567")
        assert (response.status_code, response["Content-Type"]) == (200, "text/xml")
        assert response.content.endswith(b"<Response/>")
    inbound = Inbound.objects.get()
    assert (inbound.number, inbound.body, inbound.command, inbound.code) == (
        NUMBER, "YES 7567", "yes", "7567",
    )  # fmt: skip


@pytest.mark.parametrize("body", ["", "\N{PARTY POPPER}" * 800, "x" * 1600, "a\0b", "\ud7ff", "ÿ"])
def test_any_body_is_kept(client, body):
    assert write(client, body).status_code == 200
    assert Inbound.objects.get().command == "unclear"


@pytest.mark.parametrize(
    "number", ["", "NHSinfo", "+44", "anonymous", "07700900123", "+" + "9" * 40]
)
def test_a_sender_without_a_number_is_kept_and_nothing_is_done(client, number):
    assert write(client, "STOP", number=number).status_code == 200
    assert Inbound.objects.get().number == ""


def test_no_log_line_holds_anything_of_a_patient(client, enqueue, caplog, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError(f"{NUMBER} wrote: my hip hurts")

    monkeypatch.setattr(replies, "_tell_booking", fail)
    with caplog.at_level(logging.DEBUG):
        assert write(client, "my hip hurts").status_code == 200
        call(client, status_path(enqueue()), SENT, **{"X-Twilio-Signature": "forged"})
    assert "ValueError" in caplog.text
    for personal in (NUMBER, NUMBER[1:], "hip"):
        assert personal not in caplog.text
