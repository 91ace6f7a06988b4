// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {NinefoldOffers} from "../src/NinefoldOffers.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Payments} from "../src/Payments.sol";
import {Saleroom} from "../src/Saleroom.sol";
import {Split} from "../src/Split.sol";
import {Moody, Reenterer, Wallet} from "./Payees.sol";
import {SaleroomStage} from "./SaleroomStage.sol";

/// Money that waits for a yes: made, taken back, accepted by artist or owner, and everything that is refused.
contract OffersTest is SaleroomStage {
    uint256 internal constant AMOUNT = 10_003;
    uint64 internal constant EXPIRES = NOW + 1 hours;

    // --- The way of an offer ---

    function test_makeOffer_holds_the_money_and_says_so() public {
        uint256 id = uint256(keccak256(abi.encode(block.chainid, address(offers), 1)));
        vm.expectEmit(address(offers));
        emit NinefoldOffers.OfferMade(
            id, _id(artist, 1), ANN, address(token), address(0), AMOUNT, EXPIRES, DIGEST, CHARITY, 500
        );
        vm.prank(ANN);
        uint256 made = offers.makeOffer{value: AMOUNT}(
            address(token), _id(artist, 1), DIGEST, address(0), AMOUNT, EXPIRES, CHARITY, 500
        );
        same(made, id, "id");
        same(address(offers).balance, AMOUNT, "held");
        (address bidder, uint64 expiresAt, uint16 donationBps,,, uint128 amount,,,) = offers.offers(id);
        same(bidder, ANN, "bidder");
        same(expiresAt, EXPIRES, "expiry");
        same(donationBps, 500, "donation");
        same(amount, AMOUNT, "amount");
        holds(_offer(ANN) != id, "the same again is another offer");
    }

    function test_artist_accepts_and_the_work_is_minted_when_it_did_not_exist() public {
        uint256 id = _offer(ANN);
        Saleroom.Terms memory t = _terms(1);
        bytes32 hash = offers.hashAcceptance(id, t);
        vm.expectEmit(address(offers));
        emit Saleroom.Sold(id, _id(artist, 1), ANN, ANN, AMOUNT, hash, address(token), address(0));
        vm.expectEmit(address(offers));
        emit Payments.Donated(_id(artist, 1), CHARITY, 1_000, id, address(0));
        vm.expectEmit(address(offers));
        emit Payments.Paid(id, artist, 6_003);
        vm.expectEmit(address(offers));
        emit Payments.Paid(id, COLLABORATOR, 2_500);
        vm.expectEmit(address(offers));
        emit Payments.Paid(id, SITE, 500);
        vm.prank(artist);
        offers.accept(id, t, "");
        same(token.ownerOf(_id(artist, 1)), ANN, "owner");
        same(token.uriDigest(_id(artist, 1)), DIGEST, "metadata");
        same(token.resaleTerms(_id(artist, 1)).resaleBps, 200, "donation of later sales");
        same(address(offers).balance, 0, "nothing stays");
        _gone(id);
    }

    function test_anyone_brings_the_acceptance_when_the_seller_signed_it() public {
        uint256 id = _offer(ANN);
        Saleroom.Terms memory t = _terms(1);
        bytes memory signature = _signBy(ARTIST_KEY, offers.hashAcceptance(id, t));
        vm.prank(CAT);
        offers.accept(id, t, signature);
        same(token.ownerOf(_id(artist, 1)), ANN, "owner");
    }

    function test_owner_accepts_and_the_artist_has_a_royalty_when_the_work_exists() public {
        Saleroom.Terms memory t = _ownedTerms(1);
        uint256 id = _offer(ANN);
        vm.prank(owner);
        offers.accept(id, t, "");
        same(token.ownerOf(_id(artist, 1)), ANN, "owner");
        same(CHARITY.balance, 1_000, "charity");
        same(artist.balance, 750, "royalty");
        same(owner.balance, 6_003 - 750, "owner");
        same(address(offers).balance, 0, "nothing stays");
    }

    function test_owner_accepts_any_metadata_when_the_bidder_named_none() public {
        Saleroom.Terms memory t = _ownedTerms(1);
        vm.prank(ANN);
        uint256 id = offers.makeOffer{value: AMOUNT}(
            address(token), _id(artist, 1), 0, address(0), AMOUNT, EXPIRES, address(0), 0
        );
        vm.prank(owner);
        offers.accept(id, t, "");
        same(token.ownerOf(_id(artist, 1)), ANN, "owner");
    }

    function test_work_of_a_series_is_sold_when_its_folder_holds_the_metadata() public {
        vm.prank(ANN);
        uint256 id = offers.makeOffer{value: AMOUNT}(
            address(series), _id(artist, 9), 0, address(0), AMOUNT, EXPIRES, CHARITY, 1_000
        );
        Saleroom.Terms memory t = _terms(1);
        t.collection = address(series);
        t.uriDigest = 0;
        vm.prank(artist);
        offers.accept(id, t, "");
        same(series.ownerOf(_id(artist, 9)), ANN, "owner");
    }

    function test_offer_in_a_coin_is_paid_out_in_it() public {
        vm.prank(ANN);
        uint256 id = offers.makeOffer(
            address(token), _id(artist, 1), DIGEST, address(coin), AMOUNT, EXPIRES, CHARITY, 500
        );
        same(coin.balanceOf(address(offers)), AMOUNT, "held");
        Saleroom.Terms memory t = _terms(1);
        t.currency = address(coin);
        vm.prank(artist);
        offers.accept(id, t, "");
        same(coin.balanceOf(artist), 6_003, "artist");
        same(coin.balanceOf(address(offers)), 0, "nothing stays");
    }

    function test_seller_may_be_a_contract_wallet_when_it_approves_the_hash() public {
        Wallet wallet = new Wallet();
        _admit(address(wallet));
        vm.prank(ANN);
        uint256 id = offers.makeOffer{value: AMOUNT}(
            address(token), _id(address(wallet), 1), DIGEST, address(0), AMOUNT, EXPIRES, CHARITY, 500
        );
        Saleroom.Terms memory t = _terms(1);
        t.seller = address(wallet);
        refuses(Saleroom.BadSignature.selector);
        offers.accept(id, t, "");
        wallet.approve(offers.hashAcceptance(id, t));
        offers.accept(id, t, "");
        same(token.ownerOf(_id(address(wallet), 1)), ANN, "owner");
    }

    // --- Taking it back ---

    function test_bidder_has_the_money_back_at_any_time_also_when_paused() public {
        uint256 id = _offer(ANN);
        vm.prank(PAUSER);
        offers.pause();
        vm.expectEmit(address(offers));
        emit NinefoldOffers.OfferCancelled(id, ANN, AMOUNT);
        vm.prank(ANN);
        offers.cancelOffer(id);
        same(ANN.balance, 1e36, "bidder");
        _gone(id);
        vm.prank(ANN);
        vm.expectRevert(_error(NinefoldOffers.NoSuchOffer.selector, id));
        offers.cancelOffer(id);
    }

    function test_anyone_sends_the_money_back_when_the_offer_has_expired() public {
        uint256 id = _offer(ANN);
        vm.warp(EXPIRES);
        vm.prank(BEA);
        vm.expectRevert(_error(NinefoldOffers.NotTheBidder.selector, BEA));
        offers.cancelOffer(id);
        vm.warp(EXPIRES + 1);
        vm.prank(BEA);
        offers.cancelOffer(id);
        same(ANN.balance, 1e36, "bidder");
        same(BEA.balance, 1e36, "who asked has nothing of it");
    }

    function test_money_waits_as_a_credit_when_the_bidder_refuses_it() public {
        Moody moody = new Moody();
        vm.deal(address(moody), AMOUNT);
        uint256 id = _offer(address(moody));
        vm.prank(address(moody));
        offers.cancelOffer(id);
        same(offers.credit(address(moody)), AMOUNT, "credit");
        moody.setWilling(true);
        offers.withdraw(address(moody));
        same(address(moody).balance, AMOUNT, "withdrawn");
    }

    function test_money_comes_back_when_the_coin_is_listed_no_more() public {
        vm.prank(ANN);
        uint256 id = offers.makeOffer(
            address(token), _id(artist, 1), DIGEST, address(coin), AMOUNT, EXPIRES, CHARITY, 500
        );
        vm.prank(ADMIN);
        offers.listCurrency(address(coin), false);
        Saleroom.Terms memory t = _terms(1);
        t.currency = address(coin);
        _refused(id, t, _error(Saleroom.CurrencyNotListed.selector, address(coin)));
        vm.prank(ANN);
        offers.cancelOffer(id);
        same(coin.balanceOf(ANN), 1e36, "bidder");
    }

    function test_bidder_gains_nothing_when_it_cancels_again_while_paid() public {
        Reenterer bidder = new Reenterer();
        vm.deal(address(bidder), AMOUNT);
        uint256 id = _offer(address(bidder));
        _offer(BEA);
        bidder.prepare(address(offers), abi.encodeCall(offers.cancelOffer, (id)), false);
        vm.prank(address(bidder));
        offers.cancelOffer(id);
        same(bidder.tries(), 1, "tries");
        holds(!bidder.succeeded(), "reentry");
        same(address(offers).balance, AMOUNT, "BEA's offer is whole");
    }

    // --- Refusals: making ---

    function test_makeOffer_refuses_when_its_terms_are_wrong() public {
        _makeExpecting(
            address(token), 0, EXPIRES, CHARITY, 500, _error(NinefoldOffers.NothingOffered.selector)
        );
        _makeExpecting(address(token), 1, NOW - 1, CHARITY, 500, _error(Saleroom.Expired.selector, NOW - 1));
        _makeExpecting(
            address(this),
            1,
            EXPIRES,
            CHARITY,
            500,
            _error(Saleroom.UnknownCollection.selector, address(this))
        );
        _makeExpecting(address(token), 1, EXPIRES, address(0), 1, _error(Saleroom.ZeroAddress.selector));
        _makeExpecting(
            address(token), 1, EXPIRES, address(offers), 1, _error(Saleroom.DeadEnd.selector, address(offers))
        );
        uint256 most = uint256(type(uint128).max) + 1;
        vm.deal(ANN, 1 << 129);
        _makeExpecting(address(token), most, EXPIRES, CHARITY, 500, _error(Saleroom.PriceTooHigh.selector));
        vm.prank(ANN);
        offers.makeOffer{value: 1}(address(token), 1, DIGEST, address(0), 1, NOW, address(0), 0);
    }

    function test_makeOffer_refuses_when_the_value_is_not_the_amount() public {
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.WrongPrice.selector, 99, 100));
        offers.makeOffer{value: 99}(address(token), 1, DIGEST, address(0), 100, EXPIRES, CHARITY, 500);
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.WrongPrice.selector, 1, 0));
        offers.makeOffer{value: 1}(address(token), 1, DIGEST, address(coin), 100, EXPIRES, CHARITY, 500);
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.CurrencyNotListed.selector, address(this)));
        offers.makeOffer(address(token), 1, DIGEST, address(this), 100, EXPIRES, CHARITY, 500);
    }

    function test_making_and_accepting_refuse_when_paused() public {
        uint256 id = _offer(ANN);
        vm.prank(PAUSER);
        offers.pause();
        _makeExpecting(address(token), 1, EXPIRES, CHARITY, 500, _error(Pausable.EnforcedPause.selector));
        _refused(id, _terms(1), _error(Pausable.EnforcedPause.selector));
        vm.prank(artist);
        offers.cancel(7);
        vm.prank(PAUSER);
        offers.unpause();
        vm.prank(artist);
        offers.accept(id, _terms(1), "");
    }

    // --- Refusals: accepting ---

    function test_accept_refuses_when_the_offer_is_gone_or_has_expired() public {
        uint256 id = _offer(ANN);
        vm.warp(EXPIRES + 1);
        _refused(id, _terms(1), _error(Saleroom.Expired.selector, EXPIRES));
        vm.warp(EXPIRES);
        vm.prank(artist);
        offers.accept(id, _terms(1), "");
        _refused(id, _terms(2), _error(NinefoldOffers.NoSuchOffer.selector, id));
        _refused(12_345, _terms(2), _error(NinefoldOffers.NoSuchOffer.selector, 12_345));
    }

    function test_accept_refuses_when_the_terms_are_out_of_time() public {
        uint256 id = _offer(ANN);
        Saleroom.Terms memory t = _terms(1);
        t.start = NOW + 1;
        _refused(id, t, _error(Saleroom.NotYetValid.selector, NOW + 1));
        (t.start, t.end) = (NOW - 2, NOW - 1);
        _refused(id, t, _error(Saleroom.Expired.selector, NOW - 1));
    }

    function test_accept_refuses_when_the_work_is_another_than_was_offered_for() public {
        uint256 id = _offer(ANN);
        bytes memory refusal = _error(NinefoldOffers.OtherThanOffered.selector);
        Saleroom.Terms memory t = _terms(1);
        t.collection = address(series);
        _refused(id, t, refusal);
        t = _terms(1);
        t.currency = address(coin);
        _refused(id, t, refusal);
        t = _terms(1);
        t.uriDigest = keccak256("other metadata");
        _refused(id, t, refusal);
    }

    function test_accept_refuses_when_the_existing_work_has_other_metadata() public {
        Saleroom.Terms memory t = _ownedTerms(1);
        vm.prank(ANN);
        uint256 id = offers.makeOffer{value: AMOUNT}(
            address(token), _id(artist, 1), keccak256("other"), address(0), AMOUNT, EXPIRES, address(0), 0
        );
        vm.prank(owner);
        vm.expectRevert(_error(NinefoldOffers.OtherThanOffered.selector));
        offers.accept(id, t, "");
    }

    function test_accept_refuses_when_charity_gets_less_than_was_asked() public {
        uint256 id = _offer(ANN);
        bytes memory refusal =
            abi.encodeWithSelector(NinefoldOffers.DonationBelowOffered.selector, CHARITY, uint16(500));
        Saleroom.Terms memory t = _terms(1);
        t.donationBps = 499;
        t.shares[0].bps = 6_501;
        _refused(id, t, refusal);
        t.donationBps = 500;
        t.shares[0].bps = 6_500;
        t.beneficiary = address(0xBAD);
        _refused(id, t, refusal);
        t.beneficiary = CHARITY;
        vm.prank(artist);
        offers.accept(id, t, "");
        same(CHARITY.balance, 500, "charity");
    }

    function test_accept_refuses_when_charity_gets_less_than_the_artist_asks() public {
        Saleroom.Terms memory t = _ownedTerms(1);
        vm.prank(ANN);
        uint256 id = offers.makeOffer{value: AMOUNT}(
            address(token), _id(artist, 1), 0, address(0), AMOUNT, EXPIRES, address(0), 0
        );
        t.donationBps = 199;
        t.shares[0].bps = 6_801;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Saleroom.DonationBelowArtists.selector, CHARITY, uint16(200)));
        offers.accept(id, t, "");
    }

    function test_accept_refuses_when_somebody_else_accepts() public {
        uint256 id = _offer(ANN);
        Saleroom.Terms memory t = _terms(1);
        vm.prank(CAT);
        refuses(Saleroom.BadSignature.selector);
        offers.accept(id, t, "");
        t.seller = CAT;
        vm.prank(CAT);
        vm.expectRevert(_error(Saleroom.NotTheArtist.selector, CAT));
        offers.accept(id, t, "");
        t = _ownedTerms(1);
        t.seller = CAT;
        vm.prank(CAT);
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, CAT, _id(artist, 1), owner)
        );
        offers.accept(id, t, "");
    }

    function test_acceptance_is_for_one_offer_when_a_seller_signed_it() public {
        uint256 low = _offer(ANN);
        uint256 other = _offer(BEA);
        Saleroom.Terms memory t = _terms(1);
        bytes memory signature = _signBy(ARTIST_KEY, offers.hashAcceptance(other, t));
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        offers.accept(low, t, signature);
        vm.chainId(1);
        signature = _signBy(ARTIST_KEY, offers.hashAcceptance(low, t));
        vm.chainId(31_337);
        refuses(Saleroom.BadSignature.selector);
        offers.accept(low, t, signature);
        NinefoldOffers twin = new NinefoldOffers(address(token), address(factory), ADMIN, PAUSER, 0);
        signature = _signBy(ARTIST_KEY, twin.hashAcceptance(low, t));
        refuses(Saleroom.BadSignature.selector);
        offers.accept(low, t, signature);
    }

    function test_accept_refuses_when_the_nonce_was_used_or_cancelled() public {
        uint256 id = _offer(ANN);
        vm.prank(artist);
        offers.cancel(1);
        _refused(id, _terms(1), _error(Saleroom.Cancelled.selector));
        vm.prank(artist);
        offers.accept(id, _terms(2), "");
        vm.prank(BEA);
        uint256 second = offers.makeOffer{value: AMOUNT}(
            address(token), _id(artist, 2), DIGEST, address(0), AMOUNT, EXPIRES, CHARITY, 500
        );
        _refused(second, _terms(2), _error(Saleroom.NonceUsed.selector));
        vm.prank(artist);
        refuses(Saleroom.NonceUsed.selector);
        offers.cancel(2);
    }

    function test_accept_refuses_when_the_work_moved_since_the_terms() public {
        Saleroom.Terms memory t = _ownedTerms(1);
        uint256 id = _offer(ANN);
        vm.prank(owner);
        token.recall(_id(artist, 1));
        bytes memory signature = _signBy(OWNER_KEY, offers.hashAcceptance(id, t));
        vm.expectRevert(
            abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, _id(artist, 1), uint40(1))
        );
        offers.accept(id, t, signature);
    }

    function test_accept_refuses_when_the_division_does_not_add_up() public {
        uint256 id = _offer(ANN);
        Saleroom.Terms memory t = _terms(1);
        t.shares[2].bps = 499;
        _refused(id, t, _error(Split.BadShares.selector));
    }

    // --- Sums ---

    function testFuzz_parts_add_up_when_amounts_and_division_are_any(
        uint128 amount,
        uint16 donationBps,
        uint16 siteBps
    ) public {
        amount = amount == 0 ? 1 : amount;
        Saleroom.Terms memory t = _terms(1);
        t.donationBps = 500 + donationBps % 5_000;
        t.shares[1].bps = siteBps % 4_000;
        t.shares[2].bps = 3;
        t.shares[0].bps = 9_997 - t.donationBps - t.shares[1].bps;
        vm.deal(ANN, amount);
        vm.prank(ANN);
        uint256 id = offers.makeOffer{value: amount}(
            address(token), _id(artist, 1), DIGEST, address(0), amount, EXPIRES, CHARITY, 500
        );
        vm.prank(artist);
        offers.accept(id, t, "");
        same(CHARITY.balance, uint256(amount) * t.donationBps / 10_000, "donation");
        same(CHARITY.balance + artist.balance + COLLABORATOR.balance + SITE.balance, amount, "sum of parts");
        same(address(offers).balance, 0, "nothing stays");
    }

    // --- Helpers ---

    /// For work 1 of the artist with its metadata, and 5% to charity at least.
    function _offer(address bidder) private returns (uint256) {
        vm.prank(bidder);
        return offers.makeOffer{value: AMOUNT}(
            address(token), _id(artist, 1), DIGEST, address(0), AMOUNT, EXPIRES, CHARITY, 500
        );
    }

    function _gone(uint256 id) private view {
        (address bidder,,,,, uint128 amount,,,) = offers.offers(id);
        holds(bidder == address(0) && amount == 0, "the offer is gone");
    }

    function _makeExpecting(
        address collection,
        uint256 amount,
        uint64 expiresAt,
        address beneficiary,
        uint16 donationBps,
        bytes memory refusal
    ) private {
        vm.prank(ANN);
        vm.expectRevert(refusal);
        offers.makeOffer{value: amount}(
            collection, _id(artist, 1), DIGEST, address(0), amount, expiresAt, beneficiary, donationBps
        );
    }

    function _refused(uint256 id, Saleroom.Terms memory t, bytes memory refusal) private {
        vm.prank(artist);
        vm.expectRevert(refusal);
        offers.accept(id, t, "");
    }
}
