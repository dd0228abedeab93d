// Keeps the page fresh: the server says that something changed, the page fetches itself and swaps its live regions.
// Without this script the pages work the same, by plain forms and a slow refresh.
"use strict";

const LEAST_BETWEEN = 1000; // ms: a storm of changes is one refresh a second
const AGES = 15000; // ms: "12 min ago" grows old by itself
const state = document.querySelector("[data-live-state]");
const held = document.querySelector("[data-held]");
let last = 0;
let planned = null;

function show(connected) {
  state.hidden = false;
  state.classList.toggle("lost", !connected);
  state.textContent = connected ? state.dataset.on : state.dataset.off;
}

// Under a finger a button must stay what it is: swapped between press and release it would swallow the tap.
const RELEASE = 400; // ms from the release until the click has been dealt with
let pressed = null;
document.addEventListener("pointerdown", (event) => { pressed = event.target; });
for (const ending of ["pointerup", "pointercancel"]) {
  document.addEventListener(ending, () => setTimeout(() => { pressed = null; }, RELEASE));
}

function filledIn(field) {
  if (field instanceof HTMLSelectElement) {
    const first = [...field.options].findIndex((one) => one.defaultSelected); // none: a browser shows the first
    return field.selectedIndex !== Math.max(first, 0);
  }
  return field.value !== field.defaultValue;
}

// A person who is choosing, writing or pressing keeps the page as it is.
function busy(region) {
  const field = document.activeElement;
  return (region.contains(field) && field.matches("input, select, textarea"))
    || (pressed !== null && region.contains(pressed))
    || region.querySelector("details.step[open]") !== null
    || [...region.querySelectorAll("select, textarea, input:not([type=hidden])")].some(filledIn);
}

function swap(region, fresh) {
  if (!fresh || region.innerHTML === fresh.innerHTML) return;
  if (busy(region)) {
    held.hidden = false;
    return;
  }
  const focused = region.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const folds = [...region.querySelectorAll("details.fold")].map((fold) => fold.open);
  region.className = fresh.className;
  region.innerHTML = fresh.innerHTML;
  region.querySelectorAll("details.fold").forEach((fold, n) => { fold.open = folds[n] ?? fold.open; });
  if (focused) region.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  held.hidden = true;
}

async function refresh() {
  planned = null;
  last = Date.now();
  try {
    const answer = await fetch(location.pathname + location.search, { signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    for (const region of document.querySelectorAll("[data-live]")) swap(region, page.getElementById(region.id));
    say(page);
    show(true);
  } catch {
    show(false);
  }
}

// Screen readers hear the headline when it changes, not the whole board each time.
function say(page) {
  const said = page.getElementById("headline")?.textContent.trim();
  const spoken = document.getElementById("spoken");
  if (said && spoken && spoken.textContent !== said) spoken.textContent = said;
}

function plan() {
  planned ??= setTimeout(refresh, Math.max(0, LEAST_BETWEEN - (Date.now() - last)));
}

function listen(address) {
  const events = new EventSource(address);
  events.addEventListener("open", plan);
  events.addEventListener("changed", plan);
  // A stream ends now and then, by design: whether the page is stale is for the next refresh to find out.
  events.addEventListener("error", plan);
  setInterval(() => { if (!document.hidden) plan(); }, AGES);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) plan(); });
}

if (document.body.dataset.events) listen(document.body.dataset.events);

// One tap is one step: the second tap on the same button does nothing.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
// A page that comes back from the history may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
