"""The forms of lost clinics: what is lost, what is decided about it, and about one person."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core import signing
from django.utils import timezone

from booking.identifiers.dates import DayKind
from booking.models import LostClinic
from booking.offers.lost.what import Lost, Thing
from booking.pages.fields import DayField, HiddenField, SelectField
from booking.pages.forms import NhsForm
from times.london import LONDON

CONFIRM, BACK, GO_AHEAD = ACTS = ("confirm", "back", "go_ahead")
"""What the buttons of a clinic do."""
SWAP, OUT, IN = PERSON_ACTS = ("swap", "out", "in")
"""What the buttons of one of its people do."""
HALF_HOURS = [time(hour, minute) for hour in range(6, 23) for minute in (0, 30)]
HOURS = [
    (f"{at:%H:%M}", f"{at.hour % 12 or 12}{at:%p}".lower() if not at.minute
     else f"{at.hour % 12 or 12}:{at:%M%p}".lower())
    for at in HALF_HOURS
]  # fmt: skip
LONGEST = timedelta(days=31)
SALT = "booking.clerk.lost"


class LostForm(NhsForm):
    """What is lost, or closed: the whole day unless hours are chosen, and one day unless a last one
    is typed. `from` is on the first day, `until` on the last."""

    what = SelectField(
        label="What is lost, or to be closed?",
        missing="Choose what is lost",
        for_all=True,
        attributes={"autofocus": "autofocus"},
    )
    day = DayField(
        kind=DayKind.TO_COME,
        label="Day, or the first day",
        subject="The day",
        missing="Type the day, like 27/3/2027",
        width=10,
    )
    last = DayField(
        kind=DayKind.TO_COME,
        label="Last day, if it is more than one (optional)",
        subject="The last day",
        width=10,
    )
    after = SelectField(label="From", choices=[("", "The start of the day"), *HOURS])
    before = SelectField(label="Until", choices=[("", "The end of the day"), *HOURS])
    reason = SelectField(
        label="Why",
        missing="Choose why",
        choices=[one for one in LostClinic.Reason.choices if one[0] != LostClinic.Reason.FEED],
    )

    def __init__(self, *args: Any, things: Sequence[Thing], **options: Any) -> None:
        """Offer what one's trusts have."""
        super().__init__(*args, **options)
        choices = [("", "Choose"), *((thing.value, thing.words) for thing in things)]
        self.fields["what"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the start, and more than a month at once."""
        sent = super().clean() or {}
        day, last = sent.get("day"), sent.get("last") or sent.get("day")
        if day and last and last < day:
            self.add_error("last", "The last day must not be before the first")
        elif day and last and last - day > LONGEST:
            self.add_error("last", "Say one month at most, then the next")
        after, before = sent.get("after"), sent.get("before")
        if day == last and after and before and before <= after:
            self.add_error("before", "Until must be later than from")
        if not self.errors and self.lost.ends <= timezone.now():
            self.add_error("before" if sent["before"] else "day", "This is over already")
        return sent

    @property
    def lost(self) -> Lost:
        """What is lost, of a form that is valid."""
        sent = self.cleaned_data
        kind, key, trust, *modality = sent["what"].split(" ")
        begins = _moment(sent["day"], sent["after"])
        last = sent["last"] or sent["day"]
        ends = _moment(last, sent["before"]) if sent["before"] else _moment(last + A_DAY, "")
        return Lost(trust, kind, int(key), begins, ends, sent["reason"], "".join(modality))


A_DAY = timedelta(days=1)


def _moment(day: date, at: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(at or "00:00"), LONDON)


class DecideForm(NhsForm):
    """`do` is what the pressed button does; `seen` says, signed, what was shown."""

    do = HiddenField()
    seen = HiddenField()
    slot = HiddenField()

    @property
    def shown(self) -> list[Any]:
        """What was shown, as `seen_token` wrote it; empty if we did not write it."""
        try:
            keys: list[Any] = signing.loads(self.cleaned_data.get("seen", ""), salt=SALT)
        except signing.BadSignature:
            return []
        return keys


def seen_token(*keys: object) -> str:
    """Return what a form carries: keys and states of our own, signed."""
    return signing.dumps(list(keys), salt=SALT)
