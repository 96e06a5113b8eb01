"""What came of it: doubles, losses, answers of 5xx, how long answers took, and memory."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import four_trusts_checks
from benchmarks.load.gateway import Gateway
from benchmarks.load.play import Load
from benchmarks.timing import percentile
from booking.models import Appointment, AuditEntry
from booking.models.appointment import LIVE
from booking.worklists import nobody_lost
from notifications.models import WAITING, Inbound, Kind, Message, State

AFTER = 10.0
"""Seconds after the database is back in which an answer of 5xx may still belong to it."""
FLAT, SMALL = 1.25, 40.0
"""What is more than so many times what it was, and so many MB, is not flat."""
LONG_ENOUGH = 10.0
"""Minutes from which on memory is judged."""


@dataclass(frozen=True)
class Found:
    """What is printed, and what must be nothing."""

    lines: list[str]
    faults: dict[str, int]


def waits(now: datetime) -> bool:
    """Whether a text that is due waits for a worker, or is in the hands of one."""
    due = Message.objects.filter(due_at__lte=now, state__in=(*WAITING, State.SENDING))
    return due.exists()


def check(load: Load, gateway: Gateway, notes: Path, now: datetime) -> Found:
    """Compare what everybody was told with what the database and the provider have."""
    said = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    answers = [one for one in said if one["kind"] == "answer"]
    told = [one for one in said if one["kind"] == "told"]
    sent = gateway.sent()
    outside, (broken, unexplained) = _outside(load, answers), _broken(load, told)
    doubled = _doubled(sent)
    faults = {
        "doubles": sum(four_trusts_checks.doubles().values()),
        **_lost(told, sent, gateway, now),
        "texts doubled": len(doubled),
        "5xx while the database was there": len(outside),
        "answers of 4xx to who did nothing wrong": len(_refused(answers)),
        "visits broken off for no reason": len(unexplained),
        "nothing was booked or texted": int(not sent or not Appointment.objects.exists()),
        **_grown(load),
    }
    lines = [
        f"{len(answers):,} answers in {load.minutes:g} minutes: "
        f"{len(answers) / load.minutes / 60:.1f} a second; {load.users} people, clerks and trusts",
        *_times(answers),
        f"Visits: {sum(one['what'] == 'visit over' for one in told):,} came to their end, "
        f"{len(broken) - len(unexplained):,} were broken off by a fault, "
        f"{len(unexplained):,} for no reason",
        "Told: " + _many(Counter(one["what"] for one in told)),
        "Answered: " + _many(Counter(str(one["status"] or "nothing") for one in answers)),
        f"Appointments: {_many(Counter(Appointment.objects.values_list('status', flat=True)))}",
        f"Texts: {Message.objects.count():,} written, {sent.total():,} taken by the provider, "
        f"{_states()}; replies taken: {len(gateway.kept)}",
        "Started again: " + (_many(Counter(load.started_again)) or "nothing"),
        *_memory(load),
        *(f"{what}: {count}" for what, count in faults.items()),
        *doubled[:5],
        *(f"  5xx: {one['name']} {one['status']}" for one in outside[:5]),
        *(f"  4xx: {one['name']} {one['status']}" for one in _refused(answers)[:5]),
        *(
            f"  broken off: {one['why']} after {_fault_before(load, one)}"
            for one in unexplained[:5]
        ),
    ]
    return Found(lines, faults)


def _lost(
    told: list[dict[str, Any]], sent: Counter[Any], gateway: Gateway, now: datetime
) -> dict[str, int]:
    last = {}
    for one in told:
        if one["what"] in ("booked", "changed", "cancelled", "trying"):
            last[one["code"]] = one["what"]
    live = set(Appointment.objects.filter(status__in=LIVE).values_list("referral__code", flat=True))
    by_trust = AuditEntry.objects.filter(action__in=["displaced", "refused"])
    taken_away = set(by_trust.values_list("appointment__referral__code", flat=True))
    booked = {code for code, what in last.items() if what in ("booked", "changed")}
    cancelled = {code for code, what in last.items() if what == "cancelled"}
    rows = Message.objects.values_list("to", "body", "state", "subject")
    with_text = {subject for *_, subject in rows}
    kept = set(Inbound.objects.values_list("message_sid", flat=True))
    done = (State.ACCEPTED, State.DELIVERED)
    return {
        "bookings lost": len(booked - live - taken_away),
        "cancellations lost": len(cancelled & live),
        "bookings without a text": sum(
            name not in with_text
            for name in Appointment.objects.values_list("reference", flat=True)
        ),
        "texts said to be sent that were not": sum(
            state in done and not sent[to, body] for to, body, state, _ in rows
        ),
        "texts due and not sent": int(waits(now)),
        "replies lost": len(gateway.kept - kept),
        "referrals nobody thinks of": nobody_lost.lost(now).count(),
    }


def _doubled(sent: Counter[Any]) -> list[str]:
    """Return a line for each text that went out twice, of which rows of ours.

    Who asks for help twice is answered twice: as often as we wrote, and no more. How to reply is
    said once a day, and all else once.
    """
    written = defaultdict(list)
    for to, body, kind, state in Message.objects.values_list("to", "body", "kind", "state"):
        written[to, body].append((kind, state))
    lines = []
    for to_body, times in sent.items():
        rows = written[to_body]
        answers = sum(kind == Kind.ANSWER for kind, _ in rows)
        if times > max(1, answers):
            lines.append(f"  doubled: {times} times, of {rows}")
    return lines


def _outside(load: Load, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers of 5xx that no fault of the database explains."""
    away = [(one.begin, one.end + AFTER) for one in load.windows if one.breaks]
    found = []
    for one in answers:
        # `at` is when it ended; it may have begun while the database was away.
        began = one["at"] - one["ms"] / 1000
        if one["status"] >= 500 and not any(a <= one["at"] and began <= b for a, b in away):
            found.append(one)
    return found


