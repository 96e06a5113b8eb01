"""Every measure, in the order in which pages show them, with its definition in words."""

from django.conf import settings

from insights.acts import WHO
from insights.measures.base import Against, Cut, Measure, Part
from insights.measures.changes import ENDED, NOTICE, REBOOKED, REFUSED, SHORT_NOTICE
from insights.measures.changes import WAITS as STILL_OPEN
from insights.measures.feeds import ON_TIME
from insights.measures.slots import LOST, OFFERED, OUT_OF_HOURS, TAKEN, UNUSED
from insights.measures.waiting import OVER_SIX_WEEKS, OVER_THIRTEEN_WEEKS

PLACES = ("trust", "modality", "site", "kind", "urgency", "hours")
PEOPLE = ("decile", "age", "needs")
REQUESTS = ("trust", "modality", "urgency", *PEOPLE)
"""What a request without a place is known by."""
ANYWHERE = (*PLACES, *PEOPLE)
ANY_DAY = tuple(one for one in ANYWHERE if one != "hours")
ONLY_TRUST = ("trust", "modality")
NOT_KNOWN = "not known"


def _whole(groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return groups of times, those out of hours with them."""
    return (*groups, *(one + OUT_OF_HOURS for one in groups))


def _by(who: str, notices: tuple[str, ...] = (*NOTICE, "8+")) -> tuple[str, ...]:
    return tuple(f"{who} {notice}" for notice in notices)


def _notice(whose: tuple[str, ...]) -> Cut:
    """Return the split by days of notice, of what these cancelled."""
    words = {
        "On the day itself": "0", "1 or 2 days before": "1-2", "3 to 7 days before": "3-7",
        "8 days before or earlier": "8+",
    }  # fmt: skip
    groups = {name: tuple(f"{who} {one}" for who in whose) for name, one in words.items()}
    return Cut("notice", "How long before", groups)


BY_WHOM = Cut(
    "who",
    "Who cancelled",
    {
        "The patient": _by("patient"),
        "A trust": _by("trust"),
        "The place or this service": _by("us"),
    },
)
HOW_IT_ENDED = Cut(
    "ended",
    "How it ended",
    {
        "Has another time, or the same again": (REBOOKED,),
        "Still open: waits for another time": (STILL_OPEN,),
        "Refused: the patient does not want the scan": (REFUSED,),
        "Lost: the request is over for another reason": (ENDED,),
    },
)


def text_cost(price: int) -> Measure:
    """Return what texts cost by a price in hundredths of a penny a part; 0 is none, and said so."""
    at = f"at {price / 100:.2f}p each" if price else "each at a price of which none is set here yet"
    words = (
        f"What the texts of the month cost: their parts, {at} without VAT. Whoever runs this"
        " service sets the price (TEXT_PRICE) from its contract."
    )
    return Measure(
        "text_cost", "Cost of texts", words,
        "It is not the bill: free allowances and prices of before are not in it.",
        "£", "lower", Part("texts", take="total"), per=price / 10_000, by=ONLY_TRUST,
        nothing="no price is set",
    )  # fmt: skip


WAITS = [
    Measure(
        "over_six_weeks",
        "Waiting over six weeks",
        "Of 100 people who wait for a scan at the end of the month, how many have waited 42 days or"
        " more. The clock starts with the request, of a planned scan on the day that it is due. It"
        " starts again on the day that the patient cancels or does not come. A cancellation by a"
        " trust or by us never starts it again. The aim of 1% is the national one (DM01).",
        "It is not how long people waited who were scanned. X-ray and radionuclide scans are no"
        " part of the national figure (DM01): they are shown if you choose them, and are in no"
        " total.",
        "%", "lower", Part("waiting", OVER_SIX_WEEKS), Part("waiting"), 100, target=1,
        is_public=True, by=REQUESTS,
    ),
    Measure(
        "over_six_weeks_from_referral",
        "Over six weeks since the request",
        "Of 100 people who wait for a scan at the end of the month, how many have waited 42 days or"
        " more since the clock of their request started, whatever was cancelled or missed since."
        " X-ray and radionuclide scans are in no total.",
        "It is not the national figure (DM01), which starts the clock again when a patient cancels"
        " or does not come.",
        "%", "lower", Part("waiting_from_referral", OVER_SIX_WEEKS), Part("waiting_from_referral"),
        100, by=REQUESTS,
    ),
    Measure(
        "over_thirteen_weeks",
        "Waiting over thirteen weeks",
        "Of 100 people who wait for a scan at the end of the month, how many have waited 91 days or"
        " more by the same clock as for six weeks.",
        "It is not a part of the six weeks' standard: they count there too.",
        "%", "lower", Part("waiting", OVER_THIRTEEN_WEEKS), Part("waiting"), 100, by=REQUESTS,
    ),
    Measure(
        "waiting",
        "People waiting",
        "How many requests wait for a scan at the end of the month. X-ray and radionuclide scans"
        " are in no total, as in the national figure (DM01); choose them to see them.",
        "It is not how many people came in: one person may have two requests.",
        "requests", "lower", Part("waiting"), by=REQUESTS,
    ),
    Measure(
        "wait_days",
        "Days from request to scan",
        "Days from the clock start of a request to its scan, on average, of scans done in the"
        " month.",
        "It says nothing of those who still wait.",
        "days", "lower", Part("scans", take="total"), Part("scans"), by=ANYWHERE,
    ),
]  # fmt: skip
ACTIVITY = [
    Measure(
        "scans",
        "Scans done",
        "How many appointments were attended in the month.",
        "It is not all that the trusts' scanners do: only what was booked here.",
        "scans", "higher", Part("scans"), by=ANYWHERE,
    ),
    Measure(
        "against_baseline",
        "Scans against 2019/20",
        "Scans in the month for each 100 in the same month of 2019/20, of CT, MRI, ultrasound and"
        " DEXA. What was done then is NHS England's own count (DM01), of scans that were booked."
        " March 2019 stands for March 2020, which the pandemic broke. Of several trusts or scans"
        " together it is not known unless all of them are.",
        "It is not by working day: a month with fewer of them looks worse. And scans that are not"
        " booked here are missing in it.",
        "%", "higher", Part("scans"), by=ONLY_TRUST, against=Against.RAW,
        nothing=NOT_KNOWN, see="against_baseline_by_day",
    ),
    Measure(
        "against_baseline_by_day",
        "Scans a working day against 2019/20",
        "Scans for each working day of the month, for each 100 that were done a working day in the"
        " same month of 2019/20, of CT, MRI, ultrasound and DEXA. 1,380 scans in 23 working days"
        " against 1,000 in 22 are 132%. March 2019 stands for March 2020, which the pandemic"
        " broke.",
        "It is not how many were done on working days: those of weekends are in it, too.",
        "%", "higher", Part("scans"), by=ONLY_TRUST, against=Against.BY_WORKING_DAY,
        nothing=NOT_KNOWN, see="against_baseline",
    ),
    Measure(
        "minutes_travelled",
        "Minutes travelled",
        "Minutes by car from where people live to where they were scanned, one way, on average of"
        " scans where both are known.",
        "It is not how long they really took: some came by bus or on foot, or from elsewhere.",
        "minutes", "lower", Part("journeys", take="total"), Part("journeys"), by=ANYWHERE,
    ),
    Measure(
        "extra_minutes",
        "Minutes more than to the nearest place",
        "Minutes by car, one way, more than to the nearest place that does the same scan, on"
        " average of scans where both are known.",
        "It is not whether the nearest place had a time: many choose an earlier one further away.",
        "minutes", "lower", Part("journeys_further", take="total"), Part("journeys_further"),
        by=ANYWHERE,
    ),
    Measure(
        "extended_offered",
        "Times offered out of hours",
        "Of 100 times that were there to be had, how many began before 8am or from 6pm, at a"
        " weekend or on a bank holiday, by England's clock.",
        "It is not how many of them were used.",
        "%", "higher", Part("slots", tuple(one + OUT_OF_HOURS for one in OFFERED)), Part("slots"),
        100, is_public=True, by=("trust", "modality", "site", "kind"),
    ),
    Measure(
        "extended_taken",
        "Times taken out of hours",
        "Of 100 times that were taken, how many began out of hours, as above.",
        "It is not whether people wanted them: they may have had no other.",
        "%", "higher", Part("slots", (TAKEN + OUT_OF_HOURS,)), Part("slots", _whole((TAKEN,))), 100,
        by=("trust", "modality", "site", "kind"),
    ),
    Measure(
        "slots_used",
        "Times used",
        "Of 100 times that were there to be had, how many were taken by somebody.",
        "Somebody who took one may not have come.",
        "%", "higher", Part("slots", _whole((TAKEN,))), Part("slots"), 100,
        by=("trust", "modality", "site", "kind", "hours"),
    ),
    Measure(
        "slots_unused",
        "Times unused",
        "Of 100 times that were there to be had, how many passed with nobody in them.",
        "A trust may have used them in its own system without telling us.",
        "%", "lower", Part("slots", _whole((UNUSED,))), Part("slots"), 100,
        by=("trust", "modality", "site", "kind", "hours"),
    ),
    Measure(
        "slots_lost",
        "Times lost",
        "Of 100 times that were there to be had, how many a trust or a lost clinic took away.",
        "It does not count times that came back.",
        "%", "lower", Part("slots", _whole((LOST,))), Part("slots"), 100,
        by=("trust", "modality", "site", "kind", "hours"),
    ),
]  # fmt: skip
CHANGES = [
    Measure(
        "did_not_attend",
        "Did not attend",
        "Of 100 appointments whose time came, how many nobody came to.",
        "It is only as good as what is noted at the scanner.",
        "%", "lower", Part("did_not_attend"), Part("booked"), 100, by=ANYWHERE,
    ),
    Measure(
        "cancelled",
        "Cancelled",
        "How many appointments were cancelled in the month, whoever did it. The second table splits"
        " them by who cancelled, and by how long before the appointment.",
        "A changed time is no cancellation, nor is one that was taken back. A time that a trust"
        " takes away is told under displaced.",
        "appointments", "lower", Part("cancelled"), by=ANY_DAY, cuts=(BY_WHOM, _notice(WHO)),
    ),
    Measure(
        "cancelled_by_patient",
        "Cancelled by patients",
        "How many appointments patients cancelled in the month, by themselves, by text, or through"
        " a clerk or their trust.",
        "A changed time is no cancellation, nor is one that was taken back.",
        "appointments", "lower", Part("cancelled", _by("patient")), by=ANY_DAY,
        cuts=(_notice(("patient",)),),
    ),
    Measure(
        "cancelled_by_trust",
        "Cancelled by trusts",
        "How many appointments trusts cancelled in the month: because whoever asked for the scan"
        " withdrew it, or through a trust's own system.",
        "A time that a trust takes away is told under displaced.",
        "appointments", "lower", Part("cancelled", _by("trust")), by=ANY_DAY,
        cuts=(_notice(("trust",)),),
    ),
    Measure(
        "cancelled_by_us",
        "Cancelled by us",
        "How many appointments the place or this service cancelled in the month.",
        "It is neither a trust's nor a patient's cancellation, whoever typed those in.",
        "appointments", "lower", Part("cancelled", _by("us")), by=ANY_DAY,
        cuts=(_notice(("us",)),),
    ),
    Measure(
        "short_notice",
        "Cancelled at short notice",
        "Of 100 cancellations, how many were made within two days of the appointment.",
        "It does not say who cancelled.",
        "%", "lower",
        Part("cancelled", tuple(f"{who} {notice}" for who in WHO for notice in SHORT_NOTICE)),
        Part("cancelled"), 100, by=ANY_DAY,
    ),
    Measure(
        "displaced",
        "Times taken away from people",
        "How many appointments a trust took away or did not confirm in the month. The second table"
        " splits them by how it ended. Who said no to a time that was offered instead is still"
        " open as long as the request is.",
        "It is not how many people are without a scan: see how many have another time.",
        "appointments", "lower", Part("displaced"), by=ANY_DAY, cuts=(HOW_IT_ENDED,),
    ),
    Measure(
        "displaced_rebooked",
        "Displaced, with another time",
        "Of 100 appointments that were taken away, for how many the patient has another time, or"
        " the same again.",
        "It does not say how much later that is.",
        "%", "higher", Part("displaced", (REBOOKED,)), Part("displaced"), 100, by=ANY_DAY,
    ),
]  # fmt: skip
SOONER = [
    Measure(
        "offers_made",
        "Sooner times offered",
        "How many sooner times were offered to people who asked for one.",
        "One time may be offered to several people, one after the other.",
        "offers", "higher", Part("offers"), by=REQUESTS,
    ),
    Measure(
        "offers_taken",
        "Sooner times taken",
        "Of 100 sooner times that were offered, how many were taken.",
        "An offer that is still open counts as not taken yet.",
        "%", "higher", Part("offers", ("taken",)), Part("offers"), 100, by=REQUESTS,
    ),
    Measure(
        "days_gained",
        "Days gained by who came sooner",
        "Whole days between the old time and the sooner one, on average of those who took it.",
        "It is not a day less for everybody who waits.",
        "days", "higher", Part("offers", ("taken",), "total"), Part("offers", ("taken",)),
        by=REQUESTS,
    ),
]  # fmt: skip
CANCER = [
    Measure(
        f"alerts_{step}",
        f"Suspected cancer: {step} in time",
        f"Of 100 requests of suspected cancer that came in in the month, how many were {step}"
        f" {by}, as the network's aims say.",
        "It is the network's own aim inside the 28-day standard, not the standard itself.",
        "%", "higher", Part(f"alerts_{step}", ("in time",)), Part(f"alerts_{step}"), 100,
        target=100, by=REQUESTS,
    )
    for step, by in (
        ("acknowledged", "by the imaging team within its hours"),
        ("booked", "within a working day"),
        ("scanned", "within the days that their pathway allows"),
    )
]  # fmt: skip
TEXTS = [
    Measure(
        "texts_delivered",
        "Texts delivered",
        "Of 100 texts that a provider took, how many reached a phone.",
        "A text that reached a phone may not have been read.",
        "%", "higher", Part("texts", ("delivered",)), Part("texts"), 100, by=ONLY_TRUST,
    ),
    Measure(
        "texts_replied",
        "Texts answered",
        "Texts that came in for 100 that went out.",
        "One person may answer twice, and most texts ask for no answer.",
        "for 100", "higher", Part("replies"), Part("texts"), 100, by=(),
    ),
    Measure(
        "text_parts",
        "Parts of texts",
        "How many parts the provider charged for: a long text has two.",
        "It is not the bill: prices are between the network and its provider.",
        "parts", "lower", Part("texts", take="total"), by=ONLY_TRUST,
    ),
    text_cost(settings.TEXT_PRICE),
    Measure(
        "feed_calls",
        "Feeds' calls taken",
        "Of 100 calls by which trusts sent their times, how many were taken.",
        "A call that is taken may have lines that are refused.",
        "%", "higher", Part("feed_calls", ("taken",)), Part("feed_calls"), 100, by=("trust",),
    ),
    Measure(
        "feed_minutes",
        "Minutes since times were checked",
        "How old the times of a trust's feed were, in minutes, on average of the looks at it: one"
        " an hour. They are as old as their sender says, or as its last message.",
        "It is not how old they were between two looks, and nothing of a feed that never sent any.",
        "minutes", "lower", Part("feed_looks", take="total"), Part("feed_looks"), by=("trust",),
    ),
    Measure(
        "feeds_on_time",
        "Feeds on time",
        "Of 100 looks at trusts' feeds, one an hour, how many found times no older than three of"
        " the feed's own intervals.",
        "It is not whether the times were right. Later than that patients are told when they were"
        " checked.",
        "%", "higher", Part("feed_looks", (ON_TIME,)), Part("feed_looks"), 100, by=("trust",),
    ),
]  # fmt: skip
GROUPS = {
    "Waits": WAITS,
    "Scans and times": ACTIVITY,
    "Missed, cancelled, taken away": CHANGES,
    "Something sooner": SOONER,
    "Suspected cancer": CANCER,
    "Texts and feeds": TEXTS,
}
"""Measures under the headings of the overview."""
MEASURES = [one for group in GROUPS.values() for one in group]
