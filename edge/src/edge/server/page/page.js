// Draws, sends what is drawn as the pen lifts, and shows the answer.

// The letters that the network has learned from: so large, by a pen so wide, black on nothing.
const SIDE = 278;
const PEN = 15 / SIDE;
const ERASER = 2.5 * PEN;

// A photograph is scaled down to this before it is sent: what is read is 28 pixels large.
const MOST_SIDE = 1024;

// How often a server that has too much to do is asked again.
const TRIES = 8;

export const $ = (id) => document.getElementById(id);
const canvas = $("canvas");
export const tenths = new Intl.NumberFormat("ru", { style: "percent", maximumFractionDigits: 1 });

let strokes = []; // of { erases, points: [x, y, x, y, ...] }, shares of the sheet's side
let image = null; // a picture that lies on the sheet in place of strokes
let current = null; // the stroke being drawn
let pointer = null; // that draws it
let erases = false;
let finished = false; // the next stroke begins another letter
let request = null; // the newest; an answer to an older one is stale

// Drawing

function trace(context, side, { erases, points }) {
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.lineWidth = (erases ? ERASER : PEN) * side;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(points[0] * side, points[1] * side);
  // Curves between the middles of the segments, with the points themselves as handles.
  for (let i = 2; i < points.length - 2; i += 2) {
    const [x, y] = [points[i] * side, points[i + 1] * side];
    const [nextX, nextY] = [points[i + 2] * side, points[i + 3] * side];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A line of no length would draw nothing where the pen was only set down: the dots of an Ё.
  context.lineTo(points.at(-2) * side + 0.01, points.at(-1) * side);
  context.stroke();
}

function paint(context, side, colour) {
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, side, side);
  if (image) {
    const scale = side / Math.max(image.width, image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    context.fillStyle = "#fff"; // what is transparent in it lies on white paper
    context.fillRect(0, 0, side, side);
    context.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
  }
  context.strokeStyle = colour;
  for (const stroke of strokes) trace(context, side, stroke);
}

function show() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  paint(canvas.getContext("2d"), side, getComputedStyle(canvas).color);
  const blank = !strokes.length && !image;
  $("hint").hidden = !blank;
  $("undo").disabled = $("clear").disabled = blank;
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

canvas.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  if (image || finished) clear();
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  current = { erases, points: place(event) };
  strokes.push(current);
  show();
  announce(null);
});

canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const one of events.length ? events : [event]) current.points.push(...place(one));
  show();
});

function lift(event) {
  if (event.pointerId !== pointer) return;
  pointer = current = null;
  classifyDrawing();
}

canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);

function undo() {
  if (pointer !== null) return;
  finished = false;
  if (image) return clear();
  strokes.pop();
  show();
  classifyDrawing();
}

function clear() {
  request?.abort();
  [strokes, image, request] = [[], null, null];
  pointer = current = null;
  finished = false;
  show();
  say("Жду букву.");
}

// Leaves the letter on the sheet until the next stroke.
export function finish() {
  finished = true;
}

function setEraser(on) {
  erases = on;
  $("eraser").setAttribute("aria-pressed", on);
}

$("undo").addEventListener("click", undo);
$("clear").addEventListener("click", clear);
$("eraser").addEventListener("click", () => setEraser(!erases));

document.addEventListener("keydown", (event) => {
  // By the key's place, as Russian keyboards have other letters there.
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !event.shiftKey) undo();
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === "Escape" || event.key === "Delete") clear();
  else if (event.code === "KeyE" || event.code === "Backspace") setEraser(!erases);
  else return;
  event.preventDefault();
});

// Asking

async function classifyDrawing() {
  if (strokes.every((stroke) => stroke.erases)) {
    request?.abort();
    request = null;
    return say("Жду букву.");
  }
  const sheet = sized(SIDE, SIDE);
  paint(sheet.getContext("2d"), SIDE, "#000");
  // Strokes far from each other are still one letter's.
  await classify(begun(), sheet, "?whole");
}

async function classifyFile(file) {
  const mine = begun();
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    if (mine !== request) return;
    clear();
    return say("Это не картинка, или браузер её не открывает.");
  }
  if (mine !== request) return picture.close();
  const scale = Math.min(1, MOST_SIDE / Math.max(picture.width, picture.height));
  const size = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const sheet = sized(...size);
  const context = sheet.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, ...size);
  [strokes, image] = [[], sheet];
  show();
  await classify(mine, sheet, "");
}

function sized(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

function begun() {
  request?.abort();
  announce(null);
  $("answer").setAttribute("aria-busy", "true");
  return (request = new AbortController());
}

async function classify(mine, sheet, query) {
  // Not `toBlob`, which lets a busy page wait up to a second before it begins.
  const body = bytes(sheet.toDataURL("image/png").split(",")[1]);
  const asked = { method: "POST", body, signal: mine.signal };
  try {
    const [status, answer] = await ask(`/api/classify${query}`, asked);
    if (mine !== request) return;
    if (status !== 200) return say(complaint(status, answer));
    tell(answer);
    announce({ ...answer, body, query });
  } catch {
    if (mine === request) say("Сервер не отвечает.");
  }
}

// Returns the status and the answer; a server that has too much to do is asked again.
export async function ask(address, asked) {
  let response;
  for (let number = 0; number < TRIES; number++) {
    response = await fetch(address, asked);
    if (response.status !== 503) break;
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  return [response.status, response.headers.get("Content-Type") ? await response.json() : {}];
}

// Reads what is on the sheet again, with another model.
export async function readAgain() {
  if (image) await classify(begun(), image, "");
  else await classifyDrawing();
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function complaint(status, { letters }) {
  if (letters === 0) return "Буквы не видно.";
  if (letters) return `Похоже на несколько букв (${letters}), а нужна одна.`;
  if (status === 413) return "Картинка слишком велика.";
  if (status === 503) return "Сервер занят, попробуйте ещё раз.";
  return "Не получилось прочесть.";
}

// Answers

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

// Pictures

for (const id of ["file", "camera"]) {
  $(id).addEventListener("change", ({ target }) => {
    if (target.files.length) classifyFile(target.files[0]);
    target.value = ""; // the same file may be chosen again
  });
}

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  $("sheet").classList.add("over");
});
document.addEventListener("dragleave", () => $("sheet").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("sheet").classList.remove("over");
  if (event.dataTransfer.files.length) classifyFile(event.dataTransfer.files[0]);
});
document.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) classifyFile(clipboardData.files[0]);
});

new ResizeObserver(show).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
say("Жду букву.");
