"""The forms of signing in: password, second factor, another password."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError

from booking.pages.fields import BoundNhsField, HiddenField, TextField
from booking.pages.forms import NhsForm

EMPTY = "This field is required."


class SecretField(TextField):
    """Words that the page never shows again."""

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the id alone."""
        return {"id": bound.auto_id}


class PasswordField(SecretField):
    """A password, with a button that shows it while it is typed."""

    component = "password-input"
    macro = "passwordInput"

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what a text takes; spaces are part of a password."""
        options = {"longest": 500, "classes": "nhsuk-input--width-20", **options}
        super().__init__(*args, strip=False, **options)

    def tidy(self, typed: str) -> str:
        """Return it as it was typed: of a password every character counts."""
        return typed


class SignInForm(NhsForm):
    """User name and password, and the page that was asked for."""

    username = TextField(
        label="User name", longest=150, autocomplete="username", classes="nhsuk-input--width-20",
        spellcheck=False, autocapitalize="none",
    )  # fmt: skip
    password = PasswordField(label="Password", autocomplete="current-password")
    next = HiddenField(longest=2000)


class CodeForm(NhsForm):
    """A code of the authenticator app, or a recovery code."""

    code = SecretField(
        label="6 digits from your authenticator app",
        hint="Without your phone, type one of your recovery codes. Each works once.",
        longest=40, autocomplete="one-time-code", classes="nhsuk-input--width-20",
        spellcheck=False, attributes={"autofocus": "autofocus"},
    )  # fmt: skip

    def clean_code(self) -> str:
        """Return the code as it is kept."""
        return "".join(str(self.cleaned_data["code"]).split()).lower()


class AgainForm(NhsForm):
    """One's own password, asked again before something that a thief of a session would do."""

    again_password = PasswordField(
        label="Your password", missing="Type your password", autocomplete="current-password"
    )


class AgainByCodeForm(CodeForm):
    """A code instead, of whoever has no password of ours."""

    parameters: ClassVar[Mapping[str, str]] = {"code": "again_password"}


class FirstCodeForm(NhsForm):
    """The first code of an authenticator app that is being set up."""

    code = SecretField(
        label="6 digits from the app", longest=20, autocomplete="one-time-code",
        inputmode="numeric", classes="nhsuk-input--width-10",
    )  # fmt: skip


class ChangePasswordForm(PasswordChangeForm, NhsForm):
    """The password now, and twice a new one."""

    old_password = PasswordField(
        label="Password now", missing=EMPTY, autocomplete="current-password"
    )
    new_password1 = PasswordField(label="New password", missing=EMPTY, autocomplete="new-password")
    new_password2 = PasswordField(
        label="New password again", missing=EMPTY, autocomplete="new-password"
    )

    def clean_new_password1(self) -> str:
        """Return the new password. Raises ValidationError if it is the one that they have."""
        new = str(self.cleaned_data["new_password1"])
        if new == self.data.get("old_password"):
            raise ValidationError("Choose a password that you do not have now")
        return new
