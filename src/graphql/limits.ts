import { GraphQLError, Lexer, Source, TokenKind } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Real operations nest 10 to 20 levels deep, GraphiQL's introspection 25. */
const maxDepth = 100

/** The parser and the validator are recursive: a document of a few thousand levels would overflow their stack. */
export const boundedDepth: Plugin = {
  onParse({ parseFn, setParseFn }) {
    setParseFn((source, options) => {
      checkDepth(source)
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

function checkDepth(text: string | Source): void {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text)
  let depth = 0
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    depth += steps[token.kind] ?? 0
    if (depth > maxDepth) {
      const message = `Syntax Error: The document is nested more than ${maxDepth} levels deep.`
      throw new GraphQLError(message, { extensions: { code: 'GRAPHQL_PARSE_FAILED' } })
    }
  }
}
