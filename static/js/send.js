/* What the site prepares and the visitor's own wallet sends: asked for, tried against purse and chain, sent, awaited. */
import { Told, ether, isShort, receipt } from "./wallet.js";

/** `said` names the sentences: "" for a purchase, "_call" for anything else. Gives {from, hash}, or null when the
    network is slow, which the visitor has been told. */
export async function send(panel, url, body = {}, said = "") {
  const wallet = await panel.wallet();
  const address = await panel.address(wallet);
  await panel.onOurChain(wallet);
  const ask = () => panel.post(url, { ...body, address });
  const asked = await ask();
  const hash = await transact(panel, wallet, address, asked, ask, said);
  if (!hash || !asked.more) return hash && { from: address, hash };
  panel.done = false; // that was what had to come first
  panel.say("approved");
  return send(panel, url, body, said);
}

/** One call to its block: its hash, or null when the network is slow. `ask` throws the site's reason, if it has one. */
export async function transact(panel, wallet, address, { from, to, data, value, more }, ask, said) {
  if (from && from.toLowerCase() !== address.toLowerCase()) throw new Told("wrong_account", { address: from });
  const call = { from: address, to, data, value };
  await check(wallet, call, ask, said);
  panel.say(more ? "approve" : `confirm${said}`);
  let hash;
  try {
    hash = await wallet.request({ method: "eth_sendTransaction", params: [call] });
  } catch (error) {
    throw isShort(error) ? await short(wallet, call, said) : error;
  }
  panel.done = true; // it is on its way: a second press must not send a second one
  panel.say("waiting");
  const mined = await receipt(wallet, hash);
  if (!mined) {
    panel.say(`slow${said}`);
    return null;
  }
  if (BigInt(mined.status) !== 1n) {
    await ask(); // throws the site's own reason, where it knows one
    throw new Told(`reverted${said}`);
  }
  return hash;
}

/** Short of money, or refused by the chain, before the wallet is opened for nothing. */
async function check(wallet, call, ask, said) {
  const balance = BigInt(await wallet.request({ method: "eth_getBalance", params: [call.from, "latest"] }));
  if (balance < BigInt(call.value)) throw await short(wallet, call, said, balance);
  try {
    await wallet.request({ method: "eth_estimateGas", params: [call] });
  } catch (error) {
    if (isShort(error)) throw await short(wallet, call, said, balance);
    await ask();
    throw new Told(`refused${said}`);
  }
}

async function short(wallet, call, said, known) {
  const held = known ?? BigInt(await wallet.request({ method: "eth_getBalance", params: [call.from, "latest"] }));
  return new Told(`short${said}`, { balance: ether(held), price: ether(BigInt(call.value)) });
}
