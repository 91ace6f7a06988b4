/* A wallet for tests: announces itself by EIP-6963 and hands every EIP-1193 request to Python (wallet.py). */
(() => {
  const names = WALLET_NAMES;
  for (const name of names) {
    const provider = Object.freeze({
      request: async ({ method, params }) => {
        const { result, error } = await window.askTestWallet(name, method, params ?? []);
        if (error) throw Object.assign(new Error(error.message), { code: error.code });
        return result;
      },
      on() {},
      removeListener() {},
    });
    const icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8'/%3E%3C/svg%3E";
    const info = Object.freeze({ uuid: crypto.randomUUID?.() ?? name, name, icon, rdns: "example.test" });
    const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
    addEventListener("eip6963:requestProvider", announce);
    announce();
  }
})();
