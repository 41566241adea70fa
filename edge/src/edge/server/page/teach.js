// Keeps letters that are named, has the server learn them, and changes from one model to the other.

import { ask } from "/asking.js";
import { readSheet, tenths } from "/letter.js";
import { $, finish } from "/sheet.js";

let shown = null; // the answer that is shown, with the picture that was sent
let state = null; // what the server says of letters and models
let busy = false;

const total = (letters) => Object.values(letters).reduce((sum, count) => sum + count, 0);
const buttons = () => [...$("alphabet").children];

// `letters(3)` is "3 буквы".
const forms = { one: "буква", few: "буквы", many: "букв", other: "буквы" };
const plural = new Intl.PluralRules("ru");
const letters = (count) => `${count}\u00a0${forms[plural.select(count)]}`;

// Returns the server's answer, or null once its refusal has been said.
async function change(address, method, complaints, body) {
  try {
    const [status, answer] = await ask(address, { method, body });
    if (status === 200) return (state = answer);
    say(complaints[status] ?? `Не получилось: ${answer.error ?? status}.`);
  } catch {
    say("Сервер не отвечает.");
  }
  return null;
}

// Does one thing at a time.
async function alone(work) {
  if (busy) return;
  busy = true;
  update();
  await work();
  busy = false;
  update();
}

const DISK = { 507: "Не сохранено: диск полон, или в папку нельзя писать." };

async function name(letter) {
  const answer = shown;
  const whole = answer.query ? "&whole" : "";
  const address = `/api/letters?letter=${encodeURIComponent(letter)}${whole}`;
  finish();
  if (!(await change(address, "POST", DISK, answer.body))) return;
  answer.named = letter;
  update();
  const { enough } = state;
  const count = total(state.letters);
  const kept = `Сохранено: ${letter}, всего ${letters(count)}.`;
  if (!enough) say(kept);
  else if (count < enough) say(`${kept} Ещё ${enough - count}, и можно учиться.`);
  else say(`${kept} Можно учиться.`);
}

async function learn() {
  say("Учусь…");
  const answer = await change("/api/teach", "POST", {
    ...DISK,
    422: "Лучше читать пока не выходит, модель прежняя. Нужно больше букв, и верно прочитанных тоже.",
  });
  if (!answer) return;
  say(`Выучено: ${letters(total(answer.taught.letters))}.`);
  await readSheet();
}

async function switchModel() {
  const other = state.model === "taught" ? "released" : "taught";
  if (!(await change(`/api/model?use=${other}`, "POST", {}))) return;
  say(other === "taught" ? "Читает выученная модель." : "Читает исходная модель.");
  await readSheet();
}

async function forget() {
  const count = letters(total(state.letters));
  if (!confirm(`Удалить всё сохранённое (${count}) и выученную модель?`)) return;
  const before = state.model;
  if (!(await change("/api/letters", "DELETE", { 507: "Удалить не получилось." }))) return;
  if (shown) shown.named = null;
  say("Всё забыто, читает исходная модель.");
  if (before === "taught") await readSheet();
}

function say(sentence) {
  $("progress").textContent = sentence;
}

function update() {
  const count = total(state.letters);
  for (const button of buttons()) {
    const letter = button.textContent;
    button.disabled = !shown;
    button.classList.toggle("read", letter === shown?.letter);
    button.setAttribute("aria-pressed", letter === shown?.named);
  }
  $("learn").disabled = busy || !state.enough || count < state.enough;
  $("model").disabled = busy || !state.taught;
  $("model").textContent =
    state.model === "taught" ? "Вернуть исходную модель" : "Читать выученной моделью";
  $("forget").disabled = busy || !(count || state.taught);
  $("folder").textContent = state.folder;
  $("lesson").textContent = lesson(state);
}

function lesson({ enough, taught, model }) {
  if (!enough) return "Чтобы учиться, нужен NumPy, а здесь его нет. Буквы пока сохраняются.";
  if (!taught) return "";
  const reads = model === "taught" ? "Читает выученная модель." : "Читает исходная модель.";
  const [before, after] = [taught.before, taught.after].map((share) => tenths.format(share));
  const count = total(taught.letters);
  const unseen = taught.held_out
    ? `${taught.held_out} из ${count} проверены на сети, которой их не показывали`
    : "ни одна не написана трижды, поэтому проверены искажённые копии";
  return `${reads} Из выученных букв исходная верно читает ${before}, выученная ${after} (${unseen}).`;
}

function key(letter) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = letter;
  button.addEventListener("click", () => name(letter));
  return button;
}

async function begin() {
  const [status, answer] = await ask("/api/taught", {});
  if (status !== 200) return;
  state = answer;
  $("alphabet").replaceChildren(...Object.keys(state.letters).map(key));
  $("teaching").hidden = false;
  update();

  // Before sheet.js sees it, whose keys are letters, too, on some keyboards.
  document.addEventListener("keydown", typed, { capture: true });
  $("alphabet").addEventListener("keydown", walk);
  $("learn").addEventListener("click", () => alone(learn));
  $("model").addEventListener("click", () => alone(switchModel));
  $("forget").addEventListener("click", () => alone(forget));
}

function typed(event) {
  if (!shown || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const letter = [event.key, event.key.toUpperCase()].find((each) => each in state.letters);
  if (!letter) return;
  event.preventDefault();
  event.stopPropagation();
  name(letter);
}

function walk(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const all = buttons();
  if (step) all.at((all.indexOf(event.target) + step) % all.length).focus();
}

document.addEventListener("read", ({ detail }) => {
  shown = detail;
  if (state) update();
});

if (document.body.classList.contains("teachable")) begin();
