// Plants faults into the contracts, one at a time, and sees that the tests catch each: node minting/solidity/mutants.mjs
//
//   node minting/solidity/mutants.mjs                 all of mutants.json
//   node minting/solidity/mutants.mjs --handful       a few, other ones whenever a source changes (for CI)
//   node minting/solidity/mutants.mjs NAME ...        those named
//
// A mutant is a file of src/, a text that stands in it once, what is planted in its place, and the tests that must
// fail then. It is caught when a test fails; one that does not compile, or whose text is gone, is a fault of the list
// and ends the run with 1 like one that survives. A copy of the folder is changed, never the sources.
//
// The tests run without optimiser and with 64 runs a fuzz test: enough to tell right from wrong. Two warm compilers
// in threads answer forge through a socket, since a cold one takes longer than the tests.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort } from "node:worker_threads";

const HERE = dirname(fileURLToPath(import.meta.url));
const NODE_MODULES = join(HERE, "..", "..", "node_modules");
const HANDFUL = 4;
const SIDE_BY_SIDE = Math.min(2, availableParallelism());

if (isMainThread) {
  process.exit(await main(process.argv.slice(2)));
} else {
  const solc = createRequire(import.meta.url)("solc");
  parentPort.on("message", (input) => parentPort.postMessage(input ? solc.compile(input) : solc.version()));
}

async function main(options) {
  const folder = mkdtempSync(join(tmpdir(), "mutants-"));
  const compilers = Array.from({ length: SIDE_BY_SIDE }, () => new Worker(fileURLToPath(import.meta.url)));
  const server = await serve(join(folder, "solc.sock"), compilers);
  try {
    const chosen = choose(JSON.parse(readFileSync(join(HERE, "mutants.json"), "utf8")), options);
    const faults = [];
    const waiting = [...chosen];
    const begun = Date.now();
    const line = async (lane) => {
      for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
        const since = Date.now();
        const fault = await run(mutant, join(folder, `${lane}`), join(folder, "solc.sock"));
        console.log(`${fault ? "NOT CAUGHT" : "caught"}  ${mutant.name}  (${((Date.now() - since) / 1000).toFixed(1)} s)`);
        if (fault) faults.push(`${mutant.name}: ${fault}`);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, lane) => line(lane)));
    const seconds = ((Date.now() - begun) / 1000).toFixed(0);
    console.log(`${chosen.length - faults.length} of ${chosen.length} planted faults caught, in ${seconds} s.`);
    for (const fault of faults) console.error(fault);
    return faults.length ? 1 : 0;
  } finally {
    server.close();
    for (const compiler of compilers) await compiler.terminate();
    rmSync(folder, { recursive: true });
  }
}

function choose(mutants, options) {
  if (options.includes("--handful")) {
    const hash = createHash("sha256");
    for (const file of readdirSync(join(HERE, "src")).sort()) hash.update(readFileSync(join(HERE, "src", file)));
    const first = hash.digest().readUInt32BE(0) % mutants.length;
    const apart = Math.floor(mutants.length / HANDFUL);
    return Array.from({ length: HANDFUL }, (_, i) => mutants[(first + i * apart) % mutants.length]);
  }
  if (!options.length) return mutants;
  return options.map((name) => mutants.find((mutant) => mutant.name === name) ?? fail(`There is no mutant "${name}".`));
}

function fail(sentence) {
  throw new Error(sentence);
}

/// Runs the tests of one mutant in a copy of this folder. Returns what is wrong with it, or nothing if it was caught.
async function run({ file, find, plant, tests }, place, socket) {
  const root = join(place, "minting", "solidity");
  rmSync(join(root, "src"), { recursive: true, force: true });
  rmSync(join(root, "test"), { recursive: true, force: true });
  mkdirSync(join(root, "test"), { recursive: true });
  cpSync(join(HERE, "src"), join(root, "src"), { recursive: true });
  for (const test of [].concat(tests)) copyTest(`${test}.t.sol`, join(root, "test"));
  cpSync(join(HERE, "foundry.toml"), join(root, "foundry.toml"));
  writeFileSync(join(root, "solc"), client(socket), { mode: 0o755 });
  try {
    symlinkSync(NODE_MODULES, join(root, "node_modules"));
  } catch {} // there from the mutant before

  const path = join(root, "src", file);
  const source = readFileSync(path, "utf8");
  if (source.split(find).length !== 2) return `its text does not stand in ${file} exactly once`;
  writeFileSync(path, source.replace(find, () => plant));

  const forge = readdirSync(join(NODE_MODULES, "@foundry-rs")).find((name) => name.startsWith("forge-"));
  const settings = { FOUNDRY_OPTIMIZER: "false", FOUNDRY_FUZZ_RUNS: "64", FOUNDRY_INVARIANT_RUNS: "16" };
  const { code, output } = await new Promise((resolve) => {
    const program = join(NODE_MODULES, "@foundry-rs", forge, "bin", "forge");
    const env = { ...process.env, ...settings, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
    execFile(program, ["test", "--fail-fast"], { cwd: root, env, maxBuffer: 1 << 28 }, (error, out, err) =>
      resolve({ code: error ? error.code : 0, output: out + err }),
    );
  });
  if (code === 0) return "every test passed";
  if (!output.includes("[FAIL")) return `forge failed without a test: ${output.slice(-600)}`;
}

/// A file of test/ with all that it imports from there.
function copyTest(name, to) {
  const text = readFileSync(join(HERE, "test", name), "utf8");
  writeFileSync(join(to, name), text);
  for (const [, imported] of text.matchAll(/from "\.\/([^"]+)"/g)) copyTest(imported, to);
}

/// What forge takes for the compiler: hands its input to the socket and prints the answer.
function client(socket) {
  return `#!/usr/bin/env node
"use strict";
const { readFileSync, writeSync } = require("node:fs");
const version = process.argv.includes("--version");
const connection = require("node:net").connect(${JSON.stringify(socket)});
connection.end(version ? "" : readFileSync(0));
const parts = [];
connection.on("data", (part) => parts.push(part));
connection.on("end", () => {
  const answer = Buffer.concat(parts);
  if (version) process.stdout.write("solc, the solidity compiler commandline interface\\nVersion: " + answer + "\\n");
  else for (let at = 0; at < answer.length; ) at += writeSync(1, answer, at);
});
`;
}

function serve(path, compilers) {
  const idle = [...compilers];
  const queue = [];
  const next = () => {
    if (!idle.length || !queue.length) return;
    const compiler = idle.shift();
    const { input, answer } = queue.shift();
    compiler.once("message", (output) => {
      idle.push(compiler);
      answer(output);
      next();
    });
    compiler.postMessage(input);
  };
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    const parts = [];
    connection.on("data", (part) => parts.push(part));
    connection.on("error", () => {}); // forge gave up on its compiler
    connection.on("end", () => {
      queue.push({ input: Buffer.concat(parts).toString(), answer: (output) => connection.end(output) });
      next();
    });
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
