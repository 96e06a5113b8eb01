"""Addresses of the patient's pages. None of them carries anything personal.

But `arrive`, a link's: it takes the code that it carries out of the address at once.
"""

from django.urls import path

from booking.patient import (
    appointment_views,
    choose_views,
    identify_views,
    legal_views,
    needs_views,
    offer_views,
    question_views,
    slot_views,
    sooner_views,
    stop_views,
)

urlpatterns = [
    path("", identify_views.start, name="start"),
    path("code/", identify_views.code, name="code"),
    path("a/<str:code>", identify_views.arrive, name="arrive"),  # of our texts and letters
    path("born/", identify_views.born, name="born"),
    path("referral/", identify_views.referral, name="referral"),
    path("sign-out/", identify_views.sign_out, name="sign-out"),
    path("signed-out/", identify_views.signed_out, name="signed-out"),
    path("questions/", question_views.questions, name="questions"),
    path("questions/who/", question_views.who, name="questions-who"),
    path("questions/carer/", question_views.carer, name="questions-carer"),
    path("questions/check/", question_views.check, name="questions-check"),
    path("questions/next/", question_views.next_step, name="questions-next"),
    path("questions/<slug:address>/", question_views.question, name="question"),
    path("where/", choose_views.where, name="where"),
    path("travel/", choose_views.way, name="way"),
    path("choose/", choose_views.places, name="places"),
    path("needs/", needs_views.needs, name="needs"),
    path("map/", choose_views.large_map, name="map"),
    path("choose/<slug:slug>/", choose_views.times, name="times"),
    path("slot/<int:slot_id>/", slot_views.slot, name="slot-page"),
    path("hold/", choose_views.hold, name="hold"),
    path("offer/", offer_views.offer, name="offer"),
    path("check/", appointment_views.check, name="check"),
    path("confirm/", appointment_views.confirm, name="confirm"),
    path("appointment/", appointment_views.appointment, name="appointment"),
    path("appointment/calendar.ics", appointment_views.calendar, name="calendar"),
    path("appointment/cancel/", appointment_views.cancel, name="cancel"),
    path("appointment/place/", stop_views.answer, name="stop-answer"),
    path("sooner/", sooner_views.sooner, name="sooner"),
    path("sooner/check/", sooner_views.check, name="sooner-check"),
    path("sooner/save/", sooner_views.save, name="sooner-save"),
    path("sooner/stop/", sooner_views.stop, name="sooner-stop"),
    path("sooner/again/", sooner_views.again, name="sooner-again"),
    path("sooner/<slug:question>/", sooner_views.ask, name="sooner-question"),
    path("accessibility/", legal_views.accessibility, name="accessibility"),
    path("privacy/", legal_views.privacy, name="privacy"),
    path("cookies/", legal_views.cookies, name="cookies"),
]
