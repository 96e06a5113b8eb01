"""Django's admin, for network administrators alone: accounts, roles, lost second factors."""

from typing import Any

from axes import utils as axes
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from booking.changes import audit
from booking.clerk.permissions import Action, may, staff_of
from booking.identifiers.actors import CLOCK
from booking.models import AuditAction, Staff
from booking.patients.record import NotAMobile, read_mobile


class NetworkAdminSite(admin.AdminSite):
    """Lets in network administrators, who signed in as all staff do."""

    site_header = site_title = "Accounts of the network"
    site_url = "/staff/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether a network administrator asks."""
        staff = staff_of(request)
        return staff is not None and may(staff, Action.ACCOUNTS)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send everybody else to the staff's sign-in; the admin has none of its own."""
        return redirect("staff" if request.user.is_authenticated else "staff-sign-in")


class _NetworkOnly:
    """Every permission of the model is the site's."""

    admin_site: admin.AdminSite

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StaffForm(forms.ModelForm):
    """Reads a mobile as people type it."""

    def clean_phone(self) -> str:
        """Return the number in E.164, empty if there is none. Raises ValidationError."""
        try:
            return read_mobile(self.cleaned_data["phone"])
        except NotAMobile as wrong:
            raise forms.ValidationError(str(wrong)) from None


class StaffInline(_NetworkOnly, admin.StackedInline):
    """Role and trusts, on the user's own page."""

    model = Staff
    form = StaffForm
    can_delete = False

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Show the trusts by their names."""

        class TrustsField(forms.ModelMultipleChoiceField):
            def label_from_instance(self, obj: Any) -> str:
                return str(obj.name)

        every = db_field.remote_field.model.objects.order_by("name")
        return TrustsField(every, widget=forms.CheckboxSelectMultiple())


class AccountAdmin(_NetworkOnly, UserAdmin):
    """A user with a role. An account that is not wanted is made inactive, never deleted.

    A new password opens an account that wrong passwords have locked, wherever that was.
    """

    inlines = [StaffInline]
    list_display = ("username", "email", "first_name", "last_name", "is_active")
    list_filter = ("is_active", "staff__role")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("May sign in", {"fields": ("is_active",)}),
    )

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Ask for a new password; once it is given the account can sign in with it at once."""
        with transaction.atomic():
            before = User.objects.filter(pk=id).values_list("password", flat=True).first()
            answer = super().user_change_password(request, id, form_url)
            changed = User.objects.filter(pk=id).exclude(password=before or "").first()
            if changed and changed.has_usable_password():
                unlock(changed, staff_of(request))
        return answer


def unlock(user: User, by: Staff | None) -> None:
    """Forget the wrong passwords of an account, so that none locks it; write it down."""
    if axes.reset(username=user.username):
        audit.write(
            AuditAction.UNLOCKED,
            now=timezone.now(),
            actor=by.actor if by else CLOCK,
            user=user.pk,
        )


class SecondFactorAdmin(_NetworkOnly, admin.ModelAdmin):
    """Authenticator apps. Deleting one lets its user set up another at the next sign-in."""

    list_display = fields = readonly_fields = ("user", "confirmed", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody sets one up for somebody else."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Lost phones."""
        return self.admin_site.has_permission(request)


site = NetworkAdminSite(name="admin")
site.register(User, AccountAdmin)
site.register(TOTPDevice, SecondFactorAdmin)
