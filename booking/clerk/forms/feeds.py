"""The forms of a trust's feed: its settings, a new key, and what would come of a body."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.safestring import SafeString

from booking.exchange.feeds.dry_run import MAX_UPLOAD
from booking.exchange.feeds.settings import LONGEST_URL, FeedSettings, check_address
from booking.models import FeedKey
from booking.pages.fields import CheckboxesField, HiddenField, RadiosField, TextareaField, TextField
from booking.pages.fields.base import call_macro, invalid
from booking.pages.forms import NhsForm
from received.numbers import whole_number

SENDS, ON, OFF = "sends", "on", "off"
HOW = [
    (SENDS, "The trust sends its times to us"),
    (ON, "We read its times from the address below"),
    (OFF, "Keep the address, and do not read it for now"),
]
LONGEST_LABEL = 60
LONGEST_PASTED = 1_000_000


class MinutesField(TextField):
    """A whole number of minutes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what a text takes."""
        looks = {"classes": "nhsuk-input--width-5", "inputmode": "numeric", "autocomplete": "off"}
        super().__init__(*args, longest=20, **looks, **options)

    def to_python(self, value: Any) -> int:  # type: ignore[override]
        """Return the number. Raises ValidationError."""
        number = whole_number(super().to_python(value))
        if number is None:
            raise invalid("Type a whole number of minutes")
        return number


class SettingsForm(NhsForm):
    """How a feed is read. `seen` is the version of the settings that the page showed."""

    how = RadiosField(label="How its times come", choices=HOW, missing="Choose how they come")
    pull_url = TextField(
        label="Address of its manifest", type="url", autocomplete="off", longest=2 * LONGEST_URL,
        hint="Starts with https://, on the public internet, with no password or key in it.",
    )  # fmt: skip
    interval_minutes = MinutesField(
        label="Minutes between its updates",
        hint="Three of these missed: the feed is late, and the list says so.",
    )
    limit_minutes = MinutesField(
        label="Minutes until its times are too old to show",
        hint="Then patients are asked to phone. A day is 1440.",
    )
    seen = HiddenField(longest=64)

    def clean(self) -> dict[str, Any]:
        """Refuse to read from nowhere."""
        sent = super().clean() or {}
        if sent.get("how") in (ON, OFF) and not sent.get("pull_url"):
            self.add_error("pull_url", "Type the address of its manifest")
        return sent

    @property
    def wanted(self) -> FeedSettings:
        """The settings that were typed."""
        sent = self.cleaned_data
        url = "" if sent["how"] == SENDS else sent["pull_url"]
        minutes = sent["interval_minutes"], sent["limit_minutes"]
        return FeedSettings(url, sent["how"] == OFF, *minutes)


def settings_form(now_set: FeedSettings) -> SettingsForm:
    """Return the form with the settings as they are."""
    how = SENDS if not now_set.pull_url else OFF if now_set.pull_off else ON
    return SettingsForm(
        initial={
            "how": how,
            "pull_url": now_set.pull_url,
            "interval_minutes": now_set.interval_minutes,
            "limit_minutes": now_set.limit_minutes,
            "seen": now_set.version,
        }
    )


class KeyForm(NhsForm):
    """A new key. `seen` says which keys there were."""

    kind = RadiosField(
        label="What the trust signs in with", missing="Choose what the trust signs in with",
        choices=[
            (FeedKey.Kind.KEY.value, "A key, sent with each call"),
            (FeedKey.Kind.CLIENT.value, "An OAuth2 client: an id and a secret"),
        ],
    )  # fmt: skip
    label = TextField(
        label="A word to tell it apart by", hint="Like: PACS. Up to 60 characters.",
        longest=2 * LONGEST_LABEL, autocomplete="off", classes="nhsuk-input--width-20",
    )  # fmt: skip
    seen = HiddenField(longest=64)

    def clean_label(self) -> str:
        """Refuse one that is too long."""
        label: str = self.cleaned_data["label"]
        if len(label) > LONGEST_LABEL:
            raise invalid(f"The word must be {LONGEST_LABEL} characters or fewer")
        return label


class _BodyField(TextareaField):
    """Lines as they were pasted: nothing is tidied away that an import would refuse."""

    def tidy(self, typed: str) -> str:
        """Return it as it is."""
        return typed


class TryForm(NhsForm):
    """What to try: an address, a file, or pasted lines. `body` is the file's or the lines'."""

    address = TextField(
        label="Address of a manifest", type="url", autocomplete="off", longest=2 * LONGEST_URL,
    )  # fmt: skip
    lines = _BodyField(
        label="Or lines", hint="One FHIR resource on each line.", rows=6, longest=LONGEST_PASTED,
        spellcheck=False,
    )  # fmt: skip
    mode = CheckboxesField(
        label="Of a file or lines",
        choices=[("replace", "They are all there is: withdraw what they do not name")],
    )

    def __init__(
        self, *args: Any, sent_file: "UploadedFile[Any] | None" = None, **options: Any
    ) -> None:
        """Take the file beside the other fields."""
        super().__init__(*args, **options)
        self.sent_file, self.body = sent_file, b""

    def clean(self) -> dict[str, Any]:
        """Take exactly one of the three."""
        sent = super().clean() or {}
        address, lines = sent.get("address", ""), sent.get("lines", "").strip()
        given = [bool(address), bool(self.sent_file), bool(lines)]
        if sum(given) != 1:
            self.add_error("address", "Give one of these: an address, a file, or lines")
        elif address and (why := check_address(address)):
            self.add_error("address", why)
        elif self.sent_file and (self.sent_file.size or 0) > MAX_UPLOAD:
            self.add_error(None, "The file is over 2 MB. Try a part of it")
        elif self.sent_file:
            self.body = self.sent_file.read()
        else:
            self.body = lines.encode()
        return sent

    @property
    def file_input(self) -> SafeString:
        """The control for the file: Django's own fields keep files apart from what was typed."""
        words = {"id": "file", "name": "file", "label": {"text": "Or a file, 2 MB at most"}}
        return call_macro("file-upload", "fileUpload", words)
