// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {INinefoldWorks} from "../src/INinefoldWorks.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Vm} from "./Check.sol";
import {Plain, Reenterer} from "./Payees.sol";
import {Stage} from "./Stage.sol";

/// OpenZeppelin's own, with a mint that anyone may call.
contract Model is ERC721("Model", "M") {
    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
    }
}

/// Ownership, approvals, rounds and what the artist asks of later sales, as the shared contract has them.
contract NinefoldWorksTest is Stage {
    address internal constant STRANGER = address(0x5712);

    Model internal model;
    uint256[3] internal ids;
    address[4] internal people;

    function setUp() public override {
        super.setUp();
        model = new Model();
        people = [artist, BUYER, SECOND_BUYER, COLLABORATOR];
        for (uint96 i; i < 3; ++i) {
            ids[i] = _id(artist, 1 + i);
            vm.prank(MINTER);
            token.mint(ids[i], DIGEST, artist, 750);
            model.mint(artist, ids[i]);
        }
    }

    // --- As OpenZeppelin's ---

    /// forge-config: default.fuzz.runs = 200
    function testFuzz_answers_equal_openzeppelins_when_calls_are_any(uint256[12] memory seeds) public {
        for (uint256 i; i < seeds.length; ++i) {
            address caller = people[seeds[i] % 4];
            bytes memory call_ = _anyCall(seeds[i] >> 8);
            vm.recordLogs();
            vm.prank(caller);
            (bool oursWent, bytes memory oursSaid) = address(token).call(call_);
            Vm.Log[] memory ourLogs = vm.getRecordedLogs();
            vm.recordLogs();
            vm.prank(caller);
            (bool theirsWent, bytes memory theirsSaid) = address(model).call(call_);
            Vm.Log[] memory theirLogs = vm.getRecordedLogs();
            holds(oursWent == theirsWent, "both go through or neither");
            same(keccak256(oursSaid), keccak256(theirsSaid), "same answer or error");
            // Forge records what a call emitted before it was undone, too.
            if (oursWent) same(ourLogs.length, theirLogs.length, "same number of events");
            for (uint256 j; oursWent && j < ourLogs.length; ++j) {
                same(
                    keccak256(abi.encode(ourLogs[j].topics, ourLogs[j].data)),
                    keccak256(abi.encode(theirLogs[j].topics, theirLogs[j].data)),
                    "same event"
                );
            }
            _compare();
        }
    }

    function test_views_refuse_as_openzeppelins_when_there_is_nobody() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOwner.selector, address(0)));
        token.balanceOf(address(0));
        uint256 id = _id(artist, 9);
        bytes memory refusal = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, id);
        vm.expectRevert(refusal);
        token.ownerOf(id);
        vm.expectRevert(refusal);
        token.getApproved(id);
        vm.prank(artist);
        vm.expectRevert(refusal);
        token.approve(BUYER, id);
        vm.expectRevert(refusal);
        token.transferFrom(artist, BUYER, id);
        vm.expectRevert(refusal);
        token.resaleTerms(id);
    }

    function test_setApprovalForAll_refuses_when_the_operator_is_zero() public {
        vm.prank(artist);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOperator.selector, address(0)));
        token.setApprovalForAll(address(0), true);
    }

    function test_safeTransferFrom_asks_the_receiver_when_it_has_code() public {
        Reenterer receiver = new Reenterer();
        vm.prank(artist);
        token.safeTransferFrom(artist, address(receiver), ids[0]);
        same(token.ownerOf(ids[0]), address(receiver), "receiver");
        address plain = address(new Plain());
        vm.prank(artist);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, plain));
        token.safeTransferFrom(artist, plain, ids[1], "data");
        vm.prank(artist);
        token.safeTransferFrom(artist, BUYER, ids[1], "data");
        same(token.ownerOf(ids[1]), BUYER, "an account is not asked");
    }

    // --- Rounds ---

    function test_round_goes_up_when_the_work_is_minted_moved_or_recalled() public {
        uint256 id = _id(artist, 9);
        same(token.roundOf(id), 0, "unminted");
        vm.prank(artist);
        token.recall(id);
        same(token.roundOf(id), 1, "recalled");
        INinefoldWorks.Birth memory birth = _birth(id, DIGEST, 0);
        birth.round = 1;
        vm.prank(address(market));
        token.mintSold(birth, BUYER);
        same(token.roundOf(id), 2, "minted");
        vm.prank(BUYER);
        token.transferFrom(BUYER, artist, id);
        same(token.roundOf(id), 3, "moved");
        vm.prank(artist);
        token.recall(id);
        same(token.roundOf(id), 4, "recalled");
    }

    function test_mintSold_refuses_when_the_artist_recalled_the_work_since() public {
        uint256 id = _id(artist, 9);
        vm.prank(artist);
        token.recall(id);
        vm.prank(address(market));
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, id, uint40(0)));
        token.mintSold(_birth(id, DIGEST, 0), BUYER);
    }

    function test_minter_mints_to_the_artist_when_the_work_was_recalled_before() public {
        uint256 id = _id(artist, 9);
        vm.prank(artist);
        token.recall(id);
        vm.prank(MINTER);
        token.mint(id, DIGEST, artist, 750);
        same(token.ownerOf(id), artist, "owner");
        same(token.roundOf(id), 2, "round");
    }

    function test_recall_ends_approvals_when_the_owner_asks() public {
        vm.prank(artist);
        token.approve(BUYER, ids[0]);
        vm.expectEmit(address(token));
        emit IERC721.Approval(artist, address(0), ids[0]);
        vm.expectEmit(address(token));
        emit INinefoldWorks.Recalled(ids[0], 2);
        vm.prank(artist);
        token.recall(ids[0]);
        same(token.getApproved(ids[0]), address(0), "nobody");
        same(token.ownerOf(ids[0]), artist, "owner");
        (, uint256 royalty) = token.royaltyInfo(ids[0], 10_000);
        same(royalty, 750, "royalty");
        vm.prank(BUYER);
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, BUYER, ids[0])
        );
        token.transferFrom(artist, BUYER, ids[0]);
    }

    function test_recall_refuses_when_caller_has_no_right_over_the_offers() public {
        address[4] memory others = [STRANGER, MINTER, ADMIN, address(market)];
        for (uint256 i; i < 4; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.NotYours.selector, ids[0]));
            token.recall(ids[0]);
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.NotYours.selector, _id(artist, 9)));
            token.recall(_id(artist, 9));
        }
        vm.prank(artist);
        token.transferFrom(artist, BUYER, ids[0]);
        vm.prank(artist);
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.NotYours.selector, ids[0]));
        token.recall(ids[0]); // a sold work is out of its artist's hands
    }

    function test_sell_moves_the_work_when_its_round_is_named_and_the_caller_approved() public {
        vm.prank(artist);
        token.approve(STRANGER, ids[0]);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.OfferOutdated.selector, ids[0], uint40(2)));
        token.sell(artist, BUYER, ids[0], 2);
        vm.prank(STRANGER);
        INinefoldWorks.ResaleTerms memory terms = token.sell(artist, BUYER, ids[0], 1);
        same(terms.royaltyReceiver, artist, "royalty receiver");
        same(terms.royaltyBps, 750, "royalty");
        same(terms.resaleBps, 0, "donation");
        same(token.ownerOf(ids[0]), BUYER, "owner");
        vm.prank(STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, STRANGER, ids[0])
        );
        token.sell(BUYER, STRANGER, ids[0], 2);
    }

    // --- What the artist asks ---

    function test_terms_are_what_was_asked_at_birth_when_they_go_elsewhere() public {
        INinefoldWorks.Birth memory birth = _birth(_id(artist, 9), DIGEST, 300);
        birth.royaltyReceiver = COLLABORATOR;
        birth.resaleBeneficiary = CHARITY;
        birth.resaleBps = 4_700;
        vm.prank(address(market));
        token.mintSold(birth, BUYER);
        INinefoldWorks.ResaleTerms memory terms = token.resaleTerms(birth.tokenId);
        same(terms.royaltyReceiver, COLLABORATOR, "royalty receiver");
        same(terms.royaltyBps, 300, "royalty");
        same(terms.beneficiary, CHARITY, "beneficiary");
        same(terms.resaleBps, 4_700, "donation");
        vm.prank(BUYER);
        token.transferFrom(BUYER, STRANGER, birth.tokenId);
        same(
            keccak256(abi.encode(token.resaleTerms(birth.tokenId))), keccak256(abi.encode(terms)), "for ever"
        );
    }

    function test_mintSold_refuses_when_terms_are_above_half_or_go_to_nobody() public {
        INinefoldWorks.Birth memory birth = _birth(_id(artist, 9), DIGEST, 300);
        birth.resaleBeneficiary = CHARITY;
        birth.resaleBps = 4_701;
        _sellExpecting(birth, abi.encodeWithSelector(NinefoldWorks.RoyaltyTooHigh.selector, uint256(5_001)));
        birth.resaleBps = 1;
        birth.resaleBeneficiary = address(0);
        _sellExpecting(birth, abi.encodeWithSelector(NinefoldWorks.ZeroAddress.selector));
        birth.resaleBps = 0;
        birth.royaltyReceiver = address(0);
        _sellExpecting(birth, abi.encodeWithSelector(NinefoldWorks.ZeroAddress.selector));
    }

    function test_mintBatch_mints_all_or_none() public {
        uint256[] memory numbers = new uint256[](2);
        bytes32[] memory digests = new bytes32[](2);
        (numbers[0], numbers[1]) = (_id(artist, 8), _id(artist, 8));
        (digests[0], digests[1]) = (DIGEST, DIGEST);
        vm.prank(MINTER);
        vm.expectRevert(abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, numbers[1]));
        token.mintBatch(numbers, digests, artist, 750);
        numbers[1] = _id(artist, 9);
        vm.prank(MINTER);
        token.mintBatch(numbers, digests, artist, 750);
        same(token.ownerOf(numbers[0]), artist, "first");
        same(token.ownerOf(numbers[1]), artist, "second");
        same(token.balanceOf(artist), 5, "balance");
        vm.prank(MINTER);
        vm.expectRevert(abi.encodeWithSignature("UnevenLists(uint256,uint256)", uint256(2), uint256(1)));
        token.mintBatch(numbers, new bytes32[](1), artist, 750);
        bytes memory refusal = abi.encodeWithSignature(
            "AccessControlUnauthorizedAccount(address,bytes32)", STRANGER, token.MINTER_ROLE()
        );
        vm.prank(STRANGER);
        vm.expectRevert(refusal);
        token.mintBatch(numbers, digests, artist, 750);
    }

    // --- Helpers ---

    function _sellExpecting(INinefoldWorks.Birth memory birth, bytes memory refusal) private {
        vm.prank(address(market));
        vm.expectRevert(refusal);
        token.mintSold(birth, BUYER);
    }

    function _anyCall(uint256 seed) private view returns (bytes memory) {
        address one = seed % 16 == 0 ? address(0) : people[(seed >> 4) % 4];
        address other = (seed >> 8) % 16 == 0 ? address(0) : people[(seed >> 12) % 4];
        uint256 id = ids[(seed >> 20) % 3];
        if ((seed >> 16) % 16 == 0) (id, other) = (_id(artist, 9), BUYER); // which fault comes first is taste
        uint256 kind = (seed >> 24) % 6;
        if (kind == 0) return abi.encodeCall(IERC721.approve, (other, id));
        if (kind == 1) return abi.encodeCall(IERC721.setApprovalForAll, (other, seed & 1 == 0));
        if (kind == 2) {
            return abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", one, other, id);
        }
        return abi.encodeCall(IERC721.transferFrom, (one, other, id));
    }

    function _compare() private view {
        for (uint256 i; i < 3; ++i) {
            same(token.ownerOf(ids[i]), model.ownerOf(ids[i]), "owner");
            same(token.getApproved(ids[i]), model.getApproved(ids[i]), "approved");
        }
        for (uint256 i; i < 4; ++i) {
            same(token.balanceOf(people[i]), model.balanceOf(people[i]), "balance");
            for (uint256 j; j < 4; ++j) {
                holds(
                    token.isApprovedForAll(people[i], people[j])
                        == model.isApprovedForAll(people[i], people[j]),
                    "operator"
                );
            }
        }
    }
}
