"""The same Idempotency-Key from the same caller gets the first answer."""

import json
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection
from django.test import Client

from booking.api import fhir
from booking.exchange.feeds.keys import create_key
from booking.models import FirstAnswer, Slot
from sites.models import Trust
from tests.booking.api.conftest import counts, said
from tests.booking.exchange.feeds.conftest import slot
from tests.waiting import WITHIN

IMPORT = "/fhir/R4/$import"
KEY = {"Idempotency-Key": "push-1"}


@pytest.mark.parametrize("call", ["import", "slot", "bundle"])
def test_a_call_sent_twice_gets_the_first_answer_and_runs_once(send, known, furness, call):
    one = slot(furness)
    entry = {"resource": one, "request": {"method": "PUT", "url": "Slot/s1"}}
    method, url, body = {
        "import": ("POST", IMPORT, [one]),
        "slot": ("PUT", "/fhir/R4/Slot/s1", one),
        "bundle": (
            "POST", "/fhir/R4/", {"resourceType": "Bundle", "type": "batch", "entry": [entry]},
        ),
    }[call]  # fmt: skip

    first = send(method, url, body, **KEY)
    Slot.objects.all().delete()
    second = send(method, url, body, **KEY)

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert not Slot.objects.exists()


def test_a_key_with_another_body_or_another_call_is_422(send, known, furness):
    send("POST", IMPORT, [slot(furness)], **KEY)

    assert send("POST", IMPORT, [slot(furness, "s2")], **KEY).status_code == 422
    assert send("POST", f"{IMPORT}?mode=replace", [slot(furness)], **KEY).status_code == 422


def test_after_a_day_a_key_may_be_used_again(send, known, furness, time_machine, now):
    send("POST", IMPORT, [slot(furness)], **KEY)
    time_machine.move_to(now + timedelta(hours=24, seconds=1), tick=False)

    assert counts(send("POST", IMPORT, [slot(furness, "s2")], **KEY))["created"] == 1


def test_another_trust_may_use_the_same_key(send, known, furness, now):
    send("POST", IMPORT, [slot(furness)], **KEY)
    Trust.objects.create(code="RXL", name="Blackpool")

    answer = send("POST", IMPORT, [slot(furness)], key=create_key("RXL", now=now), **KEY)

    assert answer.status_code == 422
    assert "another trust" in said(answer)[1]


@pytest.mark.parametrize("typed", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_none_is_400(send, known, furness, typed):
    assert send("POST", IMPORT, [slot(furness)], **{"Idempotency-Key": typed}).status_code == 400


def test_a_call_that_broke_off_may_be_sent_again_under_its_key(send, known, furness, monkeypatch):
    def fall_over(*args, **kwargs):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(fhir, "import_lines", fall_over)
        with pytest.raises(ConnectionError):
            send("POST", IMPORT, [slot(furness)], **KEY)

    assert counts(send("POST", IMPORT, [slot(furness)], **KEY))["created"] == 1


def test_a_call_that_was_killed_lets_go_of_its_key(send, known, furness, time_machine, now):
    send("POST", IMPORT, [slot(furness)], **KEY)
    FirstAnswer.objects.update(status=None)

    assert send("POST", IMPORT, [slot(furness)], **KEY).status_code == 409
    time_machine.move_to(now + timedelta(minutes=3), tick=False)
    assert counts(send("POST", IMPORT, [slot(furness)], **KEY))["unchanged"] == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_runs(send, known, furness, key, monkeypatch):
    begun, go_on, runs, answers = Event(), Event(), [], []
    really = fhir.import_lines

    def slowly(*args, **kwargs):
        runs.append(1)
        begun.set()
        assert go_on.wait(WITHIN)
        return really(*args, **kwargs)

    monkeypatch.setattr(fhir, "import_lines", slowly)

    def first():
        answers.append(
            Client().generic(
                "POST", IMPORT, json.dumps(slot(furness)), content_type="application/fhir+ndjson",
                headers={"Authorization": f"Bearer {key}", **KEY},
            )
        )  # fmt: skip
        connection.close()

    thread = Thread(target=first)
    thread.start()
    assert begun.wait(WITHIN)
    second = send("POST", IMPORT, [slot(furness)], **KEY)
    go_on.set()
    thread.join()

    assert (second.status_code, second["Retry-After"]) == (409, "2")
    assert (len(runs), answers[0].status_code) == (1, 200)
    assert send("POST", IMPORT, [slot(furness)], **KEY).json() == answers[0].json()
