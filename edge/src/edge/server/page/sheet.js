// A sheet to write on with a mouse, a finger or a pen, or to lay a picture on, and its tools.

export const $ = (id) => document.getElementById(id);
const canvas = $("canvas");

let mode = {}; // what `use` was given
let strokes = []; // of { erases, points: [x, y, x, y, ...] }, shares of the sheet's width
let image = null; // a picture that lies on the sheet in place of strokes
let current = null; // the stroke being drawn
let pointer = null; // that draws it
let decoded = null; // the newest picture to be; what comes of an older one is stale
let erases = false;
let finished = false; // the next stroke begins another letter

// Begins. `pen` and `eraser` are their widths, shares of the sheet's; a picture is scaled down to
// `mostSide`, and `keepsPicture` while strokes are tried. Calls `started` as a stroke begins,
// `waiting` before a picture is decoded, `unreadable` if it is none, and `changed` once there is
// something else to read, or nothing.
export function use(given) {
  mode = given;
  new ResizeObserver(show).observe(canvas);
  mode.changed();
}

export function isBlank() {
  return !image && strokes.every((stroke) => stroke.erases);
}

export function hasPicture() {
  return image !== null;
}

// Returns what is on the sheet: strokes black on nothing, so many pixels wide, or the picture.
export function content(width) {
  if (image) return image;
  const sheet = sized(width, Math.round((width * canvas.clientHeight) / canvas.clientWidth));
  paint(sheet, "#000");
  return sheet;
}

// Leaves what is written on the sheet until the next stroke.
export function finish() {
  finished = true;
}

// Drawing

function trace(context, width, { erases, points }) {
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.lineWidth = (erases ? mode.eraser : mode.pen) * width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(points[0] * width, points[1] * width);
  // Curves between the middles of the segments, with the points themselves as handles.
  for (let i = 2; i < points.length - 2; i += 2) {
    const [x, y] = [points[i] * width, points[i + 1] * width];
    const [nextX, nextY] = [points[i + 2] * width, points[i + 3] * width];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A line of no length would draw nothing where the pen was only set down: the dots of an Ё.
  context.lineTo(points.at(-2) * width + 0.01, points.at(-1) * width);
  context.stroke();
}

function paint(sheet, colour) {
  const context = sheet.getContext("2d");
  const { width, height } = sheet;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  if (image) {
    const scale = Math.min(width / image.width, height / image.height);
    const [across, down] = [image.width * scale, image.height * scale];
    context.fillStyle = "#fff"; // what is transparent in it lies on white paper
    context.fillRect(0, 0, width, height);
    context.drawImage(image, (width - across) / 2, (height - down) / 2, across, down);
  }
  context.strokeStyle = colour;
  for (const stroke of strokes) trace(context, width, stroke);
}

function show() {
  const sides = [canvas.clientWidth, canvas.clientHeight];
  const [width, height] = sides.map((side) => Math.round(side * devicePixelRatio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  paint(canvas, getComputedStyle(canvas).color);
  const blank = !strokes.length && !image;
  $("hint").hidden = !blank;
  $("undo").disabled = $("clear").disabled = blank;
}

function sized(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top].map((side) => side / box.width);
}

canvas.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0 || (image && mode.keepsPicture)) return;
  event.preventDefault();
  if (image || finished) clear();
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  current = { erases, points: place(event) };
  strokes.push(current);
  decoded = null;
  show();
  mode.started();
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
  mode.changed();
}

canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);

// Tools

function undo() {
  if (pointer !== null) return;
  finished = false;
  if (image) return clear();
  decoded = null;
  strokes.pop();
  show();
  mode.changed();
}

function lay(picture) {
  [strokes, image, decoded] = [[], picture, null];
  pointer = current = null;
  finished = false;
  show();
}

function clear() {
  lay(null);
  mode.changed();
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

// Pictures

async function open(file) {
  const mine = (decoded = {});
  mode.waiting();
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    if (mine !== decoded) return;
    lay(null);
    return mode.unreadable();
  }
  if (mine !== decoded) return picture.close();
  const scale = Math.min(1, mode.mostSide / Math.max(picture.width, picture.height));
  const size = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const sheet = sized(...size);
  const context = sheet.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, ...size);
  lay(sheet);
  mode.changed();
}

for (const id of ["file", "camera"]) {
  $(id).addEventListener("change", ({ target }) => {
    if (target.files.length) open(target.files[0]);
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
  if (event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
});
document.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) open(clipboardData.files[0]);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
