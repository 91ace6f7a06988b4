// Prints the bytecode of Coin in minting/solidity/test/Coins.sol, for tests that sell in an ERC-20.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const solc = createRequire(import.meta.url)("solc");
const path = "minting/solidity/test/Coins.sol";
const input = {
  language: "Solidity",
  sources: { [path]: { content: readFileSync(path, "utf8") } },
  settings: { evmVersion: "cancun", outputSelection: { [path]: { Coin: ["evm.bytecode.object"] } } },
};
const read = (name) => ({ contents: readFileSync(`node_modules/${name}`, "utf8") });
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
process.stdout.write(output.contracts[path].Coin.evm.bytecode.object);
