// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IERC7572} from "../src/IERC7572.sol";
import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {NinefoldSeries} from "../src/NinefoldSeries.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Vm} from "./Check.sol";
import {Stage} from "./Stage.sol";

/// An artist's own contract: batches, single mints, reveal, ownership. The factory has a file of its own.
contract NinefoldSeriesTest is Stage {
    address internal constant STRANGER = address(0x5712);
    bytes32 internal immutable hello = sha256("hello world");
    string internal constant HELLO = "ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

    NinefoldSeries internal series; // 600 works, of which 1 to 500 come in batches

    function setUp() public override {
        super.setUp();
        series = _series(_terms(600, 500));
    }

    // --- Batches ---

    function test_mintBatch_gives_the_works_to_the_artist_when_the_owner_asks() public {
        vm.recordLogs();
        vm.prank(artist);
        series.mintBatch(1, 10);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 10, "one Transfer a work");
        for (uint96 i; i < 10; ++i) {
            same(logs[i].topics[0], IERC721.Transfer.selector, "Transfer");
            same(uint256(logs[i].topics[1]), 0, "from nobody");
            same(uint256(logs[i].topics[2]), uint160(artist), "to the artist");
            same(uint256(logs[i].topics[3]), _id(artist, 1 + i), "work");
            same(series.ownerOf(_id(artist, 1 + i)), artist, "owner");
        }
        same(series.balanceOf(artist), 10, "balance");
        _nobodys(11);
    }

    function test_mintBatch_marks_every_work_once_when_batches_cross_groups_of_256() public {
        vm.prank(MINTER);
        series.mintBatch(200, 256); // the last 56 of one group and the first 200 of the next
        same(series.ownerOf(_id(artist, 200)), artist, "first");
        same(series.ownerOf(_id(artist, 255)), artist, "last of the group");
        same(series.ownerOf(_id(artist, 256)), artist, "first of the next");
        same(series.ownerOf(_id(artist, 455)), artist, "last");
        _nobodys(199);
        _nobodys(456);
        _batchExpecting(199, 2, _again(199));
        _batchExpecting(455, 1, _again(455));
        vm.prank(MINTER);
        series.mintBatch(456, 45);
        vm.prank(MINTER);
        series.mintBatch(1, 199);
        same(series.balanceOf(artist), 500, "all of them");
    }

    function test_mintBatch_fills_a_group_when_it_is_256_from_its_beginning() public {
        vm.prank(MINTER);
        series.mintBatch(1, 255);
        vm.prank(MINTER);
        series.mintBatch(256, 245);
        same(series.ownerOf(_id(artist, 500)), artist, "last of all");
    }

    function test_mintBatch_refuses_when_the_numbers_are_not_for_batches() public {
        _batchExpecting(0, 1, _badBatch(0, 1));
        _batchExpecting(1, 0, _badBatch(1, 0));
        _batchExpecting(1, 257, _badBatch(1, 257));
        _batchExpecting(500, 2, _badBatch(500, 2));
        _batchExpecting(501, 1, _badBatch(501, 1));
        vm.prank(MINTER);
        series.mintBatch(500, 1);
    }

    function test_mintBatch_refuses_when_caller_is_neither_owner_nor_minter() public {
        address[3] memory others = [STRANGER, address(market), ADMIN];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotMinter.selector, others[i]));
            series.mintBatch(1, 1);
        }
    }

    function test_batch_born_work_keeps_its_terms_when_it_moves() public {
        vm.prank(artist);
        series.mintBatch(1, 3);
        uint256 id = _id(artist, 2);
        same(series.roundOf(id), 0, "round");
        vm.prank(artist);
        series.transferFrom(artist, BUYER, id);
        same(series.ownerOf(id), BUYER, "owner");
        same(series.roundOf(id), 1, "round after it moved");
        same(series.balanceOf(artist), 2, "artist");
        same(series.balanceOf(BUYER), 1, "buyer");
        (address receiver, uint256 royalty) = series.royaltyInfo(id, 10_000);
        same(receiver, artist, "royalty receiver");
        same(royalty, 500, "royalty");
        vm.prank(BUYER);
        series.transferFrom(BUYER, artist, id);
        same(series.ownerOf(id), artist, "and back");
    }

    function test_batch_born_work_is_the_artists_when_it_was_recalled_before() public {
        uint256 id = _id(artist, 2);
        vm.prank(artist);
        series.recall(id);
        _nobodys(2);
        vm.prank(artist);
        series.mintBatch(1, 3);
        same(series.ownerOf(id), artist, "owner");
        same(series.roundOf(id), 1, "round");
    }

    function test_another_artists_numbers_are_nobodys_when_ours_are_born() public {
        vm.prank(artist);
        series.mintBatch(1, 3);
        uint256 id = _id(STRANGER, 2);
        vm.expectRevert(_nonexistent(id));
        series.ownerOf(id);
        vm.prank(STRANGER);
        series.recall(id); // moves a round that no work of this series has
        vm.expectRevert(_nonexistent(id));
        series.ownerOf(id);
    }

    // --- Single mints ---

    function test_mint_gives_the_work_to_the_artist_when_owner_or_minter_asks() public {
        vm.prank(MINTER);
        series.mint(_id(artist, 501), 0, address(0), 0);
        vm.prank(artist);
        series.mint(_id(artist, 600), hello, COLLABORATOR, 300);
        same(series.ownerOf(_id(artist, 501)), artist, "first");
        same(series.ownerOf(_id(artist, 600)), artist, "last");
        same(series.tokenURI(_id(artist, 600)), HELLO);
        (address receiver, uint256 royalty) = series.royaltyInfo(_id(artist, 600), 10_000);
        same(receiver, COLLABORATOR, "receiver of its own");
        same(royalty, 300, "royalty of its own");
        (receiver, royalty) = series.royaltyInfo(_id(artist, 501), 10_000);
        same(receiver, artist, "the series' receiver");
        same(royalty, 500, "the series' royalty");
    }

    function test_mint_refuses_when_the_number_is_not_among_the_single_ones() public {
        uint256[4] memory ids = [_id(artist, 0), _id(artist, 500), _id(artist, 601), _id(STRANGER, 501)];
        for (uint256 i; i < 4; ++i) {
            _mintExpecting(ids[i], 0, abi.encodeWithSelector(NinefoldSeries.NotOfThisSeries.selector, ids[i]));
        }
    }

    function test_mint_refuses_when_minted_before() public {
        uint256 id = _id(artist, 501);
        vm.prank(MINTER);
        series.mint(id, 0, address(0), 0);
        _mintExpecting(id, 0, abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, id));
    }

    function test_mint_refuses_when_caller_is_no_minter_and_mintSold_when_it_is_no_market() public {
        INinefoldWorks.Birth memory birth;
        birth.tokenId = _id(artist, 501);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotMinter.selector, STRANGER));
        series.mint(birth.tokenId, 0, address(0), 0);
        address[3] memory others = [STRANGER, MINTER, artist];
        for (uint256 i; i < 3; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotMarket.selector, others[i]));
            series.mintSold(birth, others[i]);
        }
    }

    function test_mint_refuses_when_neither_folder_nor_digest_is_there() public {
        NinefoldSeries.Terms memory terms = _terms(3, 0);
        terms.folder = 0;
        series = _series(terms);
        _mintExpecting(_id(artist, 1), 0, abi.encodeWithSelector(NinefoldWorks.EmptyDigest.selector));
        vm.prank(MINTER);
        series.mint(_id(artist, 1), DIGEST, address(0), 0);
    }

    function test_mint_goes_through_when_the_artist_recalled_the_work_before() public {
        uint256 id = _id(artist, 501);
        vm.prank(artist);
        series.recall(id);
        vm.prank(MINTER);
        series.mint(id, 0, address(0), 0);
        same(series.roundOf(id), 2, "round");
        same(series.ownerOf(id), artist, "owner");
    }

    function test_mint_refuses_when_its_royalty_and_the_series_donation_are_above_half() public {
        NinefoldSeries.Terms memory terms = _terms(10, 0);
        terms.resaleBps = 4_000;
        terms.resaleBeneficiary = CHARITY;
        series = _series(terms);
        vm.prank(MINTER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.RoyaltyTooHigh.selector, uint256(5_001)));
        series.mint(_id(artist, 1), 0, artist, 1_001);
        vm.prank(MINTER);
        series.mint(_id(artist, 1), 0, artist, 1_000);
    }

    function test_mintSold_refuses_when_its_donation_and_the_series_royalty_are_above_half() public {
        INinefoldWorks.Birth memory birth;
        birth.tokenId = _id(artist, 501);
        birth.resaleBps = 4_501;
        birth.resaleBeneficiary = CHARITY;
        vm.prank(address(market));
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.RoyaltyTooHigh.selector, uint256(5_001)));
        series.mintSold(birth, BUYER);
        birth.resaleBps = 4_500;
        vm.prank(address(market));
        series.mintSold(birth, BUYER);
        same(series.resaleTerms(birth.tokenId).resaleBps, 4_500, "its own donation");
        same(series.resaleTerms(birth.tokenId).royaltyBps, 500, "the series' royalty");
    }

    // --- Metadata ---

    function test_tokenURI_names_the_file_in_the_folder_when_it_is_open() public {
        NinefoldSeries.Terms memory terms = _terms(10, 0);
        terms.folder = hello;
        series = _series(terms);
        vm.prank(MINTER);
        series.mint(_id(artist, 7), 0, address(0), 0);
        same(
            series.tokenURI(_id(artist, 7)),
            "ipfs://bafybeifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e/7.json"
        );
    }

    function test_tokenURI_refuses_when_the_work_does_not_exist() public {
        vm.expectRevert(_nonexistent(_id(artist, 501)));
        series.tokenURI(_id(artist, 501));
    }

    function test_reveal_opens_the_folder_once_when_it_is_the_committed_one() public {
        series = _sealed();
        vm.prank(artist);
        series.mintBatch(1, 5);
        same(series.tokenURI(_id(artist, 5)), HELLO);
        bytes32 folder = keccak256("folder");
        vm.prank(artist);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotCommitted.selector, bytes32(uint256(1))));
        series.reveal(bytes32(uint256(1)));
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotOwner.selector, STRANGER));
        series.reveal(folder);
        vm.expectEmit(address(series));
        emit NinefoldSeries.Revealed(folder);
        vm.expectEmit(address(series));
        emit IERC4906.BatchMetadataUpdate(_id(artist, 1), _id(artist, 10));
        vm.prank(artist);
        series.reveal(folder);
        string memory uri = series.tokenURI(_id(artist, 5));
        holds(bytes(uri).length == 66 + 7, "folder and /5.json");
        vm.prank(artist);
        refuses(NinefoldSeries.AlreadyRevealed.selector);
        series.reveal(folder);
        same(series.tokenURI(_id(artist, 5)), uri);
    }

    function test_reveal_refuses_when_nothing_was_committed_to() public {
        vm.prank(artist);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotCommitted.selector, keccak256("folder")));
        series.reveal(keccak256("folder"));
    }

    function test_contractURI_changes_when_the_owner_sets_it() public {
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotOwner.selector, STRANGER));
        series.setContractURI(hello);
        vm.prank(artist);
        refuses(NinefoldWorks.EmptyDigest.selector);
        series.setContractURI(0);
        vm.expectEmit(address(series));
        emit IERC7572.ContractURIUpdated();
        vm.prank(artist);
        series.setContractURI(hello);
        same(series.contractURI(), HELLO);
    }

    function test_series_tells_what_was_promised_when_asked() public view {
        NinefoldSeries.Terms memory terms = series.terms();
        same(keccak256(abi.encode(terms)), keccak256(abi.encode(_terms(600, 500))), "terms");
        same(series.name(), "Nine Moments");
        same(series.symbol(), "NM");
        same(series.owner(), artist, "owner");
        holds(series.isMarket(address(market)) && !series.isMarket(MINTER), "markets");
        holds(series.isMinter(MINTER) && !series.isMinter(address(market)), "minters");
        holds(series.supportsInterface(0x7f5828d0) == false, "not ERC-173: nobody can give it up");
        holds(series.supportsInterface(0x8da5cb5b), "ERC-5313");
        holds(series.supportsInterface(0x80ac58cd), "ERC-721");
        holds(!series.supportsInterface(0xffffffff), "0xffffffff is no interface");
    }

    // --- Rights ---

    function test_rights_come_and_go_when_the_owner_asks() public {
        vm.expectEmit(address(series));
        emit NinefoldSeries.MarketAllowed(STRANGER, true);
        vm.prank(artist);
        series.allowMarket(STRANGER, true);
        holds(series.isMarket(STRANGER), "market");
        vm.expectEmit(address(series));
        emit NinefoldSeries.MarketAllowed(STRANGER, false);
        vm.prank(artist);
        series.allowMarket(STRANGER, false);
        holds(!series.isMarket(STRANGER), "no market");
        vm.expectEmit(address(series));
        emit NinefoldSeries.MinterAllowed(MINTER, false);
        vm.prank(artist);
        series.allowMinter(MINTER, false);
        vm.prank(MINTER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotMinter.selector, MINTER));
        series.mintBatch(1, 1);
        vm.expectEmit(address(series));
        emit NinefoldSeries.MinterAllowed(STRANGER, true);
        vm.prank(artist);
        series.allowMinter(STRANGER, true);
        vm.prank(STRANGER);
        series.mintBatch(1, 1);
    }

    function test_rights_leave_balances_alone_when_an_owner_of_works_has_them() public {
        vm.prank(artist);
        series.mintBatch(1, 3);
        vm.prank(artist);
        series.allowMinter(artist, true);
        same(series.balanceOf(artist), 3, "balance");
        vm.prank(artist);
        series.allowMinter(artist, false);
        same(series.balanceOf(artist), 3, "balance");
    }

    function test_rights_refuse_when_caller_is_not_the_owner_or_account_is_zero() public {
        bytes memory refusal = abi.encodeWithSelector(NinefoldSeries.NotOwner.selector, MINTER);
        vm.prank(MINTER);
        vm.expectRevert(refusal);
        series.allowMarket(MINTER, true);
        vm.prank(MINTER);
        vm.expectRevert(refusal);
        series.allowMinter(STRANGER, true);
        vm.prank(artist);
        refuses(NinefoldWorks.ZeroAddress.selector);
        series.allowMarket(address(0), true);
        vm.prank(artist);
        refuses(NinefoldWorks.ZeroAddress.selector);
        series.allowMinter(address(0), true);
    }

    function test_ownership_changes_only_when_the_successor_accepts() public {
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotOwner.selector, STRANGER));
        series.transferOwnership(STRANGER);
        vm.expectEmit(address(series));
        emit NinefoldSeries.OwnershipTransferStarted(artist, BUYER);
        vm.prank(artist);
        series.transferOwnership(BUYER);
        same(series.owner(), artist, "owner before");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotOwner.selector, STRANGER));
        series.acceptOwnership();
        vm.expectEmit(address(series));
        emit NinefoldSeries.OwnershipTransferred(artist, BUYER);
        vm.prank(BUYER);
        series.acceptOwnership();
        same(series.owner(), BUYER, "owner after");
        same(series.pendingOwner(), address(0), "nobody waits");
        vm.prank(BUYER);
        series.mintBatch(1, 1);
        same(series.ownerOf(_id(artist, 1)), artist, "the works are still born to the artist");
    }

    function test_setUp_refuses_when_it_was_done_or_nobody_did_it() public {
        address[] memory none = new address[](0);
        vm.prank(address(factory));
        refuses(NinefoldSeries.AlreadySetUp.selector);
        series.setUp(STRANGER, DIGEST, none, STRANGER);
        NinefoldSeries implementation = NinefoldSeries(factory.implementation());
        vm.prank(STRANGER);
        refuses(NinefoldSeries.AlreadySetUp.selector);
        implementation.setUp(STRANGER, DIGEST, none, STRANGER);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldSeries.NotMinter.selector, STRANGER));
        implementation.mintBatch(1, 1);
    }

    // --- Sums ---

    /// forge-config: default.fuzz.runs = 100
    function testFuzz_batches_bear_each_work_once_when_they_are_any(
        uint16[4] memory firsts,
        uint16[4] memory counts
    ) public {
        bool[501] memory born;
        uint256 total;
        for (uint256 i; i < 4; ++i) {
            uint256 first = firsts[i] % 503;
            uint256 count = counts[i] % 260;
            bool possible = first != 0 && count != 0 && count <= 256 && first + count - 1 <= 500;
            for (uint256 number = first; possible && number < first + count; ++number) {
                possible = !born[number];
            }
            vm.prank(MINTER);
            try series.mintBatch(first, count) {
                holds(possible, "minted what cannot be");
                for (uint256 number = first; number < first + count; ++number) {
                    born[number] = true;
                }
                total += count;
            } catch {
                holds(!possible, "refused what can be");
            }
        }
        same(series.balanceOf(artist), total, "balance");
        for (uint96 number; number <= 500; number += 17) {
            if (born[number]) same(series.ownerOf(_id(artist, number)), artist, "owner");
            else _nobodys(number);
        }
    }

    // --- Helpers ---

    function _sealed() private returns (NinefoldSeries) {
        NinefoldSeries.Terms memory terms = _terms(10, 10);
        terms.folder = 0;
        terms.commitment = keccak256(abi.encode(keccak256("folder")));
        terms.placeholder = hello;
        return _series(terms);
    }

    function _nobodys(uint96 number) private {
        vm.expectRevert(_nonexistent(_id(artist, number)));
        series.ownerOf(_id(artist, number));
    }

    function _nonexistent(uint256 id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, id);
    }

    function _again(uint96 number) private view returns (bytes memory) {
        return abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, _id(artist, number));
    }

    function _badBatch(uint256 first, uint256 count) private pure returns (bytes memory) {
        return abi.encodeWithSelector(NinefoldSeries.BadBatch.selector, first, count);
    }

    function _batchExpecting(uint256 first, uint256 count, bytes memory refusal) private {
        vm.prank(MINTER);
        vm.expectRevert(refusal);
        series.mintBatch(first, count);
    }

    function _mintExpecting(uint256 id, bytes32 digest, bytes memory refusal) private {
        vm.prank(MINTER);
        vm.expectRevert(refusal);
        series.mint(id, digest, address(0), 0);
    }
}
