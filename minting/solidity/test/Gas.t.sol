// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {Share} from "../src/Split.sol";
import {Stage} from "./Stage.sol";

/// What a transaction costs, its 21,000 and calldata included and refunds taken off: `make gas` prints it and holds
/// it to minting/solidity/gas.json. Second call of its kind, fresh recipient, own URI for every token; payees are
/// accounts that exist.
///
/// forge-config: default.isolate = true
contract GasTest is Stage {
    event log_named_uint(string name, uint256 gasUsed);

    address private constant FRESH = 0xf4e5f4e5F4e5f4e5F4E5F4e5f4E5f4e5F4E5f4E5;
    uint256 private constant PRICE = 0.05 ether;
    NinefoldSeries private series;

    function setUp() public override {
        super.setUp();
        vm.deal(artist, 1);
        vm.deal(COLLABORATOR, 1);
        vm.deal(SITE, 1);
        vm.deal(CHARITY, 1);
        vm.prank(MINTER);
        token.mint(_id(artist, 1), DIGEST, artist, 750);
        _buy(_threeWay(address(token), 2));
        series = _series(_terms(100, 50));
        _buy(_threeWay(address(series), 51));
    }

    function test_gas_of_mint() public {
        _admit(FRESH);
        uint256 id = _id(FRESH, 1);
        vm.prank(MINTER);
        token.mint(id, DIGEST, address(0), 0);
        _report("mint_with_uri");
    }

    function test_gas_of_mint_with_royalty() public {
        _admit(FRESH);
        uint256 id = _id(FRESH, 1);
        vm.prank(MINTER);
        token.mint(id, DIGEST, FRESH, 750);
        _report("mint_with_uri_and_royalty");
    }

    function test_gas_of_batch_in_a_fresh_series() public {
        vm.prank(artist);
        series.mintBatch(1, 10);
        _reportPer("batch10_with_uri_per_token", 10);
    }

    function test_gas_of_second_batch() public {
        vm.prank(artist);
        series.mintBatch(1, 10);
        vm.prank(artist);
        series.mintBatch(11, 10);
        _reportPer("batch10_with_uri_again_per_token", 10);
    }

    function test_gas_of_batch_with_digests() public {
        _admit(FRESH);
        uint256[] memory ids = new uint256[](10);
        bytes32[] memory digests = new bytes32[](10);
        for (uint96 i; i < 10; ++i) {
            ids[i] = _id(FRESH, 1 + i);
            digests[i] = keccak256(abi.encode(i));
        }
        vm.prank(MINTER);
        token.mintBatch(ids, digests, address(0), 0);
        _reportPer("batch10_with_digests_per_token", 10);
    }

    function test_gas_of_voucher_in_a_series() public {
        _purchase(_threeWay(address(series), 52));
        _report("voucher_three_way");
    }

    function test_gas_of_voucher_with_a_digest() public {
        _purchase(_threeWay(address(token), 3));
        _report("voucher_three_way_with_digest");
    }

    function test_gas_of_voucher_when_four_are_paid() public {
        NinefoldMarket.Voucher memory v = _voucher(3, PRICE);
        _purchase(v);
        _report("voucher_four_way_with_digest_and_royalty");
    }

    function test_gas_of_listing_with_one_approval() public {
        vm.prank(BUYER);
        token.approve(address(market), _id(artist, 2));
        _purchaseListed();
        _report("buy_listed_three_way");
    }

    function test_gas_of_listing_with_approval_for_all() public {
        vm.prank(BUYER);
        token.setApprovalForAll(address(market), true);
        _purchaseListed();
        _report("buy_listed_three_way_approved_for_all");
    }

    /// Beside three_way this tells what a payee costs.
    function test_gas_of_listing_when_the_seller_alone_is_paid() public {
        vm.prank(BUYER);
        token.approve(address(market), _id(artist, 2));
        NinefoldMarket.Listing memory l = _listing(BUYER_KEY, address(token), 2, PRICE);
        (l.donationBps, l.feeBps) = (0, 0);
        _purchaseListed(l);
        _report("buy_listed_one_way");
    }

    function test_gas_of_voucher_in_a_series_when_the_artist_alone_is_paid() public {
        NinefoldMarket.Voucher memory v = _threeWay(address(series), 52);
        v.donationBps = 0;
        v.shares = new Share[](1);
        v.shares[0] = Share(artist, 10_000);
        _purchase(v);
        _report("voucher_one_way");
    }

    function test_gas_of_transfer() public {
        vm.prank(BUYER);
        token.transferFrom(BUYER, FRESH, _id(artist, 2));
        _report("transfer");
    }

    function test_gas_of_transfer_in_a_series() public {
        vm.prank(BUYER);
        series.transferFrom(BUYER, FRESH, _id(artist, 51));
        _report("transfer_in_series");
    }

    function test_gas_of_first_transfer_after_a_batch() public {
        vm.prank(artist);
        series.mintBatch(1, 10);
        vm.prank(artist);
        series.transferFrom(artist, FRESH, _id(artist, 5));
        _report("transfer_first_after_batch");
    }

    function test_gas_of_next_transfer_after_a_batch() public {
        vm.prank(artist);
        series.mintBatch(1, 10);
        vm.prank(artist);
        series.transferFrom(artist, COLLABORATOR, _id(artist, 5));
        vm.prank(COLLABORATOR);
        series.transferFrom(COLLABORATOR, FRESH, _id(artist, 5));
        _report("transfer_next_after_batch");
    }

    function test_gas_of_series() public {
        _series(_terms(101, 50));
        _report("create_series");
    }

    function test_gas_of_free_claim() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 60, 10);
        d.price = 0;
        _claim(d, COLLABORATOR, 1);
        _claim(d, FRESH, 1);
        _report("claim_free");
    }

    function _threeWay(address collection, uint96 number)
        private
        view
        returns (NinefoldMarket.Voucher memory v)
    {
        v = _voucher(number, PRICE);
        v.collection = collection;
        v.shares = new Share[](2);
        v.shares[0] = Share(artist, 8_500);
        v.shares[1] = Share(SITE, 500);
        v.royaltyReceiver = address(0);
        v.royaltyBps = 0;
        v.nonce = 0;
        if (collection != address(token)) v.uriDigest = 0;
    }

    function _purchase(NinefoldMarket.Voucher memory v) private {
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        market.buy{value: v.price}(v, signature, FRESH);
    }

    /// BUYER sells the one work that it holds.
    function _purchaseListed() private {
        _purchaseListed(_listing(BUYER_KEY, address(token), 2, PRICE));
    }

    function _purchaseListed(NinefoldMarket.Listing memory l) private {
        bytes memory signature = _signAs(BUYER_KEY, market.hashListing(l));
        vm.deal(SECOND_BUYER, PRICE);
        vm.prank(SECOND_BUYER);
        market.buyListed{value: PRICE}(l, signature, FRESH);
    }

    function _report(string memory name) private {
        _reportPer(name, 1);
    }

    function _reportPer(string memory name, uint256 tokens) private {
        uint256 gasUsed = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint(name, gasUsed / tokens);
        holds(gasUsed > 21_000, "a whole transaction was measured");
    }
}
