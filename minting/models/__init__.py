"""Rows of the minting engine: pins, vouchers, transactions, and the projection of the chain."""

from minting.models.auction import Auction, Bid, FallingPurchase, Rebate, Refund
from minting.models.block import Block, Log
from minting.models.donation import Credit, Donation
from minting.models.minter import Minter
from minting.models.offer import Offer, OfferCancellation
from minting.models.pin import Pin
from minting.models.place import Place
from minting.models.reading import Reading
from minting.models.sale import Payment, Sale
from minting.models.series import Cancellation, Recall, Reveal, Series
from minting.models.terms import Terms
from minting.models.token import Token, Transfer
from minting.models.transaction import Transaction
from minting.models.voucher import Voucher

__all__ = [
    "Auction", "Bid", "Block", "Cancellation", "Credit", "Donation", "FallingPurchase", "Log", "Minter", "Offer",
    "OfferCancellation", "Payment", "Pin", "Place", "Reading", "Rebate", "Recall", "Refund", "Reveal", "Sale",
    "Series", "Terms", "Token", "Transaction", "Transfer", "Voucher",
]  # fmt: skip
