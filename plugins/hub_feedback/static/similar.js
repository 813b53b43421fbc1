// Beside the form of a wish: those like it, while the title is typed. Without this file they are shown after sending.

const input = document.querySelector("[data-similar]");
const box = document.getElementById("similar");

function line({ title, url, votes }) {
  const made = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: url, textContent: title });
  const count = Object.assign(document.createElement("span"), { className: "small", textContent: ` ${votes}` });
  made.append(link, count);
  return made;
}

if (input && box) {
  const list = document.createElement("ul");
  box.append(list);
  let waiting, asked = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const number = ++asked;
      try {
        const answer = await fetch(`${input.dataset.similar}?title=${encodeURIComponent(input.value.trim())}`);
        if (!answer.ok || number !== asked) return; // a late answer to what was typed before
        const { similar } = await answer.json();
        list.replaceChildren(...similar.map(line));
        box.hidden = !similar.length;
      } catch { /* the page without scripts does the same */ }
    }, 300);
  });
}
