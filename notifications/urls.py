"""Addresses of the texts' room."""

from django.urls import path

from notifications import metrics, views, webhooks

urlpatterns = [
    path("sms/twilio/status/<uuid:message_id>/", webhooks.status, name="twilio-status"),
    path("sms/twilio/inbound/", webhooks.inbound, name="twilio-inbound"),
    path("demo/phone/", views.demo_phone, name="demo-phone"),
    path("demo/phone/reply/", views.demo_reply, name="demo-reply"),
    path("demo/phone/<uuid:message_id>/", views.demo_receive, name="demo-receive"),
    path("metrics", metrics.metrics, name="metrics"),
]
