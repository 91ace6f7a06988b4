// One IPFS node without peers, with the Kubo RPC on 127.0.0.1: node serve.mjs <repo folder> <RPC port>
import './with-resolvers.mjs'
import { create } from 'ipfs-core'
import { HttpApi } from 'ipfs-http-server'

const [repo, port] = process.argv.slice(2)
const node = await create({
  repo,
  offline: true,
  silent: true,
  preload: { enabled: false },
  init: { algorithm: 'Ed25519', emptyRepo: true },
  config: {
    Addresses: { Swarm: [], Announce: [], NoAnnounce: [], Delegates: [], RPC: '', Gateway: '', API: `/ip4/127.0.0.1/tcp/${port}` },
    Bootstrap: [],
    Discovery: { MDNS: { Enabled: false }, webRTCStar: { Enabled: false } }
  }
})
const rpc = new HttpApi(node)
await rpc.start()
console.log('the node answers')
const stop = async () => {
  await rpc.stop()
  await node.stop()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
