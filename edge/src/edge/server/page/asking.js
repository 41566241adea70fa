// Asks the server; an answer to what is no longer the newest question about the sheet is dropped.

// How often a server that has too much to do is asked again.
const TRIES = 8;

let newest = null;

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

// Sends a picture; returns the status, 0 if there is no server, and the answer, or null if stale.
export async function read(address, body) {
  forget();
  const mine = (newest = new AbortController());
  try {
    const answered = await ask(address, { method: "POST", body, signal: mine.signal });
    return mine === newest ? answered : null;
  } catch {
    return mine === newest ? [0, {}] : null;
  }
}

// Drops the answer to what has been asked.
export function forget() {
  newest?.abort();
  newest = null;
}

export function complaint(status) {
  if (status === 0) return "Сервер не отвечает.";
  if (status === 413) return "Картинка слишком велика.";
  if (status === 503) return "Сервер занят, попробуйте ещё раз.";
  return "Не получилось прочесть.";
}

export const NO_PICTURE = "Это не картинка, или браузер её не открывает.";

// Not `toBlob`, which lets a busy page wait up to a second before it begins.
export function png(sheet) {
  return bytes(sheet.toDataURL("image/png").split(",")[1]);
}

export function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
