// Which lines and branches of src/ the tests reach: node minting/solidity/coverage.mjs
//
// Prints a line a source and ends with 1 where a line or branch is not reached, naming it. The tests run without
// optimiser, as forge's coverage has it, and with few runs a fuzz test: what only a lucky run reaches does not count.
// Left out are the invariants, for the same reason, and the measuring of gas.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

function measure() {
  const folder = mkdtempSync(join(tmpdir(), "coverage-"));
  try {
    const report = join(folder, "lcov.info");
    const options = ["--report", "lcov", "--report-file", report, "--no-match-contract", "GasTest|Invariant"];
    const env = { ...process.env, FOUNDRY_FUZZ_RUNS: "32" };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(HERE, "forge.mjs"), "coverage", ...options], {
      encoding: "utf8",
      env,
      maxBuffer: 1 << 28,
    });
    if (status !== 0) {
      process.stderr.write(`Forge did not measure:\n${stdout.slice(-4000)}${stderr.slice(-2000)}\n`);
      process.exit(1);
    }
    return readFileSync(report, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sum = { lines: 0, linesReached: 0, branches: 0, branchesReached: 0 };
const missed = [];
for (const record of measure().split("end_of_record")) {
  const [, file] = /^SF:(src\/.+)$/m.exec(record) ?? [];
  if (!file) continue;
  const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)];
  const branches = [...record.matchAll(/^BRDA:(\d+),\d+,(\d+),(\d+|-)$/gm)];
  const reachedLines = lines.filter(([, , hits]) => hits !== "0");
  const reachedBranches = branches.filter(([, , , hits]) => hits !== "0" && hits !== "-");
  for (const [, line, hits] of lines) if (hits === "0") missed.push(`${file}:${line} is not reached`);
  for (const [, line, way, hits] of branches) {
    if (hits === "0" || hits === "-") missed.push(`${file}:${line} is never decided in way ${way}`);
  }
  sum.lines += lines.length;
  sum.linesReached += reachedLines.length;
  sum.branches += branches.length;
  sum.branchesReached += reachedBranches.length;
  console.log(
    `${file.padEnd(26)} lines ${reachedLines.length} of ${lines.length}, branches ${reachedBranches.length} of ${branches.length}`,
  );
}
console.log(
  `all: ${sum.linesReached} of ${sum.lines} lines, ${sum.branchesReached} of ${sum.branches} branches reached`,
);
for (const sentence of missed) console.error(sentence);
process.exit(missed.length || !sum.lines ? 1 : 0);