def _refused(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers of 4xx; 409 is for whoever was slower than another."""
    return [one for one in answers if 400 <= one["status"] < 500 and one["status"] != 409]


def _broken(
    load: Load, told: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the visits that were broken off, and those of them that no fault explains."""
    away = [(one.begin, one.end + AFTER) for one in load.windows if one.stops_visits]
    broken = [one for one in told if one["what"] == "interrupted"]
    return broken, [one for one in broken if not any(a <= one["at"] <= b for a, b in away)]


def _fault_before(load: Load, one: dict[str, Any]) -> str:
    """Say which fault was the last to end, and how long ago."""
    past = [(one["at"] - window.end, window.name) for window in load.windows]
    ago, name = min(((ago, name) for ago, name in past if ago >= 0), default=(0, "nothing"))
    return f"{name}, {ago:.0f} s"


def _times(answers: list[dict[str, Any]]) -> list[str]:
    if not answers:
        return []
    by_name = defaultdict(list)
    for one in answers:
        by_name[one["name"]].append(one["ms"])
    lines = [f"{'':46}{'answers':>9}{'p50':>8}{'p95':>8}{'p99':>8}  ms"]
    for name, taken in [("all", [one["ms"] for one in answers]), *sorted(by_name.items())]:
        shares = "".join(f"{percentile(taken, share):8.0f}" for share in (50, 95, 99))
        lines.append(f"{name[:46]:46}{len(taken):9,}{shares}")
    return lines


def _thirds(taken: list[float]) -> tuple[float, float]:
    """Return the medians of the first third and of the last; a part that was away does not count.

    Of the first tenth nothing is taken: at first all is loaded.
    """
    taken = [one for one in taken if one]
    taken = taken[len(taken) // 10 :]
    third = max(1, len(taken) // 3)
    return (median(taken[:third]), median(taken[-third:])) if taken else (0.0, 0.0)


def _is_grown(first: float, last: float) -> bool:
    return last > first * FLAT and last - first > SMALL


def _memory(load: Load) -> list[str]:
    lines = ["Memory in MB (PSS), medians of the first third and of the last:"]
    for name, taken in sorted(load.memory.items()):
        first, last = _thirds(taken)
        word = "grown" if _is_grown(first, last) else "flat"
        lines.append(f"  {name:12}{first:8.0f}{last:8.0f}  {word}")
    return lines


def _grown(load: Load) -> dict[str, int]:
    if load.minutes < LONG_ENOUGH:
        return {}
    both = [_thirds(taken) for name, taken in load.memory.items() if name != "postgresql"]
    return {"parts whose memory grows": sum(_is_grown(*one) for one in both)}


def _states() -> str:
    return _many(Counter(Message.objects.values_list("state", flat=True)))


def _many(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
