"""How to reach the patient, as referrals say it again and again: what is taken, kept and asked."""

from datetime import date

import pytest

from booking.models import AuditEntry, Exam, Patient, Referral, WorklistRow
from booking.patients import reach, record
from booking.referrals import intake, submission
from notifications.models import Message
from tests.booking.referrals.test_intake import SENT

KIN = reach.SentContact("kin", "Mary Fell", "daughter", "01524 65944", is_next_of_kin=True)
SPEAKER = reach.SentContact("speaker", "Tom Bo", "friend", "020 7946 0018", may_speak=True,
                            agreed="times only")  # fmt: skip
ALL = reach.SentReach(
    phones=(reach.SentPhone("01229 870870", "home"), reach.SentPhone("+33 1 44 55 66 77", "work")),
    email="ann@example.com", address="1 High Street\nBarrow", contacts=(KIN, SPEAKER),
)  # fmt: skip
NEW = "+447700900999"


@pytest.fixture
def send(trust, now):
    Exam.objects.create(
        code="MR-KNEE", name="an MRI scan of your knee", modality="MR", body_part="knee", minutes=30
    )

    def send(ways=ALL, **changes):
        sent = submission.ReferralSubmission(**{**SENT, **changes}, reach=ways)
        return intake.create_referral(sent, now=now, actor="feed RTX")[0]

    return send


def known():
    patient = Patient.objects.get()
    found = reach.reach_of(patient)
    people = {one.name: (one.phone, one.is_next_of_kin, one.may_speak) for one in found.contacts}
    return patient.mobile, dict(found.phones), found.email, found.address, people


def asked():
    return [row.reason for row in WorklistRow.objects.filter(about__startswith="differs:")]


EVERYTHING = (
    "+447700900461",
    {"+441229870870": "home", "+33144556677": "work"},
    "ann@example.com",
    "1 High Street\nBarrow",
    {"Mary Fell": ("+44152465944", True, None), "Tom Bo": ("+442079460018", False, True)},
)


def test_all_of_it_is_kept_and_no_landline_is_texted(send):
    send()

    assert known() == EVERYTHING
    speaker = Patient.objects.get().contacts.get(name="Tom Bo")
    assert (speaker.agreed, speaker.agreed_on) == ("times only", date(2026, 11, 20))
    assert set(Message.objects.values_list("to", flat=True)) == {"+447700900461"}
    assert AuditEntry.objects.get(action="ways to reach changed").detail == {
        "fields": ["contacts", "phones"]
    }


@pytest.mark.parametrize("again", [{}, {"identifier": "RTX-2"}], ids=["again", "another"])
def test_less_data_or_the_same_wipes_and_asks_nothing(send, again):
    send()
    before = AuditEntry.objects.filter(action="ways to reach changed").count()

    send(reach.NOTHING_SENT, mobile="", postcode="", **again)
    send(reach.SentReach(contacts=(reach.SentContact("kin", "mary fell"),)), **again)
    send(**again)

    assert known() == EVERYTHING
    assert asked() == []
    assert AuditEntry.objects.filter(action="ways to reach changed").count() == before


def test_what_a_trust_itself_sent_it_may_change(send):
    send()
    kin = reach.SentContact("kin", "Mary Fell", "daughter", "01524 65955")

    send(
        reach.SentReach(email="ann@example.org", address="2 Low Road", contacts=(kin,)),
        mobile="07700900999", postcode="LA1 4RP",
    )  # fmt: skip

    mobile, _, email, address, people = known()
    assert (mobile, email, address) == (NEW, "ann@example.org", "2 Low Road")
    assert people["Mary Fell"][0] == "+44152465955"
    assert asked() == []
    assert Message.objects.get(state="ready").to == NEW  # the invitation goes there


@pytest.mark.parametrize("again", [{}, {"identifier": "RTX-2"}], ids=["again", "another"])
def test_a_clerks_correction_stands_however_often_the_old_is_sent(send, now, again):
    patient = send().patient
    record.correct_mobile(patient, NEW, now=now, actor="staff 1")
    reach.set_reach(
        patient, reach.Reach({"+441229870871": ""}, "", "3 Mid Lane"), "LA1 1AA",
        seen=reach.version_of(patient), now=now, actor="staff 1",
    )  # fmt: skip
    patient.refresh_from_db()
    mary = patient.contacts.get(name="Mary Fell")
    reach.save_contact(
        patient, mary, None, seen=reach.version_of(patient), now=now, actor="staff 1"
    )

    send(**again)
    send(**again)

    patient.refresh_from_db()
    assert known()[:4] == (NEW, {"+441229870871": ""}, "", "3 Mid Lane")
    assert set(known()[4]) == {"Tom Bo"}
    assert patient.postcode == "LA1 1AA"
    assert asked() == []


