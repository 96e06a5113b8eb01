"""One trust's feed: its state in words, its settings, a new key, and a try that writes nothing."""

from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.clerk.acts import page_changed
from booking.clerk.again import sure_who
from booking.clerk.forms.feeds import KeyForm, TryForm, settings_form
from booking.clerk.forms.feeds import SettingsForm as FeedForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, may, staff_page
from booking.exchange.feeds import dry_run, keys
from booking.exchange.feeds import settings as feed_settings
from booking.models import AuditAction, Feed, FeedKey, Slot, Staff
from booking.pages.forms import form_page
from booking.pages.subject import SubjectChanged
from sites.models import Trust
from times.keyset import Key, page_of

HISTORY_SHOWN = 20
REFUSALS_SHOWN = 50
NEWEST_FIRST = (Key("-at", datetime), Key("-pk", int))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FEED_SETTINGS)
def feed(request: HttpRequest, staff: Staff, trust: str) -> HttpResponse:
    """Show how a feed does, and set it."""
    found = _feed_of(staff, trust)
    form = settings_form(feed_settings.settings_of(found))
    if request.method == "POST":
        form = FeedForm(request.POST)
        if form.is_valid():
            try:
                return _save(request, staff, found, form)
            except feed_settings.SettingsInvalid as refusal:
                form.add_errors(refusal.errors)
            except feed_settings.SettingsChanged:
                return page_changed(request, staff, request.path, SubjectChanged())
    now = timezone.now()
    newest = Slot.objects.of_trust(trust).aggregate(newest=Max("fed_at"))["newest"]
    live = FeedKey.objects.of_trust(trust).filter(revoked_at=None)
    words = {
        "staff": staff,
        "feed": found,
        "late": found.is_late(now),
        "unknown": found.is_unknown(now),
        "newest": newest,
        "next_at": found.pull_next_at if (found.pull_next_at or now) > now else None,
        "keys": live.order_by("created_at"),
        "may_keys": may(staff, Action.KEYS),
        "people": {one.actor: one.name for one in Staff.objects.select_related("user")},
        "history": page_of(
            feed_settings.history(trust), NEWEST_FIRST, request.GET, size=HISTORY_SHOWN
        ),
    }
    return form_page(request, "booking/clerk/feed.jinja", form, words)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FEED_SETTINGS)
def try_feed(request: HttpRequest, staff: Staff, trust: str) -> HttpResponse:
    """Say what a manifest or a body would do, and do nothing."""
    found = _feed_of(staff, trust)
    form, tried = TryForm(initial={"address": found.pull_url}), None
    if request.method == "POST":
        form = TryForm(request.POST, sent_file=request.FILES.get("file"))
        if form.is_valid():
            try:
                tried = _try(form, trust)
            except dry_run.TryFailed as failed:
                form.add_error(None, str(failed))
    words = {
        "staff": staff, "feed": found, "tried": tried,
        "refusals": tried.report.refusals[:REFUSALS_SHOWN] if tried else [],
    }  # fmt: skip
    return form_page(request, "booking/clerk/feed_try.jinja", form, words)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.KEYS)
@sure_who
def new_key(request: HttpRequest, staff: Staff, trust: str) -> HttpResponse:
    """Make a key, and show it this once."""
    found = _feed_of(staff, trust)
    form, seen = KeyForm(initial={"seen": _seen_keys(trust)}), _seen_keys(trust)
    words: dict[str, object] = {"staff": staff, "feed": found}
    if request.method == "POST":
        form = KeyForm(request.POST)
        if form.is_valid():
            if form.cleaned_data["seen"] != seen:
                return page_changed(request, staff, request.path, SubjectChanged())
            try:
                return render(
                    request,
                    "booking/clerk/key_shown.jinja",
                    {**words, "secrets": _make_key(form, trust, staff)},
                )
            except keys.TooManyKeys:
                form.add_error("kind", "There are two of these already. Revoke one first")
    return form_page(request, "booking/clerk/key_new.jinja", form, words)


def _feed_of(staff: Staff, trust: str) -> Feed:
    """Return the feed of a trust of this person's; a new one, not kept, if it has none yet."""
    own = get_object_or_404(Trust, pk=trust, pk__in=staff.trust_codes)
    known = Feed.objects.of_trusts(staff.trust_codes).select_related("trust")
    return known.filter(pk=own.pk).first() or Feed(trust=own)


def _save(request: HttpRequest, staff: Staff, found: Feed, form: FeedForm) -> HttpResponse:
    trust, now = found.trust_id, timezone.now()
    with transaction.atomic():
        Feed.objects.get_or_create(trust_id=trust)
        changed = feed_settings.save(
            trust, form.wanted, seen=form.cleaned_data["seen"], now=now, actor=staff.actor
        )
    say_done(request, "The settings are saved." if changed else "Nothing was changed.")
    return redirect("staff-feed", trust)


def _try(form: TryForm, trust: str) -> dry_run.Tried:
    now, sent = timezone.now(), form.cleaned_data
    if sent["address"]:
        return dry_run.try_manifest(trust, sent["address"], now=now)
    return dry_run.try_body(trust, form.body, now=now, replace="replace" in sent["mode"])


def _seen_keys(trust: str) -> str:
    """Return what tells the keys that a trust has from those that it had."""
    prefixes = FeedKey.objects.of_trust(trust).order_by("pk").values_list("prefix", "revoked_at")
    return sha256(repr(list(prefixes)).encode()).hexdigest()[:32]


def _make_key(form: KeyForm, trust: str, staff: Staff) -> list[tuple[str, str]]:
    """Return what to show once: names and secrets. Raises TooManyKeys."""
    now, label = timezone.now(), form.cleaned_data["label"]
    with transaction.atomic():
        if form.cleaned_data["kind"] == FeedKey.Kind.CLIENT:
            client_id, secret = keys.create_client(trust, now=now, label=label)
            prefix, shown = client_id, [("Client id", client_id), ("Secret", secret)]
        else:
            key = keys.create_key(trust, now=now, label=label)
            prefix, shown = key.partition(".")[0], [("Key", key)]
        feed_settings.write_down(
            AuditAction.KEY_MADE, trust, now=now, actor=staff.actor, key=prefix
        )
    return shown
