"""The form of a held feed: go ahead, or keep the times; and what was shown when it was pressed."""

from typing import Any

from django.core import signing

from booking.pages.fields import HiddenField
from booking.pages.forms import NhsForm

RELEASE, KEEP = ACTS = ("release", "keep")
"""What the buttons do."""


class HeldForm(NhsForm):
    """`do` is what the pressed button does; `seen` says, signed, which loss was shown."""

    do = HiddenField()
    seen = HiddenField()

    def clean(self) -> dict[str, Any]:
        """Refuse what no button of ours says."""
        sent = super().clean() or {}
        if sent.get("do") not in ACTS:
            self.add_error(None, "Press one of the buttons")
        return sent

    @property
    def shown(self) -> list[int] | None:
        """The loss that was shown, its times and its booked ones; None if we did not write it."""
        try:
            keys: list[int] = signing.loads(self.cleaned_data.get("seen", ""), salt=SALT)
        except signing.BadSignature:
            return None
        return keys


SALT = "booking.clerk.held"


def seen_token(loss: int, times: int, booked: int) -> str:
    """Return what the form carries: keys and counts of our own, signed."""
    return signing.dumps([loss, times, booked], salt=SALT)
