/* A work proven in the visitor's own browser: their wallet's node says what the chain says, and every byte is hashed
   here. What this site claims stands in the data attributes; nothing else of it is believed. */
import { Panel, ether, sentence } from "./wallet.js";
import * as cids from "./cid.js";

const OWNER_OF = "0x6352211e", TOKEN_URI = "0xc87b56dd";
const SOLD = "0x42c8334f26a12a9bd4254a8ab53f3bacd6281310dbba8f08e9ea3f69555a8dda";
const PAID = "0x4f2d18324ee95128de091ed2adc501295479000ce4c2cec607aeb1b67e189e2f";
const DONATED = "0xe07f98692d15ea2e1a53941db477a589577fc5cd1e2b186a39358373bae64b6f";
const PICTURES = ["image", "image_preview", "animation_url"];

const word = (number) => BigInt(number).toString(16).padStart(64, "0");
const at = (data, place) => BigInt(`0x${data.slice(2 + 64 * place, 66 + 64 * place)}`);
const address = (topic) => `0x${topic.slice(-40)}`.toLowerCase();

function text(data) {
  const start = 2 + 2 * Number(at(data, 0)), length = Number(BigInt(`0x${data.slice(start, start + 64)}`));
  const hex = data.slice(start + 64, start + 64 + 2 * length);
  return new TextDecoder().decode(Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)));
}

async function prove(panel) {
  const { token, tokenId, owner, sale, seller, saleId, beneficiary } = panel.root.dataset;
  const list = panel.root.querySelector("[data-checks]");
  list.replaceChildren();
  let broken = 0;
  const check = (holds, key, values) => {
    const item = document.createElement("li");
    item.className = holds ? "holds" : "fails";
    item.textContent = sentence(holds ? key : `${key}_not`, values);
    list.append(item);
    broken += !holds;
  };
  const wallet = await panel.wallet();
  await panel.onOurChain(wallet);
  panel.say("proving");
  const call = (selector) => wallet.request({ method: "eth_call", params: [{ to: token, data: selector + word(tokenId) }, "latest"] });
  const holder = address(await call(OWNER_OF));
  check(holder === owner.toLowerCase(), "proof_owner", { owner: holder });
  const uri = text(await call(TOKEN_URI));
  check(/^ipfs:\/\/b[a-z2-7]{58}(\/|$)/.test(uri), "proof_uri", { uri });
  await proveBytes(uri.slice(7), check);
  if (sale) {
    const receipt = await wallet.request({ method: "eth_getTransactionReceipt", params: [sale] });
    const ours = (receipt?.logs ?? []).filter((log) => log.address.toLowerCase() === seller.toLowerCase());
    proveSale(ours, saleId, beneficiary, check);
  }
  panel.say(broken ? "proof_fails" : "proof_holds", { n: list.children.length, broken }, broken ? "bad" : "good");
}

async function proveBytes(place, check) {
  const [root, ...path] = place.split("/");
  let document;
  try {
    const bytes = await cids.file(await cids.resolve(root, path.join("/")));
    document = JSON.parse(new TextDecoder().decode(bytes));
    check(true, "proof_metadata", { size: bytes.length, name: document.name });
  } catch {
    return check(false, "proof_metadata", {});
  }
  for (const name of PICTURES.filter((one) => one in document)) {
    const cid = String(document[name]).replace("ipfs://", "");
    const size = await cids.file(cid).then((bytes) => bytes.length, () => 0);
    check(size > 0, "proof_picture", { size, cid });
  }
}

function proveSale(logs, saleId, beneficiary, check) {
  const number = `0x${word(saleId)}`;
  const sold = logs.find(({ topics }) => topics[0] === SOLD && topics[1] === number);
  const paid = logs.filter(({ topics }) => topics[0] === PAID && topics[1] === number);
  const donated = logs.filter(({ topics }) => topics[0] === DONATED && topics[3] === number);
  if (!sold) return check(false, "proof_sale", {});
  const coin = at(sold.data, 4);
  const money = (amount) => (coin ? `${amount} (0x${coin.toString(16).padStart(40, "0")})` : `${ether(amount)} ETH`);
  const price = at(sold.data, 1), sum = (found) => found.reduce((all, { data }) => all + at(data, 0), 0n);
  check(sum(paid) + sum(donated) === price, "proof_sale", { price: money(price), parts: paid.length + donated.length });
  if (!donated.length) return undefined;
  const right = donated.every(({ topics }) => address(topics[2]) === beneficiary.toLowerCase());
  return check(right, "proof_donation", { amount: money(sum(donated)), beneficiary: address(donated[0].topics[2]) });
}

for (const root of document.querySelectorAll("[data-prove]")) new Panel(root, prove);
