"""Rows of the minting engine: pins, vouchers, transactions, and the projection of the chain."""

from minting.models.block import Block, Log
from minting.models.donation import Credit, Donation
from minting.models.minter import Minter
from minting.models.pin import Pin
from minting.models.place import Place
from minting.models.sale import Payment, Sale
from minting.models.token import Token, Transfer
from minting.models.transaction import Transaction
from minting.models.voucher import Voucher

__all__ = [
    "Block", "Credit", "Donation", "Log", "Minter", "Payment", "Pin", "Place", "Sale", "Token", "Transaction",
    "Transfer", "Voucher",
]  # fmt: skip
