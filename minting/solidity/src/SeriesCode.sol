// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Tells a series of ours by the code that it runs: a minimal proxy (ERC-1167) to our implementation, whose first 45
/// bytes are the same whatever arguments follow. Reading them costs no more than the call that comes next anyway.
///
/// Anybody may make such a clone; one that the factory did not set up has no owner and no market, and sells nothing.
library SeriesCode {
    function expected(address implementation) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(
                    hex"363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91602b57fd5bf3"
                )
            );
    }

    /// The hash of the first 45 bytes at `account`; 45 zeros where there is less.
    function read(address account) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            extcodecopy(account, free, 0, 45)
            hash := keccak256(free, 45)
        }
    }
}
