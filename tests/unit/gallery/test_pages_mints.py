"""A transaction of the site on pages and in JSON: each state, each button, who has it, and why it is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from eth_account import Account

from gallery import works
from gallery.models import User, Work
from minting import api as minting
from minting.models import Transaction
from minting.transactions import batches, outbox, wishes
from minting.transactions.fees import Fees
from minting.transactions.signer import Signer
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
GWEI = 10**9
OUTBID = Fees(4 * GWEI, 2 * GWEI)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def key() -> Signer:
    return Signer(Account.create())


@pytest.fixture
def by() -> User:
    return make.artist("Han")


@pytest.fixture
def work(by: User) -> Work:
    return make.work(by, price_wei=None, title="Lake")


@pytest.fixture
def operator() -> Client:
    return signed_in(make.person("Operator", is_staff=True))


def wish(of: Work) -> Transaction:
    return wishes.want_mint(works.token_id(of), b"\1" * 32, of.artist_address, of.royalty_bps)


def sign(row: Transaction, key: Signer) -> Transaction:
    row = outbox.sign(row, key, pending_count=7, gas=100_000, fees=Fees(3 * GWEI, GWEI))
    return outbox.broadcast(row)


def mine(row: Transaction) -> Transaction:
    facts = {"block_hash": make.word(), "block_number": make.block().number, "contract": ""}
    return outbox.mined(row, gas_used=90_000, fee_wei=123_000 * GWEI, **facts)


def panel(of: Work, client: Client, seen: str = "") -> str:
    return client.get(f"/studio/works/{of.id}/transactions?seen={seen}", HTTP_HX_REQUEST="true").content.decode()


def said(of: Work, client: Client) -> dict[str, Any]:
    (entry,) = client.get(f"/works/{of.id}/mint.json").json()["transactions"]
    return entry  # type: ignore[no-any-return]


def test_each_state_is_shown_with_what_is_known_in_it(work: Work, by: User, key: Signer, settings: Any) -> None:
    settings.EXPLORER_URL, settings.CHAIN_CONFIRMATIONS = "https://scan.example", 12
    client, row = signed_in(by), wish(work)
    entry = said(work, client)
    assert (entry["status"], entry["nonce"], entry["hash"], entry["allowed"]) == ("wanted", None, None, ["cancel"])
    row = sign(row, key)
    entry = said(work, client)
    assert (entry["status"], entry["nonce"], entry["allowed"]) == ("broadcast", 7, [])
    assert entry["explorer"] == f"https://scan.example/tx/{row.hash}"
    assert entry["fee_offered_at_most_wei"] == str(300_000 * GWEI)
    assert f'href="https://scan.example/tx/{row.hash}"' in panel(work, client)
    assert "at most" in panel(work, client)
    assert 'hx-trigger="every 2s"' in panel(work, client)
    row = mine(row)
    make.block()
    entry = said(work, client)
    assert (entry["status"], entry["fee_paid_wei"]) == ("mined", str(123_000 * GWEI))
    assert entry["confirmations"] is not None
    assert "(final at 12)" in panel(work, client)
    outbox.final(row)
    assert said(work, client)["status"] == "final"
    assert 'hx-trigger="every 2s"' not in panel(work, client)


def test_news_are_said_aloud_once_when_the_state_has_changed(work: Work, by: User, key: Signer) -> None:
    row = wish(work)
    assert "passages-said" not in panel(work, signed_in(by), seen="wanted")
    sign(row, key)
    assert "Mint: broadcast." in panel(work, signed_in(by), seen="wanted")


def test_signed_again_shows_the_earlier_hashes_and_members_show_their_batch(
    by: User, work: Work, key: Signer
) -> None:
    other = make.work(by, price_wei=None)
    rows = [wish(work), wish(other)]
    Transaction.objects.update(data=rows[0].data)
    batch = batches.gather(Transaction.objects.get(pk=rows[0].pk), 5)
    assert batch is not None
    first = sign(batch, key).hash
    outbox.broadcast(outbox.resign(batch, key, OUTBID))
    entry = said(work, signed_in(by))
    assert (entry["status"], entry["in_a_batch_of"], entry["earlier_hashes"]) == ("broadcast", 2, [first])
    assert entry["hash"] not in {None, first}
    mine(Transaction.objects.get(pk=batch.pk))
    assert "for 2 mints together" in panel(work, signed_in(by))


def test_public_page_says_being_minted_only_while_it_is(work: Work, key: Signer) -> None:
    def text() -> str:
        return Client().get(f"/works/{work.id}/").content.decode()

    assert "Being minted" not in text()
    row = wish(work)
    assert "Being minted" in text()
    outbox.cancel(row)
    assert "Being minted" not in text()
    row = outbox.wish_again(Transaction.objects.get(pk=row.pk))
    outbox.reverted(row, "no", "ArtistNotAdmitted")
    assert "Being minted" not in text()


def test_artist_takes_back_what_is_not_signed_and_is_told_why_not_after_that(
    work: Work, by: User, key: Signer
) -> None:
    client, row = signed_in(by), wish(work)
    url, body = f"/transactions/{row.pk}/cancel", {"work": str(work.id)}
    answer = client.post(url, body)
    assert answer.headers["Location"] == f"/studio/works/{work.id}/"
    assert Transaction.objects.get(pk=row.pk).status == "cancelled"
    assert "Mint it to me" in client.get(f"/studio/works/{work.id}/").content.decode()
    sign(outbox.wish_again(Transaction.objects.get(pk=row.pk)), key)
    answer = client.post(url, body, HTTP_HX_REQUEST="true")
    assert "It is signed already" in answer.content.decode()
    assert Transaction.objects.get(pk=row.pk).cancel_asked_at is None
    answer = client.post(url, body, follow=True)
    assert "It is signed already" in answer.content.decode()


def test_operator_hastens_cancels_and_tries_again(work: Work, key: Signer, operator: Client) -> None:
    row = sign(wish(work), key)
    assert "Speed up" in panel(work, operator)
    operator.post(f"/transactions/{row.pk}/hasten")
    assert Transaction.objects.get(pk=row.pk).hurry_asked_at is not None
    assert "sent again with a higher fee" in panel(work, operator)
    operator.post(f"/transactions/{row.pk}/cancel")
    assert said(work, operator)["is_to_be_cancelled"] is True
    row = mine(Transaction.objects.get(pk=row.pk))
    text = operator.post(f"/transactions/{row.pk}/hasten", HTTP_HX_REQUEST="true").content.decode()
    assert "It is in a block already" in text
    outbox.reverted(row, "the reason", "AlreadyMinted")
    assert "has its token already" in panel(work, operator)
    operator.post(f"/transactions/{row.pk}/again")
    assert Transaction.objects.get(pk=row.pk).status == "wanted"


def test_operator_is_told_that_a_member_travels_with_others(by: User, work: Work, operator: Client) -> None:
    rows = [wish(work), wish(make.work(by, price_wei=None))]
    Transaction.objects.update(data=rows[0].data)
    batch = batches.gather(Transaction.objects.get(pk=rows[0].pk), 5)
    assert batch is not None
    text = operator.post(f"/transactions/{rows[0].pk}/cancel", HTTP_HX_REQUEST="true").content.decode()
    assert "An operator can cancel all of them together" in text
    assert text.count("<tr>") == 2  # the heading and the batch, not its members
    operator.post(f"/transactions/{batch.pk}/cancel")
    assert {row.status for row in Transaction.objects.all()} == {"cancelled"}


def test_strangers_see_the_public_facts_and_reach_no_button(work: Work, by: User, key: Signer) -> None:
    row = wish(work)
    stranger = signed_in(make.artist())
    assert said(work, Client())["allowed"] == []
    for verb in ("cancel", "hasten", "again", "delete"):
        assert stranger.post(f"/transactions/{row.pk}/{verb}").status_code == 404
    assert signed_in(by).post("/transactions/999999/cancel").status_code == 404
    assert signed_in(by).get(f"/transactions/{row.pk}/cancel").status_code == 405
    assert Client().post(f"/transactions/{row.pk}/cancel").status_code == 302
    for path in ("/operators/transactions/", "/operators/transactions.json"):
        assert signed_in(by).get(path).status_code == 404
    draft = make.work(make.artist(), status="draft")
    assert Client().get(f"/works/{draft.id}/mint.json").status_code == 404
    assert Transaction.objects.get(pk=row.pk).status == "wanted"


def test_operators_list_holds_what_is_open_and_what_ended_badly_of_late_in_few_queries(
    by: User, key: Signer, operator: Client, django_assert_max_num_queries: Any
) -> None:
    rows = [wish(make.work(by, price_wei=None, title=f"Work {n}")) for n in range(6)]
    outbox.reverted(rows[0], "no", "ArtistNotAdmitted")
    outbox.cancel(rows[1])
    Transaction.objects.filter(pk=rows[1].pk).update(final_at=timezone.now() - timedelta(days=8))
    outbox.postpone(sign(rows[2], key), 10, "fee_above_cap", "A gas unit costs 250 gwei.")
    outbox.final(mine(sign(rows[3], key)))
    with django_assert_max_num_queries(11):
        text = operator.get("/operators/transactions/").content.decode()
    for shown, title in ((True, "Work 0"), (False, "Work 1"), (True, "Work 2"), (False, "Work 3"), (True, "Work 4")):
        assert (title in text) == shown, title
    assert "asks for more than this site pays" in text
    document = operator.get("/operators/transactions.json").json()
    assert [one["status"] for one in document["transactions"]] == ["broadcast", "wanted", "wanted", "reverted"]


def test_artists_page_tells_of_the_admission_that_a_sale_waits_for(by: User) -> None:
    work = make.work(by)
    row = wishes.want_admit(work.artist_address)
    client = signed_in(by)
    assert "Admission of the artist’s wallet" in client.get(f"/studio/works/{work.id}/").content.decode()
    Transaction.objects.filter(pk=row.pk).update(status="final", signed_bytes=b"1")
    text = client.get(f"/studio/works/{work.id}/").content.decode()
    assert "its first sale mints it" in text


def test_withdrawal_takes_a_waiting_mint_back_and_is_refused_while_it_is_on_its_way(work: Work, key: Signer) -> None:
    row = wish(work)
    works.withdraw(work)
    assert Transaction.objects.get(pk=row.pk).status == "cancelled"
    other = make.work(make.artist(), price_wei=None)
    sign(wish(other), key)
    with pytest.raises(works.StaleTransition, match="being minted"):
        works.withdraw(other)
    assert Work.objects.get(pk=other.pk).status == "published"
    assert minting.mint_of(works.token_id(other)) is not None
