// Says what the cell under the pointer counts, at once and on touch screens too, where titles
// never show.
addEventListener("pointerover", ({ target }) => {
  const cell = target.closest?.(".matrix td");
  if (cell) cell.closest("figure").querySelector("output").textContent = cell.title;
});
