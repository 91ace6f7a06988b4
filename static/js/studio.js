/* Picking nine pictures in order. Without this script the order is that of the page. */
const bar = document.getElementById("compose");
const order = bar.elements.namedItem("order");
const count = bar.querySelector("[data-count]");
const NINE = 9;
let picked = [];

function show() {
  order.value = picked.join(",");
  bar.classList.toggle("active", picked.length > 0);
  if (picked.length) count.textContent = count.dataset.words.replace("{n}", picked.length);
  bar.querySelector("[data-compose]").disabled = picked.length !== NINE;
  for (const box of document.querySelectorAll("#pictures input[name=image]")) {
    const place = picked.indexOf(box.value);
    box.checked = place >= 0;
    box.disabled = picked.length === NINE && place < 0;
    box.closest(".tile").classList.toggle("picked", place >= 0);
    box.parentElement.querySelector("[data-place]").textContent = place >= 0 ? place + 1 : "";
  }
}

document.getElementById("pictures").addEventListener("change", ({ target }) => {
  if (target.name !== "image") return;
  picked = picked.filter((id) => id !== target.value);
  if (target.checked) picked.push(target.value);
  show();
});
document.body.addEventListener("htmx:oobAfterSwap", show);
show();
