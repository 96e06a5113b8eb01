"""How a patient can be reached: what was typed or sent, checked; and what a clerk writes down.

Texts go to `Patient.mobile` alone. Further phones, e-mail, address and the people around a patient
are for a person who rings or writes. `now` is passed in, aware, UTC. `actor` is who does it, as
AuditEntry says it. The audit names the fields that changed, never what is in them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.identifiers.people import name_key
from booking.models import AuditAction, Contact, OtherPhone, Patient
from notifications.phones import NotAPhone, tidy_phone
from received.text import is_fit, tidy

LONGEST = {"name": 200, "relationship": 60, "agreed": 200, "email": 254, "address": 400}
"""Characters, by field."""
MOST_PHONES, MOST_CONTACTS, MOST_LINES = 6, 6, 8
USES = [str(use) for use in OtherPhone.Use]


@dataclass(frozen=True)
class SentPhone:
    """A further phone as it was typed or sent; `field` is what an error of it is about."""

    number: str
    use: str = ""
    field: str = "phones"


@dataclass(frozen=True)
class SentContact:
    """Somebody close to the patient, as typed or sent. `may_speak` is None if nobody says.

    Errors are about `field` with what is wrong after it: kin_name, kin_phone.
    """

    field: str
    name: str = ""
    relationship: str = ""
    phone: str = ""
    is_next_of_kin: bool = False
    may_speak: bool | None = None
    agreed: str = ""
    agreed_on: date | None = None


@dataclass(frozen=True)
class SentReach:
    """All of it as it was typed or sent, not yet trusted. `ended` are numbers no longer in use."""

    phones: tuple[SentPhone, ...] = ()
    email: str = ""
    address: str = ""
    contacts: tuple[SentContact, ...] = ()
    ended: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContactDetails:
    """Somebody close to the patient, as it is kept."""

    name: str
    relationship: str
    phone: str
    is_next_of_kin: bool
    may_speak: bool | None
    agreed: str
    agreed_on: date | None

    @property
    def key(self) -> str:
        """Whom the same sender means by it: the name folded, else the phone."""
        return name_key(self.name) or self.phone


@dataclass(frozen=True)
class Reach:
    """How a patient can be reached, as it is kept: phones with their use."""

    phones: Mapping[str, str]
    email: str
    address: str
    contacts: tuple[ContactDetails, ...] = ()
    ended: frozenset[str] = frozenset()


NOTHING_SENT = SentReach()
NOTHING = Reach({}, "", "")


def check(sent: SentReach, errors: dict[str, str], *, said_on: date, today: date) -> Reach:
    """Return what was sent as values; what is wrong goes into `errors`, by field.

    An answer about who may be spoken with that has no date was given on `said_on`.
    """
    _refuse_unfit(sent, errors)
    phones = read_phones(sent.phones, errors)
    if len(sent.contacts) > MOST_CONTACTS:
        errors["contacts"] = f"At most {MOST_CONTACTS} people can be kept"
    contacts: dict[str, ContactDetails] = {}
    for one in sent.contacts:
        found = read_contact(one, errors, said_on=said_on, today=today)
        if found:
            contacts[found.key] = _join(contacts.get(found.key, found), found)
    return Reach(
        phones,
        read_email(sent.email, errors),
        read_address(sent.address, errors),
        tuple(contacts.values()),
        frozenset(number for number in map(_read_ended, sent.ended) if number) - phones.keys(),
    )


def read_phones(sent: Iterable[SentPhone], errors: dict[str, str]) -> dict[str, str]:
    """Return each number in E.164 with its use; what is wrong goes into `errors`."""
    phones: dict[str, str] = {}
    for one in sent:
        try:
            number = tidy_phone(tidy(one.number))
        except NotAPhone as wrong:
            errors[one.field] = str(wrong)
        else:
            phones[number] = phones.get(number) or (one.use if one.use in USES else "")
    if len(phones) > MOST_PHONES:
        errors["phones"] = f"At most {MOST_PHONES} other phones can be kept"
    return phones


def phones_typed(typed: str) -> tuple[SentPhone, ...]:
    """Return phones that were typed one a line (or with | between): the number, then its use."""
    lines = [line.strip() for line in typed.replace("|", "\n").splitlines() if line.strip()]
    phones = []
    for line in lines:
        number, _, last = line.rpartition(" ")
        use = last.strip("()").lower()
        phones.append(SentPhone(number, use) if number and use in USES else SentPhone(line))
    return tuple(phones)


def read_email(typed: str, errors: dict[str, str]) -> str:
    """Return an e-mail address; what is wrong goes into `errors`."""
    email = tidy(typed).strip()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            errors["email"] = "Type an e-mail address, like name@example.com"
        if len(email) > LONGEST["email"]:
            errors["email"] = f"The e-mail address is over {LONGEST['email']} letters"
    return email


def read_address(typed: str, errors: dict[str, str]) -> str:
    """Return the lines of an address (or with | between); what is wrong goes into `errors`."""
    lines = [" ".join(line.split()) for line in tidy(typed).replace("|", "\n").splitlines()]
    address = "\n".join(line for line in lines if line)
    if len(address) > LONGEST["address"] or address.count("\n") >= MOST_LINES:
        most = f"{MOST_LINES} lines and {LONGEST['address']} letters"
        errors["address"] = f"Type an address of at most {most}"
    return address


def read_contact(
    sent: SentContact, errors: dict[str, str], *, said_on: date, today: date
) -> ContactDetails | None:
    """Return one contact, None if nothing was said; what is wrong goes into `errors`."""
    said = {
        part: " ".join(tidy(str(getattr(sent, part))).split())
        for part in ("name", "relationship", "agreed")
    }
    asked = sent.may_speak is not None
    if not (any(said.values()) or sent.phone.strip() or asked):
        return None
    for part, words in said.items():
        if len(words) > LONGEST[part]:
            errors[f"{sent.field}_{part}"] = f"Type at most {LONGEST[part]} letters"
    phone = ""
    if sent.phone.strip():
        try:
            phone = tidy_phone(tidy(sent.phone))
        except NotAPhone as wrong:
            errors[f"{sent.field}_phone"] = str(wrong)
    if not said["name"] and (sent.may_speak or not phone):
        errors.setdefault(f"{sent.field}_name", "Type the name of this person")
    if said["agreed"] and not asked:
        errors[f"{sent.field}_may_speak"] = "Say whether the patient agreed"
    if asked and sent.agreed_on and sent.agreed_on > today:
        errors[f"{sent.field}_agreed_on"] = "The day that the patient answered is still to come"
    return ContactDetails(
        said["name"], said["relationship"], phone, sent.is_next_of_kin, sent.may_speak,
        said["agreed"], (sent.agreed_on or min(said_on, today)) if asked else None,
    )  # fmt: skip


def reach_of(patient: Patient) -> Reach:
    """Return how a patient can be reached, as the database has it now."""
    return Reach(
        {one.number: one.use for one in patient.other_phones.all()},
        patient.email,
        patient.address,
        tuple(details_of(one) for one in patient.contacts.all()),
    )


def details_of(contact: Contact) -> ContactDetails:
    """Return a contact's row as values."""
    names = ContactDetails.__dataclass_fields__
    return ContactDetails(**{name: getattr(contact, name) for name in names})


