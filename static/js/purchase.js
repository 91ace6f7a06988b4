/* Buying a work: connect, check chain and purse, confirm in the wallet, wait for the block. */
import { Panel, Told, ether, isShort, receipt, sentence } from "./wallet.js";

async function buy(panel) {
  const { buy: url, collections } = panel.root.dataset;
  const wallet = await panel.wallet();
  const from = await panel.address(wallet);
  await panel.onOurChain(wallet);
  const { to, data, value } = await panel.post(url, { address: from });
  const call = { from, to, data, value };
  await checkPurse(panel, wallet, call);
  panel.say("confirm");
  let hash;
  try {
    hash = await wallet.request({ method: "eth_sendTransaction", params: [call] });
  } catch (error) {
    throw isShort(error) ? await short(wallet, call) : error;
  }
  panel.done = true; // it is on its way: a second press must not send a second one
  panel.say("waiting");
  const mined = await receipt(wallet, hash);
  if (!mined) return panel.say("slow");
  if (BigInt(mined.status) !== 1n) {
    await panel.post(url, { address: from }); // throws "sold" when somebody else was faster
    throw new Told("reverted");
  }
  panel.show("", "good");
  const link = document.createElement("a");
  link.href = collections.replace("ADDRESS", from);
  link.textContent = sentence("to_collection");
  panel.says.append(`${sentence("done")} `, link);
  panel.button.hidden = true;
}

/** Short of money, or refused by the chain, before the wallet is opened for nothing. */
async function checkPurse(panel, wallet, call) {
  const balance = BigInt(await wallet.request({ method: "eth_getBalance", params: [call.from, "latest"] }));
  if (balance < BigInt(call.value)) throw await short(wallet, call, balance);
  try {
    await wallet.request({ method: "eth_estimateGas", params: [call] });
  } catch (error) {
    if (isShort(error)) throw await short(wallet, call, balance);
    await panel.post(panel.root.dataset.buy, { address: call.from }); // throws "sold" when that is why
    throw new Told("refused");
  }
}

async function short(wallet, call, known) {
  const held = known ?? BigInt(await wallet.request({ method: "eth_getBalance", params: [call.from, "latest"] }));
  return new Told("short", { balance: ether(held), price: ether(BigInt(call.value)) });
}

for (const root of document.querySelectorAll("[data-buy]")) new Panel(root, buy);
