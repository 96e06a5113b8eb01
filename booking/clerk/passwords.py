"""What a password of staff may not be, beside what Django itself refuses."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

SHORTEST_NAME = 3


class NoNameInIt:
    """Refuses a password with one's user name, first name or last name in it, in any letters."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError if a name is in it."""
        if user is None:
            return
        names = {user.get_username(), *user.first_name.split(), *user.last_name.split()}
        folded = password.casefold()
        if any(len(name) >= SHORTEST_NAME and name.casefold() in folded for name in names):
            raise ValidationError("Choose a password without your name in it")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return "It cannot have your name in it."
