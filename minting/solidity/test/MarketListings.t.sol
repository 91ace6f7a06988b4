// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Payments} from "../src/Payments.sol";
import {Split} from "../src/Split.sol";
import {Moody, Wallet} from "./Payees.sol";
import {Stage} from "./Stage.sol";

/// Sales of works that exist, on their owner's word: BUYER sells work 1, which has 7.5% royalty and asks 2% of later
/// sales for CHARITY.
contract MarketListingsTest is Stage {
    address internal constant FRIEND = address(0xF001);
    uint256 internal constant PRICE = 10_003; // floors leave wei over

    function setUp() public override {
        super.setUp();
        _bear(750, 200);
        vm.prank(BUYER);
        token.setApprovalForAll(address(market), true);
        vm.deal(SECOND_BUYER, 1e30);
    }

    function test_buyListed_hands_over_and_pays_every_part_when_terms_are_kept() public {
        NinefoldMarket.Listing memory l = _ours();
        bytes memory signature = _signed(l);
        bytes32 hash = market.hashListing(l);
        uint256 saleId = uint256(hash);
        uint256 before = BUYER.balance;
        vm.expectEmit(address(token));
        emit IERC721.Transfer(BUYER, FRIEND, l.tokenId);
        vm.expectEmit(address(market));
        emit NinefoldMarket.Sold(
            saleId, l.tokenId, SECOND_BUYER, FRIEND, PRICE, hash, address(token), address(0)
        );
        vm.expectEmit(address(market));
        emit Payments.Donated(l.tokenId, CHARITY, 1_000, saleId, address(0));
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, BUYER, 7_753);
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, artist, 750);
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, SITE, 500);
        vm.prank(SECOND_BUYER);
        market.buyListed{value: PRICE}(l, signature, FRIEND);
        same(token.ownerOf(l.tokenId), FRIEND, "owner");
        same(token.balanceOf(BUYER), 0, "seller holds nothing");
        same(token.balanceOf(FRIEND), 1, "friend holds one");
        same(BUYER.balance - before, 7_753, "seller takes the remainder");
        same(CHARITY.balance, 1_000, "charity");
        same(artist.balance, 750, "royalty");
        same(SITE.balance, 500, "fee");
        same(address(market).balance, 0, "market");
    }

    function test_listing_ends_when_the_work_moves_and_comes_back() public {
        NinefoldMarket.Listing memory l = _ours();
        bytes memory signature = _signed(l);
        vm.prank(BUYER);
        token.transferFrom(BUYER, FRIEND, l.tokenId);
        vm.prank(FRIEND);
        token.transferFrom(FRIEND, BUYER, l.tokenId);
        _expecting(
            l, signature, abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, l.tokenId, l.round)
        );
        l.round += 2;
        _buyFrom(l);
    }

    function test_listing_ends_when_it_was_used() public {
        NinefoldMarket.Listing memory l = _ours();
        bytes memory signature = _signed(l);
        vm.prank(SECOND_BUYER);
        market.buyListed{value: PRICE}(l, signature, BUYER); // a gift to the seller, who is the owner again
        same(token.ownerOf(l.tokenId), BUYER, "owner");
        _expecting(
            l, signature, abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, l.tokenId, l.round)
        );
    }

    function test_listing_ends_when_its_owner_recalls_the_work() public {
        NinefoldMarket.Listing memory l = _ours();
        vm.expectEmit(address(token));
        emit INinefoldWorks.Recalled(l.tokenId, l.round + 1);
        vm.prank(BUYER);
        token.recall(l.tokenId);
        _expecting(
            l, _signed(l), abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, l.tokenId, l.round)
        );
    }

    function test_seller_pays_itself_and_charity_when_it_buys_from_itself() public {
        NinefoldMarket.Listing memory l = _ours();
        bytes memory signature = _signed(l);
        uint256 before = BUYER.balance;
        vm.prank(BUYER);
        market.buyListed{value: PRICE}(l, signature, BUYER);
        same(before - BUYER.balance, 1_000 + 750 + 500, "donation, royalty and fee");
        same(token.ownerOf(l.tokenId), BUYER, "owner");
        same(token.balanceOf(BUYER), 1, "balance");
    }

    function test_royalty_stays_with_the_seller_when_the_seller_is_its_receiver() public {
        NinefoldMarket.Listing memory l = _ours();
        vm.prank(BUYER);
        token.transferFrom(BUYER, artist, l.tokenId);
        vm.prank(artist);
        token.approve(address(market), l.tokenId);
        l = _listing(ARTIST_KEY, address(token), 1, 10_000);
        bytes memory signature = _signAs(ARTIST_KEY, market.hashListing(l));
        vm.prank(SECOND_BUYER);
        market.buyListed{value: 10_000}(l, signature, FRIEND);
        same(artist.balance, 8_500, "one payment, no royalty to itself");
    }

    function test_parts_of_zero_bps_are_left_out_when_nobody_asks_for_them() public {
        _bearNumber(2, 0, 0);
        NinefoldMarket.Listing memory l = _listing(BUYER_KEY, address(token), 2, PRICE);
        l.donationBps = 0;
        l.beneficiary = address(0);
        l.feeBps = 0;
        l.feeReceiver = address(0);
        uint256 before = BUYER.balance;
        _buyFrom(l);
        same(BUYER.balance - before, PRICE, "all of it");
    }

    function test_sale_goes_through_with_credits_when_charity_and_artist_refuse() public {
        Moody charity = new Moody();
        Moody receiver = new Moody();
        INinefoldWorks.Birth memory birth = _birth(_id(artist, 3), DIGEST, 1_000);
        birth.royaltyReceiver = address(receiver);
        birth.resaleBeneficiary = address(charity);
        birth.resaleBps = 1_000;
        vm.prank(address(market));
        token.mintSold(birth, BUYER);
        NinefoldMarket.Listing memory l = _listing(BUYER_KEY, address(token), 3, 10_000);
        l.beneficiary = address(charity);
        _buyFrom(l);
        same(market.credit(address(charity)), 1_000, "donation waits");
        same(market.credit(address(receiver)), 1_000, "royalty waits");
        same(address(market).balance, 2_000, "nothing else does");
        same(token.ownerOf(l.tokenId), FRIEND, "owner");
    }

    function test_batch_born_work_is_sold_when_it_never_moved() public {
        NinefoldSeries series = _series(_terms(9, 9));
        vm.prank(artist);
        series.mintBatch(1, 9);
        vm.prank(artist);
        series.approve(address(market), _id(artist, 5));
        NinefoldMarket.Listing memory l = _listing(ARTIST_KEY, address(series), 5, 10_000);
        same(l.round, 0, "round");
        bytes memory signature = _signAs(ARTIST_KEY, market.hashListing(l));
        vm.prank(SECOND_BUYER);
        market.buyListed{value: 10_000}(l, signature, FRIEND);
        same(series.ownerOf(l.tokenId), FRIEND, "owner");
        same(artist.balance, 8_500, "artist");
    }

    function test_owner_may_be_a_contract_wallet_when_it_approves_the_hash() public {
        Wallet wallet = new Wallet();
        vm.prank(BUYER);
        token.transferFrom(BUYER, address(wallet), _id(artist, 1));
        vm.prank(address(wallet));
        token.setApprovalForAll(address(market), true);
        NinefoldMarket.Listing memory l = _ours();
        l.seller = address(wallet);
        _expecting(l, "", abi.encodeWithSelector(NinefoldMarket.BadSignature.selector));
        wallet.approve(market.hashListing(l));
        vm.prank(SECOND_BUYER);
        market.buyListed{value: PRICE}(l, "", FRIEND);
        same(token.ownerOf(l.tokenId), FRIEND, "owner");
    }

    // --- Refusals ---

    function test_buyListed_refuses_when_value_is_not_the_price() public {
        NinefoldMarket.Listing memory l = _ours();
        bytes memory signature = _signed(l);
        vm.prank(SECOND_BUYER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, PRICE - 1, PRICE));
        market.buyListed{value: PRICE - 1}(l, signature, FRIEND);
    }

    function test_buyListed_refuses_when_outside_its_time_and_takes_both_ends() public {
        NinefoldMarket.Listing memory l = _ours();
        vm.warp(l.validFrom - 1);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.NotYetValid.selector, l.validFrom));
        vm.warp(l.validUntil + 1);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.Expired.selector, l.validUntil));
        vm.warp(l.validFrom);
        _buyFrom(l);
        vm.prank(FRIEND);
        token.transferFrom(FRIEND, BUYER, l.tokenId);
        l = _ours();
        vm.warp(l.validUntil);
        _buyFrom(l);
    }

    function test_buyListed_refuses_when_the_seller_is_not_the_owner() public {
        NinefoldMarket.Listing memory l = _ours();
        l.seller = artist;
        _expecting(
            l,
            _signAs(ARTIST_KEY, market.hashListing(l)),
            abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, artist, l.tokenId, BUYER)
        );
    }

    function test_buyListed_refuses_when_the_market_is_not_approved() public {
        vm.prank(BUYER);
        token.setApprovalForAll(address(market), false);
        NinefoldMarket.Listing memory l = _ours();
        _refused(
            l,
            abi.encodeWithSelector(
                IERC721Errors.ERC721InsufficientApproval.selector, address(market), l.tokenId
            )
        );
    }

    function test_buyListed_refuses_when_any_field_differs_from_what_was_signed() public {
        for (uint256 field; field < 11; ++field) {
            NinefoldMarket.Listing memory l = _ours();
            bytes memory signature = _signed(l);
            if (field == 0) l.tokenId += 1;
            else if (field == 1) l.seller = artist;
            else if (field == 2) l.price -= 1;
            else if (field == 3) l.beneficiary = address(0xBAD);
            else if (field == 4) l.donationBps -= 1;
            else if (field == 5) l.feeReceiver = address(0xBAD);
            else if (field == 6) l.feeBps += 1;
            else if (field == 7) l.round += 1;
            else if (field == 8) l.validFrom -= 1;
            else if (field == 9) l.validUntil += 1;
            else l.collection = address(_series(_terms(9, 0)));
            _expecting(l, signature, abi.encodeWithSelector(NinefoldMarket.BadSignature.selector));
        }
    }

    function test_buyListed_refuses_when_signed_for_another_chain_or_market() public {
        NinefoldMarket.Listing memory l = _ours();
        vm.chainId(1);
        bytes memory signature = _signed(l);
        vm.chainId(31_337);
        _expecting(l, signature, abi.encodeWithSelector(NinefoldMarket.BadSignature.selector));
        NinefoldMarket other = new NinefoldMarket(address(token), address(factory), ADMIN, PAUSER, 0);
        signature = _signAs(BUYER_KEY, other.hashListing(l));
        _expecting(l, signature, abi.encodeWithSelector(NinefoldMarket.BadSignature.selector));
    }

    function test_buyListed_refuses_when_charity_gets_less_than_the_artist_asks() public {
        bytes memory refusal =
            abi.encodeWithSelector(NinefoldMarket.DonationBelowArtists.selector, CHARITY, uint16(200));
        NinefoldMarket.Listing memory l = _ours();
        l.donationBps = 199;
        _refused(l, refusal);
        l.donationBps = 200;
        l.beneficiary = SITE;
        _refused(l, refusal);
        l.beneficiary = CHARITY;
        _buyFrom(l);
    }

    function test_buyListed_refuses_when_the_parts_are_more_than_the_price() public {
        NinefoldMarket.Listing memory l = _ours();
        l.donationBps = 9_000;
        l.feeBps = 251; // with 750 of royalty one too many
        _refused(l, abi.encodeWithSelector(Split.BadShares.selector));
        l.feeBps = 250;
        uint256 before = BUYER.balance;
        _buyFrom(l);
        same(BUYER.balance - before, 1, "the remainder alone");
    }

    function test_buyListed_refuses_when_recipient_or_payee_is_zero_or_a_dead_end() public {
        NinefoldMarket.Listing memory l = _ours();
        bytes memory signature = _signed(l);
        address[2] memory ends = [address(market), address(token)];
        vm.prank(SECOND_BUYER);
        refuses(NinefoldMarket.ZeroAddress.selector);
        market.buyListed{value: PRICE}(l, signature, address(0));
        for (uint256 i; i < 2; ++i) {
            vm.prank(SECOND_BUYER);
            vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, ends[i]));
            market.buyListed{value: PRICE}(l, signature, ends[i]);
            l.feeReceiver = ends[i];
            _refused(l, abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, ends[i]));
            l.feeReceiver = SITE;
        }
        l.feeReceiver = address(0);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.ZeroAddress.selector));
        _bearNumber(2, 0, 0);
        l = _listing(BUYER_KEY, address(token), 2, PRICE);
        l.beneficiary = address(0);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.ZeroAddress.selector));
        l.beneficiary = address(market);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, address(market)));
    }

    function test_buyListed_refuses_when_paused_and_goes_on_after() public {
        NinefoldMarket.Listing memory l = _ours();
        vm.prank(PAUSER);
        market.pause();
        _refused(l, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(BUYER);
        token.recall(l.tokenId); // a pause keeps nobody from ending an offer
        vm.prank(PAUSER);
        market.unpause();
        vm.prank(BUYER);
        token.setApprovalForAll(address(market), true);
        _buyFrom(_ours());
    }

    function test_buyListed_refuses_when_the_collection_is_not_ours() public {
        NinefoldMarket.Listing memory l = _ours();
        l.collection = address(this);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.UnknownCollection.selector, address(this)));
        l.collection = address(0xE0A);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.UnknownCollection.selector, address(0xE0A)));
    }

    function test_buyListed_refuses_when_price_exceeds_128_bits() public {
        NinefoldMarket.Listing memory l = _ours();
        l.price = uint256(type(uint128).max) + 1;
        vm.deal(SECOND_BUYER, l.price);
        _refused(l, abi.encodeWithSelector(NinefoldMarket.PriceTooHigh.selector));
    }

    // --- Sums ---

    function testFuzz_parts_add_up_to_the_price_when_division_is_any(
        uint128 price,
        uint16 donationBps,
        uint16 feeBps,
        uint16 royaltyBps
    ) public {
        royaltyBps %= 5_001;
        donationBps %= 10_001 - royaltyBps;
        feeBps %= 10_001 - royaltyBps - donationBps;
        INinefoldWorks.Birth memory birth = _birth(_id(artist, 9), DIGEST, royaltyBps);
        vm.prank(address(market));
        token.mintSold(birth, BUYER);
        NinefoldMarket.Listing memory l = _listing(BUYER_KEY, address(token), 9, price);
        (l.donationBps, l.feeBps) = (donationBps, feeBps);
        uint256 before = BUYER.balance;
        vm.deal(SECOND_BUYER, price);
        _buyFrom(l);
        uint256 sellers = BUYER.balance - before;
        same(CHARITY.balance, uint256(price) * donationBps / 10_000, "donation");
        same(artist.balance, uint256(price) * royaltyBps / 10_000, "royalty");
        same(SITE.balance, uint256(price) * feeBps / 10_000, "fee");
        same(sellers + CHARITY.balance + artist.balance + SITE.balance, price, "sum of parts");
        uint256 floor = uint256(price) * (10_000 - donationBps - feeBps - royaltyBps) / 10_000;
        holds(sellers >= floor && sellers <= floor + 3, "remainder");
        same(address(market).balance, 0, "nothing stays");
    }

    // --- Helpers ---

    function _ours() private view returns (NinefoldMarket.Listing memory) {
        return _listing(BUYER_KEY, address(token), 1, PRICE);
    }

    function _bear(uint16 royaltyBps, uint16 resaleBps) private {
        _bearNumber(1, royaltyBps, resaleBps);
    }

    function _bearNumber(uint96 number, uint16 royaltyBps, uint16 resaleBps) private {
        INinefoldWorks.Birth memory birth = _birth(_id(artist, number), DIGEST, royaltyBps);
        if (resaleBps != 0) birth.resaleBeneficiary = CHARITY;
        birth.resaleBps = resaleBps;
        vm.prank(address(market));
        token.mintSold(birth, BUYER);
    }

    function _signed(NinefoldMarket.Listing memory l) private view returns (bytes memory) {
        return _signAs(BUYER_KEY, market.hashListing(l));
    }

    function _buyFrom(NinefoldMarket.Listing memory l) private {
        bytes memory signature = _signed(l);
        vm.prank(SECOND_BUYER);
        market.buyListed{value: l.price}(l, signature, FRIEND);
    }

    function _refused(NinefoldMarket.Listing memory l, bytes memory refusal) private {
        _expecting(l, _signed(l), refusal);
    }

    function _expecting(NinefoldMarket.Listing memory l, bytes memory signature, bytes memory refusal)
        private
    {
        vm.prank(SECOND_BUYER);
        vm.expectRevert(refusal);
        market.buyListed{value: l.price}(l, signature, FRIEND);
    }
}
