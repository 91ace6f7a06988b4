// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Payments} from "../src/Payments.sol";
import {Split} from "../src/Split.sol";
import {Reenterer} from "./Payees.sol";
import {Stage} from "./Stage.sol";

/// Phases of a series: for all or for a list, capped or not, for money or for nothing.
contract MarketDropsTest is Stage {
    address internal constant ANN = address(0xA221);
    address internal constant BEA = address(0xBEA1);
    address internal constant CAT = address(0xCA71);

    NinefoldSeries internal series; // 20 works
    bytes32[] internal proof;

    function setUp() public override {
        super.setUp();
        series = _series(_terms(20, 0));
        vm.deal(ANN, 1e30);
        vm.deal(BEA, 1e30);
        vm.deal(CAT, 1e30);
    }

    // --- The way of a claim ---

    function test_claim_sells_the_next_works_and_pays_each_when_terms_are_kept() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.price = 1_003;
        bytes32 hash = market.hashDrop(d);
        bytes memory signature = _signDigest(hash);
        for (uint96 number = 1; number < 3; ++number) {
            uint256 id = _id(artist, number);
            uint256 saleId = uint256(keccak256(abi.encode(hash, id)));
            vm.expectEmit(address(series));
            emit IERC721.Transfer(address(0), artist, id);
            vm.expectEmit(address(series));
            emit IERC721.Transfer(artist, BEA, id);
            vm.expectEmit(address(market));
            emit NinefoldMarket.Sold(saleId, id, ANN, BEA, 1_003, hash, address(series), address(0));
            vm.expectEmit(address(market));
            emit Payments.Donated(id, CHARITY, 100, saleId, address(0));
            vm.expectEmit(address(market));
            emit Payments.Paid(saleId, artist, 853);
            vm.expectEmit(address(market));
            emit Payments.Paid(saleId, SITE, 50);
        }
        vm.prank(ANN);
        market.claim{value: 2_006}(d, signature, 2, BEA, 0, proof, _none());
        same(series.balanceOf(BEA), 2, "a gift to BEA");
        same(artist.balance, 1_706, "artist");
        same(CHARITY.balance, 200, "charity");
        same(market.dropPlace(hash), 2, "place");
        same(market.dropTaken(hash, ANN), 0, "nobody counts without a cap");
        _claimFor(d, CAT, 1);
        same(series.ownerOf(_id(artist, 3)), CAT, "the next");
    }

    function test_claim_costs_nothing_when_the_price_is_zero() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.price = 0;
        _claimFor(d, ANN, 3);
        same(series.balanceOf(ANN), 3, "works");
        _expecting(
            d, ANN, 1, 1, abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, uint256(1), uint256(0))
        );
    }

    function test_claim_passes_over_works_when_they_were_minted_or_recalled() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 5);
        vm.prank(MINTER);
        series.mint(_id(artist, 1), 0, address(0), 0);
        vm.prank(artist);
        series.recall(_id(artist, 3));
        _claimFor(d, ANN, 3);
        same(series.ownerOf(_id(artist, 2)), ANN, "2");
        same(series.ownerOf(_id(artist, 4)), ANN, "4");
        same(series.ownerOf(_id(artist, 5)), ANN, "5");
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.SoldOut.selector));
    }

    function test_claim_refuses_when_fewer_are_left_than_wanted() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 3);
        _claimFor(d, ANN, 2);
        _expecting(d, BEA, 2, 2_000, abi.encodeWithSelector(NinefoldMarket.SoldOut.selector));
        _claimFor(d, BEA, 1);
        _expecting(d, CAT, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.SoldOut.selector));
        same(series.balanceOf(ANN) + series.balanceOf(BEA), 3, "three works");
    }

    function test_claim_never_sells_beyond_the_series_when_the_drop_says_so() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 20, 2);
        _claimFor(d, ANN, 1);
        _expecting(
            d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldSeries.NotOfThisSeries.selector, _id(artist, 21))
        );
    }

    // --- Cap and list ---

    function test_claim_refuses_when_over_the_wallets_cap() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.walletCap = 3;
        _claimFor(d, ANN, 2);
        same(market.dropTaken(market.hashDrop(d), ANN), 2, "taken");
        _expecting(d, ANN, 2, 2_000, _overTheCap(4, 3));
        _claimFor(d, ANN, 1);
        _expecting(d, ANN, 1, 1_000, _overTheCap(4, 3));
        _claimFor(d, BEA, 3); // another wallet has a count of its own
        d.nonce = 2;
        _claimFor(d, ANN, 1); // and so has another drop
    }

    function test_claim_counts_the_buyer_when_works_go_to_others() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.walletCap = 1;
        bytes memory signature = _signDigest(market.hashDrop(d));
        vm.prank(ANN);
        market.claim{value: 1_000}(d, signature, 1, BEA, 0, proof, _none());
        vm.prank(ANN);
        vm.expectRevert(_overTheCap(2, 1));
        market.claim{value: 1_000}(d, signature, 1, CAT, 0, proof, _none());
    }

    function test_claim_takes_those_on_the_list_up_to_their_allowance() public {
        (NinefoldMarket.Drop memory d, bytes32 leafOfBea) = _listed(3, 1);
        proof.push(leafOfBea);
        _claimListed(d, ANN, 2, 3);
        _listedExpecting(d, ANN, 2, 3, _overTheCap(4, 3));
        _claimListed(d, ANN, 1, 3);
        _listedExpecting(d, ANN, 1, 3, _overTheCap(4, 3)); // the same leaf again
        proof[0] = _leaf(ANN, 3);
        _claimListed(d, BEA, 1, 1);
        _listedExpecting(d, BEA, 1, 1, _overTheCap(2, 1));
    }

    function test_claim_refuses_when_not_on_the_list() public {
        (NinefoldMarket.Drop memory d, bytes32 leafOfBea) = _listed(3, 1);
        proof.push(leafOfBea);
        _listedExpecting(d, CAT, 1, 3, abi.encodeWithSelector(NinefoldMarket.NotOnTheList.selector, CAT));
        _listedExpecting(d, ANN, 1, 4, abi.encodeWithSelector(NinefoldMarket.NotOnTheList.selector, ANN));
        _listedExpecting(d, BEA, 1, 1, abi.encodeWithSelector(NinefoldMarket.NotOnTheList.selector, BEA));
        proof.pop();
        _listedExpecting(d, ANN, 1, 3, abi.encodeWithSelector(NinefoldMarket.NotOnTheList.selector, ANN));
    }

    function test_claim_refuses_when_a_node_of_the_tree_is_shown_as_a_leaf() public {
        (NinefoldMarket.Drop memory d,) = _listed(3, 1);
        // With an empty proof only the root itself would pass, and no leaf hashes to it.
        _listedExpecting(d, ANN, 1, 0, abi.encodeWithSelector(NinefoldMarket.NotOnTheList.selector, ANN));
    }

    function test_claim_takes_the_lower_when_cap_and_allowance_differ() public {
        (NinefoldMarket.Drop memory d, bytes32 leafOfBea) = _listed(3, 1);
        d.walletCap = 2;
        proof.push(leafOfBea);
        _listedExpecting(d, ANN, 3, 3, _overTheCap(3, 2));
        d.walletCap = 4;
        _listedExpecting(d, ANN, 4, 3, _overTheCap(4, 3));
    }

    function test_claim_has_no_end_for_those_whose_allowance_is_the_highest() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.allowRoot = _leaf(ANN, type(uint256).max);
        _claimListed(d, ANN, 9, type(uint256).max);
        same(market.dropTaken(market.hashDrop(d), ANN), 0, "not counted");
    }

    function test_claim_refuses_when_the_allowance_is_nothing() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.allowRoot = _leaf(ANN, 0);
        _listedExpecting(d, ANN, 1, 0, _overTheCap(1, 0));
    }

    // --- Refusals ---

    function test_claim_refuses_when_outside_its_time_and_takes_both_ends() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        vm.warp(d.validFrom - 1);
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.NotYetValid.selector, d.validFrom));
        vm.warp(d.validUntil + 1);
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.Expired.selector, d.validUntil));
        vm.warp(d.validFrom);
        _claimFor(d, ANN, 1);
        vm.warp(d.validUntil);
        _claimFor(d, ANN, 1);
    }

    function test_claim_refuses_when_nothing_is_wanted_or_the_price_is_wrong() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        _expecting(d, ANN, 0, 0, abi.encodeWithSelector(NinefoldMarket.NothingWanted.selector));
        _expecting(
            d,
            ANN,
            2,
            1_000,
            abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, uint256(1_000), uint256(2_000))
        );
        d.price = uint256(type(uint128).max) + 1;
        _expecting(d, ANN, 1, 0, abi.encodeWithSelector(NinefoldMarket.PriceTooHigh.selector));
    }

    function test_claim_refuses_when_the_artist_cancelled_or_did_not_sign() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        bytes memory signature = _signAs(BUYER_KEY, market.hashDrop(d));
        vm.prank(ANN);
        refuses(NinefoldMarket.BadSignature.selector);
        market.claim{value: 1_000}(d, signature, 1, ANN, 0, proof, _none());
        vm.prank(artist);
        market.cancel(1);
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.Cancelled.selector));
    }

    function test_cancel_refuses_when_the_nonce_is_zero_which_no_cancel_reaches() public {
        vm.prank(artist);
        refuses(NinefoldMarket.NonceIsZero.selector);
        market.cancel(0);
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.nonce = 0;
        _claimFor(d, ANN, 1);
        for (uint96 number = 2; number < 10; ++number) {
            vm.prank(artist);
            series.recall(_id(artist, number));
        }
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.SoldOut.selector));
    }

    function test_claim_refuses_when_any_field_differs_from_what_was_signed() public {
        for (uint256 field; field < 11; ++field) {
            NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
            bytes memory signature = _signDigest(market.hashDrop(d));
            if (field == 0) d.firstTokenId += 1;
            else if (field == 1) d.count += 1;
            else if (field == 2) d.price -= 1;
            else if (field == 3) d.beneficiary = address(0xBAD);
            else if (field == 4) (d.donationBps, d.shares[0].bps) = (999, 8_501);
            else if (field == 5) d.shares[1].account = address(0xBAD);
            else if (field == 6) d.walletCap = 1;
            else if (field == 7) d.validFrom -= 1;
            else if (field == 8) d.validUntil += 1;
            else if (field == 9) d.nonce += 1;
            else d.allowRoot = _leaf(ANN, 9);
            vm.prank(ANN);
            refuses(NinefoldMarket.BadSignature.selector);
            market.claim{value: d.price}(d, signature, 1, ANN, 9, proof, _none());
        }
    }

    function test_claim_refuses_when_recipient_or_payee_is_zero_or_a_dead_end() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        bytes memory signature = _signDigest(market.hashDrop(d));
        address[3] memory ends = [address(market), address(token), address(series)];
        for (uint256 i; i < 3; ++i) {
            vm.prank(ANN);
            vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, ends[i]));
            market.claim{value: 1_000}(d, signature, 1, ends[i], 0, proof, _none());
        }
        vm.prank(ANN);
        refuses(NinefoldMarket.ZeroAddress.selector);
        market.claim{value: 1_000}(d, signature, 1, address(0), 0, proof, _none());
        d.shares[1].account = address(series);
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.DeadEnd.selector, address(series)));
    }

    function test_claim_refuses_when_shares_do_not_add_up_or_collection_is_not_ours() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.donationBps = 999;
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(Split.BadShares.selector));
        d = _drop(address(this), 1, 9);
        _expecting(
            d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldMarket.UnknownCollection.selector, address(this))
        );
        d = _drop(address(token), 1, 9); // single works bring digests of their own, which a drop has none of
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldWorks.EmptyDigest.selector));
    }

    function test_claim_refuses_when_paused_and_goes_on_after() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        vm.prank(PAUSER);
        market.pause();
        _expecting(d, ANN, 1, 1_000, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(PAUSER);
        market.unpause();
        _claimFor(d, ANN, 1);
    }

    function test_claim_refuses_when_the_artist_no_longer_lets_the_market_sell() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        _claimFor(d, ANN, 1);
        vm.prank(artist);
        series.allowMarket(address(market), false);
        _expecting(
            d, ANN, 1, 1_000, abi.encodeWithSelector(NinefoldSeries.NotMarket.selector, address(market))
        );
    }

    function test_payee_claims_nothing_when_it_is_called_in_the_middle() public {
        Reenterer payee = new Reenterer();
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.price = 0;
        d.walletCap = 1;
        bytes memory again = abi.encodeCall(
            market.claim, (d, _signDigest(market.hashDrop(d)), 1, address(payee), 0, proof, _none())
        );
        NinefoldMarket.Drop memory other = _drop(address(series), 11, 2);
        other.shares[1].account = address(payee);
        payee.prepare(address(market), again, false);
        _claimFor(other, ANN, 2);
        holds(!payee.succeeded(), "reentry");
        same(series.balanceOf(address(payee)), 0, "nothing for nothing");
    }

    // --- Sums ---

    function testFuzz_drop_sells_each_work_once_when_quantities_are_any(
        uint8[4] memory quantities,
        uint8 count
    ) public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 1 + count % 20);
        uint256 left = d.count;
        uint256 sold;
        for (uint256 i; i < 4; ++i) {
            uint256 quantity = 1 + quantities[i] % 7;
            if (quantity > left) {
                _expecting(
                    d,
                    ANN,
                    quantity,
                    1_000 * quantity,
                    abi.encodeWithSelector(NinefoldMarket.SoldOut.selector)
                );
                continue;
            }
            _claimFor(d, ANN, quantity);
            left -= quantity;
            sold += quantity;
        }
        same(series.balanceOf(ANN), sold, "works");
        same(CHARITY.balance, 100 * sold, "charity");
        same(artist.balance, 850 * sold, "artist");
    }

    // --- Helpers ---

    function _none() private pure returns (NinefoldMarket.Permit memory none) {}

    function _leaf(address account, uint256 allowance) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, allowance))));
    }

    /// A list of two: ANN and BEA.
    function _listed(uint256 forAnn, uint256 forBea)
        private
        view
        returns (NinefoldMarket.Drop memory d, bytes32 leafOfBea)
    {
        d = _drop(address(series), 1, 9);
        bytes32 leafOfAnn = _leaf(ANN, forAnn);
        leafOfBea = _leaf(BEA, forBea);
        d.allowRoot = leafOfAnn < leafOfBea
            ? keccak256(abi.encode(leafOfAnn, leafOfBea))
            : keccak256(abi.encode(leafOfBea, leafOfAnn));
    }

    function _overTheCap(uint256 wanted, uint256 cap) private pure returns (bytes memory) {
        return abi.encodeWithSelector(NinefoldMarket.OverTheCap.selector, wanted, cap);
    }

    function _claimFor(NinefoldMarket.Drop memory d, address buyer, uint256 quantity) private {
        _claim(d, buyer, quantity);
    }

    function _claimListed(NinefoldMarket.Drop memory d, address buyer, uint256 quantity, uint256 allowance)
        private
    {
        bytes memory signature = _signDigest(market.hashDrop(d));
        vm.prank(buyer);
        market.claim{value: d.price * quantity}(d, signature, quantity, buyer, allowance, proof, _none());
    }

    function _listedExpecting(
        NinefoldMarket.Drop memory d,
        address buyer,
        uint256 quantity,
        uint256 allowance,
        bytes memory refusal
    ) private {
        bytes memory signature = _signDigest(market.hashDrop(d));
        vm.prank(buyer);
        vm.expectRevert(refusal);
        market.claim{value: d.price * quantity}(d, signature, quantity, buyer, allowance, proof, _none());
    }

    function _expecting(
        NinefoldMarket.Drop memory d,
        address buyer,
        uint256 quantity,
        uint256 value,
        bytes memory refusal
    ) private {
        bytes memory signature = _signDigest(market.hashDrop(d));
        vm.prank(buyer);
        vm.expectRevert(refusal);
        market.claim{value: value}(d, signature, quantity, buyer, 0, proof, _none());
    }
}
