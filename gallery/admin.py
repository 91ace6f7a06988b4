"""The operators' desk. What the chain says, and what was signed, can be read here and changed nowhere."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import models
from django.db.models import QuerySet
from django.forms import CharField, ModelForm, Textarea, URLField
from django.http import HttpRequest

from gallery import charities
from gallery.errors import GalleryError, WordsRefused
from gallery.models import (
    Charity,
    CharityAddress,
    Exhibition,
    Hanging,
    OnSiteEntry,
    OnSitePayment,
    OnSiteSale,
    Series,
    Share,
    SignInMessage,
    User,
    Wallet,
    Work,
)
from generation.models import Image, Job, Parentage, Prompt, Turn, Workbench
from generation.models.queue import CLOCK
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
    AddressForm = ModelForm[CharityAddress]
else:
    Desk, Rows, PeopleDesk = admin.ModelAdmin, admin.TabularInline, UserAdmin
    NewPersonForm, PersonForm, AddressForm = AdminUserCreationForm, UserChangeForm, ModelForm

admin.site.site_header = admin.site.site_title = "Ninefold"


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
    """A new charity is offered to artists once an address was proposed for it and another person approved that."""

    list_display = ("name", "country", "address", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "name_ko", "address")
    prepopulated_fields = {"slug": ("name",)}
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ("retire",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("is_active",) if obj is None else ("is_active", "address")

    @admin.action(description="No longer offer these to artists")
    def retire(self, request: HttpRequest, queryset: "QuerySet[Charity]") -> None:
        self.message_user(request, f"{queryset.update(is_active=False)} are no longer offered to artists.")


class ProposeAddress(AddressForm):
    signature = CharField(
        required=False, widget=Textarea,
        help_text="Of the charity's wallet over a statement; leave both empty and save to be shown the words.",
    )  # fmt: skip
    page_url = URLField(
        required=False, assume_scheme="https", help_text="Or the page of its own website that names the address."
    )

    class Meta:
        model = CharityAddress
        fields = ("charity", "address", "signature", "page_url")

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                charities.prove(asked["charity"], asked["address"], asked["signature"], asked["page_url"])
            except WordsRefused as error:
                self.add_error(error.field, f"{error} {error.next_step}")
        return asked


@admin.register(CharityAddress)
class CharityAddresses(ReadOnly):
    """Proposed by one operator, approved by another. What was decided can be read and changed nowhere."""

    form = ProposeAddress
    list_display = ("address", "charity", "status", "proposed_by", "proposed_at", "decided_by", "decided_at")
    list_filter = ("status",)
    list_select_related = ("charity", "proposed_by", "decided_by")
    actions = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        asked = form.cleaned_data
        by = cast(User, request.user)
        proof = {"signature": asked["signature"], "page_url": asked["page_url"]}
        obj.pk = charities.propose(asked["charity"], asked["address"], by, **proof).pk

    @admin.action(description="Approve the chosen addresses")
    def approve(self, request: HttpRequest, queryset: "QuerySet[CharityAddress]") -> None:
        for row in queryset.select_related("charity"):
            self._decide(request, row, charities.approve)

    @admin.action(description="Reject the chosen addresses")
    def reject(self, request: HttpRequest, queryset: "QuerySet[CharityAddress]") -> None:
        for row in queryset.select_related("charity"):
            self._decide(request, row, charities.reject)

    def _decide(
        self, request: HttpRequest, row: CharityAddress, verb: Callable[[CharityAddress, User], object]
    ) -> None:
        try:
            verb(row, cast(User, request.user))
        except GalleryError as error:
            self.message_user(request, f"{row.address}: {error}", messages.ERROR)
        else:
            self.message_user(request, f"{row.address} of {row.charity} is {row.get_status_display()} now.")


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


@admin.register(Turn)
class Turns(Desk):
    """A person's weight in the queue and pictures a day, where they differ from everybody's."""

    list_display = ("owner_id", "weight", "pictures_per_day", "passed")
    fields = ("owner_id", "weight", "pictures_per_day")
    search_fields = ("owner_id",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Turn]":
        return Turn.objects.exclude(owner_id=CLOCK)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Workbench)
class Workbenches(ReadOnly):
    list_display = ("name", "pool", "device", "memory_bytes", "warm", "may_load", "seen_at")


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


@admin.register(Voucher)
class Vouchers(ReadOnly):
    """Without signatures: that of a handover is for whoever brings the claim code, and for nobody at this desk."""

    list_display = ("voucher_hash", "signer", "price_wei", "valid_until", "withdrawn_at")
    exclude = ("signature",)


@admin.register(OnSiteSale)
class OnSiteSales(ReadOnly):
    """To be read here; everything that is done with a sale is done at the counter (/operators/sales/)."""

    list_display = ("receipt_number", "work", "amount_minor", "currency", "sold_at", "claimed_by", "voided_at")
    list_select_related = ("work",)
    search_fields = ("receipt_number", "work__title")
    exclude = ("claim_salt", "claim_sha256")


for row in (
    Share, SignInMessage, Wallet, Prompt, Image, Parentage, OnSitePayment, OnSiteEntry, Block, Log, Token, Transfer,
    Sale, Payment, Donation, Credit,
):  # fmt: skip
    admin.site.register(row, ReadOnly)
