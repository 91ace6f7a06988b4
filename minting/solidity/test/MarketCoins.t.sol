// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Payments} from "../src/Payments.sol";
import {Coin, FalseCoin, FeeCoin, HookCoin, PermitCoin, SilentCoin} from "./Coins.sol";
import {Stage} from "./Stage.sol";

/// Sales in an ERC-20, approved beforehand or by a signature (ERC-2612), and several works at once.
contract MarketCoinsTest is Stage {
    uint256 internal constant PRICE = 10_003;
    uint256 internal constant RICHES = 1e30;

    NinefoldSeries internal series;
    PermitCoin internal coin;

    function setUp() public override {
        super.setUp();
        series = _series(_terms(20, 0));
        coin = new PermitCoin();
        _list(address(coin));
        coin.issue(BUYER, RICHES);
    }

    // --- One work ---

    function test_buy_pays_every_part_in_the_coin_when_it_is_approved() public {
        _approve(PRICE);
        NinefoldMarket.Voucher memory v = _priced(1);
        bytes memory signature = _sign(v);
        uint256 saleId = uint256(market.hashVoucher(v));
        vm.expectEmit(address(market));
        emit NinefoldMarket.Sold(
            saleId, v.tokenId, BUYER, BUYER, PRICE, bytes32(saleId), address(token), address(coin)
        );
        vm.expectEmit(address(market));
        emit Payments.Donated(v.tokenId, CHARITY, 1_000, saleId, address(coin));
        vm.expectEmit(address(market));
        emit Payments.Paid(saleId, artist, 6_003);
        vm.prank(BUYER);
        market.buy(v, signature, BUYER);
        same(coin.balanceOf(CHARITY), 1_000, "charity");
        same(coin.balanceOf(artist), 6_003, "artist takes the remainder");
        same(coin.balanceOf(COLLABORATOR), 2_500, "collaborator");
        same(coin.balanceOf(SITE), 500, "site");
        same(coin.balanceOf(address(market)), 0, "market");
        same(coin.balanceOf(BUYER), RICHES - PRICE, "buyer");
    }

    function test_buy_refuses_when_ether_comes_with_a_price_in_a_coin() public {
        _approve(PRICE);
        NinefoldMarket.Voucher memory v = _priced(1);
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, uint256(1), uint256(0)));
        market.buy{value: 1}(v, signature, BUYER);
    }

    function test_buy_refuses_when_the_coin_is_not_listed_and_credits_stay_payable() public {
        _approve(2 * PRICE);
        coin.block_(SITE, true);
        _buyInCoin(_priced(1));
        vm.prank(ADMIN);
        market.listCurrency(address(coin), false);
        NinefoldMarket.Voucher memory v = _priced(2);
        _refusedInCoin(v, abi.encodeWithSelector(NinefoldMarket.CurrencyNotListed.selector, address(coin)));
        coin.block_(SITE, false);
        vm.expectEmit(address(market));
        emit Payments.Withdrawn(SITE, 500, address(coin));
        market.withdrawIn(address(coin), SITE);
        same(coin.balanceOf(SITE), 500, "site");
        refuses(Payments.NothingToWithdraw.selector);
        market.withdrawIn(address(coin), SITE);
    }

    function test_sale_goes_through_with_a_credit_when_the_coin_blocks_a_payee() public {
        _approve(PRICE);
        coin.block_(CHARITY, true);
        NinefoldMarket.Voucher memory v = _priced(1);
        bytes memory signature = _sign(v);
        vm.expectEmit(address(market));
        emit Payments.Credited(CHARITY, 1_000, address(coin));
        vm.prank(BUYER);
        market.buy(v, signature, BUYER);
        same(market.creditIn(address(coin), CHARITY), 1_000, "credit");
        same(market.credit(CHARITY), 0, "not in ether");
        same(coin.balanceOf(address(market)), 1_000, "which is there");
        refuses(Payments.WithdrawalFailed.selector);
        market.withdrawIn(address(coin), CHARITY);
        same(market.creditIn(address(coin), CHARITY), 1_000, "credit stays");
    }

    function test_sale_goes_through_with_a_credit_when_the_coin_answers_false() public {
        FalseCoin other = new FalseCoin();
        _prepare(other);
        other.block_(SITE, true);
        _buyInCoin(_pricedIn(1, address(other)));
        same(market.creditIn(address(other), SITE), 500, "credit");
        same(other.balanceOf(address(market)), 500, "which is there");
        refuses(Payments.WithdrawalFailed.selector);
        market.withdrawIn(address(other), SITE);
        other.block_(SITE, false);
        market.withdrawIn(address(other), SITE);
        same(other.balanceOf(SITE), 500, "site");
    }

    function test_buy_refuses_when_the_coin_answers_false_to_the_buyer() public {
        FalseCoin other = new FalseCoin();
        _prepare(other);
        other.block_(BUYER, true);
        _refusedInCoin(
            _pricedIn(1, address(other)),
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(other))
        );
    }

    function test_buy_pays_in_a_coin_that_answers_nothing() public {
        SilentCoin other = new SilentCoin();
        _list(address(other));
        other.issue(BUYER, PRICE);
        other.block_(COLLABORATOR, true);
        _buyInCoin(_pricedIn(1, address(other)));
        same(other.balanceOf(artist), 6_003, "artist");
        same(other.balanceOf(SITE), 500, "site");
        same(market.creditIn(address(other), SITE), 0, "paid, and not credited too");
        same(market.creditIn(address(other), COLLABORATOR), 2_500, "the blocked one has a credit");
        same(other.balanceOf(address(market)), 2_500, "which is there");
    }

    function test_buy_refuses_when_the_coin_keeps_a_fee() public {
        FeeCoin other = new FeeCoin();
        _prepare(other);
        _refusedInCoin(
            _pricedIn(1, address(other)),
            abi.encodeWithSelector(Payments.CurrencyTakesFee.selector, address(other))
        );
    }

    function test_coin_gains_nothing_when_it_calls_back_in_the_middle() public {
        HookCoin other = new HookCoin();
        _prepare(other);
        coin.block_(address(other), true); // a credit of the coin contract's own, which it would like twice
        NinefoldMarket.Voucher memory first = _priced(7);
        first.shares[2].account = address(other);
        _approve(PRICE);
        _buyInCoin(first);
        coin.block_(address(other), false);
        other.prepare(address(market), abi.encodeCall(market.withdrawIn, (address(coin), address(other))));
        _buyInCoin(_pricedIn(1, address(other)));
        holds(other.tries() > 4, "called back at every transfer");
        holds(!other.succeeded(), "reentry");
        same(market.creditIn(address(coin), address(other)), 500, "credit untouched");
    }

    function test_buy_refuses_when_the_push_in_a_coin_had_too_little_gas() public {
        _approve(PRICE);
        NinefoldMarket.Voucher memory v = _priced(1);
        bytes memory signature = _sign(v);
        for (uint256 gasLimit = 150_000; gasLimit < 900_000; gasLimit += 2_000) {
            vm.prank(BUYER);
            try market.buy{gas: gasLimit}(v, signature, BUYER) {
                same(coin.balanceOf(address(market)), 0, "no willing payee has a credit");
                return;
            } catch {}
        }
        holds(false, "sold within 900,000 gas");
    }

    function test_price_of_nothing_asks_for_no_approval() public {
        NinefoldMarket.Voucher memory v = _priced(1);
        v.price = 0;
        _buyInCoin(v);
        same(token.ownerOf(v.tokenId), BUYER, "owner");
    }

    function test_listCurrency_refuses_when_caller_is_not_the_admin_or_there_is_no_code() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, PAUSER, market.DEFAULT_ADMIN_ROLE()
        );
        vm.prank(PAUSER);
        vm.expectRevert(refusal);
        market.listCurrency(address(coin), false);
        vm.prank(ADMIN);
        refuses(NinefoldMarket.ZeroAddress.selector);
        market.listCurrency(address(0xC0DE), true);
        vm.expectEmit(address(market));
        emit NinefoldMarket.CurrencyListed(address(coin), false);
        vm.prank(ADMIN);
        market.listCurrency(address(coin), false);
        holds(!market.isCurrency(address(coin)), "listed no more");
    }

    // --- Several at once ---

    function test_buyMany_buys_vouchers_and_listings_when_the_value_is_their_sum() public {
        NinefoldMarket.VoucherOrder[] memory vouchers = new NinefoldMarket.VoucherOrder[](2);
        vouchers[0] = _order(_voucher(1, 100), BUYER);
        vouchers[1] = _order(_priced(2), SECOND_BUYER);
        NinefoldMarket.ListingOrder[] memory listings = new NinefoldMarket.ListingOrder[](1);
        listings[0] = _listed(3, 200);
        _approve(PRICE);
        vm.prank(BUYER);
        market.buyMany{value: 300}(vouchers, listings, _none());
        same(token.ownerOf(_id(artist, 1)), BUYER, "first");
        same(token.ownerOf(_id(artist, 2)), SECOND_BUYER, "second, a gift");
        same(token.ownerOf(_id(artist, 3)), BUYER, "third");
        same(coin.balanceOf(artist), 6_003, "coin");
        same(CHARITY.balance, 30, "ether donated");
        same(address(market).balance + coin.balanceOf(address(market)), 0, "nothing stays");
    }

    function test_buyMany_buys_all_or_nothing() public {
        NinefoldMarket.VoucherOrder[] memory vouchers = new NinefoldMarket.VoucherOrder[](2);
        vouchers[0] = _order(_voucher(1, 100), BUYER);
        vouchers[1] = vouchers[0];
        NinefoldMarket.ListingOrder[] memory listings = new NinefoldMarket.ListingOrder[](0);
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, _id(artist, 1)));
        market.buyMany{value: 200}(vouchers, listings, _none());
        same(CHARITY.balance, 0, "nobody was paid");
        same(token.roundOf(_id(artist, 1)), 0, "nothing was minted");
    }

    function test_buyMany_refuses_when_the_value_is_not_the_sum() public {
        NinefoldMarket.VoucherOrder[] memory vouchers = new NinefoldMarket.VoucherOrder[](1);
        vouchers[0] = _order(_voucher(1, 100), BUYER);
        NinefoldMarket.ListingOrder[] memory listings = new NinefoldMarket.ListingOrder[](1);
        listings[0] = _listed(3, 200);
        uint256[3] memory wrong = [uint256(299), 301, 100];
        for (uint256 i; i < 3; ++i) {
            vm.prank(BUYER);
            vm.expectRevert(
                abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, wrong[i], uint256(300))
            );
            market.buyMany{value: wrong[i]}(vouchers, listings, _none());
        }
    }

    function test_buyMany_refuses_when_paused() public {
        vm.prank(PAUSER);
        market.pause();
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSignature("EnforcedPause()"));
        market.buyMany(new NinefoldMarket.VoucherOrder[](0), new NinefoldMarket.ListingOrder[](0), _none());
    }

    // --- By signature ---

    function test_buyMany_needs_no_approval_when_a_permit_comes_with_it() public {
        NinefoldMarket.VoucherOrder[] memory vouchers = new NinefoldMarket.VoucherOrder[](1);
        vouchers[0] = _order(_priced(1), BUYER);
        NinefoldMarket.Permit memory permit = _permit(PRICE);
        vm.prank(BUYER);
        market.buyMany(vouchers, new NinefoldMarket.ListingOrder[](0), permit);
        same(coin.balanceOf(artist), 6_003, "artist");
        same(coin.allowance(BUYER, address(market)), 0, "spent to the unit");
    }

    function test_buyMany_goes_through_when_somebody_used_the_permit_before() public {
        NinefoldMarket.VoucherOrder[] memory vouchers = new NinefoldMarket.VoucherOrder[](1);
        vouchers[0] = _order(_priced(1), BUYER);
        NinefoldMarket.Permit memory p = _permit(PRICE);
        coin.permit(BUYER, address(market), p.value, p.deadline, p.v, p.r, p.s);
        vm.prank(BUYER);
        market.buyMany(vouchers, new NinefoldMarket.ListingOrder[](0), p);
        same(token.ownerOf(_id(artist, 1)), BUYER, "owner");
    }

    function test_buyMany_refuses_when_the_permit_is_too_small_or_for_a_coin_not_listed() public {
        NinefoldMarket.VoucherOrder[] memory vouchers = new NinefoldMarket.VoucherOrder[](1);
        vouchers[0] = _order(_priced(1), BUYER);
        NinefoldMarket.Permit memory p = _permit(PRICE - 1);
        vm.prank(BUYER);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", address(market), PRICE - 1, PRICE
            )
        );
        market.buyMany(vouchers, new NinefoldMarket.ListingOrder[](0), p);
        p.currency = address(this);
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.CurrencyNotListed.selector, address(this)));
        market.buyMany(vouchers, new NinefoldMarket.ListingOrder[](0), p);
    }

    function test_claim_is_paid_in_a_coin_when_a_permit_comes_with_it() public {
        NinefoldMarket.Drop memory d = _drop(address(series), 1, 9);
        d.currency = address(coin);
        bytes memory signature = _signDigest(market.hashDrop(d));
        NinefoldMarket.Permit memory permit = _permit(2_000);
        vm.prank(BUYER);
        market.claim(d, signature, 2, BUYER, 0, new bytes32[](0), permit);
        same(series.balanceOf(BUYER), 2, "works");
        same(coin.balanceOf(artist), 1_700, "artist");
        same(coin.balanceOf(CHARITY), 200, "charity");
        same(coin.balanceOf(SITE), 100, "site");
        vm.prank(BUYER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldMarket.WrongPrice.selector, uint256(1), uint256(0)));
        market.claim{value: 1}(d, signature, 1, BUYER, 0, new bytes32[](0), permit);
    }

    function test_listing_is_paid_in_a_coin() public {
        NinefoldMarket.ListingOrder memory order = _listed(3, PRICE);
        order.listing.currency = address(coin);
        order.signature = _signAs(ARTIST_KEY, market.hashListing(order.listing));
        _approve(PRICE);
        vm.prank(BUYER);
        market.buyListed(order.listing, order.signature, BUYER);
        same(coin.balanceOf(artist), 8_503, "the seller takes the remainder");
        same(coin.balanceOf(CHARITY), 1_000, "charity");
    }

    // --- Sums ---

    function testFuzz_parts_add_up_in_a_coin_when_some_are_blocked(uint96 price, uint8 blocked) public {
        NinefoldMarket.Voucher memory v = _priced(1);
        v.price = price;
        address[4] memory payees = [CHARITY, artist, COLLABORATOR, SITE];
        for (uint256 i; i < 4; ++i) {
            if (blocked & (1 << i) != 0) coin.block_(payees[i], true);
        }
        coin.issue(BUYER, price);
        _approve(price);
        _buyInCoin(v);
        uint256 reached;
        uint256 credits;
        for (uint256 i; i < 4; ++i) {
            reached += coin.balanceOf(payees[i]);
            credits += market.creditIn(address(coin), payees[i]);
        }
        same(reached + credits, price, "sum of parts");
        same(coin.balanceOf(address(market)), credits, "balance is the sum of credits");
    }

    // --- Helpers ---

    function _list(address currency) private {
        vm.prank(ADMIN);
        market.listCurrency(currency, true);
    }

    function _prepare(Coin other) private {
        _list(address(other));
        other.issue(BUYER, RICHES);
        vm.prank(BUYER);
        other.approve(address(market), type(uint256).max);
    }

    function _approve(uint256 amount) private {
        vm.prank(BUYER);
        coin.approve(address(market), amount);
    }

    function _priced(uint96 number) private view returns (NinefoldMarket.Voucher memory) {
        return _pricedIn(number, address(coin));
    }

    function _pricedIn(uint96 number, address currency)
        private
        view
        returns (NinefoldMarket.Voucher memory v)
    {
        v = _voucher(number, PRICE);
        v.currency = currency;
    }

    function _buyInCoin(NinefoldMarket.Voucher memory v) private {
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        market.buy(v, signature, BUYER);
    }

    function _refusedInCoin(NinefoldMarket.Voucher memory v, bytes memory refusal) private {
        bytes memory signature = _sign(v);
        vm.prank(BUYER);
        vm.expectRevert(refusal);
        market.buy(v, signature, BUYER);
    }

    function _order(NinefoldMarket.Voucher memory v, address recipient)
        private
        view
        returns (NinefoldMarket.VoucherOrder memory)
    {
        return NinefoldMarket.VoucherOrder(v, _sign(v), recipient);
    }

    /// A work that its artist holds and sells.
    function _listed(uint96 number, uint256 price)
        private
        returns (NinefoldMarket.ListingOrder memory order)
    {
        vm.prank(MINTER);
        token.mint(_id(artist, number), DIGEST, artist, 750);
        vm.prank(artist);
        token.setApprovalForAll(address(market), true);
        order.listing = _listing(ARTIST_KEY, address(token), number, price);
        order.signature = _signAs(ARTIST_KEY, market.hashListing(order.listing));
        order.recipient = BUYER;
    }

    function _none() private pure returns (NinefoldMarket.Permit memory none) {}

    function _permit(uint256 value) private view returns (NinefoldMarket.Permit memory p) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                BUYER,
                address(market),
                value,
                coin.nonces(BUYER),
                uint256(NOW)
            )
        );
        p.currency = address(coin);
        p.value = value;
        p.deadline = NOW;
        (p.v, p.r, p.s) =
            vm.sign(BUYER_KEY, keccak256(abi.encodePacked(hex"1901", coin.DOMAIN_SEPARATOR(), structHash)));
    }
}
