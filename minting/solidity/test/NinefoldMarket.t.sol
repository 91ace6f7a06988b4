// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldToken} from "../src/NinefoldToken.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Payments} from "../src/Payments.sol";
import {Share, Split} from "../src/Split.sol";
import {Stage} from "./Stage.sol";
import {Vm} from "./Check.sol";

/// The sale itself and every refusal of terms; signatures and payees have files of their own.
contract NinefoldMarketTest is Stage {
    address internal constant FRIEND = address(0xF001);

    function test_buy_mints_and_pays_every_part_when_terms_are_kept() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 10_003); // floors leave 2 wei over
        bytes memory signature = _sign(v);
        bytes32 hash = market.hashVoucher(v);
        uint256 saleId = uint256(hash);

        vm.expectEmit(address(token));
        emit IERC721.Transfer(address(0), artist, v.tokenId);
        vm.expectEmit(address(token));
        emit IERC721.Transfer(artist, FRIEND, v.tokenId);
        vm.expectEmit(address(market));
        emit NinefoldMarket.Sold(saleId, v.tokenId, BUYER, FRIEND, 10_003, hash, address(token), address(0));
        vm.expectEmit(address(market));
        emit Payments.Donated(v.tokenId, CHARITY, 1_000, saleId, address(0));
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, artist, 6_003);
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, COLLABORATOR, 2_500);
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, SITE, 500);
        vm.prank(BUYER);
        market.buy{value: 10_003}(v, signature, FRIEND);

        same(token.ownerOf(v.tokenId), FRIEND, "owner");
        same(token.uriDigest(v.tokenId), DIGEST, "digest");
        same(CHARITY.balance, 1_000, "charity");
        same(artist.balance, 6_003, "artist takes the remainder");
        same(COLLABORATOR.balance, 2_500, "collaborator");
        same(SITE.balance, 500, "site");
        same(address(market).balance, 0, "market");
    }

    function test_buy_gives_the_work_and_pays_nobody_when_price_is_zero() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 0);
        vm.recordLogs();
        _buy(v);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 6, "two transfers, Sold and three Paid of zero; no Donated");
        same(token.ownerOf(v.tokenId), BUYER, "owner");
    }

    function test_buy_needs_no_beneficiary_when_nothing_is_donated() public {
        NinefoldMarket.Voucher memory v = _undonated();
        _buy(v);
        same(artist.balance, 1 ether, "artist");
    }

    function test_buy_takes_the_highest_price_when_it_fills_128_bits() public {
        NinefoldMarket.Voucher memory v = _voucher(1, type(uint128).max);
        _buy(v);
        same(
            CHARITY.balance + artist.balance + COLLABORATOR.balance + SITE.balance, type(uint128).max, "parts"
        );
    }

    function test_buy_refuses_when_price_exceeds_128_bits() public {
        _buyExpecting(_voucher(1, uint256(type(uint128).max) + 1), NinefoldMarket.PriceTooHigh.selector);
    }

    function test_buy_refuses_when_value_is_not_the_price() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        bytes memory signature = _sign(v);
        uint256[3] memory wrong = [uint256(0), 99, 101];
        for (uint256 i; i < wrong.length; ++i) {
            vm.prank(BUYER);
            vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, wrong[i], 100));
            market.buy{value: wrong[i]}(v, signature, BUYER);
        }
    }

    function test_buy_refuses_when_outside_its_time_and_takes_both_ends() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        vm.warp(v.validFrom - 1);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldMarket.NotYetValid.selector, v.validFrom));
        vm.warp(v.validUntil + 1);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldMarket.Expired.selector, v.validUntil));
        vm.warp(v.validUntil);
        _buy(v);
        v = _voucher(2, 100);
        vm.warp(v.validFrom);
        _buy(v);
    }

    function test_buy_refuses_when_bought_before() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        _buy(v);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, v.tokenId));
        v.nonce = 99; // other terms for the same work
        _buyExpecting(v, abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, v.tokenId));
        same(address(market).balance, 0, "market");
    }

    function test_buy_refuses_when_artist_was_dismissed() public {
        vm.prank(CURATOR);
        token.dismiss(artist);
        _buyExpecting(
            _voucher(1, 100), abi.encodeWithSelector(NinefoldToken.ArtistNotAdmitted.selector, artist)
        );
    }

    function test_buy_refuses_when_recipient_is_zero_or_a_dead_end() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        refuses(NinefoldMarket.ZeroAddress.selector);
        market.buy{value: 100}(v, signature, address(0));
        address[2] memory ends = [address(market), address(token)];
        for (uint256 i; i < ends.length; ++i) {
            vm.prank(BUYER);
            vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, ends[i]));
            market.buy{value: 100}(v, signature, ends[i]);
        }
    }

    function test_buy_refuses_when_a_payee_is_zero_or_a_dead_end() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.beneficiary = address(0);
        _buyExpecting(v, NinefoldMarket.ZeroAddress.selector);
        v.beneficiary = address(token);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, address(token)));
        for (uint256 i; i < 3; ++i) {
            v = _voucher(1, 100);
            v.shares[i].account = address(0);
            _buyExpecting(v, NinefoldMarket.ZeroAddress.selector);
            v.shares[i].account = address(market);
            _buyExpecting(v, abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, address(market)));
        }
    }

    function test_buy_refuses_when_later_donations_would_go_to_a_dead_end() public {
        NinefoldMarket.Voucher memory v = _undonated();
        v.resaleBps = 100;
        _buyExpecting(v, NinefoldMarket.ZeroAddress.selector);
        v.beneficiary = address(market);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, address(market)));
        v.beneficiary = CHARITY;
        _buy(v);
        same(token.resaleTerms(v.tokenId).resaleBps, 100, "donation of later sales");
    }

    function test_buy_refuses_when_the_artist_recalled_the_work() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        vm.prank(artist);
        token.recall(v.tokenId);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, v.tokenId, uint40(0)));
        v.round = 1;
        _buy(v);
    }

    function test_buy_refuses_when_the_collection_is_not_ours() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.collection = address(this);
        _buyExpecting(v, abi.encodeWithSelector(NinefoldMarket.UnknownCollection.selector, address(this)));
    }

    function test_buy_refuses_when_shares_do_not_add_up() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.shares[2].bps = 499;
        _buyExpecting(v, Split.BadShares.selector);
        v.shares[2].bps = 501;
        _buyExpecting(v, Split.BadShares.selector);
        v = _voucher(1, 100);
        v.donationBps = 0;
        _buyExpecting(v, Split.BadShares.selector);
    }

    function test_buy_refuses_when_an_account_has_two_shares() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.shares[2].account = artist;
        _buyExpecting(v, Split.BadShares.selector);
        v.shares[2].account = COLLABORATOR;
        _buyExpecting(v, Split.BadShares.selector);
    }

    function test_buy_refuses_when_the_first_share_is_nothing() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.shares[0].bps = 0;
        v.shares[1].bps = 8_500;
        _buyExpecting(v, Split.BadShares.selector);
    }

    function test_buy_refuses_when_there_are_no_shares_or_nine() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.donationBps = 10_000;
        v.shares = new Share[](0);
        _buyExpecting(v, Split.BadShares.selector);
        v.donationBps = 1_000;
        v.shares = new Share[](9);
        for (uint160 i; i < 9; ++i) {
            v.shares[i] = Share(address(0xE000 + i), 1_000);
        }
        _buyExpecting(v, Split.BadShares.selector);
    }

    function test_cancel_stops_the_voucher_when_its_artist_asks() public {
        NinefoldMarket.Voucher memory v = _voucher(7, 100);
        vm.prank(FRIEND);
        market.cancel(7);
        holds(!market.cancelled(artist, 7), "another's nonce 7 is another nonce");
        vm.expectEmit(address(market));
        emit NinefoldMarket.VoucherCancelled(artist, 7);
        vm.prank(artist);
        market.cancel(7);
        holds(market.cancelled(artist, 7), "cancelled");
        _buyExpecting(v, NinefoldMarket.Cancelled.selector);
        v.nonce = 8;
        _buy(v);
    }

    function test_pause_stops_sales_only_when_a_pauser_asks() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, ADMIN, market.PAUSER_ROLE()
        );
        vm.prank(ADMIN);
        vm.expectRevert(refusal);
        market.pause();
        vm.prank(PAUSER);
        market.pause();
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        _buyExpecting(v, Pausable.EnforcedPause.selector);
        vm.prank(artist);
        market.cancel(5);
        vm.prank(ADMIN);
        vm.expectRevert(refusal);
        market.unpause();
        vm.prank(PAUSER);
        market.unpause();
        _buy(v);
    }

    function test_market_refuses_money_when_it_is_not_a_sale() public {
        vm.deal(address(this), 1);
        (bool accepted,) = address(market).call{value: 1}("");
        holds(!accepted, "plain transfer");
    }

    function test_constructor_refuses_when_token_or_pauser_is_zero() public {
        refuses(NinefoldMarket.ZeroAddress.selector);
        new NinefoldMarket(address(0), address(factory), ADMIN, PAUSER, 0);
        refuses(NinefoldMarket.ZeroAddress.selector);
        new NinefoldMarket(address(token), address(factory), ADMIN, address(0), 0);
    }

    function _undonated() private view returns (NinefoldMarket.Voucher memory v) {
        v = _voucher(1, 1 ether);
        v.beneficiary = address(0);
        v.donationBps = 0;
        v.shares = new Share[](1);
        v.shares[0] = Share(artist, 10_000);
    }
}
