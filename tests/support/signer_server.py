"""A signer of the tests' own: a process that holds a key and speaks the part of Web3Signer's JSON-RPC that we use.

Run as `python -m tests.support.signer_server PORT CHAIN_ID [DEVIATION]` with keys (hex, one a line) on its standard
input; a deviation is the field that it signs otherwise than asked, or `key`.
"""

import http.server
import json
import sys
from typing import Any

from eth_account import Account


def main() -> None:
    port, chain_id, deviation = int(sys.argv[1]), int(sys.argv[2]), [*sys.argv, ""][3]
    accounts = {account.address: account for account in map(Account.from_key, sys.stdin.read().split())}

    def signed(asked: dict[str, Any]) -> str:
        account = Account.create() if deviation == "key" else accounts[asked["from"]]
        fields = {"type": 2, "chainId": chain_id, **{name: asked[name] for name in asked if name != "from"}}
        fields = {name: int(value, 16) if _is_number(name, value) else value for name, value in fields.items()}
        if deviation in fields:
            fields[deviation] = fields[deviation] + 1 if isinstance(fields[deviation], int) else "0x60006000"
        return "0x" + account.sign_transaction(fields).raw_transaction.hex()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
            if asked["method"] == "eth_accounts":
                said["result"] = list(accounts)
            elif asked["method"] != "eth_signTransaction":
                said["error"] = {"code": -32601, "message": "Method not found"}
            elif asked["params"][0]["from"] not in accounts:
                said["error"] = {"code": -32000, "message": "Signing from account not available"}
            else:
                said["result"] = signed(asked["params"][0])
            data = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def _is_number(name: str, value: Any) -> bool:
    return name not in {"to", "data"} and isinstance(value, str)


if __name__ == "__main__":
    main()
