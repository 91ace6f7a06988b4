// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

import {Cid} from "./Cid.sol";
import {NinefoldWorks} from "./NinefoldWorks.sol";
import {TokenId} from "./TokenId.sol";

/// Single works of many artists as ERC-721 tokens, each born in the name of its artist.
///
/// Refuses: a second token for one work, a work of an artist whom no curator admitted, a work without a metadata
/// digest, and any change to a token that exists. Nobody can burn, re-price, re-point or upgrade anything; the one
/// thing the admin may re-point is the description of the contract itself.
///
/// ERC-721, ERC-2981, ERC-4906, ERC-7572, ERC-5313. MetadataUpdate (ERC-4906) is never emitted: a mint needs none
/// and metadata does not change.
contract NinefoldToken is NinefoldWorks, AccessControlDefaultAdminRules {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
    bytes32 public constant MARKET_ROLE = keccak256("MARKET_ROLE");
    bytes32 public constant CURATOR_ROLE = keccak256("CURATOR_ROLE");

    /// Beside the artist's balance, so that a mint to an artist reads and writes one slot for both.
    uint256 private constant ADMITTED = 1 << 64;

    string public name;
    string public symbol;
    bytes32 private _contractURIDigest;

    event ArtistAdmitted(address indexed artist);
    event ArtistDismissed(address indexed artist);

    error ArtistNotAdmitted(address artist);
    error UnevenLists(uint256 tokenIds, uint256 digests);

    constructor(
        string memory name_,
        string memory symbol_,
        bytes32 contractURIDigest,
        address admin,
        uint48 adminDelay
    ) AccessControlDefaultAdminRules(adminDelay, admin) {
        if (contractURIDigest == 0) revert EmptyDigest();
        name = name_;
        symbol = symbol_;
        _contractURIDigest = contractURIDigest;
    }

    /// Lets works of `artist` be minted. A repeat does nothing.
    function admit(address artist) external onlyRole(CURATOR_ROLE) {
        if (artist == address(0)) revert ZeroAddress();
        if (admitted(artist)) return;
        _accounts[artist] |= ADMITTED;
        emit ArtistAdmitted(artist);
    }

    /// Stops new works of `artist`; touches no token that exists. A repeat does nothing.
    function dismiss(address artist) external onlyRole(CURATOR_ROLE) {
        if (!admitted(artist)) return;
        _accounts[artist] &= ~ADMITTED;
        emit ArtistDismissed(artist);
    }

    /// Mints a work to its own artist, whatever its round.
    function mint(uint256 tokenId, bytes32 digest, address royaltyReceiver, uint16 royaltyBps)
        external
        onlyRole(MINTER_ROLE)
    {
        _mint(tokenId, digest, royaltyReceiver, royaltyBps);
    }

    /// Several works, of one artist or of many, all or none.
    function mintBatch(
        uint256[] calldata tokenIds,
        bytes32[] calldata digests,
        address royaltyReceiver,
        uint16 royaltyBps
    ) external onlyRole(MINTER_ROLE) {
        if (tokenIds.length != digests.length) revert UnevenLists(tokenIds.length, digests.length);
        for (uint256 i; i < tokenIds.length; ++i) {
            _mint(tokenIds[i], digests[i], royaltyReceiver, royaltyBps);
        }
    }

    /// For a market alone, which asks for the artist's signature: the minter's key can give no work away.
    function mintSold(Birth calldata birth, address buyer) external onlyRole(MARKET_ROLE) {
        _create(birth, buyer);
    }

    /// Re-points the description of the contract.
    function setContractURI(bytes32 digest) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (digest == 0) revert EmptyDigest();
        _contractURIDigest = digest;
        emit ContractURIUpdated();
    }

    function admitted(address artist) public view returns (bool) {
        return _accounts[artist] & ADMITTED != 0;
    }

    function tokenURI(uint256 tokenId) external view returns (string memory) {
        _existing(tokenId);
        return Cid.file(_digests[tokenId]);
    }

    function contractURI() external view returns (string memory) {
        return Cid.file(_contractURIDigest);
    }

    function supportsInterface(bytes4 id)
        public
        view
        override(NinefoldWorks, AccessControlDefaultAdminRules)
        returns (bool)
    {
        return NinefoldWorks.supportsInterface(id) || AccessControlDefaultAdminRules.supportsInterface(id);
    }

    function _mint(uint256 tokenId, bytes32 digest, address royaltyReceiver, uint16 royaltyBps) private {
        Birth memory birth;
        birth.tokenId = tokenId;
        birth.digest = digest;
        birth.royaltyReceiver = royaltyReceiver;
        birth.royaltyBps = royaltyBps;
        birth.round = roundOf(tokenId);
        _create(birth, TokenId.artistOf(tokenId));
    }

    function _create(Birth memory birth, address to) private {
        address artist = TokenId.artistOf(birth.tokenId);
        if (!admitted(artist)) revert ArtistNotAdmitted(artist);
        if (birth.digest == 0) revert EmptyDigest();
        _bear(birth, artist, to);
    }
}