def version_of(patient: Patient) -> str:
    """Return what tells one state of all this from every other; nothing of it can be read there."""
    reach = reach_of(patient)
    kept = [
        sorted(reach.phones.items()), reach.email, reach.address, patient.postcode,
        [asdict(one) for one in reach.contacts],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(kept, default=str).encode()).hexdigest()[:32]


class ReachChanged(Exception):
    """Somebody changed it since the page was shown."""


class PhoneRefused(ValueError):
    """A phone cannot be added. Its words are for the clerk and never hold the number."""


def set_reach(
    patient: Patient, reach: Reach, postcode: str, *, seen: str, now: datetime, actor: Actor
) -> None:
    """Write down phones, e-mail and address as a clerk says them; contacts stay as they are.

    Raises ReachChanged if it is not as it was `seen` (version_of).
    """
    with transaction.atomic():
        locked = lock(patient, seen)
        before = reach_of(locked)
        changed = []
        if before.phones != reach.phones:
            changed.append("phones")
            locked.other_phones.exclude(number__in=reach.phones).delete()
            for number, use in reach.phones.items():
                OtherPhone.objects.update_or_create(
                    patient=locked, number=number, defaults={"use": use}
                )
        values = {"email": reach.email, "address": reach.address, "postcode": postcode}
        changed += write_fields(locked, values)
        note_change(locked, changed, now=now, actor=actor)


