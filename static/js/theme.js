// Light, dark or as the device: set before the first paint, kept in this browser.
(() => {
  const device = matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // storage is refused in some private windows
    }
  }

  function keep(theme) {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // then it holds for this page only
    }
  }

  function show(theme) {
    const dark = theme === "dark" || (theme === "auto" && device.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
    }
  }

  show(choice());
  device.addEventListener("change", () => show(choice()));
  document.addEventListener("DOMContentLoaded", () => show(choice()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) {
      keep(button.dataset.themeChoice);
      show(button.dataset.themeChoice);
    }
  });
})();
