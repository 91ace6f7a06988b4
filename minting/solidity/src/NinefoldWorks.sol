// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";

import {IERC7572} from "./IERC7572.sol";
import {INinefoldWorks} from "./INinefoldWorks.sol";
import {TokenId} from "./TokenId.sol";

/// ERC-721 as the shared contract and the series have it: who owns a work, in which round it is, and what its artist
/// asks of later sales, in one slot.
///
/// Refuses: a second token for one work, a work of anybody but the artist in its id, and any change to a token that
/// exists except by its owner. It has no burn and no way to change a URI, a royalty or a resale donation.
///
/// Written here rather than taken from OpenZeppelin because OpenZeppelin's ERC721 keeps owners and balances private:
/// sharing their slots with round, royalty and rights is what a mint below 80,000 gas is made of. Behaviour and
/// errors (ERC-6093) are OpenZeppelin's; a fuzz test runs both side by side.
///
/// Minting and selling hand over a work without onERC721Received: smart accounts without that function are common
/// (EIP-7702), and a callback in the middle of a sale would run a stranger's code before the payees are paid. The
/// price of this: a token sent to a contract that cannot move it stays there.
abstract contract NinefoldWorks is
    INinefoldWorks,
    IERC721,
    IERC721Metadata,
    IERC2981,
    IERC4906,
    IERC7572,
    IERC721Errors
{
    uint256 public constant MOST_ROYALTY_BPS = 5_000;

    // A work's word: owner in bits 0-159, round in 160-199, royalty in 200-215, flags above.
    uint256 internal constant ROUND_ONE = 1 << 160;
    uint256 private constant ROYALTY_SHIFT = 200;
    /// The royalty in the word counts, not the collection's.
    uint256 private constant OWN_ROYALTY = 1 << 216;
    /// The royalty goes to _royaltyReceivers, not to the artist.
    uint256 private constant ELSEWHERE = 1 << 217;
    /// _resales counts, not what the collection says.
    uint256 private constant OWN_RESALE = 1 << 218;

    // An account's word: balance in bits 0-63, rights above.
    uint256 private constant BALANCE_MASK = type(uint64).max;

    mapping(uint256 tokenId => uint256 word) private _works;
    mapping(address account => uint256 word) internal _accounts;
    mapping(uint256 tokenId => bytes32) internal _digests;
    /// An approval belongs to a round, so a transfer ends it without clearing it.
    mapping(uint256 tokenId => mapping(uint256 round => address)) private _approvals;
    mapping(uint256 tokenId => address) private _royaltyReceivers;
    mapping(uint256 tokenId => uint256) private _resales; // beneficiary in bits 0-159, bps above
    mapping(address owner => mapping(address operator => bool)) public isApprovedForAll;

    error AlreadyMinted(uint256 tokenId);
    error EmptyDigest();
    /// The work was minted, moved or recalled since the offer was signed.
    error OfferOutdated(uint256 tokenId, uint40 round);
    error NotYours(uint256 tokenId);
    error RoyaltyTooHigh(uint256 bps);
    error ZeroAddress();

    // --- ERC-721 ---

    function balanceOf(address owner) external view returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(address(0));
        return _accounts[owner] & BALANCE_MASK;
    }

    function ownerOf(uint256 tokenId) external view returns (address) {
        return address(uint160(_existing(tokenId)));
    }

    function getApproved(uint256 tokenId) external view returns (address) {
        return _approvals[tokenId][_round(_existing(tokenId))];
    }

    function approve(address to, uint256 tokenId) external {
        uint256 word = _existing(tokenId);
        address owner = address(uint160(word));
        if (msg.sender != owner && !isApprovedForAll[owner][msg.sender]) {
            revert ERC721InvalidApprover(msg.sender);
        }
        _approvals[tokenId][_round(word)] = to;
        emit Approval(owner, to, tokenId);
    }

    function setApprovalForAll(address operator, bool approved) external {
        if (operator == address(0)) revert ERC721InvalidOperator(address(0));
        isApprovedForAll[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    function transferFrom(address from, address to, uint256 tokenId) public {
        _transfer(_existing(tokenId), from, to, tokenId);
    }

    function safeTransferFrom(address from, address to, uint256 tokenId) external {
        safeTransferFrom(from, to, tokenId, "");
    }

    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory data) public {
        transferFrom(from, to, tokenId);
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, tokenId, data);
    }

    // --- For markets ---

    function sell(address seller, address buyer, uint256 tokenId, uint40 round)
        external
        returns (ResaleTerms memory)
    {
        uint256 word = _existing(tokenId);
        if (_round(word) != round) revert OfferOutdated(tokenId, round);
        _transfer(word, seller, buyer, tokenId);
        return _terms(word, tokenId);
    }

    function recall(uint256 tokenId) external {
        uint256 word = _wordOf(tokenId);
        address holder = address(uint160(word));
        address entitled = holder == address(0) ? TokenId.artistOf(tokenId) : holder;
        if (msg.sender != entitled) revert NotYours(tokenId);
        word += ROUND_ONE;
        _works[tokenId] = word;
        if (holder != address(0)) emit Approval(holder, address(0), tokenId);
        emit Recalled(tokenId, uint40(_round(word)));
    }

    function roundOf(uint256 tokenId) public view returns (uint40) {
        return uint40(_round(_wordOf(tokenId)));
    }

    function artistOf(uint256 tokenId) external pure returns (address) {
        return TokenId.artistOf(tokenId);
    }

    /// What the artist asks of later sales, zeros where nothing.
    function resaleTerms(uint256 tokenId) external view returns (ResaleTerms memory) {
        return _terms(_existing(tokenId), tokenId);
    }

    /// ERC-2981: signals, does not enforce.
    function royaltyInfo(uint256 tokenId, uint256 salePrice) external view returns (address, uint256) {
        ResaleTerms memory terms = _terms(_wordOf(tokenId), tokenId);
        return (terms.royaltyReceiver, salePrice * terms.royaltyBps / 10_000);
    }

    /// The sha-256 of the metadata of an existing token; zero where a folder holds it.
    function uriDigest(uint256 tokenId) external view returns (bytes32) {
        _existing(tokenId);
        return _digests[tokenId];
    }

    function supportsInterface(bytes4 id) public view virtual returns (bool) {
        // ERC-4906 fixes its own id; type(IERC4906).interfaceId would count functions, and it has only events.
        return id == type(IERC721).interfaceId || id == type(IERC721Metadata).interfaceId
            || id == type(IERC2981).interfaceId || id == bytes4(0x49064906) || id == type(IERC165).interfaceId
            || id == type(INinefoldWorks).interfaceId;
    }

    // --- For the contracts that inherit ---

    /// Writes a work that belongs to `to` from now on. The caller has checked that `artist` is its artist and may
    /// have works; `passesOn` shows the artist first.
    function _bear(Birth memory birth, address artist, address to) internal {
        uint256 tokenId = birth.tokenId;
        uint256 word = _works[tokenId];
        if (uint160(word) != 0) revert AlreadyMinted(tokenId);
        if (_round(word) != birth.round) revert OfferOutdated(tokenId, birth.round);
        if (to == address(0)) revert ERC721InvalidReceiver(address(0));
        if (birth.digest != 0) _digests[tokenId] = birth.digest;
        _works[tokenId] = (word + ROUND_ONE) | uint160(to) | _asked(birth, artist);
        unchecked {
            ++_accounts[to];
        }
        emit Transfer(address(0), artist, tokenId);
        if (to != artist) emit Transfer(artist, to, tokenId);
    }

    /// The work's word, owner zero if it is not minted.
    function _wordOf(uint256 tokenId) internal view virtual returns (uint256) {
        return _works[tokenId];
    }

    /// What the collection asks of the later sales of a work that says nothing else.
    function _collectionTerms() internal view virtual returns (ResaleTerms memory) {}

    function _existing(uint256 tokenId) internal view returns (uint256 word) {
        word = _wordOf(tokenId);
        if (uint160(word) == 0) revert ERC721NonexistentToken(tokenId);
    }

    // --- Private ---

    function _round(uint256 word) private pure returns (uint256) {
        return uint40(word >> 160);
    }

    function _transfer(uint256 word, address from, address to, uint256 tokenId) private {
        address owner = address(uint160(word));
        if (to == address(0)) revert ERC721InvalidReceiver(address(0));
        if (msg.sender != owner) _authorise(word, owner, tokenId);
        if (from != owner) revert ERC721IncorrectOwner(from, tokenId, owner);
        unchecked {
            // No balance falls below zero, since each work was counted for its owner; none reaches 2^64.
            --_accounts[from];
            ++_accounts[to];
        }
        _works[tokenId] = ((word >> 160 << 160) + ROUND_ONE) | uint160(to);
        emit Transfer(from, to, tokenId);
    }

    /// An approval that was used is cleared: its round is over, and the slot's refund pays for it.
    function _authorise(uint256 word, address owner, uint256 tokenId) private {
        mapping(uint256 => address) storage approvals = _approvals[tokenId];
        if (approvals[_round(word)] == msg.sender) delete approvals[_round(word)];
        else if (!isApprovedForAll[owner][msg.sender]) revert ERC721InsufficientApproval(msg.sender, tokenId);
    }

    /// The upper bits of a new work's word; stores what does not fit them.
    function _asked(Birth memory birth, address artist) private returns (uint256 bits) {
        bool ownRoyalty = birth.royaltyReceiver != address(0);
        uint256 asked = uint256(birth.royaltyBps) + birth.resaleBps;
        if (ownRoyalty != (birth.resaleBps != 0)) {
            // One is the work's own and the other the collection's: the bound holds for what they are together.
            ResaleTerms memory collections = _collectionTerms();
            asked += ownRoyalty ? collections.resaleBps : collections.royaltyBps;
        }
        if (asked > MOST_ROYALTY_BPS) revert RoyaltyTooHigh(asked);
        if (ownRoyalty) {
            bits = (uint256(birth.royaltyBps) << ROYALTY_SHIFT) | OWN_ROYALTY;
            if (birth.royaltyReceiver != artist && birth.royaltyBps != 0) {
                bits |= ELSEWHERE;
                _royaltyReceivers[birth.tokenId] = birth.royaltyReceiver;
            }
        } else if (birth.royaltyBps != 0) {
            revert ZeroAddress();
        }
        if (birth.resaleBps != 0) {
            if (birth.resaleBeneficiary == address(0)) revert ZeroAddress();
            bits |= OWN_RESALE;
            _resales[birth.tokenId] = (uint256(birth.resaleBps) << 160) | uint160(birth.resaleBeneficiary);
        }
    }

    function _terms(uint256 word, uint256 tokenId) private view returns (ResaleTerms memory terms) {
        if (word & (OWN_ROYALTY | OWN_RESALE) != OWN_ROYALTY | OWN_RESALE) terms = _collectionTerms();
        if (word & OWN_ROYALTY != 0) {
            terms.royaltyBps = uint16(word >> ROYALTY_SHIFT);
            terms.royaltyReceiver =
                word & ELSEWHERE != 0 ? _royaltyReceivers[tokenId] : TokenId.artistOf(tokenId);
            if (terms.royaltyBps == 0) terms.royaltyReceiver = address(0);
        }
        if (word & OWN_RESALE != 0) {
            uint256 resale = _resales[tokenId];
            terms.beneficiary = address(uint160(resale));
            terms.resaleBps = uint16(resale >> 160);
        }
    }
}
