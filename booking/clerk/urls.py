"""Addresses of the staff's pages."""

from django.contrib.auth import views as auth_views
from django.urls import path

from booking.clerk import views

urlpatterns = [
    path("staff/", views.staff, name="staff"),
    path(
        "staff/sign-in/",
        auth_views.LoginView.as_view(
            template_name="booking/clerk/sign_in.jinja", redirect_authenticated_user=True
        ),
        name="staff-sign-in",
    ),
    path("staff/sign-out/", auth_views.LogoutView.as_view(), name="staff-sign-out"),
]
