/* Cancelling a signature on the chain: only the wallet that signed can do it, and doing it twice does no harm. */
import { Panel, Told, isShort, receipt } from "./wallet.js";

async function cancel(panel) {
  const { cancel: url, voucher } = panel.root.dataset;
  const wallet = await panel.wallet();
  const from = await panel.address(wallet);
  await panel.onOurChain(wallet);
  const { address, to, data, value } = await panel.post(url, { voucher });
  if (from.toLowerCase() !== address.toLowerCase()) throw new Told("wrong_account", { address });
  panel.say("cancel_confirm");
  let hash;
  try {
    hash = await wallet.request({ method: "eth_sendTransaction", params: [{ from, to, data, value }] });
  } catch (error) {
    throw isShort(error) ? new Told("cancel_short") : error;
  }
  panel.done = true;
  panel.say("waiting");
  const mined = await receipt(wallet, hash);
  if (!mined) return panel.say("cancel_slow");
  if (BigInt(mined.status) !== 1n) {
    panel.done = false;
    throw new Told("cancel_reverted");
  }
  panel.say("cancelled", {}, "good");
  panel.button.hidden = true;
}

for (const root of document.querySelectorAll("[data-cancel]")) new Panel(root, cancel);
