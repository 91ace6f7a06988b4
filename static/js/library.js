/* The library by keyboard: a roving focus over the tiles, stars, picking, trash. The keys work only while the focus is
   on a tile (WCAG 2.1.4); without this script every tile is a link with a checkbox, and the bar above does the rest. */
const list = document.getElementById("library");
const bulk = document.getElementById("bulk");
const keys = document.getElementById("keys");
const status = bulk.querySelector("[data-count]");
const idle = status.textContent;
const trash = bulk.querySelector("[value=trash]");
let thrown = [];

const tiles = () => [...list.querySelectorAll("[data-tile]")];
const link = (tile) => tile.querySelector("a");
const box = (tile) => tile.querySelector("input[name=image]");
const picked = () => tiles().filter((tile) => box(tile).checked);
const say = (words) => { status.textContent = words; };
const count = () => say(picked().length ? bulk.dataset.saidPicked.replace("{n}", picked().length) : idle);

function focus(tile) {
  if (!tile) return;
  for (const one of tiles()) link(one).tabIndex = one === tile ? 0 : -1;
  link(tile).focus();
}

function beside(tile, key) {
  const all = tiles();
  const at = all.indexOf(tile);
  if (key === "ArrowRight" || key === "j") return all[at + 1];
  if (key === "ArrowLeft" || key === "k") return all[at - 1];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const columns = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
  return all[at + (key === "ArrowDown" ? columns : -columns)];
}

async function change(chosen, fields) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", bulk.elements.namedItem("csrfmiddlewaretoken").value);
  for (const tile of chosen) body.append("image", box(tile).value);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  try {
    const answer = await fetch(bulk.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) return true;
    const isWords = answer.headers.get("Content-Type")?.startsWith("text/plain");
    say(isWords ? await answer.text() : bulk.dataset.saidFailed);
  } catch {
    say(bulk.dataset.saidFailed);
  }
  return false;
}

async function rate(chosen, stars) {
  if (!(await change(chosen, { do: "star", stars }))) return;
  const words = bulk.dataset.saidStars.replace("{n}", stars);
  for (const tile of chosen) {
    tile.querySelector(".stars").dataset.stars = stars;
    tile.querySelector(".stars .unseen").textContent = words;
  }
  say(words);
}

async function move(chosen, into) {
  if (!chosen.length || !(await change(chosen, { do: into ? "trash" : "restore" }))) return;
  thrown = into ? chosen : [];
  for (const tile of chosen) {
    tile.classList.toggle("gone", into === Boolean(trash));
    if (into) box(tile).checked = false;
  }
  say(into ? bulk.dataset.saidTrash : bulk.dataset.saidBack);
}

function press(event, tile) {
  const chosen = picked().length ? picked() : [tile];
  const { key } = event;
  if (/^(Arrow(Left|Right|Up|Down)|Home|End|j|k)$/.test(key)) focus(beside(tile, key));
  else if (key === "x") { box(tile).checked = !box(tile).checked; count(); }
  else if (/^[0-5]$/.test(key) && trash) rate(chosen, key);
  else if (key === "t" && trash) { const next = beside(tile, "j") ?? beside(tile, "k"); move(chosen, true); focus(next); }
  else if (key === "u") move(trash ? thrown : chosen, false);
  else if (key === "c" && trash) bulk.requestSubmit(bulk.querySelector("[value=compare]"));
  else if (key === "b" && trash) (document.getElementById("bulk-board") ?? document.getElementById("bulk-new")).focus();
  else if (key === "n") document.querySelector(".pager [rel=next]")?.click();
  else if (key === "p") document.querySelector(".pager [rel=prev]")?.click();
  else if (key === "?") keys.showModal();
  else return;
  event.preventDefault();
}

list.addEventListener("keydown", (event) => {
  const tile = event.target.closest("[data-tile]");
  if (tile && !event.ctrlKey && !event.metaKey && !event.altKey) press(event, tile);
});
list.addEventListener("focusin", ({ target }) => {
  const tile = target.closest("[data-tile]");
  for (const one of tiles()) link(one).tabIndex = one === tile ? 0 : -1;
});
list.addEventListener("change", count);
list.addEventListener("click", (event) => {
  if (!trash || !event.target.matches("[data-rate]")) return;
  const { left, width } = event.target.getBoundingClientRect();
  const stars = Math.min(5, Math.ceil(((event.clientX - left) / width) * 5));
  const stands = event.target.parentElement.dataset.stars;
  rate([event.target.closest("[data-tile]")], String(stars) === stands ? "0" : String(stars));
});
for (const tile of tiles().slice(1)) link(tile).tabIndex = -1;
for (const tile of tiles()) box(tile).tabIndex = -1;
const button = bulk.querySelector("[data-keys]");
button.classList.add("ready");
button.addEventListener("click", () => keys.showModal());
count();
