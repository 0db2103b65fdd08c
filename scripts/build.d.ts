/** Bundles varve into dist/. */
export declare function buildAll(options?: {
  readonly types?: boolean
  readonly log?: (line: string) => void
}): Promise<void>
