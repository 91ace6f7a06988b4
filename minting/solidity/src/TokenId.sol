// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A token id says whose work it is: tokenId = (artist << 96) | work number, in the shared contract and in every
/// series alike. One work has one id, and nobody can take a number that belongs to another artist.
library TokenId {
    function artistOf(uint256 tokenId) internal pure returns (address) {
        return address(uint160(tokenId >> 96));
    }

    function numberOf(uint256 tokenId) internal pure returns (uint256) {
        return uint96(tokenId);
    }

    function join(address artist, uint256 number) internal pure returns (uint256) {
        return (uint256(uint160(artist)) << 96) | number;
    }
}
