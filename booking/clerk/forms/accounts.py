"""The forms of an account: who it is, what they may do and for which trusts."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from booking.changes.staff_accounts import Wanted
from booking.models import Staff
from booking.pages.fields import CheckboxesField, HiddenField, RadiosField, TextField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.patients.record import NotAMobile, read_mobile
from sites.models import Trust

LONGEST_NAME = 150
ROLES = [(str(role), capitalize_first(role.label)) for role in Staff.Role]


class AccountForm(NhsForm):
    """What an account is to be. `seen` is the version that the page showed."""

    given_name = TextField(
        label="First names",
        longest=LONGEST_NAME,
        autocomplete="off",
        missing="Type their first names",
    )
    family_name = TextField(
        label="Last name", longest=LONGEST_NAME, autocomplete="off", missing="Type their last name"
    )
    role = RadiosField(label="Role", choices=ROLES, missing="Choose their role")
    trusts = CheckboxesField(label="Trusts that they work for", for_all=True)
    email = TextField(
        label="E-mail address, if they have one", longest=254, type="email", autocomplete="off",
        spellcheck=False,
    )  # fmt: skip
    phone = TextField(
        label="Mobile for texts about suspected cancer, if they are told", longest=40, type="tel",
        autocomplete="off", classes="nhsuk-input--width-20",
    )  # fmt: skip
    seen = HiddenField(longest=64)

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the trusts of the network."""
        super().__init__(*args, **options)
        every = Trust.objects.order_by("name").values_list("code", "name")
        self.fields["trusts"].choices = list(every)  # type: ignore[attr-defined]

    def clean_trusts(self) -> list[str]:
        """Return the codes of the trusts, at least one."""
        if not self.cleaned_data["trusts"]:
            raise ValidationError("Choose at least one trust")
        return list(self.cleaned_data["trusts"])

    def clean_email(self) -> str:
        """Return the address, empty if there is none. Raises ValidationError."""
        email = self.cleaned_data["email"]
        if email:
            try:
                validate_email(email)
            except ValidationError:
                raise ValidationError("Type an e-mail address like name@trust.nhs.uk") from None
        return str(email)

    def clean_phone(self) -> str:
        """Return the number in E.164, empty if there is none. Raises ValidationError."""
        try:
            return read_mobile(self.cleaned_data["phone"])
        except NotAMobile as wrong:
            raise ValidationError(str(wrong)) from None

    @property
    def wanted(self) -> Wanted:
        """What was asked for."""
        sent = self.cleaned_data
        return Wanted(
            sent["role"], frozenset(sent["trusts"]), sent["given_name"], sent["family_name"],
            sent["email"], sent["phone"],
        )  # fmt: skip


class NewAccountForm(AccountForm):
    """The same with the name that they sign in with, which never changes."""

    username = TextField(
        label="User name, to sign in with", longest=150, autocomplete="off", spellcheck=False,
        autocapitalize="none", missing="Type a user name", classes="nhsuk-input--width-20",
    )  # fmt: skip

    def clean_username(self) -> str:
        """Return the name. Raises ValidationError for one that cannot be."""
        username = str(self.cleaned_data["username"])
        try:
            User(username=username).clean_fields(["password"])
        except ValidationError:
            words = "Use letters, digits and @ . + - _ only, without spaces"
            raise ValidationError(words) from None
        return username


class ActForm(NhsForm):
    """Which button of an account's page was pressed, and the version that the page showed."""

    do = HiddenField(longest=20)
    act_seen = HiddenField(longest=64)


def account_form(wanted: Wanted, seen: str) -> AccountForm:
    """Return the form of an account as it is."""
    return AccountForm(
        initial={
            "given_name": wanted.given_name, "family_name": wanted.family_name,
            "role": wanted.role, "trusts": sorted(wanted.trusts), "email": wanted.email,
            "phone": wanted.phone, "seen": seen,
        }
    )  # fmt: skip
