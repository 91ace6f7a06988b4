"""Contracts of artists' own, made by our factory, and what ends an offer before it is taken."""

from django.db import models

from minting.models.block import Log
from minting.units import Uint256Field


class Series(models.Model):
    """One SeriesCreated event: a clone whose terms stand in its code. Its logs are read from this block on.

    `folder` is the sha-256 of the folder with the works' metadata; zero where it is sealed, or each work has its own.
    """

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="series")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    artist = models.CharField(max_length=42, db_index=True)
    max_supply = models.PositiveBigIntegerField()
    batched = models.PositiveBigIntegerField()
    folder = models.CharField(max_length=66)
    commitment = models.CharField(max_length=66)

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(fields=["chain_id", "contract"], name="series_once")]

    def __str__(self) -> str:
        return f"series {self.contract} of {self.artist}"


class Reveal(models.Model):
    """One Revealed event: the folder that a sealed series had committed to."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="reveal")
    series = models.OneToOneField(Series, on_delete=models.CASCADE, related_name="reveal")
    folder = models.CharField(max_length=66)

    def __str__(self) -> str:
        return f"{self.series}: {self.folder}"


class Recall(models.Model):
    """One Recalled event: everything that was open for a work has ended; what is signed next names `round`."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="recall")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    token_id = Uint256Field(db_index=True)
    round = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.token_id} recalled, round {self.round}"


class Cancellation(models.Model):
    """One VoucherCancelled or TermsCancelled event: what `account` signed with `nonce` is worthless."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="cancellation")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    account = models.CharField(max_length=42)
    nonce = Uint256Field()

    class Meta:
        indexes = [models.Index(fields=["contract", "account", "nonce"], name="cancellation_of")]

    def __str__(self) -> str:
        return f"{self.account} cancelled {self.nonce}"
