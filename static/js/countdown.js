/* Hours, minutes and seconds left, once a second. The server says how many there were (`data-left`), by the chain's
   clock; this page counts down from when it first saw that. */
const two = (n) => String(n).padStart(2, "0");

function left(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

setInterval(() => {
  for (const timer of document.querySelectorAll("[data-left]")) {
    timer.dataset.seen ??= String(Date.now());
    timer.textContent = left(Number(timer.dataset.left) - (Date.now() - Number(timer.dataset.seen)) / 1000);
  }
}, 1000);
