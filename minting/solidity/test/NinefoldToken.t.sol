// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IERC7572} from "../src/IERC7572.sol";
import {NinefoldToken} from "../src/NinefoldToken.sol";
import {NinefoldWorks} from "../src/NinefoldWorks.sol";
import {Stage} from "./Stage.sol";
import {Vm} from "./Check.sol";

contract NinefoldTokenTest is Stage {
    address internal constant STRANGER = address(0x5712);

    function test_mint_gives_the_work_to_its_artist_when_admitted() public {
        uint256 id = _mint(1);
        same(token.ownerOf(id), artist, "owner");
        same(token.artistOf(id), artist, "artist");
        same(token.uriDigest(id), DIGEST, "digest");
        (address receiver, uint256 royalty) = token.royaltyInfo(id, 10_000);
        same(receiver, artist, "royalty receiver");
        same(royalty, 750, "royalty");
    }

    function test_mint_answers_no_royalty_when_it_is_zero() public {
        uint256 id = _id(artist, 1);
        vm.prank(MINTER);
        token.mint(id, DIGEST, artist, 0);
        (address receiver, uint256 royalty) = token.royaltyInfo(id, 1 ether);
        same(receiver, address(0), "royalty receiver");
        same(royalty, 0, "royalty");
    }

    function test_mint_emits_one_transfer_and_no_metadata_update_when_it_succeeds() public {
        vm.recordLogs();
        _mint(1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 1, "logs");
        same(logs[0].topics[0], IERC721.Transfer.selector, "topic");
    }

    function test_mintSold_passes_through_the_artist_when_it_succeeds() public {
        uint256 id = _id(artist, 1);
        vm.expectEmit(address(token));
        emit IERC721.Transfer(address(0), artist, id);
        vm.expectEmit(address(token));
        emit IERC721.Transfer(artist, BUYER, id);
        vm.prank(address(market));
        token.mintSold(_birth(id, DIGEST, 750), BUYER);
        same(token.ownerOf(id), BUYER, "owner");
        same(token.balanceOf(artist), 0, "artist's balance");
    }

    function test_mintSold_refuses_when_buyer_is_zero() public {
        vm.prank(address(market));
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        token.mintSold(_birth(_id(artist, 1), DIGEST, 750), address(0));
    }

    function test_mint_refuses_when_minted_before() public {
        uint256 id = _mint(1);
        _mintExpecting(id, DIGEST, 750, abi.encodeWithSelector(NinefoldWorks.AlreadyMinted.selector, id));
    }

    function test_mint_refuses_when_artist_is_not_admitted() public {
        _mintExpecting(
            _id(STRANGER, 1),
            DIGEST,
            750,
            abi.encodeWithSelector(NinefoldToken.ArtistNotAdmitted.selector, STRANGER)
        );
    }

    function test_mint_refuses_when_digest_is_empty() public {
        _mintExpecting(_id(artist, 1), 0, 750, abi.encodeWithSelector(NinefoldWorks.EmptyDigest.selector));
    }

    function test_mint_refuses_when_royalty_is_above_half() public {
        bytes memory refusal = abi.encodeWithSelector(NinefoldWorks.RoyaltyTooHigh.selector, uint256(5_001));
        _mintExpecting(_id(artist, 1), DIGEST, 5_001, refusal);
        vm.prank(MINTER);
        token.mint(_id(artist, 1), DIGEST, artist, 5_000);
    }

    function test_mint_refuses_when_caller_is_not_the_minter() public {
        bytes memory refusal = _missing(STRANGER, token.MINTER_ROLE());
        uint256 id = _id(artist, 1);
        vm.prank(STRANGER);
        vm.expectRevert(refusal);
        token.mint(id, DIGEST, artist, 750);
    }

    function test_mintSold_refuses_when_caller_is_the_minter_or_a_stranger() public {
        uint256 id = _id(artist, 1);
        bytes32 role = token.MARKET_ROLE();
        vm.expectRevert(_missing(MINTER, role));
        vm.prank(MINTER);
        token.mintSold(_birth(id, DIGEST, 750), MINTER);
        vm.expectRevert(_missing(STRANGER, role));
        vm.prank(STRANGER);
        token.mintSold(_birth(id, DIGEST, 750), STRANGER);
    }

    function test_admit_says_nothing_when_repeated() public {
        vm.expectEmit(address(token));
        emit NinefoldToken.ArtistAdmitted(STRANGER);
        _admit(STRANGER);
        vm.recordLogs();
        _admit(STRANGER);
        same(vm.getRecordedLogs().length, 0, "logs of the repeat");
        holds(token.admitted(STRANGER), "admitted");
    }

    function test_admit_refuses_when_artist_is_zero() public {
        vm.prank(CURATOR);
        refuses(NinefoldWorks.ZeroAddress.selector);
        token.admit(address(0));
    }

    function test_admission_refuses_when_caller_is_not_a_curator() public {
        bytes memory refusal = _missing(ADMIN, token.CURATOR_ROLE());
        vm.prank(ADMIN);
        vm.expectRevert(refusal);
        token.admit(STRANGER);
        vm.prank(ADMIN);
        vm.expectRevert(refusal);
        token.dismiss(artist);
    }

    function test_dismiss_stops_mints_and_touches_no_token_when_repeated() public {
        uint256 id = _mint(1);
        vm.expectEmit(address(token));
        emit NinefoldToken.ArtistDismissed(artist);
        vm.prank(CURATOR);
        token.dismiss(artist);
        vm.recordLogs();
        vm.prank(CURATOR);
        token.dismiss(artist);
        same(vm.getRecordedLogs().length, 0, "logs of the repeat");
        same(token.ownerOf(id), artist, "owner");
        bytes memory refusal = abi.encodeWithSelector(NinefoldToken.ArtistNotAdmitted.selector, artist);
        _mintExpecting(_id(artist, 2), DIGEST, 750, refusal);
        vm.prank(artist);
        token.transferFrom(artist, BUYER, id);
        same(token.ownerOf(id), BUYER, "owner after transfer");
    }

    function test_token_stays_where_it_is_when_anyone_but_its_owner_moves_it() public {
        uint256 id = _mint(1);
        address[4] memory others = [ADMIN, CURATOR, MINTER, address(market)];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, others[i], id)
            );
            token.transferFrom(artist, others[i], id);
        }
    }

    function test_tokenURI_matches_known_addresses_when_files_are_known() public {
        // The empty file, and "hello world": CIDs that every IPFS implementation gives them.
        bytes32 empty = sha256("");
        bytes32 hello = sha256("hello world");
        vm.prank(MINTER);
        token.mint(_id(artist, 1), empty, artist, 0);
        same(
            token.tokenURI(_id(artist, 1)),
            "ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
        );
        vm.prank(MINTER);
        token.mint(_id(artist, 2), hello, artist, 0);
        same(
            token.tokenURI(_id(artist, 2)),
            "ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
        );
    }

    function testFuzz_tokenURI_is_base32_of_the_cid_when_digest_is_any(bytes32 digest) public {
        vm.assume(digest != 0);
        uint256 id = _id(artist, 7);
        vm.prank(MINTER);
        token.mint(id, digest, artist, 0);
        bytes memory cid = abi.encodePacked(hex"01551220", digest);
        same(token.tokenURI(id), string.concat("ipfs://b", _base32(cid)));
    }

    function test_views_refuse_when_token_does_not_exist() public {
        uint256 id = _id(artist, 9);
        bytes memory refusal = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, id);
        vm.expectRevert(refusal);
        token.tokenURI(id);
        vm.expectRevert(refusal);
        token.uriDigest(id);
    }

    function test_contractURI_changes_only_when_the_admin_sets_it() public {
        bytes32 digest = sha256("hello world");
        bytes memory refusal = _missing(CURATOR, token.DEFAULT_ADMIN_ROLE());
        vm.prank(CURATOR);
        vm.expectRevert(refusal);
        token.setContractURI(digest);
        vm.expectEmit(address(token));
        emit IERC7572.ContractURIUpdated();
        vm.prank(ADMIN);
        token.setContractURI(digest);
        same(token.contractURI(), "ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
        vm.prank(ADMIN);
        refuses(NinefoldWorks.EmptyDigest.selector);
        token.setContractURI(0);
    }

    function test_constructor_refuses_when_contract_digest_is_empty() public {
        refuses(NinefoldWorks.EmptyDigest.selector);
        new NinefoldToken("Ninefold", "NINE", 0, ADMIN, 0);
    }

    function test_admin_changes_only_when_the_successor_accepts() public {
        vm.prank(ADMIN);
        token.beginDefaultAdminTransfer(STRANGER);
        same(token.defaultAdmin(), ADMIN, "admin before acceptance");
        vm.warp(NOW + 1);
        vm.prank(STRANGER);
        token.acceptDefaultAdminTransfer();
        same(token.defaultAdmin(), STRANGER, "admin after acceptance");
    }

    function test_supportsInterface_answers_yes_when_the_standard_is_kept() public view {
        bytes4[5] memory ids = [bytes4(0x80ac58cd), 0x5b5e139f, 0x2a55205a, 0x49064906, 0x01ffc9a7];
        for (uint256 i; i < ids.length; ++i) {
            holds(token.supportsInterface(ids[i]), "interface");
        }
        holds(!token.supportsInterface(0xffffffff), "0xffffffff is no interface");
    }

    function _mint(uint96 number) private returns (uint256 id) {
        id = _id(artist, number);
        vm.prank(MINTER);
        token.mint(id, DIGEST, artist, 750);
    }

    function _mintExpecting(uint256 id, bytes32 digest, uint16 royaltyBps, bytes memory refusal) private {
        vm.prank(MINTER);
        vm.expectRevert(refusal);
        token.mint(id, digest, artist, royaltyBps);
        vm.prank(address(market));
        vm.expectRevert(refusal);
        token.mintSold(_birth(id, digest, royaltyBps), BUYER);
    }

    function _missing(address account, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }

    /// RFC 4648, section 6, bit by bit and lower case: slow, and nothing like the contract's way.
    function _base32(bytes memory data) private pure returns (string memory text) {
        uint256 bits = data.length * 8;
        bytes memory letters = new bytes((bits + 4) / 5);
        for (uint256 i; i < letters.length; ++i) {
            uint8 value;
            for (uint256 bit = 5 * i; bit < 5 * i + 5; ++bit) {
                value *= 2;
                if (bit < bits && uint8(data[bit / 8]) & (128 >> (bit % 8)) != 0) value += 1;
            }
            letters[i] = bytes1(value < 26 ? value + 97 : value + 24);
        }
        return string(letters);
    }
}
