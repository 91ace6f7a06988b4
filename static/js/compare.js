/* Pictures side by side that zoom and move as one. What is seen is kept as a share of the picture, so that pictures of
   different sizes show the same part. */
const panes = document.querySelector(".panes");
const tools = document.querySelector(".compare-tools");
const slider = tools.querySelector("[data-zoom]");
const output = tools.querySelector("[data-zoomed]");
const MOST = Number(slider.max);
let zoom = 1;
let centre = { x: 0.5, y: 0.5 };
let drag = null;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function show() {
  zoom = clamp(zoom, 1, MOST);
  const half = 0.5 / zoom;
  centre = { x: clamp(centre.x, half, 1 - half), y: clamp(centre.y, half, 1 - half) };
  panes.style.setProperty("--zoom", zoom);
  panes.style.setProperty("--x", `${(0.5 - centre.x) * zoom * 100}%`);
  panes.style.setProperty("--y", `${(0.5 - centre.y) * zoom * 100}%`);
  slider.value = zoom;
  panes.classList.toggle("zoomed", zoom > 1);
  output.textContent = `${Math.round(zoom * 100)} %`;
}

function zoomTo(next, at = { x: 0.5, y: 0.5 }) {
  const before = zoom;
  zoom = clamp(next, 1, MOST);
  const shift = 1 / before - 1 / zoom;
  centre = { x: centre.x + (at.x - 0.5) * shift, y: centre.y + (at.y - 0.5) * shift };
  show();
}

function place(event, pane) {
  const box = pane.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

panes.addEventListener("pointerdown", (event) => {
  const pane = event.target.closest(".pane");
  if (!pane || event.button) return;
  drag = { pane, from: place(event, pane), centre };
  pane.setPointerCapture(event.pointerId);
});
panes.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const now = place(event, drag.pane);
  centre = { x: drag.centre.x - (now.x - drag.from.x) / zoom, y: drag.centre.y - (now.y - drag.from.y) / zoom };
  show();
});
for (const end of ["pointerup", "pointercancel"]) panes.addEventListener(end, () => { drag = null; });
panes.addEventListener("wheel", (event) => {
  const pane = event.target.closest(".pane");
  if (!pane || !(event.ctrlKey || zoom > 1 || event.deltaY < 0)) return;
  event.preventDefault();
  zoomTo(zoom * Math.exp(-event.deltaY / 400), place(event, pane));
}, { passive: false });
panes.addEventListener("keydown", (event) => {
  if (!event.target.matches(".pane") || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 0.1 / zoom;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key in moves) {
    if (zoom === 1) return;
    centre = { x: centre.x + moves[event.key][0], y: centre.y + moves[event.key][1] };
    show();
  } else if (event.key === "+" || event.key === "=") zoomTo(zoom * 1.25);
  else if (event.key === "-") zoomTo(zoom / 1.25);
  else if (event.key === "0") zoomTo(1);
  else return;
  event.preventDefault();
});
slider.addEventListener("input", () => zoomTo(Number(slider.value)));
tools.querySelector("[data-whole]").addEventListener("click", () => zoomTo(1));
tools.classList.add("ready");
show();
