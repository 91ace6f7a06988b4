"""The committed contract artifacts are what the sources compile to, and hold no power that was not meant.

Compiles with the pinned solc-js, once (some fifteen seconds); does not run the contracts, forge does.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SOLIDITY = Path(__file__).resolve().parents[2] / "minting" / "solidity"
ADMIN_RULES = {
    "acceptDefaultAdminTransfer",
    "beginDefaultAdminTransfer",
    "cancelDefaultAdminTransfer",
    "changeDefaultAdminDelay",
    "grantRole",
    "renounceRole",
    "revokeRole",
    "rollbackDefaultAdminDelay",
}
CONTRACTS = (
    "NinefoldToken",
    "NinefoldMarket",
    "NinefoldFactory",
    "NinefoldSeries",
    "NinefoldAuctions",
    "NinefoldOffers",
)
OWNERS_OF_TOKENS = {"approve", "safeTransferFrom", "setApprovalForAll", "transferFrom"}


def _check(*options: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = shutil.which("node", path=path)
    assert node, "Node is not installed; `make env` takes it from a wheel."
    command = [node, str(SOLIDITY / "compile.mjs"), "--check", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def _abi(contract: str) -> list[dict[str, Any]]:
    abi: list[dict[str, Any]] = json.loads((SOLIDITY / "artifacts" / f"{contract}.json").read_text())["abi"]
    return abi


def _changing_functions(contract: str) -> set[str]:
    return {
        entry["name"]
        for entry in _abi(contract)
        if entry["type"] == "function" and entry["stateMutability"] not in {"view", "pure"}
    }


def test_artifacts_match_when_sources_are_compiled_again_and_one_that_does_not_is_named(tmp_path: Path) -> None:
    shutil.copytree(SOLIDITY / "artifacts", tmp_path, dirs_exist_ok=True)
    altered = tmp_path / "NinefoldMarket.json"
    altered.write_text(altered.read_text().replace('"runs": 200', '"runs": 201'))
    result = _check("--artifacts", str(SOLIDITY / "artifacts"), "--artifacts", str(tmp_path))
    assert result.returncode == 1
    [named] = result.stderr.splitlines()  # one compilation tells the committed ones from the altered one
    assert Path(named.split()[0]).resolve() == altered
    assert "compile.mjs" in named


def test_planted_faults_fit_the_sources_when_these_change() -> None:
    planted = json.loads((SOLIDITY / "mutants.json").read_text())
    assert len({one["name"] for one in planted}) == len(planted) >= 30
    for one in planted:
        source = (SOLIDITY / "src" / one["file"]).read_text()
        assert source.count(one["find"]) == 1, one["name"]
        assert (SOLIDITY / "test" / f"{one['tests']}.t.sol").exists(), one["name"]


def test_contracts_take_no_bare_payment_when_called_without_data() -> None:
    for contract in CONTRACTS:
        assert {"receive", "fallback"}.isdisjoint(entry["type"] for entry in _abi(contract))


def test_market_changes_state_only_through_named_functions_when_its_abi_is_read() -> None:
    assert _changing_functions("NinefoldMarket") - ADMIN_RULES == {
        "buy",
        "buyListed",
        "buyMany",
        "cancel",
        "claim",
        "listCurrency",
        "pause",
        "unpause",
        "withdraw",
        "withdrawIn",
    }


def test_token_changes_state_only_through_named_functions_when_its_abi_is_read() -> None:
    assert _changing_functions("NinefoldToken") - ADMIN_RULES - OWNERS_OF_TOKENS == {
        "admit",
        "dismiss",
        "mint",
        "mintBatch",
        "mintSold",
        "recall",
        "sell",
        "setContractURI",
    }


def test_series_changes_state_only_through_named_functions_when_its_abi_is_read() -> None:
    assert _changing_functions("NinefoldSeries") - OWNERS_OF_TOKENS == {
        "acceptOwnership",
        "allowMarket",
        "allowMinter",
        "mint",
        "mintBatch",
        "mintSold",
        "recall",
        "reveal",
        "sell",
        "setContractURI",
        "setUp",
        "transferOwnership",
    }
    assert _changing_functions("NinefoldFactory") == {"create"}


def test_auctions_and_offers_change_state_only_through_named_functions_when_their_abis_are_read() -> None:
    shared = {"cancel", "listCurrency", "pause", "unpause", "withdraw", "withdrawIn"}
    assert _changing_functions("NinefoldAuctions") - ADMIN_RULES == shared | {
        "bid",
        "buyDutch",
        "settle",
        "settleDutch",
    }
    assert _changing_functions("NinefoldOffers") - ADMIN_RULES == shared | {"accept", "cancelOffer", "makeOffer"}


def test_events_have_one_form_when_several_contracts_emit_them() -> None:
    forms: dict[str, set[str]] = {}
    for contract in CONTRACTS:
        for entry in _abi(contract):
            if entry["type"] == "event":
                members = [(one["name"], one["type"], one["indexed"]) for one in entry["inputs"]]
                forms.setdefault(entry["name"], set()).add(json.dumps(members))
    assert {name for name, found in forms.items() if len(found) > 1} == set()
