declare const VARVE_VERSION: string | undefined

/** The package's version, put in by scripts/build.js. */
export const version: string = typeof VARVE_VERSION === 'string' ? VARVE_VERSION : '0.0.0-source'
