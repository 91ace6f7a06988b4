/* Sign-in with Ethereum, and linking a wallet: the site writes the message, the wallet signs exactly that. */
import { Panel, hex } from "./wallet.js";

async function signIn(panel) {
  const wallet = await panel.wallet();
  const from = await panel.address(wallet);
  const { text, nonce, address } = await panel.post(panel.root.dataset.message, { address: from });
  panel.say("sign");
  const signature = await wallet.request({ method: "personal_sign", params: [hex(text), from] });
  const answer = await panel.post(panel.root.dataset.signIn, { nonce, signature, address });
  panel.done = true;
  panel.say("signed_in", {}, "good");
  location.assign(answer.next);
}

for (const root of document.querySelectorAll("[data-sign-in]")) new Panel(root, signIn);
