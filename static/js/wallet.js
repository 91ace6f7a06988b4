/* Wallets, without a library: found by EIP-6963 (else window.ethereum), asked by EIP-1193.
   The site prepares what is to be sent; the visitor's own wallet signs it. Nothing here holds a key.
   Sentences come from the page, in its language. */

const said = JSON.parse(document.getElementById("wallet-words")?.textContent ?? "{}");
const found = new Map();
addEventListener("eip6963:announceProvider", ({ detail }) => {
  if (detail?.info?.uuid && detail.provider) found.set(detail.info.uuid, detail);
});
dispatchEvent(new Event("eip6963:requestProvider"));

const REJECTED = 4001, CHAIN_UNKNOWN = 4902, PENDING = -32002;
const RECEIPT_EVERY_MS = 1000, RECEIPT_FOR_MS = 5 * 60 * 1000, ANNOUNCE_MS = 300;
const later = (ms) => new Promise((done) => setTimeout(done, ms));

/** Something to tell the visitor: the key of a sentence, and what fills its {names}. */
export class Told extends Error {
  constructor(key, values = {}, text = "") {
    super(key);
    Object.assign(this, { key, values, text });
  }
}

export function sentence(key, values = {}) {
  return (said[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The panel around a wallet button: its live region, its button and a place for choices. */
export class Panel {
  constructor(root, act) {
    this.root = root;
    this.says = root.querySelector("[data-says]");
    this.button = root.querySelector("[data-go]");
    this.choices = root.querySelector("[data-choices]");
    this.csrf = root.querySelector("[name=csrfmiddlewaretoken]").value;
    this.button.addEventListener("click", () => this.run(act));
  }

  say(key, values, mood = "") {
    this.show(sentence(key, values), mood);
  }

  show(text, mood = "") {
    this.says.className = `wallet-says ${mood}`;
    this.says.textContent = text;
  }

  async run(act) {
    if (this.button.disabled) return;
    this.button.disabled = true;
    this.clear();
    try {
      await act(this);
    } catch (error) {
      const told = explain(error);
      this.show(told.text || sentence(told.key, told.values), "bad");
      if (told.offer) this.offer(told.offer, act);
      else if (told.key === "sold") return;
    } finally {
      if (!this.done) this.button.disabled = false;
    }
  }

  clear() {
    this.choices.replaceChildren();
    this.choices.hidden = true;
  }

  /** One more button, such as "Switch to …"; pressing it does `offer.act` and then starts over. */
  offer(offer, act) {
    const button = this.choice(offer.label);
    button.addEventListener("click", () => this.run(async (panel) => { await offer.act(); await act(panel); }));
    this.choices.hidden = false;
  }

  choice(label, icon) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    if (icon?.startsWith("data:image/")) {
      const image = new Image();
      image.src = icon;
      image.alt = "";
      button.append(image);
    }
    button.append(label);
    this.choices.append(button);
    return button;
  }

  /** The wallet to use: the only one, or the one the visitor picks. */
  async wallet() {
    if (this.chosen) return this.chosen;
    if (!found.size) {
      dispatchEvent(new Event("eip6963:requestProvider"));
      await later(ANNOUNCE_MS);
    }
    const all = [...found.values()];
    if (!all.length && window.ethereum?.request) return window.ethereum;
    if (!all.length) throw new Told("no_wallet");
    if (all.length === 1) return all[0].provider;
    this.say("choose");
    this.choices.hidden = false;
    const picked = await new Promise((pick) => {
      for (const { info, provider } of all) {
        this.choice(info.name, info.icon).addEventListener("click", () => pick(provider));
      }
      this.choices.firstElementChild.focus();
    });
    this.clear();
    this.chosen = picked;
    return picked;
  }

  async address(wallet) {
    this.say("connecting");
    const [address] = await wallet.request({ method: "eth_requestAccounts" });
    if (!address) throw new Told("rejected");
    return address;
  }

  /** Told with an offer to switch, unless the wallet is on the chain of this site. */
  async onOurChain(wallet) {
    const wanted = BigInt(this.root.dataset.chainId);
    if (BigInt(await wallet.request({ method: "eth_chainId" })) === wanted) return;
    const chain = this.root.dataset.chainName;
    const told = new Told("wrong_chain", { chain });
    told.offer = { label: sentence("switch", { chain }), act: () => switchTo(wallet, this.root.dataset) };
    throw told;
  }

  /** POST JSON to this site. Problems (RFC 9457) come back as Told with the server's own sentence. */
  async post(url, body) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrf },
        body: JSON.stringify(body),
      });
    } catch {
      throw new Told("offline");
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return answer;
    if (answer?.code === "already_sold") throw new Told("sold");
    if (answer?.detail) throw new Told(answer.code, {}, [answer.detail, answer.next_step].filter(Boolean).join(" "));
    throw new Told(response.status === 403 ? "stale_page" : "offline");
  }
}

async function switchTo(wallet, { chainId, chainName, rpc }) {
  const id = `0x${BigInt(chainId).toString(16)}`;
  try {
    await wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId: id }] });
  } catch (error) {
    const unknown = error?.code === CHAIN_UNKNOWN || error?.data?.originalError?.code === CHAIN_UNKNOWN;
    if (!unknown) throw error;
    if (!rpc) throw new Told("chain_unknown", { chain: chainName });
    const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
    const chain = { chainId: id, chainName, rpcUrls: [rpc], nativeCurrency };
    await wallet.request({ method: "wallet_addEthereumChain", params: [chain] });
    await wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId: id }] });
  }
}

/** An error of a wallet or of ours as something to tell. */
function explain(error) {
  if (error instanceof Told) return error;
  const code = error?.code ?? error?.data?.originalError?.code;
  const message = String(error?.message ?? error);
  if (code === REJECTED || code === "ACTION_REJECTED") return new Told("rejected");
  if (code === PENDING) return new Told("pending_in_wallet");
  return new Told("wallet_error", { message: message.slice(0, 200) });
}

/** What stands in the fields of a panel, by name. */
export function fields(root) {
  const named = [...root.querySelectorAll("input[name], select[name]")].filter((one) => one.name !== "csrfmiddlewaretoken");
  return Object.fromEntries(named.map((one) => [one.name, one.value]));
}

export const isShort = (error) => /insufficient (funds|balance)/i.test(`${error?.message} ${error?.data?.message}`);

/** Exact ether of a wei amount: 1500000000000000000n -> "1.5". */
export function ether(wei) {
  const digits = wei.toString().padStart(19, "0");
  return `${digits.slice(0, -18)}.${digits.slice(-18)}`.replace(/\.?0+$/, "");
}

/** The receipt of a transaction, or null when it takes longer than five minutes. */
export async function receipt(wallet, hash) {
  for (const end = Date.now() + RECEIPT_FOR_MS; Date.now() < end; await later(RECEIPT_EVERY_MS)) {
    const mined = await wallet.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (mined?.blockNumber) return mined;
  }
  return null;
}

/** UTF-8 text as hex, for personal_sign. */
export const hex = (text) => `0x${Array.from(new TextEncoder().encode(text), (b) => b.toString(16).padStart(2, "0")).join("")}`;
