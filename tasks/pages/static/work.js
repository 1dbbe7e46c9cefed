// The desk: keys for the card at hand, sending without leaving the page, answers kept while there is no line, time for each task.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  if (!desk) return;
  const { store, hints, dropDraft } = window.piecework;
  const says = (name) => desk.dataset[`says${name}`];
  const list = desk.querySelector(".cards-of-tasks"), waiting = document.getElementById("waiting"), line = document.getElementById("line");
  const cards = () => [...list.querySelectorAll("article.task")];
  const tell = (text) => { line.textContent = ""; setTimeout(() => { line.textContent = text; }, 50); };
  const LINE_S = 20, RETRY_MS = 4000, BEAT_MS = 5000, HERE_MS = 60000, IDLE_MS = 10 * 60000;
  let seen = Date.now();
  for (const kind of ["keydown", "pointerdown", "wheel", "touchstart"]) addEventListener(kind, () => { seen = Date.now(); }, { passive: true, capture: true });

  // ---- the server's clock: a browser whose own is wrong still counts down to the right moment
  let ahead = 0;
  const setClock = (now) => { if (now) ahead = Date.now() - new Date(now); };
  const until = (time, at) => { time.dataset.ends = at; time.dataset.until = new Date(+new Date(at) + ahead).toISOString(); delete time.dataset.told; delete time.dataset.ended; };
  const left = (card) => new Date(card.querySelector(".clock time").dataset.until) - Date.now();

  // ---- keys belong to one card, the digits to one of its fields
  let current = null, digit = false;
  const shownFields = (card) => [...card.querySelectorAll("[data-field]")].filter((one) => !one.hidden);
  const controls = (field) => [...field.querySelectorAll("input, select, textarea")];
  const filled = (field) => controls(field).some((one) => /^(radio|checkbox)$/.test(one.type) ? one.checked : one.value.trim());
  const unkey = (one) => { delete one.dataset.key; (one.matches("input, textarea, select") ? one.labels?.[0] : one)?.querySelector("kbd")?.remove(); };
  function keysTo(field) {
    if (!current) return;
    for (const one of current.querySelectorAll(".answer [data-key]")) if (!one.dataset.hot) unkey(one);
    if (field) {
      const all = controls(field), choice = all.length > 0 && /^(radio|checkbox)$/.test(all[0].type);
      (choice ? all.slice(0, 9) : all.slice(0, 1)).forEach((one, at) => { one.dataset.key = `Digit${at + 1}`; });
    }
    hints();
  }
  const nextField = (card) => shownFields(card).find((one) => !filled(one) && one.hasAttribute("data-must")) || null;
  function makeCurrent(card, field) {
    if (current !== card) {
      for (const one of desk.querySelectorAll("article.task [data-key]")) unkey(one);
      current?.classList.remove("current");
      current = card;
      card?.classList.add("current");
      for (const one of card?.querySelectorAll("[data-hot]") ?? []) one.dataset.key = one.dataset.hot;
    }
    if (card) keysTo(field || nextField(card) || shownFields(card)[0]); else hints();
  }
  addEventListener("keydown", (event) => { digit = /^(Digit|Numpad)\d$/.test(event.code); }, true);
  desk.addEventListener("focusin", (event) => {
    const card = event.target.closest("article.task");
    if (card) makeCurrent(card, event.target.closest("[data-field]"));
  });
  function step(by) {
    const all = cards(), at = all.indexOf(current);
    const to = all[(at + by + all.length) % all.length];
    if (to) { makeCurrent(to); to.querySelector("h2").focus({ preventScroll: true }); to.scrollIntoView({ block: "nearest" }); }
  }

  // ---- fields that are asked for only with certain others; "required" follows
  function conditions(card) {
    for (const field of card.querySelectorAll("[data-only-if]")) {
      const other = card.querySelector(`[data-field="${field.dataset.onlyIf}"]`);
      const holds = other && !other.hidden && controls(other).some((one) => one.value === field.dataset.onlyIs && (one.checked || one.tagName === "SELECT"));
      field.hidden = !holds;
      field.querySelector(".when")?.setAttribute("hidden", "");
      for (const one of controls(field)) { one.disabled = !holds; if (one.type !== "checkbox") one.required = holds && field.hasAttribute("data-must"); }
    }
  }
  desk.addEventListener("change", (event) => {
    const card = event.target.closest("article.task"), field = event.target.closest("[data-field]");
    if (!card || !field) return;
    conditions(card);
    if (!/^(radio)$/.test(event.target.type)) return;
    const next = nextField(card);
    if (!next) { keysTo(field); return; }
    if (digit) { controls(next)[0].focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
    keysTo(digit || event.detail ? next : field);
  });

  desk.addEventListener("piecework:restored", (event) => { const card = event.target.closest("article.task"); if (card) conditions(card); });

  // ---- what is folded stays folded
  desk.addEventListener("toggle", (event) => {
    const one = event.target;
    if (one.dataset.remember) store.set(`fold:${one.dataset.remember}`, one.open ? "open" : "shut");
    if (one.matches(".knowledge") && one.open) load(one.querySelector(".found"));
  }, true);

  // ---- the knowledge base beside the task
  async function load(place, address = place.dataset.load, again = false) {
    if (place.dataset.loaded === address && !again) return;
    try {
      const reply = await fetch(address, { headers: { "X-Piece": "1" } });
      if (!reply.ok) return;
      place.replaceChildren(...new DOMParser().parseFromString(await reply.text(), "text/html").body.childNodes);
      place.dataset.loaded = address;
    } catch { /* no line: the link to the page stays */ }
  }
  desk.addEventListener("click", (event) => {
    const found = event.target.closest(".found");
    const into = event.target.closest("a[data-into]");
    if (into && found && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); load(found, into.getAttribute("href")); }
    if (event.target.closest("[data-back]") && found) load(found, found.dataset.load, true);
    const back = event.target.closest(".back > summary")?.parentElement;
    if (back && !back.open) { event.preventDefault(); back.open = true; back.querySelector("input[name=reason]").focus(); }
    const by = event.target.closest("[data-step]");
    if (by) step(Number(by.dataset.step));
    if (event.target.closest("[data-more]")) { event.preventDefault(); beat(event.target.closest("article.task"), true); }
    if (event.target.closest("[data-remove]")) { const card = event.target.closest("article.task"); dropDraft(`work-${card.dataset.task}`); card.remove(); arranged(); }
  });

  // ---- time: a heartbeat while somebody is at it, a warning before the end, nothing lost after it
  async function beat(card, asked = false) {
    const before = card.querySelector(".clock time").dataset.ends;
    try {
      const reply = await fetch(`/api/v1/assignments/${card.dataset.task}/heartbeat`, { method: "POST",
        headers: { "content-type": "application/json" }, body: JSON.stringify({ lease_token: card.dataset.token }) });
      if (reply.status === 409) { ended(card); return; }
      if (!reply.ok) return;
      const ends = (await reply.json()).expires_at;
      if (new Date(ends) - new Date(before) > 1000) { until(card.querySelector(".clock time"), ends); if (asked) tell(says("More")); } else if (asked) tell(says("Most"));
    } catch { /* no line: the clock goes on */ }
  }
  setInterval(() => {
    for (const card of cards()) {
      const half = Number(card.dataset.limit) * 500, idle = Date.now() - seen;
      if (!card.matches(".over, [aria-busy=true]") && left(card) > 0 && left(card) < half && idle < Math.min(HERE_MS, half)) beat(card);
    }
  }, BEAT_MS);
  desk.addEventListener("piecework:soon", (event) => { const card = event.target.closest("article.task"); if (card && event.detail.left > 0) { notice(card, says("Soon"), "warn"); } });
  desk.addEventListener("piecework:ended", (event) => { const card = event.target.closest("article.task"); if (card) setTimeout(() => { if (left(card) <= 0 && !card.matches("[aria-busy=true]")) ended(card); }, 1500); });
  function notice(card, text, tone = "bad", more = []) {
    const place = card.querySelector(".says");
    place.className = `note ${tone} says`;
    place.replaceChildren(text, ...more);
    place.hidden = !text;
  }
  const typed = (card) => shownFields(card).flatMap((field) => {
    const name = (field.querySelector("legend, label").textContent || "").trim().replace(/\s+/g, " ");
    const values = controls(field).filter((one) => /^(radio|checkbox)$/.test(one.type) ? one.checked : one.value.trim())
      .map((one) => /^(radio|checkbox)$/.test(one.type) ? one.labels[0].querySelector("span").textContent : one.value);
    return values.length ? [`${name}: ${values.join(", ")}`] : [];
  }).join("\n");
  function ended(card) {
    if (card.matches(".over")) return;
    const kept = typed(card);
    card.classList.add("over");
    card.querySelectorAll(".reply button, .reply input, .reply textarea, .reply select, [data-more]").forEach((one) => { one.disabled = true; });
    const more = [];
    if (kept) {
      const label = document.createElement("label"), area = document.createElement("textarea");
      area.readOnly = true; area.rows = 4; area.value = kept;
      label.append(says("Typed"), area);
      more.push(label);
    }
    const remove = document.createElement("button");
    remove.type = "button"; remove.className = "secondary outline"; remove.dataset.remove = ""; remove.textContent = says("Remove");
    notice(card, says("Ended"), "warn", [...more, remove]);
  }

  // ---- answers on their way: kept in this browser until the server has taken them, sent again with the same submission_id
  const box = `outbox:${desk.dataset.me}`;
  const kept = () => { try { return JSON.parse(store.get(box)) || []; } catch { return []; } };
  const keep = (items) => { if (items.length) store.set(box, JSON.stringify(items)); else store.drop(box); };
  const csrf = () => document.querySelector("main input[name=csrf], footer input[name=csrf]").value;
  const offline = document.getElementById("offline");
  const sending = new Set();
  let sent = 0;

  async function post(address, body) {
    const fields = new URLSearchParams(body);
    fields.set("csrf", csrf());
    const reply = await fetch(address, { method: "POST", body: fields, headers: { "X-Piece": "1" }, redirect: "error", signal: AbortSignal.timeout(LINE_S * 1000) });
    if (reply.status === 401 || reply.status === 403) throw Object.assign(new Error("signed out"), { out: true });
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    const piece = new DOMParser().parseFromString(await reply.text(), "text/html").querySelector("[data-piece]");
    if (!piece) throw new Error("not a piece");
    setClock(piece.dataset.now);
    return piece;
  }
  async function send(item, late = false) {
    if (sending.has(item.id)) return;
    sending.add(item.id);
    const card = document.getElementById(`task-${item.id}`);
    try {
      const piece = await post(item.address, item.body);
      keep(kept().filter((one) => one.id !== item.id));
      offline.hidden = kept().length === 0;
      settle(item, card, piece, late);
    } catch (fault) {
      offline.textContent = fault.out ? says("SignedOut") : says("Offline");
      offline.hidden = false;
    } finally { sending.delete(item.id); }
  }
  const flush = () => { for (const item of kept()) send(item, true); };
  setInterval(flush, RETRY_MS);
  addEventListener("online", flush);

  function settle(item, card, piece, late) {
    const refusal = piece.dataset.refusal;
    if (!refusal) {
      dropDraft(`work-${item.id}`);
      if (item.answer) { sent += 1; const place = document.getElementById("sitting"); place.textContent = `${says("Pieces")} ${sent}`; place.hidden = false; }
      const fresh = bring(piece, card);
      card?.remove();
      arranged(item.next ? Number(piece.dataset.after || 0) : null);
      if (fresh[0] && !(late && current && cards().length > 1)) at(fresh[0]);
      tell(late ? says("SentLate") : fresh[0] ? says("Sent") : says("SentLast"));
      return;
    }
    const text = piece.querySelector("[data-says]").textContent.trim();
    if (!card) { offline.textContent = `${text} ${item.typed || ""}`; offline.hidden = false; return; }
    free(card);
    if (/^(lease_ended|stale_lease|not_found)$/.test(refusal)) { ended(card); return; }
    if (refusal === "already_answered") { dropDraft(`work-${item.id}`); card.remove(); arranged(); tell(text); return; }
    notice(card, text);
    for (const one of piece.querySelectorAll("[data-wrong]")) {
      const field = card.querySelector(`[data-field="${one.dataset.wrong}"]`);
      if (!field) continue;
      const words = document.createElement("small");
      words.className = "wrong"; words.textContent = one.textContent;
      field.append(words);
      controls(field)[0].focus();
    }
  }
  const busy = (card) => { card.setAttribute("aria-busy", "true"); notice(card, ""); card.querySelectorAll(".wrong").forEach((one) => one.remove());
    card.querySelectorAll(".reply button").forEach((one) => { one.disabled = true; }); };
  const free = (card) => { card.removeAttribute("aria-busy"); card.querySelectorAll(".reply button").forEach((one) => { one.disabled = false; }); };

  function bring(piece, place) {
    const fresh = [...piece.querySelectorAll("article.task")].filter((one) => !document.getElementById(one.id)).map((one) => document.adoptNode(one));
    for (const card of fresh) { if (place) place.before(card); else list.append(card); prepare(card); }
    return fresh;
  }
  function at(card) {
    makeCurrent(card);
    card.querySelector("h2").focus({ preventScroll: true });
    if (card.getBoundingClientRect().top < 0 || cards().length === 1) scrollTo({ top: Math.max(0, card.getBoundingClientRect().top + scrollY - 12) });
  }
  function prepare(card) {
    for (const one of card.querySelectorAll("details[data-remember]")) { const how = store.get(`fold:${one.dataset.remember}`); if (how) one.open = how === "open"; }
    card.querySelectorAll("[data-wanted]").forEach((one) => { one.value = desk.dataset.project; });
    const time = card.querySelector(".clock time");
    until(time, time.dataset.until);
    conditions(card);
    if (card.querySelector(".knowledge").open) load(card.querySelector(".found"));
    document.dispatchEvent(new CustomEvent("htmx:after:swap"));  // the kit restores the draft, starts the clock, shows the keys
    conditions(card);
  }
  function arranged(after = null) {
    const all = cards();
    list.classList.toggle("several", all.length > 1);
    desk.querySelector(".bar").hidden = all.length < 2;
    if (all.length && !all.includes(current)) makeCurrent(all[0]);
    if (!all.length) {
      makeCurrent(null);
      waiting.hidden = false;
      desk.querySelector(".after").hidden = true;
      if (after !== null) ask(); else document.getElementById("waiting-title").focus();
    } else { waiting.hidden = true; desk.querySelector(".after").hidden = false; stop(); }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target, card = form.closest("article.task");
    if (form.matches("[data-search]")) {
      event.preventDefault();
      const q = form.querySelector("input").value.trim();
      load(form.parentElement.querySelector(".found"), q ? `${form.getAttribute("action")}?${new URLSearchParams({ q })}` : undefined, true);
    } else if (form.id === "ask") { event.preventDefault(); ask(); } else if (card && form.matches(".answer, .give")) {
      event.preventDefault();
      const fields = new FormData(form, event.submitter);
      const item = { id: card.dataset.task, address: event.submitter?.getAttribute("formaction") || form.getAttribute("action"), answer: form.matches(".answer"),
                     body: new URLSearchParams(fields).toString(), next: fields.get("next") === "true", typed: typed(card) };
      busy(card);
      keep([...kept().filter((one) => one.id !== item.id), item]);
      send(item);
    }
  });

  // ---- no task: asking goes on calmly while somebody is here; each asking counts, as it does at the API
  const drawn = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (one) => one.toString(36)).join("-");
  let timer = null, number = drawn();  // a wish keeps its number until a reply has come: tasks whose reply was lost come again, and no others
  const form = document.getElementById("ask"), asking = desk.querySelector(".asking"), why = desk.querySelector(".why");
  function stop() { clearTimeout(timer); timer = null; asking.hidden = true; }
  async function ask() {
    stop();
    let after = 5;
    try {
      const fields = new URLSearchParams(new FormData(form));
      fields.set("once", number);
      const piece = await post("/work/claim", fields);
      number = drawn();
      const fresh = bring(piece, null);
      if (fresh.length) {
        arranged(); at(fresh[0]); tell(says("Came"));
        if (document.hidden) { const title = document.title; document.title = `● ${says("Came")}`; document.addEventListener("visibilitychange", () => { document.title = title; }, { once: true }); }
        return;
      }
      if (piece.dataset.refusal) {
        why.replaceChildren(piece.querySelector("[data-says]").textContent.trim(), " ", ...piece.querySelectorAll("[data-leads]"));
        tell(why.textContent);
        return;
      }
      after = Number(piece.dataset.after || after);
    } catch (fault) { if (fault.out) { why.textContent = says("SignedOut"); return; } }
    goOn(after);
  }
  function goOn(after) {
    if (Date.now() - seen > IDLE_MS) { why.textContent = says("Idle"); tell(says("Idle")); return; }
    const time = asking.querySelector("time");
    time.dataset.until = new Date(Date.now() + after * 1000).toISOString();
    asking.hidden = false;
    timer = setTimeout(ask, after * 1000);
  }

  document.addEventListener("DOMContentLoaded", () => {
    setClock(desk.dataset.now);
    cards().forEach(prepare);
    for (const item of kept()) { const card = document.getElementById(`task-${item.id}`); if (card) busy(card); }
    if (cards().length) {
      list.classList.toggle("several", cards().length > 1);
      desk.querySelector(".bar").hidden = cards().length < 2;
      const wanted = document.querySelector(":target");
      at(wanted?.matches("article.task") ? wanted : cards()[0]);
    } else if (form.dataset.after) goOn(Number(form.dataset.after));
    flush();
  });
})();
