// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5313} from "@openzeppelin/contracts/interfaces/IERC5313.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {Cid} from "./Cid.sol";
import {NinefoldWorks} from "./NinefoldWorks.sol";
import {TokenId} from "./TokenId.sol";

/// One artist's series, in a contract that the artist owns: a minimal clone (ERC-1167) made by NinefoldFactory.
///
/// What the artist promised stands in the clone's code and has no setter: artist, maximum supply, royalty, resale
/// donation, and either the folder with every work's metadata or a commitment to it. The owner may let markets sell
/// what the artist signed, let a minter mint to the artist, hand the contract on in two steps, re-point the
/// description of the contract, and reveal the folder that was committed to. Nothing else, and nothing to a token
/// that exists.
///
/// Numbers 1 to `batched` are minted in batches, to the artist; the others one by one, to a buyer or the artist. The
/// line is drawn at creation, so that neither way has to ask about the other.
contract NinefoldSeries is NinefoldWorks, IERC5313 {
    /// As it stands in the clone's code. Either `folder` is set (metadata is open from the beginning), or
    /// `commitment` and `placeholder` are (revealed later), or none is (each work brings its own digest).
    struct Terms {
        address artist;
        uint32 maxSupply;
        uint32 batched;
        uint16 royaltyBps;
        uint16 resaleBps;
        address royaltyReceiver;
        address resaleBeneficiary;
        bytes32 folder;
        bytes32 placeholder;
        bytes32 commitment;
    }

    uint256 private constant MARKET = 1 << 64;
    uint256 private constant MINTER = 1 << 65;
    uint256 private constant LARGEST_BATCH = 256;
    /// Where a clone's arguments begin in its code (ERC-1167 has 45 bytes).
    uint256 private constant ARGUMENTS_AT = 45;

    address private immutable _factory;

    address public owner;
    address public pendingOwner;
    bytes32 private _contractURIDigest;
    bytes32 private _revealed;
    mapping(uint256 group => uint256 bits) private _batchBorn;

    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event MarketAllowed(address indexed market, bool allowed);
    event MinterAllowed(address indexed minter, bool allowed);
    event Revealed(bytes32 folder);

    error NotOwner(address caller);
    error NotMarket(address caller);
    error NotMinter(address caller);
    error NotOfThisSeries(uint256 tokenId);
    error BadBatch(uint256 first, uint256 count);
    error AlreadySetUp();
    error NotCommitted(bytes32 folder);
    error AlreadyRevealed();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    /// The implementation behind every clone; nobody owns it and it holds nothing.
    constructor() {
        _factory = msg.sender;
    }

    /// Once, by the factory in the transaction that makes the clone.
    function setUp(address artist_, bytes32 contractURIDigest, address[] calldata markets, address minter)
        external
    {
        if (msg.sender != _factory || owner != address(0)) revert AlreadySetUp();
        owner = artist_;
        emit OwnershipTransferred(address(0), artist_);
        _contractURIDigest = contractURIDigest;
        for (uint256 i; i < markets.length; ++i) {
            _allow(markets[i], MARKET, true);
            emit MarketAllowed(markets[i], true);
        }
        if (minter != address(0)) {
            _allow(minter, MINTER, true);
            emit MinterAllowed(minter, true);
        }
    }

    // --- Minting ---

    /// Mints numbers first to first + count - 1 to the artist, each with its own metadata in the series' folder.
    /// No slot is written for a token before it first moves. By the owner or a minter.
    function mintBatch(uint256 first, uint256 count) external {
        _onlyMinter();
        (address artist,, uint256 batched) = _numbers();
        if (first == 0 || count == 0 || count > LARGEST_BATCH || first + count - 1 > batched) {
            revert BadBatch(first, count);
        }
        _mark(artist, first, count);
        unchecked {
            _accounts[artist] += count;
        }
        uint256 tokenId = TokenId.join(artist, first);
        for (uint256 end = tokenId + count; tokenId < end; ++tokenId) {
            emit Transfer(address(0), artist, tokenId);
        }
    }

    /// Mints one work to the artist, whatever its round. By the owner or a minter.
    function mint(uint256 tokenId, bytes32 digest, address royaltyReceiver, uint16 royaltyBps) external {
        _onlyMinter();
        Birth memory birth;
        birth.tokenId = tokenId;
        birth.digest = digest;
        birth.royaltyReceiver = royaltyReceiver;
        birth.royaltyBps = royaltyBps;
        birth.round = roundOf(tokenId);
        _create(birth, TokenId.artistOf(tokenId));
    }

    /// For a market that the artist let in and that asks for the artist's signature.
    function mintSold(Birth calldata birth, address buyer) external {
        if (_accounts[msg.sender] & MARKET == 0) revert NotMarket(msg.sender);
        _create(birth, buyer);
    }

    // --- The owner ---

    function allowMarket(address market, bool allowed) external onlyOwner {
        _allow(market, MARKET, allowed);
        emit MarketAllowed(market, allowed);
    }

    function allowMinter(address minter, bool allowed) external onlyOwner {
        _allow(minter, MINTER, allowed);
        emit MinterAllowed(minter, allowed);
    }

    function transferOwnership(address successor) external onlyOwner {
        pendingOwner = successor;
        emit OwnershipTransferStarted(owner, successor);
    }

    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert NotOwner(msg.sender);
        emit OwnershipTransferred(owner, msg.sender);
        owner = msg.sender;
        delete pendingOwner;
    }

    function setContractURI(bytes32 digest) external onlyOwner {
        if (digest == 0) revert EmptyDigest();
        _contractURIDigest = digest;
        emit ContractURIUpdated();
    }

    /// Opens the folder whose keccak-256 was fixed at creation; once, and no other.
    function reveal(bytes32 folder) external onlyOwner {
        Terms memory terms_ = terms();
        if (_revealed != 0) revert AlreadyRevealed();
        if (terms_.commitment == 0 || keccak256(abi.encode(folder)) != terms_.commitment) {
            revert NotCommitted(folder);
        }
        _revealed = folder;
        emit Revealed(folder);
        emit BatchMetadataUpdate(
            TokenId.join(terms_.artist, 1), TokenId.join(terms_.artist, terms_.maxSupply)
        );
    }

    // --- Reading ---

    function terms() public view returns (Terms memory terms_) {
        (terms_,,) = _arguments();
    }

    function name() external view returns (string memory name_) {
        (, name_,) = _arguments();
    }

    function symbol() external view returns (string memory symbol_) {
        (,, symbol_) = _arguments();
    }

    function isMarket(address account) external view returns (bool) {
        return _accounts[account] & MARKET != 0;
    }

    function isMinter(address account) external view returns (bool) {
        return _accounts[account] & MINTER != 0;
    }

    function tokenURI(uint256 tokenId) external view returns (string memory) {
        _existing(tokenId);
        if (_digests[tokenId] != 0) return Cid.file(_digests[tokenId]);
        Terms memory terms_ = terms();
        bytes32 folder = terms_.folder == 0 ? _revealed : terms_.folder;
        if (folder == 0) return Cid.file(terms_.placeholder);
        return Cid.fileInFolder(folder, TokenId.numberOf(tokenId));
    }

    function contractURI() external view returns (string memory) {
        return Cid.file(_contractURIDigest);
    }

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IERC5313).interfaceId || super.supportsInterface(id);
    }

    // --- Private ---

    function _create(Birth memory birth, address to) private {
        (address artist, uint256 maxSupply, uint256 batched) = _numbers();
        uint256 number = TokenId.numberOf(birth.tokenId);
        if (TokenId.artistOf(birth.tokenId) != artist || number <= batched || number > maxSupply) {
            revert NotOfThisSeries(birth.tokenId);
        }
        if (birth.digest == 0 && !_hasFolder()) revert EmptyDigest();
        _bear(birth, artist, to);
    }

    /// Sets the bits of numbers first to first + count - 1, of which none may be set; they lie in one group or two.
    function _mark(address artist, uint256 first, uint256 count) private {
        for (uint256 end = first + count; first < end;) {
            uint256 start = first & 255;
            uint256 length = end - first < 256 - start ? end - first : 256 - start;
            uint256 bits = (type(uint256).max >> (256 - length)) << start;
            uint256 born = _batchBorn[first >> 8];
            if (born & bits != 0) revert AlreadyMinted(TokenId.join(artist, first));
            _batchBorn[first >> 8] = born | bits;
            first += length;
        }
    }

    function _allow(address account, uint256 right, bool allowed) private {
        if (account == address(0)) revert ZeroAddress();
        if (allowed) _accounts[account] |= right;
        else _accounts[account] &= ~right;
    }

    function _onlyMinter() private view {
        if (msg.sender != owner && _accounts[msg.sender] & MINTER == 0) revert NotMinter(msg.sender);
    }

    /// A token that was born in a batch and has not moved is its artist's, though nothing is stored for it.
    function _wordOf(uint256 tokenId) internal view override returns (uint256 word) {
        word = super._wordOf(tokenId);
        if (uint160(word) == 0) {
            uint256 number = TokenId.numberOf(tokenId);
            if (_batchBorn[number >> 8] >> (number & 255) & 1 == 0) return word;
            address artist = TokenId.artistOf(tokenId);
            (address ours,,) = _numbers();
            if (artist == ours) word |= uint160(artist);
        }
    }

    function _collectionTerms() internal view override returns (ResaleTerms memory) {
        Terms memory terms_ = terms();
        return ResaleTerms(
            terms_.royaltyReceiver, terms_.royaltyBps, terms_.resaleBeneficiary, terms_.resaleBps
        );
    }

    // The clone's arguments: artist, maxSupply, batched and the rest of Terms, then name and symbol, ABI-encoded.

    function _arguments() private view returns (Terms memory, string memory, string memory) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (Terms, string, string));
    }

    /// The three words that every mint needs, without copying the rest.
    function _numbers() private view returns (address artist, uint256 maxSupply, uint256 batched) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            extcodecopy(address(), free, ARGUMENTS_AT, 0x60)
            artist := mload(free)
            maxSupply := mload(add(free, 0x20))
            batched := mload(add(free, 0x40))
        }
    }

    /// Whether metadata comes from a folder, open or still committed to.
    function _hasFolder() private view returns (bool has) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            extcodecopy(address(), free, add(ARGUMENTS_AT, 0xe0), 0x60)
            has := or(mload(free), mload(add(free, 0x40)))
        }
    }
}
