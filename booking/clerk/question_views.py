"""The questions before a scan, asked by phone on one page; and what staff let follow instead."""

from datetime import datetime

from django.core.exceptions import NON_FIELD_ERRORS as ALL
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import safety
from booking.clerk import caller
from booking.clerk.acts import page_changed
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.questions import OverrideForm, QuestionsForm
from booking.clerk.idle import keep_draft, take_draft
from booking.clerk.notices import say_done, say_refused, take_notices
from booking.clerk.permissions import Action, may, referral_page
from booking.clerk.screen.questions import Answers, first_name, show_answers, speaks_of
from booking.exams.questions import answering, asking, file, overriding
from booking.exams.questions.question import Outcome
from booking.models import Answer, Referral, Staff
from booking.pages.forms import form_page
from booking.pages.posted import form_only
from booking.pages.subject import Subject, SubjectChanged, read_subject, subject_token

CHANGED = (
    "The questions have changed since this page was shown. Nothing was saved. What you chose is"
    " still here: read the questions again, and save"
)

CARER, PATIENT = "carer", "patient"
"""Whom the questions are put to, as the page's address says it."""


@require_safe
@referral_page(Action.ANSWERS)
def questions(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Show every question that applies, with what was answered and what follows."""
    now, notices = timezone.now(), take_notices(request)
    asked, version = asking.asking_of(referral, now=now), file.current().version
    draft = FormDraft(take_draft(request), notices.errors)
    answers = show_answers(referral, staff, now)
    name = _name_for(request, referral, answers, draft, now)
    form = QuestionsForm(asking=asked, version=version, name=name)
    if answers.carer and name:
        form.initial.update(carer_name=answers.carer.name, carer_relation=answers.carer.relation)
    form = draft.fill(form)
    others = [one for one in notices.problems if one["href"][1:] not in form.fields]
    return render(
        request,
        "booking/clerk/questions.jinja",
        {
            "staff": staff,
            "referral": referral,
            "about": subject_token(_about(referral)),
            "form": form,
            "problems": form.error_list + others,
            "done": notices.done,
            "answers": answers,
            "name": name,
            "may_ask": may(staff, Action.ASK) and referral.ended_at is None,
        },
    )


@referral_page(Action.ASK)
@form_only("referral-questions", "referral_id")
def save_answers(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Write down all that the caller said, or nothing; the page then says what is wrong."""
    now, page = timezone.now(), reverse("referral-questions", args=[referral.pk])
    try:
        read_subject(request.POST).must_be(_about(referral))
    except SubjectChanged as changed:
        return page_changed(request, staff, page, changed)
    asked, version = asking.asking_of(referral, now=now), file.current().version
    form = QuestionsForm(request.POST, asking=asked, version=version)
    if form.is_valid() and _save(form, referral, staff, now):
        caller.keep_until_called(referral, now=now)
        say_done(request, _say_saved(referral, now))
    else:
        keep_draft(staff.pk, page, request, now)
        found = {name: str(errors[0]) for name, errors in form.errors.items()}
        words = found.pop(ALL, "")
        say_refused(request, found | ({"main-content": words} if words else {}))
    return redirect(page)


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.OVERRIDE)
def override(
    request: HttpRequest, staff: Staff, referral: Referral, answer_id: int
) -> HttpResponse:
    """Let something else follow from an answer, with a reason and this person's name."""
    now, about = timezone.now(), _about(referral)
    if request.method == "POST":
        try:
            read_subject(request.POST).must_be(about)
        except SubjectChanged as changed:
            return page_changed(request, staff, request.path, changed)
    found = Answer.objects.filter(pk=answer_id, referral=referral, is_current=True).first()
    shown = show_answers(referral, staff, now)
    line = next((one for one in shown.lines if found and one.answer.pk == found.pk), None)
    if found is None or line is None:  # answered again since, or nothing follows from it
        return redirect("referral-questions", referral.pk)
    form = OverrideForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _override(form, found, staff, now):
        say_done(request, "Saved. It is kept with your name and your reason.")
        return redirect("referral-questions", referral.pk)
    return form_page(
        request,
        "booking/clerk/override.jinja",
        form,
        {"staff": staff, "referral": referral, "about": subject_token(about), "line": line},
    )


def _name_for(
    request: HttpRequest, referral: Referral, answers: Answers, draft: FormDraft, now: datetime
) -> str:
    """Return the name by which the questions speak of the patient, empty if they speak with them:
    as the clerk chose, else as it was when somebody last answered.
    """
    chosen = request.GET.get("who", "")
    is_other = bool(draft.typed("carer_name")) or speaks_of(referral, answers, now=now)
    return first_name(referral) if chosen == CARER or (is_other and chosen != PATIENT) else ""


def _about(referral: Referral) -> Subject:
    """Return what the forms are about: a new appointment meanwhile does not touch them."""
    return Subject(referral.patient_id, referral.pk)


def _save(form: QuestionsForm, referral: Referral, staff: Staff, now: datetime) -> bool:
    """Write down all that was answered, or nothing, and the form says why."""
    try:
        with transaction.atomic():
            for question in form.asking.questions:
                if question.id in form.values:
                    _answer(form, question.id, referral, staff, now)
            safety.tell_trusts(referral, now=now)
    except answering.AnswerRefused:
        form.add_error(None, CHANGED)
        return False
    return True


def _answer(
    form: QuestionsForm, question_id: str, referral: Referral, staff: Staff, now: datetime
) -> None:
    try:
        answering.answer(
            referral,
            question_id,
            form.values[question_id],
            version=form.version_shown,
            now=now,
            actor=staff.actor,
            carer=form.carer,
        )
    except (answering.QuestionNotAsked, answering.AskedLater):
        # The answer before it was changed on this very page, so that it follows no longer.
        if file.current().by_id[question_id].asked.after is None or referral.ended_at:
            raise


def _override(form: OverrideForm, answer: Answer, staff: Staff, now: datetime) -> bool:
    sent = form.cleaned_data
    try:
        with transaction.atomic():
            overriding.override(
                answer, Outcome(sent["outcome"]), sent["reason"], now=now, actor=staff.actor
            )
            safety.tell_trusts(answer.referral, now=now)
    except overriding.OverrideRefused as refused:
        form.add_error("reason", str(refused))
        return False
    return True


def _say_saved(referral: Referral, now: datetime) -> str:
    left = len(asking.asking_of(referral, now=now).unanswered)
    if not left:
        return "The answers are saved. Every question is answered."
    return f"The answers are saved. {left} more to ask, below."
