// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {Share} from "../src/Split.sol";
import {Stage} from "./Stage.sol";

/// What a transaction costs, its 21,000 and calldata included; printed by `forge test --match-contract Gas -vv`.
/// Second call of its kind, fresh recipient. Each figure has a ceiling, so that it cannot creep up unseen.
///
/// forge-config: default.isolate = true
contract GasTest is Stage {
    event log_named_uint(string name, uint256 gasUsed);

    function setUp() public override {
        super.setUp();
        vm.deal(artist, 1);
        vm.deal(COLLABORATOR, 1);
        vm.deal(SITE, 1);
        vm.deal(CHARITY, 1);
        vm.prank(MINTER);
        token.mint(_id(artist, 1), DIGEST, artist, 750);
        _buy(_voucher(2, 10_000));
    }

    function test_mint_stays_below_its_ceiling_when_uri_and_royalty_are_stored() public {
        _admit(SITE);
        vm.prank(MINTER);
        token.mint(_id(SITE, 3), DIGEST, artist, 750);
        _report("mint with URI and royalty", 122_000);
    }

    function test_mint_stays_below_its_ceiling_when_only_the_uri_is_stored() public {
        _admit(SITE);
        vm.prank(MINTER);
        token.mint(_id(SITE, 3), DIGEST, artist, 0);
        _report("mint with URI", 99_000);
    }

    function test_buy_stays_below_its_ceiling_when_three_are_paid() public {
        NinefoldMarket.Voucher memory v = _voucher(3, 10_000);
        v.shares = new Share[](2);
        v.shares[0] = Share(artist, 6_000);
        v.shares[1] = Share(SITE, 3_000);
        v.royaltyBps = 0;
        _purchase(v);
        _report("voucher purchase, charity and two shares, no royalty", 175_000);
    }

    function test_buy_stays_below_its_ceiling_when_four_are_paid() public {
        _purchase(_voucher(3, 10_000));
        _report("voucher purchase, charity and three shares, royalty", 214_000);
    }

    function test_transfer_stays_below_its_ceiling_when_recipient_is_fresh() public {
        vm.prank(BUYER);
        token.transferFrom(BUYER, address(0xF4E5), _id(artist, 2));
        _report("transfer", 55_500);
    }

    function _purchase(NinefoldMarket.Voucher memory v) private {
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        market.buy{value: v.price}(v, signature, address(0xF4E5));
    }

    function _report(string memory name, uint256 ceiling) private {
        uint256 gasUsed = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint(name, gasUsed);
        holds(gasUsed <= ceiling, name);
        holds(gasUsed > 21_000, "a whole transaction was measured");
    }
}
