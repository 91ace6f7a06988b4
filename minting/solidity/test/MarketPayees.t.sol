// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {Bomber, Bookkeeper, Burner, Careful, Moody, Plain, Reenterer} from "./Payees.sol";
import {Payments} from "../src/Payments.sol";
import {Stage} from "./Stage.sol";

/// What payees and recipients may do to a sale: nothing.
contract MarketPayeesTest is Stage {
    uint256 internal constant PRICE = 10_000;

    function test_sale_goes_through_with_a_credit_when_a_payee_refuses() public {
        Moody payee = new Moody();
        NinefoldMarket.Voucher memory v = _paying(address(payee));
        bytes memory signature = _sign(v);
        vm.expectEmit(address(market));
        emit Payments.Credited(address(payee), 2_500, address(0));
        vm.expectEmit(address(market));
        emit Payments.Paid(uint256(market.hashVoucher(v)), address(payee), 2_500);
        vm.prank(BUYER);
        market.buy{value: PRICE}(v, signature, BUYER);
        _credited(address(payee), 2_500);
        same(SITE.balance, 500, "the next payee is paid");
    }

    function test_donation_becomes_a_credit_when_the_charity_refuses() public {
        NinefoldMarket.Voucher memory v = _voucher(1, PRICE);
        v.beneficiary = address(new Moody());
        bytes memory signature = _sign(v);
        vm.expectEmit(address(market));
        emit Payments.Credited(v.beneficiary, 1_000, address(0));
        vm.expectEmit(address(market));
        emit Payments.Donated(v.tokenId, v.beneficiary, 1_000, uint256(market.hashVoucher(v)), address(0));
        vm.prank(BUYER);
        market.buy{value: PRICE}(v, signature, BUYER);
        _credited(v.beneficiary, 1_000);
    }

    function test_credits_add_up_when_a_payee_refuses_twice() public {
        Moody payee = new Moody();
        _buy(_paying(address(payee)));
        NinefoldMarket.Voucher memory v = _voucher(2, PRICE);
        v.shares[0].account = address(payee);
        _buy(v);
        _credited(address(payee), 8_500);
    }

    function test_sale_goes_through_with_bounded_gas_when_payees_burn_theirs() public {
        NinefoldMarket.Voucher memory v = _voucher(1, PRICE);
        v.beneficiary = address(new Burner());
        for (uint256 i; i < 3; ++i) {
            v.shares[i].account = i == 0 ? address(new Bomber()) : address(new Burner());
        }
        bytes memory signature = _sign(v);
        uint256 gasBefore = gasleft();
        vm.prank(BUYER);
        market.buy{value: PRICE}(v, signature, BUYER);
        holds(gasBefore - gasleft() < 600_000, "four hostile payees cost at most 600,000 gas");
        same(address(market).balance, PRICE, "all of it waits");
        same(market.credit(v.beneficiary), 1_000, "charity's credit");
        same(token.ownerOf(v.tokenId), BUYER, "owner");
    }

    function test_willing_payee_is_paid_when_the_buyer_sends_the_least_gas_that_works() public {
        address[2] memory payees = [address(new Bookkeeper()), address(new Careful())];
        for (uint96 i; i < 2; ++i) {
            NinefoldMarket.Voucher memory v = _voucher(1 + i, PRICE);
            v.shares[2].account = payees[i]; // last in line, where least is left
            _buyWithLeastGas(v);
            same(payees[i].balance, 500, "payee's part");
            same(address(market).balance, 0, "no credit");
        }
    }

    function test_withdraw_pays_the_owner_once_when_anyone_asks_and_sales_are_paused() public {
        Moody payee = new Moody();
        _buy(_paying(address(payee)));
        payee.setWilling(true);
        vm.prank(PAUSER);
        market.pause();
        vm.expectEmit(address(market));
        emit Payments.Withdrawn(address(payee), 2_500, address(0));
        vm.prank(address(0x5712));
        market.withdraw(address(payee));
        same(address(payee).balance, 2_500, "payee");
        same(market.credit(address(payee)), 0, "credit");
        refuses(Payments.NothingToWithdraw.selector);
        market.withdraw(address(payee));
    }

    function test_withdraw_keeps_the_credit_when_the_owner_still_refuses() public {
        Moody payee = new Moody();
        _buy(_paying(address(payee)));
        refuses(Payments.WithdrawalFailed.selector);
        market.withdraw(address(payee));
        _credited(address(payee), 2_500);
    }

    function test_withdraw_gives_more_gas_than_a_sale_does() public {
        Bookkeeper payee = new Bookkeeper();
        Moody moody = new Moody();
        bytes memory code = address(payee).code;
        vm.etch(address(payee), address(moody).code);
        _buy(_paying(address(payee)));
        vm.etch(address(payee), code);
        market.withdraw(address(payee));
        same(payee.received(), 2_500, "payee");
    }

    function test_payee_gains_nothing_when_it_buys_again_while_paid() public {
        Reenterer payee = new Reenterer();
        NinefoldMarket.Voucher memory v = _paying(address(payee));
        NinefoldMarket.Voucher memory free = _voucher(2, 0);
        payee.prepare(address(market), abi.encodeCall(market.buy, (free, _sign(free), address(payee))), false);
        _buy(v);
        holds(!payee.succeeded(), "reentry");
        same(token.ownerOf(v.tokenId), BUYER, "owner");
        same(market.credit(address(payee)) + address(payee).balance, 2_500, "payee has its part and no more");
        _buy(free);
    }

    function test_payee_gets_a_credit_when_it_insists_on_withdrawing_while_paid() public {
        Reenterer payee = new Reenterer();
        payee.prepare(address(market), abi.encodeCall(market.withdraw, (address(payee))), true);
        _buy(_paying(address(payee)));
        _credited(address(payee), 2_500);
    }

    function test_withdraw_pays_once_when_the_owner_withdraws_again_while_paid() public {
        Reenterer payee = new Reenterer();
        address other = address(new Moody());
        NinefoldMarket.Voucher memory v = _paying(address(payee));
        v.shares[2].account = other; // somebody else's money in the market
        payee.prepare(address(market), abi.encodeCall(market.withdraw, (address(payee))), true);
        _buy(v);
        refuses(Payments.WithdrawalFailed.selector);
        market.withdraw(address(payee));
        payee.prepare(address(market), abi.encodeCall(market.withdraw, (address(payee))), false);
        market.withdraw(address(payee));
        same(payee.tries(), 1, "tries");
        holds(!payee.succeeded(), "reentry");
        same(address(payee).balance, 2_500, "payee");
        same(address(market).balance, market.credit(other), "the other's credit is whole");
    }

    function test_buy_refuses_when_called_in_the_middle_of_a_withdrawal() public {
        Reenterer payee = new Reenterer();
        payee.prepare(address(market), "", true); // the market has no receive function, so this refuses the part
        _buy(_paying(address(payee)));
        NinefoldMarket.Voucher memory free = _voucher(2, 0);
        payee.prepare(address(market), abi.encodeCall(market.buy, (free, _sign(free), address(payee))), false);
        market.withdraw(address(payee)); // with all the gas in the world, so only the guard stands in the way
        same(payee.tries(), 1, "tries");
        holds(!payee.succeeded(), "reentry");
    }

    function test_recipient_is_not_called_when_it_would_reenter() public {
        Reenterer recipient = new Reenterer();
        NinefoldMarket.Voucher memory v = _voucher(1, PRICE);
        NinefoldMarket.Voucher memory free = _voucher(2, 0);
        bytes memory again = abi.encodeCall(market.buy, (free, _sign(free), address(recipient)));
        recipient.prepare(address(market), again, true);
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        market.buy{value: PRICE}(v, signature, address(recipient));
        same(recipient.tries(), 0, "callbacks");
        same(token.ownerOf(v.tokenId), address(recipient), "owner");
    }

    function test_recipient_gets_the_work_when_it_is_a_contract_without_receiver() public {
        address recipient = address(new Plain());
        NinefoldMarket.Voucher memory v = _voucher(1, PRICE);
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        market.buy{value: PRICE}(v, signature, recipient);
        same(token.ownerOf(v.tokenId), recipient, "owner");
    }

    function test_payee_cannot_mint_when_it_is_called_in_the_middle() public {
        Reenterer payee = new Reenterer();
        bytes memory theft = abi.encodeCall(
            INinefoldWorks.mintSold, (_birth(_id(artist, 5), DIGEST, 0), address(payee))
        );
        payee.prepare(address(token), theft, false);
        _buy(_paying(address(payee)));
        holds(!payee.succeeded(), "mint");
    }

    /// Work 1, with `payee` in the place of the collaborator (2,500 of 10,000 wei).
    function _paying(address payee) private view returns (NinefoldMarket.Voucher memory v) {
        v = _voucher(1, PRICE);
        v.shares[1].account = payee;
    }

    function _buyWithLeastGas(NinefoldMarket.Voucher memory v) private {
        bytes memory signature = _sign(v);
        for (uint256 gasLimit = 100_000; gasLimit < 800_000; gasLimit += 500) {
            vm.prank(BUYER);
            try market.buy{value: PRICE, gas: gasLimit}(v, signature, BUYER) {
                return;
            } catch {}
        }
        holds(false, "sold within 800,000 gas");
    }

    function _credited(address account, uint256 amount) private view {
        same(market.credit(account), amount, "credit");
        same(address(market).balance, amount, "market's balance");
        same(account.balance, 0, "account's balance");
    }
}
