"""Who does something, as the audit and the worklists keep it: a kind and a key, never a name."""

from enum import StrEnum


class ActorKind(StrEnum):
    """Kinds of actor; the first three are people or speak for them."""

    PATIENT = "patient"
    STAFF = "staff"
    KEY = "key"
    """A trust's system, by the prefix of its key, which is not secret."""
    FEED = "feed"
    """A trust's own word on its times and referrals, by ODS code."""
    IMPORT = "import"
    """A file of a trust's referrals, by ODS code."""
    CLOCK = "clock"
    """What is done because its time has come."""
    STOPS = "stops"
    """A mobile scanner's stop that moved."""
    PLACES = "places"
    """The network's own word on a place or scanner: it moved, closed or cannot do a scan."""
    COMMAND = "command"
    """Whoever runs the service, by a command."""
    TEXTS = "texts"
    WEBHOOK = "webhook"
    RESTORE = "restore"
    """What follows when a backup was put back."""
    NOBODY = "nobody"
    """Who tried to sign in by a name that nobody here has."""


class Actor(str):
    """An actor as it is stored: "patient", "staff 12", "feed RXL"."""

    __slots__ = ()

    def __new__(cls, kind: ActorKind, key: object = "") -> "Actor":
        """Name an actor by its kind and its key, if it has one."""
        return super().__new__(cls, f"{kind} {key}".strip())


PATIENT = Actor(ActorKind.PATIENT)
CLOCK = Actor(ActorKind.CLOCK)


def kind_of(actor: str) -> str:
    """Return the kind of a stored actor, as ActorKind has it."""
    return actor.partition(" ")[0]


def staff_key(actor: str) -> int | None:
    """Return the key of the member of staff whom a stored actor names; None if it is not staff."""
    kind, _, key = actor.partition(" ")
    return int(key) if kind == ActorKind.STAFF and key.isdecimal() else None
