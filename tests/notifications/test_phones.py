"""Which numbers can be texted, and what a clerk is told about the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.api.referral_patients import _is_mobile
from booking.patients import reach, record
from booking.patients.said import read_phone
from notifications.phones import NotAMobile, NotAPhone, of_sender, tidy_mobile, tidy_phone


@pytest.mark.parametrize(
    "typed",
    ["07700 900123", "+447700900123", "+44 7700 900123", "0044 7700 900123", "+44 (0)7700 900123",
     "(07700) 900-123", "07700.900.123", "  07700900123 "],
)  # fmt: skip
def test_a_uk_mobile_is_understood_however_it_is_written(typed):
    assert tidy_mobile(typed) == "+447700900123"


@pytest.mark.parametrize("typed", ["07624 123456", "07911 123456", "07797 712345"])
def test_mobiles_of_man_guernsey_and_jersey_are_texted_too(typed):
    assert tidy_mobile(typed).startswith("+447")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter a mobile"),
        ("   ", "Enter a mobile"),
        ("01524 123456", "landline"),
        ("020 7946 0123", "landline"),
        ("070 1234 5678", "070 number"),
        ("07640 123456", "pager"),
        ("0345 123 4567", "company's number"),
        ("05612 345678", "mobile"),
        ("0800 111 1111", "not a mobile"),
        ("0906 123 4567", "not a mobile"),
        ("+353 87 123 4567", "another country"),
        ("+1 212 555 0100", "another country"),
        ("07700 90012", "no digit is missing"),
        ("07700 9001234", "no digit is missing"),
        ("999", "UK number"),
        ("07700 CALLME", "only digits"),
        ("07700 900123 ext 4", "only digits"),
        ("07700 900123 or 124", "only digits"),
        ("07700900123;07700900124", "only digits"),
        ("+44+7700900123", "plus sign"),
        ("07700\n900123", "only digits"),
        ("-", "not a phone number"),
        ("+", "not a phone number"),
        ("0" * 31, "only digits"),
        ("<script>", "only digits"),
        ("\N{MOBILE PHONE}", "only digits"),
    ],
)
def test_anything_else_is_refused_in_words_that_a_clerk_understands(typed, says):
    with pytest.raises(NotAMobile) as refused:
        tidy_mobile(typed)
    words = str(refused.value)
    assert says in words
    assert not typed.strip() or typed.strip() not in words


PASTED = [
    "07700\u00a0900123", "07700\u2009900\u202f123", "\u200e07700 900123\u200e",
    "\u202a+44 7700 900123\u202c", "\u2066+447700900123\u2069", "07700\u2011900123",
    "07700\u2013900\u2014123", "07700\u2212900123", "\ufeff07700900123", "07700\u200b900123",
    "\uff10\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13",
    "\u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663",
    "\uff0b44 7700 900123", "+44(0)7700900123", "+44 (0) 7700 900123", "0044 (0)7700 900123",
    "(+44) 7700 900123", "tel:+44-7700-900123", "Tel. 07700 900123", "Mobile: 07700 900123",
    "tel:07700900123", "07700.900.123", "\t07700 900123\t", "07700\t900123",
]  # fmt: skip
"""One number, as it comes from web pages, letters, spreadsheets, mails and other keyboards."""


@pytest.mark.parametrize("typed", PASTED)
def test_a_number_that_was_copied_is_the_same_number(typed):
    assert tidy_mobile(typed) == tidy_phone(typed) == "+447700900123"


@pytest.mark.parametrize("typed", PASTED)
def test_a_number_that_was_copied_is_the_same_at_every_door(typed):
    assert of_sender(typed) in ("+447700900123", "")  # a provider writes + and the country
    assert read_phone(typed) == "+447700900123"
    assert record.read_mobile(typed) == "+447700900123"
    assert reach.read_phones(reach.phones_typed(typed), {}) == {"+447700900123": ""}
    assert _is_mobile(typed)


@pytest.mark.parametrize("typed", ["", "NHSscans", "62003", "whatsapp:+447700900123", "\u200e"])
def test_a_sender_that_is_no_phone_has_no_number(typed):
    assert of_sender(typed) == ""


@pytest.mark.parametrize(
    "sent",
    ["\u202a+44 7700 900123\u202c", "+44\u00a07700\u2011900123", "\uff0b44 7700 900123",
     "+44 (0) 7700 900123"],
)  # fmt: skip
def test_a_sender_is_known_however_its_number_is_written(sent):
    assert of_sender(sent) == "+447700900123"


def test_a_sender_from_abroad_keeps_its_number():
    assert of_sender("+353871234567") == "+353871234567"


def test_only_what_cannot_be_seen_is_no_number():
    assert record.read_mobile("\u200e\u00a0") == ""


def test_numbers_for_films_are_nobodys_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(NotAMobile):
        tidy_mobile("07700 900123")


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(typed):
    try:
        number = tidy_mobile(typed)
    except NotAMobile:
        return
    assert number.startswith("+447")
    assert tidy_mobile(number) == number


@given(st.text(alphabet="0123456789 ()+.-", max_size=30))
def test_any_row_of_digits_is_a_mobile_or_refused(typed):
    try:
        number = tidy_mobile(typed)
    except NotAMobile:
        return
    assert number.startswith("+447")
    assert len(number) == 13


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("01229 870870", "+441229870870"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("07700 900123", "+447700900123"),
        ("0300 123 1123", "+443001231123"),
        ("+33 1 44 55 66 77", "+33144556677"),
    ],
)
def test_any_number_that_a_person_may_ring_is_a_phone(typed, kept):
    assert tidy_phone(typed) == kept


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter a phone number"),
        ("01229", "not a phone number"),
        ("070 4567 8901", "costs more"),
        ("0909 879 0000", "costs more"),
        ("01229 870870 ext 4", "only digits"),
    ],
)
def test_what_nobody_should_ring_is_refused(typed, says):
    with pytest.raises(NotAPhone, match=says):
        tidy_phone(typed)
