/**
 * SHA-1 of a text of latin-1 characters, in Base64: what a websocket's handshake is proved with.
 * The browser has its own only on pages that came by TLS, and Cockpit may do without.
 */
export function hashSha1(text: string): string {
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const blocks = pad(text);
  for (let at = 0; at < blocks.byteLength; at += 64) mix(state, new DataView(blocks, at, 64));
  const digest = new DataView(new ArrayBuffer(20));
  state.forEach((word, index) => {
    digest.setUint32(index * 4, word);
  });
  return btoa(String.fromCharCode(...new Uint8Array(digest.buffer)));
}

function pad(text: string): ArrayBuffer {
  const padded = new Uint8Array(Math.ceil((text.length + 9) / 64) * 64);
  for (let at = 0; at < text.length; at++) padded[at] = text.charCodeAt(at);
  padded[text.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, text.length * 8);
  return padded.buffer;
}

function mix(state: number[], block: DataView): void {
  const words = new Int32Array(80);
  for (let at = 0; at < 16; at++) words[at] = block.getInt32(at * 4);
  const word = (at: number) => words[at] as number;
  for (let at = 16; at < 80; at++)
    words[at] = turn(word(at - 3) ^ word(at - 8) ^ word(at - 14) ^ word(at - 16), 1);
  let [a, b, c, d, e] = state as [number, number, number, number, number];
  for (let at = 0; at < 80; at++) {
    const next = (turn(a, 5) + choose(at, b, c, d) + e + word(at)) | 0;
    [a, b, c, d, e] = [next, a, turn(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((word, index) => {
    state[index] = ((state[index] as number) + word) | 0;
  });
}

function choose(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function turn(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
