"""Callers as a clerk hears and types them: who must come first, by what, and who must not.

One table for all of them, over one set of patients. Every database gives the same answers: the
tests run on both.
"""

from datetime import date

import pytest

from booking.models import NameWord, Patient
from booking.patients import candidates
from booking.patients.lookup import LookupInvalid, find_patients

PATIENTS = [
    # key, given name, family name, born, NHS number, mobile, postcode
    ("clarke", "Ann", "Clarke", (1961, 3, 12), "9990000018", "+447700900001", "LA14 4LF"),
    ("obrian", "Pat", "O’Brian", (1950, 5, 4), "", "+447700900002", "LA1 4RP"),
    ("smith-jones", "Ruth", "Smith-Jones", (1972, 8, 9), "", "+447700900003", "PR1 4LF"),
    ("luczak", "Ewa", "Łuczak", (1988, 1, 30), "", "+447700900004", "FY7 6HP"),
    ("wojciechowska", "Zofia", "Wojciechowska", (1979, 11, 2), "", "", "BB2 3HH"),
    ("mueller", "Hans", "Müller", (1944, 6, 17), "", "", "PR2 9HT"),
    ("sorensen", "Kåre", "Sørensen", (1966, 7, 7), "", "", "PR2 9HT"),
    ("mcdonald", "Flora", "McDonald", (1939, 12, 25), "", "", "LA9 7RG"),
    ("macleod", "Iain", "Mac Leod", (1959, 2, 3), "", "", "LA9 7RG"),
    ("al-hussain", "Ali", "Al-Hussain", (1990, 10, 5), "", "+447700900005", "BB5 0RE"),
    ("rehman", "Zia", "Ur Rehman", (1981, 4, 21), "", "", "BB1 9AB"),
    ("khan", "Mohammed", "Khan", (1975, 9, 14), "", "", "BB1 9AB"),
    ("zhang", "Wei", "Zhang", (1993, 3, 8), "", "", "LA1 4YW"),
    ("suharto", "", "Suharto", (1955, 5, 5), "", "", "PR1 8UY"),
    ("teller", "Teller", "", (1948, 2, 14), "", "", "PR1 8UY"),
    ("isik", "Nur", "IŞIK", (1985, 6, 9), "", "", "BB11 2AA"),
    ("berg", "Jo", "van der Berg", (1970, 1, 15), "", "", "FY1 3AA"),
    ("garcia", "José", "García Márquez", (1968, 8, 18), "", "", "FY1 3AA"),
    ("gross", "Ute", "Groß", (1957, 4, 1), "", "", "LA3 1AA"),
    ("nguyen", "Thanh", "Le", (1991, 12, 11), "", "", "LA3 1AA"),
    ("stephen", "Stephen", "Hargreaves", (1999, 1, 19), "", "", "BB2 3HH"),
    ("smith-ann", "Ann", "Smith", (1961, 3, 12), "", "", "LA14 1AA"),
    ("smith-bob", "Bob", "Smith", (1961, 4, 12), "", "", "LA14 1AB"),
    ("smith-cat", "Cat", "Smith", (1985, 10, 10), "", "", "LA14 1AC"),
    ("fell-jane", "Jane", "Fell", (1961, 12, 3), "9990000026", "+447700900461", "LA14 4LF"),
    ("fell-tom", "Tom", "Fell", (1961, 12, 3), "", "+447700900461", "LA14 4LF"),
    ("old", "Ivy", "Thorne", (1921, 2, 28), "", "", "LA2 8AA"),
]  # fmt: skip
CODES = {"clarke": "7KQ49CRB", "fell-jane": "4HT8VMXD"}
CALLERS = [
    # as typed, who is first, why, and whether they are opened
    ("Clarke 12 3 1961", "clarke", "same name, same birthday", True),
    ("Clark 12 3 1961", "clarke", "name sounds like it, same birthday", False),
    ("clark, ann 12/3/61", "clarke", "name sounds like it", False),
    ("CLERKE 12-Mar-1961", "clarke", "name sounds like it", False),
    ("Clrak 12.3.61", "clarke", "name", False),
    ("Clsrke 12 3 61", "clarke", "name is like it", False),
    ("Mrs Clarke 12th of March 1961", "clarke", "same name", True),
    ("Clarke March 12 1961", "clarke", "same name", True),
    ("Obrian 04051950", "obrian", "same name", True),
    ("O'Brian 4 5 50", "obrian", "same name", True),
    ("O`BRIAN 040550", "obrian", "same name", True),
    ("O Brien 4 May 1950", "obrian", "name sounds like it", False),
    ("Smith 9 8 1972", "smith-jones", "same name, same birthday", False),
    ("Jones 9 8 1972", "smith-jones", "same name, same birthday", False),
    ("Smith Jones 9 8 1972", "smith-jones", "same name", True),
    ("Jones-Smith Ruth 9 8 1972", "smith-jones", "same name", False),
    ("Smithjones 9 8 1972", "smith-jones", "spelled another way", True),
    ("Luczak 30 1 1988", "luczak", "same name", False),
    ("Lutchak 30 1 88", "luczak", "sounds like it", False),
    ("Ewa Łuczak 30-Jan-1988", "luczak", "same name", True),
    ("Wojchowska 2 11 1979", "wojciechowska", "sounds like it", False),
    ("Voychehovska 2 11 1979 Zofia", "wojciechowska", "same birthday", False),
    ("Mueller 17 6 1944", "mueller", "spelled another way", False),
    ("Muller 17 6 44", "mueller", "same name", True),
    ("Sorensen 7 7 1966", "sorensen", "same name", False),
    ("Soerenson 7 7 1966", "sorensen", "sounds like it", False),
    ("MacDonald 25 12 1939", "mcdonald", "same name", False),
    ("Mc Donald 25 12 1939", "mcdonald", "same name", True),
    ("MCLEOD 3 2 1959", "macleod", "same name", False),
    ("Hussain 5 10 1990", "al-hussain", "same name", False),
    ("Alhussain 5 10 1990", "al-hussain", "spelled another way", True),
    ("Hussein, Ali 5 10 90", "al-hussain", "sounds like it", False),
    ("Rehman 21 4 1981", "rehman", "same name", False),
    ("Zia-ur-Rahman 21 4 1981", "rehman", "sounds like it", False),
    ("Muhammad Kahn 14 9 1975", "khan", "sounds like it", False),
    ("Khan Mohammed 14 9 1975", "khan", "same name", True),
    ("Zhang Wei 8 3 1993", "zhang", "same name", True),
    ("Wei Zhang 8 3 1993", "zhang", "same name", True),
    ("Suharto 5 5 1955", "suharto", "same name", True),
    ("Teller 14 2 1948", "teller", "same name", False),
    ("isik 9 6 1985", "isik", "same name", True),
    ("Işık 9 6 1985", "isik", "same name", False),
    ("Vanderberg 15 1 1970", "berg", "spelled another way", True),
    ("Berg 15 1 1970", "berg", "same name", False),
    ("Garcia 18 8 1968", "garcia", "same name", False),
    ("Jose Garcia Marquez 18 8 1968", "garcia", "same name", True),
    ("Gross 1 4 1957", "gross", "same name", True),
    ("Le 11 12 1991", "nguyen", "same name", True),
    ("Steven Hargreeves 19 1 1999", "stephen", "sounds like it", False),
    ("Tom Fell 3 12 1961", "fell-tom", "same name", True),
    ("Clarke 12 3 1916", "clarke", "birthday with two digits the other way round", False),
    ("Clarke 12 3 1962", "clarke", "year of birth one off", False),
    ("Clarke 3 12 1961", "clarke", "day and month of birth the other way round", False),
    ("Thorne 28 2 21", "old", "year of birth 100 years off", False),
    ("Clark LA14 4LF", "clarke", "name sounds like it, same postcode", False),
    ("la144lf clarke", "clarke", "same name, same postcode", False),
    ("Luczak", "luczak", "same name", False),
    ("Ann Clark", "clarke", "name sounds like it", False),
    ("Wojciechovksa", "wojciechowska", "name is like it", False),
    ("NHS No: 999 000 0018", "clarke", "same NHS number", True),
    ("Clarke, Ann (Mrs)  Born 12-Mar-1961 (65y)  Gender Female  NHS No. 999 000 0018",
     "clarke", "same NHS number, same name, same birthday", True),
    ("Smith 999 000 0018", "clarke", "same NHS number, another name", False),
    ("7KQ49CRB", "clarke", "same code", True),
    ("ref 7kq4 9crb", "clarke", "same code", True),
    ("7KQ4 9CRP", "clarke", "code with one letter different", False),
    ("7KQ4 9CR", "clarke", "code with one letter different", False),
    ("7KO49CRB", "clarke", "code with one letter different", False),
    ("7KQ49CRP Clarke", "clarke", "code with one letter different, same name", False),
    ("7KQ49CRB Luczak", "clarke", "same code, another name", False),
    ("7KQ49CRB Clarke 12 3 1962", "clarke", "year of birth one off", False),
    ("+44 (0)7700 900001", "clarke", "same phone", True),
    ("0044 7700 900001", "clarke", "same phone", True),
    ("Tel: 07700-900-001", "clarke", "same phone", True),
    ("Jane 07700 900461", "fell-jane", "same phone", False),
]  # fmt: skip
NOBODY = [
    "Fox 12 3 1961", "Clarke 12 6 1999", "Luczak LA14 4LF", "Zzyzx", "7KQ49CPP", "01524 65944",
    "(01524) 65944", "9990000034", "' OR 1=1 --", "%", "\"' OR * 12 3 1961", "null 1 1 1970",
]  # fmt: skip


