"""Addresses of the texts' room."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("demo/phone/", views.demo_phone, name="demo-phone"),
]
