// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

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

/// Takes signed approvals (ERC-2612).
contract PermitCoin is Coin, ERC20Permit("Coin") {
    function _update(address from, address to, uint256 amount) internal override(Coin, ERC20) {
        super._update(from, to, amount);
    }
}

/// Answers false to those whom it has blocked, and moves nothing.
contract FalseCoin is Coin {
    function transfer(address to, uint256 amount) public override returns (bool) {
        return !blocked[to] && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !blocked[from] && super.transferFrom(from, to, amount);
    }
}

/// Answers nothing, as some coins older than the standard do.
contract SilentCoin {
    mapping(address account => uint256) public balanceOf;
    mapping(address account => bool) public blocked;

    function issue(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function block_(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        require(!blocked[to], "blocked");
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Calls back in the middle of every transfer, with prepared data, and keeps what came of it.
contract HookCoin is Coin {
    address private target;
    bytes private data;
    uint256 public tries;
    bool public succeeded;

    function prepare(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0)) return;
        ++tries;
        (bool done,) = target.call(data);
        if (done) succeeded = true;
    }
}
