"""The forms for other ways to reach a patient than the mobile, and for the people around them."""

from datetime import date
from typing import Any

from booking.identifiers.dates import DayKind
from booking.models import Contact, Patient
from booking.pages.fields import DayField, HiddenField, SelectField, TextareaField, TextField
from booking.pages.filters import say_phone
from booking.pages.forms import NhsForm
from booking.patients import reach

WIDE = "nhsuk-input--width-20"
MAY_SPEAK = [("", "Nobody has asked"), ("yes", "Yes"), ("no", "No")]
ANSWERS = {"yes": True, "no": False}
LONG = 1000
"""Characters that are read of a box of several lines: what is too long is refused, not cut."""


def box(label: str, classes: str = WIDE, **options: Any) -> TextField:
    """Return a box that no browser fills in from another patient."""
    return TextField(label=label, classes=classes, autocomplete="off", **options)


def phones_field() -> TextareaField:
    """Return the box for phones that are only rung."""
    return TextareaField(
        label="Other phones", hint="One on each line, like 01229 870870 home. Never texted.",
        rows=2, longest=LONG,
    )  # fmt: skip


def email_field() -> TextField:
    """Return the box for an e-mail address."""
    return box("E-mail", type="email", longest=LONG)


def address_field() -> TextareaField:
    """Return the box for the lines of an address."""
    return TextareaField(label="Address, without the postcode", rows=3, longest=LONG)


def may_speak_field(label: str) -> SelectField:
    """Return what the patient answered about speaking with somebody."""
    return SelectField(label=label, choices=MAY_SPEAK)


def agreed_field(label: str) -> TextField:
    """Return what the patient agreed to."""
    return box(label, hint="Like: times and places only", longest=LONG)


class ReachForm(NhsForm):
    """Phones that are rung, e-mail, address. `reach` is what was typed, once it is valid."""

    phones = phones_field()
    email = email_field()
    address = address_field()
    postcode = box("Postcode", "nhsuk-input--width-10", longest=40)
    seen = HiddenField(longest=64)

    def clean(self) -> dict[str, Any]:
        """Read all of it; every error at once."""
        sent, errors = super().clean() or {}, dict[str, str]()
        typed = reach.phones_typed(sent.get("phones", ""))
        self.reach = reach.Reach(
            reach.read_phones(typed, errors),
            reach.read_email(sent.get("email", ""), errors),
            reach.read_address(sent.get("address", ""), errors),
        )
        if len(sent.get("postcode", "")) > 8:
            errors["postcode"] = "Type a postcode, like LA14 4LF"
        self.add_errors(errors)
        return sent


def reach_form(patient: Patient) -> ReachForm:
    """Return the form with what is known of a patient."""
    phones = [f"{say_phone(one.number)} {one.use}".strip() for one in patient.other_phones.all()]
    return ReachForm(
        initial={
            "phones": "\n".join(phones),
            "email": patient.email,
            "address": patient.address,
            "postcode": patient.postcode,
            "seen": reach.version_of(patient),
        }
    )


class ContactForm(NhsForm):
    """Somebody close to the patient. `details` is what was typed, once it is valid."""

    contact_name = box("Name", longest=LONG)
    contact_relationship = box("What they are to the patient", hint="Like: daughter", longest=LONG)
    contact_phone = box("Phone", type="tel", longest=40)
    is_next_of_kin = SelectField(
        label="Are they the next of kin?", choices=[("", "No"), ("yes", "Yes")]
    )
    contact_may_speak = may_speak_field("Does the patient let us speak with them?")
    contact_agreed = agreed_field("About what")
    contact_agreed_on = DayField(
        label="When the patient said so", kind=DayKind.CLOCK_START, hint="Today, if you leave it",
        classes="nhsuk-input--width-10",
    )  # fmt: skip
    seen = HiddenField(longest=64)

    def clean(self) -> dict[str, Any]:
        """Read all of it; every error at once."""
        sent, errors = super().clean() or {}, dict[str, str]()
        day: date | None = sent.get("contact_agreed_on")
        typed = reach.SentContact(
            "contact",
            sent.get("contact_name", ""),
            sent.get("contact_relationship", ""),
            sent.get("contact_phone", ""),
            bool(sent.get("is_next_of_kin")),
            ANSWERS.get(sent.get("contact_may_speak", "")),
            sent.get("contact_agreed", ""),
            day,
        )
        self.details = reach.read_contact(typed, errors, said_on=self.today, today=self.today)
        if self.details is None and not errors:
            errors["contact_name"] = "Type the name of this person"
        self.add_errors(errors)
        return sent


class RemoveForm(NhsForm):
    """The press that takes a contact away."""

    details = None
    seen = HiddenField(longest=64)


def contact_form(patient: Patient, contact: Contact | None) -> ContactForm:
    """Return the form with what is known of a contact; empty for a new one."""
    initial: dict[str, Any] = {"seen": reach.version_of(patient)}
    if contact:
        answer = {None: "", True: "yes", False: "no"}[contact.may_speak]
        initial |= {
            "contact_name": contact.name,
            "contact_relationship": contact.relationship,
            "contact_phone": say_phone(contact.phone),
            "is_next_of_kin": "yes" if contact.is_next_of_kin else "",
            "contact_may_speak": answer,
            "contact_agreed": contact.agreed,
            "contact_agreed_on": contact.agreed_on,
        }
    return ContactForm(initial=initial)
