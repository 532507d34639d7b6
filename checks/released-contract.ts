import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type ReleasedContract =
  | { readonly contract: string /** The tag or the commit. */; readonly name: string }
  /** Why there is nothing to compare with. */
  | { readonly skipped: string }

/**
 * The schema.graphql of the newest tag `v*`, otherwise of the commit where the branch left main. Rejects where that commit
 * is known and cannot be read.
 */
export async function findReleasedContract(folder: string): Promise<ReleasedContract> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', args, { cwd: folder, maxBuffer: 16 * 1024 ** 2 })).stdout.trim()
  const tryGit = (...args: readonly string[]) => git(...args).catch(() => null)

  const isShallow = await tryGit('rev-parse', '--is-shallow-repository')
  if (isShallow === null) return { skipped: 'This folder is no git repository, or git is not installed.' }
  const [tag] = (await git('tag', '--list', 'v*', '--sort=-version:refname')).split('\n')
  if (tag) return { contract: await git('show', `${tag}:schema.graphql`), name: `the tag ${tag}` }
  if (isShallow === 'true') {
    return { skipped: 'The clone is shallow and has no tag `v*`: fetch the history and the tags (fetch-depth: 0).' }
  }
  for (const main of ['origin/main', 'main']) {
    const base = await tryGit('merge-base', 'HEAD', main)
    if (base === null) continue
    const contract = await tryGit('show', `${base}:schema.graphql`)
    if (contract === null) return { skipped: `The commit ${base.slice(0, 7)} has no schema.graphql.` }
    return { contract, name: `the commit ${base.slice(0, 7)}, where the branch left ${main}` }
  }
  return { skipped: 'There is no tag `v*`, and no branch main to compare with.' }
}
