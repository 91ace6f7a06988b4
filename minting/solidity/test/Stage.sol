// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {NinefoldFactory} from "../src/NinefoldFactory.sol";
import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {NinefoldToken} from "../src/NinefoldToken.sol";
import {Share} from "../src/Split.sol";
import {Check} from "./Check.sol";

/// Both contracts deployed, one artist admitted, and a voucher that sells; tests spoil one thing each.
abstract contract Stage is Check {
    uint256 internal constant ARTIST_KEY = 0xA11CE;
    address internal constant ADMIN = address(0xAD01);
    address internal constant CURATOR = address(0xC001);
    address internal constant MINTER = address(0x3001);
    address internal constant PAUSER = address(0xBA01);
    uint256 internal constant BUYER_KEY = 0xB0B;
    address internal constant BUYER = 0x0376AAc07Ad725E01357B1725B5ceC61aE10473c;
    address internal constant SECOND_BUYER = address(0xB002);
    address internal constant CHARITY = 0xC4A1C4a1c4A1c4A1C4a1c4A1C4a1c4a1c4a1C4A1;
    address internal constant COLLABORATOR = 0xc011c011C011C011C011C011C011c011c011c011;
    address internal constant SITE = 0x517e517e517e517e517E517e517E517E517e517e;
    bytes32 internal constant DIGEST = keccak256("metadata");
    uint64 internal constant NOW = 1_800_000_000;

    address internal artist;
    NinefoldToken internal token;
    NinefoldFactory internal factory;
    NinefoldMarket internal market;

    function setUp() public virtual {
        vm.warp(NOW);
        artist = vm.addr(ARTIST_KEY);
        same(vm.addr(BUYER_KEY), BUYER, "buyer's key");
        token = new NinefoldToken("Ninefold", "NINE", keccak256("contract"), ADMIN, 0);
        factory = new NinefoldFactory();
        market = new NinefoldMarket(address(token), address(factory), ADMIN, PAUSER, 0);
        _grant(token.MARKET_ROLE(), address(market));
        _grant(token.MINTER_ROLE(), MINTER);
        _grant(token.CURATOR_ROLE(), CURATOR);
        _admit(artist);
        vm.deal(BUYER, type(uint256).max / 2);
    }

    function _grant(bytes32 role, address account) internal {
        vm.prank(ADMIN);
        token.grantRole(role, account);
    }

    function _admit(address account) internal {
        vm.prank(CURATOR);
        token.admit(account);
    }

    function _id(address account, uint96 number) internal pure returns (uint256) {
        return (uint256(uint160(account)) << 96) | number;
    }

    /// As mintSold takes it, with a royalty to the artist.
    function _birth(uint256 tokenId, bytes32 digest, uint16 royaltyBps)
        internal
        view
        returns (INinefoldWorks.Birth memory birth)
    {
        birth.tokenId = tokenId;
        birth.digest = digest;
        birth.royaltyReceiver = artist;
        birth.royaltyBps = royaltyBps;
    }

    /// 10% to charity, 60% to the artist, 25% to a collaborator, 5% to the site.
    function _voucher(uint96 number, uint256 price) internal view returns (NinefoldMarket.Voucher memory v) {
        v.collection = address(token);
        v.tokenId = _id(artist, number);
        v.uriDigest = DIGEST;
        v.price = price;
        v.beneficiary = CHARITY;
        v.donationBps = 1_000;
        v.shares = new Share[](3);
        v.shares[0] = Share(artist, 6_000);
        v.shares[1] = Share(COLLABORATOR, 2_500);
        v.shares[2] = Share(SITE, 500);
        v.royaltyReceiver = artist;
        v.royaltyBps = 750;
        v.validFrom = NOW - 1 days;
        v.validUntil = NOW + 1 days;
        v.nonce = number;
    }

    /// A series of the artist with an open folder; the market may sell it.
    function _terms(uint32 maxSupply, uint32 batched)
        internal
        view
        returns (NinefoldSeries.Terms memory terms)
    {
        terms.artist = artist;
        terms.maxSupply = maxSupply;
        terms.batched = batched;
        terms.royaltyBps = 500;
        terms.royaltyReceiver = artist;
        terms.folder = keccak256("folder");
    }

    function _series(NinefoldSeries.Terms memory terms) internal returns (NinefoldSeries) {
        address[] memory markets = new address[](1);
        markets[0] = address(market);
        vm.prank(terms.artist);
        return NinefoldSeries(
            factory.create(terms, "Nine Moments", "NM", keccak256("contract"), markets, MINTER, 0)
        );
    }

    /// Works `first` to `first + count - 1` of a series, 10% to charity, 85% to the artist, 5% to the site.
    function _drop(address collection, uint96 first, uint32 count)
        internal
        view
        returns (NinefoldMarket.Drop memory d)
    {
        d.collection = collection;
        d.firstTokenId = _id(artist, first);
        d.count = count;
        d.price = 1_000;
        d.beneficiary = CHARITY;
        d.donationBps = 1_000;
        d.shares = new Share[](2);
        d.shares[0] = Share(artist, 8_500);
        d.shares[1] = Share(SITE, 500);
        d.validFrom = NOW - 1 days;
        d.validUntil = NOW + 1 days;
        d.nonce = 1;
    }

    /// `buyer` claims for itself from a drop that is open to all.
    function _claim(NinefoldMarket.Drop memory d, address buyer, uint256 quantity) internal {
        bytes memory signature = _signDigest(market.hashDrop(d));
        NinefoldMarket.Permit memory none;
        vm.deal(buyer, buyer.balance + d.price * quantity);
        vm.prank(buyer);
        market.claim{value: d.price * quantity}(d, signature, quantity, buyer, 0, new bytes32[](0), none);
    }

    /// 10% to charity, 5% to the site, the rest to the seller.
    function _listing(uint256 key, address collection, uint96 number, uint256 price)
        internal
        view
        returns (NinefoldMarket.Listing memory l)
    {
        l.collection = collection;
        l.tokenId = _id(artist, number);
        l.seller = vm.addr(key);
        l.price = price;
        l.beneficiary = CHARITY;
        l.donationBps = 1_000;
        l.feeReceiver = SITE;
        l.feeBps = 500;
        l.round = INinefoldWorks(collection).roundOf(l.tokenId);
        l.validFrom = NOW - 1 days;
        l.validUntil = NOW + 1 days;
    }

    function _sign(NinefoldMarket.Voucher memory v) internal view returns (bytes memory) {
        return _signDigest(market.hashVoucher(v));
    }

    function _signDigest(bytes32 digest) internal pure returns (bytes memory) {
        return _signAs(ARTIST_KEY, digest);
    }

    function _signAs(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, parity);
    }

    function _buy(NinefoldMarket.Voucher memory v) internal {
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        market.buy{value: v.price}(v, signature, BUYER);
    }

    function _buyExpecting(NinefoldMarket.Voucher memory v, bytes memory refusal) internal {
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        vm.expectRevert(refusal);
        market.buy{value: v.price}(v, signature, BUYER);
    }

    function _buyExpecting(NinefoldMarket.Voucher memory v, bytes4 refusal) internal {
        _buyExpecting(v, abi.encodeWithSelector(refusal));
    }
}
