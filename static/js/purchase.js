/* Buying a work. */
import { Panel, fields, sentence } from "./wallet.js";
import { send } from "./send.js";

async function buy(panel) {
  const { buy: url, collections } = panel.root.dataset;
  const { recipient } = fields(panel.root);
  const sent = await send(panel, url, { recipient });
  if (!sent) return;
  panel.show("", "good");
  const link = document.createElement("a");
  link.href = collections.replace("ADDRESS", recipient || sent.from);
  link.textContent = sentence(recipient ? "to_their_collection" : "to_collection");
  panel.says.append(`${recipient ? sentence("done_gift", { who: recipient }) : sentence("done")} `, link);
  panel.button.hidden = true;
}

for (const root of document.querySelectorAll("[data-buy]")) new Panel(root, buy);
