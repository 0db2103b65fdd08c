/** The part of fuse-native that is used: its native half, of which it says no types. */
declare module 'fuse-native' {
  export interface Binding {
    readonly sizeof_fuse_thread_t: number
    fuse_native_mount(
      point: string,
      options: string,
      thread: Buffer,
      context: object,
      allocate: () => Buffer,
      handlers: readonly unknown[],
      implemented: Uint32Array,
    ): void
  }
}
