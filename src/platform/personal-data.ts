import type { Reader, Tx } from './database/db.ts'

/** A file of a data export. */
export interface ExportedFile {
  /** The path in the ZIP: activities/0190….json. */
  readonly path: string
  /** A JSON value; dates and bigints are also allowed and become ISO 8601 strings and numbers. */
  readonly json: unknown
}

export interface ErasedUser {
  readonly userId: string
  readonly now: Date
}

/**
 * The personal data that a domain or a part of the platform stores. Export and erasure call each of these and name no
 * domain.
 */
export interface PersonalData {
  /** The tables it is responsible for. No two parts share a table, and a test finds tables without one. */
  readonly tables: readonly string[]
  /** Everything stored about a person, one file at a time, so that only one file is in memory. */
  exportFiles(db: Reader, userId: string): AsyncIterable<ExportedFile>
  /**
   * Deletes what can be deleted before the final transaction: data outside the database, and large numbers of rows.
   * Idempotent: it may run again, run twice at once, and be interrupted anywhere.
   */
  eraseAhead?(person: ErasedUser): Promise<void>
  /** Deletes the rest, in the transaction that writes the tombstone, whose row is locked. */
  eraseRows(tx: Tx, person: ErasedUser): Promise<void>
}
