import { GraphQLError, Lexer, Source, type Token, TokenKind } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { checkSize } from './document-size.ts'

/** Real operations nest 10 to 20 levels deep, GraphiQL's introspection 25. */
const maxNesting = 100

/** Ours have up to 300, GraphiQL's introspection 184. A comment is one too: the parsed document holds on to it. */
const maxTokens = 2_000

/** Ours have up to 20. What is asked for a hundred rows is answered with its name a hundred times. */
const maxNameLength = 128

/**
 * Bounds a document before it is validated, whose time grows with the square of what is repeated, and its text before it
 * is parsed: parser and validator are recursive, a document of a few thousand levels would overflow their stack.
 */
export const boundedDocument: Plugin = {
  onParse({ parseFn, setParseFn }) {
    setParseFn((source, options) => {
      checkText(source)
      const document = parseFn(source, options)
      checkSize(document)
      return document
    })
  },
}

const steps: Partial<Record<TokenKind, number>> = {
  [TokenKind.BRACE_L]: 1,
  [TokenKind.BRACE_R]: -1,
  [TokenKind.BRACKET_L]: 1,
  [TokenKind.BRACKET_R]: -1,
}

/** Nesting first: where both are too much, it is what endangers the parser. */
function checkText(text: string | Source): void {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text)
  let nesting = 0
  let tokens = 0
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    nesting += steps[token.kind] ?? 0
    tokens += 1 + commentsBefore(token)
    if (nesting > maxNesting) throw refusal(`is nested more than ${maxNesting} levels deep`)
    if (token.kind === TokenKind.NAME && token.value.length > maxNameLength) {
      throw refusal(`has a name of ${token.value.length} characters; ${maxNameLength} are allowed`)
    }
  }
  tokens += commentsBefore(lexer.token)
  if (tokens > maxTokens) throw refusal(`has ${tokens} tokens, comments among them; ${maxTokens} are allowed`)
}

/** The lexer passes over comments, and keeps them. */
function commentsBefore({ prev }: Token): number {
  let comments = 0
  for (let token = prev; token?.kind === TokenKind.COMMENT; token = token.prev) comments += 1
  return comments
}

function refusal(what: string): GraphQLError {
  return new GraphQLError(`Syntax Error: The document ${what}.`, { extensions: { code: 'GRAPHQL_PARSE_FAILED' } })
}
