"""What people type, read with care: exact numbers, words that show what they say, errors beside the field.

Refuses NUL, controls and characters that turn the direction of reading; prices that are not exact; shares that
leave the artist nothing. Says so in the language of the page.
"""

import hashlib
import re
import unicodedata
import uuid
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gallery import auctions
from gallery.models import Charity, Series, User, Wallet, Work
from gallery.templatetags.ninefold import said
from generation import api as generation
from generation.models import Prompt
from minting import units

if TYPE_CHECKING:
    from django.forms.models import ModelChoiceField

    CharityField = ModelChoiceField[Charity]
    SeriesField = ModelChoiceField[Series]
else:
    CharityField = SeriesField = forms.ModelChoiceField

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
PICTURES_AT_ONCE = 9
SEED_BELOW = 2**generation.SEED_BITS
LEAST_PRICE_WEI = units.BPS_WHOLE  # from here on each basis point of a price is at least one wei
ROYALTY_BPS_MAX = 5_000


def plain(text: str) -> None:
    """ValidationError for NUL, other controls than line ends and tabs, and bidirectional overrides."""
    if TURNING.search(text) or any(unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in text):
        raise ValidationError(
            _("Characters that cannot be shown, or that turn the direction of reading, are not taken."),
            code="forbidden_character",
        )


def line(label: Any, *, required: bool = True, longest: int = 120, **more: Any) -> forms.CharField:
    """One line of plain words."""
    return forms.CharField(label=label, max_length=longest, required=required, validators=[plain], **more)


def passage(label: Any, *, longest: int = 4000, rows: int = 4, **more: Any) -> forms.CharField:
    """Several lines of plain words, which may be left out."""
    more.setdefault("required", False)
    return forms.CharField(
        label=label, max_length=longest, validators=[plain], widget=forms.Textarea({"rows": rows}), **more
    )


def korean(field: forms.CharField) -> forms.CharField:
    """The same field for words in Korean: read out and set in type as such on an English page too."""
    field.widget.attrs["lang"] = "ko"
    return field


