"""Addresses of the texts' room."""

from django.urls import path

from notifications import views, webhooks

urlpatterns = [
    path("sms/twilio/status/<uuid:message_id>/", webhooks.status, name="twilio-status"),
    path("sms/twilio/inbound/", webhooks.inbound, name="twilio-inbound"),
    path("demo/phone/", views.demo_phone, name="demo-phone"),
]
