"""What a clerk typed about a caller, taken apart: numbers, codes, birthday, postcode, name.

In any order, with the words around them that screens print: "NHS No: 999 000 0018". Pure.
"""

import re
from dataclasses import dataclass
from datetime import date

import phonenumbers

from booking.identifiers.codes import normalise_code, read_misread_code
from booking.identifiers.dates import DateInvalid, DateOutOfRange, DayKind, find_day, read_day
from booking.identifiers.names import main_words, words_of
from booking.identifiers.people import WrongCheckDigit, name_key, read_nhs_number
from booking.identifiers.slips import codes_near
from notifications import phones

LONGEST = 300
"""Characters of the box that are read."""
LONGEST_RUN = 8
"""Words of one family name: "van der Berg" has three."""
EXAMPLE = "like Fell 12 3 1961; or a reference, NHS number or phone number"

LABELS = re.compile(
    r"\bNHS\s*(?:no|number|num|nr)?\b\s*[.:#]*"
    r"|\b(?:d\.?o\.?b\b\.?|date of birth\b|born\b)\s*[:.]*(?=\s*\d)"
    r"|\b(?:name|surname)\s*[.:#]+"
    r"|\b(?:ref(?:erence)?|(?:booking )?code|tel|phone|mobile|mob|postcode)\b\s*[.:#]*(?=\s*\S*\d)"
    r"|\bgender\s*:?\s*(?:male|female|unknown|not known|not specified|indeterminate)\b"
    r"|\((?:mr|mrs|ms|miss|mx|dr|prof|\d+\s*[ymwd]\w*)\)",
    re.IGNORECASE,
)
"""Words around what is looked for, as clerks type them and as NHS screens print a patient."""
_NHS_NUMBER = re.compile(r"(?<![\w+])[1-9][0-9]{2}[\s\-\u2013]?[0-9]{3}[\s\-\u2013]?[0-9]{4}(?!\w)")
_PHONE = re.compile(
    r"(?<![\w/.\-])(?:\+[\s(]*[1-9]|00[\s(]*[1-9]|\(?0)(?:[\s().\-]{0,2}[0-9]){8,13}(?![\s.\-]?\d)"
)
_POSTCODE = re.compile(r"(?<!\w)([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})(?!\w)", re.IGNORECASE)
_CODE = re.compile(r"(?<!\w)(?=\S*\s?\S*[0-9])[A-Z0-9]{4}[\s\-]?[A-Z0-9]{4}(?!\w)", re.IGNORECASE)


class LookupInvalid(ValueError):
    """What was typed cannot be looked for; the text says what to type instead."""


@dataclass(frozen=True)
class Said:
    """What was typed, by what it is; empty for what was not said.

    `words` are all of the name, `keys` the names of a row of its words as Patient.family_key is
    kept. `codes` are those one letter away.
    """

    code: str = ""
    codes: frozenset[str] = frozenset()
    nhs_number: str = ""
    phone: str = ""
    born: date | None = None
    postcode: str = ""
    words: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()

    @property
    def main(self) -> tuple[str, ...]:
        """The words of the name that must be like a patient's."""
        return main_words(self.words)

    @property
    def is_number(self) -> bool:
        """Whether something was said that is one person's, or one phone's."""
        return bool(self.code or self.codes or self.nhs_number or self.phone)

    @property
    def may_have_slipped(self) -> bool:
        """Whether a code or a birthday was said that may be wrong in one place."""
        return bool(self.codes or (self.words and self.born))


def read_said(typed: str, today: date) -> Said:
    """Return what was typed, taken apart. Raises LookupInvalid, which says what to type instead."""
    text = " ".join(phones.plain_signs(typed[:LONGEST]).split())
    if not text:
        raise LookupInvalid("Type a reference, NHS number, phone number, or name and date of birth")
    rest = " ".join(LABELS.sub(" ", text.replace("(0)", "")).split())
    whole = _read_whole(rest, today)
    if whole:
        return whole
    nhs_number, is_wrong, rest = _take_nhs_number(rest)
    phone, rest = _take_phone(rest)
    code, codes, rest = _take_code(rest)
    born, rest = read_birthday(rest, today)
    postcode, rest = _take_postcode(rest)
    said = Said(
        code=code, codes=codes, nhs_number=nhs_number, phone=phone, born=born, postcode=postcode,
        words=tuple(word for word in words_of(rest) if not word.isdigit()), keys=_keys_of(rest),
    )  # fmt: skip
    if is_wrong and not (said.phone or (said.words and (said.born or said.postcode))):
        raise LookupInvalid(
            "That is not an NHS number: a digit is wrong. Ask for it again, or type the name and"
            " date of birth"
        )
    if not (said.is_number or said.words):
        raise LookupInvalid(_what_is_missing(said))
    return said


