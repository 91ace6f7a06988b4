// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A token id says whose work it is: tokenId = (artist << 96) | work number.
/// One work has one id, and nobody can take a number that belongs to another artist.
library TokenId {
    function artistOf(uint256 tokenId) internal pure returns (address) {
        return address(uint160(tokenId >> 96));
    }
}
