// Buttons that copy the text of the element they name. Without this script they stay hidden: the text can be selected.
"use strict";
for (const button of document.querySelectorAll("button[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = "Copied";
    } catch {  // no permission, or a page that came without TLS: the text is selected instead
      getSelection().selectAllChildren(source);
      button.textContent = "Selected";
    }
  });
}
