"""Which numbers can be texted, which only rung, and what to tell a clerk about the others.

`plain` takes off what comes along when a number is copied: spaces, dashes and digits of other
kinds, what cannot be seen, "tel:". phonenumbers knows Ofcom's ranges, but it also takes vanity
letters, so a strict filter stands before it. Texts go to mobiles of the United Kingdom, Jersey,
Guernsey and the Isle of Man (+44) only: Twilio reads a text to a landline aloud, and 070 and pager
numbers cost the patient money.
"""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneNumberType

from received import text as received

ALLOWED = re.compile(r"[0-9 ()+.\-]{1,30}")
DASHES = re.compile(r"[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]")
LABEL = re.compile(r"^(?:tel|telephone|phone|mobile|mob|sms)\s*[.:]+\s*(?://)?", re.IGNORECASE)
PLUS = re.compile(r"^\((\+\d{1,3})\)")
"""A country's code in brackets: (+44) 7700 900123."""
TRUNK = re.compile(r"(?<=\d)\s*\(0\)\s*")
"""The 0 that is left out from abroad: +44 (0)7700 900123."""
FOR_DRAMA = re.compile(r"\+447700900\d{3}")
"""Ofcom's numbers for films, which nobody has: the demo's and the tests' patients have them."""

REASONS = {
    PhoneNumberType.FIXED_LINE: (
        "This is a landline. Write it under other phones, and ask for a mobile number."
    ),
    PhoneNumberType.PERSONAL_NUMBER: (
        "This is an 070 number, which costs the caller more. Ask for a mobile number."
    ),
    PhoneNumberType.PAGER: "This is a pager. Ask for a mobile number.",
    PhoneNumberType.UAN: "This is a company's number (03 or 055). Ask for a mobile number.",
}


RUNG_AT_A_PRICE = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
}


class NotAPhone(ValueError):
    """The number cannot be rung. Its words are for the clerk and never hold the number."""


class NotAMobile(NotAPhone):
    """The number cannot be texted. Its words are for the clerk and never hold the number."""


def tidy_mobile(typed: str) -> str:
    """Return a typed UK mobile number in E.164 form, as in "+447700900123".

    Raises NotAMobile.
    """
    number, written = _parse(typed, NotAMobile)
    if FOR_DRAMA.fullmatch(written) and not settings.PRODUCTION:
        return written
    if number.country_code != 44:
        raise NotAMobile("This number is of another country. Texts only go to UK mobiles.")
    if not phonenumbers.is_valid_number(number):
        raise NotAMobile("This is not a UK number. Check that no digit is missing or too many.")
    kind = phonenumbers.number_type(number)
    if kind != PhoneNumberType.MOBILE:
        raise NotAMobile(REASONS.get(kind, "This is not a mobile. Ask for a mobile number."))
    return written


def tidy_phone(typed: str) -> str:
    """Return a typed number that a person may ring, in E.164: a landline, a mobile, one abroad.

    A number of another country begins with +. It is never texted. Raises NotAPhone.
    """
    number, written = _parse(typed, NotAPhone)
    if FOR_DRAMA.fullmatch(written) and not settings.PRODUCTION:
        return written
    if not phonenumbers.is_valid_number(number):
        raise NotAPhone("This is not a phone number. Check that no digit is missing or too many.")
    if phonenumbers.number_type(number) in RUNG_AT_A_PRICE:
        raise NotAPhone("This number costs more to ring. Ask for another one.")
    return written


def of_sender(number: str) -> str:
    """Return whom a text is from in E.164, also from abroad; empty if that is no phone's number."""
    written = re.sub(r"[ ().\-]", "", plain(number))
    return written if re.fullmatch(r"\+[0-9]{6,15}", written) else ""


def plain_signs(typed: str) -> str:
    """Return a text with plain spaces, dashes and digits, and without what cannot be seen."""
    text = received.tidy(unicodedata.normalize("NFKC", DASHES.sub("-", received.tidy(typed))))
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in DASHES.sub("-", text))


def plain(typed: str) -> str:
    """Return a number as it was typed or copied, in plain signs. It is not checked.

    Every door reads numbers by this first: pages, files, systems, texts.
    """
    text = plain_signs(typed).replace("\t", " ").strip()
    return TRUNK.sub(" ", PLUS.sub(r"\1 ", LABEL.sub("", text))).strip()


def _parse(typed: str, refusal: type[NotAPhone]) -> tuple[phonenumbers.PhoneNumber, str]:
    """Return the number that was typed, and how it is kept. Raises `refusal`."""
    typed = plain(typed)
    if not typed:
        raise refusal("Enter a phone number." if refusal is NotAPhone else "Enter a mobile number.")
    if not ALLOWED.fullmatch(typed):
        raise refusal("Use only digits, spaces and a plus sign in front, like 07700 900123.")
    if "+" in typed[1:]:
        raise refusal("A plus sign can only stand in front.")
    try:
        number = phonenumbers.parse(typed, "GB")
    except phonenumbers.NumberParseException:
        raise refusal("This is not a phone number. Check the digits.") from None
    return number, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
