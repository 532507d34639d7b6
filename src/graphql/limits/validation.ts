import { NoSchemaIntrospectionCustomRule } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { mostErrors } from './bounded-errors.ts'

/** Ends the validation after as many errors as an answer shows, and tells nobody the schema unless it is open. */
export function boundedValidation({ isOpen }: { readonly isOpen: boolean }): Plugin {
  // "Did you mean" would tell the schema name by name.
  const bounds = { maxErrors: mostErrors, hideSuggestions: !isOpen }
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
