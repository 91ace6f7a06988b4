"""The operators' desk. What the chain says, and what was signed, can be read here and changed nowhere."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from gallery.models import Charity, Exhibition, Hanging, Series, Share, SignInMessage, User, Wallet, Work
from generation.models import Image, Job, Parentage, Prompt
from minting.models import (
    Block,
    Credit,
    Donation,
    Log,
    Payment,
    Pin,
    Sale,
    Token,
    Transaction,
    Transfer,
    Voucher,
)  # fmt: skip

if TYPE_CHECKING:
    Desk = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
    PeopleDesk = UserAdmin[User]
    NewPersonForm = AdminUserCreationForm[User]
    PersonForm = UserChangeForm[User]
else:
    Desk, Rows, PeopleDesk = admin.ModelAdmin, admin.TabularInline, UserAdmin
    NewPersonForm, PersonForm = AdminUserCreationForm, UserChangeForm


class ReadOnly(Desk):
    """Looks, does not touch."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Wallets(Rows):
    model = Wallet
    extra = 0
    can_delete = False
    readonly_fields = ("address", "proven_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AddPerson(NewPersonForm):
    class Meta:
        model = User
        fields = ("email", "name")


class ChangePerson(PersonForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class People(PeopleDesk):
    form, add_form = ChangePerson, AddPerson
    filter_horizontal = ()
    ordering = ("-created_at",)
    list_display = ("name", "email", "is_artist", "is_curator", "is_staff", "is_active", "created_at")
    list_filter = ("is_artist", "is_curator", "is_staff", "is_active")
    search_fields = ("name", "email", "wallets__address")
    readonly_fields = ("created_at", "last_login")
    inlines = (Wallets,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("On walls", {"fields": ("name", "name_ko", "biography", "biography_ko")}),
        ("Roles", {"fields": ("is_artist", "is_curator", "is_staff", "is_superuser", "is_active")}),
        ("Times", {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)


@admin.register(Charity)
class Charities(Desk):
    list_display = ("name", "country", "address", "is_active")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Series)
class SeriesDesk(Desk):
    list_display = ("title", "artist", "created_at")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("artist",)


class Hangings(Rows):
    model = Hanging
    extra = 1
    autocomplete_fields = ("work",)


@admin.register(Exhibition)
class Exhibitions(Desk):
    list_display = ("title", "curator", "opens_at", "sale_opens_at", "closes_at")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("curator",)
    inlines = (Hangings,)


@admin.register(Work)
class Works(ReadOnly):
    """Read only: each edge of a work is a verb in works.py, taken by its artist."""

    list_display = ("title", "artist", "status", "licence", "charity", "donation_bps", "created_at")
    list_filter = ("status", "licence")
    list_select_related = ("artist", "charity")
    search_fields = ("title", "title_ko", "artist__name")


@admin.register(Job)
class Jobs(ReadOnly):
    list_display = ("id", "operation", "status", "attempts", "error_code", "created_at", "finished_at")
    list_filter = ("status", "operation")


@admin.register(Transaction)
class Transactions(ReadOnly):
    list_display = ("key", "purpose", "status", "nonce", "hash", "block_number", "error_code")
    list_filter = ("status", "purpose")
    exclude = ("signed_bytes",)


@admin.register(Pin)
class Pins(ReadOnly):
    list_display = ("cid", "place", "status", "attempts", "verified_at", "error_code")
    list_filter = ("status", "place")


for row in (
    Share, SignInMessage, Wallet, Prompt, Image, Parentage, Voucher, Block, Log, Token, Transfer, Sale, Payment,
    Donation, Credit,
):  # fmt: skip
    admin.site.register(row, ReadOnly)