@pytest.fixture
def people(make_referral):
    """Return the patients of the table, by their key."""
    people = {}
    for number, (key, given, family, born, nhs_number, mobile, postcode) in enumerate(PATIENTS):
        people[key] = make_referral(
            code=CODES.get(key, f"P{number:07}"), given_name=given, family_name=family,
            born=date(*born), nhs_number=nhs_number or None, mobile=mobile, postcode=postcode,
        ).patient  # fmt: skip
    return people


def answer(typed):
    """Return what a clerk sees: the key of each patient and why; None if it cannot be asked."""
    try:
        return find_patients(typed)
    except LookupInvalid:
        return None


def test_every_caller_is_first_however_they_are_typed(people):
    names = {patient.pk: key for key, patient in people.items()}
    wrong = []
    for typed, first, why, is_opened in CALLERS:
        found = answer(typed)
        if not (found and found.matches):
            wrong.append((typed, "nobody"))
            continue
        match = found.matches[0]
        said = names[match.patient.pk], ", ".join(match.why), found.only == match.patient
        if said[0] != first or why not in said[1] or said[2] != is_opened:
            wrong.append((typed, *said))

    assert not wrong, "\n".join(map(str, wrong))


def test_nobody_is_found_who_is_not_like_what_was_typed(people):
    found = {typed: answer(typed) for typed in NOBODY}

    assert [typed for typed, one in found.items() if one and one.matches] == []


