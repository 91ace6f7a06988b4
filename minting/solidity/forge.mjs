// Runs forge in this folder and ends with forge's own status: node minting/solidity/forge.mjs test
//
// The script that npm links as `forge` ends with 0 whatever forge says, and forge finds ./solc only from here.

import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const SCOPE = join(HERE, "..", "..", "node_modules", "@foundry-rs");

const installed = existsSync(SCOPE) ? readdirSync(SCOPE).find((name) => name.startsWith("forge-")) : undefined;
if (!installed) {
  process.stderr.write("Forge is not installed for this machine: run `npm ci` at the root of the project.\n");
  process.exit(1);
}
link(join(HERE, "node_modules"), join("..", "..", "node_modules"));
const { status, error } = spawnSync(join(SCOPE, installed, "bin", "forge"), process.argv.slice(2), {
  cwd: HERE,
  env: { ...process.env, PATH: dirname(process.execPath) + delimiter + process.env.PATH }, // ./solc asks for node
  stdio: "inherit",
});
if (error) process.stderr.write(`Forge did not start: ${error.message}\n`);
process.exit(status ?? 1);

// solc-js finds no source above forge's root, so the packages are linked below it; made here, because not every
// way of copying a checkout keeps links.
function link(place, target) {
  const found = lstatSync(place, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) return;
  if (found) rmSync(place);
  try {
    symlinkSync(target, place);
  } catch (error) {
    if (error.code !== "EEXIST") throw error; // another forge was faster
  }
}
