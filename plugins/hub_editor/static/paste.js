// What comes from a word processor or a web page, as Markdown: headings, bold, italic, links, lists, tables as rows.
const BLOCK = new Set(["P", "DIV", "SECTION", "ARTICLE", "BLOCKQUOTE", "UL", "OL", "LI", "TABLE", "TR", "H1", "H2", "H3", "H4", "H5", "H6"]);

export function toMarkdown(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const gone of page.querySelectorAll("script,style,meta,title,head,img,o\\:p")) gone.remove();
  return block(page.body, "").replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

function block(node, indent) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) { text += child.data.replace(/\s+/g, " "); continue; }
    if (child.nodeType !== Node.ELEMENT_NODE) continue;
    const name = child.tagName;
    if (name === "BR") text += "\n";
    else if (/^H[1-6]$/.test(name)) text += `\n\n${"#".repeat(Math.min(4, Math.max(2, +name[1])))} ${block(child, indent).trim()}\n\n`;
    else if (name === "UL" || name === "OL") text += `\n\n${list(child, indent)}\n\n`;
    else if (name === "BLOCKQUOTE") text += `\n\n${block(child, indent).trim().replace(/^/gm, "> ")}\n\n`;
    else if (name === "TR") text += `${[...child.cells].map((cell) => block(cell, indent).trim()).join(" — ")}\n`;
    else if (name === "A" && /^https?:/.test(child.getAttribute("href") || "")) text += `[${block(child, indent).trim()}](${child.getAttribute("href")})`;
    else if (strong(child)) text += mark(block(child, indent), "**");
    else if (slanted(child)) text += mark(block(child, indent), "*");
    else if (BLOCK.has(name)) text += `\n\n${paragraph(child, indent)}\n\n`;
    else text += block(child, indent);
  }
  return text;
}

function paragraph(node, indent) {
  const text = block(node, indent).trim();
  const bullet = /MsoListParagraph/.test(node.className) && text.match(/^(?:[·•o§-]|\d+[.)])\s*(.*)$/s); // Word's lists are paragraphs
  return bullet ? `- ${bullet[1]}` : text;
}

function list(node, indent) {
  return [...node.children].map((item, n) => {
    if (item.tagName !== "LI") return list(item, `${indent}  `);
    const sign = node.tagName === "OL" ? `${n + 1}. ` : "- ";
    return indent + sign + block(item, `${indent}  `).trim().replace(/\n{2,}/g, "\n");
  }).join("\n");
}

const strong = (node) => ["B", "STRONG"].includes(node.tagName) && node.style.fontWeight !== "normal" || /^(bold|[6-9]00)$/.test(node.style.fontWeight);
const slanted = (node) => ["I", "EM"].includes(node.tagName) || node.style.fontStyle === "italic";

function mark(text, sign) {
  const inner = text.trim();
  if (!inner || inner.includes("\n")) return text;
  return text.replace(inner, () => sign + inner + sign);
}
