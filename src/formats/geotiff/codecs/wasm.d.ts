/** A WebAssembly file's bytes, which scripts/build.js puts into the bundle, and vitest.config.ts into tests. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}
