"""Referrals in: checked, once each, with an invitation; by form, file and API alike."""

import json
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from booking.exchange.feeds.keys import create_key
from booking.models import AuditEntry, Exam, Patient, Referral, WorklistRow
from booking.patients import record
from booking.referrals import ending, intake, submission
from notifications.models import Message

SENT = {
    "trust": "RTX", "identifier": "RTX-1", "given_name": "Ann", "family_name": "O’Neill",
    "born": "1961-03-12", "nhs_number": "9990000018", "mobile": "07700 900461",
    "postcode": "la14 4lf", "exam": "MR-KNEE", "urgency": "urgent", "clock_start": "2026-11-20",
    "needs": ("hoist",),
}  # fmt: skip


@pytest.fixture
def knee(trust):
    return Exam.objects.create(
        code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee", minutes=30
    )


@pytest.fixture
def send(knee, now):
    def send(**changes):
        return intake.create_referral(
            submission.ReferralSubmission(**{**SENT, **changes}), now=now, actor="feed RTX"
        )

    return send


def test_a_referral_makes_a_patient_a_target_and_an_invitation(send):
    referral, new = send()

    assert new
    assert referral.target_day == date(2026, 12, 4)
    patient = referral.patient
    assert (patient.mobile, patient.postcode, patient.needs) == (
        "+447700900461", "LA14 4LF", ["hoist"],
    )  # fmt: skip
    text = Message.objects.get()
    assert text.kind == "invitation"
    assert f"/a/{referral.code}" in text.body
    assert AuditEntry.objects.get(action="referred").patient == patient


def test_sending_it_again_changes_nothing(send):
    first, _ = send()
    again, new = send()

    assert (again, new) == (first, False)
    assert (Patient.objects.count(), Message.objects.count()) == (1, 1)


def test_an_exam_that_is_done_no_more_is_for_no_new_request_and_the_old_ones_go_on(send):
    first, _ = send()
    Exam.objects.update(retired=True)

    assert send() == (first, False)
    with pytest.raises(submission.ReferralInvalid, match="MR-KNEE is not done any more"):
        send(identifier="RTX-2", clock_start="2026-11-21")
    assert Referral.objects.get() == first


def test_a_second_referral_of_a_known_patient_adds_to_what_is_known(send, now):
    first, _ = send(postcode="", needs=())
    record.correct_mobile(first.patient, "07700900999", now=now, actor="staff 1")
    second, _ = send(identifier="RTX-2", needs=("carer",))

    assert second.patient == first.patient
    patient = Patient.objects.get()
    assert (patient.mobile, patient.postcode, patient.needs) == (
        "+447700900999", "LA14 4LF", ["carer"],
    )  # fmt: skip


def test_without_a_mobile_a_clerk_is_told_to_phone_or_write(send):
    send(mobile="")

    assert WorklistRow.objects.get(kind="not_reached").reason.startswith("There is no mobile")
    assert Message.objects.get().state == "suppressed"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("nhs_number", "9990000019", "a digit is wrong"),
        ("nhs_number", "12", "ten digits"),
        ("born", "2027-01-01", "in the future"),
        ("born", "31/2/1990", "Type the date of birth like"),
        ("born", "12/13/1990", "the month is a number from 1 to 12"),
        ("born", "9999-12-31", "in the future"),
        ("clock_start", "9999-12-31", "within two years"),
        ("clock_start", "yesterday", "Type the clock start like"),
        ("born", "0061-03-12", "four digits"),
        ("exam", "MR-SOUL", "no exam MR-SOUL"),
        ("urgency", "soonish", "Type one of"),
        ("clock_start", "2026-12-24", "Only a planned scan"),
        ("mobile", "01524 65944", "landline"),
        ("family_name", " ", "Type the family name"),
        ("given_name", "x" * 201, "at most 200"),
        ("needs", ("helicopter",), "Type some of"),
        ("postcode", "x" * 9, "Type a postcode"),
        ("identifier", "x" * 65, "over 64"),
    ],
)
def test_what_is_wrong_is_said_for_its_field_and_nothing_is_kept(send, field, value, says):
    with pytest.raises(submission.ReferralInvalid) as refused:
        send(**{field: value})

    assert says in refused.value.errors[field]
    assert not Patient.objects.exists()


@pytest.mark.parametrize("born", ["12/3/61", "12 March 1961", "12-Mar-1961", "12031961"])
def test_dates_are_taken_as_people_type_them(send, born):
    referral, _ = send(born=born, clock_start="20/11/26")

    assert referral.patient.born == date(1961, 3, 12)
    assert referral.clock_start == date(2026, 11, 20)


