"""How to reach the patient and what they need, as a referral says it: what is taken of it, and
what a clerk is asked.

Each referral remembers what its sender said last (`Referral.sent`). So what is sent again
unchanged is no news, and a clerk's correction stands without a word. News fills what is blank and
replaces what the same trust said itself; where a clerk or another trust said otherwise, theirs
stays, and a row asks once which is right. Less than before takes nothing away: only a number that
is sent as no longer in use does. A need that the patient took away does not come back by itself.
`now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.identifiers.people import name_key
from booking.models import AuditAction, OtherPhone, Patient, Referral
from booking.models.name_word import former_of
from booking.models.needs import in_order
from booking.patients import reach
from booking.patients.reach import MOST_CONTACTS, MOST_PHONES, ContactDetails
from booking.patients.record import correct_mobile
from booking.referrals.submission import CheckedReferral
from booking.worklists import rows, subjects

WORDS = {"given_name": "given name", "family_name": "family name", "nhs_number": "NHS number",
         "phones": "phone", "contacts": "contact", "needs": "need"}  # fmt: skip
MOST_FORMER_NAMES = 10
PARTS = ("relationship", "phone", "is_next_of_kin", "answer")
"""What is compared of a contact, each by itself."""


def take(referral: Referral, sent: CheckedReferral, *, now: datetime, actor: Actor) -> None:
    """Take what is new of how to reach the patient and what they need; ask about what differs.

    Belongs inside the transaction of the receipt, which has locked the patient.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=referral.patient_id)
    said = _Said.of(referral)
    plan = _Plan()
    _plan_fields(plan, patient, sent, said)
    _plan_former_names(plan, patient, sent)
    _plan_phones(plan, patient, sent, said)
    _plan_contacts(plan, patient, sent, said)
    _plan_needs(plan, patient, sent, said)
    changed = reach.write_fields(patient, plan.fields) + plan.apply(patient)
    reach.note_change(patient, changed, now=now, actor=actor)
    if plan.mobile is not None:
        correct_mobile(patient, plan.mobile, now=now, actor=actor)
    if plan.needs:
        patient.needs = in_order({*patient.needs, *plan.needs})
        patient.save(update_fields=["needs"])
        audit.write(AuditAction.ADDED_TO, now=now, actor=actor, patient=patient)
    referral.sent = _remember(referral.sent, sent)
    referral.save(update_fields=["sent"])
    referral.patient = patient
    if plan.asked:
        ask_about(referral, plan.asked, now=now, actor=actor)


def ask_about(referral: Referral, differing: Iterable[str], *, now: datetime, actor: Actor) -> None:
    """Put on a list that a referral says something else than we know; a person finds out."""
    fields = ", ".join(WORDS.get(name, name) for name in dict.fromkeys(differing))
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_referral(referral, subjects.Topic.DIFFERENCE),
        f"The referral was sent with another {fields}. Ask which is right."[:200],
        now=now,
        actor=actor,
    )


@dataclass
class _Plan:
    """What is to be written, and which fields a person is asked about."""

    fields: dict[str, str] = field(default_factory=dict)
    mobile: str | None = None
    new_phones: dict[str, str] = field(default_factory=dict)
    gone_phones: list[str] = field(default_factory=list)
    contacts: list[ContactDetails] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def apply(self, patient: Patient) -> list[str]:
        """Write phones and contacts; return the names of what changed."""
        patient.other_phones.filter(number__in=self.gone_phones).delete()
        for number, use in self.new_phones.items():
            OtherPhone.objects.create(patient=patient, number=number, use=use)
        for contact in self.contacts:
            reach.put_contact(patient, contact)
        are_phones = bool(self.gone_phones or self.new_phones)
        return ["phones"] * are_phones + ["contacts"] * bool(self.contacts)


@dataclass(frozen=True)
class _Said:
    """What a trust said before: in this referral, and in its others of the same patient."""

    here: dict[str, Any]
    elsewhere: list[dict[str, Any]]

    @classmethod
    def of(cls, referral: Referral) -> "_Said":
        others = Referral.objects.filter(
            patient=referral.patient_id, trust=referral.trust_id
        ).exclude(pk=referral.pk)
        return cls(referral.sent, list(others.values_list("sent", flat=True)))

    def of_field(self, *path: str) -> "_History":
        return _History(_dig(self.here, path), {_dig(one, path) for one in self.elsewhere} - {None})

    def has_contact(self, key: str) -> bool:
        return any(key in one.get("contacts", {}) for one in [self.here, *self.elsewhere])

    def every(self, name: str) -> set[str]:
        """Return all phones, or all needs, that were ever said."""
        return {value for one in [self.here, *self.elsewhere] for value in one.get(name, [])}


@dataclass(frozen=True)
class _History:
    """What was said of one field: here last, None if never; and elsewhere."""

    here: Hashable
    elsewhere: Collection[Hashable]

    def judge(self, theirs: Hashable, ours: Hashable) -> bool | None:
        """Return whether `theirs` replaces `ours`: True, False; None if a person must say."""
        if not theirs or theirs == ours or theirs == self.here:
            return False
        if self.here is None and theirs in self.elsewhere:
            return False
        return True if not ours or self.has_said(ours) else None

    def has_said(self, value: Hashable) -> bool:
        return value == self.here or value in self.elsewhere


