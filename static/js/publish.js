/* The artist's signature under the terms of sale, or under a handover (EIP-712), in their own wallet. */
import { Panel, Told, fields } from "./wallet.js";
import { transact } from "./send.js";

async function publish(panel) {
  const { publish: url, voucher } = panel.root.dataset;
  const wallet = await panel.wallet();
  const from = await panel.address(wallet);
  await panel.onOurChain(wallet);
  const ask = () => panel.post(voucher, fields(panel.root));
  let { address, typed_data: typed, call } = await ask();
  if (call) { // the contract may not move the work yet: that comes first
    if (!await transact(panel, wallet, from, { ...call, more: true }, ask, "_call")) return;
    panel.done = false;
    ({ address, typed_data: typed, call } = await ask());
  }
  if (from.toLowerCase() !== address.toLowerCase()) throw new Told("wrong_account", { address });
  panel.say("sign_terms");
  const signature = await wallet.request({ method: "eth_signTypedData_v4", params: [from, JSON.stringify(typed)] });
  const answer = await panel.post(url, { message: typed.message, signature });
  panel.done = true;
  panel.say(panel.root.dataset.done ?? "published", {}, "good");
  location.assign(answer.next);
}

for (const root of document.querySelectorAll("[data-publish]")) new Panel(root, publish);