class EtherField(forms.CharField):
    """A price as people write it, '0.05'; the value is an integer of wei, or None when left out."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        if text.startswith(("-", "−")):
            raise ValidationError(_("A price cannot be negative."), code="negative")
        try:
            price_wei = units.parse_ether(text)
        except units.NotAPrice:
            if re.fullmatch(r"[0-9]{1,60}(\.[0-9]{0,18})?", text):
                raise ValidationError(_("This price is higher than the contract takes."), code="too_high") from None
            raise ValidationError(
                _("Write a price in ether as digits with at most 18 decimals, such as 0.05."), code="not_a_price"
            ) from None
        if price_wei < LEAST_PRICE_WEI:
            raise ValidationError(
                _("This price leaves nothing to give. Leave it empty to keep the work, and give its token away."),
                code="too_low",
            )
        return price_wei


class PercentField(forms.DecimalField):
    """A percentage with two decimals; the value is an integer of basis points."""

    def __init__(self, *, most_bps: int, **more: Any) -> None:
        self.most_bps = most_bps
        super().__init__(min_value=Decimal(0), max_value=Decimal(most_bps) / 100, decimal_places=2, **more)

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)


class AskForm(forms.Form):
    """A prompt and how many pictures of it. `request_id` makes a second press of the button the same wish."""

    request_id = forms.CharField(widget=forms.HiddenInput, max_length=64)
    text = passage(_("Prompt"), required=True, longest=Prompt.MAX_CHARACTERS, rows=4)
    negative_text = line(_("What it should not show"), required=False, longest=Prompt.MAX_CHARACTERS)
    count = forms.IntegerField(label=_("Pictures"), min_value=1, max_value=PICTURES_AT_ONCE, initial=1)
    seed = forms.IntegerField(
        label=_("Seed"),
        required=False,
        min_value=0,
        max_value=SEED_BELOW - 1,
        help_text=_("The same prompt and seed paint the same picture. Leave it empty for new ones."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        seed, count = cleaned.get("seed"), cleaned.get("count")
        if seed is not None and count and seed + count > SEED_BELOW:
            words = _("The last seed is %(last)s: for %(count)s pictures, begin lower.")
            self.add_error("seed", words % {"last": SEED_BELOW - 1, "count": count})
        return cleaned

    def seeds(self) -> list[int]:
        """Consecutive seeds from the one named, or from one that follows from the request id."""
        first = self.cleaned_data["seed"]
        if first is None:
            digest = hashlib.sha256(self.cleaned_data["request_id"].encode()).digest()
            first = int.from_bytes(digest[:8], "big") % (SEED_BELOW - PICTURES_AT_ONCE)
        return [first + place for place in range(self.cleaned_data["count"])]


class ComposeForm(forms.Form):
    """Nine pictures in the order they were picked, as ids with commas between."""

    request_id = forms.CharField(widget=forms.HiddenInput, max_length=64)
    order = forms.CharField(required=False, max_length=9 * 37)

    def __init__(self, *args: Any, picked: list[str] | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.picked = picked or []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        named = [word for word in cleaned.get("order", "").split(",") if word] or self.picked
        try:
            ids = [uuid.UUID(word) for word in named]
        except ValueError:
            ids = []
        if len(ids) != PICTURES_AT_ONCE or len(set(ids)) != PICTURES_AT_ONCE:
            raise ValidationError(_("Choose exactly nine pictures."), code="nine")
        return {**cleaned, "image_ids": ids}


class UploadForm(forms.Form):
    """A picture from outside. What is inside the file is judged by the engine, not by its name."""

    request_id = forms.CharField(widget=forms.HiddenInput, max_length=64)
    file = forms.FileField(
        label=_("Picture file"),
        widget=forms.ClearableFileInput({"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, at most 40 MB. Location data is removed."),
    )


class PublishForm(forms.Form):
    """The words, licence and terms of a work, and whom it pays."""

    title = line(_("Title"))
    title_ko = korean(line(_("Title in Korean"), required=False))
    description = passage(_("Description"))
    description_ko = korean(passage(_("Description in Korean")))
    series: SeriesField = forms.ModelChoiceField(
        label=_("Series"), queryset=Series.objects.none(), required=False, empty_label=_("none")
    )
    licence = forms.ChoiceField(label=_("Licence"), choices=Work.Licence.choices, initial=Work.Licence.CBE_PR)
    price = EtherField(
        label=_("Price in ETH"),
        required=False,
        max_length=80,
        help_text=_("Exact, such as 0.05. Leave it empty if the work is not for sale."),
    )
    artist_address = forms.ChoiceField(
        label=_("Paid to"), help_text=_("The wallet that signs the terms of sale and receives your part.")
    )
    charity: CharityField = forms.ModelChoiceField(
        label=_("Charity"), queryset=Charity.objects.none(), empty_label=None
    )
    donation = PercentField(
        label=_("Donation, % of the price"), most_bps=9_000, initial=Decimal(settings.DEFAULT_DONATION_BPS) / 100
    )
    royalty = PercentField(
        label=_("Royalty on later sales, %"),
        most_bps=ROYALTY_BPS_MAX,
        initial=Decimal(5),
        help_text=_("Signalled to markets by ERC-2981; they decide whether to honour it."),
    )
    collaborator_address = line(
        _("Collaborator's wallet"),
        required=False,
        longest=42,
        help_text=_("They must have signed in here with it once, and must accept their share."),
    )
    collaborator_share = PercentField(label=_("Collaborator's share, %"), most_bps=9_000, required=False)
    collaborator_credit = line(_("What they did"), required=False)
    may_be_mined = forms.BooleanField(
        label=_("Machines may learn from it"),
        required=False,
        help_text=_("Otherwise the picture says that data mining and the training of models are not allowed."),
    )
    visible_mark = forms.BooleanField(
        label=_("A visible mark, “Made with AI”, in the corner"),
        required=False,
        help_text=_("Part of the picture for good, in every copy."),
    )
    invisible_mark = forms.BooleanField(
        label=_("An invisible mark that leads back to this work"),
        required=False,
        help_text=_("Survives smaller copies and compression, not cropping. Anybody can look for it here."),
    )
    shows_rejects = forms.BooleanField(
        label=_("Show what was not taken"),
        required=False,
        help_text=_("Its page then draws the other pictures of the same prompts as well, as words without pictures."),
    )
    hides_prompts = forms.BooleanField(
        label=_("Keep the words of the prompts to yourself"),
        required=False,
        help_text=_("Published is a sealed digest of them; you can open it later, and everybody can check it then."),
    )
    keeps_steps = forms.BooleanField(
        label=_("Keep the earlier steps with the work"),
        required=False,
        help_text=_("Sketches and unretouched pictures then stay in public for good. Panels are always kept."),
    )

    def __init__(self, *args: Any, artist: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.artist = artist
        for name, words in (("charity", "name"), ("series", "title")):  # in the language of the page
            self.fields[name].label_from_instance = partial(said, field=words)  # type: ignore[attr-defined]
        own = [(wallet.address, wallet.address) for wallet in artist.wallets.order_by("pk")]
        self.fields["artist_address"].choices = own  # type: ignore[attr-defined]
        self.fields["charity"].queryset = Charity.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["series"].queryset = Series.objects.filter(artist=artist)  # type: ignore[attr-defined]

    def clean_collaborator_address(self) -> Wallet | None:
        text = self.cleaned_data["collaborator_address"].strip()
        if not text:
            return None
        wallet = Wallet.objects.select_related("user").filter(address__iexact=text).first()
        if wallet is None:
            raise ValidationError(_("Nobody has signed in here with this wallet yet. Ask them to do so first."))
        if wallet.user_id == self.artist.pk:
            raise ValidationError(_("This is your own wallet. Name the wallet of the person you worked with."))
        return wallet

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        wallet, share = cleaned.get("collaborator_address"), cleaned.get("collaborator_share")
        if wallet and not share and "collaborator_share" not in self.errors:
            self.add_error("collaborator_share", _("Say which share of the price they get."))
        if share and not wallet and "collaborator_address" not in self.errors:
            self.add_error("collaborator_address", _("Name the wallet that gets this share."))
        site_bps = settings.SITE_FEE_BPS if settings.SITE_FEE_ADDRESS else 0
        given = (cleaned.get("donation") or 0) + (share or 0) + site_bps
        if given >= units.BPS_WHOLE and "donation" not in self.errors:
            self.add_error("donation", _("Donation and shares leave nothing for you. Lower one of them."))
        return cleaned


class AuctionForm(forms.Form):
    """What an artist chooses for an auction; everything else is in the work."""

    reserve = EtherField(label=_("Reserve, ETH"), help_text=_("The least first bid."))
    raise_bps = PercentField(
        label=_("Least raise, %"),
        most_bps=10_000,
        initial=Decimal(5),
        help_text=_("How far a bid must be above the one before; at least 1."),
    )
    hours = forms.IntegerField(
        label=_("Hours from the first bid"),
        min_value=1,
        max_value=auctions.HOURS_MAX,
        initial=auctions.HOURS,
        help_text=_("A bid in the last 15 minutes moves the end to 15 minutes after it."),
    )
    days = forms.IntegerField(
        label=_("Days to wait for a first bid"), min_value=1, max_value=auctions.DAYS_MAX, initial=auctions.DAYS
    )

    def clean_raise_bps(self) -> int:
        bps = int(self.cleaned_data["raise_bps"])
        if bps < auctions.LEAST_RAISE_BPS:
            raise ValidationError(_("A bid must be at least 1% above the one before."))
        return bps


class SignInForm(AuthenticationForm):
    """E-mail and password; addresses are compared in lower case."""

    error_messages = {
        "invalid_login": _("No account has this e-mail and password. Check both, or join."),
        "inactive": _("This account is closed. Write to the operator of this site."),
    }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["username"].widget.attrs.pop("autofocus", None)  # the wallet comes first on the page

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class JoinForm(forms.Form):
    """A new account with e-mail and password."""

    name = line(_("Name"), longest=80, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least eight characters that are hard to guess."),
    )

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(_("There is an account with this e-mail already. Sign in instead."), code="taken")
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("password"):
            person = User(email=cleaned.get("email"), name=cleaned.get("name", ""))
            try:
                validate_password(cleaned["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class AccountForm(forms.Form):
    """How a person is named on walls."""

    name = line(_("Name"), longest=80)
    name_ko = korean(line(_("Name in Korean"), required=False, longest=80))
    biography = passage(_("Biography"))
    biography_ko = korean(passage(_("Biography in Korean")))


class LeaveForm(forms.Form):
    """A person's word that they want to be forgotten: their password, or the address of their wallet."""

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user = user
        secret = forms.PasswordInput({"autocomplete": "current-password"})
        self.fields["proof"] = (
            forms.CharField(label=_("Your password"), strip=False, widget=secret)
            if user.has_usable_password()
            else line(_("The address of your wallet"), longest=42)
        )

    def clean_proof(self) -> str:
        said = str(self.cleaned_data["proof"])
        if self.user.has_usable_password():
            if not self.user.check_password(said):
                raise ValidationError(_("This is not your password."), code="wrong")
        elif not self.user.wallets.filter(address__iexact=said.strip()).exists():
            raise ValidationError(_("This wallet is not linked to your account."), code="wrong")
        return said
