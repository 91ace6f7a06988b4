// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";

import {NinefoldFactory} from "../src/NinefoldFactory.sol";
import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {Stage} from "./Stage.sol";

/// Who may make a series, of which terms, and where it lands.
contract NinefoldFactoryTest is Stage {
    function test_create_announces_the_series_where_it_was_foretold() public {
        NinefoldSeries.Terms memory terms = _terms(9, 3);
        address place = factory.addressOf(terms, "Nine Moments", "NM", 0);
        same(place.code.length, 0, "nothing there yet");
        vm.expectEmit(address(factory));
        emit NinefoldFactory.SeriesCreated(place, artist, 9, 3, terms.folder, 0, 0);
        vm.expectEmit(place);
        emit NinefoldSeries.OwnershipTransferred(address(0), artist);
        vm.expectEmit(place);
        emit NinefoldSeries.MarketAllowed(address(market), true);
        vm.expectEmit(place);
        emit NinefoldSeries.MinterAllowed(MINTER, true);
        same(address(_series(terms)), place, "address");
    }

    function test_create_lets_nobody_mint_when_no_minter_and_no_market_is_named() public {
        vm.prank(artist);
        NinefoldSeries series = NinefoldSeries(
            factory.create(_terms(9, 3), "Nine", "IX", DIGEST, new address[](0), address(0), 0)
        );
        holds(!series.isMinter(address(0)) && !series.isMarket(address(market)), "no rights");
    }

    function test_create_refuses_when_the_same_series_exists() public {
        _series(_terms(9, 3));
        vm.prank(artist);
        vm.expectRevert(abi.encodeWithSelector(Errors.FailedDeployment.selector));
        factory.create(_terms(9, 3), "Nine Moments", "NM", DIGEST, new address[](0), address(0), 0);
        vm.prank(artist);
        factory.create(
            _terms(9, 3), "Nine Moments", "NM", DIGEST, new address[](0), address(0), bytes32(uint256(1))
        );
    }

    function test_create_refuses_when_caller_is_not_the_artist() public {
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldFactory.NotTheArtist.selector, BUYER));
        factory.create(_terms(9, 3), "Nine", "IX", DIGEST, new address[](0), BUYER, 0);
    }

    function test_create_refuses_when_the_supply_is_nothing_or_less_than_the_batches() public {
        _refused(
            _terms(0, 0), abi.encodeWithSelector(NinefoldFactory.BadSupply.selector, uint256(0), uint256(0))
        );
        _refused(
            _terms(9, 10), abi.encodeWithSelector(NinefoldFactory.BadSupply.selector, uint256(9), uint256(10))
        );
        _series(_terms(9, 9));
    }

    function test_create_refuses_when_it_is_not_clear_where_metadata_lies() public {
        bytes memory refusal = abi.encodeWithSelector(NinefoldFactory.BadFolder.selector);
        NinefoldSeries.Terms memory terms = _terms(9, 0);
        terms.commitment = keccak256("sealed"); // a folder and a commitment
        terms.placeholder = DIGEST;
        _refused(terms, refusal);
        terms.folder = 0;
        terms.placeholder = 0; // a commitment without a placeholder
        _refused(terms, refusal);
        terms.commitment = 0;
        terms.placeholder = DIGEST; // a placeholder without a commitment
        _refused(terms, refusal);
        terms.placeholder = 0;
        terms.batched = 1; // batches without any folder
        _refused(terms, refusal);
        terms.batched = 0;
        _series(terms);
        terms.batched = 1;
        terms.placeholder = DIGEST;
        terms.commitment = keccak256("sealed");
        _series(terms);
    }

    function test_create_refuses_when_royalty_and_donation_are_above_half() public {
        NinefoldSeries.Terms memory terms = _terms(9, 0);
        terms.royaltyBps = 3_000;
        terms.resaleBps = 2_001;
        terms.resaleBeneficiary = CHARITY;
        _refused(terms, abi.encodeWithSelector(NinefoldFactory.RoyaltyTooHigh.selector, uint256(5_001)));
        terms.resaleBps = 2_000;
        _series(terms);
    }

    function test_create_refuses_when_somebody_to_be_paid_is_zero() public {
        bytes memory refusal = abi.encodeWithSelector(NinefoldFactory.ZeroAddress.selector);
        NinefoldSeries.Terms memory terms = _terms(9, 0);
        terms.royaltyReceiver = address(0);
        _refused(terms, refusal);
        terms.royaltyBps = 0;
        terms.resaleBps = 1;
        _refused(terms, refusal);
        terms.resaleBps = 0;
        _series(terms);
    }

    function test_create_refuses_when_contract_digest_is_empty() public {
        vm.prank(artist);
        refuses(NinefoldFactory.EmptyDigest.selector);
        factory.create(_terms(9, 3), "Nine", "IX", 0, new address[](0), address(0), 0);
    }

    function test_clone_of_a_strangers_making_sells_nothing() public {
        // Same code as ours, terms that name the artist, but our factory never set it up.
        bytes memory arguments = abi.encode(_terms(9, 3), "Nine", "IX");
        address fake = Clones.cloneWithImmutableArgs(factory.implementation(), arguments);
        same(NinefoldSeries(fake).owner(), address(0), "nobody owns it");
        NinefoldMarket.Voucher memory v = _voucher(4, 100);
        v.collection = fake;
        _buyExpecting(v, abi.encodeWithSelector(NinefoldSeries.NotMarket.selector, address(market)));
        refuses(NinefoldSeries.AlreadySetUp.selector);
        NinefoldSeries(fake).setUp(address(this), DIGEST, new address[](0), address(this));
    }

    function _refused(NinefoldSeries.Terms memory terms, bytes memory refusal) private {
        vm.prank(artist);
        vm.expectRevert(refusal);
        factory.create(terms, "Nine", "IX", DIGEST, new address[](0), MINTER, 0);
    }
}
