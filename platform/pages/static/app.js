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

  // ---- drafts: form[data-draft="name"] keeps what is typed, in this browser and for whoever is signed in, until the server has taken it. The
  // server names the form that it took by the number of the form (`once`), in a cookie. Passwords, files and what is hidden are never kept.
  const DRAFT_DAYS = 7, DRAFT_MOST = 200000, DRAFT_AFTER_MS = 300;
  const NEVER_KEPT = /^(cc-|one-time-code|(current|new)-password)/;
  const who = document.body.dataset.who ?? "", mine = `draft:${who}:`;
  const draftOf = (form) => mine + form.dataset.draft;
  const drafts = () => { try { return Object.keys(localStorage).filter((key) => key.startsWith("draft:")); } catch { return []; } };
  const read = (key) => { try { return JSON.parse(store.get(key)); } catch { return null; } };
  const ticked = (one) => /^(radio|checkbox)$/.test(one.type);
  const kept = (form) => [...form.elements].filter((one) => one.name && !/^(hidden|password|file|submit|button|fieldset)$/.test(one.type) && !NEVER_KEPT.test(one.autocomplete));
  const pathOf = (address) => new URL(address, location.href).pathname;
  const waiting = new Map();
  function save(form) {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    if (!form.isConnected) return;
    const fields = {};
    for (const one of kept(form)) { const list = (fields[one.name] ??= []); if (!ticked(one) || one.checked) list.push(one.value); }
    const text = JSON.stringify({ at: Date.now(), once: form.querySelector("input[name=once]")?.value, to: pathOf(form.getAttribute("action")), fields });
    if (text.length > DRAFT_MOST) store.drop(draftOf(form)); else store.set(draftOf(form), text);
  }
  const saveAll = () => { for (const form of [...waiting.keys()]) save(form); };
  const typed = (event) => {
    const form = event.target.form;
    if (!form?.dataset.draft) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(save, DRAFT_AFTER_MS, form));
  };
  for (const kind of ["input", "change"]) document.addEventListener(kind, typed);
  for (const kind of ["submit", "visibilitychange"]) document.addEventListener(kind, saveAll, true);
  window.addEventListener("pagehide", saveAll);
  function fill(form, fields) {
    const seen = {};
    let changed = false;
    for (const one of kept(form)) {
      const list = fields[one.name], before = ticked(one) ? one.checked : one.value;
      if (!Array.isArray(list)) continue;
      const place = seen[one.name] = (seen[one.name] ?? -1) + 1;
      if (ticked(one)) one.checked = list.includes(one.value); else if (place in list) one.value = list[place];
      if (one.matches("select") && one.selectedIndex < 0) one.value = before; // what was chosen is not offered any more
      changed ||= before !== (ticked(one) ? one.checked : one.value);
    }
    return changed;
  }
  // How the page came: "" it was asked for; "shown" a form led to it, "refused" or that form was refused.
  const answer = document.body.dataset.answer ?? "";
  const sentFrom = (form) => [form.getAttribute("action"), ...[...form.querySelectorAll("[formaction]")].map((one) => one.formAction)]
    .some((address) => pathOf(address) === location.pathname);
  function restore(form) {
    if (form.dataset.restored) return;
    form.dataset.restored = "1";
    if (answer && sentFrom(form)) { save(form); return; } // it is shown again as it was sent
    const key = draftOf(form), draft = read(key);
    if (!draft) return;
    if (!fill(form, draft.fields)) { store.drop(key); return; }
    form.prepend(document.getElementById("draft-note").content.cloneNode(true));
    form.closest("details")?.setAttribute("open", "");
    form.dispatchEvent(new CustomEvent("piecework:restored", { bubbles: true }));
  }
  document.addEventListener("click", (event) => {
    const note = event.target.closest("[data-draft-drop]")?.closest(".draft"), form = note?.closest("form");
    if (!form) return;
    form.reset();
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    store.drop(draftOf(form));
    note.remove();
    form.dispatchEvent(new CustomEvent("piecework:restored", { bubbles: true }));
    kept(form)[0]?.focus();
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-sign-out]")) drafts().forEach(store.drop); }, true);
  const forget = () => {
    const taken = document.cookie.match(/(?:^|; )piecework_taken=([\w-]+)/)?.[1];
    if (taken) document.cookie = "piecework_taken=; path=/; max-age=0; samesite=lax";
    const here = new Set([...document.querySelectorAll("form[data-draft]")].map(draftOf));
    for (const key of drafts()) {
      const draft = read(key);
      const others = who && !key.startsWith(mine) && !key.startsWith("draft::");
      const old = !(Date.now() - draft?.at < DRAFT_DAYS * 86400000);
      const done = (taken && draft?.once === taken) || (answer === "shown" && draft?.to === location.pathname && !here.has(key));
      if (others || old || done) store.drop(key);
    }
  };
  window.piecework = { store, hints, dropDraft: (name) => store.drop(mine + name) };

  const ready = () => { document.querySelectorAll("form[data-draft]").forEach(restore); clocks(); hints(); };
  document.addEventListener("DOMContentLoaded", () => { forget(); ready(); });
  document.addEventListener("htmx:after:swap", ready);
  document.addEventListener("DOMContentLoaded", () => document.getElementById("problem")?.focus());
})();
