import { GraphQLError, Lexer, Source, type Token, TokenKind } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { checkSize } from './document-size.ts'

/** Real operations have 10 to 20 levels of nesting, GraphiQL's introspection 25. */
const maxNesting = 100

/**
 * Our operations have up to 300, GraphiQL's introspection 184. Comments count, because the parsed document keeps them.
 */
const maxTokens = 2_000

/** Our names have up to 20. A field of a hundred rows repeats its name a hundred times in the response. */
const maxNameLength = 128

/**
 * Limits the text of a document before it is parsed, and its size before it is validated. Parser and validator are
 * recursive: a document with a few thousand levels would overflow the stack. The time of validation grows with the
 * square of the number of repeated fields.
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

const nestingChanges: Partial<Record<TokenKind, number>> = {
  [TokenKind.BRACE_L]: 1,
  [TokenKind.BRACE_R]: -1,
  [TokenKind.BRACKET_L]: 1,
  [TokenKind.BRACKET_R]: -1,
}

/** Checks the nesting first, because it is what endangers the parser. */
function checkText(text: string | Source): void {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text)
  let nesting = 0
  let tokens = 0
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    nesting += nestingChanges[token.kind] ?? 0
    tokens += 1 + commentsBefore(token)
    if (nesting > maxNesting) throw syntaxError(`is nested more than ${maxNesting} levels deep`)
    if (token.kind === TokenKind.NAME && token.value.length > maxNameLength) {
      throw syntaxError(`has a name of ${token.value.length} characters; the maximum is ${maxNameLength}`)
    }
  }
  tokens += commentsBefore(lexer.token)
  if (tokens > maxTokens) throw syntaxError(`has ${tokens} tokens, including comments; the maximum is ${maxTokens}`)
}

/** The lexer skips comments but keeps them in the list of tokens. */
function commentsBefore({ prev }: Token): number {
  let comments = 0
  for (let token = prev; token?.kind === TokenKind.COMMENT; token = token.prev) comments += 1
  return comments
}

function syntaxError(problem: string): GraphQLError {
  return new GraphQLError(`Syntax Error: The document ${problem}.`, { extensions: { code: 'GRAPHQL_PARSE_FAILED' } })
}