def read_phone(typed: str) -> str:
    """Return a phone number as it is kept (E.164), empty if what was typed is none.

    Landlines, too, and +44 (0)1524, 0044, brackets, dots and spaces.
    """
    text = phones.plain(typed)
    digits = sum(letter.isdigit() for letter in text)
    if digits < 10 or not re.fullmatch(r"[+(]?[\d\s()\-.]{10,24}", text):
        return ""  # a date of birth has eight digits at most
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_birthday(words: str, today: date) -> tuple[date | None, str]:
    """Return the date of birth in what was typed, and the words around it.

    Raises LookupInvalid for a date that is no date of birth.
    """
    try:
        return find_day(words, DayKind.BIRTHDAY, today)
    except DateOutOfRange as wrong:
        raise LookupInvalid(f"{wrong.message('The date of birth')}. Ask for it again") from None
    except DateInvalid as wrong:
        raise LookupInvalid(
            f"That date of birth is not a real date: {wrong}. Type it like 12 3 1961"
        ) from None


def spellings_of(postcode: str) -> tuple[str, str]:
    """Return a postcode with its space and without: it is kept as it was sent."""
    plain = postcode.replace(" ", "")
    return f"{plain[:-3]} {plain[-3:]}", plain


def _read_whole(text: str, today: date) -> Said | None:
    """Return what was said if all of it is a code, or one letter away from one."""
    code = normalise_code(text)
    near = _near(text)
    if not code and (not near or _is_day(text, today)):
        return None
    words = () if code or any(letter.isdigit() for letter in text) else words_of(text)
    return Said(code=code or "", codes=near, words=words)


def _is_day(text: str, today: date) -> bool:
    try:
        read_day(text, DayKind.BIRTHDAY, today)
    except DateInvalid:
        return False
    return True


def _take_nhs_number(text: str) -> tuple[str, bool, str]:
    """Return the NHS number in the text, whether there is one that is wrong, and the rest."""
    match = _NHS_NUMBER.search(text)
    typed = match[0] if match else text
    if typed.startswith("0"):
        return "", False, text  # a landline may have ten digits, too
    try:
        number = read_nhs_number(typed)
    except WrongCheckDigit:
        if typed.startswith("7") and read_phone(typed):
            return "", False, text  # a mobile without its 0
        return "", True, text.replace(typed, " ")
    return (number, False, text.replace(typed, " ")) if number else ("", False, text)


def _take_phone(text: str) -> tuple[str, str]:
    for match in _PHONE.finditer(text):
        phone = read_phone(match[0])
        if phone:
            return phone, f"{text[: match.start()]} {text[match.end() :]}"
    whole = read_phone(text)
    return (whole, "") if whole else ("", text)


def _take_code(text: str) -> tuple[str, frozenset[str], str]:
    """Return a code among other words, and those one letter away; one has a digit at least."""
    for match in _CODE.finditer(text):
        code, near = normalise_code(match[0]) or "", _near(match[0])
        if code or near:
            return code, near, f"{text[: match.start()]} {text[match.end() :]}"
    return "", frozenset(), text


def _near(text: str) -> frozenset[str]:
    """Return the codes one letter away, and the one that it is if signs of none were written."""
    misread = read_misread_code(text)
    return codes_near(text) | ({misread} if misread else set())


def _take_postcode(text: str) -> tuple[str, str]:
    match = _POSTCODE.search(text)
    if match is None:
        return "", text
    return f"{match[1]} {match[2]}".upper(), f"{text[: match.start()]} {text[match.end() :]}"


def _keys_of(text: str) -> frozenset[str]:
    """Return every run of words as one key: the family name is one of them."""
    keys = [key for key in map(name_key, text.split()) if key]
    return frozenset(
        "".join(keys[start:end])
        for start in range(min(len(keys), LONGEST_RUN))
        for end in range(start + 1, min(len(keys), start + LONGEST_RUN) + 1)
    )


def _what_is_missing(said: Said) -> str:
    if said.born:
        return "Type the family name with the date of birth, like Fell 12 3 1961"
    if said.postcode:
        return "Type the name with the postcode, like Fell LA14 4LF"
    return f"Type a date of birth after the name, {EXAMPLE}"
