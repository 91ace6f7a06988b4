// An S3 bucket server on 127.0.0.1: node bucket.cjs <port> <folder> <bucket>; the keys are S3RVER, S3RVER.
const S3rver = require('s3rver')

const [port, directory, bucket] = process.argv.slice(2)
const options = { address: '127.0.0.1', port: Number(port), directory, silent: true, configureBuckets: [{ name: bucket }] }
new S3rver(options).run().then(() => console.log('the bucket answers'))
process.on('SIGTERM', () => process.exit(0))
