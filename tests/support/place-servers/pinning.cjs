// The reference double of the Pinning Service API on 127.0.0.1: node pinning.cjs <port> <token>
// It queues whatever it is asked for; SIGUSR2 lets all of it become pinned, SIGHUP lets it fail.
const { setup } = require('mock-ipfs-pinning-service')

const [port, token] = process.argv.slice(2)
setup({ token }).then(service => {
  const all = status => () => {
    const state = service.locals.state
    const pins = new Map([...state.pins].map(([cid, pin]) => [cid, { ...pin, status }]))
    service.locals.state = { ...state, pins }
    console.log(`${status} ${pins.size}`)
  }
  process.on('SIGUSR2', all('pinned'))
  process.on('SIGHUP', all('failed'))
  service.listen(Number(port), '127.0.0.1', () => console.log('the service answers'))
})
process.on('SIGTERM', () => process.exit(0))
