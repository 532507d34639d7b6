import { NoSchemaIntrospectionCustomRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { maxErrors } from './bounded-errors.ts'

/** Ends validation after as many errors as a response contains. Hides the schema from clients unless `isOpen`. */
export function boundedValidation({ isOpen }: { readonly isOpen: boolean }): Plugin {
  // "Did you mean" suggestions would reveal the schema name by name.
  const bounds = { maxErrors, hideSuggestions: !isOpen }
  return {
    onValidate({ addValidationRule, validateFn, setValidationFn }) {
      if (!isOpen) addValidationRule(NoSchemaIntrospectionCustomRule)
      setValidationFn((schema, document, rules, options) =>
        validateFn(schema, document, rules, { ...(options as object), ...bounds }),
      )
    },
    onExecute({ args }) {
      if (!isOpen) Object.assign(args, { hideSuggestions: true })
    },
    onSubscribe({ args }) {
      if (!isOpen) Object.assign(args, { hideSuggestions: true })
    },
  }
}
