"""A sealed column reads, is found and is unique as one in clear is; its row holds no value."""

import pickle

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, OuterRef, Subquery

from booking.changes import rotation
from booking.models import Contact, Draft, Merge, OtherPhone, Patient
from sealed.fields import Kept
from sealed.keys import KeyMissing, hash_of, is_encrypted
from sealed.lookups import number_condition, number_values

NUMBER, MOBILE, EMAIL = "9000000009", "+447700900461", "jane@fellthwaite.example"
BORN = "1961-03-12"


@pytest.fixture(params=[True, False], ids=["sealed", "clear"])
def seal(request, settings):
    """Whether new values are sealed."""
    settings.SEAL_FIELDS = request.param
    return request.param


@pytest.fixture
def jane(db):
    return make()


def make(**fields):
    values = {"nhs_number": NUMBER, "mobile": MOBILE, "email": EMAIL, **fields}
    return Patient.objects.create(given_name="J", family_name="F", born=BORN, **values)


def raw(model, column, key):
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute(f'SELECT "{column}" FROM {table} WHERE id = %s', [key])
        return cursor.fetchone()[0]


def test_the_column_holds_the_hash_and_what_only_the_keys_read(jane):
    kept = raw(Patient, "mobile", jane.pk)

    assert kept[:32] == hash_of(MOBILE)
    assert is_encrypted(kept[32:])
    assert is_encrypted(raw(Patient, "email", jane.pk)), "nobody is found by it: no hash"


def test_both_kinds_are_read_and_found_whatever_is_written_now(seal, jane, settings):
    settings.SEAL_FIELDS = not seal
    tom = make(nhs_number="9000000017", mobile="+447700900999", email="")

    for who, number, mobile in ((jane, NUMBER, MOBILE), (tom, "9000000017", "+447700900999")):
        assert Patient.objects.get(nhs_number=number).mobile == mobile
        assert Patient.objects.get(mobile__in=[mobile, ""]) == who
    assert set(Patient.objects.values_list("mobile", flat=True)) == {MOBILE, "+447700900999"}
    assert set(Patient.objects.exclude(mobile=MOBILE)) == {tom}
    assert set(Patient.objects.filter(email="")) == {tom}


def test_what_is_empty_stays_empty(seal, db):
    nobody = make(nhs_number=None, mobile="", email="")

    assert raw(Patient, "mobile", nobody.pk) == ""
    assert raw(Patient, "nhs_number", nobody.pk) is None
    assert Patient.objects.get(nhs_number=None, mobile="", email="") == nobody
    assert not Patient.objects.filter(mobile__in=[]).exists()


def test_a_row_opens_a_value_when_it_is_asked_for(jane):
    found = Patient.objects.get()

    assert type(found.__dict__["mobile"]) is Kept
    assert found.mobile == MOBILE
    assert found.__dict__["mobile"] == MOBILE
    again = pickle.loads(pickle.dumps(Patient.objects.get()))
    assert again.mobile == MOBILE
    assert Patient.objects.defer("mobile").get().mobile == MOBILE
    assert Patient.objects.only("given_name").get().email == EMAIL


def test_a_row_that_nobody_asked_is_written_as_it_was(jane):
    before = raw(Patient, "mobile", jane.pk)

    Patient.objects.get().save()

    assert raw(Patient, "mobile", jane.pk) == before


def test_what_is_no_row_gets_the_value(seal, jane):
    OtherPhone.objects.create(patient=jane, number="+441229555123")

    people = Patient.objects.annotate(
        same=F("mobile"),
        other=Subquery(OtherPhone.objects.filter(patient=OuterRef("pk")).values("number")[:1]),
    )
    assert (people.get().same, people.get().other) == (MOBILE, "+441229555123")
    assert people.values("mobile", "same").get() == {"mobile": MOBILE, "same": MOBILE}
    assert OtherPhone.objects.values_list("patient__mobile", "number").get()[0] == MOBILE
    assert OtherPhone.objects.select_related("patient").get().patient.mobile == MOBILE
    raw_one = Patient.objects.raw("SELECT * FROM booking_patient")[0]
    assert raw_one.mobile == MOBILE


def test_many_at_once_and_updates(seal, jane):
    Patient.objects.bulk_create([Patient(given_name="T", family_name="F", born=BORN, mobile="1")])
    Patient.objects.filter(mobile="1").update(mobile="+447700900111")
    tom = Patient.objects.get(mobile="+447700900111")
    tom.mobile = "+447700900222"
    Patient.objects.bulk_update([tom], ["mobile"])

    assert Patient.objects.get(pk=tom.pk).mobile == "+447700900222"
    assert is_encrypted(raw(Patient, "mobile", tom.pk)[32:]) == seal


