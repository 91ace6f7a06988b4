"""What staff type at the counter: exact amounts, times in UTC, one proof for a payment."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.forms import line
from gallery.models import Exhibition, Work
from gallery.onsite import currencies
from gallery.templatetags.ninefold import said

if TYPE_CHECKING:
    from django.forms.models import ModelChoiceField

    ExhibitionField = ModelChoiceField[Exhibition]
else:
    ExhibitionField = forms.ModelChoiceField


def _now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, initial=_now)


def _amount(text: str, currency: str) -> int:
    try:
        return currencies.parse(text, currency)
    except currencies.NotAnAmount:
        digits = currencies.MINOR_DIGITS[currency]
        if digits:
            words = _("Write an amount in digits, such as 1,200.50, with at most %(digits)s decimals.")
        else:
            words = _("Write an amount in whole digits, such as 450,000: this currency has no decimals.")
        raise ValidationError(words, params={"digits": digits}, code="not_an_amount") from None


class RecordForm(forms.Form):
    """A sale; `amount_minor` in the cleaned data is in the currency's smallest unit."""

    amount = line(_("Amount"), longest=24, widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in currencies.CODES])
    receipt_number = line(_("Receipt number"), longest=40)
    sold_at = _moment(_("Sold at (UTC)"))
    exhibition: ExhibitionField = forms.ModelChoiceField(
        label=_("Exhibition"), queryset=Exhibition.objects.none(), required=False, empty_label=_("none")
    )

    def __init__(self, *args: Any, work: Work, **more: Any) -> None:
        super().__init__(*args, **more)
        shown = self.fields["exhibition"]
        shown.queryset = work.exhibitions.all()  # type: ignore[attr-defined]
        shown.label_from_instance = lambda one: said(one, "title")  # type: ignore[attr-defined]
        shown.initial = work.exhibitions.first()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "amount" in cleaned and "currency" in cleaned:
            try:
                cleaned["amount_minor"] = _amount(cleaned["amount"], cleaned["currency"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class PaymentForm(forms.Form):
    """A part of the donation that reached the charity, in the currency of its sale."""

    amount = line(_("Amount"), longest=24, widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}))
    paid_at = _moment(_("Paid at (UTC)"))
    transaction_hash = line(
        _("Transaction"), required=False, longest=66, help_text=_("0x and 64 digits, if it was paid on a chain.")
    )
    document = forms.FileField(
        label=_("Document"),
        required=False,
        widget=forms.FileInput({"accept": "application/pdf,image/jpeg,image/png"}),
        help_text=_("Else the bank's confirmation: PDF, JPEG or PNG, at most 10 MB. Staff alone can open it."),
    )

    def __init__(self, *args: Any, currency: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.currency = currency
        self.fields["amount"].label = f"{self.fields['amount'].label} ({currency})"

    def clean_amount(self) -> int:
        return _amount(self.cleaned_data["amount"], self.currency)


class ReasonForm(forms.Form):
    """Why something does not stand."""

    reason = line(_("Reason"), longest=200)
