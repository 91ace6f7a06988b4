/* A picture dropped anywhere on the studio has its recipe read; what is dropped on a file field belongs to that field. */
const form = document.querySelector("[data-recall]");
const input = form.querySelector("input[type=file]");
const isFile = (event) => event.dataTransfer?.types.includes("Files");
const isElsewhere = (event) => event.target.closest?.("input[type=file]") && !form.contains(event.target);

document.addEventListener("dragover", (event) => {
  if (!isFile(event) || isElsewhere(event)) return;
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  form.classList.remove("over");
  if (!isFile(event) || isElsewhere(event)) return;
  event.preventDefault();
  input.files = event.dataTransfer.files;
  form.requestSubmit();
});
