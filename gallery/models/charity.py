"""Who donations go to."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

is_address = RegexValidator(r"^0x[0-9a-fA-F]{40}$", _("An address is 0x and forty hexadecimal digits."))


class Charity(models.Model):
    """A beneficiary by address. Past vouchers hold the address they were signed with, whatever is changed here."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    name_ko = models.CharField(max_length=120, blank=True)
    about = models.TextField(blank=True)
    about_ko = models.TextField(blank=True)
    country = models.CharField(max_length=2)
    website = models.URLField(blank=True)
    address = models.CharField(max_length=42, unique=True, validators=[is_address])
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "charities"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
