// Light or dark: the system's choice until the user makes one, which this browser remembers.
window.jangdanLook = {
  key: "jangdan.dark",
  toggle() {
    const dark = !document.body.classList.contains("body--dark");
    localStorage.setItem(this.key, dark ? "1" : "0");
    this.use(dark);
  },
  use(dark) {
    Quasar.Dark.set(dark);
  },
  start() {
    const chosen = localStorage.getItem(this.key);
    if (chosen !== null) this.use(chosen === "1");
  },
};
