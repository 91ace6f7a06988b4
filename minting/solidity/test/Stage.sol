// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {NinefoldFactory} from "../src/NinefoldFactory.sol";
import {NinefoldMarket} from "../src/NinefoldMarket.sol";
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
    address internal constant BUYER = address(0xB001);
    address internal constant CHARITY = address(0xC4A1);
    address internal constant COLLABORATOR = address(0xC011);
    address internal constant SITE = address(0x517E);
    bytes32 internal constant DIGEST = keccak256("metadata");
    uint64 internal constant NOW = 1_800_000_000;

    address internal artist;
    NinefoldToken internal token;
    NinefoldFactory internal factory;
    NinefoldMarket internal market;

    function setUp() public virtual {
        vm.warp(NOW);
        artist = vm.addr(ARTIST_KEY);
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

    function _sign(NinefoldMarket.Voucher memory v) internal view returns (bytes memory) {
        return _signDigest(market.hashVoucher(v));
    }

    function _signDigest(bytes32 digest) internal pure returns (bytes memory) {
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(ARTIST_KEY, digest);
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
