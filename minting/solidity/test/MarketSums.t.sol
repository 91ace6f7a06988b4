// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {Share} from "../src/Split.sol";
import {Moody} from "./Payees.sol";
import {Stage} from "./Stage.sol";

/// The sums of a sale for any price and division.
contract MarketSumsTest is Stage {
    function testFuzz_parts_add_up_to_the_price_when_division_is_any(
        uint128 price,
        uint16 donationSeed,
        uint16[8] memory weights,
        uint8 countSeed,
        uint8 refusers
    ) public {
        NinefoldMarket.Voucher memory v = _divided(price, donationSeed, weights, countSeed);
        for (uint256 i; i < v.shares.length; ++i) {
            if (refusers & (1 << i) != 0) v.shares[i].account = address(new Moody());
        }
        _buy(v);

        uint256 reached = CHARITY.balance;
        uint256 credits;
        same(CHARITY.balance, uint256(price) * v.donationBps / 10_000, "donation");
        for (uint256 i; i < v.shares.length; ++i) {
            address account = v.shares[i].account;
            uint256 amount = account.balance + market.credit(account);
            uint256 floor = uint256(price) * v.shares[i].bps / 10_000;
            if (i > 0) same(amount, floor, "part");
            else holds(amount >= floor && amount <= floor + v.shares.length, "remainder");
            bool refuser = refusers & (1 << i) != 0;
            same(refuser ? account.balance : market.credit(account), 0, "pushed or credited, not both");
            reached += account.balance;
            credits += market.credit(account);
        }
        same(reached + credits, price, "sum of parts");
        same(address(market).balance, credits, "balance is the sum of credits");
    }

    function _divided(uint128 price, uint16 donationSeed, uint16[8] memory weights, uint8 countSeed)
        private
        view
        returns (NinefoldMarket.Voucher memory v)
    {
        v = _voucher(1, price);
        v.donationBps = donationSeed % 9_000;
        v.shares = new Share[](1 + countSeed % 8);
        uint16 left = 10_000 - v.donationBps;
        for (uint256 i = v.shares.length - 1; i > 0; --i) {
            uint16 bps = weights[i] % (left / 2); // left stays above zero: 1,000 halved at most seven times
            v.shares[i] = Share(address(uint160(0xE000 + i)), bps);
            left -= bps;
        }
        v.shares[0] = Share(address(0xE000), left);
    }
}
