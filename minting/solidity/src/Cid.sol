// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// Spells a sha-256 digest as an IPFS address. Storing the digest alone costs one slot where the text takes three;
/// the text is worked out when somebody asks.
///
/// CIDv1, sha2-256 (https://github.com/multiformats/cid): bytes 0x01, codec, 0x12, 0x20 and the digest, in multibase
/// "b", base32 lower case without padding (RFC 4648, section 6). A file is a single raw block (codec 0x55): one that
/// a store cuts into several blocks has another address. A folder is the root of a UnixFS directory (dag-pb, 0x70),
/// in which a work's metadata is `<number>.json`.
library Cid {
    uint256 private constant RAW = 0x01551220;
    uint256 private constant DAG_PB = 0x01701220;
    bytes32 private constant ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    bytes8 private constant LEAD = "ipfs://b";
    uint256 private constant LETTERS = 58; // ceil(36 bytes * 8 / 5)

    function file(bytes32 digest) internal pure returns (string memory) {
        return string(_spell(RAW, digest));
    }

    function fileInFolder(bytes32 digest, uint256 number) internal pure returns (string memory) {
        return string.concat(string(_spell(DAG_PB, digest)), "/", Strings.toString(number), ".json");
    }

    function _spell(uint256 lead, bytes32 digest) private pure returns (bytes memory text) {
        text = new bytes(8 + LETTERS);
        for (uint256 i; i < 8; ++i) {
            text[i] = LEAD[i];
        }
        // 36 bytes do not fit one word. The 4 lead bytes and the first 3 of the digest are 56 bits and yield 11
        // letters (55 bits); the bit left over and the other 232 bits of the digest are 233 bits and yield 47
        // letters (235 bits, the last two zero).
        uint256 high = (lead << 24) | (uint256(digest) >> 232);
        for (uint256 i; i < 11; ++i) {
            text[8 + i] = ALPHABET[(high >> (51 - 5 * i)) & 31];
        }
        uint256 low = (uint256(digest) & ((1 << 233) - 1)) << 2;
        for (uint256 i; i < 47; ++i) {
            text[19 + i] = ALPHABET[(low >> (230 - 5 * i)) & 31];
        }
    }
}
