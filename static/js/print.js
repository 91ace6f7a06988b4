/* The button that opens the printer's dialogue. */
document.querySelector("[data-print]").addEventListener("click", () => print());