def test_a_number_is_there_once(seal, jane):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()
    OtherPhone.objects.create(patient=jane, number="+441229555123")
    with pytest.raises(IntegrityError), transaction.atomic():
        OtherPhone.objects.create(patient=jane, number="+441229555123")
    aunt, _ = Contact.objects.get_or_create(patient=jane, key="agatha")
    assert Contact.objects.get_or_create(patient=jane, key="agatha") == (aunt, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(patient=jane, key="agatha")


def test_long_keys_that_begin_alike_are_two(seal, jane):
    one, two = "a" * 40 + "b", "a" * 40 + "c"
    Contact.objects.create(patient=jane, key=one)
    Contact.objects.create(patient=jane, key=two)

    assert Contact.objects.get(key=one).key == one
    assert Contact.objects.filter(key__in=[one, two]).count() == 2


def test_json_is_one_sealed_string(seal, jane):
    other = make(nhs_number=None)
    said = {"kept": {"mobile": MOBILE}}
    merge = Merge.objects.create(
        kept=jane, lost=other, at="2026-11-24T10:00Z", actor="x", reason="so", before=said
    )

    assert (MOBILE in str(raw(Merge, "before", merge.pk))) != seal
    found = Merge.objects.get()
    assert (found.before, found.after, found.reason) == (said, {}, "so")
    found.before["kept"]["mobile"] = ""
    found.save(update_fields=["before"])
    assert Merge.objects.values_list("before", flat=True).get() == {"kept": {"mobile": ""}}
    assert Merge.objects.get(after={}) == merge
    assert not Draft.objects.exclude(fields={}).exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"email": EMAIL}, {"mobile__startswith": "+44"}, {"mobile__contains": "461"},
        {"nhs_number__gt": "1"}, {"mobile__in": Patient.objects.values("mobile")},
    ],
)  # fmt: skip
def test_what_could_find_nobody_is_refused(asked, db):
    with pytest.raises(FieldError):
        list(Patient.objects.filter(**asked))


def test_without_its_key_it_is_said(jane, settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    assert Patient.objects.get().given_name == "J"
    with pytest.raises(KeyMissing):
        assert Patient.objects.get().mobile
    assert rotation.unread() == [
        "booking.Patient.nhs_number", "booking.Patient.mobile", "booking.Patient.email",
    ]  # fmt: skip


def test_what_stands_in_clear_is_counted_and_sealed(jane, settings):
    settings.SEAL_FIELDS = False
    tom = make(nhs_number="9000000017", mobile="+447700900999", email="tom@tom.example")
    assert rotation.clear_values() == {
        "booking.Patient.nhs_number": 1, "booking.Patient.mobile": 1, "booking.Patient.email": 1,
    }  # fmt: skip
    list(rotation.rotate())
    assert rotation.clear_values(), "only where sealed values are written"

    settings.SEAL_FIELDS = True
    list(rotation.rotate())

    assert rotation.clear_values() == {}
    assert raw(Patient, "mobile", tom.pk)[:32] == hash_of("+447700900999")
    assert Patient.objects.get(nhs_number="9000000017").email == "tom@tom.example"
    assert [one.written for one in rotation.rotate() if one.written] == [], "once is enough"


def test_a_number_that_is_there_in_clear_and_sealed_is_left_to_a_person(jane, settings):
    settings.SEAL_FIELDS = False
    make()
    settings.SEAL_FIELDS = True

    assert sum(one.twice for one in rotation.rotate() if one.seen) == 1
    assert rotation.clear_values() == {"booking.Patient.nhs_number": 1}


def test_a_new_key_writes_all_anew_and_the_hash_stays(jane, settings):
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    before = raw(Patient, "mobile", jane.pk)
    settings.FIELD_KEYS = [new, old]
    list(rotation.rotate())
    settings.FIELD_KEYS = [new]

    kept = raw(Patient, "mobile", jane.pk)
    assert (kept[:32], kept != before) == (before[:32], True)
    assert Patient.objects.get(mobile=MOBILE).email == EMAIL


def test_a_clear_value_that_looks_sealed_is_sealed(jane, settings):
    settings.SEAL_FIELDS = False
    Patient.objects.update(email="gAAAAAbout@me.example")

    assert Patient.objects.get().email == "gAAAAAbout@me.example"


@pytest.mark.parametrize("by", ["nhs_number", "mobile"])
def test_an_index_finds_it(by, jane):
    found = Patient.objects.filter(**{by: MOBILE})
    of_the_desk = f"SELECT id FROM booking_patient WHERE {number_condition(by, connection)}"
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[connection.vendor]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {of_the_desk}", number_values(MOBILE))
        plan = str(cursor.fetchall())
    assert "hashed" in found.explain()
    assert "hashed" in plan
