/* Content addresses in the browser: every block is hashed here, whoever handed it over.
   CIDv1, sha2-256, raw or dag-pb (https://github.com/multiformats/cid, https://specs.ipfs.tech/unixfs/). */

const RAW = 0x55, DAG_PB = 0x70, DEPTH_MAX = 8;
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** {codec, digest} of a CIDv1 in base32; throws for anything else. */
export function read(cid) {
  if (!/^b[a-z2-7]{58}$/.test(cid)) throw new Error(cid);
  const bytes = unbase32(cid.slice(1));
  if (bytes[0] !== 1 || (bytes[1] !== RAW && bytes[1] !== DAG_PB) || bytes[2] !== 0x12 || bytes[3] !== 0x20) throw new Error(cid);
  return { codec: bytes[1], digest: bytes.slice(4) };
}

/** A CIDv1 from its 36 bytes. */
export function write(bytes) {
  let bits = 0, held = 0, text = "b";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits ? text + LETTERS[(held << (5 - bits)) & 31] : text;
}

function unbase32(text) {
  const bytes = [];
  let bits = 0, held = 0;
  for (const letter of text) {
    held = (held << 5) | LETTERS.indexOf(letter);
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 255);
    held &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}

/** The bytes of one block, if they hash to its address; throws where they do not. */
export async function block(cid) {
  const { digest } = read(cid);
  const answer = await fetch(`/ipfs/${cid}?format=raw`);
  if (!answer.ok) throw new Error(`${cid}: ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const hashed = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (hashed.some((byte, at) => byte !== digest[at])) throw new Error(cid);
  return bytes;
}

/** The file at an address: its bytes, each block of it checked. */
export async function file(cid, depth = 0) {
  const bytes = await block(cid);
  if (read(cid).codec === RAW) return bytes;
  if (depth === DEPTH_MAX) throw new Error(cid);
  const parts = [];
  for (const { cid: child } of links(bytes)) parts.push(await file(child, depth + 1));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) whole.set(part, (at += part.length) - part.length);
  return whole;
}

/** What a path below a folder leads to. */
export async function resolve(cid, path) {
  for (const name of path.split("/").filter(Boolean)) {
    const found = links(await block(cid)).find((link) => link.name === name);
    if (!found) throw new Error(name);
    cid = found.cid;
  }
  return cid;
}

/** [{cid, name}] of a dag-pb node: field 2 is a link, in which 1 is the address and 2 the name. */
function links(bytes) {
  const found = [];
  for (const [field, value] of fields(bytes)) {
    if (field !== 2) continue;
    const link = Object.fromEntries(fields(value));
    found.push({ cid: write(link[1]), name: new TextDecoder().decode(link[2] ?? new Uint8Array()) });
  }
  return found;
}

function* fields(bytes) {
  let at = 0;
  const number = () => {
    let value = 0, times = 1, byte;
    do {
      byte = bytes[at++];
      value += (byte & 127) * times;
      times *= 128;
    } while (byte & 128);
    return value;
  };
  while (at < bytes.length) {
    const key = number();
    if ((key & 7) === 0) yield [key >> 3, number()];
    else if ((key & 7) === 2) {
      const length = number();
      yield [key >> 3, bytes.subarray(at, (at += length))];
    } else throw new Error("dag-pb");
  }
}
