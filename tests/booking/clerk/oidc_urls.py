"""The addresses of an installation whose settings name an identity provider."""

from django.urls import include, path

from config import urls

urlpatterns = [*urls.urlpatterns, path("staff/oidc/", include("mozilla_django_oidc.urls"))]
handler404 = urls.handler404
