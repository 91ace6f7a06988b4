// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NinefoldMarket} from "../src/NinefoldMarket.sol";

/// Accepts money only while it is willing.
contract Moody {
    bool public willing;

    function setWilling(bool willing_) external {
        willing = willing_;
    }

    receive() external payable {
        require(willing, "not today");
    }
}

/// Spends all the gas that it is given.
contract Burner {
    receive() external payable {
        while (true) {}
    }
}

/// Refuses with as many words as its gas affords.
contract Bomber {
    receive() external payable {
        assembly {
            revert(0, 30000)
        }
    }
}

/// Accepts money and keeps a note of it: two fresh slots, about 45,000 gas.
contract Bookkeeper {
    uint256 public received;
    uint256 public receivedAt;

    receive() external payable {
        received += msg.value;
        receivedAt = block.number;
    }
}

/// Accepts money if it has been given the gas that the market promises, and hands the gas back if not.
contract Careful {
    receive() external payable {
        require(gasleft() > 50_000, "starved");
    }
}

/// Accepts money and calls back once with prepared data, keeping what came of it.
contract Reenterer {
    address private target;
    bytes private data;
    bool private insists;
    uint8 public tries;
    bool public succeeded;

    function prepare(address target_, bytes calldata data_, bool insists_) external {
        target = target_;
        data = data_;
        insists = insists_;
    }

    receive() external payable {
        _callBack();
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        _callBack();
        return this.onERC721Received.selector;
    }

    function _callBack() private {
        if (target == address(0)) return;
        (bool done,) = target.call(data);
        if (insists) require(done, "insists");
        ++tries;
        if (done) succeeded = true;
    }
}

/// An artist's contract wallet (ERC-1271): approves the digests that it was told to.
contract Wallet {
    mapping(bytes32 digest => bool) private approved;

    function approve(bytes32 digest) external {
        approved[digest] = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return approved[digest] ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    function cancel(NinefoldMarket market, uint256 nonce) external {
        market.cancel(nonce);
    }
}

/// Has code and knows nothing of ERC-721 or money.
contract Plain {}
