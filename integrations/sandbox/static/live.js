// Closes the menu of people, and shows what has happened to the open item without touching what is being written.
(function () {
  "use strict";
  const who = document.querySelector(".who");
  document.addEventListener("click", (event) => {
    if (who && who.open && !who.contains(event.target)) who.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !who || !who.open) return;
    who.open = false;
    who.querySelector("summary").focus();
  });

  const word = document.getElementById("live-word");
  if (!word) return;
  const parts = ["live-head", "live-text", "live-comments", "live-side"];
  let rev = word.dataset.rev;

  function busy(part) {
    const at = document.activeElement;
    if (at && part.contains(at) && at !== document.body) return true;
    return Array.from(part.querySelectorAll("input:not([type=hidden]), textarea")).some((one) => one.value !== one.defaultValue);
  }

  async function renew() {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = next.getElementById("live-word");
    if (!fresh) return;
    const before = document.querySelectorAll(".comment").length;
    const openHistory = document.querySelector(".history[open]") !== null;
    let all = true;
    for (const id of parts) {
      const here = document.getElementById(id);
      const there = next.getElementById(id);
      if (busy(here)) { all = false; continue; }
      if (here.innerHTML !== there.innerHTML) here.replaceWith(document.adoptNode(there));
    }
    if (openHistory) document.querySelector(".history").open = true;
    const editing = document.querySelector(".editing");
    const newer = next.querySelector(".editing");
    if (editing && newer && !editing.open) editing.replaceWith(document.adoptNode(newer));
    const comments = document.querySelectorAll(".comment").length;
    const author = document.getElementById("live-comments").dataset.author;
    word.textContent = comments > before ? "New comment by " + author : "The item has changed";
    if (all) rev = fresh.dataset.rev;
  }

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(word.dataset.where, { cache: "no-store" });
      if (answer.ok && (await answer.text()) !== rev) await renew();
    } catch (error) {
      // The sandbox has been stopped or is restarting; the next look will tell.
    }
  }

  setInterval(look, 2000);
})();
