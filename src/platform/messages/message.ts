/** What a message says in each language, in ICU MessageFormat. */
export interface Texts {
  readonly en: string
  readonly ko: string
}

export type Language = keyof Texts

export const languages: readonly Language[] = ['en', 'ko']

export type MessageValues = Readonly<Record<string, string | number | Date>>

/** A message to a user that is not yet written in a language. It consists of plain data, so that processes can pass it. */
export interface Message {
  /** Unique in its catalogue. */
  readonly key: string
  readonly texts: Texts
  readonly values: MessageValues
}

type NoValues = Readonly<Record<never, never>>

/** The texts of a message, and the type of the values in them. */
export interface MessageDefinition<Values extends MessageValues> extends Texts {
  /** Exists in the type only. */
  readonly valuesType?: (values: Values) => void
}

/** Defines a message. Both texts contain exactly the values of `Values`, which a test checks. */
export function text<Values extends MessageValues = NoValues>(en: string, ko: string): MessageDefinition<Values> {
  return { en, ko }
}

type MessageOf<Definition> =
  Definition extends MessageDefinition<infer Values>
    ? keyof Values extends never
      ? () => Message
      : (values: Values) => Message
    : never

/** The messages of one domain, or of the platform: a function for each, which takes the values of its text. */
export type Catalogue<Definitions> = { readonly [Key in keyof Definitions]: MessageOf<Definitions[Key]> } & {
  readonly [textsOfCatalogue]: Readonly<Record<string, Texts>>
}

export const textsOfCatalogue = Symbol('texts')

/** A catalogue, without the types of its values. */
export interface AnyCatalogue {
  readonly [textsOfCatalogue]: Readonly<Record<string, Texts>>
}

/** Builds the catalogue of a domain from its definitions. */
export function defineMessages<Definitions extends Readonly<Record<string, Texts>>>(
  definitions: Definitions,
): Catalogue<Definitions> {
  const functions = Object.entries(definitions).map(([key, texts]) => [
    key,
    (values: MessageValues = {}): Message => ({ key, texts: { en: texts.en, ko: texts.ko }, values }),
  ])
  return { ...Object.fromEntries(functions), [textsOfCatalogue]: definitions }
}

/** A message as it is stored: the texts are those of the release that reads it. */
export type StoredMessage = {
  readonly key: string
  readonly values: Readonly<Record<string, string | number>>
}

/** Throws for a message with an instant, which JSON would change to text. */
export function toStored({ key, values }: Message): StoredMessage {
  const stored: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value instanceof Date) throw new Error(`The message ${key} contains an instant, so it cannot be stored.`)
    stored[name] = value
  }
  return { key, values: stored }
}

/** Null where this release has no message with the key. */
export function fromStored(catalogue: AnyCatalogue, { key, values }: StoredMessage): Message | null {
  const texts = catalogue[textsOfCatalogue][key]
  return texts ? { key, texts, values } : null
}
