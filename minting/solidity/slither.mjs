// Static analysis of src/ by slither: node minting/solidity/slither.mjs
//
// Ends with 1 where slither finds something that slither.json does not argue, and where slither.json argues what is no
// longer found. Its exceptions are by detector, or by detector and function, each with the reason.
//
// Slither lives in a virtual environment of its own (slither.lock), made once beside the project's. It drives the
// solc-js that npm pins through ./solc, on standard JSON with every source inside; it downloads no compiler.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const NODE_MODULES = join(HERE, "..", "..", "node_modules");
const LOCK = join(HERE, "slither.lock");

function environment() {
  const root = process.geteuid?.() === 0;
  const cache =
    process.env.NINEFOLD_CACHE ??
    (root ? "/var/cache/ninefold" : join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ninefold"));
  const digest = createHash("sha256").update(readFileSync(LOCK)).digest("hex").slice(0, 16);
  const venv = join(cache, `slither-${digest}`);
  if (!existsSync(join(venv, ".complete"))) {
    console.log("Installing slither (once; about a minute) ...");
    rmSync(venv, { recursive: true, force: true });
    execFileSync("python3", ["-m", "venv", venv], { stdio: "inherit" });
    const pip = [join(venv, "bin", "pip"), ["--quiet", "--disable-pip-version-check", "install", "--requirement", LOCK]];
    execFileSync(...pip, { stdio: ["ignore", "ignore", "inherit"] });
    writeFileSync(join(venv, ".complete"), "");
  }
  return venv;
}

/// Every source that src/ reaches, by the name that it is imported under.
function sources() {
  const found = {};
  const add = (name) => {
    if (found[name]) return;
    const path = name.startsWith("src/") ? join(HERE, name) : join(NODE_MODULES, name);
    const content = readFileSync(path, "utf8");
    found[name] = { content };
    for (const [, imported] of content.matchAll(/^(?:import\s|\}\s*from\s)[^;"]*"([^"]+)"/gm)) {
      add(imported.startsWith(".") ? posix.join(posix.dirname(name), imported) : imported);
    }
  };
  for (const file of readdirSync(join(HERE, "src"))) add(`src/${file}`);
  return found;
}

function analyse() {
  const folder = mkdtempSync(join(tmpdir(), "slither-"));
  try {
    symlinkSync(join(HERE, "src"), join(folder, "src"));
    symlinkSync(join(NODE_MODULES, "@openzeppelin"), join(folder, "@openzeppelin"));
    const settings = { optimizer: { enabled: true, runs: 200 }, evmVersion: "cancun" };
    writeFileSync(join(folder, "input.json"), JSON.stringify({ language: "Solidity", sources: sources(), settings }));
    const options = ["--compile-force-framework", "Solc-json", "--solc", join(HERE, "solc"), "--solc-disable-warnings"];
    options.push("--filter-paths", "@openzeppelin", "--json", "found.json");
    const { stderr } = spawnSync(join(environment(), "bin", "slither"), ["input.json", ...options], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (!existsSync(join(folder, "found.json"))) throw new Error(`Slither did not finish:\n${stderr}`);
    const { success, error, results } = JSON.parse(readFileSync(join(folder, "found.json"), "utf8"));
    if (!success) throw new Error(`Slither failed: ${error}`);
    return results.detectors ?? [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function place({ elements: [first] }) {
  const parent = first.type_specific_fields?.parent;
  const within = first.type === "function" ? first : parent?.type === "function" ? parent : first;
  const contract = within.type_specific_fields?.parent?.name;
  return contract ? `${contract}.${within.name}` : within.name;
}

const argued = JSON.parse(readFileSync(join(HERE, "slither.json"), "utf8"));
const used = new Set();
let open = 0;
const found = analyse();
for (const one of found) {
  const keys = [one.check, `${one.check} ${place(one)}`];
  const key = keys.find((candidate) => argued[candidate]);
  if (key) {
    used.add(key);
  } else {
    open += 1;
    console.error(`${one.impact}: ${keys[1]}\n${one.description}`);
  }
}
const idle = Object.keys(argued).filter((key) => !used.has(key));
for (const key of idle) console.error(`slither.json argues "${key}", which slither does not find any more.`);
console.log(`Slither: ${found.length} findings, ${found.length - open} of them argued in slither.json, ${open} open.`);
process.exit(open || idle.length ? 1 : 0);
