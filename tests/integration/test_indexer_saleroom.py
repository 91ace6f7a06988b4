"""From the chain to rows: auctions, offers, resales, series and their drops, and reorganisations over them all."""

from typing import Any

import pytest

from minting import ledger
from minting.contract import kinds
from minting.contract.artifacts import AUCTIONS, OFFERS, TOKEN
from minting.indexer import verify, walk
from minting.models import (
    Auction,
    Bid,
    Cancellation,
    Credit,
    Donation,
    FallingPurchase,
    Log,
    Offer,
    OfferCancellation,
    Payment,
    Rebate,
    Recall,
    Refund,
    Reveal,
    Sale,
    Series,
    Token,
    Transfer,
)
from minting.units import split_wei
from tests.support import saleroom
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import ETHER, Wallet, give

pytestmark = pytest.mark.django_db(transaction=True)
REVERTS = "0x5f5ffd"  # an account that refuses money
ROWS = (
    Log, Token, Transfer, Sale, Payment, Donation, Credit, Auction, Bid, Refund, FallingPurchase, Rebate, Offer,
    OfferCancellation, Series, Reveal, Recall, Cancellation,
)  # fmt: skip


def facts() -> list[tuple[Any, ...]]:
    """Every projected row by its log's place, without numbers of the database: what a rebuild must give again."""
    found: list[tuple[Any, ...]] = []
    for model in ROWS:
        names = [one.attname for one in model._meta.concrete_fields if not one.is_relation and one.attname != "id"]
        place = "block__hash" if model is Log else "log__block__hash"
        index = "log_index" if model is Log else "log__log_index"
        found += [(model.__name__, *map(str, row)) for row in model.objects.values_list(*names, place, index)]
    return sorted(found)


def play(stage: Stage) -> tuple[Wallet, Wallet]:
    """Everything that a saleroom knows, once: (who was outbid, who gave and took back an offer)."""
    outbid, keen = Wallet.new(stage.w3), Wallet.new(stage.w3)
    auction = saleroom.auction(stage, 1)
    saleroom.bid(stage, outbid, auction, ETHER)
    rpc(stage.w3, "anvil_setCode", outbid.address, REVERTS)
    saleroom.bid(stage, keen, auction, 2 * ETHER)
    rpc(stage.w3, "anvil_setCode", outbid.address, "0x")
    saleroom.bid(stage, stage.collector, auction, 3 * ETHER)
    saleroom.call(keen, stage.chain.auctions, AUCTIONS, "withdraw", outbid.address)
    saleroom.pass_seconds(stage, 4_000)
    saleroom.settle(stage, keen, auction)
    given = saleroom.offer(stage, stage.collector, 2, ETHER)
    saleroom.accept(stage, 2, given)
    back = saleroom.offer(stage, keen, 3, 5_000)
    saleroom.call(keen, stage.chain.offers, OFFERS, "cancelOffer", back)
    saleroom.buy_listed(stage, stage.collector, keen, 2, ETHER + 3, for_=outbid.address)
    series = saleroom.series(stage, supply=12, batched=4)
    saleroom.mint_batch(stage, series, 1, 4)
    saleroom.claim(stage, keen, saleroom.drop(stage, series, 5, 4), 2)
    saleroom.call(stage.artist, stage.chain.token, TOKEN, "recall", stage.token_id(9))
    saleroom.call(stage.artist, stage.chain.auctions, AUCTIONS, "cancel", 8)
    return outbid, keen


def test_auction_is_rows_from_its_first_bid_to_settlement(stage: Stage) -> None:
    outbid, keen = play(stage)
    walk.catch_up(stage.chain, stage.w3)
    auction = Auction.objects.get()
    payload = saleroom.auction(stage, 1)
    assert (auction.token_id, auction.seller, auction.reserve_wei) == (stage.token_id(1), stage.artist.address, ETHER)
    bids = list(auction.bids.order_by("log__block__number"))
    assert [(bid.bidder, bid.amount_wei) for bid in bids] == [
        (outbid.address, ETHER), (keen.address, 2 * ETHER), (stage.collector.address, 3 * ETHER),
    ]  # fmt: skip
    refunds = auction.refunds.order_by("log__block__number").values_list("bidder", "amount_wei", "credited")
    assert list(refunds) == [(outbid.address, ETHER, True), (keen.address, 2 * ETHER, False)]
    held = Credit.objects.filter(account=outbid.address).order_by("pk").values_list("amount_wei", "paid_out")
    assert list(held) == [(ETHER, False), (ETHER, True)]
    assert ledger.held_by_account(stage.chain, [outbid.address]) == {}
    sale = Sale.objects.get(contract=stage.chain.auctions)
    assert sale.voucher_hash == auction.auction_id
    assert payload["reserve"] == str(ETHER)
    donation, parts = split_wei(3 * ETHER, 1_000, [8_500, 500])
    assert sale.donation.amount_wei == donation
    assert [row.amount_wei for row in sale.payments.order_by("log__log_index")] == parts
    assert Token.objects.get(token_id=stage.token_id(1), contract=stage.chain.token).owner == stage.collector.address

    taken = Sale.objects.get(contract=stage.chain.offers)
    assert Offer.objects.get(offer_id=taken.sale_id).bidder == taken.buyer == stage.collector.address
    assert OfferCancellation.objects.get().offer.bidder == keen.address

    resold = Sale.objects.get(contract=stage.chain.market, collection=stage.chain.token)
    assert (resold.buyer, resold.recipient) == (keen.address, outbid.address)
    assert Token.objects.get(token_id=stage.token_id(2), contract=stage.chain.token).owner == outbid.address
    royalty = resold.payments.get(account=stage.artist.address)
    assert royalty.amount_wei == (ETHER + 3) * 500 // 10_000

    series = Series.objects.get()
    claimed = Token.objects.filter(contract=series.contract).order_by("token_id")
    assert [(row.token_id & 0xFF, row.owner, row.metadata_cid) for row in claimed] == [
        *((number, stage.artist.address, "") for number in (1, 2, 3, 4)),
        *((number, keen.address, "") for number in (5, 6)),
    ]
    # The same id in two collections: a work of the shared contract and one of the series.
    assert Token.objects.filter(token_id=stage.token_id(2)).count() == 2
    assert Recall.objects.get().token_id == stage.token_id(9)
    assert Cancellation.objects.get().nonce == 8

    found = verify.recompute(stage.chain, stage.w3)
    assert found.differences == []
    assert (found.sales, found.hidden_terms) == (5, 0)
    followed = facts()
    walk.rebuild(stage.chain, stage.w3)
    assert facts() == followed


