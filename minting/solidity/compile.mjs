// Writes artifacts/<Contract>.json from src/ with the solc-js and OpenZeppelin that package.json pins.
//
//   node minting/solidity/compile.mjs                    writes them
//   node minting/solidity/compile.mjs --check            compares instead, exit 1 where they differ
//   … --artifacts DIR                                    another folder than artifacts/, or several
//
// The bytes depend on the sources, the compiler and the settings alone: no date, no path, no metadata hash.
// sourceSha256 covers every source that went in, OpenZeppelin's too: the sha-256 of lines
// "<sha-256 of the file>  <name>\n" in order of name. Refuses to write anything if the compiler warns about src/.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
const NODE_MODULES = join(HERE, "..", "..", "node_modules");
const CONTRACTS = [
  "NinefoldToken",
  "NinefoldFactory",
  "NinefoldSeries",
  "NinefoldMarket",
  "NinefoldAuctions",
  "NinefoldOffers",
];
const SETTINGS = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "cancun",
  metadata: { bytecodeHash: "none" },
};

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function loadCompiler() {
  try {
    return createRequire(import.meta.url)("solc");
  } catch {
    return fail("The Solidity compiler is not installed: run `npm ci` at the root of the project.");
  }
}

function compile(solc) {
  const sources = {};
  for (const file of readdirSync(join(HERE, "src")).sort()) {
    if (file.endsWith(".sol")) sources[`src/${file}`] = { content: readFileSync(join(HERE, "src", file), "utf8") };
  }
  const input = {
    language: "Solidity",
    sources,
    settings: {
      ...SETTINGS,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"] } },
    },
  };
  const texts = Object.fromEntries(Object.entries(sources).map(([name, { content }]) => [name, content]));
  const findImport = (name) => {
    const path = join(NODE_MODULES, name);
    if (!existsSync(path)) return { error: `${name} is not installed: run npm ci` };
    texts[name] = readFileSync(path, "utf8");
    return { contents: texts[name] };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport }));
  // A warning about an imported file is its author's affair (EIP-1153 advice on the guard); in ours it is a fault.
  const faults = (output.errors ?? []).filter(
    ({ severity, sourceLocation }) => severity === "error" || sourceLocation?.file.startsWith("src/"),
  );
  if (faults.length) fail(faults.map((fault) => fault.formattedMessage).join("\n"));
  return { texts, contracts: output.contracts };
}

function artifactText(contractName, { texts, contracts }, version) {
  const contract = contracts[`src/${contractName}.sol`][contractName];
  const names = Object.keys(JSON.parse(contract.metadata).sources).sort();
  const artifact = {
    contractName,
    compiler: { name: "solc", version },
    settings: SETTINGS,
    sourceSha256: sha256(names.map((name) => `${sha256(texts[name])}  ${name}\n`).join("")),
    abi: contract.abi,
    bytecode: `0x${contract.evm.bytecode.object}`,
    deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
  };
  return `${JSON.stringify(artifact, null, 2)}\n`;
}

const { values: options } = parseArgs({
  options: { check: { type: "boolean", default: false }, artifacts: { type: "string", multiple: true, default: [join(HERE, "artifacts")] } },
});
const solc = loadCompiler();
const compiled = compile(solc);
const version = solc.version().replace(/\.Emscripten\.clang$/, "");

const differing = [];
for (const folder of options.artifacts) {
  if (!options.check) mkdirSync(folder, { recursive: true });
  for (const contractName of CONTRACTS) {
    const path = join(folder, `${contractName}.json`);
    const text = artifactText(contractName, compiled, version);
    if (!options.check) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== text) differing.push(relative(process.cwd(), path));
  }
}
if (differing.length) {
  const run = "run `node minting/solidity/compile.mjs` and commit the result";
  fail(differing.map((shown) => `${shown} is not what the sources compile to: ${run}.`).join("\n"));
}
