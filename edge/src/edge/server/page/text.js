// Shows a text letter by letter, and has each corrected by a tap or a key.

import { $ } from "/sheet.js";

// A letter that is less likely has its runner-up below it, one tap away.
const SURELY = 0.95;

const alphabet = [...document.body.dataset.letters.replaceAll(" ", "")];

let lines = []; // as the server has read them
let chosen = null; // the letter, by its box, whose alternatives are shown

// What was corrected of a letter, by its box: it stays so as long as the letter stands there.
let corrections = new Map();

// Shows lines as the server has read them.
export function show(read) {
  lines = read;
  if (!lines.length) corrections = new Map();
  update();
}

// Shows what may stand in a letter's place, or no longer, of none if `key` is null.
export function choose(key) {
  const before = chosen;
  chosen = key === chosen ? null : key;
  update();
  if (chosen) document.querySelector(".choices button").focus();
  else focus(before);
}

function correct(key, change) {
  corrections.set(key, { ...corrections.get(key), ...change });
  chosen = null;
  update();
  focus(key);
}

// Returns a line's letters, each with whether a space stands before it, as read or as corrected.
function parted({ text, letters }) {
  let at = 0;
  const filled = letters.filter(({ letter }) => letter !== null);
  return filled.map(({ letter, probability, top, box }) => {
    const space = text[at] === " ";
    at += space + letter.length;
    const key = String(box);
    return { key, probability, top, letter, space, ...corrections.get(key) };
  });
}

function plain(parts) {
  return parts
    .map((line) => line.map(({ letter, space }) => (space ? " " : "") + letter).join(""))
    .join("\n");
}

function focus(key) {
  $("text").querySelector(`.letter[data-key="${key}"] .main`)?.focus();
}

// Showing

function update() {
  const focused = $("text").contains(document.activeElement) && keyOf(document.activeElement);
  const parts = lines.map(parted);
  if (!parts.flat().some(({ key }) => key === chosen)) chosen = null;
  $("text").replaceChildren(...parts.flatMap(shown));
  $("copy").hidden = !lines.length;
  $("copy").textContent = "Скопировать";
  $("status").textContent = plain(parts);
  $("reading").classList.toggle("empty", !lines.length);
  if (focused) focus(focused);
}

function shown(parts) {
  const line = made("div", "line");
  for (const part of parts) {
    if (part.space || !line.lastChild) line.append(made("span", "word"));
    line.lastChild.append(shownLetter(part));
  }
  const open = parts.find(({ key }) => key === chosen);
  return open ? [line, alternatives(open, open !== parts[0])] : [line];
}

function shownLetter({ key, letter, top, probability }) {
  const whole = made("span", "letter");
  whole.dataset.key = key;
  const main = made("button", "main", letter || "·");
  main.setAttribute("aria-expanded", key === chosen);
  main.ariaLabel = letter || "Убрано";
  whole.append(main);
  if (probability < SURELY) {
    whole.classList.toggle("unsure", !corrections.has(key));
    whole.append(alternative(others(letter, top)[0], "instead"));
  }
  return whole;
}

function alternatives({ key, letter, space, top }, follows) {
  const panel = made("div", "choices");
  panel.dataset.key = key;
  panel.role = "group";
  panel.ariaLabel = `Вместо ${letter || "убранного"}`;
  const likely = others(letter, top);
  const rest = alphabet.filter((other) => other !== letter && !likely.includes(other));
  panel.append(...likely.map((other) => alternative(other, "likely")));
  panel.append(...rest.map((other) => alternative(other, "rest")));
  const tools = made("div", "tools");
  if (letter) tools.append(alternative("", "remove", "Убрать"));
  if (follows) tools.append(made("button", "space", space ? "Слитно" : "Пробел перед ней"));
  panel.append(tools);
  return panel;
}

function others(letter, top) {
  return top.map((one) => one.letter).filter((other) => other !== letter);
}

function alternative(letter, kind, label = letter) {
  const button = made("button", kind, label);
  button.dataset.letter = letter;
  if (kind === "instead") button.ariaLabel = `Заменить на ${letter}`;
  return button;
}

function made(name, kind, text = "") {
  const element = document.createElement(name);
  element.className = kind;
  element.textContent = text;
  if (name === "button") element.type = "button";
  return element;
}

// Correcting

function keyOf(element) {
  return element.closest("[data-key]")?.dataset.key;
}

function spaced(key) {
  return lines.flatMap(parted).find((part) => part.key === key).space;
}

$("text").addEventListener("click", ({ target }) => {
  const key = keyOf(target);
  if ("letter" in target.dataset) correct(key, { letter: target.dataset.letter });
  else if (target.className === "space") correct(key, { space: !spaced(key) });
  else if (target.className === "main") choose(key);
});

// Before the sheet sees it, whose keys are letters, too, on some keyboards.
$("text").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = keyOf(event.target);
  const letter = alphabet.find((one) => one === event.key || one === event.key.toUpperCase());
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (letter) correct(key, { letter });
  else if (event.key === "Backspace" || event.key === "Delete") correct(key, { letter: "" });
  else if (event.key === "Escape" && chosen) choose(null);
  else if (step) walk(event.target, step);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// Goes to the next letter, or among the alternatives of one.
function walk(from, step) {
  const within = from.closest(".choices") ? ".choices button" : ".main";
  const all = [...$("text").querySelectorAll(within)];
  const at = all.indexOf(from.closest(".letter")?.querySelector(".main") ?? from);
  all.at((at + step) % all.length).focus();
}

// By way of a field, since a page that is not of this machine may not write to the clipboard.
$("copy").addEventListener("click", () => {
  const field = made("textarea", "unseen");
  field.value = plain(lines.map(parted));
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  $("copy").focus();
  $("copy").textContent = done ? "Скопировано" : "Не скопировалось";
});
