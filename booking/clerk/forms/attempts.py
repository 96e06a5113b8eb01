"""The form of what came of a call: a button says what, and a call back says when."""

from datetime import UTC, datetime, time
from typing import Any

from booking.identifiers.dates import DayKind
from booking.pages.fields import DayField, HiddenField, SelectField
from booking.pages.forms import NhsForm
from booking.worklists.attempts import What
from times.london import LONDON, say_time

HOURS = [time(hour, minute) for hour in range(8, 20) for minute in (0, 30)]
"""When staff phone, in England: half past seven in the evening is the last."""


def say_hour(hour: time) -> str:
    """Return a time of the clock in words."""
    return say_time(datetime(2026, 1, 1, hour.hour, hour.minute, tzinfo=LONDON))


class CallBackForm(NhsForm):
    """A day and an hour that go with a call back alone; which button says so is each form's own."""

    call_day = DayField(
        label="Call back on", kind=DayKind.TO_COME, subject="The day", type="date",
        classes="desk-input",
    )  # fmt: skip
    call_time = SelectField(
        label="At", classes="desk-select",
        choices=[("", "Choose"), *((f"{one:%H:%M}", say_hour(one)) for one in HOURS)],
    )  # fmt: skip

    def need_day_and_hour(self) -> None:
        """Refuse a call back without its day or its hour."""
        for name, words in (("call_day", "Type the day"), ("call_time", "Choose the time")):
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, words)

    @property
    def call_back_at(self) -> datetime:
        """When to call back (UTC), of a form that is valid and says both."""
        hour = time.fromisoformat(self.cleaned_data["call_time"])
        return datetime.combine(self.cleaned_data["call_day"], hour, LONDON).astimezone(UTC)


class TriedForm(CallBackForm):
    """`what` is what the pressed button says.

    `from_screen`: the form stood on the patient's screen, which its answer then leads back to.
    """

    what = HiddenField(longest=20)
    from_screen = HiddenField(longest=1)

    def clean(self) -> dict[str, Any]:
        """Refuse no button of ours, and a call back without its day and hour."""
        sent = super().clean() or {}
        if sent.get("what") not in What.values:
            self.add_error(None, "Press one of the buttons")
        if sent.get("what") == What.CALL_BACK:
            self.need_day_and_hour()
        return sent

    @property
    def call_at(self) -> datetime | None:
        """When to call back (UTC), if both were said."""
        sent = self.cleaned_data
        return self.call_back_at if sent.get("call_day") and sent.get("call_time") else None
