// Reads the words on the sheet as the pen lifts, and shows where each letter of them stands.

import { NO_PICTURE, complaint, forget, png, read } from "/asking.js";
import { $, content, hasPicture, isBlank, use } from "/sheet.js";
import { choose, show } from "/text.js";

// So many pixels wide is what is sent of the sheet, and the pen, a share of that.
const WIDTH = 768;
const PEN = 0.013;

// A photograph is scaled down to this before it is sent: enough for lines of forty letters.
const MOST_SIDE = 1600;

let underway = false; // strokes are being read
let changes = 0; // how often there was something else to read

// The server goes on with what it was asked, even if nobody waits for it, and a text takes it a
// while: so newer strokes are sent once the older ones are read.
async function readSheet() {
  if (isBlank()) return rest("Жду слово.");
  $("reading").setAttribute("aria-busy", "true");
  const mine = ++changes;
  if (underway && !hasPicture()) return;
  const picture = content(WIDTH);
  fit(picture);
  underway = true;
  const answered = await read("/api/read", png(picture));
  underway = false;
  if (!answered) return;
  const [status, { lines }] = answered;
  if (status === 200) tell(lines);
  else say(status === 422 ? "Букв не видно." : complaint(status));
  if (mine !== changes) readSheet();
}

function rest(why) {
  forget();
  fit({ width: 2, height: 1 });
  say(why);
}

function say(sentence) {
  tell([]);
  $("status").textContent = sentence;
}

function tell(lines) {
  $("reading").setAttribute("aria-busy", "false");
  $("boxes").replaceChildren(...lines.flatMap(({ letters }) => letters.map(outline)));
  show(lines);
}

// Has the boxes stand on the sheet as in a picture, and the sheet be no higher than that needs.
function fit({ width, height }) {
  $("boxes").setAttribute("viewBox", `0 0 ${width} ${height}`);
  $("sheet").classList.toggle("laid", hasPicture());
  $("sheet").style.aspectRatio = hasPicture() ? Math.max(1, width / height) : "";
}

function outline({ letter, box }) {
  const [left, top, right, bottom] = box;
  const rectangle = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const places = { x: left, y: top, width: right - left, height: bottom - top };
  for (const [name, value] of Object.entries(places)) rectangle.setAttribute(name, value);
  if (letter === null) rectangle.classList.add("empty");
  else rectangle.dataset.key = box;
  return rectangle;
}

// On a picture a letter can be tapped where it stands.
$("boxes").addEventListener("click", ({ target }) => {
  if (target.dataset.key) choose(target.dataset.key);
});

for (const kind of ["focusin", "focusout", "pointerover", "pointerout"]) {
  $("text").addEventListener(kind, ({ target, type }) => {
    const key = /in|over/.test(type) && target.closest("[data-key]")?.dataset.key;
    for (const box of $("boxes").children) box.classList.toggle("marked", box.dataset.key === key);
  });
}

use({
  pen: PEN,
  eraser: 4 * PEN,
  mostSide: MOST_SIDE,
  keepsPicture: true,
  started: () => {},
  waiting: () => {
    forget();
    tell([]); // what was corrected was another picture's
    $("reading").setAttribute("aria-busy", "true");
  },
  unreadable: () => rest(NO_PICTURE),
  changed: readSheet,
});
