// What our transactions cost beside the peers': node minting/solidity/gas.mjs
//
//   node minting/solidity/gas.mjs            measures, prints the table and writes gas.json
//   node minting/solidity/gas.mjs --check    measures and compares with gas.json; exit 1 where a figure differs
//
// Conditions, the same for all: optimizer runs 200, second call of its kind, fresh recipient, own URI, whole
// transaction with its 21,000 and calldata, refunds taken off. The measuring is test/Gas.t.sol. The peers were
// measured once, the same way, from their published sources; theirs are dated figures, not run here.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const FILE = join(HERE, "gas.json");
const MOST = {
  mint_with_uri: 96_500,
  batch10_with_uri_per_token: 9_500,
  voucher_three_way: 130_000,
  buy_listed_three_way: 80_000,
  transfer: 55_100,
};
const PEERS = {
  mint_with_uri: { OpenZeppelin: 165_795, "OpenZeppelin, digest": 96_405, ERC721A: 164_250, Solady: 164_152, Manifold: 172_337, thirdweb: 258_389 },
  batch10_with_uri_per_token: { OpenZeppelin: 122_158, "OpenZeppelin, digest": 52_767, ERC721A: 100_155, Solady: 120_487, Manifold: 122_326, thirdweb: 220_128 },
  voucher_three_way: { "OpenZeppelin, stored URI": 210_905, "OpenZeppelin, digest": 142_959, "thirdweb, stored URI": 327_404 },
  buy_listed_three_way: { "OpenZeppelin, listed by a transaction": 93_633 },
  transfer: { OpenZeppelin: 55_044, ERC721A: 59_252, Solady: 54_075, Manifold: 61_952, thirdweb: 99_052, Zora: 73_561 },
};

function measure() {
  const forge = [join(HERE, "forge.mjs"), "test", "--match-contract", "^GasTest$", "-vv", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, forge, { encoding: "utf8", maxBuffer: 1 << 28 });
  const text = stdout.slice(stdout.indexOf("{"));
  if (status !== 0) {
    process.stderr.write(`The measurement failed:\n${stdout}${stderr}\n`);
    process.exit(1);
  }
  const found = {};
  for (const suite of Object.values(JSON.parse(text))) {
    for (const { decoded_logs: lines } of Object.values(suite.test_results)) {
      for (const line of lines) {
        const [, name, figure] = /^(\w+): (\d+)$/.exec(line) ?? [];
        if (name) found[name] = Number(figure);
      }
    }
  }
  const sorted = Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
  for (const name of Object.keys(MOST)) {
    if (!sorted[name]) throw new Error(`test/Gas.t.sol did not report ${name}`);
  }
  return sorted;
}

const number = (value) => value.toLocaleString("en-US").padStart(9);

function print(found) {
  for (const [name, most] of Object.entries(MOST)) {
    const verdict = found[name] <= most ? "kept" : "missed";
    console.log(`${name.padEnd(34)}${number(found[name])}   goal ${number(most)}  ${verdict}`);
    for (const [peer, figure] of Object.entries(PEERS[name])) {
      console.log(`  ${peer.padEnd(32)}${number(figure)}   ${(found[name] / figure).toFixed(2)} of it`);
    }
  }
  console.log("and");
  for (const [name, figure] of Object.entries(found)) {
    if (!MOST[name]) console.log(`  ${name.padEnd(46)}${number(figure)}`);
  }
}

const found = measure();
if (process.argv.includes("--check")) {
  const kept = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
  const names = [...new Set([...Object.keys(kept), ...Object.keys(found)])].filter((name) => kept[name] !== found[name]);
  for (const name of names) {
    process.stderr.write(`${name} costs ${found[name] ?? "nothing now"} gas; gas.json says ${kept[name] ?? "nothing"}.\n`);
  }
  if (names.length) {
    process.stderr.write("If that is meant, run `make gas` and commit minting/solidity/gas.json.\n");
    process.exit(1);
  }
} else {
  print(found);
  writeFileSync(FILE, `${JSON.stringify(found, null, 2)}\n`);
}
