"""The forms of targets and of re-basing: each act has a reason."""

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from booking.pages.fields import HiddenField, RadiosField, SelectField, TextareaField, TextField
from booking.pages.forms import NhsForm
from insights.dm01.providers import trusts_now
from insights.measures import MEASURES, Measure
from insights.models import Rebase, Target
from insights.models.act import EVERY_TRUST
from insights.targets import About
from received.numbers import whole_number
from sites.models import Trust

EVERY = "all"
"""What a form sends for EVERY_TRUST."""
TARGET_MONTHS = (-24, 24)
REBASE_MONTHS = (-119, 0)
"""From how many months before this one to how many after it."""
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)


class WhyForm(NhsForm):
    """Why, and the number of the last act that the page knew."""

    why = TextareaField(
        label="Why", longest=400, rows=2, missing="Say why",
        hint="Whoever reads the chart sees it. Name no patient",
    )  # fmt: skip
    seen = HiddenField(longest=20)

    def clean_seen(self) -> int:
        """Return the number, -1 for what we did not write: nothing matches it."""
        number = whole_number(self.cleaned_data["seen"])
        return -1 if number is None else number


class AboutForm(WhyForm):
    """Which measure of which trust, from which month. `months` are before and after this one."""

    measure = SelectField(label="Measure", missing="Choose a measure")
    trust = RadiosField(label="Of", missing="Choose whose it is")
    month = SelectField(label="From", missing="Choose a month")
    months = TARGET_MONTHS

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the measures, the trusts of the network and the months."""
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["measure"].choices = [("", "Choose"), *((m.code, say_measure(m)) for m in MEASURES)]
        named = Trust.objects.order_by("name").values_list("code", "name")
        now = set(trusts_now())
        trusts = [(code, name) for code, name in named if code in now]
        fields["trust"].choices = [(EVERY, "The network, and each trust"), *trusts]
        this = self.today.year * 12 + self.today.month - 1
        first, last = self.months
        days = [date(at // 12, at % 12 + 1, 1) for at in range(this + last, this + first - 1, -1)]
        fields["month"].choices = [("", "Choose"), *((f"{d:%Y-%m}", say_month(d)) for d in days)]

    @property
    def about(self) -> About:
        """What was chosen."""
        sent = self.cleaned_data
        trust = EVERY_TRUST if sent["trust"] == EVERY else sent["trust"]
        return About(sent["measure"], trust, date.fromisoformat(f"{sent['month']}-01"))


class TargetForm(AboutForm):
    """A target."""

    value = TextField(
        label="Target", longest=20, inputmode="decimal", missing="Type the target",
        hint="In the measure’s own unit, such as 1 for 1%", classes="nhsuk-input--width-5",
    )  # fmt: skip

    def clean_value(self) -> float:
        """Return the target. Raises ValidationError."""
        if not NUMBER.fullmatch(self.cleaned_data["value"]):
            raise ValidationError("Type a number like 5 or 2.5, without its unit")
        return float(self.cleaned_data["value"])


class RebaseForm(AboutForm):
    """From when a chart is worked out anew."""

    months = REBASE_MONTHS


def initial_of(act: Rebase | Target) -> dict[str, object]:
    """Return what a form shows of an act that is to be changed."""
    shown: dict[str, object] = {
        "measure": act.measure,
        "trust": act.trust or EVERY,
        "month": f"{act.month:%Y-%m}",
    }
    return {**shown, "value": f"{act.value:g}"} if isinstance(act, Target) else shown


def say_measure(measure: Measure) -> str:
    """Return its name with its unit."""
    return f"{measure.name} ({measure.unit})"


def say_month(month: date) -> str:
    """Return a month in words."""
    return f"{month:%B %Y}"
