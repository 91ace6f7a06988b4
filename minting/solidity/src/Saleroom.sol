// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {INinefoldWorks} from "./INinefoldWorks.sol";
import {NinefoldFactory} from "./NinefoldFactory.sol";
import {Payments} from "./Payments.sol";
import {SeriesCode} from "./SeriesCode.sol";
import {Share, Split} from "./Split.sol";
import {TokenId} from "./TokenId.sol";

/// What auctions and offers have in common: the terms of one sale as its seller signed them, the handing over of the
/// work, and the division of the price.
///
/// Refuses: terms that were not signed for this contract on this chain, collections that are neither the shared
/// contract nor a series of our factory, currencies that are not listed, and divisions that do not add up. Roles are
/// the market's: the admin names pausers and lists currencies; neither reaches a work, a bid, an offer or a credit.
abstract contract Saleroom is AccessControlDefaultAdminRules, Pausable, EIP712, Payments {
    // Members stand in the order of the EIP-712 type: the hash is taken over calldata as it stands.

    /// A currency of zero is ether; start and end are Unix seconds, both included. Of a work that exists, metadata,
    /// royalty and resale donation are what they are: their members are zero.
    struct Terms {
        address collection;
        /// the artist in the token id, or of a work that exists its owner
        address seller;
        /// whether the work exists; if not, it is minted when it is sold
        bool minted;
        uint40 round;
        /// zero, too, in a series whose folder holds the metadata
        bytes32 uriDigest;
        address currency;
        address beneficiary;
        uint16 donationBps;
        /// of later sales, to the same beneficiary
        uint16 resaleBps;
        /// of a work that exists, the artist's royalty comes out of the first
        Share[] shares;
        /// zero, with zero bps, for what the collection says
        address royaltyReceiver;
        uint16 royaltyBps;
        uint64 start;
        uint64 end;
        /// one per sale: cancelled before the first bid, used by it
        uint256 nonce;
    }

    enum Nonce {
        Free,
        Used,
        Cancelled
    }

    /// One work of those that are paid for together.
    struct Lot {
        uint256 saleId;
        uint256 tokenId;
        address buyer;
    }

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    string internal constant TERMS_TYPES = "Share(address account,uint16 bps)"
        "Terms(address collection,address seller,bool minted,uint40 round,bytes32 uriDigest,address currency,"
        "address beneficiary,uint16 donationBps,uint16 resaleBps,Share[] shares,address royaltyReceiver,"
        "uint16 royaltyBps,uint64 start,uint64 end,uint256 nonce)";
    bytes32 private constant SHARE_TYPEHASH = keccak256("Share(address account,uint16 bps)");
    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(address collection,address seller,bool minted,uint40 round,bytes32 uriDigest,address currency,"
        "address beneficiary,uint16 donationBps,uint16 resaleBps,Share[] shares,address royaltyReceiver,"
        "uint16 royaltyBps,uint64 start,uint64 end,uint256 nonce)Share(address account,uint16 bps)"
    );

    /// The contract of single works.
    address public immutable token;
    /// What a series must run.
    bytes32 private immutable _seriesCode;

    mapping(address currency => bool) public isCurrency;
    mapping(address seller => mapping(uint256 nonce => Nonce)) public nonceState;

    /// As the market's. Once per work, when its price is fixed and divided.
    event Sold(
        uint256 indexed saleId,
        uint256 indexed tokenId,
        address indexed buyer,
        address recipient,
        uint256 price,
        bytes32 voucherHash,
        address collection,
        address currency
    );
    event TermsCancelled(address indexed seller, uint256 indexed nonce);
    event CurrencyListed(address indexed currency, bool listed);

    error WrongPrice(uint256 sent, uint256 asked);
    error PriceTooHigh();
    error BadTerms();
    error NotYetValid(uint64 start);
    error Expired(uint64 end);
    error Cancelled();
    error NonceUsed();
    error BadSignature();
    error ZeroAddress();
    error NotTheArtist(address seller);
    /// This contract, the token contract or the collection was named as a payee.
    error DeadEnd(address account);
    error UnknownCollection(address collection);
    error CurrencyNotListed(address currency);
    /// The terms give less to charity than the artist asks of every later sale, or to another.
    error DonationBelowArtists(address beneficiary, uint16 resaleBps);

    constructor(address token_, address factory, address admin, address pauser, uint48 adminDelay)
        AccessControlDefaultAdminRules(adminDelay, admin)
        EIP712("Ninefold", "1")
    {
        if (token_ == address(0) || pauser == address(0)) revert ZeroAddress();
        token = token_;
        _seriesCode = SeriesCode.expected(NinefoldFactory(factory).implementation());
        _grantRole(PAUSER_ROLE, pauser);
    }

    /// Withdraws the caller's own terms that carry `nonce`. Refused once a sale on them has begun. A repeat does
    /// nothing more. To end whatever is open for one work, its owner or artist calls `recall` at the collection.
    function cancel(uint256 nonce) external {
        if (nonceState[msg.sender][nonce] == Nonce.Used) revert NonceUsed();
        nonceState[msg.sender][nonce] = Nonce.Cancelled;
        emit TermsCancelled(msg.sender, nonce);
    }

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// Lets new auctions and offers be in an ERC-20, or no longer; what runs in it goes on to its end either way.
    function listCurrency(address currency, bool listed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (currency.code.length == 0) revert ZeroAddress();
        isCurrency[currency] = listed;
        emit CurrencyListed(currency, listed);
    }

    // --- Terms ---

    /// Everything about the terms but their signature and nonce, which count for the first bid alone.
    function _checkTerms(Terms calldata t, uint256 tokenId) internal view {
        if (block.timestamp < t.start) revert NotYetValid(t.start);
        if (block.timestamp > t.end) revert Expired(t.end);
        if (!t.minted) {
            if (t.seller != TokenId.artistOf(tokenId)) revert NotTheArtist(t.seller);
        } else if (
            t.uriDigest != 0 || t.resaleBps != 0 || t.royaltyReceiver != address(0) || t.royaltyBps != 0
        ) {
            revert BadTerms();
        }
        _checkCollection(t.collection);
        _checkCurrency(t.currency);
        Split.check(t.donationBps, t.shares);
        if (t.donationBps | t.resaleBps != 0) _checkDestination(t.collection, t.beneficiary);
        for (uint256 i; i < t.shares.length; ++i) {
            _checkDestination(t.collection, t.shares[i].account);
        }
    }

    function _useNonce(Terms calldata t) internal {
        Nonce state = nonceState[t.seller][t.nonce];
        if (state == Nonce.Cancelled) revert Cancelled();
        if (state == Nonce.Used) revert NonceUsed();
        nonceState[t.seller][t.nonce] = Nonce.Used;
    }

    function _checkCollection(address collection) internal view {
        if (collection != token && SeriesCode.read(collection) != _seriesCode) {
            revert UnknownCollection(collection);
        }
    }

    function _checkCurrency(address currency) internal view {
        if (currency != address(0) && !isCurrency[currency]) revert CurrencyNotListed(currency);
    }

    function _checkDestination(address collection, address account) internal view {
        if (account == address(0)) revert ZeroAddress();
        if (account == address(this) || account == collection || account == token) revert DeadEnd(account);
    }

    /// Ether must come with the call, exactly; an ERC-20 is collected from the caller.
    function _takeIn(address currency, uint256 amount) internal {
        if (amount > type(uint128).max) revert PriceTooHigh();
        uint256 due = currency == address(0) ? amount : 0;
        if (msg.value != due) revert WrongPrice(msg.value, due);
        _collect(currency, msg.sender, amount);
    }

    /// By key first, then by contract (ERC-1271), for the reasons the market gives.
    function _checkSignature(address account, bytes32 digest, bytes calldata signature) internal view {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == account) return;
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature)) {
            revert BadSignature();
        }
    }

    function _hashTerms(Terms calldata t) internal pure returns (bytes32 hash) {
        bytes32[] memory shareHashes = new bytes32[](t.shares.length);
        for (uint256 i; i < shareHashes.length; ++i) {
            shareHashes[i] = keccak256(abi.encode(SHARE_TYPEHASH, t.shares[i].account, t.shares[i].bps));
        }
        bytes32 shares = keccak256(abi.encodePacked(shareHashes));
        bytes32 typeHash = TERMS_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), t, 0x1e0)
            mstore(add(free, 0x140), shares) // where calldata has the place of the shares
            hash := keccak256(free, 0x200)
        }
    }

    // --- Works ---

    /// Mints the work to `to`, or takes it from its owner, who has approved this contract.
    function _handOver(Terms calldata t, uint256 tokenId, address to) internal {
        if (t.minted) {
            _checkResale(t, INinefoldWorks(t.collection).sell(t.seller, to, tokenId, t.round));
            return;
        }
        INinefoldWorks.Birth memory birth = INinefoldWorks.Birth({
            tokenId: tokenId,
            digest: t.uriDigest,
            royaltyReceiver: t.royaltyReceiver,
            royaltyBps: t.royaltyBps,
            resaleBeneficiary: t.beneficiary,
            resaleBps: t.resaleBps,
            round: t.round
        });
        INinefoldWorks(t.collection).mintSold(birth, to);
    }

    function _checkResale(Terms calldata t, INinefoldWorks.ResaleTerms memory asked) private pure {
        if (asked.resaleBps != 0 && (t.donationBps < asked.resaleBps || t.beneficiary != asked.beneficiary)) {
            revert DonationBelowArtists(asked.beneficiary, asked.resaleBps);
        }
        if (asked.royaltyReceiver != t.seller && t.shares[0].bps < asked.royaltyBps) {
            revert Split.BadShares();
        }
    }

    // --- Money ---

    /// Divides `price` for each of `lots`, whose works have been handed over and which share `t`: charity first, then
    /// the shares in order, then the artist's royalty of a work that existed. Each account is paid once for all lots
    /// and has one event for each.
    function _conclude(Terms calldata t, bytes32 hash, Lot[] memory lots, uint256 price) internal {
        for (uint256 i; i < lots.length; ++i) {
            Lot memory lot = lots[i];
            emit Sold(lot.saleId, lot.tokenId, lot.buyer, lot.buyer, price, hash, t.collection, t.currency);
        }
        (uint256 donation, uint256 first) = Split.parts(price, t.donationBps, t.shares);
        if (donation != 0) {
            _pay(t.currency, t.beneficiary, donation * lots.length);
            for (uint256 i; i < lots.length; ++i) {
                emit Donated(lots[i].tokenId, t.beneficiary, donation, lots[i].saleId, t.currency);
            }
        }
        (address royaltyReceiver, uint256 royalty) = _royalty(t, lots[0].tokenId, price);
        _payLots(t.currency, t.shares[0].account, first - royalty, lots);
        for (uint256 i = 1; i < t.shares.length; ++i) {
            _payLots(t.currency, t.shares[i].account, Split.part(price, t.shares[i].bps), lots);
        }
        if (royalty != 0) _payLots(t.currency, royaltyReceiver, royalty, lots);
    }

    function _payLots(address currency, address account, uint256 amount, Lot[] memory lots) private {
        _pay(currency, account, amount * lots.length);
        for (uint256 i; i < lots.length; ++i) {
            emit Paid(lots[i].saleId, account, amount);
        }
    }

    /// A first sale pays none, and the seller's own stays with the seller.
    function _royalty(Terms calldata t, uint256 tokenId, uint256 price)
        private
        view
        returns (address receiver, uint256 amount)
    {
        if (!t.minted) return (address(0), 0);
        INinefoldWorks.ResaleTerms memory asked = INinefoldWorks(t.collection).resaleTerms(tokenId);
        if (asked.royaltyReceiver == t.seller) return (address(0), 0);
        return (asked.royaltyReceiver, Split.part(price, asked.royaltyBps));
    }
}
