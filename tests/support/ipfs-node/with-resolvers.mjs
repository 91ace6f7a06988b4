// Node 20 has no Promise.withResolvers, which the node's parts use; Node 22 has it.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new this((yes, no) => { resolve = yes; reject = no })
  return { promise, resolve, reject }
}
