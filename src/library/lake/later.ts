/** The verbs on a lake for whoever may never call one: loaded with the first call. */

import type { LakeVerbs } from '../lake-types.ts'

/** What SQL's procedures call; each a verb that gives a promise. */
const NAMES = [
  'label',
  'tag',
  'untag',
  'delete',
  'gc',
  'add',
  'remove',
  'move',
  'writeTable',
  'fork',
  'merge',
] as const

type Name = (typeof NAMES)[number]

export function laterVerbs(load: () => Promise<LakeVerbs>): Pick<LakeVerbs, Name> {
  const later =
    (name: Name) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const verbs = await load()
      return Reflect.apply(verbs[name], verbs, args)
    }
  return Object.fromEntries(NAMES.map((name) => [name, later(name)])) as unknown as Pick<LakeVerbs, Name>
}
