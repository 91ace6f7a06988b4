/* Buying a work. */
import { Panel, sentence } from "./wallet.js";
import { send } from "./send.js";

async function buy(panel) {
  const { buy: url, collections } = panel.root.dataset;
  const sent = await send(panel, url);
  if (!sent) return;
  panel.show("", "good");
  const link = document.createElement("a");
  link.href = collections.replace("ADDRESS", sent.from);
  link.textContent = sentence("to_collection");
  panel.says.append(`${sentence("done")} `, link);
  panel.button.hidden = true;
}

for (const root of document.querySelectorAll("[data-buy]")) new Panel(root, buy);
