/* Claiming a work that was bought on site: the code from the slip, the wallet, one transaction at price zero.
   A QR carries the code in the fragment, which browsers send to nobody; it leaves the address bar at once. */
import { Panel, Told, isShort, receipt, sentence } from "./wallet.js";

const READ_EVERY_MS = 2000, READ_FOR_MS = 60 * 1000;
const later = (ms) => new Promise((done) => setTimeout(done, ms));
const field = document.getElementById("code");

function fromFragment() {
  if (location.hash.length < 2) return;
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}

async function claim(panel) {
  const code = field.value.trim();
  if (!code) {
    field.focus();
    throw new Told("claim_empty");
  }
  const wallet = await panel.wallet();
  const from = await panel.address(wallet);
  await panel.onOurChain(wallet);
  const ask = () => panel.post(panel.root.dataset.claim, { code, address: from });
  const answer = await ask();
  if (answer.owner) return done(panel, answer);
  const call = { from, to: answer.to, data: answer.data, value: answer.value };
  try {
    await wallet.request({ method: "eth_estimateGas", params: [call] });
  } catch (error) {
    throw new Told(isShort(error) ? "claim_short" : "claim_refused_by_chain");
  }
  panel.say("claim_confirm", { title: answer.title });
  let hash;
  try {
    hash = await wallet.request({ method: "eth_sendTransaction", params: [call] });
  } catch (error) {
    throw isShort(error) ? new Told("claim_short") : error;
  }
  panel.done = true; // it is on its way
  panel.say("waiting");
  const mined = await receipt(wallet, hash);
  if (!mined) return panel.say("claim_slow");
  if (BigInt(mined.status) !== 1n) {
    panel.done = false;
    throw new Told("claim_reverted");
  }
  panel.say("claim_mined");
  for (const end = Date.now() + READ_FOR_MS; Date.now() < end; await later(READ_EVERY_MS)) {
    const read = await ask();
    if (read.owner) return done(panel, read);
  }
  panel.say("claim_slow");
}

function done(panel, { collection }) {
  panel.done = true;
  panel.show("", "good");
  const link = document.createElement("a");
  link.href = collection;
  link.textContent = sentence("to_collection");
  panel.says.append(`${sentence("done")} `, link);
  panel.button.hidden = true;
}

fromFragment();
addEventListener("hashchange", fromFragment);
for (const root of document.querySelectorAll("[data-claim]")) new Panel(root, claim);
