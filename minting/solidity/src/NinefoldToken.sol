// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";

import {Cid} from "./Cid.sol";
import {IERC7572} from "./IERC7572.sol";
import {TokenId} from "./TokenId.sol";

/// The works of Ninefold as ERC-721 tokens, each born in the name of its artist.
///
/// Refuses: a second token for one work, a work of an artist whom no curator admitted, a work without a metadata
/// digest, and any change to a token that exists. Nobody can burn, re-price, re-point or upgrade anything; the one
/// thing the admin may re-point is the description of the contract itself.
///
/// ERC-721, ERC-2981, ERC-4906, ERC-7572, ERC-5313. MetadataUpdate (ERC-4906) is never emitted: a mint needs none
/// and metadata does not change. A royalty signals; it does not enforce.
///
/// Both ways to mint hand over the token without onERC721Received. The artist or recipient is named in signed
/// terms or by the minter, smart accounts without that function are common (EIP-7702), and a callback in the
/// middle of a sale would run a stranger's code before the payees are paid. The price of this: a token sent to a
/// contract that cannot move it stays there.
contract NinefoldToken is ERC721, ERC2981, AccessControlDefaultAdminRules, IERC4906, IERC7572 {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
    bytes32 public constant MARKET_ROLE = keccak256("MARKET_ROLE");
    bytes32 public constant CURATOR_ROLE = keccak256("CURATOR_ROLE");
    uint96 public constant MOST_ROYALTY_BPS = 5_000;

    mapping(address artist => bool) public admitted;
    mapping(uint256 tokenId => bytes32) private _uriDigests;
    bytes32 private _contractURIDigest;

    event ArtistAdmitted(address indexed artist);
    event ArtistDismissed(address indexed artist);

    error AlreadyMinted(uint256 tokenId);
    error ArtistNotAdmitted(address artist);
    error EmptyDigest();
    error RoyaltyTooHigh(uint96 bps);
    error ZeroAddress();

    constructor(
        string memory name_,
        string memory symbol_,
        bytes32 contractURIDigest,
        address admin,
        uint48 adminDelay
    ) ERC721(name_, symbol_) AccessControlDefaultAdminRules(adminDelay, admin) {
        if (contractURIDigest == 0) revert EmptyDigest();
        _contractURIDigest = contractURIDigest;
    }

    /// Lets works of `artist` be minted. A repeat does nothing.
    function admit(address artist) external onlyRole(CURATOR_ROLE) {
        if (artist == address(0)) revert ZeroAddress();
        if (admitted[artist]) return;
        admitted[artist] = true;
        emit ArtistAdmitted(artist);
    }

    /// Stops new works of `artist`; touches no token that exists. A repeat does nothing.
    function dismiss(address artist) external onlyRole(CURATOR_ROLE) {
        if (!admitted[artist]) return;
        admitted[artist] = false;
        emit ArtistDismissed(artist);
    }

    /// Mints a work to its own artist.
    function mint(uint256 tokenId, bytes32 digest, address royaltyReceiver, uint96 royaltyBps)
        external
        onlyRole(MINTER_ROLE)
    {
        _create(tokenId, digest, royaltyReceiver, royaltyBps);
    }

    /// Mints a work to its artist and hands it to `buyer` at once, so that its history begins with the artist.
    /// For a market alone, which asks for the artist's signature: the minter's key could give no work away.
    function mintSold(
        uint256 tokenId,
        bytes32 digest,
        address royaltyReceiver,
        uint96 royaltyBps,
        address buyer
    ) external onlyRole(MARKET_ROLE) {
        address artist = _create(tokenId, digest, royaltyReceiver, royaltyBps);
        _transfer(artist, buyer, tokenId);
    }

    /// Re-points the description of the contract.
    function setContractURI(bytes32 digest) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (digest == 0) revert EmptyDigest();
        _contractURIDigest = digest;
        emit ContractURIUpdated();
    }

    function artistOf(uint256 tokenId) external pure returns (address) {
        return TokenId.artistOf(tokenId);
    }

    /// The sha-256 of the metadata of an existing token.
    function uriDigest(uint256 tokenId) external view returns (bytes32) {
        _requireOwned(tokenId);
        return _uriDigests[tokenId];
    }

    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        return Cid.uri(_uriDigests[tokenId]);
    }

    function contractURI() external view returns (string memory) {
        return Cid.uri(_contractURIDigest);
    }

    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC721, ERC2981, AccessControlDefaultAdminRules, IERC165)
        returns (bool)
    {
        // ERC-4906 fixes its own id; type(IERC4906).interfaceId would count functions, and it has only events.
        return interfaceId == bytes4(0x49064906) || super.supportsInterface(interfaceId);
    }

    /// At zero royalty nothing is stored, and royaltyInfo answers (0, 0).
    function _create(uint256 tokenId, bytes32 digest, address royaltyReceiver, uint96 royaltyBps)
        private
        returns (address artist)
    {
        artist = TokenId.artistOf(tokenId);
        if (_ownerOf(tokenId) != address(0)) revert AlreadyMinted(tokenId);
        if (!admitted[artist]) revert ArtistNotAdmitted(artist);
        if (digest == 0) revert EmptyDigest();
        if (royaltyBps > MOST_ROYALTY_BPS) revert RoyaltyTooHigh(royaltyBps);
        _uriDigests[tokenId] = digest;
        if (royaltyBps != 0) _setTokenRoyalty(tokenId, royaltyReceiver, royaltyBps);
        _mint(artist, tokenId);
    }
}