def test_news_against_a_clerks_word_is_asked_once_and_taken_by_nobody(send, now):
    patient = send().patient
    record.correct_mobile(patient, NEW, now=now, actor="staff 1")

    for _ in range(2):
        send(mobile="07700900998")
        WorklistRow.objects.filter(closed_at=None, about__startswith="differs:").update(
            closed_at=now, outcome="resolved"
        )

    assert known()[0] == NEW
    assert asked() == ["The referral was sent with another mobile. Ask which is right."]


def test_another_trusts_word_does_not_replace_the_first(send, lancaster_trust):
    send()

    send(reach.SentReach(email="other@example.com"), trust="RXR", identifier="X1", mobile="")

    assert known()[2] == "ann@example.com"
    assert asked() == ["The referral was sent with another email. Ask which is right."]


@pytest.fixture
def lancaster_trust(db):
    from sites.models import Trust

    return Trust.objects.create(code="RXR", name="East Lancashire Hospitals")


def test_a_number_that_is_said_to_be_old_is_used_no_more(send, now):
    patient = send().patient
    ended = ("07700 900461", "01229 870870", "nonsense")

    send(reach.SentReach(ended=ended), mobile="")

    assert known()[:2] == ("", {"+33144556677": "work"})
    patient.refresh_from_db()
    record.correct_mobile(patient, "07700 900461", now=now, actor="staff 1")
    Referral.objects.update(sent={})
    send(reach.SentReach(ended=ended), mobile="")
    assert known()[0] == "+447700900461"  # a clerk says that it is in use
    assert len(asked()) == 1


@pytest.mark.parametrize(
    ("ways", "field", "says"),
    [
        (reach.SentReach(phones=(reach.SentPhone("01229"),)), "phones", "not a phone number"),
        (reach.SentReach(phones=(reach.SentPhone("070 4567 8901"),)), "phones", "costs more"),
        (reach.SentReach(phones=tuple(reach.SentPhone(f"0122987087{n}") for n in range(7))),
         "phones", "At most 6"),
        (reach.SentReach(email="ann"), "email", "like name@example.com"),
        (reach.SentReach(email=f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com"),
         "email", "over 254"),
        (reach.SentReach(address="x\n" * 9), "address", "at most 8 lines"),
        (reach.SentReach(address="x" * 401), "address", "400 letters"),
        (reach.SentReach(contacts=(reach.SentContact("kin", phone="12"),)), "kin_phone", "number"),
        (reach.SentReach(contacts=(reach.SentContact("kin", may_speak=True),)),
         "kin_name", "Type the name"),
        (reach.SentReach(contacts=(reach.SentContact("kin", "A", agreed="all"),)),
         "kin_may_speak", "Say whether"),
        (reach.SentReach(contacts=(reach.SentContact("kin", "x" * 201),)), "kin_name", "200"),
        (reach.SentReach(contacts=(reach.SentContact("kin", "A", "x" * 61),)),
         "kin_relationship", "60"),
        (reach.SentReach(contacts=(reach.SentContact("kin", "A", may_speak=False,
                                                     agreed_on=date(2027, 1, 1)),)),
         "kin_agreed_on", "still to come"),
        (reach.SentReach(contacts=tuple(reach.SentContact("c", f"N{n}") for n in range(7))),
         "contacts", "At most 6"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_for_its_field(send, ways, field, says):
    with pytest.raises(submission.ReferralInvalid) as refused:
        send(ways)

    assert says in refused.value.errors[field]
    assert not Patient.objects.exists()


def test_two_entries_about_one_person_are_one_contact(send):
    speaker = reach.SentContact("speaker", "MARY FELL", may_speak=False)

    send(reach.SentReach(contacts=(KIN, speaker)))

    assert known()[4] == {"Mary Fell": ("+44152465944", True, False)}
