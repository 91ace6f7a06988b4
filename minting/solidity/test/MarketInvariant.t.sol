// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {Share} from "../src/Split.sol";
import {Check} from "./Check.sol";
import {Burner, Moody} from "./Payees.sol";
import {Stage} from "./Stage.sol";

/// Sells, withdraws and changes payees' moods at random, and keeps its own books.
contract Bookmaker is Check {
    uint256 private constant ARTIST_KEY = 0xA11CE;
    NinefoldMarket private immutable market;
    address[6] public payees;
    uint96 public sales;

    uint256 public taken; // wei sent by buyers
    uint256 public owed; // ghost sum of credits
    mapping(address account => uint256) public owedTo;

    constructor(NinefoldMarket market_) {
        market = market_;
        payees = [
            address(new Moody()),
            address(new Moody()),
            address(new Burner()),
            address(0xE001),
            address(0xE002),
            address(0xE003)
        ];
    }

    function sell(uint96 price, uint8 first, uint8 count, uint16 bps, uint16 donationBps) external {
        NinefoldMarket.Voucher memory v;
        v.collection = address(market.token());
        v.tokenId = (uint256(uint160(vm.addr(ARTIST_KEY))) << 96) | ++sales;
        v.uriDigest = keccak256("metadata");
        v.price = price;
        v.donationBps = donationBps % 5_000;
        v.beneficiary = payees[donationBps % 6];
        v.validUntil = type(uint64).max;
        v.shares = new Share[](1 + count % 5);
        uint16 left = 10_000 - v.donationBps;
        uint256 rest = price - _part(v.beneficiary, price, v.donationBps);
        for (uint256 i = v.shares.length - 1; i > 0; --i) {
            uint16 part = bps % 1_000;
            v.shares[i] = Share(payees[(first % 6 + i) % 6], part);
            left -= part;
            rest -= _part(v.shares[i].account, price, part);
        }
        v.shares[0] = Share(payees[first % 6], left);
        _owe(v.shares[0].account, rest);
        taken += price;

        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(ARTIST_KEY, market.hashVoucher(v));
        vm.deal(address(this), price);
        market.buy{value: price}(v, abi.encodePacked(r, s, parity), address(this));
    }

    function withdraw(uint8 which) external {
        address account = payees[which % 6];
        uint256 amount = owedTo[account];
        bool payable_ = amount != 0 && !_refuses(account);
        try market.withdraw{gas: 500_000}(account) {
            holds(payable_, "withdrew what could not be paid");
            owedTo[account] = 0;
            owed -= amount;
        } catch {
            holds(!payable_, "did not withdraw what could be paid");
        }
    }

    function changeMood(uint8 which, bool willing) external {
        Moody(payable(payees[which % 2])).setWilling(willing);
    }

    function _part(address account, uint256 price, uint16 bps) private returns (uint256 amount) {
        amount = price * bps / 10_000;
        _owe(account, amount);
    }

    function _owe(address account, uint256 amount) private {
        if (!_refuses(account)) return;
        owed += amount;
        owedTo[account] += amount;
    }

    function _refuses(address account) private view returns (bool) {
        if (account == payees[2]) return true;
        return (account == payees[0] || account == payees[1]) && !Moody(payable(account)).willing();
    }
}

contract MarketInvariantTest is Stage {
    Bookmaker private bookmaker;

    function setUp() public override {
        super.setUp();
        bookmaker = new Bookmaker(market);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(bookmaker);
    }

    function invariant_balance_of_the_market_is_what_it_owes() public view {
        same(address(market).balance, bookmaker.owed(), "balance");
        uint256 reached;
        for (uint256 i; i < 6; ++i) {
            address payee = bookmaker.payees(i);
            same(market.credit(payee), bookmaker.owedTo(payee), "credit");
            reached += payee.balance;
        }
        same(reached + address(market).balance, bookmaker.taken(), "nothing lost, nothing made");
    }

    function afterInvariant() external view {
        holds(bookmaker.sales() > 0, "the run sold something");
    }
}
