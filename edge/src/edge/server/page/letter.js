// Reads the letter that is on the sheet as the pen lifts, and shows the answer.

import { NO_PICTURE, bytes, complaint, forget, png, read } from "/asking.js";
import { $, content, hasPicture, isBlank, use } from "/sheet.js";

// The letters that the network has learned from: so large, by a pen so wide, black on nothing.
const SIDE = 278;
const PEN = 15 / SIDE;

// A photograph is scaled down to this before it is sent: what is read is 28 pixels large.
const MOST_SIDE = 1024;

export const tenths = new Intl.NumberFormat("ru", { style: "percent", maximumFractionDigits: 1 });

// Reads what is on the sheet, also again with another model.
export async function readSheet() {
  if (isBlank()) return rest("Жду букву.");
  wait();
  // Strokes far from each other are still one letter's.
  const query = hasPicture() ? "" : "?whole";
  const body = png(content(SIDE));
  const answered = await read(`/api/classify${query}`, body);
  if (!answered) return;
  const [status, answer] = answered;
  if (status !== 200) return say(sentence(status, answer));
  tell(answer);
  announce({ ...answer, body, query });
}

function wait() {
  forget();
  announce(null);
  $("answer").setAttribute("aria-busy", "true");
}

function rest(why) {
  forget();
  say(why);
}

function sentence(status, { letters }) {
  if (letters === 0) return "Буквы не видно.";
  if (letters) return `Похоже на несколько букв (${letters}), а нужна одна.`;
  return complaint(status);
}

// Tells other modules what has been read of what was sent, or null as long as it is not known.
function announce(detail) {
  document.dispatchEvent(new CustomEvent("read", { detail }));
}

function percent(share) {
  if (share > 0.999) return `>\u00a0${tenths.format(0.999)}`;
  if (share < 0.001) return `<\u00a0${tenths.format(0.001)}`;
  return tenths.format(share);
}

function say(sentence) {
  $("answer").setAttribute("aria-busy", "false");
  $("answer").classList.add("empty");
  $("letter").textContent = "?";
  $("share").textContent = "";
  $("status").textContent = sentence;
  $("top").replaceChildren();
  $("seen").hidden = true;
  announce(null);
}

function tell({ letter, probability, top, picture }) {
  $("answer").setAttribute("aria-busy", "false");
  $("answer").classList.remove("empty");
  $("letter").textContent = letter;
  $("share").textContent = percent(probability);
  $("status").textContent = `Это ${letter}: ${tenths.format(probability)}.`;
  $("top").replaceChildren(...top.map(row));
  const context = $("picture").getContext("2d");
  const seen = context.createImageData(28, 28);
  bytes(picture).forEach((value, i) => seen.data.set([value, value, value, 255], 4 * i));
  context.putImageData(seen, 0, 0);
  $("seen").hidden = false;
}

function row({ letter, probability }) {
  const [line, name, bar, fill, number] = ["li", "span", "span", "span", "span"].map((tag) =>
    document.createElement(tag),
  );
  name.textContent = letter;
  number.textContent = percent(probability);
  number.className = "number";
  bar.className = "bar";
  bar.ariaHidden = "true";
  fill.style.setProperty("--share", probability);
  bar.append(fill);
  line.append(name, bar, number);
  return line;
}

use({
  pen: PEN,
  eraser: 2.5 * PEN,
  mostSide: MOST_SIDE,
  started: () => announce(null),
  waiting: wait,
  unreadable: () => rest(NO_PICTURE),
  changed: readSheet,
});
