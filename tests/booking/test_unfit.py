"""What is refused at each door, and how that is said. PostgreSQL fails where a door is missing."""

import base64
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from booking.changes.provider_accounts import NotLinked, user_of
from booking.clerk.oidc import email_of
from booking.exchange.feeds.fetch import _read
from booking.exchange.feeds.keys import create_key
from booking.models import CodeTries, FeedRefusal, Patient, Referral, Slot
from booking.referrals import intake
from booking.referrals.submission import TYPED, ReferralInvalid, ReferralSubmission
from notifications.models import Inbound
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.notifications.signing import FORM, write

LINE = "application/fhir+ndjson"


@pytest.fixture
def client(db):
    return Client()


@pytest.fixture
def system(client, trust, now, time_machine):
    time_machine.move_to(now, tick=False)
    key = create_key(trust.code, now=now, label="first")

    def call(method, path, body=b"", content_type="application/fhir+json"):
        headers = {"Authorization": f"Bearer {key}"}
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic(method, path, body, content_type, headers=headers)

    return call


def referral(**changes):
    fields = {"trust": "RTX", "identifier": "RTX-1", "given_name": "Ann", "family_name": "Hill",
              "born": "12/3/1961", "exam": "MR-1", "urgency": "routine",
              "clock_start": "2026-11-20", "mobile": "07700900461",
              "postcode": "LA14 4LF"}  # fmt: skip
    return ReferralSubmission(**{**fields, **changes})


@pytest.mark.parametrize(
    ("path", "said", "kind"),
    [
        ("/a/%00", "We could not read that", "text/html; charset=utf-8"),
        ("/?x=%00", "We could not read that", "text/html; charset=utf-8"),
        ("/places?%00=1", "We could not read that", "text/html; charset=utf-8"),
        ("/staff/%00", "We could not read that", "text/html; charset=utf-8"),
        ("/fhir/R4/Slot/%00", "OperationOutcome", "application/fhir+json"),
        ("/api/v1/places?postcode=%00", "errors", "application/json"),
        ("/oauth2/token?a=%00", "invalid_request", "application/json"),
        ("/nowhere/%00", "We could not read that", "text/html; charset=utf-8"),
    ],
)
def test_an_address_is_refused_in_the_words_of_who_called(client, path, said, kind):
    answer = client.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (400, kind)
    assert said in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "content-security-policy" in {name.lower() for name in answer.headers}


def test_a_form_is_refused_before_anything_is_done(client, jane):
    answers = [
        client.post("/born/", {"born[day]": "1\0"}),
        client.post("/code/", {"co\0de": "x"}),
        client.post("/staff/sign-in/", {"username": "a\0", "password": "x"}),
        client.post("/staff/sign-in/", "username=a%00", content_type=FORM),
    ]  # fmt: skip

    assert [one.status_code for one in answers] == [400] * 4
    assert not CodeTries.objects.exists()


def test_a_file_with_an_unfit_name_is_refused(client):
    body = b'--x\r\nContent-Disposition: form-data; name="f\0"; filename="a"\r\n\r\n1\r\n--x--\r\n'
    answer = client.generic("POST", "/code/", body, "multipart/form-data; boundary=x")

    assert answer.status_code == 400


def test_an_unfit_cookie_counts_as_none(client, settings):
    client.cookies[settings.SESSION_COOKIE_NAME] = "aaaaaaaa"
    cookie = f'{settings.SESSION_COOKIE_NAME}="aaaaaaaa\\000"'

    assert client.get("/appointment/", headers={"Cookie": cookie})["Location"] == "/signed-out/"


@pytest.mark.parametrize("credentials", ["a\0:b", "a:b\0", "a%00:b", "ä:ö", "none", ""])
def test_a_client_that_cannot_be_is_no_client(client, credentials):
    basic = base64.b64encode(credentials.encode()).decode()
    for header in (f"Basic {basic}", f"basic {basic}", f"Basic {credentials}".replace("\0", "")):
        answer = client.post(
            "/oauth2/token",
            {"grant_type": "client_credentials"},
            headers={"Authorization": header},
        )
        assert answer.status_code in (400, 401)
    fields = {"grant_type": "client_credentials", "client_id": credentials, "client_secret": "x"}
    assert client.post("/oauth2/token", fields).status_code in (400, 401)


