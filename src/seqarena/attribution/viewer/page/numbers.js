// Numbers out of deflated bytes: the other half of quantised.py.

async function inflate(chunk) {
  const bytes = Uint8Array.from(atob(chunk), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class ByteReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(n) {
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  // All first bytes stand before all second ones.
  numbers(ArrayOf, n) {
    const width = ArrayOf.BYTES_PER_ELEMENT;
    const planes = this.take(n * width);
    const joined = new Uint8Array(n * width);
    for (let plane = 0; plane < width; plane += 1) {
      for (let index = 0; index < n; index += 1) {
        joined[index * width + plane] = planes[plane * n + index];
      }
    }
    return new ArrayOf(joined.buffer);
  }
}

// The value of each level: squares, since levels are those of square roots.
function valuesOfLevels(entry) {
  const top = Math.max(0, ...entry.tops) || 1;
  const nLevels = 2 ** entry.bits - 1;
  const half = Math.floor(nLevels / 2);
  return Float32Array.from({ length: nLevels + 1 }, (_, level) => {
    const root = entry.signed ? (level - half) / half : level / nLevels;
    return Math.sign(root) * root * root * top;
  });
}

function readLevels(reader, entry, n) {
  const values = valuesOfLevels(entry);
  const levels = reader.numbers(entry.bits === 8 ? Uint8Array : Uint16Array, n);
  return Float32Array.from(levels, (level) => values[level]);
}
