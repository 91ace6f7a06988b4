// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// A coin that keeps the standard, with a blocklist as stable coins have.
contract Coin is ERC20("Coin", "COIN") {
    mapping(address account => bool) public blocked;

    function issue(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function block_(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function _update(address from, address to, uint256 amount) internal virtual override {
        require(!blocked[to], "blocked");
        super._update(from, to, amount);
    }
}

/// Keeps one unit of every transfer.
contract FeeCoin is Coin {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && amount != 0) super._update(to, address(0xFEE), 1);
    }
}
