// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {NinefoldAuctions} from "../src/NinefoldAuctions.sol";
import {NinefoldOffers} from "../src/NinefoldOffers.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {Saleroom} from "../src/Saleroom.sol";
import {Share} from "../src/Split.sol";
import {Coin} from "./Coins.sol";
import {Stage} from "./Stage.sol";

/// Auctions and offers deployed beside the market, a listed coin, a series of nine, and terms that sell.
abstract contract SaleroomStage is Stage {
    uint256 internal constant OWNER_KEY = 0x0B0E;
    address internal constant ANN = address(0xA221);
    address internal constant BEA = address(0xBEA1);
    address internal constant CAT = address(0xCA71);

    address internal owner;
    NinefoldAuctions internal auctions;
    NinefoldOffers internal offers;
    NinefoldSeries internal series;
    Coin internal coin;

    function setUp() public virtual override {
        super.setUp();
        owner = vm.addr(OWNER_KEY);
        auctions = new NinefoldAuctions(address(token), address(factory), ADMIN, PAUSER, 0);
        offers = new NinefoldOffers(address(token), address(factory), ADMIN, PAUSER, 0);
        _grant(token.MARKET_ROLE(), address(auctions));
        _grant(token.MARKET_ROLE(), address(offers));
        coin = new Coin();
        vm.prank(ADMIN);
        auctions.listCurrency(address(coin), true);
        vm.prank(ADMIN);
        offers.listCurrency(address(coin), true);
        series = _series(9);
        address[3] memory bidders = [ANN, BEA, CAT];
        for (uint256 i; i < 3; ++i) {
            vm.deal(bidders[i], 1e36);
            coin.issue(bidders[i], 1e36);
            vm.prank(bidders[i]);
            coin.approve(address(auctions), type(uint256).max);
            vm.prank(bidders[i]);
            coin.approve(address(offers), type(uint256).max);
        }
    }

    function _series(uint32 supply) internal returns (NinefoldSeries) {
        NinefoldSeries.Terms memory terms;
        terms.artist = artist;
        terms.maxSupply = supply;
        terms.folder = keccak256("folder");
        address[] memory markets = new address[](3);
        markets[0] = address(market);
        markets[1] = address(auctions);
        markets[2] = address(offers);
        vm.prank(artist);
        return NinefoldSeries(
            factory.create(terms, "Nine", "IX", keccak256("contract"), markets, MINTER, bytes32(uint256(supply)))
        );
    }

    /// Unminted, by the artist: 10% to charity, 60% to the artist, 25% to a collaborator, 5% to the site.
    function _terms(uint256 nonce) internal view returns (Saleroom.Terms memory t) {
        t.collection = address(token);
        t.seller = artist;
        t.uriDigest = DIGEST;
        t.beneficiary = CHARITY;
        t.donationBps = 1_000;
        t.resaleBps = 200;
        t.shares = new Share[](3);
        t.shares[0] = Share(artist, 6_000);
        t.shares[1] = Share(COLLABORATOR, 2_500);
        t.shares[2] = Share(SITE, 500);
        t.royaltyReceiver = artist;
        t.royaltyBps = 750;
        t.start = NOW - 1 days;
        t.end = NOW + 1 days;
        t.nonce = nonce;
    }

    /// Work 1 of the artist, minted with 7.5% royalty and 2% of later sales for charity, and now its owner's.
    function _ownedTerms(uint256 nonce) internal returns (Saleroom.Terms memory t) {
        INinefoldWorks.Birth memory birth = _birth(_id(artist, 1), DIGEST, 750);
        birth.resaleBeneficiary = CHARITY;
        birth.resaleBps = 200;
        vm.prank(address(market));
        token.mintSold(birth, owner);
        vm.prank(owner);
        token.setApprovalForAll(address(auctions), true);
        vm.prank(owner);
        token.setApprovalForAll(address(offers), true);
        t = _termsOfOwner(nonce);
    }

    /// The same, where it is its owner's already.
    function _termsOfOwner(uint256 nonce) internal view returns (Saleroom.Terms memory t) {
        t = _terms(nonce);
        t.seller = owner;
        t.minted = true;
        t.round = token.roundOf(_id(artist, 1));
        t.uriDigest = 0;
        t.resaleBps = 0;
        t.royaltyReceiver = address(0);
        t.royaltyBps = 0;
        t.shares[0].account = owner;
    }

    function _signBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, parity);
    }

    function _error(bytes4 selector, uint256 a, uint256 b) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a, b);
    }

    function _error(bytes4 selector, uint256 a) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a);
    }

    function _error(bytes4 selector, address a) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a);
    }

    function _error(bytes4 selector) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector);
    }
}
