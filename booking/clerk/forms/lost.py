"""The forms of lost clinics: what is lost, what is decided about it, and about one person."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core import signing

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
HOURS = [(f"{hour:02}", f"{hour % 12 or 12}{'am' if hour < 12 else 'pm'}") for hour in range(6, 23)]
LONGEST = timedelta(days=31)
SALT = "booking.clerk.lost"


class LostForm(NhsForm):
    """What is lost. The whole day unless hours are chosen, one day unless a last one is typed."""

    what = SelectField(
        label="What is lost?", missing="Choose what is lost", attributes={"autofocus": "autofocus"}
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
        if sent.get("after") and sent.get("before") and sent["before"] <= sent["after"]:
            self.add_error("before", "Until must be later than from")
        return sent

    @property
    def lost(self) -> Lost:
        """What is lost, of a form that is valid."""
        sent = self.cleaned_data
        kind, key, trust = sent["what"].split(" ")
        begins = _moment(sent["day"], sent["after"])
        last = sent["last"] or sent["day"]
        ends = _moment(last, sent["before"]) if sent["before"] else _moment(last + A_DAY, "")
        return Lost(trust, kind, int(key), begins, ends, sent["reason"])


A_DAY = timedelta(days=1)


def _moment(day: date, hour: str) -> datetime:
    return datetime.combine(day, time(int(hour or 0)), LONDON)


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