def _plan_fields(plan: _Plan, patient: Patient, sent: CheckedReferral, said: _Said) -> None:
    values = {"postcode": sent.postcode, "email": sent.reach.email, "address": sent.reach.address}
    for name, theirs in values.items():
        verdict = said.of_field(name).judge(theirs, getattr(patient, name))
        if verdict:
            plan.fields[name] = theirs
        elif verdict is None:
            plan.asked.append(name)
    history = said.of_field("mobile")
    verdict = history.judge(sent.mobile, patient.mobile)
    if patient.mobile in sent.reach.ended and not sent.mobile:
        verdict = True if history.has_said(patient.mobile) else None
    if verdict:
        plan.mobile = sent.mobile
    elif verdict is None:
        plan.asked.append("mobile")


def _plan_former_names(plan: _Plan, patient: Patient, sent: CheckedReferral) -> None:
    """Keep each name that the patient had before, once: they are only ever added to."""
    kept = patient.former_names.splitlines()
    known = {_keys_of(patient.given_name, patient.family_name)}
    known |= {_keys_of(*name) for name in former_of(patient.former_names, patient)}
    for given, family in sent.former_names:
        keys = _keys_of(given or patient.given_name, family)
        if keys not in known and len(kept) < MOST_FORMER_NAMES:
            known.add(keys)
            kept.append(f"{family}\t{given}")
    if (names := "\n".join(kept)) != patient.former_names:
        plan.fields["former_names"] = names


def _keys_of(given: str, family: str) -> tuple[str, str]:
    return name_key(given), name_key(family)


def _plan_phones(plan: _Plan, patient: Patient, sent: CheckedReferral, said: _Said) -> None:
    ours = set(patient.other_phones.values_list("number", flat=True))
    known = ours | said.every("phones") | {sent.mobile, patient.mobile}
    plan.new_phones = {
        number: use for number, use in sent.reach.phones.items() if number not in known
    }
    ended = ours & sent.reach.ended
    plan.gone_phones = sorted(ended & said.every("phones"))
    are_too_many = len(ours) + len(plan.new_phones) - len(plan.gone_phones) > MOST_PHONES
    if are_too_many:
        plan.new_phones = {}
    if are_too_many or ended - said.every("phones"):
        plan.asked.append("phones")


def _plan_contacts(plan: _Plan, patient: Patient, sent: CheckedReferral, said: _Said) -> None:
    ours = {one.key: reach.details_of(one) for one in patient.contacts.all()}
    room = MOST_CONTACTS - len(ours)
    for theirs in sent.reach.contacts:
        here = ours.get(theirs.key)
        if here:
            merged, differs = _merge_contact(here, theirs, said)
            plan.contacts += [merged] if merged != here else []
            plan.asked += ["contacts"] if differs else []
        elif said.has_contact(theirs.key):
            continue  # a clerk took this one away
        elif room > 0:
            plan.contacts.append(theirs)
            room -= 1
        else:
            plan.asked.append("contacts")


def _plan_needs(plan: _Plan, patient: Patient, sent: CheckedReferral, said: _Said) -> None:
    """Add what this trust never said before; of what the patient took away a person asks."""
    news = set(sent.needs) - {*patient.needs} - said.every("needs")
    plan.needs = news - {*patient.needs_declined}
    plan.asked += ["needs"] if news - plan.needs else []


def _merge_contact(
    ours: ContactDetails, theirs: ContactDetails, said: _Said
) -> tuple[ContactDetails, bool]:
    """Return what becomes of a contact whom both know, and whether a person must be asked."""
    merged, differs = ours, False
    for part in PARTS:
        history = said.of_field("contacts", theirs.key, part)
        verdict = history.judge(_part(theirs, part), _part(ours, part))
        if verdict and part == "answer":
            merged = replace(
                merged, may_speak=theirs.may_speak, agreed=theirs.agreed, agreed_on=theirs.agreed_on
            )
        elif verdict:
            merged = replace(merged, **{part: getattr(theirs, part)})
        differs |= verdict is None
    return merged, differs


def _part(contact: ContactDetails, part: str) -> Hashable:
    """Return one part of a contact; the answer to "may we speak with them?" is one, with its day.

    None and "" are both nothing.
    """
    if part != "answer":
        return getattr(contact, part) or None
    if contact.may_speak is None:
        return None
    return f"{contact.may_speak} {_day(contact.agreed_on)} {contact.agreed}"


def _dig(sent: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Return what was said under a path, None if nothing ever was."""
    value: Any = sent
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _remember(before: dict[str, Any], sent: CheckedReferral) -> dict[str, Any]:
    """Return what the referral has said by now: what it leaves out stands as it was said."""
    said = {
        "mobile": sent.mobile, "postcode": sent.postcode,
        "email": sent.reach.email, "address": sent.reach.address,
    }  # fmt: skip
    contacts = dict(before.get("contacts", {}))
    for one in sent.reach.contacts:
        parts = {part: _part(one, part) for part in PARTS}
        contacts[one.key] = contacts.get(one.key, {}) | {k: v for k, v in parts.items() if v}
    phones = {*before.get("phones", []), *sent.reach.phones} - sent.reach.ended
    return {
        **before,
        **{name: value for name, value in said.items() if value},
        "phones": sorted(phones),
        "needs": in_order({*before.get("needs", []), *sent.needs}),
        "contacts": contacts,
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
