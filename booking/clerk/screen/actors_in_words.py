"""Who did something, as people read it: a name for the key that the audit and the lists keep."""

from collections.abc import Collection

from booking.identifiers.actors import ActorKind, kind_of, staff_key
from booking.models import FeedKey, Staff
from sites.models import Trust

WORDS = {
    ActorKind.PATIENT: "The patient",
    ActorKind.CLOCK: "This service, by itself",
    ActorKind.STOPS: "The network’s list of mobile scanners",
    ActorKind.PLACES: "The network’s list of places",
    ActorKind.COMMAND: "Whoever runs this service",
    ActorKind.TEXTS: "The text service",
    ActorKind.WEBHOOK: "This service, by itself",
    ActorKind.RESTORE: "This service, by itself",
    ActorKind.NOBODY: "Nobody whom we know",
}
OF_TRUST = {
    ActorKind.KEY: "{trust}’s system",
    ActorKind.FEED: "{trust}’s system",
    ActorKind.IMPORT: "{trust}’s file",
}


def names_of(actors: Collection[str]) -> dict[str, str]:
    """Return what to call each of these actors. Three queries at most, however many there are."""
    actors = set(actors)
    staff = {key for actor in actors if (key := staff_key(actor)) is not None}
    people: dict[str, str] = {}
    if staff:
        found = Staff.objects.select_related("user").filter(pk__in=staff)
        people = {one.actor: one.name for one in found}
    keys = {_key(actor) for actor in actors if kind_of(actor) == ActorKind.KEY}
    of_key = dict(FeedKey.objects.filter(prefix__in=keys).values_list("prefix", "trust_id"))
    codes = {actor: of_key.get(_key(actor), _key(actor)) for actor in actors if _is_trusts(actor)}
    trusts = dict(Trust.objects.filter(pk__in=codes.values()).values_list("pk", "name"))
    named = {
        actor: OF_TRUST[ActorKind(kind_of(actor))].format(trust=trusts.get(code, code))
        for actor, code in codes.items()
    }
    return {actor: _words(actor) for actor in actors} | named | people


def names_within(actors: Collection[str]) -> dict[str, str]:
    """Return what names_of does, for the middle of a sentence: "opened by this service"."""
    names = names_of(actors)
    ours = {actor for actor in names if names[actor] in WORDS.values()}
    return {
        actor: name[0].lower() + name[1:] if actor in ours else name
        for actor, name in names.items()
    }


def _is_trusts(actor: str) -> bool:
    return kind_of(actor) in OF_TRUST and bool(_key(actor))


def _key(actor: str) -> str:
    return actor.partition(" ")[2]


def _words(actor: str) -> str:
    return {str(kind): words for kind, words in WORDS.items()}.get(kind_of(actor), actor)
