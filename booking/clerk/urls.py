"""Addresses of the staff's pages. A patient is a number in them, never a name."""

from django.conf import settings
from django.urls import include, path

from booking.clerk import (
    admin,
    audit_views,
    booking_views,
    desk_views,
    feeds,
    list_views,
    merge_views,
    patient_views,
    reach_views,
    refer_views,
    referral_views,
    sign_in,
    text_views,
    views,
)

urlpatterns = [
    path("staff/", desk_views.home, name="staff"),
    path("staff/overview/", views.overview, name="overview"),
    path("staff/sign-in/", sign_in.sign_in, name="staff-sign-in"),
    path("staff/sign-in/code/", sign_in.second_factor, name="second-factor"),
    path("staff/sign-in/set-up/", sign_in.set_up, name="second-factor-set-up"),
    path("staff/sign-in/set-up/qr.svg", sign_in.qr, name="second-factor-qr"),
    path("staff/recovery-codes/", sign_in.recovery_codes, name="recovery-codes"),
    path("staff/password/", sign_in.password, name="password"),
    path("staff/sign-out/", sign_in.sign_out, name="staff-sign-out"),
    path("staff/desk/", desk_views.desk_page, name="desk"),
    path("staff/patient/<int:patient_id>/", patient_views.patient, name="patient"),
    path("staff/patient/<int:patient_id>/reason/", desk_views.reason, name="patient-reason"),
    path("staff/patient/<int:patient_id>/from/", patient_views.travel_from, name="patient-from"),
    path("staff/patient/<int:patient_id>/hold/", booking_views.hold, name="patient-hold"),
    path("staff/patient/<int:patient_id>/keep/", booking_views.keep, name="patient-keep"),
    path("staff/patient/<int:patient_id>/let-go/", booking_views.let_go, name="patient-let-go"),
    path("staff/patient/<int:patient_id>/book/", booking_views.book, name="patient-book"),
    path("staff/patient/<int:patient_id>/cancel/", booking_views.cancel, name="patient-cancel"),
    path("staff/patient/<int:patient_id>/undo/", booking_views.undo, name="patient-undo"),
    path("staff/patient/<int:patient_id>/text/", booking_views.text_again, name="patient-text"),
    path("staff/patient/<int:patient_id>/attend/", booking_views.attend, name="patient-attend"),
    path("staff/patient/<int:patient_id>/mobile/", patient_views.mobile, name="patient-mobile"),
    path("staff/patient/<int:patient_id>/needs/", patient_views.needs, name="patient-needs"),
    path("staff/patient/<int:patient_id>/note/", patient_views.note, name="patient-note"),
    path("staff/patient/<int:patient_id>/reach/", reach_views.ways, name="patient-reach"),
    path("staff/patient/<int:patient_id>/contact/", reach_views.contact, name="patient-contact"),
    path(
        "staff/patient/<int:patient_id>/contact/<int:contact_id>/",
        reach_views.contact,
        name="patient-contact-change",
    ),
    path("staff/patient/<int:patient_id>/join/", merge_views.find, name="patient-join"),
    path(
        "staff/patient/<int:patient_id>/join/<int:other_id>/",
        merge_views.join,
        name="patient-join-with",
    ),
    path("staff/joins/<int:merge_id>/undo/", merge_views.undo, name="merge-undo"),
    path("staff/referrals/<int:referral_id>/end/", referral_views.end, name="referral-end"),
    path(
        "staff/referrals/<int:referral_id>/reopen/", referral_views.reopen, name="referral-reopen"
    ),
    path(
        "staff/referrals/<int:referral_id>/urgency/",
        referral_views.urgency,
        name="referral-urgency",
    ),
    path("staff/refer/", refer_views.refer, name="refer"),
    path("staff/lists/", list_views.work_list, name="work-lists"),
    path("staff/lists/row/<int:row_id>/", list_views.row, name="work-row"),
    path("staff/lists/<slug:kind>/", list_views.work_list, name="work-list"),
    path("staff/audit/", audit_views.search, name="audit"),
    path("staff/audit/export/", audit_views.export, name="audit-export"),
    path("staff/audit/opened/", audit_views.opened, name="audit-opened"),
    path("staff/texts/", text_views.texts, name="staff-texts"),
    path("staff/texts/<uuid:message_id>/", text_views.text, name="staff-text"),
    path("staff/texts/<uuid:message_id>/again/", text_views.again, name="staff-text-again"),
    path("staff/texts/phone/<uuid:text_id>/", text_views.phone, name="staff-phone"),
    path("staff/feeds/", feeds.feeds, name="staff-feeds"),
    path("staff/feeds/<slug:trust>/pull", feeds.pull_again, name="staff-feed-pull"),
    path("staff/feeds/keys/<slug:prefix>/revoke", feeds.revoke, name="staff-key-revoke"),
    path("network-admin/", admin.site.urls),
]
if settings.OIDC_RP_CLIENT_ID:
    urlpatterns.append(path("staff/oidc/", include("mozilla_django_oidc.urls")))
