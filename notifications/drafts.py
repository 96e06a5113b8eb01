"""One text before it is a row: what it is about and to whom, and the row that follows from that.

Pure functions: what must be known is read once (notifications/outbox.py: known_of) and passed in,
however many texts are written together. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from notifications import opt_outs, timing
from notifications.attention import Reason
from notifications.models import REMINDERS, Kind, Message, State
from notifications.wording.render import ENGLISH, render
from notifications.wording.segments import size

NEWS = 10  # goes before any reminder
PRIORITY: dict[str, int] = {
    Kind.ONE_TIME_CODE: 0,
    Kind.OFFER_URGENT: 5,
    Kind.OFFER_DISPLACED: 5,
    Kind.STAFF_ALERT: 5,
    Kind.OFFER: 30,
    Kind.INVITATION: 40,
    Kind.SOONER_LIST: 45,
    **dict.fromkeys(REMINDERS, 50),
}
OF_BOOKINGS = (
    Kind.CONFIRMATION, Kind.PENDING, Kind.CHANGED, Kind.CANCELLED_BY_YOU, Kind.DETAILS,
)  # fmt: skip
"""What is texted because somebody pressed a button: one who presses for ever floods a phone."""
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Draft:
    """One text that is to be written; each field is as notifications/outbox.py: enqueue says."""

    kind: str
    subject: str
    version: int
    to: str
    context: dict[str, str]
    due_at: datetime
    not_after: datetime
    wording: str = ""
    offset: str = ""
    on_day: date | None = None
    scan_at: datetime | None = None
    language: str = ENGLISH

    @property
    def key(self) -> str:
        """What tells it from every other text: the same again is not written."""
        return ":".join(filter(None, (self.subject, str(self.version), self.kind, self.offset)))


@dataclass(frozen=True)
class Known:
    """What must be known of a number before texts to it are written.

    `reason`: why it cannot be texted, None if it can. `lately`: for when texts about bookings to it
    were planned from an hour ago on, the latest first. `keys`: those of the drafts' keys that have
    a text already.
    """

    reason: Reason | None = None
    lately: Sequence[datetime] = ()
    keys: Collection[str] = ()


def to_message(draft: Draft, known: Known, *, now: datetime) -> Message:
    """Return the row of a text, not saved, with its words as they are now.

    Raises UnknownWording, UnfitText, or KeyError for a word that its context lacks.
    """
    template, body = render(draft.wording or draft.kind, draft.context, draft.language)
    due_at = draft.due_at
    if draft.kind in OF_BOOKINGS and not known.reason:
        due_at = when_there_is_room(known.lately, due_at)
    return Message(
        kind=draft.kind,
        subject=draft.subject,
        subject_version=draft.version,
        dedupe_key=draft.key,
        to=draft.to,
        to_hash=opt_outs.hash_of(draft.to),
        template=template,
        body=body,
        segments=size(body).segments,
        state=_first_state(draft, due_at, known.reason, now),
        planned_at=due_at,
        due_at=due_at,
        not_after=draft.not_after,
        on_day=draft.on_day,
        scan_at=draft.scan_at,
        priority=PRIORITY.get(draft.kind, NEWS),
        error=known.reason.label if known.reason else "",
        created_at=now,
        updated_at=now,
    )


def when_there_is_room(lately: Sequence[datetime], due_at: datetime) -> datetime:
    """Return when one more text about bookings is due to a number that gets so many an hour.

    `lately` is as in Known; settings.TEXTS_AN_HOUR says how many, 0 sets no limit.
    """
    most = settings.TEXTS_AN_HOUR
    if not most or len(lately) < most:
        return due_at
    return max(due_at, lately[most - 1] + AN_HOUR)


def _first_state(draft: Draft, due_at: datetime, reason: Reason | None, now: datetime) -> State:
    if reason:
        return State.SUPPRESSED
    if due_at <= now and timing.may_go(draft.kind, draft.on_day, now, draft.scan_at):
        return State.READY
    return State.SCHEDULED
