// An exam's answers are kept a moment after each change; without this script the button keeps them.
"use strict";
(() => {
  const form = document.getElementById("exam");
  if (!form) return;
  const line = document.getElementById("kept");
  let later = 0;
  const keep = async () => {
    const sent = new URLSearchParams(new FormData(form));
    sent.set("finish", "false");
    try {
      const reply = await fetch(form.action, { method: "POST", body: sent, redirect: "manual" });
      line.textContent = reply.type === "opaqueredirect" ? form.dataset.keeps : form.dataset.keepsNot;
    } catch {
      line.textContent = form.dataset.keepsNot;
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(keep, 1500);
  });
  form.addEventListener("submit", () => clearTimeout(later));
})();
