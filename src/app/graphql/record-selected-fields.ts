import type { Plugin } from 'graphql-yoga'
import type { Context } from '../../graphql/context.ts'
import { selectedFieldNames } from '../../graphql/selected-columns.ts'

/** Puts the names of the selected fields into the context: lists read no columns of other fields. */
export const recordSelectedFields: Plugin<Pick<Context, 'selectedFields'>> = {
  onValidate: ({ params: { documentAST }, extendContext }) =>
    extendContext({ selectedFields: selectedFieldNames(documentAST) }),
}
