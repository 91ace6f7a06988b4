/* Dropping a picture anywhere on the form is choosing it; after an answer, the answer is read first. */
const form = document.querySelector("[data-drop]");
const input = form.querySelector("input[type=file]");

for (const kind of ["dragover", "dragleave", "drop"]) {
  form.addEventListener(kind, (event) => {
    event.preventDefault();
    form.classList.toggle("over", kind === "dragover");
  });
}
form.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  form.requestSubmit();
});
document.querySelector("[data-found]")?.focus();