def test_every_error_is_named_at_once(send):
    with pytest.raises(submission.ReferralInvalid) as refused:
        send(born="", exam="", urgency="")

    assert set(refused.value.errors) == {"born", "exam", "urgency"}


@pytest.mark.parametrize("name", ["O'Neill", "העברית", "ن" * 200, "=SUM(A1)", "🙂"])
def test_odd_names_are_kept_as_they_are(send, name):
    referral, _ = send(family_name=name)

    assert Patient.objects.get(pk=referral.patient_id).family_name == name


def test_an_nhs_number_of_somebody_else_is_a_conflict(send):
    send()

    with pytest.raises(submission.Conflict, match="another date of birth"):
        send(identifier="RTX-2", born="1990-01-01")


def test_a_number_that_comes_again_for_another_exam_is_a_conflict(send):
    send()
    Exam.objects.create(code="CT-1", name="a CT", modality="CT", body_part="chest", minutes=20)

    with pytest.raises(submission.Conflict, match="another patient or exam"):
        send(exam="CT-1")


# --- the file ---------------------------------------------------------------------------------

COLUMNS = [*SENT]


def file_of(tmp_path, *rows, columns=COLUMNS):
    path = tmp_path / "referrals.csv"
    lines = [",".join(columns)]
    lines += [",".join(f'"{row[name]}"' for name in columns) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def row(**changes):
    return {**SENT, "needs": "hoist|carer", **changes}


@pytest.fixture
def run(knee, now, capsys):
    def run(*arguments):
        with time_machine.travel(now, tick=False):
            call_command("import_referrals", *map(str, arguments))
        return capsys.readouterr()

    return run


def test_a_file_is_taken_row_by_row_and_again_changes_nothing(run, tmp_path):
    path = file_of(
        tmp_path,
        row(),
        row(),
        row(identifier="RTX-2", nhs_number="", family_name='=HYPERLINK(""x"")'),
        row(identifier="RTX-3", nhs_number="", born="2030-01-01"),
        row(identifier="RTX-4", nhs_number="", exam="MR-SOUL"),
        row(identifier="RTX-5", nhs_number="", trust="XXX"),
        row(identifier="", nhs_number=""),
        row(identifier="RTX-6", nhs_number="", given_name="Last"),
    )

    said = run(path)
    again = run(path)

    assert said.out == "2 new, 1 there already, 5 refused.\n"
    assert again.out == "0 new, 3 there already, 5 refused.\n"
    for line in [
        "row 4: family_name: starts like a formula",
        "row 5: born: The date of birth is in the future",
        "row 6: exam: There is no exam MR-SOUL",
        "row 7: trust: there is no such trust",
        "row 8: identifier: the trust’s own number is missing",
    ]:
        assert line in said.err
    assert "O’Neill" not in said.err
    assert Referral.objects.count() == 2
    assert Patient.objects.get(given_name="Ann").needs == ["hoist", "carer"]


def test_a_dry_run_says_the_same_and_saves_nothing(run, tmp_path):
    said = run(file_of(tmp_path, row(), row(exam="X")), "--dry-run")

    assert said.out == "Dry run: nothing is saved. 1 new, 0 there already, 1 refused.\n"
    assert not Referral.objects.exists()
    assert not Message.objects.exists()


def test_a_file_without_a_column_or_in_another_coding_is_refused_whole(run, tmp_path):
    with pytest.raises(CommandError, match="no column exam"):
        run(file_of(tmp_path, row(), columns=[name for name in COLUMNS if name != "exam"]))
    latin = tmp_path / "latin.csv"
    latin.write_bytes(",".join(COLUMNS).encode() + b"\nRTX,1,Ren\xe9,F,1961-01-01,,,,X,x,x,x")
    with pytest.raises(CommandError, match="not UTF-8"):
        run(latin)
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "nothing.csv")


# --- the API ----------------------------------------------------------------------------------


def resource(**changes):
    return {
        "resourceType": "ServiceRequest",
        "identifier": [{"system": "urn:rtx", "value": "RTX-1"}],
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "code": {"coding": [{"system": "urn:scan-finder:exam", "code": "MR-KNEE"}]},
        "subject": {"reference": "#p"},
        "authoredOn": "2026-11-20T09:00:00Z",
        "reasonCode": [{"coding": [{"system": "urn:scan-finder:need", "code": "hoist"}]}],
        "contained": [
            {
                "resourceType": "Patient",
                "id": "p",
                "identifier": [
                    {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}
                ],
                "name": [{"family": "O’Neill", "given": ["Ann", "Mary"]}],
                "birthDate": "1961-03-12",
                "telecom": [{"system": "phone", "use": "mobile", "value": "07700900461"}],
                "address": [{"postalCode": "LA14 4LF"}],
            }
        ],
        **changes,
    }


