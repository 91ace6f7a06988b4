/* Working a picture over: the value beside each slider, the frame that a picture grows by, and the mask brush.
   Without this script the sliders still slide and a mask comes as a file. */
const form = document.querySelector("[data-over]");
const easel = form.querySelector(".easel");
const width = Number(easel.dataset.width);
const height = Number(easel.dataset.height);

for (const slider of form.querySelectorAll(".field input[type=range]")) {
  const value = document.createElement("output");
  value.htmlFor = slider.id;
  slider.after(value);
  const show = () => { value.textContent = slider.value; };
  slider.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  show();
}

if (form.dataset.over === "outpaint") grow();
const template = form.querySelector("template[data-canvas]");
if (template) mask(template);

function grow() {
  const sides = ["left", "top", "right", "bottom"].map((name) => form.elements.namedItem(name));
  const show = () => {
    const [left, top, right, bottom] = sides.map((side) => Number(side.value));
    const [wide, high] = [left + width + right, top + height + bottom];
    easel.style.aspectRatio = `${wide} / ${high}`;
    const picture = easel.querySelector("img");
    picture.style.left = `${(100 * left) / wide}%`;
    picture.style.top = `${(100 * top) / high}%`;
    picture.style.width = `${(100 * width) / wide}%`;
  };
  easel.classList.add("growing");
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  show();
}

function mask(template) {
  const canvas = template.content.firstElementChild.cloneNode(true);
  const tools = form.querySelector(".mask-tools");
  const [brush, erase] = [tools.querySelector("[data-brush]"), tools.querySelector("[data-erase]")];
  const said = form.querySelector("[data-said]");
  const file = form.elements.namedItem("mask");
  const longest = Math.min(1024, Math.max(width, height));
  const scale = longest / Math.max(width, height);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const colour = getComputedStyle(canvas).getPropertyValue("--seal") || "#b33";
  const strokes = [];
  let at = { x: canvas.width / 2, y: canvas.height / 2 };
  let drawing = null;
  let focused = false;

  const radius = () => (Number(brush.value) / 100) * longest;

  function stroke(onto, { points, radius: wide, erases }, ink) {
    onto.globalCompositeOperation = erases ? "destination-out" : "source-over";
    onto.strokeStyle = onto.fillStyle = ink;
    onto.lineWidth = 2 * wide;
    onto.lineCap = onto.lineJoin = "round";
    onto.beginPath();
    onto.moveTo(points[0].x, points[0].y);
    for (const { x, y } of points) onto.lineTo(x, y);
    onto.stroke();
    onto.globalCompositeOperation = "source-over";
  }

  function show() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const one of strokes) stroke(pen, one, colour);
    if (!focused) return;
    pen.lineWidth = 2;
    for (const [ink, wider] of [["#fff", 0], ["#000", 2]]) {
      pen.strokeStyle = ink;
      pen.beginPath();
      pen.arc(at.x, at.y, radius() + wider, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function tell() {
    said.textContent = said.dataset.marked.replace("{n}", Math.round(100 * share(plain())));
  }

  /* White on black at the picture's own size. */
  function plain() {
    const [ink, whole] = [document.createElement("canvas"), document.createElement("canvas")];
    [ink.width, ink.height, whole.width, whole.height] = [canvas.width, canvas.height, width, height];
    const onto = ink.getContext("2d");
    for (const one of strokes) stroke(onto, one, "#fff");
    const under = whole.getContext("2d", { willReadFrequently: true });
    under.fillRect(0, 0, width, height);
    under.drawImage(ink, 0, 0, width, height);
    return whole;
  }

  function share(whole) {
    const { data } = whole.getContext("2d").getImageData(0, 0, whole.width, whole.height);
    let white = 0;
    for (let i = 0; i < data.length; i += 4) white += data[i] > 127;
    return white / (data.length / 4);
  }

  function begin(point) {
    strokes.push({ points: [point], radius: radius(), erases: erase.checked });
    show();
  }

  function undo() {
    strokes.pop();
    show();
    tell();
  }

  const where = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((clientX - box.left) * canvas.width) / box.width, y: ((clientY - box.top) * canvas.height) / box.height };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    at = where(event);
    begin(at);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    at = where(event);
    strokes.at(-1).points.push(at);
    show();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (drawing !== null) tell();
      drawing = null;
    });
  }
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (move) {
      const far = event.shiftKey ? 1 : Math.max(4, radius() / 2);
      at = {
        x: Math.min(Math.max(at.x + move[0] * far, 0), canvas.width),
        y: Math.min(Math.max(at.y + move[1] * far, 0), canvas.height),
      };
      show();
    } else if (event.key === " ") {
      begin(at);
      tell();
    } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) undo();
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", () => { focused = canvas.matches(":focus-visible"); show(); });
  canvas.addEventListener("blur", () => { focused = false; show(); });
  brush.addEventListener("input", show);
  tools.querySelector("[data-undo]").addEventListener("click", undo);
  tools.querySelector("[data-clear]").addEventListener("click", () => {
    strokes.length = 0;
    show();
    tell();
  });

  form.addEventListener("submit", (event) => {
    if (!strokes.length) return; // a file may have been chosen, or the server says what is missing
    event.preventDefault();
    plain().toBlob((blob) => {
      const chosen = new DataTransfer();
      chosen.items.add(new File([blob], "mask.png", { type: "image/png" }));
      file.files = chosen.files;
      form.submit();
    }, "image/png");
  });

  easel.append(canvas);
  easel.classList.add("masking");
  tools.hidden = false;
  form.querySelector("[data-file]").classList.add("small");
}
