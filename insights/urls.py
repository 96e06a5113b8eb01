"""Addresses of the network's picture: for everybody, and for staff."""

from django.urls import path

from insights import breach_views, map_views, pack_views, performance_views, settings_views
from insights.dm01 import views as dm01_views
from insights.views import compare, measure, overview

SETTINGS = "staff/insights/settings/"
urlpatterns = [
    path("staff/insights/", overview.overview, name="insights"),
    path("staff/insights/m/<slug:code>/", measure.measure, name="insights-measure"),
    path("staff/insights/m/<slug:code>/csv/", measure.measure_file, name="insights-measure-csv"),
    path("staff/insights/trusts/<slug:code>/", overview.trust, name="insights-trust"),
    path("staff/insights/places/<slug:slug>/", overview.place, name="insights-place"),
    path("staff/insights/compare/", compare.compare, name="insights-compare"),
    path("staff/insights/compare/csv/", compare.compare_file, name="insights-compare-csv"),
    path("performance/", performance_views.show, name="performance"),
    path("staff/insights/breaches/", breach_views.breaches, name="insights-breaches"),
    path("staff/insights/map/", map_views.show, name="insights-map"),
    path("staff/insights/pack/", pack_views.pack, name="insights-pack"),
    path("staff/insights/dm01/", dm01_views.reconcile, name="insights-dm01"),
    path(SETTINGS, settings_views.show, name="insights-settings"),
    path(f"{SETTINGS}target/", settings_views.target, name="insights-target"),
    path(f"{SETTINGS}target/<int:number>/", settings_views.target, name="insights-target-change"),
    path(
        f"{SETTINGS}target/<int:number>/away/",
        settings_views.target_away,
        name="insights-target-away",
    ),
    path(f"{SETTINGS}rebase/", settings_views.new_rebase, name="insights-rebase"),
    path(
        f"{SETTINGS}rebase/<int:number>/away/",
        settings_views.rebase_away,
        name="insights-rebase-away",
    ),
]
