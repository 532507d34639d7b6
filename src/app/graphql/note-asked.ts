import type { Plugin } from 'graphql-yoga'
import { namesAsked } from '../../graphql/asked-columns.ts'
import type { Context } from '../../graphql/context.ts'

/** Puts what a document asks for into the context, from which lists learn what they need not read. */
export const noteAsked: Plugin<Pick<Context, 'asked'>> = {
  onValidate: ({ params: { documentAST }, extendContext }) => extendContext({ asked: namesAsked(documentAST) }),
}
