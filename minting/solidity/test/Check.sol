// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The part of forge's cheatcodes that these tests use (https://book.getfoundry.sh/cheatcodes/).
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function deal(address account, uint256 balance) external;
    function eip712HashTypedData(string calldata json) external pure returns (bytes32);
    function etch(address account, bytes calldata code) external;
    function expectEmit(address emitter) external;
    function expectRevert(bytes calldata data) external;
    function getRecordedLogs() external returns (Log[] memory);
    function lastCallGas() external view returns (Gas memory);
    function prank(address sender) external;
    function recordLogs() external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function toString(address value) external pure returns (string memory);
    function toString(bytes32 value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
    function warp(uint256 timestamp) external;
}

/// Claims that end a test when they are false.
abstract contract Check {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    error NotEqual(string claim, uint256 found, uint256 wanted);
    error Untrue(string claim);

    function same(uint256 found, uint256 wanted, string memory claim) internal pure {
        if (found != wanted) revert NotEqual(claim, found, wanted);
    }

    function same(address found, address wanted, string memory claim) internal pure {
        same(uint160(found), uint160(wanted), claim);
    }

    function same(bytes32 found, bytes32 wanted, string memory claim) internal pure {
        same(uint256(found), uint256(wanted), claim);
    }

    function same(string memory found, string memory wanted) internal pure {
        if (keccak256(bytes(found)) != keccak256(bytes(wanted))) {
            revert Untrue(string.concat(found, " is not ", wanted));
        }
    }

    function holds(bool condition, string memory claim) internal pure {
        if (!condition) revert Untrue(claim);
    }

    /// Expects the next call to revert with an error that has no arguments.
    function refuses(bytes4 selector) internal {
        vm.expectRevert(abi.encodeWithSelector(selector));
    }
}
