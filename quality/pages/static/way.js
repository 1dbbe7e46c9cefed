// An exam's answers are kept a moment after each change, and when the page is left; without this script the button keeps them.
"use strict";
(() => {
  const form = document.getElementById("exam");
  if (!form) return;
  const line = document.getElementById("kept");
  const handIn = form.querySelector('[name="finish"][value="true"]');
  const confirmed = handIn.dataset.confirm;
  let later = 0, under_way = false;
  const answers = () => {
    const sent = new URLSearchParams(new FormData(form));
    sent.set("finish", "false");
    return sent;
  };
  // One at a time: an older one that is slow must not overwrite a newer one. Each takes the whole form as it is then.
  const keep = async () => {
    if (under_way) { later = setTimeout(keep, 200); return; }
    later = 0;
    under_way = true;
    try {
      const reply = await fetch(form.action, { method: "POST", body: answers(), redirect: "manual", keepalive: true });
      line.textContent = reply.type === "opaqueredirect" ? form.dataset.keeps : reply.status === 422 ? form.dataset.keepsPart : form.dataset.keepsNot;
    } catch {
      line.textContent = form.dataset.keepsNot;
    } finally { under_way = false; }
  };
  const forget = () => {
    clearTimeout(later);
    later = 0;
  };
  const given = (field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : field.type !== "hidden" && field.value.trim());
  const unanswered = () => [...form.querySelectorAll("section")].filter((one) => ![...one.querySelectorAll("input, textarea, select")].some(given)).length;
  form.addEventListener("input", (event) => {
    forget();
    later = setTimeout(keep, event.target.type === "radio" || event.target.type === "checkbox" ? 200 : 1000);
  });
  // What was typed in the last second goes too when the tab is closed or left.
  window.addEventListener("pagehide", () => {
    if (!later) return;
    forget();
    navigator.sendBeacon(form.action, answers());
  });
  // After the confirmation, which may have said no.
  window.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) forget();
  });
  handIn.addEventListener("click", () => {
    const left = unanswered();
    handIn.dataset.confirm = left ? `${form.dataset.left} ${left}. ${confirmed}` : confirmed;
  });
})();
