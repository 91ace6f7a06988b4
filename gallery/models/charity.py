"""Who donations go to, and the addresses that they have been paid at."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gallery.models.people import User

is_address = RegexValidator(r"^0x[0-9a-fA-F]{40}$", _("An address is 0x and forty hexadecimal digits."))


class Charity(models.Model):
    """A beneficiary. Offered to artists once two people have stood by its address; see gallery/charities.py.

    Vouchers and submitted works hold the address that they were written with, whatever is changed here.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    name_ko = models.CharField(max_length=120, blank=True)
    about = models.TextField(blank=True)
    about_ko = models.TextField(blank=True)
    country = models.CharField(max_length=2)
    website = models.URLField(blank=True)
    address = models.CharField(max_length=42, unique=True, validators=[is_address])
    is_active = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "charities"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CharityAddress(models.Model):
    """An address that somebody proposed for a charity, with the charity's proof, and who else decided on it."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CURRENT = "current", _("current")
        FORMER = "former", _("former")
        REJECTED = "rejected", _("rejected")

    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="addresses")
    address = models.CharField(max_length=42, validators=[is_address])
    status = models.CharField(max_length=16, choices=Status, default=Status.PROPOSED)
    statement = models.TextField(blank=True)  # what the charity signed, word for word
    signature = models.TextField(blank=True)
    page_url = models.URLField(blank=True)  # where it publishes the address instead
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "charity addresses"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "current", "former", "rejected"]),
                name="charity_address_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "rejected"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="charity_address_needs_two_people",
            ),
            models.CheckConstraint(condition=~Q(signature="") | ~Q(page_url=""), name="charity_address_is_proven"),
            models.UniqueConstraint(
                fields=["charity"], condition=Q(status="current"), name="charity_address_one_is_current"
            ),
            models.UniqueConstraint(
                fields=["address"], condition=~Q(status="rejected"), name="charity_address_of_one_charity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.status})"
