// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldAuctions} from "../src/NinefoldAuctions.sol";
import {NinefoldOffers} from "../src/NinefoldOffers.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {Payments} from "../src/Payments.sol";
import {Saleroom} from "../src/Saleroom.sol";
import {Share} from "../src/Split.sol";
import {Check, Vm} from "./Check.sol";
import {Coin} from "./Coins.sol";
import {Moody} from "./Payees.sol";
import {SaleroomStage} from "./SaleroomStage.sol";

/// Runs auctions and offers at random, in ether and in a coin, with bidders and payees that change their minds, and
/// keeps its own books of what is held for whom. Any call that ought to go through and does not fails the run, so
/// nobody can stand in anybody's way.
contract Auctioneer is Check {
    uint256 private constant ARTIST_KEY = 0xA11CE;
    bytes32 private constant CREDITED = Payments.Credited.selector;
    bytes32 private constant DONATED = Payments.Donated.selector;
    bytes32 private constant PAID = Payments.Paid.selector;
    bytes32 private constant SOLD = Saleroom.Sold.selector;

    NinefoldAuctions private immutable auctions;
    NinefoldOffers private immutable offers;
    NinefoldSeries private immutable series;
    Coin private immutable coin;
    address private immutable artist;
    address private immutable charity = address(new Moody());
    address private immutable partner = address(new Moody());

    address[4] private bidders;
    bytes[] private reserves; // ABI-encoded, since the compiler copies no nested arrays into storage
    bytes[] private falling;
    uint256[] private offered;
    uint96 private numbers;
    uint256 private nonces;
    uint256 private clock;

    /// Ghost sums by contract and currency: what waits for bids, purchases and offers to be decided.
    mapping(address room => mapping(address currency => uint256)) public escrow;
    /// What waits for its account, from the events.
    mapping(address room => mapping(address currency => uint256)) public credits;
    mapping(uint256 tokenId => bool) private bornOf;
    uint256 public born;
    uint256 public sold;

    constructor(NinefoldAuctions auctions_, NinefoldOffers offers_, NinefoldSeries series_, Coin coin_) {
        (auctions, offers, series, coin) = (auctions_, offers_, series_, coin_);
        artist = vm.addr(ARTIST_KEY);
        bidders = [address(new Moody()), address(new Moody()), address(0xB1D1), address(0xB1D2)];
        for (uint256 i; i < 4; ++i) {
            vm.deal(bidders[i], 1e36);
            coin.issue(bidders[i], 1e36);
            vm.prank(bidders[i]);
            coin.approve(address(auctions), type(uint256).max);
            vm.prank(bidders[i]);
            coin.approve(address(offers), type(uint256).max);
        }
        clock = block.timestamp;
    }

    // --- What happens ---

    function bid(uint8 who, uint8 which, uint96 raise, bool fresh) external {
        _tick(1 minutes);
        NinefoldAuctions.ReserveAuction memory a;
        if (fresh || reserves.length == 0) {
            if (numbers == series.terms().maxSupply) return;
            a.terms = _terms(which & 1 == 0);
            a.tokenId = _next();
            a.reserve = 1 + raise % 1e18;
            a.duration = 1 hours;
            a.raiseBps = uint16(100 + raise % 900);
            reserves.push(abi.encode(a));
        } else {
            a = _reserve(which);
        }
        bytes32 id = auctions.hashReserveAuction(a);
        (, uint64 endsAt,, uint128 before) = auctions.running(id);
        if (endsAt != 0 && endsAt <= clock) return;
        uint256 amount = auctions.leastBid(a) + raise % 1e18;
        bytes memory signature = _sign(auctions.hashReserveAuction(a));
        address currency = a.terms.currency;
        vm.recordLogs();
        vm.prank(bidders[who % 4]);
        auctions.bid{value: currency == address(0) ? amount : 0}(a, signature, amount);
        escrow[address(auctions)][currency] += amount;
        escrow[address(auctions)][currency] -= before; // paid back or credited
        _read(address(auctions));
    }

    function settle(uint8 which) external {
        _tick(1 minutes);
        if (reserves.length == 0) return;
        NinefoldAuctions.ReserveAuction memory a = _reserve(which);
        bytes32 id = auctions.hashReserveAuction(a);
        (address bidder, uint64 endsAt, bool settled, uint128 amount) = auctions.running(id);
        bool ripe = !settled && endsAt <= clock;
        vm.recordLogs();
        try auctions.settle(a) {
            holds(ripe, "settled what was not to be settled");
        } catch {
            holds(!ripe, "did not settle what was");
            vm.getRecordedLogs();
            return;
        }
        same(series.ownerOf(a.tokenId), bidder, "the highest bidder has the work");
        escrow[address(auctions)][a.terms.currency] -= amount;
        same(_read(address(auctions)), amount, "parts of the sale are its price");
    }

    function buyDutch(uint8 who, uint8 which, uint8 quantity, bool fresh) external {
        _tick(5 minutes);
        NinefoldAuctions.DutchAuction memory d;
        if (fresh || falling.length == 0) {
            if (numbers + 3 > series.terms().maxSupply) return;
            d.terms = _terms(which & 1 == 0);
            d.terms.start = uint64(clock);
            d.terms.end = uint64(clock + 2 hours);
            d.floorAt = uint64(clock + 1 hours);
            d.firstTokenId = _next();
            d.count = 3;
            numbers += 2;
            d.startPrice = 1e18 + 7;
            d.floorPrice = 1e17;
            falling.push(abi.encode(d));
        } else {
            d = _dutch(which);
        }
        (uint32 place,,,) = auctions.falling(auctions.hashDutchAuction(d));
        quantity = 1 + quantity % 2;
        if (place + quantity > d.count || clock > d.terms.end) return;
        uint256 price = auctions.priceAt(d, clock);
        bytes memory signature = _sign(auctions.hashDutchAuction(d));
        address currency = d.terms.currency;
        vm.recordLogs();
        vm.prank(bidders[who % 4]);
        auctions.buyDutch{value: currency == address(0) ? price * quantity + 5 : 0}(d, signature, quantity);
        escrow[address(auctions)][currency] += price * quantity;
        _read(address(auctions));
    }

    function settleDutch(uint8 which, uint8 most) external {
        _tick(1 minutes);
        if (falling.length == 0) return;
        NinefoldAuctions.DutchAuction memory d = _dutch(which);
        bytes32 id = auctions.hashDutchAuction(d);
        (uint32 place, uint32 settled,, uint96 last) = auctions.falling(id);
        most = 1 + most % 3;
        bool ripe = place > settled && (place == d.count || clock > d.terms.end);
        uint256 held;
        for (uint256 i = settled; i < place && i < settled + most; ++i) {
            (, uint96 paid) = auctions.purchases(id, i);
            held += paid;
        }
        uint256 works = place - settled < most ? place - settled : most;
        vm.recordLogs();
        try auctions.settleDutch(d, most) {
            holds(ripe, "settled what was not to be settled");
        } catch {
            holds(!ripe, "did not settle what was");
            vm.getRecordedLogs();
            return;
        }
        escrow[address(auctions)][d.terms.currency] -= held;
        same(_read(address(auctions)), works * last, "parts of the sales are their prices");
    }

    function offer(uint8 who, uint96 amount, bool inCoin) external {
        _tick(1 minutes);
        uint96 number = numbers + 1; // whoever comes first has it
        amount = amount == 0 ? 1 : amount;
        address currency = inCoin ? address(coin) : address(0);
        vm.prank(bidders[who % 4]);
        offered.push(
            offers.makeOffer{value: inCoin ? 0 : amount}(
                address(series), _id(number), 0, currency, amount, uint64(clock + 3 hours), address(0), 0
            )
        );
        escrow[address(offers)][currency] += amount;
    }

    function accept(uint8 which) external {
        _tick(1 minutes);
        if (offered.length == 0) return;
        uint256 id = offered[which % offered.length];
        (address bidder, uint64 expiresAt,,, address currency, uint128 amount,, uint256 tokenId,) =
            offers.offers(id);
        bool possible = bidder != address(0) && expiresAt >= clock && !bornOf[tokenId]
            && uint96(tokenId) > numbers && uint96(tokenId) <= series.terms().maxSupply;
        Saleroom.Terms memory t = _terms(currency == address(0));
        vm.recordLogs();
        vm.prank(artist);
        try offers.accept(id, t, "") {
            holds(possible, "accepted what could not be");
        } catch {
            holds(!possible, "did not accept what could be");
            vm.getRecordedLogs();
            return;
        }
        numbers = uint96(tokenId);
        same(series.ownerOf(tokenId), bidder, "the bidder has the work");
        escrow[address(offers)][currency] -= amount;
        same(_read(address(offers)), amount, "parts of the sale are its price");
    }

    function cancelOffer(uint8 which, bool byBidder) external {
        _tick(1 minutes);
        if (offered.length == 0) return;
        uint256 id = offered[which % offered.length];
        (address bidder, uint64 expiresAt,,, address currency, uint128 amount,,,) = offers.offers(id);
        bool possible = bidder != address(0) && (byBidder || expiresAt < clock);
        vm.recordLogs();
        if (byBidder && bidder != address(0)) vm.prank(bidder);
        try offers.cancelOffer(id) {
            holds(possible, "cancelled what could not be");
        } catch {
            holds(!possible, "did not cancel what could be");
            vm.getRecordedLogs();
            return;
        }
        escrow[address(offers)][currency] -= amount;
        _read(address(offers));
    }

    function withdraw(uint8 who, bool fromOffers, bool inCoin) external {
        address account = who % 6 < 4 ? bidders[who % 6] : who % 6 == 4 ? charity : partner;
        Payments room = fromOffers ? Payments(offers) : Payments(auctions);
        address currency = inCoin ? address(coin) : address(0);
        uint256 amount = room.creditIn(currency, account);
        try room.withdrawIn{gas: 1_000_000}(currency, account) {
            credits[address(room)][currency] -= amount;
        } catch {
            bool refuses_ = inCoin ? coin.blocked(account) : account.code.length != 0 && !_willing(account);
            holds(amount == 0 || refuses_, "could not withdraw");
        }
    }

    function changeMood(uint8 who, bool willing) external {
        address[4] memory moody = [bidders[0], bidders[1], charity, partner];
        Moody(payable(moody[who % 4])).setWilling(willing);
        coin.block_(moody[who % 4], !willing);
    }

    function pass(uint16 seconds_) external {
        _tick(seconds_ % 2 hours);
    }

    // --- Books ---

    /// Adds up the events of a call: credits into the books, and the parts of sales, which are returned.
    function _read(address room) private returns (uint256 parts) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(series) && logs[i].topics[1] == 0) {
                holds(!bornOf[uint256(logs[i].topics[3])], "a work is born once");
                bornOf[uint256(logs[i].topics[3])] = true;
                ++born;
            }
            if (logs[i].emitter != room) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == CREDITED) {
                address currency = address(uint160(uint256(logs[i].topics[2])));
                credits[room][currency] += abi.decode(logs[i].data, (uint256));
            } else if (topic == DONATED) {
                (uint256 amount,) = abi.decode(logs[i].data, (uint256, address));
                parts += amount;
            } else if (topic == PAID) {
                parts += abi.decode(logs[i].data, (uint256));
            } else if (topic == SOLD) {
                ++sold;
            }
        }
    }

    function _reserve(uint256 which) private view returns (NinefoldAuctions.ReserveAuction memory) {
        return abi.decode(reserves[which % reserves.length], (NinefoldAuctions.ReserveAuction));
    }

    function _dutch(uint256 which) private view returns (NinefoldAuctions.DutchAuction memory) {
        return abi.decode(falling[which % falling.length], (NinefoldAuctions.DutchAuction));
    }

    function _tick(uint256 seconds_) private {
        clock += seconds_;
        vm.warp(clock);
    }

    function _willing(address account) private view returns (bool) {
        return Moody(payable(account)).willing();
    }

    function _next() private returns (uint256) {
        return _id(++numbers);
    }

    function _id(uint96 number) private view returns (uint256) {
        return (uint256(uint160(artist)) << 96) | number;
    }

    function _sign(bytes32 digest) private pure returns (bytes memory) {
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(ARTIST_KEY, digest);
        return abi.encodePacked(r, s, parity);
    }

    function _terms(bool inEther) private returns (Saleroom.Terms memory t) {
        t.collection = address(series);
        t.seller = artist;
        t.currency = inEther ? address(0) : address(coin);
        t.beneficiary = charity;
        t.donationBps = 1_111;
        t.shares = new Share[](3);
        t.shares[0] = Share(artist, 5_556);
        t.shares[1] = Share(partner, 3_000);
        t.shares[2] = Share(address(0x517E), 333);
        t.end = type(uint64).max;
        t.nonce = ++nonces;
    }
}

contract SaleroomInvariantTest is SaleroomStage {
    uint32 internal constant SUPPLY = 30;
    Auctioneer private auctioneer;

    function setUp() public override {
        super.setUp();
        series = _series(SUPPLY);
        auctioneer = new Auctioneer(auctions, offers, series, coin);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(auctioneer);
    }

    function invariant_balance_is_credits_and_escrow() public view {
        address[2] memory rooms = [address(auctions), address(offers)];
        for (uint256 i; i < 2; ++i) {
            same(
                rooms[i].balance,
                auctioneer.credits(rooms[i], address(0)) + auctioneer.escrow(rooms[i], address(0)),
                "ether"
            );
            same(
                coin.balanceOf(rooms[i]),
                auctioneer.credits(rooms[i], address(coin)) + auctioneer.escrow(rooms[i], address(coin)),
                "coin"
            );
        }
        holds(auctioneer.born() <= SUPPLY, "supply never above its maximum");
        holds(auctioneer.sold() <= auctioneer.born(), "one sale a work");
    }

    function afterInvariant() external view {
        holds(auctioneer.born() > 0, "the run brought something about");
    }
}
