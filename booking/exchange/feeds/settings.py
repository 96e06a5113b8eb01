"""What a person may set of a trust's feed, and who set it: for the staff's pages and commands.

`now` is passed in, aware, UTC. Every change is written into the audit, with no secret in it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from booking.changes import audit
from booking.exchange import safe_http
from booking.identifiers.actors import Actor
from booking.models import AuditAction, AuditEntry, Feed

LEAST_MINUTES, MOST_INTERVAL, MOST_LIMIT = 1, 24 * 60, 7 * 24 * 60
LONGEST_URL = 500
ACTIONS = [
    AuditAction.FEED_SET, AuditAction.FEED_READ_NOW,
    AuditAction.KEY_MADE, AuditAction.KEY_REVOKED,
]  # fmt: skip
"""What is done about a feed, not about a patient."""


class SettingsInvalid(ValueError):
    """What was asked cannot be set. `errors` maps each setting to what to do."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep every error, so that all can be shown at once."""
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class SettingsChanged(Exception):
    """Somebody else changed them since they were shown."""


@dataclass(frozen=True)
class FeedSettings:
    """How a feed is read: its manifest's address (empty: the trust sends), whether that is off, and
    minutes between its updates, and until its times are too old to be shown."""

    pull_url: str
    pull_off: bool
    interval_minutes: int
    limit_minutes: int

    @property
    def version(self) -> str:
        """What tells these settings from others: a form carries it."""
        return sha256(repr(self).encode()).hexdigest()[:32]


def settings_of(feed: Feed) -> FeedSettings:
    """Return a feed's settings as they are."""
    return FeedSettings(feed.pull_url, feed.pull_off, feed.interval_minutes, feed.limit_minutes)


def check_address(url: str) -> str:
    """Return why an address is not one to pull from; empty if it may be kept."""
    if len(url) > LONGEST_URL:
        return f"The address must be {LONGEST_URL} characters or fewer"
    try:
        safe_http.check_kept_url(url, private=settings.FEEDS_MAY_BE_PRIVATE)
    except safe_http.NotAllowed as refusal:
        why = str(refusal)
        return f"{why[:1].upper()}{why[1:]}"
    return ""


def save(trust: str, wanted: FeedSettings, *, seen: str, now: datetime, actor: Actor) -> list[str]:
    """Set a feed; return the names of what changed. A new address is read at once, all of it.

    `seen` is the version that was shown. Raises SettingsInvalid and SettingsChanged.
    """
    if errors := _errors(wanted):
        raise SettingsInvalid(errors)
    with transaction.atomic():
        feed = Feed.objects.select_for_update(no_key=True).get(pk=trust)
        before = settings_of(feed)
        old, new = asdict(before), asdict(wanted)
        changed = [name for name in new if new[name] != old[name]]
        if not changed:
            return []
        if seen != before.version:
            raise SettingsChanged
        fields = {name: new[name] for name in changed}
        if "pull_url" in changed:
            fields |= {"pull_state": {}, "pull_problem": "", "pull_next_at": None}
        Feed.objects.filter(pk=trust).update(**fields)
        said = {name: [old[name], new[name]] for name in changed}
        write_down(AuditAction.FEED_SET, trust, now=now, actor=actor, changes=said)
    return changed


def write_down(
    action: AuditAction,
    trust: str,
    *,
    now: datetime,
    actor: Actor,
    key: str = "",
    changes: dict[str, list[object]] | None = None,
) -> None:
    """Write into the audit what somebody did about a trust's feed: which key, by its first part;
    and each setting as it was and is."""
    audit.write(action, now=now, actor=actor, trust=trust, key=key, changes=changes or {})


def history(trust: str) -> QuerySet[AuditEntry]:
    """Return what was done about a trust's feed."""
    return AuditEntry.objects.filter(action__in=ACTIONS, detail__trust=trust)


def _errors(wanted: FeedSettings) -> dict[str, str]:
    errors = {}
    if wanted.pull_url and (why := check_address(wanted.pull_url)):
        errors["pull_url"] = why
    for name, most in (("interval_minutes", MOST_INTERVAL), ("limit_minutes", MOST_LIMIT)):
        if not LEAST_MINUTES <= getattr(wanted, name) <= most:
            errors[name] = f"Type a whole number of minutes from {LEAST_MINUTES} to {most}"
    if not errors and wanted.limit_minutes <= 3 * wanted.interval_minutes:
        # Else patients would be told to phone before anybody was told that the feed is late.
        errors["limit_minutes"] = "Type more than three times the minutes between its updates"
    return errors
