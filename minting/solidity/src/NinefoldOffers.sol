// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldWorks} from "./NinefoldWorks.sol";
import {Saleroom} from "./Saleroom.sol";

/// Offers for a work that nobody need have put up for sale: the money waits here until the owner, or the artist of an
/// unminted work, takes it on terms of their own, or the bidder takes it back.
///
/// Refuses to sell the bidder anything but what was offered for: the same work with the same metadata, and at least
/// the donation that the offer asks for, to the same charity.
///
/// A pause stops new offers and acceptances: not cancels or withdrawals. No role reaches an offer's money.
contract NinefoldOffers is Saleroom {
    struct Offer {
        address bidder;
        uint64 expiresAt;
        uint16 donationBps;
        address collection;
        address currency;
        uint128 amount;
        address beneficiary;
        uint256 tokenId;
        bytes32 uriDigest;
    }

    bytes32 private constant ACCEPTANCE_TYPEHASH =
        keccak256(abi.encodePacked("Acceptance(uint256 offerId,Terms terms)", TERMS_TYPES));

    /// Open offers; one that was accepted or cancelled has no bidder.
    mapping(uint256 offerId => Offer) public offers;
    uint256 private _made;

    event OfferMade(
        uint256 indexed offerId,
        uint256 indexed tokenId,
        address indexed bidder,
        address collection,
        address currency,
        uint256 amount,
        uint64 expiresAt,
        bytes32 uriDigest,
        address beneficiary,
        uint16 donationBps
    );
    /// Comes after the Credited, if there is one, of the amount that was not accepted back.
    event OfferCancelled(uint256 indexed offerId, address indexed bidder, uint256 amount);

    error NoSuchOffer(uint256 offerId);
    error NothingOffered();
    error NotTheBidder(address caller);
    /// The terms are for another collection, currency or metadata than the offer.
    error OtherThanOffered();
    error DonationBelowOffered(address beneficiary, uint16 donationBps);

    constructor(address token_, address factory, address admin, address pauser, uint48 adminDelay)
        Saleroom(token_, factory, admin, pauser, adminDelay)
    {}

    /// Offers `amount` for a work until `expiresAt` (included): with the call if in ether, else approved. `uriDigest`
    /// is the work's metadata, zero where a series' folder holds it or, for a work that exists, where it does not
    /// matter. At least `donationBps` are to go to `beneficiary`. Returns the offer's id, which is its saleId too.
    function makeOffer(
        address collection,
        uint256 tokenId,
        bytes32 uriDigest,
        address currency,
        uint256 amount,
        uint64 expiresAt,
        address beneficiary,
        uint16 donationBps
    ) external payable whenNotPaused nonReentrant returns (uint256 offerId) {
        if (amount == 0) revert NothingOffered();
        if (block.timestamp > expiresAt) revert Expired(expiresAt);
        _checkCollection(collection);
        _checkCurrency(currency);
        if (donationBps != 0) _checkDestination(collection, beneficiary);
        offerId = uint256(keccak256(abi.encode(block.chainid, address(this), ++_made)));
        offers[offerId] = Offer({
            bidder: msg.sender,
            expiresAt: expiresAt,
            donationBps: donationBps,
            collection: collection,
            currency: currency,
            amount: uint128(amount),
            beneficiary: beneficiary,
            tokenId: tokenId,
            uriDigest: uriDigest
        });
        _announce(offerId);
        _takeIn(currency, amount); // refuses an amount above 2^128 - 1
    }

    /// Gives the bidder the money back: the bidder at any time, anyone once the offer has expired.
    function cancelOffer(uint256 offerId) external nonReentrant {
        Offer memory offer = _open(offerId);
        if (msg.sender != offer.bidder && block.timestamp <= offer.expiresAt) {
            revert NotTheBidder(msg.sender);
        }
        delete offers[offerId];
        _pay(offer.currency, offer.bidder, offer.amount);
        emit OfferCancelled(offerId, offer.bidder, offer.amount);
    }

    /// Sells the work to the bidder for what was offered, on the seller's terms. The seller calls, or anyone with the
    /// seller's signature over offer and terms.
    function accept(uint256 offerId, Terms calldata t, bytes calldata signature)
        external
        whenNotPaused
        nonReentrant
    {
        Offer memory offer = _open(offerId);
        if (block.timestamp > offer.expiresAt) revert Expired(offer.expiresAt);
        _checkMatch(offer, t);
        _checkTerms(t, offer.tokenId);
        bytes32 hash = hashAcceptance(offerId, t);
        _useNonce(t);
        if (msg.sender != t.seller) _checkSignature(t.seller, hash, signature);
        delete offers[offerId];
        _handOver(t, offer.tokenId, offer.bidder);
        Lot[] memory lots = new Lot[](1);
        lots[0] = Lot(offerId, offer.tokenId, offer.bidder);
        _conclude(t, hash, lots, offer.amount);
    }

    /// The EIP-712 digest that a seller signs who does not call; it binds chain id and contract.
    function hashAcceptance(uint256 offerId, Terms calldata t) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ACCEPTANCE_TYPEHASH, offerId, _hashTerms(t))));
    }

    function _open(uint256 offerId) private view returns (Offer memory offer) {
        offer = offers[offerId];
        if (offer.bidder == address(0)) revert NoSuchOffer(offerId);
    }

    function _checkMatch(Offer memory offer, Terms calldata t) private view {
        if (t.collection != offer.collection || t.currency != offer.currency) revert OtherThanOffered();
        bytes32 digest = t.uriDigest;
        if (t.minted) {
            digest = offer.uriDigest == 0 ? bytes32(0) : NinefoldWorks(t.collection).uriDigest(offer.tokenId);
        }
        if (digest != offer.uriDigest) revert OtherThanOffered();
        if (
            offer.donationBps != 0
                && (t.donationBps < offer.donationBps || t.beneficiary != offer.beneficiary)
        ) revert DonationBelowOffered(offer.beneficiary, offer.donationBps);
    }

    function _announce(uint256 offerId) private {
        Offer memory offer = offers[offerId];
        emit OfferMade(
            offerId,
            offer.tokenId,
            offer.bidder,
            offer.collection,
            offer.currency,
            offer.amount,
            offer.expiresAt,
            offer.uriDigest,
            offer.beneficiary,
            offer.donationBps
        );
    }
}
