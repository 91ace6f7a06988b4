"""Sales, their parts and credits, from the logs of market, auctions and offers, which speak in the same events."""

from minting.chains import Chain
from minting.models import Credit, Donation, Log, Payment, Sale


def sold(chain: Chain, log: Log) -> None:
    """Sold; written before the parts of its block, whichever order they came in."""
    Sale.objects.create(
        log=log,
        chain_id=chain.chain_id,
        contract=log.address,
        sale_id=int(log.args["saleId"]),
        collection=log.args["collection"],
        token_id=int(log.args["tokenId"]),
        buyer=log.args["buyer"],
        recipient=log.args["recipient"],
        price_wei=int(log.args["price"]),
        currency=log.args["currency"],
        voucher_hash=log.args["voucherHash"],
    )


def part(chain: Chain, log: Log) -> None:
    """Donated or Paid, of a sale that is written already."""
    sale = Sale.objects.get(chain_id=chain.chain_id, contract=log.address, sale_id=int(log.args["saleId"]))
    amount_wei = int(log.args["amount"])
    if log.event == "Paid":
        Payment.objects.create(log=log, sale=sale, account=log.args["account"], amount_wei=amount_wei)
        return
    Donation.objects.create(
        log=log,
        sale=sale,
        token_id=int(log.args["tokenId"]),
        beneficiary=log.args["beneficiary"],
        amount_wei=amount_wei,
    )


def credit(log: Log) -> None:
    """Credited or Withdrawn."""
    Credit.objects.create(
        log=log,
        account=log.args["account"],
        amount_wei=int(log.args["amount"]),
        currency=log.args["currency"],
        paid_out=log.event == "Withdrawn",
    )
