// What every page has: the reader's zone, keys, confirmations, timers, drafts. Everything important works without it.
"use strict";
(() => {
  const cookie = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`; };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`piecework_zone=${zone}`)) cookie("piecework_zone", zone);

  // ---- the menu scrolls by itself: what is open in it is in sight
  const holder = document.getElementById("menu"), here = holder?.querySelector("[aria-current]");
  if (here) holder.scrollTop = here.offsetTop - holder.clientHeight / 2;

  // ---- keys: elements name theirs by data-key, as event.code ("KeyS", "Digit1", "Enter", "Ctrl+Enter"): the same on every layout
  const store = { get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
                  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } },
                  drop: (key) => { try { localStorage.removeItem(key); } catch { /* private mode */ } } };
  const keysOn = () => store.get("keys") !== "off";
  const typing = (target) => target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(target.type));
  const label = (key) => key.replace(/^Key|^Digit/, "").replace("Slash", "?");
  const keyed = () => [...document.querySelectorAll("[data-key]")].filter((one) => one.offsetParent !== null && !one.disabled);
  const press = (element) => {
    if (element.matches("input, textarea, select")) { element.focus(); if (/^(radio|checkbox)$/.test(element.type)) element.click(); } else element.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.metaKey) return;
    const dialog = document.getElementById("keys");
    if (event.code === "Slash" && event.shiftKey && !typing(event.target) || (event.key === "?" && !typing(event.target))) { event.preventDefault(); help(); return; }
    if (!keysOn() || dialog.open) return;
    const name = (event.ctrlKey ? "Ctrl+" : "") + event.code.replace("NumpadEnter", "Enter").replace("Numpad", "Digit");
    if (typing(event.target) && !event.ctrlKey) return;
    if (event.code === "Enter" && !event.ctrlKey && event.target.closest("button, a, summary")) return;
    const found = keyed().find((one) => one.dataset.key.split(" ").includes(name));
    if (found) { event.preventDefault(); press(found); }
  });
  const named = (element) => { const copy = element.cloneNode(true); copy.querySelectorAll("kbd").forEach((one) => one.remove()); return copy.textContent.trim().slice(0, 80); };
  function help() {
    const dialog = document.getElementById("keys");
    const list = dialog.querySelector("dl");
    list.replaceChildren(...keyed().map((one) => {
      const row = document.createElement("div"), key = document.createElement("dt"), text = document.createElement("dd");
      for (const part of one.dataset.key.split(" ")) { const kbd = document.createElement("kbd"); kbd.textContent = label(part); key.append(kbd, " "); }
      text.textContent = one.dataset.keyLabel || one.getAttribute("aria-label") || named(one.labels?.[0] ?? one);
      row.append(key, text);
      return row;
    }));
    dialog.querySelector("[data-keys-switch]").checked = keysOn();
    dialog.showModal();
  }
  document.addEventListener("change", (event) => { if (event.target.matches("[data-keys-switch]")) { store.set("keys", event.target.checked ? "on" : "off"); hints(); } });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-keys-help]")) help(); });
  function hints() {
    const present = keyed();
    const hint = document.querySelector(".keys-hint");
    if (hint) hint.hidden = present.length === 0;
    document.documentElement.classList.toggle("keys-off", !keysOn());
    for (const one of present) {
      const place = one.matches("input, textarea, select") ? one.labels?.[0] : one;
      if (place && !place.querySelector("kbd")) { const kbd = document.createElement("kbd"); kbd.textContent = label(one.dataset.key.split(" ")[0]); kbd.setAttribute("aria-hidden", "true"); place.append(" ", kbd); }
    }
  }

  // ---- confirmations
  document.addEventListener("submit", (event) => {
    const text = event.submitter?.dataset.confirm;
    if (text && !window.confirm(text)) event.preventDefault();
  });

  // ---- timers: <time data-until="ISO">; calm, spoken only when little is left
  const clocks = () => {
    for (const one of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.round((new Date(one.dataset.until) - Date.now()) / 1000));
      const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60, seconds = String(left % 60).padStart(2, "0");
      one.textContent = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
      const soon = left <= Number(one.dataset.soon || 60);
      one.classList.toggle("soon", soon);
      if (soon && !one.dataset.told) { one.dataset.told = "1"; one.dispatchEvent(new CustomEvent("piecework:soon", { bubbles: true, detail: { left } })); }
      if (left === 0 && one.dataset.ended !== "1") { one.dataset.ended = "1"; one.dispatchEvent(new CustomEvent("piecework:ended", { bubbles: true })); }
    }
  };
  setInterval(clocks, 1000);

  // ---- drafts: form[data-draft] keeps what is typed in this browser until the server has taken it
  const fields = (form) => [...form.elements].filter((one) => one.name && !/^(csrf|once|lease_token|submission_id)$/.test(one.name) && !/^(hidden|password|file|submit)$/.test(one.type));
  const save = (form) => {
    const kept = {};
    for (const one of fields(form)) {
      if (/^(radio|checkbox)$/.test(one.type)) { (kept[one.name] ??= []); if (one.checked) kept[one.name].push(one.value); } else kept[one.name] = one.value;
    }
    store.set(`draft:${form.dataset.draft}`, JSON.stringify(kept));
  };
  const restore = (form) => {
    let kept = null;
    try { kept = JSON.parse(store.get(`draft:${form.dataset.draft}`)); } catch { /* not ours */ }
    if (!kept || form.dataset.restored) return;
    form.dataset.restored = "1";
    for (const one of fields(form)) {
      if (!(one.name in kept)) continue;
      if (/^(radio|checkbox)$/.test(one.type)) one.checked = kept[one.name].includes(one.value); else one.value = kept[one.name];
    }
    form.dispatchEvent(new CustomEvent("piecework:restored", { bubbles: true }));
  };
  document.addEventListener("input", (event) => { const form = event.target.form; if (form?.dataset.draft) save(form); });
  document.addEventListener("change", (event) => { const form = event.target.form; if (form?.dataset.draft) save(form); });
  window.piecework = { store, hints, save, dropDraft: (key) => store.drop(`draft:${key}`) };

  const ready = () => { document.querySelectorAll("form[data-draft]").forEach(restore); clocks(); hints(); };
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:after:swap", ready);
  document.addEventListener("DOMContentLoaded", () => document.getElementById("problem")?.focus());
})();
