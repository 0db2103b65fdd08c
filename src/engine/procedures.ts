/**
 * Procedures that run SQL in the session that calls them, in two steps: the CALL goes through the engine, which
 * checks and gathers its arguments; when it is over and the engine free again, the procedure runs, and its rows
 * become those of the CALL.
 */

import { VarveError } from '../errors.ts'
import type { ColumnBatch, Field } from '../formats/batch.ts'
import { type Value, vectorFrom } from '../formats/values.ts'
import type { BindRequest, CallingSession, ScanService, SessionProcedure } from '../scan/types.ts'
import { tokenize } from './rewrite/tokens.ts'
import type { QueryResult } from './types.ts'

type Prepared = ReturnType<SessionProcedure['prepare']>

interface BoundProcedure {
  readonly procedure: SessionProcedure
  readonly prepared: Prepared
}

export interface ProcedureCalls {
  /** The scan service with the procedures as functions without rows. */
  readonly scan: ScanService
  /** Tells of the statement that comes next; whether it is the CALL of a procedure, alone. */
  begin(statement: string): boolean
  /** Runs what the statement called; undefined when its engine did not come to it. */
  run(session: CallingSession, head: Pick<QueryResult, 'columns'>): Promise<QueryResult | undefined>
}

export function procedureCalls(scan: ScanService, procedures: readonly SessionProcedure[]): ProcedureCalls {
  const named = new Map(procedures.map((procedure) => [procedure.name, procedure]))
  const bound = new Map<number, BoundProcedure>()
  let called: BoundProcedure | undefined
  let isCall = false
  // The service counts upwards from 1.
  let nextId = -1

  const bind = (procedure: SessionProcedure, request: BindRequest): number => {
    const id = nextId--
    bound.set(id, { procedure, prepared: procedure.prepare(request) })
    return id
  }

  return {
    scan: {
      async bind(request, signal) {
        const procedure = named.get(request.name)
        if (procedure === undefined) return scan.bind(request, signal)
        return { id: bind(procedure, request), columns: procedure.columns, zones: [] }
      },
      scan(request) {
        const one = bound.get(request.bound)
        if (one === undefined) return scan.scan(request)
        if (!isCall) throw notCalled(one.procedure.name)
        return noRows(() => {
          called = one
        })
      },
      explain: async (request, signal) =>
        bound.has(request.bound) ? undefined : scan.explain?.(request, signal),
      unbind(id) {
        if (!bound.delete(id)) scan.unbind(id)
      },
      close: () => scan.close(),
    },
    begin(statement) {
      called = undefined
      isCall = isCallOf(statement, named)
      return isCall
    },
    async run(session, { columns }) {
      if (called === undefined) return undefined
      const { procedure, prepared } = called
      called = undefined
      const batch = batchOf(procedure.columns, await prepared(session))
      return {
        columns,
        returns: 'rows',
        batches: (async function* () {
          yield batch
        })(),
        close: async () => undefined,
      }
    },
  }
}

/** `CALL name(…)`, also `CALL main.name(…)`. */
function isCallOf(statement: string, procedures: ReadonlyMap<string, SessionProcedure>): boolean {
  if (!/^call\b/i.test(statement)) return false
  const tokens = tokenize(statement)
  const open = tokens.findIndex(({ kind, value }) => kind === 'symbol' && value === '(')
  return open > 1 && procedures.has(tokens[open - 1]!.value.toLowerCase())
}

function notCalled(name: string): VarveError {
  const message = `${name} cannot be read like a table, since it runs SQL itself; expected CALL ${name}(…)`
  return new VarveError('invalid-input', message, { function: name })
}

/** Only whoever asks for rows has called it: EXPLAIN does not. */
function noRows(asked: () => void): ReturnType<ScanService['scan']> {
  return {
    async next() {
      asked()
      return undefined
    },
    release: () => undefined,
    progress: { done: 0, total: 0 },
    close: () => undefined,
  }
}

function batchOf(fields: readonly Field[], rows: readonly (readonly Value[])[]): ColumnBatch {
  return {
    rows: rows.length,
    columns: fields.map(({ type }, i) =>
      vectorFrom(
        type,
        rows.map((row) => row[i]),
      ),
    ),
  }
}
