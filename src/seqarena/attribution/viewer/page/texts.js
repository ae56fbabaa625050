// Texts of tokens, as they may be shown: nothing invisible, nothing endless, nothing that is markup.

const MAX_GRAPHEMES = 40;
const SYMBOLS = new Map([[" ", "␣"], ["\n", "↵"], ["\r", "⏎"], ["\t", "⇥"]]);
// Controls, formats, other spaces, and letters that are drawn as nothing.
const UNSEEN = /[\p{C}\p{Z}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0]/gu;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function symbolOf(character) {
  const number = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return SYMBOLS.get(character) ?? (/\p{Zs}/u.test(character) ? "⍽" : `U+${number}`);
}

// A single space between two letters is seen as it is; at an end, or one of several, it is not.
const INNER_SPACE = /(?<=[^\p{C}\p{Z}]) (?=[^\p{C}\p{Z}])/gu;

function visible(text) {
  if (text === "") {
    return "∅";
  }
  const shown = text.split(INNER_SPACE).map((piece) => piece.replace(UNSEEN, symbolOf)).join(" ");
  return shortened(/^\p{M}/u.test(shown) ? `◌${shown}` : shown, MAX_GRAPHEMES);
}

function shortened(text, n) {
  if (text.length <= n) {
    return text;
  }
  const parts = Array.from(graphemes.segment(text), (part) => part.segment);
  return parts.length <= n ? text : `${parts.slice(0, n - 1).join("")}…`;
}

function textOf(axis, entry) {
  if (axis.n === 1 && axis.texts === null) {
    return "all";
  }
  return axis.texts === null ? String(entry + axis.first_number) : visible(axis.texts[entry]);
}

// "output 3 of 7 “fox”": the number and, where there is one, the text.
function nameOf(axis, entry) {
  if (axis.n === 1) {
    return axis.texts === null ? axis.noun : `${axis.noun} “${visible(axis.texts[0])}”`;
  }
  const number = `${axis.noun} ${entry + axis.first_number}`;
  return axis.texts === null ? number : `${number} “${visible(axis.texts[entry])}”`;
}

function numberText(value, error = 0) {
  if (value === null || Number.isNaN(value)) {
    return "–";
  }
  if (Number.isInteger(value) && error === 0) {
    return String(value).replace("-", "−");
  }
  const size = Math.abs(value);
  const digits = size !== 0 && size < 0.001 ? value.toExponential(2) : value.toFixed(size < 10 ? 4 : 2);
  return `${error > 0.0005 && value !== 0 ? "≈ " : ""}${digits.replace("-", "−")}`;
}

// Of a text in pieces, by its first letter: a browser looks into no piece that is kept apart.
function directionOf(texts) {
  const letter = (texts ?? []).slice(0, 1000).join("").match(/\p{L}/u)?.[0] ?? "";
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(letter) ? "rtl" : "ltr";
}

// Elements are made of constants of this file; what comes from data enters as text alone.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Text of data, kept apart from the direction of the text around it.
function isolated(text, tag = "bdi") {
  const made = element(tag, { dir: "auto" });
  made.textContent = text;
  return made;
}

function byId(id) {
  return document.getElementById(id);
}
