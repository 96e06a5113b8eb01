"""What the finder asks: where from, which scan, and what somebody needs there."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError

from booking.pages.fields import HiddenField, SelectField, TextField
from booking.pages.forms import NhsForm
from booking.search.criteria import (
    KINDS,
    NEEDED,
    OPENING,
    CriteriaForm,
    modality_field,
    only_with_way_home,
    some_of,
)
from booking.search.origin import LONGEST, way_field
from sites import origins

BOLD = "nhsuk-u-font-weight-bold"
SMALL = "nhsuk-checkboxes--small"


class OriginForm(NhsForm):
    """Where from: what was typed, or latitude and longitude if the device said them; and how."""

    postcode = TextField(
        label="Postcode or town", hint="Like LA14 4LF, LA14 or Kendal", label_classes=BOLD,
        classes="nhsuk-input--width-20", spellcheck=False, longest=LONGEST,
    )  # fmt: skip
    way = way_field(
        SelectField, label="How you travel", hint="For how long it takes", label_classes=BOLD
    )
    lat = HiddenField(longest=20)
    lon = HiddenField(longest=20)

    def clean(self) -> dict[str, Any]:
        """Find where that is: `origin`, with how somebody travels if they said."""
        found = self.cleaned_data
        try:
            if found["lat"] and found["lon"]:
                found["origin"] = origins.at(float(found["lat"]), float(found["lon"]))
            else:
                found["origin"] = origins.find(found["postcode"])
        except origins.OriginError as error:
            raise ValidationError({"postcode": error.message}) from None
        except ValueError:
            raise ValidationError({"postcode": origins.NotKnown.message}) from None
        found["origin"] = replace(found["origin"], way=found.get("way", ""))
        return found


class FinderForm(CriteriaForm):
    """Which scan, and what somebody needs there; the finder does not ask for times."""

    modality = modality_field(hint="Your letter or text says which", label_classes=BOLD)
    need = some_of(
        "need", NEEDED, label="I need", label_size="s", classes=f"{SMALL} finder-filters__columns",
        formGroup={"classes": "finder-filters__wide"},
    )  # fmt: skip
    open = some_of("open", OPENING, label="Open", label_size="s", classes=SMALL)
    kind = some_of(
        "kind", KINDS, label="Kind of place", label_size="s", classes=SMALL, hides=("mobile",)
    )
    home = only_with_way_home(
        label="Without a car", label_size="s", classes=SMALL,
        hint="Counts if you travel by bus, train or on foot",
    )  # fmt: skip
    leaves_out = ("first_day", "last_day", "daypart", "weekend", "sort")
