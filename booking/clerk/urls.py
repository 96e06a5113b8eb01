"""Addresses of the staff's pages."""

from django.contrib.auth import views as auth_views
from django.urls import path

from booking.clerk import feeds, text_views, views

urlpatterns = [
    path("staff/", views.staff, name="staff"),
    path("staff/texts/", text_views.texts, name="staff-texts"),
    path("staff/texts/<uuid:message_id>/", text_views.text, name="staff-text"),
    path("staff/texts/<uuid:message_id>/again/", text_views.again, name="staff-text-again"),
    path("staff/texts/phone/<str:number_hash>/", text_views.phone, name="staff-phone"),
    path(
        "staff/sign-in/",
        auth_views.LoginView.as_view(
            template_name="booking/clerk/sign_in.jinja", redirect_authenticated_user=True
        ),
        name="staff-sign-in",
    ),
    path("staff/feeds/", feeds.feeds, name="staff-feeds"),
    path("staff/feeds/<slug:trust>/pull", feeds.pull_again, name="staff-feed-pull"),
    path("staff/feeds/keys/<slug:prefix>/revoke", feeds.revoke, name="staff-key-revoke"),
    path("staff/sign-out/", auth_views.LogoutView.as_view(), name="staff-sign-out"),
]