def test_one_line_with_an_unfit_text_does_not_lose_the_others(system, furness):
    good = [location(furness), schedule(furness), slot(furness, name="s1")]
    bad = [slot(furness, name="s2", comment="\0"), slot(furness, name="s3\0")]
    lines = b"\n".join(json.dumps(one).encode() for one in [*good, *bad])

    assert system("POST", "/fhir/R4/$import", lines, LINE).status_code == 200
    assert [one.external_id for one in Slot.objects.all()] == ["s1"]
    assert FeedRefusal.objects.filter(what__contains="U+0000").count() == 2


def test_one_unfit_entry_of_a_batch_is_refused_alone(system, furness):
    def entry(one, method="PUT"):
        url = f"{one['resourceType']}/{one['id']}"
        return {"resource": one, "request": {"method": method, "url": url}}

    entries = [entry(location(furness)), entry(location(furness, id="x\0"), "POST")]
    sent = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = system("POST", "/fhir/R4/", sent)

    said = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert said == ["201", "422"]
    whole = system("POST", "/fhir/R4/", {**sent, "type": "transaction"})
    assert whole.status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", "0001-01-01T00:00:00+14:00"),
        ("start", "9999-12-31T23:30:00-14:00"),
        ("end", "9999-12-31T23:59:59Z"),
        ("meta", {"lastUpdated": "0001-01-01T00:00:00+14:00"}),
        ("meta", {"lastUpdated": "9999-12-31T23:59:59-14:00"}),
    ],
)
def test_a_moment_out_of_reach_refuses_its_line(system, furness, field, value):
    bad = {**slot(furness, name="s2"), field: value}
    if field == "start":
        bad["end"] = value.replace("00:00:00", "00:30:00").replace("23:30", "23:45")
    good = [location(furness), schedule(furness), slot(furness, name="s1")]
    lines = b"\n".join(json.dumps(one).encode() for one in [*good, bad])

    assert system("POST", "/fhir/R4/$import", lines, LINE).status_code == 200
    assert [one.external_id for one in Slot.objects.all()] == ["s1"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Appointment?_lastUpdated=gt0001-01-01T00:00:00%2B14:00", 200),
        ("Appointment?_lastUpdated=gt9999-12-31T23:59:59-14:00", 200),
        ("Appointment?_lastUpdated=gt9999-12-31", 200),
        ("Slot?status=free&start=ge0001-01-01T00:00:00%2B14:00&start=le0001-01-02", 200),
        ("Slot?status=free&start=ge9999-12-31&start=le9999-12-31T23:59:59-14:00", 200),
        ("Slot?status=free&start=ge9999-12-31&start=le9999-12-31", 200),
        (f"Appointment?_count={'9' * 5000}", 400),
        ("Appointment?_count=²", 400),
        ("Appointment?_count=٣", 400),
        ("Appointment?_count=1e9", 400),
        (f"Slot/{'9' * 5000}", 404),
        (f"Location/{2**63}", 404),
        ("$bulk-publish/Slot-9999-12-27.ndjson", 404),
        ("$bulk-publish?_since=0001-01-01T00:00:00%2B14:00", 200),
    ],
)
def test_numbers_and_moments_of_an_address(system, furness, path, status):
    assert system("GET", f"/fhir/R4/{path}").status_code == status


@pytest.mark.parametrize("field", TYPED)
def test_every_field_of_a_referral_refuses_what_cannot_be_kept(jane, now, field):
    for unfit in ("x\0", "\udcff"):
        with pytest.raises(ReferralInvalid) as refused:
            intake.create_referral(referral(**{field: unfit}), now=now, actor="staff 1")
        assert list(refused.value.errors) == [field]
    with pytest.raises(ReferralInvalid):
        intake.create_referral(referral(needs=("hoist\0",)), now=now, actor="staff 1")
    assert Referral.objects.count() == 1


def test_a_referral_is_kept_without_what_cannot_be_seen(jane, now):
    odd = {"identifier": "RTX\u200b-1 ", "family_name": "\ufeffO\u00a0Neill"}
    made, _ = intake.create_referral(referral(**odd), now=now, actor="staff 1")
    plain = referral(family_name="O Neill")
    again, is_new = intake.create_referral(plain, now=now, actor="staff 1")

    assert (made.identifier, made.patient.family_name) == ("RTX-1", "O Neill")
    assert (again.pk, is_new) == (made.pk, False)


def test_a_postcode_that_grows_in_capitals_is_too_long(jane, now):
    with pytest.raises(ReferralInvalid) as refused:
        intake.create_referral(referral(postcode="ß" * 8), now=now, actor="staff 1")
    assert list(refused.value.errors) == ["postcode"]


