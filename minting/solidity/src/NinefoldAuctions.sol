// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INinefoldWorks} from "./INinefoldWorks.sol";
import {Saleroom} from "./Saleroom.sol";

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// Auctions on terms that the artist or owner signed: rising with a reserve, or falling (Dutch) with one price for
/// all.
///
/// Reserve: the first bid brings the work into this contract, newly minted or from its owner, so from then on nobody
/// can call the auction off, sell the work elsewhere or stand in the way of settlement. Who is outbid is paid back at
/// once, or has a credit. Anyone may settle after the end.
///
/// Dutch: every buyer gets the work at once and pays the price of the moment. When all is sold or the time is over
/// the last price holds for all; anyone may settle, in as many steps as it takes, and what a buyer paid above the
/// last price becomes a credit.
///
/// A pause stops first bids and purchases: not bids in an auction that runs, else whoever may pause could keep the
/// rivals of one bidder out; not settlement, refunds, cancels or withdrawals. No role moves a work, a bid or a clock.
/// A falling price goes on falling in a pause; the artist's `recall` takes the works that are left out of the sale.
contract NinefoldAuctions is Saleroom {
    /// `end` of the terms is the last second for the first bid if a duration is signed, else the end of the auction.
    struct ReserveAuction {
        Terms terms;
        uint256 tokenId;
        uint256 reserve;
        /// seconds from the first bid to the end; 0 to end with the terms
        uint32 duration;
        /// a bid must be this much above the one before
        uint16 raiseBps;
    }

    /// Works firstTokenId to firstTokenId + count - 1, in order. More than one only in a series with a folder.
    struct DutchAuction {
        Terms terms;
        uint256 firstTokenId;
        uint32 count;
        uint256 startPrice;
        uint256 floorPrice;
        /// when the price has come down to the floor, where it stays until the terms end
        uint64 floorAt;
        /// 0 to fall by the second, else the length of a step
        uint32 stepSeconds;
        /// 0 is no cap; counted per auction and buyer
        uint32 walletCap;
    }

    struct Running {
        address bidder;
        uint64 endsAt;
        bool settled;
        uint128 amount;
    }

    struct Falling {
        /// how far it has come: the works before this place are gone
        uint32 place;
        uint32 settledPlace;
        bool begun;
        uint96 lastPrice;
    }

    struct Purchase {
        address buyer;
        uint96 paid;
    }

    /// A bid this close to the end moves the end to this long after the bid.
    uint256 public constant EXTENSION = 15 minutes;
    /// Else a bid one wei higher every quarter of an hour would keep an auction open for nothing.
    uint256 public constant LEAST_RAISE_BPS = 100;
    /// From the first bid or purchase to the end that was signed: nobody's work or money waits here for years because
    /// somebody meant seconds and signed milliseconds.
    uint256 public constant LONGEST = 90 days;

    bytes32 private constant RESERVE_TYPEHASH = keccak256(
        abi.encodePacked(
            "ReserveAuction(Terms terms,uint256 tokenId,uint256 reserve,uint32 duration,uint16 raiseBps)",
            TERMS_TYPES
        )
    );
    bytes32 private constant DUTCH_TYPEHASH = keccak256(
        abi.encodePacked(
            "DutchAuction(Terms terms,uint256 firstTokenId,uint32 count,uint256 startPrice,uint256 floorPrice,"
            "uint64 floorAt,uint32 stepSeconds,uint32 walletCap)",
            TERMS_TYPES
        )
    );

    /// By the EIP-712 hash of the auction, which as a number is also its saleId.
    mapping(bytes32 auctionId => Running) public running;
    mapping(bytes32 auctionId => Falling) public falling;
    mapping(bytes32 auctionId => mapping(uint256 place => Purchase)) public purchases;
    mapping(bytes32 auctionId => mapping(address buyer => uint256)) public taken;

    event AuctionStarted(
        bytes32 indexed auctionId,
        uint256 indexed tokenId,
        address indexed seller,
        address collection,
        address currency,
        uint256 reserve
    );
    event BidPlaced(bytes32 indexed auctionId, address indexed bidder, uint256 amount, uint64 endsAt);
    /// Comes after the Credited, if there is one, of the bid that was not accepted back.
    event Refunded(bytes32 indexed auctionId, address indexed bidder, uint256 amount);
    /// A purchase in a Dutch auction. Its Sold follows when the last price is known.
    event Taken(
        bytes32 indexed auctionId,
        uint256 indexed tokenId,
        address indexed buyer,
        uint256 paid,
        address collection,
        address currency
    );
    /// Comes just after the Credited of the same amount.
    event Rebated(bytes32 indexed auctionId, uint256 indexed tokenId, address indexed buyer, uint256 amount);

    error BidTooLow(uint256 bid, uint256 least);
    error Ended(uint64 endsAt);
    error StillOpen(uint64 endsAt);
    error NothingToSettle();
    error NothingWanted();
    error OverTheCap(uint256 wanted, uint256 cap);
    error SoldOut();

    constructor(address token_, address factory, address admin, address pauser, uint48 adminDelay)
        Saleroom(token_, factory, admin, pauser, adminDelay)
    {}

    // --- Reserve auction ---

    /// Bids `amount` for the caller: with the call if in ether, else approved. The signature is asked for until the
    /// first bid has been made. A bidder may raise its own bid, and has the earlier one back.
    function bid(ReserveAuction calldata a, bytes calldata signature, uint256 amount)
        external
        payable
        nonReentrant
    {
        bytes32 auctionId = hashReserveAuction(a);
        Running memory before = running[auctionId];
        uint256 endsAt = before.endsAt;
        if (before.bidder == address(0)) {
            endsAt = _start(a, auctionId, signature);
            if (amount < a.reserve) revert BidTooLow(amount, a.reserve);
        } else {
            if (block.timestamp >= endsAt) revert Ended(uint64(endsAt));
            uint256 least = _leastAfter(before.amount, a.raiseBps);
            if (amount < least) revert BidTooLow(amount, least);
        }
        _takeIn(a.terms.currency, amount);
        if (endsAt < block.timestamp + EXTENSION) endsAt = block.timestamp + EXTENSION;
        running[auctionId] = Running(msg.sender, uint64(endsAt), false, uint128(amount));
        emit BidPlaced(auctionId, msg.sender, amount, uint64(endsAt));
        if (before.bidder != address(0)) {
            _pay(a.terms.currency, before.bidder, before.amount);
            emit Refunded(auctionId, before.bidder, before.amount);
        } else {
            _handOver(a.terms, a.tokenId, address(this));
        }
    }

    /// Hands the work to the highest bidder and divides the bid. By anyone, after the end, paused or not.
    function settle(ReserveAuction calldata a) external nonReentrant {
        bytes32 auctionId = hashReserveAuction(a);
        Running storage auction = running[auctionId];
        if (auction.bidder == address(0) || auction.settled) revert NothingToSettle();
        if (block.timestamp < auction.endsAt) revert StillOpen(auction.endsAt);
        auction.settled = true;
        IERC721(a.terms.collection).transferFrom(address(this), auction.bidder, a.tokenId);
        Lot[] memory lots = new Lot[](1);
        lots[0] = Lot(uint256(auctionId), a.tokenId, auction.bidder);
        _conclude(a.terms, auctionId, lots, auction.amount);
    }

    /// What the next bid must be at least.
    function leastBid(ReserveAuction calldata a) external view returns (uint256) {
        Running memory auction = running[hashReserveAuction(a)];
        return auction.bidder == address(0) ? a.reserve : _leastAfter(auction.amount, a.raiseBps);
    }

    // --- Dutch auction ---

    /// Buys the next `quantity` works for the caller at the price of the moment. Ether beyond it comes back at once.
    function buyDutch(DutchAuction calldata d, bytes calldata signature, uint256 quantity)
        external
        payable
        whenNotPaused
        nonReentrant
    {
        if (quantity == 0) revert NothingWanted();
        _checkTerms(d.terms, d.firstTokenId);
        bytes32 auctionId = hashDutchAuction(d);
        if (!falling[auctionId].begun) {
            _checkDutch(d);
            _useNonce(d.terms);
            _checkSignature(d.terms.seller, auctionId, signature);
            falling[auctionId].begun = true;
        }
        uint256 price = _priceAt(d, block.timestamp);
        falling[auctionId].lastPrice = uint96(price);
        _count(d, auctionId, quantity);
        uint256 excess = _takeInAtLeast(d.terms.currency, price * quantity);
        for (uint256 i; i < quantity; ++i) {
            _takeNext(d, auctionId, price);
        }
        if (d.count == 1) _settleDutch(d, auctionId, 1);
        _pay(address(0), msg.sender, excess);
    }

    /// Divides the last price for up to `most` places and credits what their buyers paid above it. By anyone, when
    /// all is sold or the time is over, paused or not; again until all are done.
    function settleDutch(DutchAuction calldata d, uint256 most) external nonReentrant {
        bytes32 auctionId = hashDutchAuction(d);
        if (falling[auctionId].place != d.count && block.timestamp <= d.terms.end) {
            revert StillOpen(d.terms.end);
        }
        _settleDutch(d, auctionId, most);
    }

    /// The price at Unix second `time`.
    function priceAt(DutchAuction calldata d, uint256 time) external pure returns (uint256) {
        return _priceAt(d, time);
    }

    // --- Hashes: the EIP-712 digests that are signed; they bind chain id and contract ---

    function hashReserveAuction(ReserveAuction calldata a) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    RESERVE_TYPEHASH, _hashTerms(a.terms), a.tokenId, a.reserve, a.duration, a.raiseBps
                )
            )
        );
    }

    function hashDutchAuction(DutchAuction calldata d) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    DUTCH_TYPEHASH,
                    _hashTerms(d.terms),
                    d.firstTokenId,
                    d.count,
                    d.startPrice,
                    d.floorPrice,
                    d.floorAt,
                    d.stepSeconds,
                    d.walletCap
                )
            )
        );
    }

    // --- Private ---

    function _start(ReserveAuction calldata a, bytes32 auctionId, bytes calldata signature)
        private
        returns (uint256 endsAt)
    {
        _requireNotPaused();
        _checkTerms(a.terms, a.tokenId);
        endsAt = a.duration == 0 ? a.terms.end : block.timestamp + a.duration;
        if (a.reserve == 0 || a.raiseBps < LEAST_RAISE_BPS || endsAt > block.timestamp + LONGEST) {
            revert BadTerms();
        }
        _useNonce(a.terms);
        _checkSignature(a.terms.seller, auctionId, signature);
        emit AuctionStarted(
            auctionId, a.tokenId, a.terms.seller, a.terms.collection, a.terms.currency, a.reserve
        );
    }

    /// At least one above: the raise is rounded up, and no bid is zero.
    function _leastAfter(uint256 amount, uint256 raiseBps) private pure returns (uint256) {
        return amount + (amount * raiseBps + 9_999) / 10_000;
    }

    function _checkDutch(DutchAuction calldata d) private view {
        if (d.startPrice > type(uint96).max) revert PriceTooHigh();
        Terms calldata t = d.terms;
        bool several = d.count > 1;
        if (
            d.count == 0 || d.floorPrice > d.startPrice || d.floorAt <= t.start || d.floorAt > t.end
                || t.end > block.timestamp + LONGEST
                || (several && (t.minted || t.uriDigest != 0 || t.round != 0))
        ) revert BadTerms();
    }

    /// Falls in a straight line, or in steps along it; rounded up, so that it is never below the line.
    function _priceAt(DutchAuction calldata d, uint256 time) private pure returns (uint256) {
        uint256 start = d.terms.start;
        if (time <= start) return d.startPrice;
        if (time >= d.floorAt) return d.floorPrice;
        uint256 elapsed = time - start;
        if (d.stepSeconds != 0) elapsed -= elapsed % d.stepSeconds;
        return d.startPrice - (d.startPrice - d.floorPrice) * elapsed / (d.floorAt - start);
    }

    function _count(DutchAuction calldata d, bytes32 auctionId, uint256 quantity) private {
        if (d.walletCap == 0) return;
        uint256 wanted = taken[auctionId][msg.sender] + quantity;
        if (wanted > d.walletCap) revert OverTheCap(wanted, d.walletCap);
        taken[auctionId][msg.sender] = wanted;
    }

    /// The price falls while a transaction waits, so ether may be more than is due.
    function _takeInAtLeast(address currency, uint256 due) private returns (uint256 excess) {
        if (currency != address(0)) {
            _takeIn(currency, due);
            return 0;
        }
        if (msg.value < due) revert WrongPrice(msg.value, due);
        return msg.value - due;
    }

    /// The first work that is still to be had: one that was minted, moved or recalled since is passed over.
    function _takeNext(DutchAuction calldata d, bytes32 auctionId, uint256 price) private {
        uint256 place = falling[auctionId].place;
        uint256 tokenId;
        while (true) {
            if (place == d.count) revert SoldOut();
            tokenId = d.firstTokenId + place;
            if (INinefoldWorks(d.terms.collection).roundOf(tokenId) == d.terms.round) break;
            ++place;
        }
        falling[auctionId].place = uint32(place + 1);
        purchases[auctionId][place] = Purchase(msg.sender, uint96(price));
        emit Taken(auctionId, tokenId, msg.sender, price, d.terms.collection, d.terms.currency);
        _handOver(d.terms, tokenId, msg.sender);
    }

    function _settleDutch(DutchAuction calldata d, bytes32 auctionId, uint256 most) private {
        Falling memory auction = falling[auctionId];
        uint256 from = auction.settledPlace;
        uint256 to = auction.place;
        if (most < to - from) to = from + most;
        if (from == to) revert NothingToSettle();
        falling[auctionId].settledPlace = uint32(to);
        Lot[] memory lots = new Lot[](to - from);
        uint256 found;
        for (uint256 place = from; place < to; ++place) {
            Purchase memory purchase = purchases[auctionId][place];
            if (purchase.buyer == address(0)) continue; // passed over
            uint256 tokenId = d.firstTokenId + place;
            lots[found++] = Lot(_saleId(auctionId, tokenId), tokenId, purchase.buyer);
            _rebate(d, auctionId, tokenId, purchase, auction.lastPrice);
        }
        assembly ("memory-safe") {
            mstore(lots, found)
        }
        if (found != 0) _conclude(d.terms, auctionId, lots, auction.lastPrice);
    }

    function _rebate(
        DutchAuction calldata d,
        bytes32 auctionId,
        uint256 tokenId,
        Purchase memory purchase,
        uint256 lastPrice
    ) private {
        uint256 amount = purchase.paid - lastPrice;
        if (amount == 0) return;
        creditIn[d.terms.currency][purchase.buyer] += amount;
        emit Credited(purchase.buyer, amount, d.terms.currency);
        emit Rebated(auctionId, tokenId, purchase.buyer, amount);
    }

    function _saleId(bytes32 auctionId, uint256 tokenId) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(auctionId, tokenId)));
    }
}
