import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { postgresBinaries } from './postgres-binaries.ts'
import { makeCluster } from './postgres-cluster.ts'

/** No system has it: 2^31 - 12. */
const unnamed = { uid: 2_147_483_636, gid: 2_147_483_636 }

// Only root can run a program as another user.
test.skipIf(process.getuid?.() !== 0)('a user without an entry in /etc/passwd is told what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-unnamed-'))
  try {
    await chown(folder, unnamed.uid, unnamed.gid)
    await chmod(folder, 0o755)
    const { initdb } = await postgresBinaries(unnamed)
    const made = makeCluster(join(folder, 'cluster'), initdb, unnamed)
    await expect(made).rejects.toThrow(
      `The user ${unnamed.uid} has no entry in /etc/passwd, and initdb of the embedded Postgres needs one.`,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
