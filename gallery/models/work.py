"""A work: one picture that its artist stands behind, with words, licence, price and shares."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.charity import Charity
from gallery.models.people import User
from gallery.models.series import Series
from generation.models import Credential, Image
from minting.models import Voucher
from minting.units import Uint256Field


class Work(models.Model):
    """One-to-one with its master picture; gallery/works.py holds every edge of `status`.

    `number` is the low 96 bits of the token id, given out by the database, so a work has one token id for life.
    What the chain says (minted, sold, owner) is not stored here: catalogue.py reads it from the projections.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Licence(models.TextChoices):
        CC0 = "CC0-1.0", "CC0 1.0"
        CC_BY = "CC-BY-4.0", "CC BY 4.0"
        CC_BY_NC = "CC-BY-NC-4.0", "CC BY-NC 4.0"
        CC_BY_SA = "CC-BY-SA-4.0", "CC BY-SA 4.0"
        CBE_ECR = "CBE-ECR", "CBE Exclusive Commercial Rights"
        CBE_NECR = "CBE-NECR", "CBE Non-Exclusive Commercial Rights"
        CBE_NECR_HS = "CBE-NECR-HS", "CBE Non-Exclusive Commercial Rights, hate speech termination"
        CBE_PR = "CBE-PR", "CBE Personal Use"
        CBE_PR_HS = "CBE-PR-HS", "CBE Personal Use, hate speech termination"

    OPEN_LICENCES = (Licence.CC0, Licence.CC_BY, Licence.CC_BY_NC, Licence.CC_BY_SA)  # anyone may pass it on

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    artist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="works")
    series = models.ForeignKey(Series, null=True, blank=True, on_delete=models.PROTECT, related_name="works")
    master = models.OneToOneField(Image, on_delete=models.PROTECT, related_name="work")
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    title = models.CharField(max_length=120)
    title_ko = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True)
    description_ko = models.TextField(blank=True)
    licence = models.CharField(max_length=24, choices=Licence, default=Licence.CBE_PR)
    price_wei = Uint256Field(null=True, blank=True)  # null: not for sale
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="works")
    beneficiary = models.CharField(max_length=42, blank=True)  # the charity's address, fixed at submission
    donation_bps = models.PositiveSmallIntegerField(default=1000)
    royalty_bps = models.PositiveSmallIntegerField(default=500)
    artist_address = models.CharField(max_length=42)
    image_cid = models.CharField(max_length=80, blank=True)
    metadata_cid = models.CharField(max_length=80, blank=True)
    further_cids = models.JSONField(default=list, blank=True)  # what else the metadata names: panels, earlier steps
    credential = models.ForeignKey(Credential, null=True, blank=True, on_delete=models.PROTECT, related_name="works")
    may_be_mined = models.BooleanField(default=False)  # the artist's answer to data mining and training
    visible_mark = models.BooleanField(default=False)
    invisible_mark = models.BooleanField(default=False)
    keeps_steps = models.BooleanField(default=False)  # whether the pictures of earlier steps are kept in public
    shows_rejects = models.BooleanField(default=False)  # whether its page says what was made on the way and not taken
    hides_prompts = models.BooleanField(default=False)  # whether the words are published as commitments alone
    voucher = models.OneToOneField(Voucher, null=True, blank=True, on_delete=models.SET_NULL, related_name="work")
    onsite_sale = models.OneToOneField(  # the one that stands; whoever has it may claim the token
        "gallery.OnSiteSale", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "submitted", "published", "withdrawn"]),
                name="work_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(price_wei__isnull=True) | Q(price_wei__gte=0, price_wei__lte=2**128),
                name="work_price_fits",
            ),
            models.CheckConstraint(condition=Q(donation_bps__lte=10_000), name="work_donation_is_a_share"),
            models.CheckConstraint(condition=Q(royalty_bps__lte=5_000), name="work_royalty_is_bounded"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | (~Q(image_cid="") & ~Q(metadata_cid="")),
                name="work_submitted_has_cids",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def cids(self) -> list[str]:
        """Everything that has to stay for this work to be whole; empty before it is submitted."""
        return [cid for cid in (self.image_cid, self.metadata_cid, *self.further_cids) if cid]

    @property
    def licence_url(self) -> str:
        """Where the words of the licence stand; those of CBE on Arweave, whose addresses are hashes."""
        return LICENCE_URLS[self.licence]

    @property
    def donation_address(self) -> str:
        """Where the donation goes: what was fixed at submission, before it the charity's present address."""
        return self.beneficiary or self.charity.address

    @property
    def offer_has_lapsed(self) -> bool:
        """Whether a published work with a price has no voucher that still holds: its artist may sign a new one."""
        if self.status != self.Status.PUBLISHED or self.price_wei is None or self.onsite_sale_id is not None:
            return False
        return self.voucher is None or self.voucher.valid_until <= timezone.now()


_CC, _CBE = "https://creativecommons.org/", "ar://zmc1WTspIhFyVY82bwfAIcIExLFH5lUcHHUN0wXg4W8/"
LICENCE_URLS: dict[str, str] = {
    Work.Licence.CC0: f"{_CC}publicdomain/zero/1.0/",
    Work.Licence.CC_BY: f"{_CC}licenses/by/4.0/",
    Work.Licence.CC_BY_NC: f"{_CC}licenses/by-nc/4.0/",
    Work.Licence.CC_BY_SA: f"{_CC}licenses/by-sa/4.0/",
    Work.Licence.CBE_ECR: f"{_CBE}1",
    Work.Licence.CBE_NECR: f"{_CBE}2",
    Work.Licence.CBE_NECR_HS: f"{_CBE}3",
    Work.Licence.CBE_PR: f"{_CBE}4",
    Work.Licence.CBE_PR_HS: f"{_CBE}5",
}


class Share(models.Model):
    """A payee of a work, in basis points of the price. Position 0 is the artist, who takes the remainder.

    A collaborator's share counts only once they have accepted it; the site's share needs no acceptance.
    """

    class Role(models.TextChoices):
        ARTIST = "artist", _("artist")
        COLLABORATOR = "collaborator", _("collaborator")
        SITE = "site", _("site")

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="shares")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=16, choices=Role)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="shares")
    credit = models.CharField(max_length=120, blank=True)  # what they did, in words
    address = models.CharField(max_length=42)
    bps = models.PositiveSmallIntegerField()
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["work", "position"], name="share_one_per_position"),
            models.UniqueConstraint(fields=["work", "address"], name="share_one_per_address"),
            models.CheckConstraint(condition=Q(bps__gte=1, bps__lte=10_000), name="share_bps_in_range"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.role} {self.bps} bps"
