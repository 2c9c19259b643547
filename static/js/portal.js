// Toasts, copy buttons and what htmx answers mean. Pages work without it; it only makes them quicker.
(() => {
  const QUIET_AFTER = 6000; // milliseconds; warnings and errors stay until they are closed
  const COPIED_FOR = 1500;
  const KEEP_TYPED = "Portal-Keep-Typed";
  const TYPED = "portal.typed"; // in the storage of this tab: what a form held when its session ran out
  const words = document.getElementById("words").dataset; // sentences in the reader's language
  const NOT_KEPT = ["hidden", "password", "file", "submit", "button"];

  function fade(toast) {
    if (toast.matches(".notice-success, .notice-info")) {
      setTimeout(() => toast.remove(), QUIET_AFTER);
    }
  }

  function showToast({ kind = "info", text }) {
    const toasts = document.getElementById("toasts");
    const shown = [...toasts.querySelectorAll(".notice-text")].some((one) => one.textContent === text);
    const template = document.getElementById(`toast-${kind}`) || document.getElementById("toast-info");
    if (shown) {
      return; // a fragment that polls would say it every two seconds
    }
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.querySelector(".notice-text").textContent = text;
    toasts.append(toast);
    fade(toast);
  }

  // A refused form may be longer than the screen: whoever sent it is taken to what is wrong, which is then read out.
  function goToWhatIsWrong(form) {
    const wrong = form.querySelector("[aria-invalid='true']:not([type='hidden']), .field-error, [role='alert']");
    if (!wrong) return;
    if (!wrong.matches("input, select, textarea")) wrong.tabIndex = -1;
    wrong.scrollIntoView({ block: "center" });
    wrong.focus({ preventScroll: true });
  }

  // Whose page this is; nobody's before the login.
  const person = document.getElementById("main")?.dataset.person;

  // Secrets, which have no autocompletion, are not kept. The same person finds the rest on the same page again.
  function keepTyped(form) {
    const fields = [...form.elements].filter((field) => {
      return field.name && !NOT_KEPT.includes(field.type) && field.autocomplete !== "off";
    });
    const values = fields.map(({ name, value, checked }) => ({ name, value, checked }));
    const page = location.pathname + location.search;
    sessionStorage.setItem(TYPED, JSON.stringify({ page, person, action: form.getAttribute("hx-post"), values }));
  }

  function fillIn(form, { name, value, checked }) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (!["checkbox", "radio"].includes(field.type)) field.value = value;
      else if (field.value === value) field.checked = checked;
    }
  }

  function restoreTyped() {
    const typed = JSON.parse(sessionStorage.getItem(TYPED) || "null");
    if (!typed || !person) return;
    if (typed.person === person && typed.page !== location.pathname + location.search) return;
    sessionStorage.removeItem(TYPED);
    const form = document.querySelector(`main form[hx-post="${CSS.escape(typed.action)}"]`);
    if (typed.person !== person || !form) return;
    typed.values.forEach((value) => fillIn(form, value));
    showToast({ kind: "warning", text: words.restored });
  }

  function refusal(xhr) {
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    return page.querySelector("[data-refusal]")?.textContent.trim();
  }

  function explain(status) {
    if (status === 403) return words.forbidden;
    return status === 404 ? words.missing : words.failed;
  }

  async function copy(text) {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement("textarea"); // pages on plain http have no clipboard
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  async function copyFrom(button) {
    const block = button.closest(".code");
    await copy(button.dataset.copy ?? block.querySelector("code").textContent);
    button.classList.add("is-copied");
    document.getElementById("announce").textContent = words.copied;
    setTimeout(() => button.classList.remove("is-copied"), COPIED_FOR);
  }

  // What scrolls sideways can be scrolled by keyboard, and only then is a stop for the Tab key.
  function markScrollable() {
    for (const area of document.querySelectorAll(".table-responsive")) {
      if (area.scrollWidth > area.clientWidth) area.tabIndex = 0;
      else area.removeAttribute("tabindex");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-block]");
    if (button) copyFrom(button);
    event.target.closest("[data-close]")?.closest("[data-toast]").remove();
  });
  document.addEventListener("toast", (event) => showToast(event.detail));
  document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
    showToast({ kind: "danger", text: refusal(xhr) || explain(xhr.status) });
  });
  document.addEventListener("htmx:afterSettle", ({ detail: { elt, xhr } }) => {
    if (xhr?.status === 422) goToWhatIsWrong(elt);
  });
  document.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
    if (elt.matches("form[method='post']") && xhr.getResponseHeader(KEEP_TYPED)) keepTyped(elt);
  });
  document.addEventListener("htmx:sendError", () => {
    showToast({ kind: "warning", text: words.unreachable });
  });
  // An observer runs before anybody can reach what a swap brought in; htmx's own events come a moment later.
  new MutationObserver(markScrollable).observe(document.body, { childList: true, subtree: true });
  document.fonts.ready.then(markScrollable);
  window.addEventListener("resize", markScrollable);
  document.querySelectorAll("[data-toast]").forEach(fade);
  restoreTyped();
  markScrollable();
})();
