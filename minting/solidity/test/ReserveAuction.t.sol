// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {NinefoldAuctions} from "../src/NinefoldAuctions.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Payments} from "../src/Payments.sol";
import {Saleroom} from "../src/Saleroom.sol";
import {Share, Split} from "../src/Split.sol";
import {FeeCoin} from "./Coins.sol";
import {Burner, Moody, Reenterer, Wallet} from "./Payees.sol";
import {SaleroomStage} from "./SaleroomStage.sol";

/// A reserve auction from the first bid to settlement, and everything that it refuses.
contract ReserveAuctionTest is SaleroomStage {
    uint256 internal constant RESERVE = 10_000;

    // --- The way of a sale ---

    function test_first_bid_brings_the_work_here_when_it_reaches_the_reserve() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        bytes32 id = auctions.hashReserveAuction(a);
        same(auctions.leastBid(a), RESERVE, "least bid before");
        bytes memory signature = _sign(a);
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.AuctionStarted(id, a.tokenId, artist, address(token), address(0), RESERVE);
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.BidPlaced(id, ANN, RESERVE, NOW + 1 hours);
        vm.prank(ANN);
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
        same(token.ownerOf(a.tokenId), address(auctions), "owner");
        (address bidder, uint64 endsAt, bool settled, uint128 amount) = auctions.running(id);
        same(bidder, ANN, "bidder");
        same(endsAt, NOW + 1 hours, "end");
        holds(!settled, "open");
        same(amount, RESERVE, "amount");
        same(auctions.leastBid(a), 10_500, "least bid after");
        same(uint256(auctions.nonceState(artist, 1)), uint256(Saleroom.Nonce.Used), "nonce");
    }

    function test_settle_hands_over_and_divides_when_the_time_is_over() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        uint256 saleId = uint256(auctions.hashReserveAuction(a));
        _bid(a, ANN, RESERVE);
        _bid(a, BEA, 20_001);
        vm.warp(NOW + 1 hours);
        vm.expectEmit(address(auctions));
        emit Saleroom.Sold(saleId, a.tokenId, BEA, BEA, 20_001, bytes32(saleId), address(token), address(0));
        vm.expectEmit(address(auctions));
        emit Payments.Donated(a.tokenId, CHARITY, 2_000, saleId, address(0));
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, artist, 12_001);
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, COLLABORATOR, 5_000);
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, SITE, 1_000);
        vm.prank(CAT);
        auctions.settle(a);
        same(token.ownerOf(a.tokenId), BEA, "owner");
        same(artist.balance, 12_001, "the artist has the remainder");
        same(CHARITY.balance, 2_000, "charity");
        same(address(auctions).balance, 0, "nothing stays");
        (address royaltyReceiver, uint256 royalty) = token.royaltyInfo(a.tokenId, 10_000);
        same(royaltyReceiver, artist, "royalty receiver");
        same(royalty, 750, "royalty");
        same(token.resaleTerms(a.tokenId).resaleBps, 200, "resale donation");
        same(token.uriDigest(a.tokenId), DIGEST, "metadata");
    }

    function test_outbid_is_paid_back_at_once_when_a_higher_bid_comes() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, RESERVE);
        bytes32 id = auctions.hashReserveAuction(a);
        uint256 before = ANN.balance;
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.BidPlaced(id, BEA, 10_500, NOW + 1 hours);
        vm.expectEmit(address(auctions));
        emit NinefoldAuctions.Refunded(id, ANN, RESERVE);
        vm.prank(BEA);
        auctions.bid{value: 10_500}(a, "", 10_500);
        same(ANN.balance, before + RESERVE, "refund");
        same(address(auctions).balance, 10_500, "what is held");
    }

    function test_bidder_gets_the_lower_bid_back_when_it_raises_its_own() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, RESERVE);
        _bid(a, ANN, 11_000);
        same(ANN.balance, 1e36 - 11_000, "bidder");
        same(address(auctions).balance, 11_000, "what is held");
    }

    function test_auction_goes_on_with_a_credit_when_the_outbid_refuses_its_money() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        Moody moody = new Moody();
        _bidFrom(address(moody), a, RESERVE);
        address burner = address(new Burner());
        _bidFrom(burner, a, 11_000);
        same(auctions.credit(address(moody)), RESERVE, "credit");
        uint256 gasBefore = gasleft();
        _bid(a, ANN, 12_000);
        holds(gasBefore - gasleft() < 300_000, "a hostile bidder costs the next one little");
        same(auctions.credit(burner), 11_000, "burner's credit");
        same(address(auctions).balance, RESERVE + 11_000 + 12_000, "all of it is there");
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        moody.setWilling(true);
        auctions.withdraw(address(moody));
        same(address(moody).balance, RESERVE, "withdrawn");
    }

    function test_clock_runs_from_the_first_bid_when_a_duration_is_signed() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.duration = 2 hours;
        vm.warp(NOW + 1000);
        _bid(a, ANN, RESERVE);
        same(_endOf(a), NOW + 1000 + 2 hours, "end");
        a = _auction(2);
        _bid(a, ANN, RESERVE);
        same(_endOf(a), NOW + 1 hours, "without duration, the end that was signed");
    }

    function test_first_bid_may_come_in_the_last_second_when_a_duration_is_signed() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.duration = 2 hours;
        vm.warp(a.terms.end);
        _bid(a, ANN, RESERVE);
        vm.warp(a.terms.end + 1 hours);
        _bid(a, BEA, 11_000);
        same(_endOf(a), a.terms.end + 2 hours, "end");
    }

    function test_end_moves_when_a_bid_comes_in_the_last_quarter_of_an_hour() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        uint256 end = a.terms.end;
        _bid(a, ANN, RESERVE);
        vm.warp(end - 15 minutes);
        _bid(a, BEA, 11_000);
        same(_endOf(a), end, "not yet");
        vm.warp(end - 15 minutes + 1);
        _bid(a, ANN, 12_000);
        same(_endOf(a), end + 1, "a quarter of an hour from the bid");
        vm.warp(end);
        _bid(a, BEA, 13_000);
        same(_endOf(a), end + 15 minutes, "again");
    }

    function test_end_moves_when_the_first_bid_comes_late() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.warp(a.terms.end);
        _bid(a, ANN, RESERVE);
        same(_endOf(a), a.terms.end + 15 minutes, "end");
    }

    function test_auction_runs_in_a_coin_when_it_is_listed() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.currency = address(coin);
        bytes memory signature = _sign(a);
        vm.prank(ANN);
        auctions.bid(a, signature, RESERVE);
        coin.block_(ANN, true);
        vm.prank(BEA);
        auctions.bid(a, signature, 20_000);
        same(auctions.creditIn(address(coin), ANN), RESERVE, "the blocked bidder has a credit");
        coin.block_(CHARITY, true);
        vm.warp(NOW + 1 hours);
        uint256 saleId = uint256(auctions.hashReserveAuction(a));
        vm.expectEmit(address(auctions));
        emit Payments.Credited(CHARITY, 2_000, address(coin));
        vm.expectEmit(address(auctions));
        emit Payments.Donated(a.tokenId, CHARITY, 2_000, saleId, address(coin));
        auctions.settle(a);
        same(coin.balanceOf(artist), 12_000, "artist");
        same(auctions.creditIn(address(coin), CHARITY), 2_000, "charity's credit");
        same(coin.balanceOf(address(auctions)), RESERVE + 2_000, "what is held");
        coin.block_(ANN, false);
        auctions.withdrawIn(address(coin), ANN);
        same(coin.balanceOf(ANN), 1e36, "withdrawn");
    }

    function test_owner_sells_and_the_artist_has_a_royalty_when_the_work_exists() public {
        NinefoldAuctions.ReserveAuction memory a = _owned();
        _bid(a, ANN, 20_000);
        same(token.ownerOf(a.tokenId), address(auctions), "owner");
        vm.warp(NOW + 1 hours);
        uint256 saleId = uint256(auctions.hashReserveAuction(a));
        vm.expectEmit(address(auctions));
        emit Payments.Donated(a.tokenId, CHARITY, 2_000, saleId, address(0));
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, owner, 10_500);
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, COLLABORATOR, 5_000);
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, SITE, 1_000);
        vm.expectEmit(address(auctions));
        emit Payments.Paid(saleId, artist, 1_500);
        auctions.settle(a);
        same(token.ownerOf(a.tokenId), ANN, "owner");
        same(owner.balance, 10_500, "the royalty came out of the owner's share");
        same(artist.balance, 1_500, "royalty");
        same(address(auctions).balance, 0, "nothing stays");
    }

    function test_royalty_stays_with_the_seller_when_the_seller_is_its_receiver() public {
        vm.prank(MINTER);
        token.mint(_id(artist, 1), DIGEST, artist, 750);
        vm.prank(artist);
        token.approve(address(auctions), _id(artist, 1));
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms = _termsOfOwner(1);
        a.terms.end = NOW + 1 hours;
        a.terms.seller = artist;
        a.terms.shares[0] = Share(artist, 100);
        a.terms.shares[1].bps = 8_400;
        _bid(a, ANN, 10_000);
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(artist.balance, 100, "share");
        same(COLLABORATOR.balance, 8_400, "collaborator");
    }

    function test_artist_may_be_a_contract_wallet_when_it_approves_the_hash() public {
        Wallet wallet = new Wallet();
        _admit(address(wallet));
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.tokenId = _id(address(wallet), 1);
        a.terms.seller = address(wallet);
        wallet.approve(auctions.hashReserveAuction(a));
        vm.prank(ANN);
        auctions.bid{value: RESERVE}(a, "", RESERVE);
        same(token.ownerOf(a.tokenId), address(auctions), "owner");
    }

    // --- Nobody stands in the way ---

    function test_settlement_stands_when_everybody_who_could_object_has_tried() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.beneficiary = address(new Moody());
        a.terms.shares[1].account = address(new Burner());
        _bid(a, ANN, RESERVE);
        bytes32 role = token.MARKET_ROLE();
        vm.prank(ADMIN);
        token.revokeRole(role, address(auctions));
        vm.prank(CURATOR);
        token.dismiss(artist);
        vm.prank(PAUSER);
        auctions.pause();
        vm.prank(artist);
        refuses(Saleroom.NonceUsed.selector);
        auctions.cancel(1);
        vm.prank(artist);
        vm.expectRevert(_error(NinefoldWorks.NotYours.selector, a.tokenId));
        token.recall(a.tokenId);
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(token.ownerOf(a.tokenId), ANN, "owner");
        same(auctions.credit(a.terms.beneficiary), 1_000, "charity's credit");
        same(auctions.credit(a.terms.shares[1].account), 2_500, "burner's credit");
    }

    function test_seller_cannot_move_the_work_away_when_a_bid_was_made() public {
        NinefoldAuctions.ReserveAuction memory a = _owned();
        _bid(a, ANN, RESERVE);
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC721Errors.ERC721InsufficientApproval.selector, owner, a.tokenId
            )
        );
        token.transferFrom(address(auctions), owner, a.tokenId);
        vm.prank(owner);
        token.setApprovalForAll(address(auctions), false);
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(token.ownerOf(a.tokenId), ANN, "owner");
    }

    function test_payee_gains_nothing_when_it_calls_back_while_paid() public {
        Reenterer payee = new Reenterer();
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.shares[1].account = address(payee);
        payee.prepare(address(auctions), abi.encodeCall(auctions.settle, (a)), false);
        _bid(a, ANN, RESERVE);
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(payee.tries(), 1, "tries");
        holds(!payee.succeeded(), "reentry");
        same(address(payee).balance, 2_500, "payee");
    }

    function test_outbid_gains_nothing_when_it_bids_again_while_refunded() public {
        Reenterer bidder = new Reenterer();
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bidFrom(address(bidder), a, RESERVE);
        NinefoldAuctions.ReserveAuction memory other = _auction(2);
        other.reserve = 1;
        bidder.prepare(address(auctions), abi.encodeCall(auctions.bid, (other, _sign(other), 1)), false);
        _bid(a, ANN, 11_000);
        same(bidder.tries(), 1, "tries");
        holds(!bidder.succeeded(), "reentry");
    }

    // --- Refusals: bids ---

    function test_bid_refuses_when_below_the_reserve() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bidExpecting(a, 9_999, _error(NinefoldAuctions.BidTooLow.selector, 9_999, RESERVE));
        _bid(a, ANN, RESERVE);
    }

    function test_bid_refuses_when_the_raise_is_too_small() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, 10_001);
        _bidExpecting(a, 10_501, _error(NinefoldAuctions.BidTooLow.selector, 10_501, 10_502)); // 10,501.05
        _bid(a, BEA, 10_502);
    }

    function test_bid_must_rise_by_one_when_a_hundredth_is_less() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.reserve = 1;
        a.raiseBps = 100;
        _bid(a, ANN, 1);
        same(auctions.leastBid(a), 2, "least bid");
    }

    function test_bid_refuses_when_the_auction_has_ended() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, RESERVE);
        vm.warp(NOW + 1 hours);
        _bidExpecting(a, 20_000, _error(NinefoldAuctions.Ended.selector, NOW + 1 hours));
        auctions.settle(a);
        _bidExpecting(a, 20_000, _error(NinefoldAuctions.Ended.selector, NOW + 1 hours));
    }

    function test_bid_refuses_when_the_value_is_not_the_bid() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        bytes memory signature = _sign(a);
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.WrongPrice.selector, RESERVE - 1, RESERVE));
        auctions.bid{value: RESERVE - 1}(a, signature, RESERVE);
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.WrongPrice.selector, RESERVE + 1, RESERVE));
        auctions.bid{value: RESERVE + 1}(a, signature, RESERVE);
        a.terms.currency = address(coin);
        signature = _sign(a);
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.WrongPrice.selector, RESERVE, 0));
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
    }

    function test_bid_refuses_when_above_what_can_be_divided() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.deal(ANN, 1 << 129);
        _bidExpecting(a, 1 << 128, _error(Saleroom.PriceTooHigh.selector));
        _bid(a, ANN, type(uint128).max);
    }

    function test_first_bid_refuses_when_paused() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.prank(PAUSER);
        auctions.pause();
        _bidExpecting(a, RESERVE, _error(Pausable.EnforcedPause.selector));
        vm.prank(PAUSER);
        auctions.unpause();
        _bid(a, ANN, RESERVE);
    }

    function test_running_auction_goes_on_to_its_end_when_paused() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, RESERVE);
        vm.prank(PAUSER);
        auctions.pause();
        _bid(a, BEA, 20_000); // else who may pause could keep ANN's rivals out
        same(ANN.balance, 1e36, "the outbid is paid back");
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(token.ownerOf(a.tokenId), BEA, "owner");
    }

    function test_pause_refuses_when_caller_is_not_a_pauser() public {
        address[2] memory others = [ADMIN, ANN];
        for (uint256 i; i < 2; ++i) {
            bytes memory refusal = abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, others[i], auctions.PAUSER_ROLE()
            );
            vm.prank(others[i]);
            vm.expectRevert(refusal);
            auctions.pause();
            vm.prank(others[i]);
            vm.expectRevert(refusal);
            auctions.unpause();
        }
    }

    function test_listCurrency_refuses_when_caller_is_not_the_admin_or_there_is_no_code() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, PAUSER, auctions.DEFAULT_ADMIN_ROLE()
        );
        vm.prank(PAUSER);
        vm.expectRevert(refusal);
        auctions.listCurrency(address(coin), false);
        vm.prank(ADMIN);
        refuses(Saleroom.ZeroAddress.selector);
        auctions.listCurrency(address(0xC0DE), true);
        vm.expectEmit(address(auctions));
        emit Saleroom.CurrencyListed(address(coin), false);
        vm.prank(ADMIN);
        auctions.listCurrency(address(coin), false);
    }

    function test_constructor_refuses_when_token_or_pauser_is_zero() public {
        refuses(Saleroom.ZeroAddress.selector);
        new NinefoldAuctions(address(0), address(factory), ADMIN, PAUSER, 0);
        refuses(Saleroom.ZeroAddress.selector);
        new NinefoldAuctions(address(token), address(factory), ADMIN, address(0), 0);
    }

    function test_bid_refuses_when_the_currency_keeps_a_fee_or_is_listed_no_more() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        FeeCoin fee = new FeeCoin();
        a.terms.currency = address(fee);
        bytes memory signature = _sign(a);
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.CurrencyNotListed.selector, address(fee)));
        auctions.bid(a, signature, RESERVE);
        vm.prank(ADMIN);
        auctions.listCurrency(address(fee), true);
        fee.issue(ANN, 1e18);
        vm.prank(ANN);
        fee.approve(address(auctions), 1e18);
        vm.prank(ANN);
        vm.expectRevert(_error(Payments.CurrencyTakesFee.selector, address(fee)));
        auctions.bid(a, signature, RESERVE);
    }

    function test_running_auction_goes_on_to_its_end_when_the_currency_is_listed_no_more() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.currency = address(coin);
        bytes memory signature = _sign(a);
        vm.prank(ANN);
        auctions.bid(a, signature, RESERVE);
        vm.prank(ADMIN);
        auctions.listCurrency(address(coin), false);
        vm.prank(BEA);
        auctions.bid(a, "", 20_000);
        same(coin.balanceOf(ANN), 1e36, "the outbid is paid back");
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(token.ownerOf(a.tokenId), BEA, "owner");
        same(coin.balanceOf(artist), 12_000, "artist");
    }

    // --- Refusals: terms ---

    function test_first_bid_refuses_when_out_of_time() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.start = NOW + 1;
        _bidExpecting(a, RESERVE, _error(Saleroom.NotYetValid.selector, NOW + 1));
        a.terms.start = NOW;
        a.terms.end = NOW - 1;
        _bidExpecting(a, RESERVE, _error(Saleroom.Expired.selector, NOW - 1));
        a.terms.end = NOW;
        _bid(a, ANN, RESERVE);
    }

    function test_first_bid_refuses_when_reserve_or_raise_is_nothing() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.reserve = 0;
        _bidExpecting(a, 0, _error(Saleroom.BadTerms.selector));
        a.reserve = RESERVE;
        a.raiseBps = 99;
        _bidExpecting(a, RESERVE, _error(Saleroom.BadTerms.selector));
        a.raiseBps = 100;
        _bid(a, ANN, RESERVE);
    }

    function test_first_bid_refuses_when_the_end_is_more_than_ninety_days_off() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.end = NOW + 90 days + 1;
        _bidExpecting(a, RESERVE, _error(Saleroom.BadTerms.selector));
        a.terms.end = type(uint64).max; // the first bid may come for ever, if the auction is short after it
        a.duration = 90 days + 1;
        _bidExpecting(a, RESERVE, _error(Saleroom.BadTerms.selector));
        a.duration = 90 days;
        _bid(a, ANN, RESERVE);
        same(_endOf(a), NOW + 90 days, "end");
        a = _auction(2);
        a.terms.end = NOW + 90 days;
        _bid(a, ANN, RESERVE);
    }

    function test_first_bid_refuses_when_terms_of_a_work_that_exists_promise_what_a_mint_fixes() public {
        for (uint256 field; field < 4; ++field) {
            NinefoldAuctions.ReserveAuction memory a = field == 0 ? _owned() : _ownedAgain();
            if (field == 0) a.terms.uriDigest = DIGEST;
            else if (field == 1) a.terms.resaleBps = 1;
            else if (field == 2) a.terms.royaltyReceiver = owner;
            else a.terms.royaltyBps = 1;
            _bidExpecting(a, RESERVE, _error(Saleroom.BadTerms.selector));
        }
        _bid(_ownedAgain(), ANN, RESERVE);
    }

    function test_first_bid_refuses_when_later_donations_would_go_to_a_dead_end() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.donationBps = 0;
        a.terms.shares[0].bps = 7_000;
        a.terms.beneficiary = address(auctions);
        _bidExpecting(a, RESERVE, _error(Saleroom.DeadEnd.selector, address(auctions)));
    }

    function test_first_bid_refuses_when_signed_for_another_chain_or_contract() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.chainId(1);
        bytes memory signature = _sign(a);
        vm.chainId(31_337);
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
        NinefoldAuctions other = new NinefoldAuctions(address(token), address(factory), ADMIN, PAUSER, 0);
        signature = _signBy(ARTIST_KEY, other.hashReserveAuction(a));
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
    }

    function test_first_bid_refuses_when_somebody_else_signed() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        bytes memory signature = _signBy(OWNER_KEY, auctions.hashReserveAuction(a));
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
        a.terms.seller = owner;
        signature = _signBy(OWNER_KEY, auctions.hashReserveAuction(a));
        vm.prank(ANN);
        vm.expectRevert(_error(Saleroom.NotTheArtist.selector, owner));
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
    }

    function test_first_bid_refuses_when_anything_signed_was_changed() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        bytes memory signature = _sign(a);
        a.reserve = RESERVE - 1;
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
        a.reserve = RESERVE;
        a.terms.beneficiary = SITE;
        vm.prank(ANN);
        refuses(Saleroom.BadSignature.selector);
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
    }

    function test_first_bid_refuses_when_the_terms_were_cancelled() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.expectEmit(address(auctions));
        emit Saleroom.TermsCancelled(artist, 1);
        vm.prank(artist);
        auctions.cancel(1);
        vm.prank(artist);
        auctions.cancel(1); // again: nothing more
        _bidExpecting(a, RESERVE, _error(Saleroom.Cancelled.selector));
    }

    function test_first_bid_refuses_when_the_nonce_was_used() public {
        _bid(_auction(1), ANN, RESERVE);
        NinefoldAuctions.ReserveAuction memory a = _auction(2);
        a.terms.nonce = 1;
        _bidExpecting(a, RESERVE, _error(Saleroom.NonceUsed.selector));
    }

    function test_cancel_does_nothing_to_another_seller_when_the_nonce_is_the_same() public {
        vm.prank(owner);
        auctions.cancel(1);
        _bid(_auction(1), ANN, RESERVE);
    }

    function test_first_bid_refuses_when_the_collection_is_not_ours() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.collection = address(coin);
        _bidExpecting(a, RESERVE, _error(Saleroom.UnknownCollection.selector, address(coin)));
    }

    function test_first_bid_refuses_when_the_division_does_not_add_up() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.terms.donationBps = 999;
        _bidExpecting(a, RESERVE, _error(Split.BadShares.selector));
    }

    function test_first_bid_refuses_when_a_payee_is_a_dead_end() public {
        address[3] memory ends = [address(auctions), address(token), address(series)];
        for (uint256 i; i < 3; ++i) {
            NinefoldAuctions.ReserveAuction memory a = _auction(1);
            a.terms.collection = address(series);
            a.terms.uriDigest = 0;
            a.terms.beneficiary = ends[i];
            _bidExpecting(a, RESERVE, _error(Saleroom.DeadEnd.selector, ends[i]));
            a.terms.beneficiary = CHARITY;
            a.terms.shares[1].account = ends[i];
            _bidExpecting(a, RESERVE, _error(Saleroom.DeadEnd.selector, ends[i]));
        }
        NinefoldAuctions.ReserveAuction memory b = _auction(1);
        b.terms.beneficiary = address(0);
        _bidExpecting(b, RESERVE, _error(Saleroom.ZeroAddress.selector));
        b.terms.donationBps = 0; // then nobody looks at the beneficiary
        b.terms.resaleBps = 0;
        b.terms.shares[0].bps = 7_000;
        _bid(b, ANN, RESERVE);
        vm.warp(NOW + 1 hours);
        auctions.settle(b);
        same(artist.balance, 7_000, "artist");
    }

    function test_first_bid_refuses_when_the_work_moved_or_was_recalled() public {
        NinefoldAuctions.ReserveAuction memory a = _owned();
        bytes memory signature = _signBy(OWNER_KEY, auctions.hashReserveAuction(a));
        vm.prank(owner);
        token.recall(a.tokenId);
        vm.prank(ANN);
        vm.expectRevert(
            abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, a.tokenId, uint40(1))
        );
        auctions.bid{value: RESERVE}(a, signature, RESERVE);
    }

    function test_first_bid_refuses_when_the_work_was_minted_meanwhile() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.prank(MINTER);
        token.mint(a.tokenId, DIGEST, artist, 0);
        _bidExpecting(a, RESERVE, _error(NinefoldWorks.AlreadyMinted.selector, a.tokenId));
    }

    function test_first_bid_refuses_when_charity_gets_less_than_the_artist_asks() public {
        NinefoldAuctions.ReserveAuction memory a = _owned();
        a.terms.donationBps = 199;
        a.terms.shares[0].bps = 6_801;
        bytes memory refusal =
            abi.encodeWithSelector(Saleroom.DonationBelowArtists.selector, CHARITY, uint16(200));
        _bidExpecting(a, RESERVE, refusal);
        a.terms.donationBps = 200;
        a.terms.shares[0].bps = 6_800;
        a.terms.beneficiary = SITE;
        _bidExpecting(a, RESERVE, refusal);
        a.terms.beneficiary = CHARITY;
        _bid(a, ANN, RESERVE);
    }

    function test_first_bid_refuses_when_the_first_share_cannot_bear_the_royalty() public {
        NinefoldAuctions.ReserveAuction memory a = _owned();
        a.terms.shares[0].bps = 749;
        a.terms.shares[1].bps = 7_751;
        _bidExpecting(a, RESERVE, _error(Split.BadShares.selector));
        a.terms.shares[0].bps = 750;
        a.terms.shares[1].bps = 7_750;
        _bid(a, ANN, 20_001);
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(owner.balance, 1, "the remainder alone");
    }

    // --- Refusals: settlement ---

    function test_settle_refuses_when_the_auction_is_open() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, RESERVE);
        vm.warp(NOW + 1 hours - 1);
        vm.expectRevert(_error(NinefoldAuctions.StillOpen.selector, NOW + 1 hours));
        auctions.settle(a);
    }

    function test_settle_refuses_when_there_was_no_bid_or_it_is_done() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        vm.warp(NOW + 1 hours);
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settle(a);
        _bid(a, ANN, RESERVE);
        vm.warp(NOW + 2 hours);
        auctions.settle(a);
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settle(a);
    }

    function test_settle_refuses_when_the_terms_are_not_those_of_the_auction() public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        _bid(a, ANN, RESERVE);
        vm.warp(NOW + 1 hours);
        a.terms.shares[0].account = SITE;
        a.terms.shares[2].account = artist;
        refuses(NinefoldAuctions.NothingToSettle.selector);
        auctions.settle(a);
    }

    // --- Sums ---

    function testFuzz_parts_add_up_when_bids_and_division_are_any(
        uint128 first,
        uint128 second,
        uint16 donationBps,
        uint16 siteBps
    ) public {
        NinefoldAuctions.ReserveAuction memory a = _owned();
        a.reserve = 1;
        a.terms.donationBps = 200 + donationBps % 5_000;
        a.terms.shares[1].bps = siteBps % 4_000;
        a.terms.shares[2].bps = 3;
        a.terms.shares[0].bps = 9_997 - a.terms.donationBps - a.terms.shares[1].bps;
        first = first / 2 + 1;
        _bidAny(a, ANN, first);
        uint256 price = uint256(second) < auctions.leastBid(a) ? first : second;
        if (price != first) _bidAny(a, BEA, price);
        vm.warp(NOW + 1 hours);
        auctions.settle(a);
        same(CHARITY.balance, price * a.terms.donationBps / 10_000, "donation");
        same(artist.balance, price * 750 / 10_000, "royalty");
        same(
            CHARITY.balance + artist.balance + owner.balance + COLLABORATOR.balance + SITE.balance,
            price,
            "sum of parts"
        );
        same(address(auctions).balance, 0, "nothing stays");
    }

    function testFuzz_raise_is_never_below_what_was_signed_when_amounts_are_any(
        uint128 amount,
        uint16 raiseBps
    ) public {
        NinefoldAuctions.ReserveAuction memory a = _auction(1);
        a.reserve = uint256(amount) + 1;
        a.raiseBps = 100 + raiseBps % 60_000;
        vm.assume(a.reserve <= type(uint128).max);
        _bidAny(a, ANN, a.reserve);
        uint256 raise = auctions.leastBid(a) - a.reserve;
        holds(raise * 10_000 >= a.reserve * a.raiseBps, "not below");
        holds((raise - 1) * 10_000 < a.reserve * a.raiseBps, "not above the next wei");
    }

    // --- Helpers ---

    /// Work `number` of the artist, unminted: reserve 10,000 wei, raises of 5%, to end in an hour.
    function _auction(uint96 number) internal view returns (NinefoldAuctions.ReserveAuction memory a) {
        a.terms = _terms(number);
        a.terms.end = NOW + 1 hours;
        a.tokenId = _id(artist, number);
        a.reserve = RESERVE;
        a.raiseBps = 500;
    }

    function _owned() internal returns (NinefoldAuctions.ReserveAuction memory a) {
        a = _auction(1);
        a.terms = _ownedTerms(1);
        a.terms.end = NOW + 1 hours;
    }

    /// `_owned`, where the work is its owner's already.
    function _ownedAgain() internal view returns (NinefoldAuctions.ReserveAuction memory a) {
        a = _auction(1);
        a.terms = _termsOfOwner(1);
        a.terms.end = NOW + 1 hours;
    }

    function _sign(NinefoldAuctions.ReserveAuction memory a) internal view returns (bytes memory) {
        return _signBy(a.terms.seller == owner ? OWNER_KEY : ARTIST_KEY, auctions.hashReserveAuction(a));
    }

    function _bid(NinefoldAuctions.ReserveAuction memory a, address bidder, uint256 amount) internal {
        bytes memory signature = _sign(a);
        if (amount > 1e36) vm.deal(bidder, amount);
        vm.prank(bidder);
        auctions.bid{value: amount}(a, signature, amount);
    }

    function _bidAny(NinefoldAuctions.ReserveAuction memory a, address bidder, uint256 amount) internal {
        vm.deal(bidder, amount);
        _bid(a, bidder, amount);
    }

    function _bidFrom(address bidder, NinefoldAuctions.ReserveAuction memory a, uint256 amount) internal {
        vm.deal(bidder, amount);
        _bid(a, bidder, amount);
    }

    function _bidExpecting(NinefoldAuctions.ReserveAuction memory a, uint256 amount, bytes memory refusal)
        internal
    {
        bytes memory signature = _sign(a);
        vm.prank(ANN);
        vm.expectRevert(refusal);
        auctions.bid{value: amount}(a, signature, amount);
    }

    function _endOf(NinefoldAuctions.ReserveAuction memory a) internal view returns (uint256 endsAt) {
        (, endsAt,,) = auctions.running(auctions.hashReserveAuction(a));
    }
}
