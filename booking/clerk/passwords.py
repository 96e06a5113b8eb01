"""What a password of staff may not be, beside what Django itself refuses."""

import re

from django.conf import settings
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


OUR_WORDS = (
    "password", "passwort", "welcome", "letmein", "nhs", "hospital", "trust", "radiology",
    "imaging", "diagnostic", "network", "scan", "scanner", "booking", "book", "finder", "desk",
    "clerk", "staff", "admin", "lancashire", "cumbria", "south", "preston", "blackpool",
    "blackburn", "burnley", "lancaster", "morecambe", "barrow", "furness", "kendal", "spring",
    "summer", "autumn", "winter", "monday", "friday",
)  # fmt: skip
"""What somebody who knows where we work would try first."""
LOOKS_LIKE = str.maketrans("013457@$!", "oieastasi")
"""Signs that people write in place of letters."""
SHORTEST_REST = 8
"""Letters and signs that must be left when the words are taken out: as long as any password."""


class NotOfOurWords:
    """Refuses a password made of the service's, the network's or the trade's words and little more.

    ASVS 5.0, 6.1.2 and 6.2.11: "Radiology2026!" is on no list of common ones, and is guessed first.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError if too little is left without those words, years and end signs."""
        rest = password.casefold().translate(LOOKS_LIKE)
        words = {*OUR_WORDS, *re.findall(r"\w+", settings.ORGANISATION_NAME.casefold())}
        found = [word for word in words if len(word) >= SHORTEST_NAME and word in rest]
        for word in sorted(found, key=len, reverse=True):
            rest = rest.replace(word, "")
        if found and len(re.sub(r"[\W\d_]", "", rest)) < SHORTEST_REST:
            raise ValidationError(
                "Choose a password that is not made of words of this service or its places"
            )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return "It cannot be made of words of this service or of its places."
