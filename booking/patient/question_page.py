"""One question's page: shown with the answer that it has, and its answer taken, or asked again.

An answer is written only if it is to what the page asked: this question of this request, in these
words, over the answer that the page showed. Everything else is asked once more, with what was
chosen still in it, and nothing is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from booking.appointments import kept, safety
from booking.changes.patient_lock import lock_patient_of
from booking.exams.questions import answering as answers
from booking.exams.questions import asking, file
from booking.exams.questions.asking import Asking
from booking.exams.questions.question import Question
from booking.identifiers.actors import PATIENT
from booking.models import Referral
from booking.pages.subject import SubjectChanged
from booking.patient import answering, idle
from booking.patient.question_forms import QuestionForm


class AnsweredMeanwhile(Exception):
    """The question has another answer than the page showed, and than the form brings."""


@dataclass(frozen=True)
class QuestionPage:
    """The page of one question of a request, at one moment."""

    request: HttpRequest
    referral: Referral
    question: Question
    now: datetime

    def show(self, form: QuestionForm | None = None, stale: str = "") -> HttpResponse:
        """Ask the question; `stale` says why it is asked once more. Leads on if it is not asked."""
        asked = self._asked
        if self.question not in asked.questions:
            return not_asked(self.request) if form else redirect("questions")
        known = asked.answers.get(self.question.id)
        initial = {"answer": known.value if known else ""}
        form = form or self._form(idle.sent_or_kept(self.request), initial=initial)
        held = kept.renew_held(self.referral, now=self.now)
        context = {
            "form": form,
            "question": self.question,
            "name": answering.name_of(self.request, self.referral),
            "asked": answering.token_of(self._seen_now()),
            "progress": answering.progress_of(
                self.request, self.referral, asked, self.question, now=self.now
            ),
            "back_to": self._back(asked),
            "held": held,
            "visits": kept.visits_held(self.referral, held, now=self.now),
            "stale": stale,
            "known": self.question.say(known.value) if known else "",
        }
        status = 409 if stale else 400 if form.errors else 200
        return render(self.request, "booking/patient/question.jinja", context, status=status)

    def take(self) -> HttpResponse:
        """Write down what was answered and lead on, or ask again and say why."""
        form = self._form(self.request.POST)
        try:
            seen = answering.read_seen(self.request.POST)
            if (seen.referral, seen.question) != (self.referral.pk, self.question.id):
                raise SubjectChanged
            if not form.is_valid():
                return self.show(form)
            self._write(seen, form.cleaned_data["answer"])
        except SubjectChanged:
            return self._again(form, "unknown")
        except answers.QuestionsChanged:
            return self._again(form, "words")
        except AnsweredMeanwhile:
            return self._again(form, "answered")
        except answers.AnswerRefused:
            return not_asked(self.request)
        kept.keep_until_called(self.referral, now=self.now)
        self.request.session["answers_to_check"] = True
        return redirect("questions")

    @cached_property
    def _asked(self) -> Asking:
        return asking.asking_of(self.referral, now=self.now)

    def _form(self, data: Mapping[str, Any] | None = None, **options: Any) -> QuestionForm:
        name = answering.name_of(self.request, self.referral)
        return QuestionForm(data, question=self.question, name=name, **options)

    def _seen_now(self) -> answering.Seen:
        current = answering.answer_now(self.referral, self.question)
        version = file.current().version
        return answering.Seen(
            self.referral.pk, self.question.id, version, current.pk if current else 0
        )

    def _write(self, seen: answering.Seen, value: str) -> None:
        """Write an answer, but not over another that the page did not show.

        The same again does no harm: a button that was pressed twice. Raises AnsweredMeanwhile, and
        as answering.answer does.
        """
        with transaction.atomic():
            lock_patient_of(self.referral)
            current = answering.answer_now(self.referral, self.question)
            is_as_seen = (current.pk if current else 0) == seen.answer
            if not is_as_seen and (current is None or current.value != value):
                raise AnsweredMeanwhile
            answers.answer(
                self.referral, self.question.id, value, version=seen.version, now=self.now,
                actor=PATIENT, carer=answering.carer_of(self.request),
            )  # fmt: skip
            safety.tell_trusts(self.referral, now=self.now)

    def _again(self, form: QuestionForm, why: str) -> HttpResponse:
        """Ask once more with what was chosen, whatever was wrong with it."""
        form.errors.clear()
        return self.show(form, why)

    def _back(self, asked: Asking) -> str:
        """Return where Back leads: to the question before, the request itself, or the check."""
        if not asked.unanswered:
            return reverse("questions-check")
        ours = answering.questions_of_visit(self.request, asked, now=self.now)
        at = ours.index(self.question) if self.question in ours else 0
        if at:
            before = answering.address_of(self.referral, ours[at - 1])
            return reverse("question", args=[before])
        is_child = answering.is_child(self.referral, now=self.now)
        return reverse("questions-who" if is_child else "referral")


def not_asked(request: HttpRequest) -> HttpResponse:
    """Say that there is no such question now, and lead to the one that is next."""
    status = 409 if request.method == "POST" else 404
    return render(request, "booking/patient/question_not_asked.jinja", status=status)
