// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {INinefoldWorks} from "./INinefoldWorks.sol";
import {NinefoldFactory} from "./NinefoldFactory.sol";
import {Payments} from "./Payments.sol";
import {SeriesCode} from "./SeriesCode.sol";
import {Share, Split} from "./Split.sol";
import {TokenId} from "./TokenId.sol";

/// Sells works on terms that their artist or owner signed (EIP-712), and divides the price among charity and payees
/// in the same transaction, to the wei.
///
/// A voucher sells a work that is not minted yet; a drop sells the next works of a series in a phase, perhaps to a
/// list and perhaps for nothing; a listing sells a work that exists.
///
/// Refuses: terms that were not signed for this market on this chain, collections that are neither the shared
/// contract nor a series of our factory, any price but the asked one, currencies that are not listed, and divisions
/// that do not add up. It has no receive function, no fee of its own and no owner's exit: the admin names pausers
/// and lists currencies for new sales; a pause stops new sales while credits stay payable and offers cancellable.
/// No role reaches a sold work, a credit or the balance.
contract NinefoldMarket is AccessControlDefaultAdminRules, Pausable, EIP712, Payments {
    // Members stand in the order of the EIP-712 types: the hashes are taken over calldata as it stands. Prices and
    // parts are in wei or the currency's smallest unit; a currency of zero is ether; validFrom and validUntil are
    // Unix seconds, both included.

    /// By the artist in tokenId.
    struct Voucher {
        address collection;
        uint256 tokenId;
        /// zero in a series whose folder holds the metadata
        bytes32 uriDigest;
        uint256 price;
        address currency;
        address beneficiary;
        uint16 donationBps;
        /// of later sales, to the same beneficiary
        uint16 resaleBps;
        Share[] shares;
        /// zero, with zero bps, for what the collection says
        address royaltyReceiver;
        uint16 royaltyBps;
        uint40 round;
        uint64 validFrom;
        uint64 validUntil;
        uint256 nonce;
    }

    /// By the artist in firstTokenId: works firstTokenId to firstTokenId + count - 1, in order.
    struct Drop {
        address collection;
        uint256 firstTokenId;
        uint32 count;
        uint256 price;
        address currency;
        address beneficiary;
        uint16 donationBps;
        Share[] shares;
        /// 0 is no cap; counted per drop and buyer
        uint32 walletCap;
        /// 0 is open to all; else root over leaves (address buyer, uint256 allowance), hashed twice
        bytes32 allowRoot;
        uint64 validFrom;
        uint64 validUntil;
        uint256 nonce;
    }

    /// By the owner: it ends when the work moves or is recalled.
    struct Listing {
        address collection;
        uint256 tokenId;
        address seller;
        uint256 price;
        address currency;
        address beneficiary;
        uint16 donationBps;
        address feeReceiver;
        uint16 feeBps;
        uint40 round;
        uint64 validFrom;
        uint64 validUntil;
    }

    struct VoucherOrder {
        Voucher voucher;
        bytes signature;
        address recipient;
    }

    struct ListingOrder {
        Listing listing;
        bytes signature;
        address recipient;
    }

    /// ERC-2612, by the buyer for this market; a currency of zero is no permit.
    struct Permit {
        address currency;
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    bytes32 private constant SHARE_TYPEHASH = keccak256("Share(address account,uint16 bps)");
    bytes32 private constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(address collection,uint256 tokenId,bytes32 uriDigest,uint256 price,address currency,"
        "address beneficiary,uint16 donationBps,uint16 resaleBps,Share[] shares,address royaltyReceiver,"
        "uint16 royaltyBps,uint40 round,uint64 validFrom,uint64 validUntil,uint256 nonce)"
        "Share(address account,uint16 bps)"
    );
    bytes32 private constant DROP_TYPEHASH = keccak256(
        "Drop(address collection,uint256 firstTokenId,uint32 count,uint256 price,address currency,"
        "address beneficiary,uint16 donationBps,Share[] shares,uint32 walletCap,bytes32 allowRoot,"
        "uint64 validFrom,uint64 validUntil,uint256 nonce)Share(address account,uint16 bps)"
    );
    bytes32 private constant LISTING_TYPEHASH = keccak256(
        "Listing(address collection,uint256 tokenId,address seller,uint256 price,address currency,"
        "address beneficiary,uint16 donationBps,address feeReceiver,uint16 feeBps,uint40 round,"
        "uint64 validFrom,uint64 validUntil)"
    );

    /// The contract of single works.
    address public immutable token;
    /// What a series must run.
    bytes32 private immutable _seriesCode;

    mapping(address artist => mapping(uint256 nonce => bool)) public cancelled;
    mapping(address currency => bool) public isCurrency;
    /// How far a drop has come: the works before this place in it are gone.
    mapping(bytes32 dropHash => uint256) public dropPlace;
    mapping(bytes32 dropHash => mapping(address buyer => uint256)) public dropTaken;

    /// saleId is the EIP-712 hash of voucher or listing as a number; in a drop keccak256(hash, tokenId).
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
    event VoucherCancelled(address indexed artist, uint256 indexed nonce);
    event CurrencyListed(address indexed currency, bool listed);

    error WrongPrice(uint256 sent, uint256 asked);
    error PriceTooHigh();
    error NotYetValid(uint64 validFrom);
    error Expired(uint64 validUntil);
    error Cancelled();
    error BadSignature();
    error ZeroAddress();
    /// This market or the collection was named as a payee or recipient: what arrives there could never leave.
    error DeadEnd(address account);
    error UnknownCollection(address collection);
    error CurrencyNotListed(address currency);
    error NotOnTheList(address buyer);
    error OverTheCap(uint256 wanted, uint256 cap);
    error SoldOut();
    error NothingWanted();
    /// Terms with nonce zero end by `recall` alone.
    error NonceIsZero();
    /// A listing gives less to charity than the artist asks of every later sale, or to another.
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

    // --- Buying ---

    /// Buys the work of voucher `v` for `recipient`. The value sent must be the price exactly, or zero when it is in
    /// an ERC-20 that the buyer has approved. One voucher sells at most once: its token is minted at most once.
    function buy(Voucher calldata v, bytes calldata signature, address recipient)
        external
        payable
        whenNotPaused
        nonReentrant
    {
        _checkValue(_etherOf(v.currency, v.price));
        _sellVoucher(v, signature, recipient);
    }

    /// Buys a work from its owner for `recipient`.
    function buyListed(Listing calldata l, bytes calldata signature, address recipient)
        external
        payable
        whenNotPaused
        nonReentrant
    {
        _checkValue(_etherOf(l.currency, l.price));
        _sellListing(l, signature, recipient);
    }

    /// Several at once, all or none; the value sent must be the sum of the ether prices exactly.
    function buyMany(
        VoucherOrder[] calldata vouchers,
        ListingOrder[] calldata listings,
        Permit calldata permit
    ) external payable whenNotPaused nonReentrant {
        uint256 due;
        for (uint256 i; i < vouchers.length; ++i) {
            due += _etherOf(vouchers[i].voucher.currency, vouchers[i].voucher.price);
        }
        for (uint256 i; i < listings.length; ++i) {
            due += _etherOf(listings[i].listing.currency, listings[i].listing.price);
        }
        _checkValue(due);
        _permit(permit);
        for (uint256 i; i < vouchers.length; ++i) {
            _sellVoucher(vouchers[i].voucher, vouchers[i].signature, vouchers[i].recipient);
        }
        for (uint256 i; i < listings.length; ++i) {
            _sellListing(listings[i].listing, listings[i].signature, listings[i].recipient);
        }
    }

    /// Buys the next `quantity` works of a drop for `recipient`, each at the drop's price. `allowance` and `proof`
    /// are the buyer's leaf where the drop has a list; the buyer is whoever sends the transaction.
    function claim(
        Drop calldata d,
        bytes calldata signature,
        uint256 quantity,
        address recipient,
        uint256 allowance,
        bytes32[] calldata proof,
        Permit calldata permit
    ) external payable whenNotPaused nonReentrant {
        if (quantity == 0) revert NothingWanted();
        _checkValue(_etherOf(d.currency, d.price) * quantity);
        _checkOffer(d.collection, d.currency, d.validFrom, d.validUntil);
        _checkDivision(d.collection, d.beneficiary, d.donationBps, d.shares);
        _checkDestination(d.collection, recipient);
        address artist = TokenId.artistOf(d.firstTokenId);
        _checkNonce(artist, d.nonce);
        bytes32 dropHash = hashDrop(d);
        _checkSignature(artist, dropHash, signature);
        _take(d, dropHash, quantity, allowance, proof);
        _permit(permit);
        for (uint256 i; i < quantity; ++i) {
            _sellNext(d, dropHash, recipient);
        }
    }

    // --- Ending offers ---

    /// Withdraws the caller's own vouchers and drops that carry `nonce`. A repeat does nothing more. To end
    /// whatever is open for one work, its owner or artist calls `recall` at the collection.
    function cancel(uint256 nonce) external {
        if (nonce == 0) revert NonceIsZero();
        cancelled[msg.sender][nonce] = true;
        emit VoucherCancelled(msg.sender, nonce);
    }

    // --- Roles ---

    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// Lets new sales be in an ERC-20, or no longer; credits in it stay payable either way.
    function listCurrency(address currency, bool listed) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (currency.code.length == 0) revert ZeroAddress();
        isCurrency[currency] = listed;
        emit CurrencyListed(currency, listed);
    }

    // --- Hashes: the EIP-712 digests that are signed; they bind chain id and market ---

    function hashVoucher(Voucher calldata v) public view returns (bytes32) {
        bytes32 shares = _hashShares(v.shares);
        bytes32 typeHash = VOUCHER_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), v, 0x1e0)
            mstore(add(free, 0x120), shares)
            structHash := keccak256(free, 0x200)
        }
        return _hashTypedDataV4(structHash);
    }

    function hashDrop(Drop calldata d) public view returns (bytes32) {
        bytes32 shares = _hashShares(d.shares);
        bytes32 typeHash = DROP_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), d, 0x1a0)
            mstore(add(free, 0x100), shares)
            structHash := keccak256(free, 0x1c0)
        }
        return _hashTypedDataV4(structHash);
    }

    function hashListing(Listing calldata l) public view returns (bytes32) {
        bytes32 typeHash = LISTING_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), l, 0x180)
            structHash := keccak256(free, 0x1a0)
        }
        return _hashTypedDataV4(structHash);
    }

    // --- Private: sales ---

    function _sellVoucher(Voucher calldata v, bytes calldata signature, address recipient) private {
        _checkOffer(v.collection, v.currency, v.validFrom, v.validUntil);
        _checkDivision(v.collection, v.beneficiary, v.donationBps, v.shares);
        // A dead end here would keep every later sale from being listed.
        if (v.resaleBps != 0) _checkDestination(v.collection, v.beneficiary);
        _checkDestination(v.collection, recipient);
        address artist = TokenId.artistOf(v.tokenId);
        _checkNonce(artist, v.nonce);
        bytes32 voucherHash = hashVoucher(v);
        _checkSignature(artist, voucherHash, signature);

        INinefoldWorks(v.collection)
            .mintSold(
                INinefoldWorks.Birth({
                    tokenId: v.tokenId,
                    digest: v.uriDigest,
                    royaltyReceiver: v.royaltyReceiver,
                    royaltyBps: v.royaltyBps,
                    resaleBeneficiary: v.beneficiary,
                    resaleBps: v.resaleBps,
                    round: v.round
                }),
                recipient
            );
        emit Sold(
            uint256(voucherHash),
            v.tokenId,
            msg.sender,
            recipient,
            v.price,
            voucherHash,
            v.collection,
            v.currency
        );
        _collect(v.currency, msg.sender, v.price);
        _divide(
            uint256(voucherHash), v.tokenId, v.price, v.currency, v.beneficiary, v.donationBps, v.shares
        );
    }

    function _sellNext(Drop calldata d, bytes32 dropHash, address recipient) private {
        uint256 tokenId = _next(d, dropHash);
        INinefoldWorks.Birth memory birth;
        birth.tokenId = tokenId;
        INinefoldWorks(d.collection).mintSold(birth, recipient);
        uint256 saleId = uint256(keccak256(abi.encode(dropHash, tokenId)));
        emit Sold(saleId, tokenId, msg.sender, recipient, d.price, dropHash, d.collection, d.currency);
        _collect(d.currency, msg.sender, d.price);
        _divide(saleId, tokenId, d.price, d.currency, d.beneficiary, d.donationBps, d.shares);
    }

    /// The first work of the drop that is still to be had: a work that was minted or recalled is passed over.
    function _next(Drop calldata d, bytes32 dropHash) private returns (uint256 tokenId) {
        uint256 place = dropPlace[dropHash];
        do {
            if (place == d.count) revert SoldOut();
            tokenId = d.firstTokenId + place;
            ++place;
        } while (INinefoldWorks(d.collection).roundOf(tokenId) != 0);
        dropPlace[dropHash] = place;
    }

    function _sellListing(Listing calldata l, bytes calldata signature, address recipient) private {
        _checkOffer(l.collection, l.currency, l.validFrom, l.validUntil);
        _checkDestination(l.collection, recipient);
        bytes32 listingHash = hashListing(l);
        _checkSignature(l.seller, listingHash, signature);

        INinefoldWorks.ResaleTerms memory terms =
            INinefoldWorks(l.collection).sell(l.seller, recipient, l.tokenId, l.round);
        emit Sold(
            uint256(listingHash),
            l.tokenId,
            msg.sender,
            recipient,
            l.price,
            listingHash,
            l.collection,
            l.currency
        );
        _collect(l.currency, msg.sender, l.price);
        _divideResale(l, uint256(listingHash), terms);
    }

    /// Charity, royalty and fee get floor(price * bps / 10,000); the seller gets the rest, the remainder included.
    function _divideResale(
        Listing calldata l,
        uint256 saleId,
        INinefoldWorks.ResaleTerms memory terms
    ) private {
        if (terms.resaleBps != 0 && (l.donationBps < terms.resaleBps || l.beneficiary != terms.beneficiary)) {
            revert DonationBelowArtists(terms.beneficiary, terms.resaleBps);
        }
        // The seller's own royalty stays with the seller.
        uint256 royaltyBps = terms.royaltyReceiver == l.seller ? 0 : terms.royaltyBps;
        if (uint256(l.donationBps) + l.feeBps + royaltyBps > Split.WHOLE_BPS) revert Split.BadShares();
        uint256 donation = Split.part(l.price, l.donationBps);
        uint256 royalty = Split.part(l.price, royaltyBps);
        uint256 fee = Split.part(l.price, l.feeBps);
        if (donation != 0) {
            _checkDestination(l.collection, l.beneficiary);
            _donate(saleId, l.tokenId, l.currency, l.beneficiary, donation);
        }
        _payShare(saleId, l.currency, l.seller, l.price - donation - royalty - fee);
        if (royalty != 0) _payShare(saleId, l.currency, terms.royaltyReceiver, royalty);
        if (fee != 0) {
            _checkDestination(l.collection, l.feeReceiver);
            _payShare(saleId, l.currency, l.feeReceiver, fee);
        }
    }

    /// Counts what the buyer takes of a drop against list and cap.
    function _take(
        Drop calldata d,
        bytes32 dropHash,
        uint256 quantity,
        uint256 allowance,
        bytes32[] calldata proof
    ) private {
        uint256 cap = d.walletCap == 0 ? type(uint256).max : d.walletCap;
        if (d.allowRoot != 0) {
            bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(msg.sender, allowance))));
            if (!MerkleProof.verifyCalldata(proof, d.allowRoot, leaf)) revert NotOnTheList(msg.sender);
            if (allowance < cap) cap = allowance;
        }
        if (cap == type(uint256).max) return;
        uint256 taken = dropTaken[dropHash][msg.sender] + quantity;
        if (taken > cap) revert OverTheCap(taken, cap);
        dropTaken[dropHash][msg.sender] = taken;
    }

    /// A permit that somebody used before us has done its work; one that is wrong shows when the price is collected.
    function _permit(Permit calldata p) private {
        if (p.currency == address(0)) return;
        if (!isCurrency[p.currency]) revert CurrencyNotListed(p.currency);
        try IERC20Permit(p.currency).permit(msg.sender, address(this), p.value, p.deadline, p.v, p.r, p.s) {}
            catch {}
    }

    // --- Private: checks ---

    function _etherOf(address currency, uint256 price) private pure returns (uint256) {
        if (price > type(uint128).max) revert PriceTooHigh();
        return currency == address(0) ? price : 0;
    }

    function _checkValue(uint256 due) private view {
        if (msg.value != due) revert WrongPrice(msg.value, due);
    }

    /// Terms with nonce zero asked not to be cancellable by nonce, and save the look-up: `recall` ends them.
    function _checkNonce(address artist, uint256 nonce) private view {
        if (nonce != 0 && cancelled[artist][nonce]) revert Cancelled();
    }

    function _checkOffer(address collection, address currency, uint64 validFrom, uint64 validUntil)
        private
        view
    {
        if (block.timestamp < validFrom) revert NotYetValid(validFrom);
        if (block.timestamp > validUntil) revert Expired(validUntil);
        if (collection != token && SeriesCode.read(collection) != _seriesCode) {
            revert UnknownCollection(collection);
        }
        if (currency != address(0) && !isCurrency[currency]) revert CurrencyNotListed(currency);
    }

    function _checkDivision(
        address collection,
        address beneficiary,
        uint16 donationBps,
        Share[] calldata shares
    ) private view {
        Split.check(donationBps, shares);
        if (donationBps != 0) _checkDestination(collection, beneficiary);
        for (uint256 i; i < shares.length; ++i) {
            _checkDestination(collection, shares[i].account);
        }
    }

    function _checkDestination(address collection, address account) private view {
        if (account == address(0)) revert ZeroAddress();
        if (account == address(this) || account == collection || account == token) revert DeadEnd(account);
    }

    /// By key first, then by contract (ERC-1271). An account that delegates its code (EIP-7702) keeps its key, and
    /// what that key signs must hold whatever the delegate's code makes of it. OpenZeppelin's ECDSA refuses the
    /// high half of s, so a signature has one form.
    function _checkSignature(address account, bytes32 digest, bytes calldata signature) private view {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == account) return;
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature)) {
            revert BadSignature();
        }
    }

    function _hashShares(Share[] calldata shares) private pure returns (bytes32 hash) {
        bytes32 typeHash = SHARE_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let hashes := add(free, 0x60)
            mstore(free, typeHash)
            for { let i := 0 } lt(i, shares.length) { i := add(i, 1) } {
                calldatacopy(add(free, 0x20), add(shares.offset, mul(i, 0x40)), 0x40)
                mstore(add(hashes, mul(i, 0x20)), keccak256(free, 0x60))
            }
            hash := keccak256(hashes, mul(shares.length, 0x20))
        }
    }
}
