"""The forms of the send-fence: send or drop one kind, with why; and take the fence down."""

from collections.abc import Collection
from typing import Any

from django.core import signing

from booking.pages.fields import HiddenField, RadiosField, TextField
from booking.pages.forms import NhsForm

SEND, DROP = "send", "drop"
SALT = "booking.clerk.fence"


class SeenForm(NhsForm):
    """What every form of the page carries: which fence it showed, and how much waited; signed."""

    seen = HiddenField(longest=2000)

    @property
    def shown(self) -> tuple[int, str, dict[str, int]] | None:
        """The fence's key and moment, and how much of each kind waited; None if not ours."""
        try:
            key, moment, counts = signing.loads(self.cleaned_data.get("seen", ""), salt=SALT)
        except signing.BadSignature:
            return None
        return key, moment, counts


class DecideForm(SeenForm):
    """What becomes of one kind."""

    kind = RadiosField(label="What", missing="Choose what you decide about")
    do = RadiosField(
        label="What becomes of it",
        choices=[
            (SEND, "It did not go: let it go now, and what follows of its kind"),
            (DROP, "It went before: drop what waits, and let what follows go"),
        ],
        missing="Choose what becomes of it",
    )
    reason = TextField(label="How you know", longest=200, missing="Say how you know")

    def __init__(self, *args: Any, kinds: Collection[tuple[str, str]] = (), **options: Any) -> None:
        """Offer what waits."""
        super().__init__(*args, **options)
        self.fields["kind"].choices = list(kinds)  # type: ignore[attr-defined]


class LiftForm(SeenForm):
    """Nothing waits: the fence comes down."""

    reason = TextField(label="What you looked at", longest=200, missing="Say what you looked at")


def seen_token(key: int, moment: str, counts: dict[str, int]) -> str:
    """Return what the forms carry: a key and counts of our own, signed."""
    return signing.dumps([key, moment, counts], salt=SALT)
