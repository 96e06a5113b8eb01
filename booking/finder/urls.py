"""Addresses of the finder. Where somebody lives is never in one of them."""

from django.urls import path

from booking.finder import views

urlpatterns = [
    path("places", views.places, name="finder"),
    path("places/map", views.large_map, name="finder-map"),
    path("places/scanners/<str:code>", views.scanner, name="finder-scanner"),
    path("places/<slug:slug>", views.place, name="finder-place"),
    path("places/<slug:slug>/print", views.place_to_print, name="finder-print"),
]
