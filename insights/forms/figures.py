"""The filters of figures, as a shareable address has them. Nothing in it is about a person."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, ClassVar

from booking.models import Referral
from booking.pages.fields import SelectField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from insights.measures import Measure
from insights.models.figures import Age, Hours, Needs
from insights.months import SHOWN, before, code_of, last_whole, month_of, say_month
from insights.reading import Filters, table_of
from insights.sight import Sight
from sites.models import MODALITIES, Site

CHOSEN_MONTHS = 60
"""Months back that may be chosen: five years."""
DECILES = 10
PLACES = frozenset({"site", "kind", "hours"})
PEOPLE = frozenset({"decile", "age", "needs"})
NOT_BOTH = "Choose a place or a group of people, not both: nothing is counted by both together"
Choices = list[tuple[str, str]]


def _choices(first: str, rest: Iterable[tuple[object, str]]) -> Choices:
    return [("", first), *((str(code), capitalize_first(words)) for code, words in rest)]


def _select(label: str, what: str, choices: Choices) -> SelectField:
    return SelectField(
        label=label,
        choices=choices,
        classes="desk-select",
        for_all=True,
        error_messages={"invalid_choice": f"Choose {what} from the list"},
    )


def _decile(number: int) -> str:
    ends = {1: "1, the most deprived tenth", DECILES: "10, the least deprived tenth"}
    return ends.get(number, str(number))


TRUST = _select("Trust", "a trust", [])
SCAN = _select("Scan", "a scan", _choices("All scans", MODALITIES.items()))
URGENCY = _select("Urgency", "an urgency", _choices("All urgencies", Referral.Urgency.choices))
MONTH = ("first", "last")


def not_counted_by(label: object) -> str:
    """Return the error for a filter that a measure does not have."""
    return f"This measure is not counted by {str(label).lower()}: take that choice away"


class MonthsForm(NhsForm):
    """From which month to which: the last two years that are over, unless others are chosen."""

    parameters: ClassVar[Mapping[str, str]] = {"first": "from", "last": "to"}

    first = _select("From", "a month", [])
    last = _select("To", "a month", [])

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        """Offer the months of five years."""
        super().__init__(data, **options)
        months = [before(month_of(self.today), number) for number in range(CHOSEN_MONTHS)]
        for name, words in (("first", "2 years back"), ("last", "The last whole month")):
            offered = [(code_of(month), say_month(month)) for month in months]
            self.fields[name].choices = [("", words), *offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse months the wrong way round."""
        sent = super().clean() or {}
        if not {"first", "last"} & set(self.errors) and self.begins > self.ends:
            self.add_error("first", "The first month must not be after the last")
        return sent

    @property
    def ends(self) -> date:
        """The last month that is shown."""
        return self._month("last") or last_whole(self.today)

    @property
    def begins(self) -> date:
        """The first month that is shown."""
        return self._month("first") or before(self.ends, SHOWN - 1)

    def _month(self, name: str) -> date | None:
        chosen = self.cleaned_data.get(name)
        return date.fromisoformat(f"{chosen}-01") if chosen else None

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by its name in the address."""
        sent = self.cleaned_data.items() if self.is_bound else ()
        return {self.add_prefix(name): value for name, value in sent if value}


class ScanForm(MonthsForm):
    """Of pages with a tile a measure: which scan, and up to which month."""

    modality = SCAN
    field_order: tuple[str, ...] = ("modality", "first", "last")

    def counts(self, measures: Iterable[Measure]) -> list[Measure]:
        """Return those of these measures that are counted by what was chosen."""
        asked = {"modality"} if self.cleaned_data.get("modality") else set()
        return [one for one in measures if asked <= set(one.by)]

    def filters(self, **more: Any) -> Filters:
        """Return what is asked for."""
        return Filters(
            modality=self.cleaned_data.get("modality") or None,
            first=self.begins,
            last=self.ends,
            **more,
        )


class FiguresForm(MonthsForm):
    """Which figures of one measure, and by what they are split.

    Raises no error but says one: for a filter that the measure is not counted by, for a person's
    and a place's filter together, for a split that this person may not see.
    """

    trust = TRUST
    modality = SCAN
    site = _select("Place", "a place", [])
    kind = _select("Kind of place", "a kind of place", _choices("All kinds", Site.Kind.choices))
    urgency = URGENCY
    hours = _select("Time of the week", "a time of the week", _choices("All times", Hours.choices))
    decile = _select(
        "Deprivation", "a tenth",
        _choices("All", [(n, _decile(n)) for n in range(1, DECILES + 1)] + [(0, "not known")]),
    )  # fmt: skip
    age = _select(
        "Age", "an age", _choices("All ages", [*Age.choices[1:], (int(Age.UNKNOWN), "not known")])
    )
    needs = _select("Needs", "a need", _choices("All", Needs.choices))
    by = _select("Table by", "one of these", [])
    field_order = (
        "trust", "modality", "site", "kind", "urgency", "hours", "decile", "age", "needs",
        "first", "last", "by",
    )  # fmt: skip
    parameters: ClassVar[Mapping[str, str]] = {**MonthsForm.parameters, "site": "place"}

    def __init__(
        self, data: Mapping[str, Any] | None, *, measure: Measure, sight: Sight, **options: Any
    ) -> None:
        """Offer the trusts and places that this person may see."""
        super().__init__(_of_now(data, sight), **options)
        self.measure, self.sight = measure, sight
        fields: dict[str, Any] = self.fields
        fields["trust"].choices = _choices("The whole network", sight.open_trusts.items())
        self.places = {one.slug: one for one in sight.open_places}
        named = [(one.slug, one.name) for one in self.places.values()]
        fields["site"].choices = [("", "All places"), *named]
        offered = [(name, fields[name].label) for name in measure.by if name in fields]
        self.cuts = {one.code: one for one in measure.cuts}
        offered += [(one.code, one.name) for one in measure.cuts]
        fields["by"].choices = [("", "No second table"), *offered]

    @property
    def offered(self) -> list[Any]:
        """The fields that mean something for the measure, as the page shows them."""
        shown = {*self.measure.by, *MONTH, "by", *self.errors}
        return [self[name] for name in self.fields if name in shown]

    def clean(self) -> dict[str, Any]:
        """Refuse what no figure can answer."""
        sent = super().clean()
        for name in self.asked - set(self.measure.by):
            self.add_error(name, not_counted_by(self.fields[name].label))
        if not self.errors:
            self._refuse_split(sent.get("by") or "")
        if not self.errors:
            self._refuse_both(sent.get("by") or "")
        return sent

    def _refuse_split(self, split: str) -> None:
        apart = split in ("trust", "site") and not self.cleaned_data.get("trust")
        if apart and not self.sight.may_compare:
            self.add_error("by", "Choose one of your trusts first: others’ are not shown apart")

    def _refuse_both(self, split: str) -> None:
        asked = self.asked | ({split} - {"", *self.cuts})
        try:
            table_of(asked)
        except ValueError:
            both = asked & PLACES and asked & PEOPLE
            name = next(name for name in self.fields if name in asked & (PEOPLE | PLACES))
            words = "These are not counted together: take one of your choices away"
            self.add_error(name, NOT_BOTH if both else words)

    @property
    def asked(self) -> set[str]:
        """The names of the filters that were chosen."""
        sent = self.cleaned_data
        return {name for name, value in sent.items() if value and name not in (*MONTH, "by")}

    @property
    def split(self) -> str:
        """By what the second table is; empty without one."""
        return str(self.cleaned_data.get("by") or "")

    @property
    def filters(self) -> Filters:
        """What is asked for. Of a form without errors."""
        sent = {name: self.cleaned_data[name] for name in self.asked}
        if slug := sent.pop("site", None):
            sent["site"] = self.places[slug].id
        whole = {"hours", "decile", "age", "needs", "site"} & set(sent)
        numbers: dict[str, Any] = {name: int(sent[name]) for name in whole}
        more: dict[str, Any] = {**sent, **numbers}
        return Filters(**more, first=self.begins, last=self.ends)

    @property
    def said(self) -> list[str]:
        """What was chosen in words, in the order of the fields."""
        names = [name for name in self.fields if name in self.asked]
        return [self.words_of(name, self.cleaned_data[name]) for name in names]

    def words_of(self, name: str, value: object) -> str:
        """Return what a choice is called; a tenth or an age with what it is of."""
        words = dict(self.fields[name].choices).get(str(value), str(value))  # type: ignore[attr-defined]
        before = {"decile": "deprivation: ", "age": "age: "}
        return f"{before.get(name, '')}{words}"


def _of_now(data: Mapping[str, Any] | None, sight: Sight) -> Mapping[str, Any] | None:
    """Return what an address asks for, of a trust's old code what it is now: old links lead on."""
    code = (data or {}).get("trust")
    return {**dict(data.items()), "trust": sight.now(code)} if data and code in sight.old else data


class CompareForm(ScanForm):
    """Which measure the trusts are compared by."""

    measure = _select("Measure", "a measure", [])
    urgency = URGENCY
    field_order = ("measure", "modality", "urgency", "first", "last")

    def __init__(
        self, data: Mapping[str, Any] | None, *, measures: Iterable[Measure], **options: Any
    ) -> None:
        """Offer these measures."""
        super().__init__(data, **options)
        self.measures = {one.code: one for one in measures}
        named = [(code, one.name) for code, one in self.measures.items()]
        self.fields["measure"].choices = named  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a filter that the measure is not counted by."""
        sent = super().clean()
        for name in ("modality", "urgency"):
            if sent.get(name) and self.shown and name not in self.shown.by:
                self.add_error(name, not_counted_by(self.fields[name].label))
        return sent

    @property
    def shown(self) -> Measure | None:
        """The measure that was chosen, or the first; None if there is none."""
        chosen = self.cleaned_data.get("measure")
        return self.measures.get(chosen or "") or next(iter(self.measures.values()), None)
