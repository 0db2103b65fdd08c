/** Syntax trees of texts that come again, as those of statements with parameters do: asked for once. */

/** Texts whose trees are kept, the last ones used, and how long such a text may be. */
const MOST = 64
const LONGEST = 8192

/** What may change how DuckDB parses. */
const PARSING = /\b(set|reset|pragma|load|install)\b/i

export interface Trees {
  /** A text's syntax tree as JSON, `undefined` where DuckDB has none for it. */
  serialize(sql: string): Promise<string | undefined>
  /** A statement is about to run. */
  note(sql: string): void
}

/** @param ask what gives a tree, each time it is called */
export function rememberTrees(ask: Trees['serialize']): Trees {
  const known = new Map<string, string>()
  return {
    async serialize(sql) {
      const tree = known.get(sql) ?? (await ask(sql))
      if (tree === undefined || sql.length > LONGEST) return tree
      known.delete(sql)
      known.set(sql, tree)
      for (const [oldest] of known) {
        if (known.size <= MOST) break
        known.delete(oldest)
      }
      return tree
    },
    note(sql) {
      if (PARSING.test(sql)) known.clear()
    },
  }
}
