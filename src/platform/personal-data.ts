import type { Reader, Tx } from './database/db.ts'

/** A file of a data export. */
export interface ExportedFile {
  /** Where it lies in the ZIP: activities/0190….json. */
  readonly path: string
  /** What JSON can say, and instants and bigints, which become ISO 8601 and numbers. */
  readonly json: unknown
}

export interface ErasedPerson {
  readonly userId: string
  readonly now: Date
}

/**
 * What a domain, or a part of the platform, holds about people. Whoever exports or erases a person asks each of these
 * and knows no domain by name.
 */
export interface PersonalData {
  /** The tables that it answers for: no other part does, and a test finds those that nobody does. */
  readonly tables: readonly string[]
  /** Everything held about a person, one file at a time, so that no more than that is in memory. */
  exportFiles(db: Reader, userId: string): AsyncIterable<ExportedFile>
  /**
   * What may go before the last transaction: what lies elsewhere, and rows by the thousand. May be run again, by two at
   * once, and be stopped anywhere.
   */
  eraseAhead?(person: ErasedPerson): Promise<void>
  /** What is left, in the transaction that leaves the tombstone, whose row is locked. */
  eraseRows(tx: Tx, person: ErasedPerson): Promise<void>
}
