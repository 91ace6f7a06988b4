// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldAuctions} from "../src/NinefoldAuctions.sol";
import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {Saleroom} from "../src/Saleroom.sol";
import {Share} from "../src/Split.sol";
import {SaleroomStage} from "./SaleroomStage.sol";

/// What our contracts hash is what a wallet shows and signs (eth_signTypedData_v4): forge works each digest out from
/// the document. The voucher's is in MarketSignatures.t.sol.
contract TypedDataTest is SaleroomStage {
    string private constant SHARE =
        '"Share":[{"name":"account","type":"address"},{"name":"bps","type":"uint16"}]';
    string private constant TERMS =
        '"Terms":[{"name":"collection","type":"address"},{"name":"seller","type":"address"},{"name":"minted","type":"bool"},{"name":"round","type":"uint40"},{"name":"uriDigest","type":"bytes32"},{"name":"currency","type":"address"},{"name":"beneficiary","type":"address"},{"name":"donationBps","type":"uint16"},{"name":"resaleBps","type":"uint16"},{"name":"shares","type":"Share[]"},{"name":"royaltyReceiver","type":"address"},{"name":"royaltyBps","type":"uint16"},{"name":"start","type":"uint64"},{"name":"end","type":"uint64"},{"name":"nonce","type":"uint256"}]';

    function test_hashListing_equals_typed_data_hash_when_worked_out_by_forge() public view {
        NinefoldMarket.Listing memory l = _listing(OWNER_KEY, address(token), 7, 12_345);
        l.currency = address(coin);
        l.round = 3;
        string memory types =
            '"Listing":[{"name":"collection","type":"address"},{"name":"tokenId","type":"uint256"},{"name":"seller","type":"address"},{"name":"price","type":"uint256"},{"name":"currency","type":"address"},{"name":"beneficiary","type":"address"},{"name":"donationBps","type":"uint16"},{"name":"feeReceiver","type":"address"},{"name":"feeBps","type":"uint16"},{"name":"round","type":"uint40"},{"name":"validFrom","type":"uint64"},{"name":"validUntil","type":"uint64"}]';
        string memory message = string.concat(
            _member("collection", l.collection),
            _member("tokenId", l.tokenId),
            _member("seller", l.seller),
            _member("price", l.price)
        );
        message = string.concat(
            message,
            _member("currency", l.currency),
            _member("beneficiary", l.beneficiary),
            _member("donationBps", l.donationBps),
            _member("feeReceiver", l.feeReceiver)
        );
        message = string.concat(
            message,
            _member("feeBps", l.feeBps),
            _member("round", l.round),
            _member("validFrom", l.validFrom),
            _last("validUntil", l.validUntil)
        );
        same(market.hashListing(l), _digest(address(market), "Listing", types, message), "EIP-712 digest");
    }

    function test_hashDrop_equals_typed_data_hash_when_worked_out_by_forge() public view {
        NinefoldMarket.Drop memory d = _drop(address(series), 2, 5);
        d.walletCap = 3;
        d.allowRoot = keccak256("root");
        string memory types = string.concat(
            SHARE,
            ',"Drop":[{"name":"collection","type":"address"},{"name":"firstTokenId","type":"uint256"},{"name":"count","type":"uint32"},{"name":"price","type":"uint256"},{"name":"currency","type":"address"},{"name":"beneficiary","type":"address"},{"name":"donationBps","type":"uint16"},{"name":"shares","type":"Share[]"},{"name":"walletCap","type":"uint32"},{"name":"allowRoot","type":"bytes32"},{"name":"validFrom","type":"uint64"},{"name":"validUntil","type":"uint64"},{"name":"nonce","type":"uint256"}]'
        );
        string memory message = string.concat(
            _member("collection", d.collection),
            _member("firstTokenId", d.firstTokenId),
            _member("count", d.count),
            _member("price", d.price)
        );
        message = string.concat(
            message,
            _member("currency", d.currency),
            _member("beneficiary", d.beneficiary),
            _member("donationBps", d.donationBps),
            _shares(d.shares)
        );
        message = string.concat(
            message,
            _member("walletCap", d.walletCap),
            _member("allowRoot", d.allowRoot),
            _member("validFrom", d.validFrom)
        );
        message = string.concat(message, _member("validUntil", d.validUntil), _last("nonce", d.nonce));
        same(market.hashDrop(d), _digest(address(market), "Drop", types, message), "EIP-712 digest");
    }

    function test_hashReserveAuction_equals_typed_data_hash_when_worked_out_by_forge() public view {
        NinefoldAuctions.ReserveAuction memory a =
            NinefoldAuctions.ReserveAuction(_anyTerms(), _id(artist, 4), 999, 3_600, 500);
        string memory types = string.concat(
            SHARE,
            ",",
            TERMS,
            ',"ReserveAuction":[{"name":"terms","type":"Terms"},{"name":"tokenId","type":"uint256"},{"name":"reserve","type":"uint256"},{"name":"duration","type":"uint32"},{"name":"raiseBps","type":"uint16"}]'
        );
        string memory message = string.concat(
            _termsMember(a.terms),
            _member("tokenId", a.tokenId),
            _member("reserve", a.reserve),
            _member("duration", a.duration),
            _last("raiseBps", a.raiseBps)
        );
        same(
            auctions.hashReserveAuction(a),
            _digest(address(auctions), "ReserveAuction", types, message),
            "EIP-712 digest"
        );
    }

    function test_hashDutchAuction_equals_typed_data_hash_when_worked_out_by_forge() public view {
        NinefoldAuctions.DutchAuction memory d =
            NinefoldAuctions.DutchAuction(_anyTerms(), _id(artist, 4), 9, 10_000, 2_000, NOW + 99, 60, 2);
        string memory types = string.concat(
            SHARE,
            ",",
            TERMS,
            ',"DutchAuction":[{"name":"terms","type":"Terms"},{"name":"firstTokenId","type":"uint256"},{"name":"count","type":"uint32"},{"name":"startPrice","type":"uint256"},{"name":"floorPrice","type":"uint256"},{"name":"floorAt","type":"uint64"},{"name":"stepSeconds","type":"uint32"},{"name":"walletCap","type":"uint32"}]'
        );
        string memory message = string.concat(
            _termsMember(d.terms),
            _member("firstTokenId", d.firstTokenId),
            _member("count", d.count),
            _member("startPrice", d.startPrice)
        );
        message = string.concat(
            message,
            _member("floorPrice", d.floorPrice),
            _member("floorAt", d.floorAt),
            _member("stepSeconds", d.stepSeconds),
            _last("walletCap", d.walletCap)
        );
        same(
            auctions.hashDutchAuction(d),
            _digest(address(auctions), "DutchAuction", types, message),
            "EIP-712 digest"
        );
    }

    function test_hashAcceptance_equals_typed_data_hash_when_worked_out_by_forge() public view {
        Saleroom.Terms memory t = _anyTerms();
        string memory types = string.concat(
            SHARE,
            ",",
            TERMS,
            ',"Acceptance":[{"name":"offerId","type":"uint256"},{"name":"terms","type":"Terms"}]'
        );
        string memory message =
            string.concat(_member("offerId", uint256(keccak256("offer"))), '"terms":{', _terms(t), "}");
        same(
            offers.hashAcceptance(uint256(keccak256("offer")), t),
            _digest(address(offers), "Acceptance", types, message),
            "EIP-712 digest"
        );
    }

    // --- The documents ---

    function _anyTerms() private view returns (Saleroom.Terms memory t) {
        t = _terms(77);
        t.minted = true;
        t.round = 5;
        t.currency = address(coin);
    }

    function _digest(address verifier, string memory primary, string memory types, string memory message)
        private
        pure
        returns (bytes32)
    {
        return vm.eip712HashTypedData(
            string.concat(
                '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
                types,
                '},"primaryType":"',
                primary,
                '","domain":{"name":"Ninefold","version":"1","chainId":31337,"verifyingContract":"',
                vm.toString(verifier),
                '"},"message":{',
                message,
                "}}"
            )
        );
    }

    function _termsMember(Saleroom.Terms memory t) private pure returns (string memory) {
        return string.concat('"terms":{', _terms(t), "},");
    }

    function _terms(Saleroom.Terms memory t) private pure returns (string memory text) {
        text = string.concat(
            _member("collection", t.collection),
            _member("seller", t.seller),
            t.minted ? '"minted":true,' : '"minted":false,',
            _member("round", t.round)
        );
        text = string.concat(
            text,
            _member("uriDigest", t.uriDigest),
            _member("currency", t.currency),
            _member("beneficiary", t.beneficiary)
        );
        text = string.concat(
            text,
            _member("donationBps", t.donationBps),
            _member("resaleBps", t.resaleBps),
            _shares(t.shares),
            _member("royaltyReceiver", t.royaltyReceiver)
        );
        return string.concat(
            text,
            _member("royaltyBps", t.royaltyBps),
            _member("start", t.start),
            _member("end", t.end),
            _last("nonce", t.nonce)
        );
    }

    function _shares(Share[] memory shares) private pure returns (string memory text) {
        text = '"shares":[';
        for (uint256 i; i < shares.length; ++i) {
            text = string.concat(
                text,
                i == 0 ? "{" : ",{",
                _member("account", shares[i].account),
                _last("bps", shares[i].bps),
                "}"
            );
        }
        return string.concat(text, "],");
    }

    function _member(string memory name, address value) private pure returns (string memory) {
        return string.concat('"', name, '":"', vm.toString(value), '",');
    }

    function _member(string memory name, bytes32 value) private pure returns (string memory) {
        return string.concat('"', name, '":"', vm.toString(value), '",');
    }

    function _member(string memory name, uint256 value) private pure returns (string memory) {
        return string.concat(_last(name, value), ",");
    }

    function _last(string memory name, uint256 value) private pure returns (string memory) {
        return string.concat('"', name, '":"', vm.toString(value), '"');
    }
}
