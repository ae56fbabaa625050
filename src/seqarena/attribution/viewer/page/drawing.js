// Two pens with the same strokes: one draws on a canvas, the other writes SVG.

const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';

function pageColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

class CanvasPen {
  constructor(canvas, width, height, scale = window.devicePixelRatio || 1) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    this.context = canvas.getContext("2d");
    this.context.scale(scale, scale);
  }

  fill(x, y, width, height, colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(x, y, width, height);
  }

  frame(x, y, width, height, colour, thickness = 1, dash = []) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = thickness;
    this.context.setLineDash(dash);
    this.context.strokeRect(x, y, width, height);
  }

  // Where nothing can be: thin lines, not a colour.
  hatch(x, y, width, height, colour) {
    this.pattern ??= hatchPattern(this.context, colour);
    this.context.fillStyle = this.pattern;
    this.context.fillRect(x, y, width, height);
  }

  text(x, y, text, { size = 11, align = "center", turned = false, colour, bold = false }) {
    const pen = this.context;
    pen.save();
    pen.translate(x, y);
    pen.rotate(turned ? -Math.PI / 2 : 0);
    pen.font = fontOf(size, bold);
    pen.fillStyle = colour;
    pen.textAlign = align;
    pen.textBaseline = "middle";
    pen.fillText(text, 0, 0);
    pen.restore();
  }

  image(source, x, y, width, height) {
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(source, x, y, width, height);
  }
}

class SvgPen {
  constructor(width, height) {
    this.size = [width, height];
    this.parts = [];
  }

  fill(x, y, width, height, colour) {
    this.parts.push(`<rect ${box(x, y, width, height)} fill="${colour}"/>`);
  }

  frame(x, y, width, height, colour, thickness = 1, dash = []) {
    const stroke = `stroke="${colour}" stroke-width="${thickness}" stroke-dasharray="${dash.join(" ")}"`;
    this.parts.push(`<rect ${box(x, y, width, height)} fill="none" ${stroke}/>`);
  }

  hatch(x, y, width, height) {
    this.parts.push(`<rect ${box(x, y, width, height)} fill="url(#hatch)"/>`);
  }

  text(x, y, text, { size = 11, align = "center", turned = false, colour, bold = false }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const turn = turned ? ` transform="rotate(-90 ${round(x)} ${round(y)})"` : "";
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"` +
        ` dominant-baseline="central"${bold ? ' font-weight="700"' : ""}${turn}>${escapedXml(text)}</text>`,
    );
  }

  image(source, x, y, width, height) {
    const address = source.toDataURL("image/png");
    this.parts.push(
      `<image ${box(x, y, width, height)} preserveAspectRatio="none" style="image-rendering:pixelated" href="${address}"/>`,
    );
  }

  document() {
    const [width, height] = this.size;
    const hatch =
      '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">' +
      `<path d="M0 6L6 0" stroke="${pageColour("line")}"/></pattern></defs>`;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="${FONT.replaceAll('"', "'")}">${hatch}${this.parts.join("")}</svg>\n`
    );
  }
}

function hatchPattern(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.beginPath();
  pen.moveTo(0, 6);
  pen.lineTo(6, 0);
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function fontOf(size, bold = false) {
  return `${bold ? "700 " : ""}${size}px ${FONT}`;
}

function round(number) {
  return Math.round(number * 100) / 100;
}

function box(x, y, width, height) {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function escapedXml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text, size) {
  ruler.font = fontOf(size);
  return ruler.measureText(text).width;
}

// Cut a label until it fits.
function fitted(text, room, size) {
  let shown = text;
  for (let n = MAX_GRAPHEMES; n > 1 && widthOf(shown, size) > room; n -= 1) {
    shown = shortened(text, n);
  }
  return shown;
}
