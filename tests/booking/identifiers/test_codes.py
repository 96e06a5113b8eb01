"""Codes as people type them: read if there is one way to, and never made of a name or a date."""

import pytest

from booking.identifiers.codes import (
    ALPHABET,
    LOOKS_LIKE,
    normalise_code,
    read_code,
    read_misread_code,
)

CODE = "7KQ49CRB"
TYPED = [
    "7kq49crb", " 7KQ4 9CRB ", "7KQ4-9CRB", "7KQ4\u20139CRB", "7KQ4\u00a09CRB", "7KQ4 9CRB.",
    "7KQ4 9CRB,", "“7KQ49CRB”", "(7KQ4/9CRB)", "7.K.Q.4.9.C.R.B!", "７ＫＱ４　９ｃｒｂ",
    "\u200b7KQ49CRB",
]  # fmt: skip
MISREAD = [("7KO4 9CRB", CODE), ("7k04 9crb.", CODE), ("SZUN 9CRB", "52VM9CRB")]
NO_CODE = ["", ".", "7KQ4", "7KQ49CRB9", "AKQ49CRB", "7KQ4 9CRÉ", "1KQ49CRB", "IKQ49CRL", "x" * 99]
NAMES_AND_DATES = [
    "Robinson", "Johnston", "Stubbs, M", "12031961", "1 Jun 1961", "0770 0900", "20 Nov 50",
]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_how_a_code_is_set_does_not_matter(typed):
    assert normalise_code(typed) == read_code(typed) == CODE


@pytest.mark.parametrize(("typed", "code"), MISREAD)
def test_a_sign_that_no_code_has_is_read_as_what_it_looks_like(typed, code):
    assert (read_code(typed), normalise_code(typed)) == (code, None)


def test_a_sign_of_a_code_is_never_read_as_another():
    assert not set(ALPHABET) & {chr(sign) for sign in LOOKS_LIKE}
    assert ALPHABET.translate(LOOKS_LIKE) == ALPHABET


@pytest.mark.parametrize("typed", NO_CODE)
def test_what_cannot_be_a_code_is_none(typed):
    assert normalise_code(typed) is read_code(typed) is read_misread_code(typed) is None


@pytest.mark.parametrize("typed", NAMES_AND_DATES)
def test_a_name_or_a_date_that_a_caller_says_is_no_code(typed):
    assert normalise_code(typed) is read_misread_code(typed) is None
