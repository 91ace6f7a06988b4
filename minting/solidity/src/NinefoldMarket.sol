// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {NinefoldToken} from "./NinefoldToken.sol";
import {Share, Split} from "./Split.sol";
import {TokenId} from "./TokenId.sol";

/// Sells works that are not minted yet, on terms that their artist signed (an EIP-712 voucher), and divides the
/// price among charity and payees in the same transaction, to the wei.
///
/// Refuses: terms that the artist did not sign for this market on this chain, any price but the asked one, and
/// divisions that do not add up. It has no receive function, no fee and no owner's exit: the admin can only name
/// pausers, and a pause stops new sales while credits stay payable. No role reaches a sold work, a credit or the
/// balance.
///
/// A payee that refuses its part, or spends more than PUSH_GAS on receiving it, gets a credit; the sale stands.
/// The balance is always the sum of the credits, plus whatever was forced in by selfdestruct, which stays.
contract NinefoldMarket is AccessControlDefaultAdminRules, Pausable, EIP712, ReentrancyGuardTransient {
    /// Prices and parts are in wei; validFrom and validUntil are Unix seconds, both included.
    struct Voucher {
        uint256 tokenId;
        bytes32 uriDigest;
        uint256 price;
        address beneficiary;
        uint16 donationBps;
        Share[] shares;
        address royaltyReceiver;
        uint96 royaltyBps;
        uint64 validFrom;
        uint64 validUntil;
        uint256 nonce;
    }

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// What a payee may spend on receiving its part: enough for a contract wallet behind a proxy to log the
    /// receipt, too little to make the sale dear.
    uint256 public constant PUSH_GAS = 50_000;

    /// Below this much gas a failed push may be the buyer's doing: of what is left after 9,000 for value and 2,600
    /// each for a cold account and a cold delegate (EIP-7702), a call gets at most 63/64. Then the sale reverts: a
    /// thrifty gas limit must not turn a willing payee's part into a credit.
    uint256 private constant PUSH_FLOOR = 70_000;

    bytes32 private constant SHARE_TYPEHASH = keccak256("Share(address account,uint16 bps)");
    bytes32 private constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(uint256 tokenId,bytes32 uriDigest,uint256 price,address beneficiary,uint16 donationBps,"
        "Share[] shares,address royaltyReceiver,uint96 royaltyBps,uint64 validFrom,uint64 validUntil,"
        "uint256 nonce)Share(address account,uint16 bps)"
    );

    NinefoldToken public immutable token;

    /// What the market owes to a payee that could not be paid, in wei.
    mapping(address account => uint256) public credit;
    mapping(address artist => mapping(uint256 nonce => bool)) public cancelled;

    event Sold(
        uint256 indexed saleId,
        uint256 indexed tokenId,
        address indexed buyer,
        address recipient,
        uint256 price,
        bytes32 voucherHash
    );
    /// Once per sale whose donation is above zero, be it pushed or credited.
    event Donated(
        uint256 indexed tokenId, address indexed beneficiary, uint256 amount, uint256 indexed saleId
    );
    /// Once per share of a sale, be it pushed, credited or zero.
    event Paid(uint256 indexed saleId, address indexed account, uint256 amount);
    /// Comes just before the Donated or Paid whose amount was not accepted.
    event Credited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
    event VoucherCancelled(address indexed artist, uint256 indexed nonce);

    error WrongPrice(uint256 sent, uint256 asked);
    error PriceTooHigh();
    error NotYetValid(uint64 validFrom);
    error Expired(uint64 validUntil);
    error Cancelled();
    error BadSignature();
    error ZeroAddress();
    /// This market or its token was named as a payee or recipient: what arrives there could never leave.
    error DeadEnd(address account);
    error NotEnoughGas();
    error NothingToWithdraw();
    error WithdrawalFailed();

    constructor(address token_, address admin, uint48 adminDelay)
        AccessControlDefaultAdminRules(adminDelay, admin)
        EIP712("Ninefold", "1")
    {
        if (token_ == address(0)) revert ZeroAddress();
        token = NinefoldToken(token_);
    }

    /// Buys the work of voucher `v` for `recipient`. The value sent must be the price exactly. One voucher sells at
    /// most once, because its token can be minted at most once; saleId is the voucher's hash as a number.
    function buy(Voucher calldata v, bytes calldata signature, address recipient)
        external
        payable
        whenNotPaused
        nonReentrant
    {
        _checkTerms(v);
        _checkDestination(recipient);
        bytes32 voucherHash = hashVoucher(v);
        if (!_isSignedBy(TokenId.artistOf(v.tokenId), voucherHash, signature)) revert BadSignature();

        token.mintSold(v.tokenId, v.uriDigest, v.royaltyReceiver, v.royaltyBps, recipient);
        emit Sold(uint256(voucherHash), v.tokenId, msg.sender, recipient, v.price, voucherHash);
        _divide(v, uint256(voucherHash));
    }

    /// Withdraws the caller's own vouchers that carry `nonce`. A repeat does nothing more.
    function cancel(uint256 nonce) external {
        cancelled[msg.sender][nonce] = true;
        emit VoucherCancelled(msg.sender, nonce);
    }

    /// Pays the credit of `account` to `account`, whoever asks and paused or not.
    function withdraw(address account) external nonReentrant {
        uint256 amount = credit[account];
        if (amount == 0) revert NothingToWithdraw();
        credit[account] = 0;
        emit Withdrawn(account, amount);
        if (!_send(account, amount, gasleft())) revert WithdrawalFailed();
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// The EIP-712 digest that the artist signs; it binds chain id and market.
    function hashVoucher(Voucher calldata v) public view returns (bytes32) {
        bytes32[] memory shareHashes = new bytes32[](v.shares.length);
        for (uint256 i; i < shareHashes.length; ++i) {
            shareHashes[i] = keccak256(abi.encode(SHARE_TYPEHASH, v.shares[i].account, v.shares[i].bps));
        }
        // Twelve static words in two halves: one call with all of them is too deep for the stack.
        bytes memory goods =
            abi.encode(VOUCHER_TYPEHASH, v.tokenId, v.uriDigest, v.price, v.beneficiary, v.donationBps);
        bytes memory terms = abi.encode(
            keccak256(abi.encodePacked(shareHashes)),
            v.royaltyReceiver,
            v.royaltyBps,
            v.validFrom,
            v.validUntil,
            v.nonce
        );
        return _hashTypedDataV4(keccak256(bytes.concat(goods, terms)));
    }

    function _checkTerms(Voucher calldata v) private view {
        if (v.price > type(uint128).max) revert PriceTooHigh();
        if (msg.value != v.price) revert WrongPrice(msg.value, v.price);
        if (block.timestamp < v.validFrom) revert NotYetValid(v.validFrom);
        if (block.timestamp > v.validUntil) revert Expired(v.validUntil);
        if (cancelled[TokenId.artistOf(v.tokenId)][v.nonce]) revert Cancelled();
        Split.check(v.donationBps, v.shares);
        if (v.donationBps != 0) _checkDestination(v.beneficiary);
        for (uint256 i; i < v.shares.length; ++i) {
            _checkDestination(v.shares[i].account);
        }
    }

    function _checkDestination(address account) private view {
        if (account == address(0)) revert ZeroAddress();
        if (account == address(this) || account == address(token)) revert DeadEnd(account);
    }

    /// By key first, then by contract (ERC-1271). An account that delegates its code (EIP-7702) keeps its key, and
    /// what that key signs must hold whatever the delegate's code makes of it. OpenZeppelin's ECDSA refuses the
    /// high half of s, so a signature has one form.
    function _isSignedBy(address artist, bytes32 digest, bytes calldata signature)
        private
        view
        returns (bool)
    {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == artist) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(artist, digest, signature);
    }

    function _divide(Voucher calldata v, uint256 saleId) private {
        (uint256 donation, uint256[] memory amounts) = Split.parts(v.price, v.donationBps, v.shares);
        if (donation != 0) {
            _pay(v.beneficiary, donation);
            emit Donated(v.tokenId, v.beneficiary, donation, saleId);
        }
        for (uint256 i; i < amounts.length; ++i) {
            address account = v.shares[i].account;
            _pay(account, amounts[i]);
            emit Paid(saleId, account, amounts[i]);
        }
    }

    function _pay(address account, uint256 amount) private {
        if (amount == 0) return;
        uint256 gasBefore = gasleft();
        if (_send(account, amount, PUSH_GAS)) return;
        if (gasBefore < PUSH_FLOOR) revert NotEnoughGas();
        credit[account] += amount;
        emit Credited(account, amount);
    }

    /// A call that copies nothing back, so that a payee cannot make the buyer pay for its words.
    function _send(address account, uint256 amount, uint256 gasCap) private returns (bool accepted) {
        assembly ("memory-safe") {
            accepted := call(gasCap, account, amount, 0, 0, 0, 0)
        }
    }
}
