// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {Share} from "../src/Split.sol";
import {Check} from "./Check.sol";
import {Stage} from "./Stage.sol";

uint96 constant SUPPLY = 24;
uint96 constant BATCHED = 8;

/// Mints, claims, moves and recalls works of one series at random, from every side at once.
contract Curator is Check {
    uint256 private constant ARTIST_KEY = 0xA11CE;

    NinefoldSeries private immutable series;
    NinefoldMarket private immutable market;
    address private immutable minter;
    address private immutable artist;
    address[4] private people;

    /// Ghosts: who has each number, zero before it is born; how often it moved or was recalled.
    mapping(uint256 number => address) public holder;
    mapping(uint256 number => uint40) public round;
    uint256 public born;

    constructor(NinefoldSeries series_, NinefoldMarket market_, address minter_) {
        (series, market, minter) = (series_, market_, minter_);
        artist = vm.addr(ARTIST_KEY);
        people = [artist, address(0xE001), address(0xE002), address(0xE003)];
    }

    function everybody() external view returns (address[4] memory) {
        return people;
    }

    function mintBatch(uint8 first, uint8 count) external {
        uint96 from = 1 + first % BATCHED;
        uint96 to = from + count % BATCHED;
        bool possible = to <= BATCHED;
        for (uint96 number = from; possible && number <= to; ++number) {
            possible = holder[number] == address(0);
        }
        vm.prank(minter);
        try series.mintBatch(from, to - from + 1) {
            holds(possible, "minted a batch that cannot be");
            for (uint96 number = from; number <= to; ++number) {
                holder[number] = artist;
                ++born;
            }
        } catch {
            holds(!possible, "refused a batch that can be");
        }
    }

    function mint(uint8 which) external {
        uint96 number = uint96(which) % (SUPPLY + 4);
        vm.prank(minter);
        try series.mint(_id(number), 0, address(0), 0) {
            holds(_single(number), "minted what cannot be");
            _bear(number, artist);
        } catch {
            holds(!_single(number), "refused what can be");
        }
    }

    function claim(uint8 who, uint8 first, uint8 count, uint8 quantity, uint64 price) external {
        NinefoldMarket.Drop memory d = _drop(first, count, price);
        quantity = 1 + quantity % 3;
        (bool possible, uint96[] memory numbers) = _next(d, quantity);
        bool done = _claim(d, people[who % 4], quantity);
        holds(done == possible, possible ? "refused what can be" : "sold what cannot be");
        for (uint256 i; done && i < quantity; ++i) {
            _bear(numbers[i], people[who % 4]);
        }
    }

    function move(uint8 which, uint8 to) external {
        uint96 number = _born(which);
        if (number == 0) return;
        vm.prank(holder[number]);
        series.transferFrom(holder[number], people[to % 4], _id(number));
        holder[number] = people[to % 4];
        ++round[number];
    }

    function recall(uint8 who, uint8 which) external {
        uint96 number = uint96(which) % (SUPPLY + 4);
        address caller = people[who % 4];
        address entitled = holder[number] == address(0) ? artist : holder[number];
        vm.prank(caller);
        try series.recall(_id(number)) {
            holds(caller == entitled, "recalled another's");
            ++round[number];
        } catch {
            holds(caller != entitled, "could not recall its own");
        }
    }

    function _drop(uint8 first, uint8 count, uint64 price)
        private
        view
        returns (NinefoldMarket.Drop memory d)
    {
        d.collection = address(series);
        d.firstTokenId = _id(BATCHED + 1 + first % (SUPPLY - BATCHED));
        d.count = 1 + count % 6;
        d.price = price;
        d.shares = new Share[](2);
        d.shares[0] = Share(artist, 6_667);
        d.shares[1] = Share(address(0xE0E0), 3_333);
        d.validUntil = type(uint64).max;
    }

    /// What the drop has to sell next.
    function _next(NinefoldMarket.Drop memory d, uint256 quantity)
        private
        view
        returns (bool possible, uint96[] memory numbers)
    {
        numbers = new uint96[](quantity);
        uint256 found;
        for (
            uint256 place = market.dropPlace(market.hashDrop(d));
            place < d.count && found < quantity;
            ++place
        ) {
            uint96 number = uint96(d.firstTokenId + place);
            if (round[number] != 0) continue;
            if (number > SUPPLY) return (false, numbers);
            numbers[found++] = number;
        }
        possible = found == quantity;
    }

    function _claim(NinefoldMarket.Drop memory d, address buyer, uint256 quantity) private returns (bool) {
        (uint8 parity, bytes32 r, bytes32 s) = vm.sign(ARTIST_KEY, market.hashDrop(d));
        NinefoldMarket.Permit memory none;
        vm.deal(buyer, buyer.balance + d.price * quantity);
        vm.prank(buyer);
        try market.claim{value: d.price * quantity}(
            d, abi.encodePacked(r, s, parity), quantity, buyer, 0, new bytes32[](0), none
        ) {
            return true;
        } catch {
            return false;
        }
    }

    function _bear(uint96 number, address to) private {
        holder[number] = to;
        ++round[number];
        ++born;
    }

    function _single(uint96 number) private view returns (bool) {
        return number > BATCHED && number <= SUPPLY && holder[number] == address(0);
    }

    /// A number that is born, at or after `which`; zero if there is none.
    function _born(uint8 which) private view returns (uint96) {
        for (uint96 i; i < SUPPLY; ++i) {
            uint96 number = 1 + (which + i) % SUPPLY;
            if (holder[number] != address(0)) return number;
        }
        return 0;
    }

    function _id(uint96 number) private view returns (uint256) {
        return (uint256(uint160(artist)) << 96) | number;
    }
}

contract SeriesInvariantTest is Stage {
    Curator private curator;
    NinefoldSeries private series;

    function setUp() public override {
        super.setUp();
        series = _series(_terms(uint32(SUPPLY), uint32(BATCHED)));
        curator = new Curator(series, market, MINTER);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(curator);
    }

    /// forge-config: default.invariant.runs = 24
    function invariant_every_work_has_one_holder_and_supply_its_maximum() public view {
        uint256[4] memory balances;
        address[4] memory people = curator.everybody();
        for (uint96 number; number < SUPPLY + 4; ++number) {
            uint256 id = _id(artist, number);
            address holder = curator.holder(number);
            same(series.roundOf(id), curator.round(number), "round");
            try series.ownerOf(id) returns (address owner) {
                same(owner, holder, "holder");
            } catch {
                same(holder, address(0), "unborn");
            }
            for (uint256 i; i < 4; ++i) {
                if (holder == people[i]) ++balances[i];
            }
        }
        uint256 sum;
        for (uint256 i; i < 4; ++i) {
            same(series.balanceOf(people[i]), balances[i], "balance");
            sum += balances[i];
        }
        same(sum, curator.born(), "every work once");
        holds(sum <= SUPPLY, "supply never above its maximum");
        same(address(market).balance, 0, "the market keeps nothing of willing payees");
    }
}
