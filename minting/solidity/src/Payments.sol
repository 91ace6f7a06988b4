// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Share, Split} from "./Split.sol";

/// Takes a price in, divides it and pays it out, in ether (currency zero) or an ERC-20.
///
/// A payee that refuses its part, or spends more than its gas on receiving it, gets a credit; the sale stands. A
/// credit goes to its account and nobody else, whoever asks. The balance is never less than the sum of the credits.
///
/// Refuses: currencies that deliver less than was sent (a fee on transfer), and a push that failed for want of gas,
/// so that nobody turns a willing payee's part into a credit by a thrifty gas limit.
abstract contract Payments is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// What a payee may spend on receiving ether: enough for a contract wallet behind a proxy to log the receipt,
    /// too little to make the sale dear.
    uint256 public constant PUSH_GAS = 50_000;
    /// What an ERC-20 may spend on a transfer: a proxied stable coin writes two slots and asks two blocklists.
    uint256 public constant PUSH_GAS_ERC20 = 120_000;

    /// Below this much gas a failed push may be the buyer's doing: of what is left after 9,000 for value and 2,600
    /// each for a cold account and a cold delegate (EIP-7702), a call gets at most 63/64.
    uint256 private constant PUSH_FLOOR = 70_000;
    uint256 private constant PUSH_FLOOR_ERC20 = 130_000;

    /// What is owed to a payee that could not be paid, by currency.
    mapping(address currency => mapping(address account => uint256)) public creditIn;

    /// Once per sale whose donation is above zero, be it pushed or credited.
    event Donated(
        uint256 indexed tokenId,
        address indexed beneficiary,
        uint256 amount,
        uint256 indexed saleId,
        address currency
    );
    /// Once per share of a sale, be it pushed, credited or zero.
    event Paid(uint256 indexed saleId, address indexed account, uint256 amount);
    /// Comes just before the Donated or Paid whose amount was not accepted.
    event Credited(address indexed account, uint256 amount, address indexed currency);
    event Withdrawn(address indexed account, uint256 amount, address indexed currency);

    error NotEnoughGas();
    error NothingToWithdraw();
    error WithdrawalFailed();
    /// The currency delivered another amount than was sent.
    error CurrencyTakesFee(address currency);

    /// What is owed to `account` in wei.
    function credit(address account) external view returns (uint256) {
        return creditIn[address(0)][account];
    }

    /// Pays the ether credit of `account` to `account`, whoever asks and paused or not.
    function withdraw(address account) external {
        withdrawIn(address(0), account);
    }

    /// Pays the credit of `account` in `currency` to `account`, whoever asks and paused or not.
    function withdrawIn(address currency, address account) public nonReentrant {
        uint256 amount = creditIn[currency][account];
        if (amount == 0) revert NothingToWithdraw();
        creditIn[currency][account] = 0;
        emit Withdrawn(account, amount, currency);
        if (!_send(currency, account, amount, gasleft())) revert WithdrawalFailed();
    }

    /// Takes `amount` of an ERC-20 from `payer`; ether came with the call.
    function _collect(address currency, address payer, uint256 amount) internal {
        if (currency == address(0) || amount == 0) return;
        uint256 before = IERC20(currency).balanceOf(address(this));
        IERC20(currency).safeTransferFrom(payer, address(this), amount);
        if (IERC20(currency).balanceOf(address(this)) - before != amount) revert CurrencyTakesFee(currency);
    }

    function _donate(uint256 saleId, uint256 tokenId, address currency, address beneficiary, uint256 amount)
        internal
    {
        if (amount == 0) return;
        _pay(currency, beneficiary, amount);
        emit Donated(tokenId, beneficiary, amount, saleId, currency);
    }

    function _payShare(uint256 saleId, address currency, address account, uint256 amount) internal {
        _pay(currency, account, amount);
        emit Paid(saleId, account, amount);
    }

    /// Charity first, then each share in order. `shares` have passed Split.check.
    function _divide(
        uint256 saleId,
        uint256 tokenId,
        uint256 price,
        address currency,
        address beneficiary,
        uint256 donationBps,
        Share[] calldata shares
    ) internal {
        (uint256 donation, uint256 first) = Split.parts(price, donationBps, shares);
        _donate(saleId, tokenId, currency, beneficiary, donation);
        _payShare(saleId, currency, shares[0].account, first);
        for (uint256 i = 1; i < shares.length; ++i) {
            _payShare(saleId, currency, shares[i].account, Split.part(price, shares[i].bps));
        }
    }

    /// Pushes, and credits what is not accepted.
    function _pay(address currency, address account, uint256 amount) internal {
        if (amount == 0) return;
        bool ether_ = currency == address(0);
        uint256 gasBefore = gasleft();
        if (_send(currency, account, amount, ether_ ? PUSH_GAS : PUSH_GAS_ERC20)) return;
        if (gasBefore < (ether_ ? PUSH_FLOOR : PUSH_FLOOR_ERC20)) revert NotEnoughGas();
        creditIn[currency][account] += amount;
        emit Credited(account, amount, currency);
    }

    /// A call that copies nothing back but one word of an ERC-20, so that nobody makes the buyer pay for words.
    function _send(address currency, address account, uint256 amount, uint256 gasCap)
        private
        returns (bool accepted)
    {
        if (currency == address(0)) {
            assembly ("memory-safe") {
                accepted := call(gasCap, account, amount, 0, 0, 0, 0)
            }
            return accepted;
        }
        bytes memory data = abi.encodeCall(IERC20.transfer, (account, amount));
        assembly ("memory-safe") {
            mstore(0x00, 0)
            accepted := call(gasCap, currency, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            // Some coins answer nothing where the standard wants true.
            accepted := and(accepted, or(iszero(returndatasize()), eq(mload(0x00), 1)))
        }
    }
}
