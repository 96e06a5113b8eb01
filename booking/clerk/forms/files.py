"""The forms of the files of exams and of questions: a file to check, and one to publish."""

import base64
import binascii
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.safestring import SafeString

from booking.exams.questions.file import LONGEST
from booking.pages.fields import HiddenField
from booking.pages.fields.base import call_macro, invalid
from booking.pages.forms import NhsForm

AS_TEXT = 4 * (LONGEST // 3 + 1)
"""Letters of a file of the longest kind as base64."""


class UploadForm(NhsForm):
    """A file, 1 MB at most; `content` is its bytes."""

    def __init__(
        self, *args: Any, sent_file: "UploadedFile[Any] | None" = None, **options: Any
    ) -> None:
        """Take the file beside the other fields: Django's own keep them apart."""
        super().__init__(*args, **options)
        self.sent_file, self.content = sent_file, b""

    def clean(self) -> dict[str, Any]:
        """Take the file, if there is one of a size that can be."""
        sent = super().clean() or {}
        if self.sent_file is None:
            self.add_error(None, "Choose a file")
        elif (self.sent_file.size or 0) > LONGEST:
            self.add_error(None, "The file is over 1 MB. Take out what is not needed")
        else:
            self.content = self.sent_file.read()
        return sent


class PublishForm(NhsForm):
    """The file that was looked at, and what stood at that moment."""

    content = HiddenField(longest=AS_TEXT, strip=False)
    seen = HiddenField(longest=64)

    def clean_content(self) -> bytes:
        """Return the bytes of the file. Raises ValidationError."""
        try:
            return base64.b64decode(self.cleaned_data["content"], validate=True)
        except (binascii.Error, ValueError):
            raise invalid("The file did not arrive whole. Choose it again") from None


def publish_form(content: bytes, seen: str) -> PublishForm:
    """Return the form that publishes a file, on the page that shows what it would do."""
    return PublishForm(initial={"content": base64.b64encode(content).decode(), "seen": seen})


def file_input(kind: str, words: str) -> SafeString:
    """Return the control for a file."""
    control = {"id": f"file-{kind}", "name": "file", "label": {"text": words}}
    return call_macro("file-upload", "fileUpload", control)
