"""Who has a copy of the database and no key finds no number, no e-mail, nothing typed or sent."""

import subprocess
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from booking.alerts import due
from booking.alerts.rota import NewShift, add_shift
from booking.changes import rotation
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Patient
from booking.patients import comparison, merging
from booking.patients.lookup import find_patients
from booking.restoring import postgres
from notifications import dispatch
from notifications.models import Email, Inbound, Message
from tests.booking.clerk.conftest import abouts, clerk, clock, sign_in, text  # noqa: F401
from tests.booking.clerk.test_refer_form import FORM
from tests.booking.conftest import now, trust  # noqa: F401
from tests.booking.referrals.test_intake import knee, post, resource  # noqa: F401 - fixtures
from tests.notifications.signing import write

ANN, TOM = "9990000018", "9990000026"
SECRETS = {
    ANN, "7700900461", "ann@oneill.example", "1524659440", "1229870870", "came by bus",
    TOM, "7700900777", "tom@oneill.example", "1524659550", "rings twice", "hard of hearing",
    "7700900500", "one and the same",
}  # fmt: skip
"""Numbers and e-mails as every spelling of them has them, and what was typed or texted."""
UNFILLED = {"SecondFactor.secret", "FirstAnswer.answer", "Alert.close_words", "Merge.undone_reason"}
"""Columns that this scene leaves empty: test_fields.py has one of each kind."""


def fhir():
    """What a trust's system sends of Ann, whom it suspects to have cancer."""
    category = [{"coding": [{"system": "urn:scan-finder:urgency", "code": "suspected_cancer"}]}]
    sent = resource(category=category)
    telecom = [
        {"system": "phone", "use": "mobile", "value": "07700900461"},
        {"system": "phone", "use": "home", "value": "01229870870"},
        {"system": "email", "value": "ann@oneill.example"},
    ]
    mary = {"name": {"text": "Mary"}, "telecom": [{"system": "phone", "value": "01524659440"}]}
    sent["contained"][0] |= {"telecom": telecom, "contact": [mary]}
    return sent


PAPER = {
    **FORM, "given_name": "Tom", "family_name": "Fell", "born": "2/4/1957", "nhs_number": TOM,
    "mobile": "07700 900777", "email": "tom@oneill.example", "kin_name": "Jo",
    "kin_phone": "01524 659550", "kin_may_speak": "no",
}  # fmt: skip


@pytest.fixture
def everything(transactional_db, trust, make_staff, post, clerk, clock, now):  # noqa: F811
    """Two people come in, are alerted of, texted, write back, are written about and joined."""
    rotation.sweep()  # what other tests of this process left in the file
    imaging = make_staff("imaging", ["RTX"], username="ines")
    imaging.phone = "+447700900500"
    imaging.save()
    imaging.user.email = "ines@trust.example"
    imaging.user.save()
    begins = now - timedelta(days=1)
    shift = NewShift("RTX", "on_call", imaging, begins, begins + timedelta(days=60), False)
    add_shift(shift, now=now, actor="staff 1")
    assert post(fhir()).status_code == 201
    due.run_due(now=now)
    assert clerk.post("/staff/refer/", PAPER).status_code == 302
    dispatch.dispatch_due(now)
    assert write(Client(), "I came by bus", number="+447700900461").status_code == 200
    tom = Patient.objects.get(nhs_number=TOM)
    page = f"/staff/patient/{tom.pk}/"
    note(clerk, page, "He rings twice")
    clock.shift(timedelta(hours=5))
    clerk.post(f"{page}note/", {"note": "hard of hearing"}, headers={"referer": page})
    join(Patient.objects.get(nhs_number=ANN), tom, now)


def note(browser, page, words):
    about = abouts(text(browser.get(page)))[f"{page}note/"]
    browser.post(f"{page}note/", {"note": words, "about": about})


def join(kept, lost, now):  # noqa: F811
    seen = comparison.compare(kept, lost, now=now).version
    asked = merging.Asked(
        reason="They are one and the same", theirs=frozenset(), seen=seen, are_numbers_checked=True
    )
    merging.merge(kept, lost, asked, now=now, actor=Actor(ActorKind.STAFF, 1))


def copy_of_the_database():
    """What somebody carries away: SQLite's file with what was deleted in it, or a dump."""
    if connection.vendor == "postgresql":
        tool = [postgres._tool("pg_dump"), "--no-password"]
        return subprocess.run(
            tool, env=postgres.environment(), capture_output=True, check=True
        ).stdout
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # By another process: whoever closes the file here lets go of all that SQLite locks in it.
    command = ["cat", connection.settings_dict["NAME"]]
    return subprocess.run(command, capture_output=True, check=True).stdout


def found_in_a_copy():
    copy = copy_of_the_database()
    return {secret for secret in SECRETS if secret.encode() in copy}


def test_a_copy_of_the_database_says_none_of_it_and_the_service_all(everything, settings):
    assert found_in_a_copy() == set()
    unfilled = {
        f"{model.__name__}.{field.name}"
        for model, field in rotation.columns()
        if not any(getattr(one, field.name) for one in model._base_manager.all())
    }
    assert unfilled == UNFILLED, "the scene writes each sealed column"

    for typed in (TOM, "01229 870870"):
        assert find_patients(typed).patients, typed
    assert {one.to for one in Message.objects.all()} >= {"+447700900461", "+447700900500"}
    assert Email.objects.get().to == "ines@trust.example"
    assert Inbound.objects.get().body == "I came by bus"

    settings.SEAL_FIELDS = False
    list(rotation.rotate(opens=True))
    assert found_in_a_copy() == SECRETS, "were it in clear, this test would see it"
    assert find_patients(TOM).patients
    settings.SEAL_FIELDS = True
    list(rotation.rotate())
    rotation.sweep()
    assert found_in_a_copy() == set()