def test_a_request_of_a_trust_with_an_unfit_text_is_refused(system, jane):
    for name, status in (("Hi\0ll", 422), ("Hill\ud800", 400)):
        contained = [{"resourceType": "Patient", "name": [{"family": name, "given": ["A"]}]}]
        sent = {"resourceType": "ServiceRequest", "identifier": [{"value": "1"}]}
        answer = system("POST", "/fhir/R4/ServiceRequest", {**sent, "contained": contained})
        assert answer.status_code == status
        assert answer.json()["resourceType"] == "OperationOutcome"


def test_one_row_of_a_file_is_refused_and_a_hidden_formula_is_seen(jane, tmp_path, capsys):
    head = "trust,identifier,given_name,family_name,born,exam,urgency,clock_start"
    rows = ["RTX,A1,Ann,Hi\0ll,1961-03-12,MR-1,routine,2026-11-20",
            "RTX,A2,Ann,\u200b=Hill(),1961-03-12,MR-1,routine,2026-11-20",
            "RTX,A3,Ann,Hill,1961-03-12,MR-1,routine,2026-11-20"]  # fmt: skip
    file = tmp_path / "referrals.csv"
    file.write_text("\n".join([head, *rows]), encoding="utf-8")
    call_command("import_referrals", str(file))

    said = capsys.readouterr()
    assert said.out.startswith("1 new, 0 there already, 2 refused")
    assert "row 2: family_name: There is a character" in said.err
    assert "row 3: family_name: starts like a formula" in said.err


def test_a_reply_is_never_lost(client, db, settings):
    settings.TWILIO_AUTH_TOKEN = "token"
    answer = write(client, "YES\0 please", OptOutType="st\0op")

    kept = Inbound.objects.get()
    assert answer.status_code == 200
    assert (kept.body, kept.opt_out_type) == ("YES please", "STOP")


def test_what_another_server_says_of_itself_is_kept_without_it():
    class Answer:
        status, headers = 304, {"ETag": '"a\0b"'}

    assert _read(Answer(), None, 1).etag == '"ab"'


@pytest.mark.parametrize("email", ["a\0@nhs.net", ["a"], {"a": 1}, 5])
def test_a_claim_that_is_no_address_is_nobody(db, email, now):
    said = email_of({"email": email, "email_verified": True})

    with pytest.raises(NotLinked):
        user_of("https://sign-in.example", "1", said, now=now)


@pytest.mark.parametrize("subject", ["1\0", ["1"], {"a": 1}, 5, None, "", "1" * 256])
def test_a_claim_that_is_no_subject_is_nobody(db, subject, now):
    with pytest.raises(NotLinked):
        user_of("https://sign-in.example", subject, "ada@nhs.net", now=now)


@pytest.mark.parametrize(
    "command",
    [("create_staff", "ada\0", "--role=clerk", "--trust=RTX"),
     ("create_staff", "a" * 151, "--role=clerk", "--trust=RTX"),
     ("create_staff", "ada", "--role=clerk", "--trust=RTX", "--email=a\0"),
     ("create_staff", "ada", "--role=clerk", "--trust=RT\0"),
     ("create_feed_key", "\udcff"), ("create_feed_key", "RTX", "--label=\0"),
     ("create_feed_key", "RTX", f"--label={'x' * 61}"), ("revoke_feed_key", "\0"),
     ("set_feed", "R\0", "--confirms")],
)  # fmt: skip
def test_a_command_says_what_is_wrong_with_its_arguments(trust, command):
    with pytest.raises(CommandError):
        call_command(*command)


def test_a_code_is_read_however_it_was_copied(client, jane):
    for typed in ("\ufeff7kq4\u00a09crb\u200b", "７ＫＱ４ ９ＣＲＢ", "7KQ4\u00ad-9CRB"):
        client.post("/code/", {"code": typed})
        assert client.session["codes"] == ["7KQ49CRB"]
    assert Patient.objects.count() == 1


def test_a_form_of_too_many_fields_is_refused_and_no_fault_of_ours_is_logged(client, caplog):
    fields = "&".join(f"a{number}=1" for number in range(2000))
    answers = [
        client.post("/code/", fields, content_type=FORM),
        client.get(f"/places?{fields}"),
        client.post("/code/", f"code={'x' * 10**7}", content_type=FORM),
    ]

    assert [one.status_code for one in answers] == [400] * 3
    assert [one for one in caplog.records if one.exc_info] == []
