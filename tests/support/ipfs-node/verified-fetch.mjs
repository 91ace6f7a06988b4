// Another implementation reads a file from a trustless gateway and believes nothing: each block is asked by its CID
// (?format=raw), hashed here, and put together by ipfs-unixfs-exporter, the reader that helia uses.
// node verified-fetch.mjs <gateway> <cid>[/path]: the bytes on standard output; fails when a block is not what it is called.
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { exporter } from 'ipfs-unixfs-exporter'
import { equals } from 'uint8arrays'

const [gateway, path] = process.argv.slice(2)
const blockstore = {
  async get (cid) {
    const answer = await fetch(`${gateway}/ipfs/${cid}?format=raw`, { headers: { accept: 'application/vnd.ipld.raw' } })
    if (!answer.ok) throw new Error(`${answer.status} for ${cid}`)
    const block = new Uint8Array(await answer.arrayBuffer())
    const digest = await sha256.digest(block)
    if (!equals(digest.bytes, CID.parse(cid.toString()).multihash.bytes)) throw new Error(`not the bytes of ${cid}`)
    return block
  }
}
const entry = await exporter(path, blockstore)
for await (const piece of entry.content()) process.stdout.write(piece)
