// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {Plain, Wallet} from "./Payees.sol";
import {Stage} from "./Stage.sol";

/// Whose word the market takes, and for what.
contract MarketSignaturesTest is Stage {
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_hashVoucher_equals_typed_data_hash_when_worked_out_by_forge() public view {
        NinefoldMarket.Voucher memory v = _voucher(3, 1 ether);
        same(market.hashVoucher(v), vm.eip712HashTypedData(_typedData(v)), "EIP-712 digest");
    }

    function test_buy_refuses_when_any_field_differs_from_what_was_signed() public {
        for (uint256 field; field < 13; ++field) {
            NinefoldMarket.Voucher memory v = _voucher(1, 100);
            bytes memory signature = _sign(v);
            if (field == 0) v.tokenId += 1;
            else if (field == 1) v.uriDigest = keccak256("other");
            else if (field == 2) v.price = 99;
            else if (field == 3) v.beneficiary = address(0xBAD);
            else if (field == 4) (v.donationBps, v.shares[0].bps) = (999, 6_001);
            else if (field == 5) v.shares[1].account = address(0xBAD);
            else if (field == 6) (v.shares[1].bps, v.shares[2].bps) = (2_501, 499);
            else if (field == 7) v.royaltyReceiver = address(0xBAD);
            else if (field == 8) v.royaltyBps = 0;
            else if (field == 9) v.validFrom -= 1;
            else if (field == 10) v.validUntil += 1;
            else if (field == 11) v.nonce += 1;
            else (v.shares[0], v.shares[1]) = (v.shares[1], v.shares[0]);
            _offer(v, signature);
        }
    }

    function test_buy_refuses_when_s_is_high() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(ARTIST_KEY, market.hashVoucher(v));
        _offer(v, abi.encodePacked(r, bytes32(ORDER - uint256(s)), parity == 27 ? uint8(28) : uint8(27)));
        _buy(v);
    }

    function test_buy_refuses_when_signature_is_empty_short_or_zero() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        _offer(v, "");
        _offer(v, new bytes(64));
        _offer(v, new bytes(65));
    }

    function test_buy_refuses_when_signer_is_not_the_artist() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(0xBAD, market.hashVoucher(v));
        _offer(v, abi.encodePacked(r, s, parity));
    }

    function test_buy_refuses_when_signed_for_another_chain() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        vm.chainId(1);
        bytes memory signature = _sign(v);
        vm.chainId(31_337);
        _offer(v, signature);
    }

    function test_buy_refuses_when_signed_for_another_market() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        NinefoldMarket other = new NinefoldMarket(address(token), address(factory), ADMIN, PAUSER, 0);
        _offer(v, _signDigest(other.hashVoucher(v)));
    }

    function test_buy_refuses_when_a_contract_artist_did_not_approve() public {
        Wallet wallet = new Wallet();
        _admit(address(wallet));
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.tokenId = _id(address(wallet), 1);
        _offer(v, _sign(v));
        wallet.approve(market.hashVoucher(v));
        _buyAs(v, "");
        same(token.ownerOf(v.tokenId), BUYER, "owner");
    }

    function test_cancel_stops_the_voucher_when_the_artist_is_a_contract() public {
        Wallet wallet = new Wallet();
        _admit(address(wallet));
        NinefoldMarket.Voucher memory v = _voucher(4, 100);
        v.tokenId = _id(address(wallet), 1);
        wallet.approve(market.hashVoucher(v));
        wallet.cancel(market, 4);
        vm.prank(BUYER);
        refuses(NinefoldMarket.Cancelled.selector);
        market.buy{value: 100}(v, "", BUYER);
    }

    function test_buy_refuses_when_a_contract_artist_knows_no_signatures() public {
        address plain = address(new Plain());
        _admit(plain);
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        v.tokenId = _id(plain, 1);
        _offer(v, _sign(v));
    }

    function test_buy_takes_the_key_when_the_artist_delegates_code() public {
        NinefoldMarket.Voucher memory v = _voucher(1, 100);
        vm.etch(artist, address(new Plain()).code); // an EIP-7702 delegate without ERC-1271, nor receive
        _buy(v);
        same(token.ownerOf(v.tokenId), BUYER, "owner");
        same(market.credit(artist), 60, "artist's part waits");
    }

    function _offer(NinefoldMarket.Voucher memory v, bytes memory signature) private {
        vm.prank(BUYER);
        refuses(NinefoldMarket.BadSignature.selector);
        market.buy{value: v.price}(v, signature, BUYER);
    }

    function _buyAs(NinefoldMarket.Voucher memory v, bytes memory signature) private {
        vm.prank(BUYER);
        market.buy{value: v.price}(v, signature, BUYER);
    }

    /// The document that a wallet would show and sign (eth_signTypedData_v4).
    function _typedData(NinefoldMarket.Voucher memory v) private view returns (string memory) {
        string memory types = string.concat(
            '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},',
            '{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
            '"Share":[{"name":"account","type":"address"},{"name":"bps","type":"uint16"}],',
            '"Voucher":[{"name":"collection","type":"address"},{"name":"tokenId","type":"uint256"},{"name":"uriDigest","type":"bytes32"},',
            '{"name":"price","type":"uint256"},{"name":"currency","type":"address"},{"name":"beneficiary","type":"address"},',
            '{"name":"donationBps","type":"uint16"},{"name":"resaleBps","type":"uint16"},{"name":"shares","type":"Share[]"},',
            '{"name":"royaltyReceiver","type":"address"},{"name":"royaltyBps","type":"uint16"},',
            '{"name":"round","type":"uint40"},',
            '{"name":"validFrom","type":"uint64"},{"name":"validUntil","type":"uint64"},',
            '{"name":"nonce","type":"uint256"}]},"primaryType":"Voucher",'
        );
        string memory domain = string.concat(
            '"domain":{"name":"Ninefold","version":"1","chainId":31337,"verifyingContract":"',
            vm.toString(address(market)),
            '"},'
        );
        string memory goods = string.concat(
            '"message":{"collection":"',
            vm.toString(v.collection),
            '","tokenId":"',
            vm.toString(v.tokenId),
            '","uriDigest":"',
            vm.toString(v.uriDigest),
            '","price":"',
            vm.toString(v.price),
            '","currency":"',
            vm.toString(v.currency),
            '","beneficiary":"',
            vm.toString(v.beneficiary),
            '","donationBps":',
            vm.toString(uint256(v.donationBps)),
            ',"resaleBps":',
            vm.toString(uint256(v.resaleBps)),
            ',"shares":['
        );
        for (uint256 i; i < v.shares.length; ++i) {
            goods = string.concat(
                goods,
                i == 0 ? "" : ",",
                '{"account":"',
                vm.toString(v.shares[i].account),
                '","bps":',
                vm.toString(uint256(v.shares[i].bps)),
                "}"
            );
        }
        string memory terms = string.concat(
            '],"royaltyReceiver":"',
            vm.toString(v.royaltyReceiver),
            '","royaltyBps":',
            vm.toString(uint256(v.royaltyBps)),
            ',"round":',
            vm.toString(uint256(v.round)),
            ',"validFrom":',
            vm.toString(uint256(v.validFrom)),
            ',"validUntil":',
            vm.toString(uint256(v.validUntil)),
            ',"nonce":"',
            vm.toString(v.nonce),
            '"}}'
        );
        return string.concat(types, domain, goods, terms);
    }
}
