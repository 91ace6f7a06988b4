/* Every other call: a bid, a settlement, an offer, a withdrawal. The panel's fields go with the question to the site;
   `data-done` names the sentence at the end. */
import { Panel, fields, sentence } from "./wallet.js";
import { send } from "./send.js";

async function call(panel) {
  const sent = await send(panel, panel.root.dataset.call, fields(panel.root), "_call");
  if (!sent) return;
  panel.show("", "good");
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = sentence("look_again");
  panel.says.append(`${sentence(panel.root.dataset.done)} `, link);
  panel.button.hidden = true;
}

for (const root of document.querySelectorAll("[data-call]")) new Panel(root, call);
