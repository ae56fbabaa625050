// Colours: a palette for each kind of map, told apart by those who see fewer colours too.

const SHARES = {
  viridis: ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"],
  cividis: ["#00224e", "#1a386f", "#434e6c", "#61656f", "#7d7c78", "#9b9476", "#bcae6c", "#dec958", "#fee838"],
  magma: ["#000004", "#1d1147", "#51127c", "#832681", "#b73779", "#e75263", "#fc8961", "#fec488", "#fcfdbf"],
  plasma: ["#0d0887", "#4c02a1", "#7e03a8", "#aa2395", "#cc4778", "#e66c5c", "#f89540", "#fdc527", "#f0f921"],
  "yellow-blue": ["#ffffd9", "#edf8b1", "#c6e9b4", "#7ecdbb", "#40b5c4", "#1d90c0", "#225da8", "#243392", "#081d58"],
  purple: ["#fcfbfd", "#efedf5", "#dadaeb", "#bcbddc", "#9e9ac8", "#807cba", "#6950a3", "#53268f", "#3f007d"],
  brown: ["#ffffe5", "#fff7bc", "#fee390", "#fec34f", "#fe9829", "#eb6f14", "#cb4b02", "#983404", "#662506"],
  grey: ["#ffffff", "#f0f0f0", "#d9d9d9", "#bdbdbd", "#959595", "#727272", "#515151", "#242424", "#000000"],
};
// Negative end, centre, positive end; the centre is that of the page.
const SIGNED = {
  "blue-orange": {
    light: ["#08306b", "#2171b5", "#9ecae1", "#f7f7f7", "#fdbe85", "#d9680d", "#7f2704"],
    dark: ["#a6d3ff", "#4292c6", "#1b4468", "#14181d", "#6b3a10", "#dd7a1c", "#ffd0a1"],
  },
  "purple-green": {
    light: ["#40004b", "#8b5a9f", "#cfb5da", "#f7f7f7", "#b2dfac", "#3f9a55", "#00441b"],
    dark: ["#e5c6f2", "#9a6bb0", "#4b2b5a", "#14181d", "#1d4a2a", "#4cae68", "#c3f0c9"],
  },
  "brown-teal": {
    light: ["#543005", "#b5772a", "#e6cf9c", "#f7f7f7", "#a9dcd3", "#2a9187", "#003c30"],
    dark: ["#f3d9a4", "#bd8233", "#553a16", "#14181d", "#17504a", "#33a89c", "#b9efe6"],
  },
};
const PALETTE_OF_KIND = {
  weights: "viridis",
  posterior: "cividis",
  responsibility: "purple",
  count_context: "brown",
  affinity: "yellow-blue",
  effect: "magma",
  oracle: "plasma",
  score: "grey",
  change: "blue-orange",
  gradient: "brown-teal",
  difference: "purple-green",
};

function channels(hex) {
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}

// 256 colours between the anchors of a palette.
function ramp(anchors) {
  const stops = anchors.map(channels);
  return Array.from({ length: 256 }, (_, index) => {
    const place = (index / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    return stops[left].map((value, c) => Math.round(value + (place - left) * (stops[left + 1][c] - value)));
  });
}

const ramps = new Map();

function rampOf(matrix) {
  const chosen = matrix.signed ? state.palettes.signed : state.palettes.shares;
  const palettes = matrix.signed ? SIGNED : SHARES;
  const name = palettes[chosen] ? chosen : paletteOfKind(matrix, palettes);
  const theme = isDark() ? "dark" : "light";
  const key = `${name} ${theme}`;
  if (!ramps.has(key)) {
    ramps.set(key, ramp(matrix.signed ? SIGNED[name][theme] : SHARES[name]));
  }
  return ramps.get(key);
}

// A gradient may be a size alone, an oracle map a signed change.
function paletteOfKind(matrix, palettes) {
  const name = PALETTE_OF_KIND[matrix.kind];
  return palettes[name] ? name : Object.keys(palettes)[0];
}

// From 0 to 1, or from -1 to 1 where values are signed.
function strength(value, limit) {
  const share = Math.max(-1, Math.min(1, value / (limit || 1)));
  return state.curve === "root" ? Math.sign(share) * Math.sqrt(Math.abs(share)) : share;
}

function colourOf(matrix, value, limit, colours = rampOf(matrix)) {
  const share = strength(value, limit);
  return colours[Math.round(255 * (matrix.signed ? (share + 1) / 2 : share))];
}

function css(colour, alpha = 1) {
  return alpha === 1 ? `rgb(${colour.join(" ")})` : `rgb(${colour.join(" ")} / ${alpha})`;
}

// Ink that can be read on a colour.
function inkOn([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#111418" : "#ffffff";
}

// The value of the strongest colour; maps of one kind that stand side by side share it.
function limitOf(matrix, matrices) {
  const alike = matrices.filter((one) => measureOf(one) === measureOf(matrix));
  return Math.max(...alike.map(ownLimit)) || 1;
}

function ownLimit(matrix) {
  if (state.scale === "head" || matrix.kind === "difference") {
    return matrix.top;
  }
  if (state.scale === "usual") {
    return matrix.entry.usual;
  }
  if (state.scale === "map") {
    return Math.max(...matrix.entry.tops);
  }
  const same = example().maps.filter((one) => measureOf(one) === measureOf(matrix));
  return matrix.entry.limit ?? Math.max(...same.flatMap((one) => one.tops));
}