@pytest.mark.parametrize("depth", [2, 9, 16])
def test_rows_equal_a_rebuild_when_the_chain_reorganises_over_the_saleroom(depth: int, stage: Stage) -> None:
    play(stage)
    walk.catch_up(stage.chain, stage.w3)
    before = facts()
    rpc(stage.w3, "anvil_reorg", depth, [])
    walk.catch_up(stage.chain, stage.w3)
    assert len(facts()) < len(before)
    give(stage.w3, stage.collector.address, 10 * ETHER)  # the reorganisation may have taken that too
    saleroom.bid(stage, stage.collector, saleroom.auction(stage, 5), ETHER)
    walk.catch_up(stage.chain, stage.w3)
    followed = facts()
    walk.rebuild(stage.chain, stage.w3)
    assert facts() == followed
    assert verify.ledger(stage.chain, stage.w3) == []


def test_series_is_read_from_its_first_log_when_far_behind_the_head(stage: Stage) -> None:
    collection = saleroom.series(stage, batched=3)
    saleroom.mint_batch(stage, collection, 1, 3)
    rpc(stage.w3, "anvil_mine", hex(200))
    walk.catch_up(stage.chain, stage.w3)
    assert Token.objects.filter(contract=collection).count() == 3
    assert set(Log.objects.filter(address=collection).values_list("event", flat=True)) >= {
        "MarketAllowed",
        "Transfer",
    }


def test_rebate_is_a_row_and_a_credit_when_a_falling_auction_settles(stage: Stage) -> None:
    collection = saleroom.series(stage)
    payload = saleroom.falling(stage, collection, 1, 2)
    early, late = Wallet.new(stage.w3), Wallet.new(stage.w3)
    first = saleroom.buy_falling(stage, early, payload)
    saleroom.pass_seconds(stage, 600)
    last = saleroom.buy_falling(stage, late, payload)
    assert last < first
    values = kinds.FALLING.values(payload)
    saleroom.call(late, stage.chain.auctions, AUCTIONS, "settleDutch", values, 10)
    walk.catch_up(stage.chain, stage.w3)
    paid = dict(FallingPurchase.objects.values_list("buyer", "paid_wei"))
    assert set(paid) == {early.address, late.address}
    above = paid[early.address] - paid[late.address]
    rebate = Rebate.objects.get()
    assert (rebate.amount_wei, rebate.purchase.buyer) == (above, early.address)
    assert ledger.held_by_account(stage.chain, [early.address, late.address]) == {early.address: above}
    assert {sale.price_wei for sale in Sale.objects.all()} == {paid[late.address]}
    assert verify.ledger(stage.chain, stage.w3) == []


def test_coin_is_told_apart_from_ether_in_sales_credits_and_sums(stage: Stage) -> None:
    coin = saleroom.Coin.listed(stage)
    outbid = Wallet.new(stage.w3)
    for who in (outbid, stage.collector):
        coin.give(who, 10_000_000)
    payload = saleroom.auction(stage, 1, 1_000_000, currency=coin.address)
    saleroom.bid(stage, outbid, payload, 1_000_000, in_ether=False)
    coin.block(outbid.address, True)
    coin.block(stage.charity, True)
    saleroom.bid(stage, stage.collector, payload, 2_000_000, in_ether=False)
    saleroom.pass_seconds(stage, 4_000)
    saleroom.settle(stage, stage.collector, payload)
    stage.sell(2, price_wei=ETHER)
    walk.catch_up(stage.chain, stage.w3)
    held = ledger.held_by_contract(stage.chain, [outbid.address, stage.charity])
    assert held == {
        (outbid.address, stage.chain.auctions, coin.address): 1_000_000,
        (stage.charity, stage.chain.auctions, coin.address): 200_000,
    }
    assert ledger.held_by_account(stage.chain, [outbid.address, stage.charity]) == {}
    assert ledger.promised_by_beneficiary(stage.chain) == {stage.charity: ETHER // 10}
    found = verify.recompute(stage.chain, stage.w3)
    assert (found.differences, found.sales, found.hidden_terms) == ([], 2, 0)
    assert found.on_chain_wei == found.in_database_wei == {stage.charity: ETHER // 10}
    assert found.in_coins == {(coin.address, stage.charity): 200_000}
    coin.block(outbid.address, False)
    saleroom.call(stage.collector, stage.chain.auctions, AUCTIONS, "withdrawIn", coin.address, outbid.address)
    walk.catch_up(stage.chain, stage.w3)
    assert coin.balance(outbid.address) == 10_000_000
    assert ledger.held_by_contract(stage.chain, [outbid.address]) == {}