def test_a_smith_does_not_drown_among_smiths(people):
    found = find_patients("Smith 12 3 1961")

    assert found.patients[0] == people["smith-ann"]
    assert found.only == people["smith-ann"]
    assert people["smith-bob"] not in found.patients  # a birthday near it is no help here
    near = find_patients("Bob Smith 12 3 1961")
    assert near.patients[:2] == [people["smith-bob"], people["smith-ann"]]
    assert near.only is None


def test_twins_are_both_offered_unless_one_is_named(people):
    both = find_patients("Fell 3 12 1961")

    assert set(both.exact) == {people["fell-jane"], people["fell-tom"]}
    assert both.only is None
    assert find_patients("Jane Fell 3 12 1961").only == people["fell-jane"]
    assert find_patients("Jim Fell 3 12 1961").only is None


@pytest.mark.parametrize("typed", [one[0] for one in CALLERS[::9]] + ["Smith", "Ann Smith"])
def test_a_find_takes_one_query_however_it_is_typed(people, typed, django_assert_num_queries):
    with django_assert_num_queries(1):
        for patient in find_patients(typed).patients:
            assert patient.name
            assert patient.born
            assert patient.postcode


def test_who_is_found_is_the_patient_as_kept(people, now):
    Patient.objects.filter(pk=people["clarke"].pk).update(died_at=now)

    found = find_patients("Clarke 12 3 1961").patients[0]

    kept = Patient.objects.get(pk=people["clarke"].pk)
    assert found == kept
    for column in candidates.COLUMNS:
        assert getattr(found, column) == getattr(kept, column), column
    assert found.nhs_number == "9990000018"


def test_a_name_of_too_many_asks_for_the_birthday_and_is_not_cut(people, monkeypatch):
    monkeypatch.setattr(candidates, "AT_MOST", 2)
    monkeypatch.setattr(candidates.Source, "__init__", _with_limit(2))

    with pytest.raises(LookupInvalid, match="Too many people have a name like this"):
        find_patients("Smith")
    rare = find_patients("Ruth Smith")
    assert rare.patients[0] == people["smith-jones"]
    assert rare.more
    at_postcode = find_patients("Clarke LA14 4LF")  # three live there: none is shown at random
    assert (at_postcode.matches, at_postcode.more) == ([], True)


def test_a_birthday_of_too_many_still_finds_who_sounds_right(people, monkeypatch):
    for number in range(4):
        Patient.objects.create(
            given_name=f"Other{number}", family_name="Person", born=date(1961, 3, 12)
        )
    monkeypatch.setattr(candidates.Source, "__init__", _with_limit(3))

    found = find_patients("Clark 12 3 1961")

    assert found.patients[0] == people["clarke"]
    assert found.more
    assert not find_patients("Clarke LA14 4LF").more


def _with_limit(most):
    """Sources that read so many, as if there were two million patients."""

    def init(self, by, sql, values, limit=most):
        for name, value in {"by": by, "sql": sql, "values": values, "limit": most}.items():
            object.__setattr__(self, name, value)

    return init


def test_the_words_follow_the_name_and_go_with_the_patient(people):
    patient = people["clarke"]

    patient.family_name = "Hargreaves"
    patient.save(update_fields=["family_name"])
    assert find_patients("Hargreaves LA14 4LF").patients == [patient]
    assert answer("Clark").matches == []
    Patient.objects.filter(pk=patient.pk).update(family_name="Whittle", born=date(1970, 2, 3))
    assert find_patients("Whitle 4 2 1970").patients == [patient]
    patient.refresh_from_db()
    patient.referrals.all().delete()
    patient.delete()
    assert not NameWord.objects.filter(patient_id=patient.pk).exists()
    assert answer("Whittl").matches == []


def test_patients_that_are_written_together_have_their_words(db):
    Patient.objects.bulk_create(
        [Patient(given_name="Ewa", family_name="Łuczak", born=date(1988, 1, 30))]
    )

    assert [one.name for one in find_patients("Lutchak").patients] == ["Ewa Łuczak"]
    assert find_patients("Łuczak 30 1 1988").only