def add_phone(patient: Patient, typed: str, *, now: datetime, actor: Actor) -> None:
    """Write down one phone more, as it was typed: the number, then its use if it has one.

    All that is known already stays, also what a colleague writes at the same time. Raises
    PhoneRefused with words for a clerk.
    """
    errors: dict[str, str] = {}
    with transaction.atomic():
        locked = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        before = reach_of(locked).phones
        known = tuple(SentPhone(number, use) for number, use in before.items())
        phones = read_phones((*phones_typed(typed)[:1], *known), errors)
        if errors:
            raise PhoneRefused(errors["phones"])
        for number in phones.keys() - before.keys():
            OtherPhone.objects.create(patient=locked, number=number, use=phones[number])
            note_change(locked, ["phones"], now=now, actor=actor)


def save_contact(
    patient: Patient,
    contact: Contact | None,
    details: ContactDetails | None,
    *,
    seen: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Write down one contact in place of another or as a new one; None takes it away.

    One of the same name is the same person. Raises ReachChanged as set_reach does.
    """
    with transaction.atomic():
        locked = lock(patient, seen)
        if contact and (details is None or contact.key != details.key):
            locked.contacts.filter(pk=contact.pk).delete()
        if details:
            put_contact(locked, details)
        note_change(locked, ["contacts"], now=now, actor=actor)


def put_contact(patient: Patient, details: ContactDetails) -> None:
    """Keep a contact, in place of the one with the same name."""
    Contact.objects.update_or_create(patient=patient, key=details.key, defaults=asdict(details))


def write_fields(patient: Patient, values: Mapping[str, Any]) -> list[str]:
    """Write what differs; return the names of the fields."""
    changed = [name for name, value in values.items() if getattr(patient, name) != value]
    for name in changed:
        setattr(patient, name, values[name])
    if changed:
        patient.save(update_fields=changed)
    return changed


def note_change(patient: Patient, changed: Iterable[str], *, now: datetime, actor: Actor) -> None:
    """Write into the audit which fields changed, if any did."""
    fields = sorted(set(changed))
    if fields:
        audit.write(AuditAction.REACH_CHANGED, now=now, actor=actor, patient=patient, fields=fields)


def lock(patient: Patient, seen: str) -> Patient:
    """Return the patient, locked. Raises ReachChanged if they are not as they were `seen`."""
    locked = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if version_of(locked) != seen:
        raise ReachChanged
    return locked


def _refuse_unfit(sent: SentReach, errors: dict[str, str]) -> None:
    """Say where there is a character that cannot be kept."""
    texts = {"email": sent.email, "address": sent.address}
    for one in sent.contacts:
        parts = {"name": one.name, "relationship": one.relationship, "agreed": one.agreed}
        texts |= {f"{one.field}_{part}": words for part, words in parts.items()}
    for name, words in texts.items():
        if not is_fit(words):
            errors[name] = "There is a character in it that cannot be kept. Type it again"


def _join(first: ContactDetails, second: ContactDetails) -> ContactDetails:
    """Return one contact of two entries about the same person; of what both say, the first's."""
    answers = first if first.may_speak is not None else second
    return ContactDetails(
        first.name,
        first.relationship or second.relationship,
        first.phone or second.phone,
        first.is_next_of_kin or second.is_next_of_kin,
        answers.may_speak,
        answers.agreed,
        answers.agreed_on,
    )


def _read_ended(number: str) -> str:
    try:
        return tidy_phone(number)
    except NotAPhone:
        return ""  # a number that is no longer in use need not be one