@pytest.fixture
def post(client, knee, now):
    key = create_key("RTX", now=now)

    def post(body, key=key, content_type="application/fhir+json"):
        with time_machine.travel(now, tick=False):
            return client.post(
                "/fhir/R4/ServiceRequest",
                body if isinstance(body, bytes) else json.dumps(body),
                content_type=content_type,
                headers={"authorization": f"Bearer {key}"},
            )

    return post


def test_a_trusts_system_sends_a_referral_once_however_often(post):
    first = post(resource())
    again = post(resource())

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first["Location"].endswith(first.json()["id"])
    referral = Referral.objects.get()
    assert referral.patient.given_name == "Ann Mary"
    assert first.json()["identifier"][0]["value"] == "RTX-1"
    assert referral.code not in first.content.decode()  # what opens it goes to the patient alone
    assert "Ann" not in first.content.decode()
    assert Message.objects.count() == 1


def test_what_we_answer_is_valid_fhir(post):
    from fhir.resources.R4B.servicerequest import ServiceRequest

    ServiceRequest.model_validate(post(resource()).json())


def test_suspected_cancer_and_planned_are_said_in_category(post):
    category = [{"coding": [{"system": "urn:scan-finder:urgency", "code": "suspected_cancer"}]}]
    post(resource(category=category))

    assert Referral.objects.get().target_day == date(2026, 11, 20) + timedelta(days=10)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "structure"),
        (b"[]", 400, "structure"),
        (b"\xff", 400, "structure"),
        (b'{"resourceType":"Patient"}', 400, "structure"),
        (b"[" * 60_000, 400, "structure"),
        (b" " * 70_000, 413, "too-long"),
        (resource(contained=[]), 400, "structure"),
        (resource(identifier=[]), 400, "structure"),
        (resource(status="draft"), 400, "structure"),
        (resource(status="revoked"), 422, "not-found"),
        (resource(code={}), 422, "value"),
        (resource(authoredOn="yesterday"), 422, "value"),
        (resource(authoredOn="20/11/2026"), 422, "value"),
        (
            resource(contained=[{**resource()["contained"][0], "birthDate": "12/3/1961"}]),
            422,
            "value",
        ),
    ],
)
def test_what_cannot_be_used_is_answered_in_fhirs_words(post, body, status, code):
    answer = post(body)

    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.json()["issue"][0]["code"] == code
    assert not Referral.objects.exists()


def test_another_exam_under_the_same_identifier_is_a_conflict(post):
    post(resource())
    Exam.objects.create(code="CT-1", name="a CT", modality="CT", body_part="chest", minutes=20)
    coding = {"coding": [{"system": "urn:scan-finder:exam", "code": "CT-1"}]}

    answer = post(resource(code=coding))

    assert answer.status_code == 409
    assert answer.json()["issue"][0]["expression"] == ["ServiceRequest.identifier"]


def test_a_call_without_a_key_or_as_text_is_refused(post):
    assert post(resource(), key="RTX-x.wrong").status_code == 401
    assert post(resource(), content_type="text/plain").status_code == 415


def test_a_number_that_comes_again_for_a_twin_is_a_conflict(send):
    send()

    with pytest.raises(submission.Conflict) as refused:
        send(nhs_number="9990000026", given_name="Mary")
    assert "identifier" in refused.value.errors
    assert Referral.objects.count() == 1


def test_a_mobile_that_comes_with_a_second_referral_ends_the_phone_task_of_the_first(send):
    first, _ = send(mobile="")
    assert WorklistRow.objects.get(closed_at=None).referral == first

    send(identifier="RTX-2", clock_start="2026-11-21")

    assert not WorklistRow.objects.filter(closed_at=None).exists()
    invited = Message.objects.filter(kind="invitation").exclude(state="suppressed")
    assert len(invited) == 2


def test_a_row_of_what_has_ended_or_differs_is_refused_and_an_upgrade_is_taken(run, tmp_path, now):
    run(file_of(tmp_path, row(), row(identifier="RTX-2", clock_start="2026-11-19")))
    ending.end(Referral.objects.get(identifier="RTX-2"), "elsewhere", now=now, actor="staff 1")

    said = run(
        file_of(
            tmp_path,
            row(urgency="suspected_cancer"),
            row(identifier="RTX-2", clock_start="2026-11-19"),
            row(urgency="routine"),
        )
    )

    assert said.out == "0 new, 1 there already, 2 refused.\n"
    assert "row 3: status: It ended on Tuesday 24 November 2026: scanned somewhere else" in said.err
    assert "row 4: urgency: It is urgent suspected cancer here" in said.err
    assert Referral.objects.get(identifier="RTX-1").urgency == "suspected_cancer"
