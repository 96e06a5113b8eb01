"""The files of exams and of questions before a scan: take one, have one checked, publish it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.forms.files import PublishForm, UploadForm, file_input, publish_form
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, may, staff_page
from booking.clerk.screen.actors_in_words import names_within
from booking.exams import catalogue, exams_file, publishing
from booking.exams.questions import file
from booking.exams.questions.file import QuestionFileInvalid
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, AuditEntry, QuestionFile, Staff
from booking.pages.csv_download import csv_download
from booking.pages.posted import form_only
from received.csv_table import FileRefused, read_table

FAULTS_SHOWN = 100


class Which(StrEnum):
    """Which file."""

    EXAMS = "exams"
    QUESTIONS = "questions"


@dataclass(frozen=True)
class _Kind:
    """How a file is called, what looks at one and what publishes it."""

    words: str
    look: Callable[[bytes, datetime], Any]
    publish: Callable[..., None]


KINDS = {
    Which.EXAMS: _Kind(
        "Kinds of scan",
        lambda content, now: publishing.look_at_exams(content, now=now),
        publishing.publish_exams,
    ),
    Which.QUESTIONS: _Kind(
        "Questions before a scan",
        lambda content, now: publishing.look_at_questions(content),
        publishing.publish_questions,
    ),
}


@require_safe
@staff_page(Action.FILES)
def files(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show what stands, and take another file of who may publish."""
    return _page(request, staff)


@require_safe
@staff_page(Action.FILES)
def download(request: HttpRequest, staff: Staff, which: str) -> HttpResponseBase:
    """Send the file that stands, written down as taken."""
    found = _which(which)
    audit.write_export(f"file of {found}", now=timezone.now(), actor=staff.actor)
    if found is Which.EXAMS:
        table = read_table(exams_file.write(catalogue.current()).encode())
        return csv_download("exams.csv", [row for _, row in table])
    name = {"Content-Disposition": 'attachment; filename="questions.toml"'}
    return HttpResponse(file.text_of_current(), "text/plain; charset=utf-8", headers=name)


@staff_page(Action.PUBLISH)
@form_only("staff-files")
def check(request: HttpRequest, staff: Staff, which: str) -> HttpResponse:
    """Say every fault of a file, or what it would do; nothing is changed."""
    found, form = _which(which), UploadForm(request.POST, sent_file=request.FILES.get("file"))
    if not form.is_valid():
        faults = [str(words) for words in form.non_field_errors()]
        return _page(request, staff, found, faults)
    return _look(request, staff, found, form.content)


@staff_page(Action.PUBLISH)
@form_only("staff-files")
def publish(request: HttpRequest, staff: Staff, which: str) -> HttpResponse:
    """Put the file that was looked at in the place of what stood then."""
    found, form = _which(which), PublishForm(request.POST)
    if not form.is_valid():
        return _page(request, staff, found, ["The file did not arrive whole. Choose it again"])
    content, now = form.cleaned_data["content"], timezone.now()
    try:
        KINDS[found].publish(content, seen=form.cleaned_data["seen"], now=now, actor=staff.actor)
    except publishing.FileOvertaken:
        return _look(request, staff, found, content, is_overtaken=True)
    except (FileRefused, QuestionFileInvalid) as refusal:
        return _page(request, staff, found, _faults(refusal))
    say_done(request, f"{KINDS[found].words}: your file is published.")
    return redirect("staff-files")


def _which(which: str) -> Which:
    if which not in list(Which):
        raise Http404
    return Which(which)


def _look(
    request: HttpRequest, staff: Staff, which: Which, content: bytes, *, is_overtaken: bool = False
) -> HttpResponse:
    """Show what a file would do now, with the button that does it."""
    try:
        looked = KINDS[which].look(content, timezone.now())
    except (FileRefused, QuestionFileInvalid) as refusal:
        return _page(request, staff, which, _faults(refusal), is_overtaken=is_overtaken)
    words = {
        "staff": staff, "which": which, "kind": KINDS[which], "looked": looked,
        "form": publish_form(content, looked.seen), "is_overtaken": is_overtaken,
    }  # fmt: skip
    status = 409 if is_overtaken else 200
    return render(request, "booking/clerk/file_check.jinja", words, status=status)


def _faults(refusal: FileRefused | QuestionFileInvalid) -> list[str]:
    return str(refusal).splitlines()


def _sum_up(faults: list[str]) -> str:
    wrong = "1 thing is" if len(faults) == 1 else f"{len(faults)} things are"
    return f"Nothing was changed: {wrong} wrong with the file"


def _page(
    request: HttpRequest,
    staff: Staff,
    which: Which | None = None,
    faults: list[str] | None = None,
    *,
    is_overtaken: bool = False,
) -> HttpResponse:
    """Show what stands; below it, of a file that was sent, what is wrong with it."""
    published = AuditEntry.objects.filter(action=AuditAction.EXAMS_PUBLISHED).order_by("-pk")
    names: dict[str, str] = {one.actor: one.name for one in Staff.objects.select_related("user")}
    names |= names_within({Actor(ActorKind.COMMAND)})
    words = {
        "staff": staff,
        "exams": len(catalogue.current()),
        "is_own": catalogue.has_own(),
        "exams_published": published.first(),
        "questions": file.current(),
        "questions_published": QuestionFile.objects.order_by("-pk").first(),
        "names": names,
        "may_publish": may(staff, Action.PUBLISH),
        "inputs": {one: file_input(one, "Another file, 1 MB at most") for one in Which},
        "which": which,
        "faults": (faults or [])[:FAULTS_SHOWN],
        "problems": [{"text": _sum_up(faults), "href": "#faults"}] if faults else [],
        "more_faults": max(0, len(faults or []) - FAULTS_SHOWN),
        "is_overtaken": is_overtaken,
    }
    status = 409 if is_overtaken else 400 if faults else 200
    return render(request, "booking/clerk/files.jinja", words, status=status)
