"""What follows when the provider says that a text did not get there, by whose fault that is.

The same for an answer to the call and for a receipt hours later (gateways/codes.py). A fault of
ours or of the moment is followed by another try: a new text with the same words, while the old one
keeps what was said of it. All others are for a person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications import dead_numbers, opt_outs, provider, timing
from notifications.attention import Reason
from notifications.gateways import codes
from notifications.gateways.codes import Blame
from notifications.models import ANSWERS, MUST_REACH, WAITING, Event, Kind, Message, State
from notifications.moves import Cause, superseded, transition

WAITS = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""After a fault of the moment a text is tried again so long after each failure: three times."""
WORTH_TRYING = (*MUST_REACH, Kind.DETAILS)
"""Kinds that still say what is so. Answers, codes and offers are of their own moment."""
REASONS = {
    Blame.NUMBER_FOR_NOW: Reason.OUT_OF_REACH,
    Blame.BUSY: Reason.OUT_OF_REACH,
    Blame.OPTED_OUT: Reason.OPTED_OUT,
    Blame.CONTENT: Reason.NOT_CARRIED,
}


@dataclass(frozen=True)
class Ruling:
    """Whose fault it is, why a clerk should phone (None: nobody need to yet), and the next try."""

    blame: Blame
    code: int
    reason: Reason | None
    again_at: datetime | None = None


def judge(message: Message, code: int, now: datetime) -> Ruling:
    """Return what follows from a refusal of this text. Changes nothing."""
    blame = codes.blame(code)
    if blame == Blame.NUMBER_FOR_EVER:
        return Ruling(blame, code, dead_numbers.reason_of(code))
    if blame == Blame.SENDER:
        again_at = _if_of_use(message, now)
        return Ruling(blame, code, None if again_at else Reason.NOT_DELIVERED, again_at)
    again_at = None
    if blame in (Blame.NUMBER_FOR_NOW, Blame.BUSY):
        _, tries = _tries_of(message)
        again_at = _if_of_use(message, now + WAITS[tries]) if tries < len(WAITS) else None
    return Ruling(blame, code, REASONS.get(blame, Reason.NOT_DELIVERED), again_at)


def carry_out(message: Message, ruling: Ruling, now: datetime, *, by_receipt: bool) -> None:
    """Do what follows, in the transaction in which the text is marked as not arrived."""
    if ruling.blame == Blame.NUMBER_FOR_EVER:
        dead_numbers.mark(message.to_hash, ruling.code, now=now)
    if ruling.blame == Blame.OPTED_OUT:
        opt_outs.opt_out(message.to_hash, source="provider", now=now)
    if ruling.blame == Blame.SENDER:
        provider.setting_at_fault(now, codes.setting(ruling.code), by_receipt=by_receipt)
    if ruling.again_at:
        _write_again(message, ruling.again_at, now, counted=ruling.blame != Blame.SENDER)


def call_off(message: Message, why: str, now: datetime) -> int:
    """Cancel the tries of a text that still wait: it arrived, or a person saw to it."""
    root, _ = _tries_of(message)
    waiting = Message.objects.filter(dedupe_key__startswith=f"{root}:try:", state__in=WAITING)
    return sum(
        transition(one.pk, State(one.state), State.CANCELLED, at=now, cause=Cause("retry", why))
        for one in waiting
    )


def _if_of_use(message: Message, moment: datetime) -> datetime | None:
    """Return when this text may be tried from this moment on; None if it is of no use then."""
    if message.kind not in WORTH_TRYING or not message.body:
        return None
    if Message.objects.filter(superseded(), pk=message.pk).exists():
        return None
    # Hours later it is no answer any more to what the patient did: it waits for the morning.
    kind = message.kind
    if kind in ANSWERS:
        kind = Kind.DISPLACED if kind in timing.DO_NOT_COME else Kind.CONFIRMED
    at = timing.first_open(kind, message.on_day, moment, message.scan_at)
    return at if at < message.not_after else None


def _tries_of(message: Message) -> tuple[str, int]:
    """Return the id of the text that was written first, and how many counted tries this one is."""
    root, is_try, rest = message.dedupe_key.partition(":try:")
    return (root, int(rest.split(":")[0])) if is_try else (str(message.pk), 0)


def _write_again(message: Message, due_at: datetime, now: datetime, *, counted: bool) -> None:
    """Write the text once more, once for each that failed. A fault of ours counts as no try.

    `retry_of` stays empty: that is what a person sent again.
    """
    root, tries = _tries_of(message)
    again, is_new = Message.objects.get_or_create(
        dedupe_key=f"{root}:try:{tries + counted}:{message.pk.hex}",
        defaults={
            **{
                name: getattr(message, name)
                for name in ("kind", "subject", "subject_version", "to", "to_hash", "template",
                             "body", "segments", "not_after", "on_day", "scan_at", "priority")
            },
            "state": State.SCHEDULED,
            "planned_at": due_at,
            "due_at": due_at,
            "created_at": now,
            "updated_at": now,
        },
    )  # fmt: skip
    if is_new:
        Event.objects.create(
            message=again, at=now, to_state=State.SCHEDULED, source="retry",
            detail="a setting of ours" if not counted else f"try {tries + 1} of {len(WAITS)} more",
        )  # fmt: skip
