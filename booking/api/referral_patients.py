"""The contained Patient of a ServiceRequest: who it is, and how to reach them.

What is no longer in use (`use: old`, a period that has ended) or not yet is left out, but for
names, by which a caller is found still. Of the rest what its sender prefers (`rank`, then the
order) comes first. A number that can be texted becomes
the mobile, every other one is only rung. Of several e-mail addresses and postal addresses the
preferred one is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

import msgspec

from booking.patients.reach import SentContact, SentPhone, SentReach
from booking.referrals.submission import FormerName
from notifications.phones import NotAMobile, tidy_mobile
from times.london import LONDON

MAY_SPEAK = "urn:scan-finder:may-speak"
"""Our extension of Patient.contact: answer (boolean), agreed (string), on (date)."""
NEXT_OF_KIN = "N"
"""Of HL7's v2-0131, whose codes FHIR's contact.relationship is bound to."""
PHONES = ("phone", "sms")
CURRENT_NAMES = {"official": 0, "usual": 1, "": 2, "temp": 3, "nickname": 4, "anonymous": 5}
"""Which name somebody has; not `old`, and not `maiden`, the one before a marriage."""
PLACES = {"temp": 0, "home": 1, "": 2, "work": 3, "billing": 4}
"""Which address somebody is at: where they stay for now, before their home."""


class Identifier(msgspec.Struct):
    """What a resource is known by."""

    system: str = ""
    value: str = ""


class Coding(msgspec.Struct):
    """A code of a system."""

    system: str = ""
    code: str = ""
    display: str = ""


class Concept(msgspec.Struct):
    """Codes that mean one thing."""

    coding: list[Coding] = []
    text: str = ""


class Period(msgspec.Struct):
    """From when to when something is so."""

    start: str = ""
    end: str = ""


class Name(msgspec.Struct):
    """The name of a person."""

    family: str = ""
    given: list[str] = []
    text: str = ""
    use: str = ""
    period: Period | None = None


class Telecom(msgspec.Struct):
    """A phone number or an e-mail address."""

    system: str = ""
    value: str = ""
    use: str = ""
    rank: int | None = None
    period: Period | None = None


class Address(msgspec.Struct, rename="camel"):
    """Where post arrives."""

    use: str = ""
    text: str = ""
    line: list[str] = []
    city: str = ""
    district: str = ""
    postal_code: str = ""
    period: Period | None = None


class Extension(msgspec.Struct, rename="camel"):
    """What FHIR has no element for."""

    url: str = ""
    extension: list["Extension"] = []
    value_boolean: bool | None = None
    value_string: str = ""
    value_date: str = ""


class Contact(msgspec.Struct):
    """Somebody close to the patient."""

    relationship: list[Concept] = []
    name: Name | None = None
    telecom: list[Telecom] = []
    period: Period | None = None
    extension: list[Extension] = []


class Patient(msgspec.Struct, rename="camel"):
    """A contained resource; ours if its type is Patient."""

    resource_type: str = ""
    identifier: list[Identifier] = []
    name: list[Name] = []
    telecom: list[Telecom] = []
    address: list[Address] = []
    birth_date: str = ""
    deceased_boolean: bool = False
    deceased_date_time: str = ""
    contact: list[Contact] = []

    @property
    def has_died(self) -> bool:
        """Whether the sender says that the patient has died."""
        return self.deceased_boolean or bool(self.deceased_date_time)


@dataclass(frozen=True)
class PatientSent:
    """A contained Patient as the intake takes it; `paths` says where each field stands."""

    given_name: str
    family_name: str
    mobile: str
    postcode: str
    reach: SentReach
    former_names: tuple[FormerName, ...]
    paths: dict[str, str]


class _InTime(Protocol):
    @property
    def use(self) -> str: ...
    @property
    def period(self) -> Period | None: ...


AnyInTime = TypeVar("AnyInTime", bound=_InTime)


def read(sent: Patient, path: str, *, now: datetime) -> PatientSent:
    """Return who the patient is and how to reach them, as it was sent: nothing is checked yet."""
    today = now.astimezone(LONDON).date().isoformat()
    name, name_at = _name(sent.name, today)
    paths = {
        "given_name": f"{path}.name[{name_at}].given",
        "family_name": f"{path}.name[{name_at}].family",
        "former_names": f"{path}.name",
        "born": f"{path}.birthDate",
        "nhs_number": f"{path}.identifier",
        "mobile": f"{path}.telecom",
        "phones": f"{path}.telecom",
        "email": f"{path}.telecom",
        "contacts": f"{path}.contact",
    }
    phones = _preferred(sent.telecom, PHONES, today)
    mobile_at = next((at for at, one in phones if _is_mobile(one.value)), None)
    emails = _preferred(sent.telecom, ("email",), today)
    if mobile_at is not None:
        paths["mobile"] = f"{path}.telecom[{mobile_at}]"
    if emails:
        paths["email"] = f"{path}.telecom[{emails[0][0]}]"
    others = []
    for at, one in phones:
        if at != mobile_at:
            paths[f"telecom{at}"] = f"{path}.telecom[{at}]"
            others.append(SentPhone(one.value, one.use, f"telecom{at}"))
    address, at = _address(sent.address, today)
    paths["address"] = f"{path}.address[{at}]"
    paths["postcode"] = f"{path}.address[{at}].postalCode"
    contacts = _contacts(sent.contact, f"{path}.contact", paths, today)
    reach = SentReach(
        phones=tuple(others),
        email=emails[0][1].value if emails else "",
        address="\n".join(_lines(address)),
        contacts=contacts,
        ended=tuple(one.value for one in sent.telecom if _is_over(one, today)),
    )
    return PatientSent(
        " ".join(name.given), name.family,
        sent.telecom[mobile_at].value if mobile_at is not None else "",
        address.postal_code, reach, _former_names(sent.name, today), paths,
    )  # fmt: skip


def _name(sent: Sequence[Name], today: str) -> tuple[Name, int]:
    """Return the name that the patient has now, and its place; a former one never."""
    found = [
        (at, one)
        for at, one in enumerate(sent)
        if _is_in_use(one, today) and one.use in CURRENT_NAMES
    ]
    found.sort(key=lambda pair: CURRENT_NAMES[pair[1].use])
    return (found[0][1], found[0][0]) if found else (Name(), 0)


def _former_names(sent: Sequence[Name], today: str) -> tuple[FormerName, ...]:
    """Return the names that the patient had before: old, maiden, or of a time that is over."""
    return tuple(
        FormerName(" ".join(one.given), one.family)
        for one in sent
        if one.family.strip() and (one.use == "maiden" or _is_over(one, today))
    )


def _preferred(
    sent: Sequence[Telecom], systems: Iterable[str], today: str
) -> list[tuple[int, Telecom]]:
    """Return what is in use of these systems, each with its place; the preferred first."""
    found = [
        (at, one)
        for at, one in enumerate(sent)
        if one.system in systems and one.value.strip() and _is_in_use(one, today)
    ]
    return sorted(found, key=lambda pair: pair[1].rank or 1000)


def _is_over(sent: _InTime, today: str) -> bool:
    """Whether it is said to be no longer in use."""
    end = sent.period.end[:10] if sent.period else ""
    return sent.use == "old" or bool(end and end < today[: len(end)])


def _is_in_use(sent: _InTime, today: str) -> bool:
    start = sent.period.start[:10] if sent.period else ""
    return not _is_over(sent, today) and start <= today


def _is_mobile(number: str) -> bool:
    try:
        tidy_mobile(number)
    except NotAMobile:
        return False
    return True


def _address(sent: Sequence[Address], today: str) -> tuple[Address, int]:
    """Return the address at which the patient is now, and its place."""
    found = [(at, one) for at, one in enumerate(sent) if _is_in_use(one, today)]
    found.sort(key=lambda pair: PLACES.get(pair[1].use, 2))
    return (found[0][1], found[0][0]) if found else (Address(), 0)


def _lines(address: Address) -> list[str]:
    """Return the lines of an address, without its postcode."""
    if not address.line and not address.city:
        lines = [part.strip() for part in address.text.replace(",", "\n").splitlines()]
        return [line for line in lines if line and line.upper() != address.postal_code.upper()]
    return list(dict.fromkeys(filter(None, [*address.line, address.district, address.city])))


def _contacts(
    sent: Sequence[Contact], path: str, paths: dict[str, str], today: str
) -> tuple[SentContact, ...]:
    found = []
    for at, one in enumerate(sent):
        end = one.period.end[:10] if one.period else ""
        if end and end < today:
            continue
        phones = _preferred(one.telecom, PHONES, today)
        field, here = f"contact{at}", f"{path}[{at}]"
        paths |= {
            f"{field}_name": f"{here}.name",
            f"{field}_relationship": f"{here}.relationship",
            f"{field}_phone": f"{here}.telecom[{phones[0][0] if phones else 0}]",
        }
        for part in ("may_speak", "agreed", "agreed_on"):
            paths[f"{field}_{part}"] = f"{here}.extension"
        name = one.name or Name()
        found.append(
            SentContact(
                field,
                name=name.text or " ".join([*name.given, name.family]),
                relationship=_relationship(one.relationship),
                phone=phones[0][1].value if phones else "",
                is_next_of_kin=NEXT_OF_KIN in _codes(one.relationship),
                **_answer(one.extension),
            )
        )
    return tuple(found)


def _relationship(sent: Sequence[Concept]) -> str:
    """Return what the contact is to the patient, in words: all but "next of kin" itself."""
    words = [
        concept.text or coding.display or coding.code
        for concept in sent
        for coding in concept.coding or [Coding()]
        if coding.code != NEXT_OF_KIN or concept.text
    ]
    return ", ".join(dict.fromkeys(word for word in words if word))


def _codes(sent: Sequence[Concept]) -> list[str]:
    return [coding.code for concept in sent for coding in concept.coding]


def _answer(sent: Sequence[Extension]) -> dict[str, Any]:
    """Return what the patient answered to whether we may speak with a contact."""
    parts = {
        one.url: one
        for extension in sent
        if extension.url == MAY_SPEAK
        for one in extension.extension
    }
    nothing = Extension()
    return {
        "may_speak": parts.get("answer", nothing).value_boolean,
        "agreed": parts.get("agreed", nothing).value_string,
        "agreed_on": _iso_date(parts.get("on", nothing).value_date),
    }


def _iso_date(sent: str) -> date | None:
    try:
        return date.fromisoformat(sent)
    except ValueError:
        return None
