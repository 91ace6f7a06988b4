// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {NinefoldSeries} from "./NinefoldSeries.sol";

/// Makes an artist's own contract for a series. The artist calls; nobody can make a series in another's name, and
/// the factory keeps no power over what it made. It has no owner, no fee and no settings.
contract NinefoldFactory {
    uint256 public constant MOST_ROYALTY_BPS = 5_000;

    /// What every clone runs.
    address public immutable implementation;

    event SeriesCreated(
        address indexed series,
        address indexed owner,
        uint256 maxSupply,
        uint256 batched,
        bytes32 folder,
        bytes32 commitment,
        bytes32 salt
    );

    error NotTheArtist(address caller);
    error BadSupply(uint256 maxSupply, uint256 batched);
    error BadFolder();
    error RoyaltyTooHigh(uint256 bps);
    error ZeroAddress();
    error EmptyDigest();

    constructor() {
        implementation = address(new NinefoldSeries());
    }

    /// Makes the series of `terms` for its artist, who calls. `markets` may sell what the artist signs, `minter` (or
    /// zero) may mint to the artist; both can be taken back. The same call twice reverts: the address is fixed by
    /// implementation, artist, salt and terms.
    function create(
        NinefoldSeries.Terms calldata terms,
        string calldata name,
        string calldata symbol,
        bytes32 contractURIDigest,
        address[] calldata markets,
        address minter,
        bytes32 salt
    ) external returns (address series) {
        _check(terms, contractURIDigest);
        series = Clones.cloneDeterministicWithImmutableArgs(
            implementation, abi.encode(terms, name, symbol), _salted(terms.artist, salt)
        );
        _announce(series, terms, salt);
        NinefoldSeries(series).setUp(terms.artist, contractURIDigest, markets, minter);
    }

    /// Where `create` with these arguments puts the series.
    function addressOf(
        NinefoldSeries.Terms calldata terms,
        string calldata name,
        string calldata symbol,
        bytes32 salt
    ) external view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(
            implementation, abi.encode(terms, name, symbol), _salted(terms.artist, salt)
        );
    }

    function _announce(address series, NinefoldSeries.Terms calldata terms, bytes32 salt) private {
        emit SeriesCreated(
            series, terms.artist, terms.maxSupply, terms.batched, terms.folder, terms.commitment, salt
        );
    }

    function _check(NinefoldSeries.Terms calldata terms, bytes32 contractURIDigest) private view {
        if (msg.sender != terms.artist) revert NotTheArtist(msg.sender);
        if (terms.maxSupply == 0 || terms.batched > terms.maxSupply) {
            revert BadSupply(terms.maxSupply, terms.batched);
        }
        // Batches bring no digests of their own; a placeholder is for a folder that is committed to and not open.
        bool sealed_ = terms.commitment != 0;
        if (
            (terms.folder != 0 && sealed_) || sealed_ != (terms.placeholder != 0)
                || (terms.batched != 0 && terms.folder == 0 && !sealed_)
        ) revert BadFolder();
        uint256 asked = uint256(terms.royaltyBps) + terms.resaleBps;
        if (asked > MOST_ROYALTY_BPS) revert RoyaltyTooHigh(asked);
        if (terms.royaltyBps != 0 && terms.royaltyReceiver == address(0)) revert ZeroAddress();
        if (terms.resaleBps != 0 && terms.resaleBeneficiary == address(0)) revert ZeroAddress();
        if (contractURIDigest == 0) revert EmptyDigest();
    }

    function _salted(address artist, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(artist, salt));
    }
}
