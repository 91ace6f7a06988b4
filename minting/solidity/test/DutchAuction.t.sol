// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {NinefoldAuctions} from "../src/NinefoldAuctions.sol";
import {Payments} from "../src/Payments.sol";
import {Saleroom} from "../src/Saleroom.sol";
import {Moody, Reenterer} from "./Payees.sol";
import {SaleroomStage} from "./SaleroomStage.sol";

/// A falling auction: every buyer ends with the price of the last one.
contract DutchAuctionTest is SaleroomStage {
    // --- The price ---

    function test_price_falls_in_a_straight_line_when_no_step_is_signed() public view {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        same(auctions.priceAt(d, NOW - 1), 10_000, "before");
        same(auctions.priceAt(d, NOW), 10_000, "at the start");
        same(auctions.priceAt(d, NOW + 1), 9_998, "a second is 2.22: rounded up");
        same(auctions.priceAt(d, NOW + 30 minutes), 6_000, "half way");
        same(auctions.priceAt(d, NOW + 1 hours - 1), 2_003, "a second before the floor: rounded up");
        same(auctions.priceAt(d, NOW + 1 hours), 2_000, "the floor");
        same(auctions.priceAt(d, NOW + 9 hours), 2_000, "and ever after");
    }

    function test_price_stands_still_for_a_step_when_one_is_signed() public view {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        d.stepSeconds = 10 minutes;
        same(auctions.priceAt(d, NOW + 10 minutes - 1), 10_000, "first step");
        same(auctions.priceAt(d, NOW + 10 minutes), 8_667, "second step");
        same(auctions.priceAt(d, NOW + 20 minutes - 1), 8_667, "its last second");
        same(auctions.priceAt(d, NOW + 1 hours), 2_000, "the floor");
    }

    function testFuzz_price_never_rises_nor_leaves_its_bounds_when_times_are_any(
        uint64 one,
        uint64 other,
        uint96 start,
        uint96 floor,
        uint32 step
    ) public view {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        (d.startPrice, d.floorPrice) = start > floor ? (start, floor) : (floor, start);
        d.stepSeconds = step % 2 hours;
        uint256 earlier = NOW - 10 + one % 2 hours;
        uint256 later = earlier + other % 2 hours;
        uint256 before = auctions.priceAt(d, earlier);
        uint256 after_ = auctions.priceAt(d, later);
        holds(after_ <= before, "it falls");
        holds(before <= d.startPrice && after_ >= d.floorPrice, "between start and floor");
        if (later > NOW && later < d.floorAt && d.stepSeconds == 0) {
            uint256 line = (d.startPrice - d.floorPrice) * (d.floorAt - later);
            holds((after_ - d.floorPrice) * 1 hours >= line, "never below the line");
        }
    }

    // --- The way of a sale ---

    function test_all_pay_the_last_price_when_the_auction_is_sold_out() public {
        NinefoldAuctions.DutchAuction memory d = _auction(3);
        bytes32 id = auctions.hashDutchAuction(d);
        bytes memory signature = _sign(d);
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.Taken(id, _id(artist, 1), ANN, 10_000, address(series), address(0));
        vm.prank(ANN);
        auctions.buyDutch{value: 10_000}(d, signature, 1);
        same(series.ownerOf(_id(artist, 1)), ANN, "the work is the buyer's at once");
        vm.warp(NOW + 30 minutes);
        _buy(d, BEA, 1, 6_000);
        vm.expectRevert(_error(NinefoldAuctions.StillOpen.selector, d.terms.end));
        auctions.settleDutch(d, 9);
        vm.warp(NOW + 1 hours);
        _buy(d, CAT, 1, 2_000);
        same(address(auctions).balance, 18_000, "all of it waits");
        uint256 saleId = uint256(keccak256(abi.encode(id, _id(artist, 1))));
        vm.expectEmit(address(auctions));
        emit Payments.Credited(ANN, 8_000, address(0));
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.Rebated(id, _id(artist, 1), ANN, 8_000);
        vm.expectEmit(address(auctions));
        emit Payments.Credited(BEA, 4_000, address(0));
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.Rebated(id, _id(artist, 2), BEA, 4_000);
        vm.expectEmit(address(auctions));
        emit Saleroom.Sold(saleId, _id(artist, 1), ANN, ANN, 2_000, id, address(series), address(0));
        auctions.settleDutch(d, 9);
        same(auctions.credit(ANN), 8_000, "rebate");
        same(auctions.credit(BEA), 4_000, "rebate");
        same(auctions.credit(CAT), 0, "none for the last");
        same(CHARITY.balance, 600, "charity");
        same(artist.balance, 3_600, "artist");
        same(COLLABORATOR.balance, 1_500, "collaborator");
        same(SITE.balance, 300, "site");
        same(address(auctions).balance, 12_000, "the rebates");
        auctions.withdraw(ANN);
        auctions.withdraw(BEA);
        same(ANN.balance, 1e36 - 2_000, "ANN paid the last price");
        same(BEA.balance, 1e36 - 2_000, "BEA paid the last price");
        same(address(auctions).balance, 0, "nothing stays");
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settleDutch(d, 9);
    }

    function test_all_pay_the_last_price_when_the_time_is_over() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        _buy(d, ANN, 2, 20_000);
        vm.warp(NOW + 30 minutes);
        _buy(d, BEA, 1, 6_000);
        vm.warp(d.terms.end);
        vm.expectRevert(_error(NinefoldAuctions.StillOpen.selector, d.terms.end));
        auctions.settleDutch(d, 9);
        vm.warp(d.terms.end + 1);
        vm.prank(CAT);
        auctions.settleDutch(d, 9);
        same(
            auctions.credit(ANN), 8_000, "two rebates, down to the last price that was paid, not to the floor"
        );
        same(
            CHARITY.balance + artist.balance + COLLABORATOR.balance + SITE.balance,
            18_000,
            "three times 6,000"
        );
    }

    function test_settlement_is_the_same_when_it_is_done_step_by_step() public {
        NinefoldAuctions.DutchAuction memory d = _auction(5);
        d.startPrice = 10_007;
        _buy(d, ANN, 2, 20_014);
        vm.warp(NOW + 40 minutes);
        _buy(d, BEA, 3, auctions.priceAt(d, NOW + 40 minutes) * 3);
        uint256 last = auctions.priceAt(d, NOW + 40 minutes);
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settleDutch(d, 0);
        for (uint256 i; i < 5; ++i) {
            auctions.settleDutch(d, 1);
            same(CHARITY.balance, last / 10 * (i + 1), "charity");
        }
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settleDutch(d, 1);
        same(auctions.credit(ANN), 2 * (10_007 - last), "rebates");
        same(address(auctions).balance, auctions.credit(ANN), "nothing else stays");
        same(CHARITY.balance + artist.balance + COLLABORATOR.balance + SITE.balance, 5 * last, "sum of parts");
    }

    function test_single_work_is_settled_at_once() public {
        NinefoldAuctions.DutchAuction memory d = _single();
        bytes32 id = auctions.hashDutchAuction(d);
        vm.warp(NOW + 30 minutes);
        uint256 saleId = uint256(keccak256(abi.encode(id, d.firstTokenId)));
        bytes memory signature = _sign(d);
        vm.expectEmit(address(auctions));
        emit Saleroom.Sold(saleId, d.firstTokenId, ANN, ANN, 6_000, id, address(token), address(0));
        vm.prank(ANN);
        auctions.buyDutch{value: 6_000}(d, signature, 1);
        same(token.ownerOf(d.firstTokenId), ANN, "owner");
        same(artist.balance, 3_600, "artist");
        same(address(auctions).balance, 0, "nothing stays");
        same(token.uriDigest(d.firstTokenId), DIGEST, "metadata");
    }

    function test_owner_sells_at_a_falling_price_when_the_work_exists() public {
        NinefoldAuctions.DutchAuction memory d = _single();
        d.terms = _ownedTerms(1);
        (d.terms.start, d.terms.end) = (NOW, NOW + 2 hours);
        vm.warp(NOW + 30 minutes);
        bytes memory signature = _signBy(OWNER_KEY, auctions.hashDutchAuction(d));
        vm.prank(ANN);
        auctions.buyDutch{value: 6_000}(d, signature, 1);
        same(token.ownerOf(d.firstTokenId), ANN, "owner");
        same(artist.balance, 450, "royalty of 7.5%");
        same(owner.balance, 3_600 - 450, "owner");
        same(CHARITY.balance, 600, "charity");
    }

    function test_ether_beyond_the_price_comes_back_at_once() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        vm.warp(NOW + 30 minutes);
        _buy(d, ANN, 2, 20_000);
        same(ANN.balance, 1e36 - 12_000, "buyer");
        same(address(auctions).balance, 12_000, "what is held");
        Moody moody = new Moody();
        vm.deal(address(moody), 10_000);
        _buy(d, address(moody), 1, 10_000);
        same(auctions.credit(address(moody)), 4_000, "who refuses it has a credit");
    }

    function test_auction_runs_in_a_coin_when_it_is_listed() public {
        NinefoldAuctions.DutchAuction memory d = _auction(2);
        d.terms.currency = address(coin);
        _buy(d, ANN, 1, 0);
        vm.warp(NOW + 30 minutes);
        _buy(d, BEA, 1, 0);
        same(coin.balanceOf(address(auctions)), 16_000, "held");
        auctions.settleDutch(d, 9);
        same(auctions.creditIn(address(coin), ANN), 4_000, "rebate");
        auctions.withdrawIn(address(coin), ANN);
        same(coin.balanceOf(ANN), 1e36 - 6_000, "ANN paid the last price");
        same(coin.balanceOf(address(auctions)), 0, "nothing stays");
        bytes memory signature = _sign(_auctionIn(address(coin)));
        vm.prank(CAT);
        vm.expectRevert(_error(Saleroom.WrongPrice.selector, 1, 0));
        auctions.buyDutch{value: 1}(_auctionIn(address(coin)), signature, 1);
    }

    function test_works_are_passed_over_when_they_were_minted_or_recalled() public {
        NinefoldAuctions.DutchAuction memory d = _auction(4);
        vm.prank(MINTER);
        series.mint(_id(artist, 1), 0, address(0), 0);
        _buy(d, ANN, 1, 10_000);
        same(series.ownerOf(_id(artist, 2)), ANN, "the second");
        vm.prank(artist);
        series.recall(_id(artist, 3));
        vm.warp(NOW + 30 minutes);
        _buy(d, BEA, 1, 6_000);
        same(series.ownerOf(_id(artist, 4)), BEA, "the fourth");
        _expecting(d, CAT, 1, 6_000, _error(NinefoldAuctions.SoldOut.selector));
        (uint32 place, uint32 settled, bool begun, uint96 last) =
            auctions.falling(auctions.hashDutchAuction(d));
        same(place, 4, "place");
        same(settled, 0, "settled");
        holds(begun, "begun");
        same(last, 6_000, "last price");
        auctions.settleDutch(d, 1); // the first place, where nobody bought
        same(artist.balance, 0, "nothing yet");
        auctions.settleDutch(d, 9);
        same(auctions.credit(ANN), 4_000, "rebate");
        same(artist.balance, 7_200, "two works");
        same(address(auctions).balance, 4_000, "the rebate alone stays");
    }

    function test_artist_ends_it_by_recalling_what_is_left_and_buyers_lose_nothing() public {
        NinefoldAuctions.DutchAuction memory d = _auction(3);
        _buy(d, ANN, 1, 10_000);
        vm.prank(artist);
        refuses(Saleroom.NonceUsed.selector);
        auctions.cancel(1);
        vm.prank(artist);
        series.recall(_id(artist, 2));
        vm.prank(artist);
        series.recall(_id(artist, 3));
        vm.warp(NOW + 30 minutes);
        _expecting(d, BEA, 1, 6_000, _error(NinefoldAuctions.SoldOut.selector));
        vm.warp(d.terms.end + 1);
        auctions.settleDutch(d, 9);
        same(artist.balance, 6_000, "the one sale at its price");
        same(address(auctions).balance, 0, "nothing stays");
    }

    function test_settlement_goes_on_when_paused_delisted_and_disallowed() public {
        NinefoldAuctions.DutchAuction memory d = _auction(2);
        _buy(d, ANN, 1, 10_000);
        vm.prank(PAUSER);
        auctions.pause();
        _expecting(d, BEA, 1, 10_000, _error(Pausable.EnforcedPause.selector));
        vm.prank(artist);
        series.allowMarket(address(auctions), false);
        vm.warp(d.terms.end + 1);
        auctions.settleDutch(d, 1);
        same(artist.balance, 6_000, "artist");
    }

    function test_payee_gains_nothing_when_it_settles_again_while_paid() public {
        Reenterer payee = new Reenterer();
        NinefoldAuctions.DutchAuction memory d = _auction(2);
        d.terms.shares[1].account = address(payee);
        payee.prepare(address(auctions), abi.encodeCall(auctions.settleDutch, (d, 1)), false);
        _buy(d, ANN, 2, 20_000);
        auctions.settleDutch(d, 1);
        same(payee.tries(), 1, "tries");
        holds(!payee.succeeded(), "reentry");
        auctions.settleDutch(d, 1);
        same(address(payee).balance, 5_000, "its parts and no more");
    }

    // --- Refusals ---

    function test_buyDutch_refuses_when_less_than_the_price_comes() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        _expecting(d, ANN, 2, 19_999, _error(Saleroom.WrongPrice.selector, 19_999, 20_000));
    }

    function test_buyDutch_refuses_when_nothing_or_too_much_is_wanted() public {
        NinefoldAuctions.DutchAuction memory d = _auction(3);
        _expecting(d, ANN, 0, 0, _error(NinefoldAuctions.NothingWanted.selector));
        _expecting(d, ANN, 4, 40_000, _error(NinefoldAuctions.SoldOut.selector));
        d.walletCap = 2;
        _expecting(d, ANN, 3, 30_000, _error(NinefoldAuctions.OverTheCap.selector, 3, 2));
        _buy(d, ANN, 1, 10_000);
        _expecting(d, ANN, 2, 20_000, _error(NinefoldAuctions.OverTheCap.selector, 3, 2));
        _buy(d, ANN, 1, 10_000);
        same(auctions.taken(auctions.hashDutchAuction(d), ANN), 2, "taken");
        _buy(d, BEA, 1, 10_000);
        _expecting(d, CAT, 1, 10_000, _error(NinefoldAuctions.SoldOut.selector));
    }

    function test_buyDutch_refuses_when_out_of_time_and_takes_both_ends() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        vm.warp(NOW - 1);
        _expecting(d, ANN, 1, 10_000, _error(Saleroom.NotYetValid.selector, NOW));
        vm.warp(d.terms.end + 1);
        _expecting(d, ANN, 1, 10_000, _error(Saleroom.Expired.selector, d.terms.end));
        vm.warp(d.terms.end);
        _buy(d, ANN, 1, 2_000);
    }

    function test_buyDutch_refuses_when_the_terms_make_no_auction() public {
        bytes memory refusal = _error(Saleroom.BadTerms.selector);
        for (uint256 field; field < 8; ++field) {
            NinefoldAuctions.DutchAuction memory d = _auction(9);
            if (field == 0) d.count = 0;
            else if (field == 1) d.floorPrice = d.startPrice + 1;
            else if (field == 2) d.floorAt = d.terms.start;
            else if (field == 3) d.floorAt = d.terms.end + 1;
            else if (field == 4) d.terms.minted = true;
            else if (field == 5) d.terms.round = 1;
            else if (field == 6) d.terms.end = NOW + 90 days + 1;
            else d.terms.uriDigest = DIGEST;
            if (field == 4) _termsOfAWorkThatExists(d.terms);
            _expecting(d, ANN, 1, 10_000, refusal);
        }
        NinefoldAuctions.DutchAuction memory longest = _auction(9);
        longest.terms.end = NOW + 90 days;
        _buy(longest, ANN, 1, 10_000);
    }

    function test_buyDutch_takes_the_bounds_of_its_terms() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        d.floorPrice = d.startPrice;
        d.floorAt = d.terms.start + 1;
        _buy(d, ANN, 1, 10_000);
        d = _auction(9);
        d.terms.nonce = 2;
        d.floorAt = d.terms.end;
        _buy(d, ANN, 1, 10_000);
        d.terms.nonce = 3;
        d.startPrice = uint256(type(uint96).max) + 1;
        _expecting(d, ANN, 1, d.startPrice, _error(Saleroom.PriceTooHigh.selector));
        d.startPrice = type(uint96).max;
        _buy(d, ANN, 1, d.startPrice);
    }

    function test_buyDutch_refuses_when_cancelled_used_or_signed_by_another() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        bytes memory signature = _signBy(OWNER_KEY, auctions.hashDutchAuction(d));
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        auctions.buyDutch{value: 10_000}(d, signature, 1);
        vm.prank(artist);
        auctions.cancel(1);
        _expecting(d, ANN, 1, 10_000, _error(Saleroom.Cancelled.selector));
        d.terms.nonce = 2;
        _buy(d, ANN, 1, 10_000);
        d.count = 8;
        _expecting(d, ANN, 1, 10_000, _error(Saleroom.NonceUsed.selector));
    }

    function test_settleDutch_refuses_when_nobody_bought() public {
        NinefoldAuctions.DutchAuction memory d = _auction(9);
        vm.expectRevert(_error(NinefoldAuctions.StillOpen.selector, d.terms.end));
        auctions.settleDutch(d, 9);
        vm.warp(d.terms.end + 1);
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settleDutch(d, 9);
    }

    // --- Sums ---

    function testFuzz_rebates_and_parts_add_up_when_times_and_prices_are_any(
        uint96 startPrice,
        uint96 floorPrice,
        uint16[4] memory waits,
        uint8 steps
    ) public {
        NinefoldAuctions.DutchAuction memory d = _auction(4);
        (d.startPrice, d.floorPrice) =
            startPrice > floorPrice ? (startPrice, floorPrice) : (floorPrice, startPrice);
        address[4] memory buyers = [ANN, BEA, CAT, ANN];
        uint256[4] memory paid;
        uint256 time = NOW;
        uint256 sum;
        for (uint256 i; i < 4; ++i) {
            time += waits[i] % 20 minutes;
            vm.warp(time);
            paid[i] = auctions.priceAt(d, time);
            sum += paid[i];
            if (i == 0) {
                _buy(d, buyers[i], 1, paid[i]);
                continue;
            }
            vm.prank(buyers[i]);
            auctions.buyDutch{value: paid[i]}(d, "", 1); // nobody asks for the signature again
        }
        same(address(auctions).balance, sum, "all of it waits");
        for (uint256 most = 1 + steps % 4; _settled(d) < 4;) {
            auctions.settleDutch(d, most);
        }
        uint256 last = paid[3];
        same(auctions.credit(ANN), paid[0] - last, "ANN's rebate; her second work was the last");
        same(auctions.credit(BEA), paid[1] - last, "BEA's rebate");
        same(auctions.credit(CAT), paid[2] - last, "CAT's rebate");
        uint256 parts = CHARITY.balance + artist.balance + COLLABORATOR.balance + SITE.balance;
        same(parts, 4 * last, "sum of parts");
        same(CHARITY.balance, 4 * (last / 10), "donation, work by work");
        same(address(auctions).balance, sum - 4 * last, "the rebates stay");
    }

    // --- Helpers ---

    /// Works 1 to `count` of the series, from 10,000 wei down to 2,000 in an hour, for two.
    function _auction(uint32 count) private view returns (NinefoldAuctions.DutchAuction memory d) {
        d.terms = _terms(1);
        d.terms.collection = address(series);
        d.terms.uriDigest = 0;
        d.terms.start = NOW;
        d.terms.end = NOW + 2 hours;
        d.firstTokenId = _id(artist, 1);
        d.count = count;
        d.startPrice = 10_000;
        d.floorPrice = 2_000;
        d.floorAt = NOW + 1 hours;
    }

    function _auctionIn(address currency) private view returns (NinefoldAuctions.DutchAuction memory d) {
        d = _auction(9);
        d.terms.currency = currency;
        d.terms.nonce = 2;
    }

    /// Work 1 of the shared contract.
    function _single() private view returns (NinefoldAuctions.DutchAuction memory d) {
        d = _auction(1);
        d.terms.collection = address(token);
        d.terms.uriDigest = DIGEST;
    }

    function _termsOfAWorkThatExists(Saleroom.Terms memory t) private pure {
        t.resaleBps = 0;
        t.royaltyReceiver = address(0);
        t.royaltyBps = 0;
    }

    function _settled(NinefoldAuctions.DutchAuction memory d) private view returns (uint32 settled) {
        (, settled,,) = auctions.falling(auctions.hashDutchAuction(d));
    }

    function _sign(NinefoldAuctions.DutchAuction memory d) private view returns (bytes memory) {
        return _signBy(ARTIST_KEY, auctions.hashDutchAuction(d));
    }

    function _buy(NinefoldAuctions.DutchAuction memory d, address buyer, uint256 quantity, uint256 value)
        private
    {
        bytes memory signature = _sign(d);
        vm.prank(buyer);
        auctions.buyDutch{value: value}(d, signature, quantity);
    }

    function _expecting(
        NinefoldAuctions.DutchAuction memory d,
        address buyer,
        uint256 quantity,
        uint256 value,
        bytes memory refusal
    ) private {
        bytes memory signature = _sign(d);
        vm.prank(buyer);
        vm.expectRevert(refusal);
        auctions.buyDutch{value: value}(d, signature, quantity);
    }
}
