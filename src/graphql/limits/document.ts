import { GraphQLError, Lexer, Source, TokenKind } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Real operations nest 10 to 20 levels deep, GraphiQL's introspection 25. */
const maxNesting = 100

/** Ours have up to 300, GraphiQL's introspection 184. Validation compares fields in pairs: 2,000 tokens take up to 110 ms. */
const maxTokens = 2_000

/** The parser and the validator are recursive: a document of a few thousand levels would overflow their stack. */
export const boundedDocument: Plugin = {
  onParse({ parseFn, setParseFn }) {
    setParseFn((source, options) => {
      checkDocument(source)
      return parseFn(source, options)
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
function checkDocument(text: string | Source): void {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text)
  let nesting = 0
  let tokens = 0
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    nesting += steps[token.kind] ?? 0
    tokens += 1
    if (nesting > maxNesting) throw refusal(`is nested more than ${maxNesting} levels deep`)
  }
  if (tokens > maxTokens) throw refusal(`has ${tokens} tokens; ${maxTokens} are allowed`)
}

function refusal(what: string): GraphQLError {
  return new GraphQLError(`Syntax Error: The document ${what}.`, { extensions: { code: 'GRAPHQL_PARSE_FAILED' } })
}
